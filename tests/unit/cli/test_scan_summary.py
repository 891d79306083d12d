"""What a scan says at its end."""

import itertools

import pytest

from facedex.pipeline.scan_run import ScanCounts
from facedex.services.scanning import scan_library
from facedex.services.scanning.scan_library import ScanReport


@pytest.fixture
def summary(facedex, monkeypatch, tmp_path):
    """Return (exit code, summary) of a scan that comes to this."""

    def scan(**found):
        report = ScanReport(found.pop("outcome", "done"), ScanCounts(**found.pop("counts", {})))
        for name, value in found.items():
            setattr(report, name, value)
        monkeypatch.setattr(scan_library, "scan_library", lambda *_said: report)
        outcome = facedex("scan", tmp_path)
        return outcome.code, outcome.out

    return scan


@pytest.mark.parametrize("n", [1, 2, 1234])
def test_what_could_not_be_read_is_counted_and_where_to_look(summary, n):
    code, said = summary(n_problems=n)
    assert f"Could not be read: {n:,}; see: facedex problems\n" in said
    assert code == 3


def test_nothing_is_said_of_what_did_not_happen(summary):
    code, said = summary()
    assert code == 0
    assert [line.partition(":")[0].partition(" in ")[0] for line in said.splitlines()] == [
        "Done", "Files", "Photos searched",
    ]  # fmt: skip


LINES = {
    "n_problems": (5, "Could not be read: 5; see: facedex problems"),
    "n_sure": (6, "Suggestions that are sure: 6; to confirm them: facedex confirm"),
    "n_grouped": (7, "To name and confirm faces: facedex view"),
    "offline": (["/a/disk"], "Offline, left as it was: /a/disk"),
}


@pytest.mark.parametrize(
    "chosen", [each for n in range(5) for each in itertools.combinations(LINES, n)]
)
def test_each_thing_that_happened_has_its_line(summary, chosen):
    _code, said = summary(**{name: LINES[name][0] for name in chosen})
    for name, (_value, line) in LINES.items():
        assert (line in said.splitlines()) is (name in chosen)


def test_every_count_is_told(summary):
    counts = {
        "new": 1_002, "changed": 20, "touched": 300, "moved": 4_000, "unchanged": 50_000,
        "gone": 4_007, "duplicate": 8, "photos_searched": 90, "faces_found": 91,
    }  # fmt: skip
    code, said = summary(counts=counts, n_suggested=92, n_grouped=93)
    assert code == 0
    files, photos = said.splitlines()[1:3]
    assert files == (
        "Files: 5,322 read (1,002 new, 20 changed, 300 only touched, 4,000 moved),"
        " 50,000 unchanged, 7 gone, 8 duplicates."
    )
    assert photos == "Photos searched: 90; faces found: 91; suggestions: 92; newly grouped: 93."


def test_a_scan_that_was_stopped_says_so(facedex, monkeypatch, tmp_path):
    report = ScanReport("stopped", ScanCounts(), n_problems=3)
    monkeypatch.setattr(scan_library, "scan_library", lambda *_said: report)
    from facedex.cli import scan

    class Stopped(list):
        def __enter__(self):
            return [15]

        def __exit__(self, *_exc):
            pass

    monkeypatch.setattr(scan, "stop_signals", Stopped)
    outcome = facedex("scan", tmp_path)
    assert outcome.out.startswith("Stopped in 0 s.\n")
    assert "Could not be read: 3" in outcome.out
    assert outcome.code == 143
