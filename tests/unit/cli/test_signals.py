import signal

import pytest

from facedex.cli.signals import stop_signals

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")


@pytest.fixture
def hangup():
    before = signal.getsignal(signal.SIGHUP)
    yield lambda handler: signal.signal(signal.SIGHUP, handler)
    signal.signal(signal.SIGHUP, before)


def test_a_closed_terminal_is_a_request_to_stop(hangup):
    hangup(signal.SIG_DFL)
    with stop_signals() as stop:
        signal.raise_signal(signal.SIGHUP)
        assert stop == [signal.SIGHUP]
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_DFL


def test_under_nohup_the_terminal_may_be_closed(hangup):
    hangup(signal.SIG_IGN)
    with stop_signals() as stop:
        signal.raise_signal(signal.SIGHUP)
        assert stop == []
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


def test_a_second_request_ends_at_once():
    with stop_signals() as stop:
        signal.raise_signal(signal.SIGTERM)
        assert stop == [signal.SIGTERM]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
