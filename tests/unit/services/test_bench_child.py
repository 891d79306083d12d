import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from facedex.services.bench import child as bench_child
from facedex.services.bench.child import Cost, PeakMemory, family, running

HANGS = ["-c", 'print(\'{"type": "here"}\', flush=True); import time; time.sleep(60)']
BYTES = 150_000_000
GRANDCHILD = (
    f"b = bytearray(b'1') * {BYTES}; print('{{}}', flush=True); import time; time.sleep(60)"
)
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


def test_a_cost_says_its_rates():
    cost = Cost(10, wall_s=5.0, processor_s=8.0)
    assert (cost.photos_per_s, cost.processor_s_per_photo) == (2.0, 0.8)
    assert Cost(10, 5.0, None).processor_s_per_photo is None


def test_lines_are_messages_or_last_words(tmp_path):
    code = "import sys; print('{\"a\": 1}'); print('first'); print('last', file=sys.stderr)"
    with running(["-u", "-c", code], tmp_path) as child:
        assert list(child.messages()) == [{"a": 1}]
        assert child.process.wait() == 0
    assert child.last_words == "last"


def test_a_message_that_breaks_off_is_none(tmp_path):
    with running(["-c", "print('{\"a\"', end='')"], tmp_path) as child:
        assert list(child.messages()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_a_child_ends_with_the_block(tmp_path, error):
    started = []

    def interrupted():
        with running(HANGS, tmp_path) as child:
            started.append(child.process)
            next(child.messages())
            raise error

    with pytest.raises(error):
        interrupted()
    assert started[0].returncode == -signal.SIGTERM


def test_a_child_that_ignores_the_request_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(bench_child, "_PATIENCE_S", 0.05)
    monkeypatch.setattr(bench_child, "_GRACE_S", 0.05)
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + HANGS[1]
    with running(["-c", code], tmp_path) as child:
        next(child.messages())
    assert child.process.returncode == -signal.SIGKILL


def test_temporary_files_of_a_child_lie_in_its_folder(tmp_path):
    code = "import json, tempfile; print(json.dumps({'at': tempfile.gettempdir()}))"
    with running(["-c", code], tmp_path) as child:
        assert list(child.messages()) == [{"at": str(tmp_path)}]


def test_a_child_is_told_when_its_time_is_over(tmp_path):
    began = time.monotonic()
    with (
        running(HANGS, tmp_path) as child,
        child.told_after(1, subprocess.Popen.terminate) as is_told,
    ):
        assert len(list(child.messages())) <= 1
        assert is_told.is_set()
    assert time.monotonic() - began < 30
    assert child.process.returncode != 0


def test_a_child_that_ends_in_time_is_told_nothing(tmp_path):
    told = []
    with running(["-c", "pass"], tmp_path) as child, child.told_after(30, told.append) as is_told:
        child.process.wait()
    assert (told, is_told.is_set()) == ([], False)


@pytest.fixture
def parent_and_child(tmp_path):
    """A process that started another one, which holds much memory."""
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {GRANDCHILD!r}])"
    with running(["-c", code], tmp_path) as child:
        next(child.messages())
        yield child.process.pid
        for each in psutil.Process(child.process.pid).children(recursive=True):
            each.kill()


@linux_only
def test_memory_is_that_of_all_descendants(parent_and_child):
    found = family(parent_and_child)
    process = psutil.Process(parent_and_child)
    assert set(found) == {parent_and_child, *(each.pid for each in process.children(True))}
    for pid in found:
        expected = psutil.Process(pid).memory_full_info().pss
        assert bench_child.memory_bytes(pid) == pytest.approx(expected, rel=0.1)
    with PeakMemory(parent_and_child) as peak:
        time.sleep(0.8)
    assert BYTES < peak.peak_bytes < BYTES + 100_000_000


def test_memory_is_unknown_where_the_system_does_not_tell(monkeypatch, tmp_path):
    monkeypatch.setattr(bench_child, "_PROC", tmp_path)
    assert family(os.getpid()) == [os.getpid()]
    with PeakMemory(os.getpid()) as peak:
        time.sleep(0.4)
    assert peak.peak_bytes is None
