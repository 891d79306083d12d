import base64
import json
import re

import pytest

from facedex.cli import progress
from facedex.cli.progress import BarSink, JsonSink, PlainSink

LOSSY = b"caf\xe9/\x1b[31m.jpg"


@pytest.fixture
def clock(monkeypatch):
    """Time that passes only when told."""

    class Clock:
        now = 1000.0

        def __call__(self):
            return self.now

    made = Clock()
    monkeypatch.setattr(progress.time, "monotonic", made)
    return made


def lines(capsys):
    said = capsys.readouterr()
    assert said.out == ""  # results go there
    return said.err.splitlines()


def json_lines(capsys):
    return [json.loads(line) for line in lines(capsys)]


# ---- JSON lines


def test_json_lines_are_valid_and_versioned(capsys, clock):
    sink = JsonSink()
    sink.started("Reading", 10)
    sink.advanced(1, "a.jpg", 2)
    clock.now += 2
    sink.advanced(4, 'b"\n.jpg', 1)
    sink.problem(b"x.jpg", "decode", "damaged", "broken")
    sink.finished()
    sink.summary({"outcome": "done", "exit_code": 3})
    said = json_lines(capsys)
    assert [each["type"] for each in said] == [
        "phase", "status", "status", "problem", "status", "summary",
    ]  # fmt: skip
    assert {each["v"] for each in said} == {1}
    assert said[2]["done"] == 5
    assert said[2]["faces"] == 3
    assert said[2]["eta_s"] == pytest.approx(2.0)
    assert said[-1] == {"type": "summary", "v": 1, "outcome": "done", "exit_code": 3}


def test_json_status_comes_at_most_once_a_second(capsys, clock):
    sink = JsonSink()
    sink.started("Reading", 1000)
    for _ in range(1000):
        clock.now += 0.01
        sink.advanced()
    n_status = sum(each["type"] == "status" for each in json_lines(capsys))
    assert 9 <= n_status <= 11


@pytest.mark.parametrize(
    "path", [LOSSY, b"\xff", "日本/é\n.jpg".encode(), b'q"uote\\.jpg', b"\xed\xb3\xa9"]
)
def test_json_problems_name_every_path(capsys, path):
    JsonSink().problem(path, "read", "io", "a\nb")
    [said] = json_lines(capsys)
    named = base64.b64decode(said["path_b64"]) if "path_b64" in said else said["path"].encode()
    assert named == path


def test_json_says_base64_only_where_the_text_is_lossy(capsys):
    sink = JsonSink()
    sink.problem("é.jpg".encode(), "read", "io", "x")
    sink.problem(LOSSY, "read", "io", "x")
    plain, lossy = json_lines(capsys)
    assert "path_b64" not in plain
    assert "path_b64" in lossy


def test_json_lines_are_ascii(capsys):
    JsonSink().problem("日本\x9b.jpg".encode(), "read", "io", "\x1b[31m")
    assert all(32 <= ord(c) < 127 for line in lines(capsys) for c in line)


# ---- plain lines


def test_plain_says_beginning_and_end_of_a_phase(capsys, clock):
    sink = PlainSink()
    sink.started("Reading", 1200)
    clock.now += 5
    sink.advanced(1200, "x", 7)
    sink.finished()
    first, last = lines(capsys)
    assert first == "Reading: 1,200"
    assert last == "Reading: 1,200 of 1,200, 240.0 a second, 7 faces"


def test_plain_says_every_ten_seconds_how_far_it_is(capsys, clock):
    sink = PlainSink()
    sink.started("Reading", 1000)
    for _ in range(250):
        clock.now += 0.1
        sink.advanced()
    said = lines(capsys)
    assert len(said) == 3
    assert re.fullmatch(
        r"Reading: \d+ of 1,000, 10\.0 a second, 0 faces, about 90 s left|.*min left", said[1]
    )


def test_plain_shows_nothing_of_an_empty_phase(capsys):
    sink = PlainSink()
    sink.started("Reading", 0)
    sink.finished()
    assert lines(capsys) == []


def test_plain_of_a_phase_of_unknown_length(capsys, clock):
    sink = PlainSink()
    sink.started("Looking", None)
    clock.now += 11
    sink.advanced(5)
    sink.finished()
    assert lines(capsys) == ["Looking", "Looking: 5, 0.5 a second, 0 faces"]


@pytest.mark.parametrize("sink_type", [PlainSink, BarSink])
def test_control_characters_do_not_reach_the_terminal(capsys, clock, sink_type):
    sink = sink_type()
    sink.problem(LOSSY, "read", "io", "bad \x1b[2J \x9b data\nnext")
    said = lines(capsys)
    assert len(said) == 1
    assert "\x1b" not in said[0]
    assert "\x9b" not in said[0]
    assert said[0].startswith("problem: caf")


def test_control_characters_in_the_name_of_a_phase_do_not_reach_the_terminal(capsys, clock):
    sink = PlainSink()
    sink.started("Looking through /a\x1b[2Jb", 3)
    clock.now += 20
    sink.advanced(3)
    sink.finished()
    assert "\x1b" not in "".join(lines(capsys))


def test_problems_are_counted(capsys):
    for sink in (PlainSink(), JsonSink(), BarSink()):
        sink.problem(b"a", "read", "io", "x")
        sink.problem(b"b", "read", "io", "x")
        assert sink.n_problems == 2
    capsys.readouterr()


def test_each_phase_has_its_own_count(capsys, clock):
    sink = PlainSink()
    sink.started("One", 5)
    sink.advanced(5, "", 3)
    sink.started("Two", 2)
    assert (sink.done, sink.faces) == (0, 3)
    assert sink.eta_s() is None
    capsys.readouterr()


# ---- bars


def test_bar_goes_through_its_phases_and_keeps_problems_visible(capsys):
    sink = BarSink()
    for phase in ("Looking \x1b[2J[bold]x", "Reading"):
        sink.started(phase, 4)
        sink.advanced(2, "a.jpg", 1)
        sink.problem(b"[red]x.jpg", "read", "io", "[/] a long reason " + "x" * 200)
        sink.finished()
    sink.finished()
    text = capsys.readouterr().err
    assert text.count("problem: [red]x.jpg: [/] a long reason") == 2
    assert "[2J[bold]x" in text
    assert "\x1b[2J[bold]" not in text


def test_bar_of_nothing_shows_nothing(capsys):
    sink = BarSink()
    sink.started("Reading", 0)
    sink.advanced(0)
    sink.finished()
    assert capsys.readouterr() == ("", "")


def test_bar_of_unknown_length(capsys):
    sink = BarSink()
    sink.started("Looking", None)
    sink.advanced(5)
    sink.started("Reading", 2)  # ends the one before
    sink.finished()
    assert "Looking" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (40, "40 s"), (59.4, "59 s"), (60, "1 min"), (720, "12 min"),
     (3599, "1 h 0 min"), (12000, "3 h 20 min")],
)  # fmt: skip
def test_durations_are_told_as_a_person_does(seconds, said):
    assert progress._duration(seconds) == said
