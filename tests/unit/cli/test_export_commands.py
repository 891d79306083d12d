import csv
import io
import json
import os

import pytest

from facedex.db.connection import transaction
from facedex.services import decide
from facedex.xmp.reading import read_facts


@pytest.fixture
def folder(small):
    """Ada on two photos and Bob on one, as they were scanned."""
    folder = small.directory / "photos"
    folder.mkdir()
    both = small.photo("ada", "bob", name=b"both.jpg")
    decide.name_faces(small.db, [both[0], *small.photo("ada", name=b"one.jpg")], "Ada")
    decide.name_faces(small.db, both[1:], 'Bob "B", Ray')
    for name in ("both.jpg", "one.jpg"):
        (folder / name).write_bytes(bytes(1000))
        os.utime(folder / name, ns=(1, 1))
    return folder


def sidecars(folder):
    return sorted(path.name for path in folder.glob("*.xmp"))


def test_xmp_says_what_it_wrote(facedex, folder):
    outcome = facedex("export", "xmp")
    assert outcome.code == 0
    assert outcome.out == (
        "Sidecars: 2 written, 0 have the names already; 2 photos with names, 2 files.\n"
    )
    assert sidecars(folder) == ["both.jpg.xmp", "one.jpg.xmp"]
    assert "0 written, 2 have the names already" in facedex("export", "xmp").out


def test_a_dry_run_lists_and_writes_nothing(facedex, folder):
    outcome = facedex("export", "xmp", "--dry-run")
    lines = outcome.out.splitlines()
    assert lines[:2] == [str(folder / "both.jpg.xmp"), str(folder / "one.jpg.xmp")]
    assert lines[2].startswith("Sidecars: 2 to be written, 0")
    assert sidecars(folder) == []


def test_one_person(facedex, folder):
    assert facedex("export", "xmp", "--person", "ada").code == 0
    facts = read_facts((folder / "both.jpg.xmp").read_bytes())
    assert [region.name for region in facts.regions] == ["Ada"]


@pytest.mark.parametrize("kind", ["xmp", "csv", "json"])
def test_nobody_of_this_name(facedex, folder, kind):
    outcome = facedex("export", kind, "--person", "Zed")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.count("\n") == 1
    assert "nobody called Zed" in outcome.err
    assert sidecars(folder) == []


def test_what_cannot_be_written_is_told_and_ends_with_3(facedex, folder):
    (folder / "one.jpg.xmp").write_bytes(b"not XMP")
    outcome = facedex("export", "xmp")
    assert outcome.code == 3
    assert f"problem: {folder / 'one.jpg.xmp'}: its XMP" in outcome.err
    assert outcome.out.endswith("Could not be written, left as they were: 1\n")
    assert (folder / "one.jpg.xmp").read_bytes() == b"not XMP"


def test_what_was_left_out_is_counted(facedex, folder):
    (folder / "one.jpg").unlink()
    os.utime(folder / "both.jpg", ns=(2, 2))
    outcome = facedex("export", "xmp")
    assert outcome.code == 0
    assert "Left out: 1 files that are gone, 0 offline." in outcome.out
    assert "Left out: 1 files that changed; first: facedex scan" in outcome.out


def test_xmp_as_json(facedex, folder):
    (folder / "one.jpg.xmp").write_bytes(b"not XMP")
    outcome = facedex("export", "xmp", "--json")
    found = json.loads(outcome.out)
    assert found["written"] == [str(folder / "both.jpg.xmp")]
    assert [problem["kind"] for problem in found["problems"]] == ["unmergeable"]
    assert found["exit_code"] == outcome.code == 3


def test_csv_has_a_face_a_line(facedex, folder):
    outcome = facedex("export", "csv")
    assert (outcome.code, outcome.err) == (0, "")
    found = list(csv.DictReader(io.StringIO(outcome.out)))
    assert [(row["person"], row["path"]) for row in found] == [
        ("Ada", str(folder / "both.jpg")),
        ("Ada", str(folder / "one.jpg")),
        ('Bob "B", Ray', str(folder / "both.jpg")),
    ]
    assert [float(found[1][edge]) for edge in ("x0", "y0", "x1", "y1")] == pytest.approx(
        [0.05, 0.2, 0.85, 0.6]
    )
    edges = ("left_px", "top_px", "right_px", "bottom_px")
    assert [found[1][edge] for edge in edges] == ["200", "600", "3400", "1800"]
    assert (found[1]["source"], found[1]["companion_of"]) == ("user", "")
    assert found[1]["taken_at"] == "1970-01-01T00:00:02.000Z"


def test_csv_keeps_a_name_as_it_is_but_not_on_a_terminal(facedex, folder, small, monkeypatch):
    with transaction(small.db):
        small.db.execute("UPDATE person SET name = ? WHERE name = 'Ada'", ("A\x1b[31m",))
    assert "A\x1b[31m" in facedex("export", "csv").out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert "\x1b" not in facedex("export", "csv").out


def test_json_is_the_same_as_csv(facedex, folder):
    table = list(csv.DictReader(io.StringIO(facedex("export", "csv", "--person", "Ada").out)))
    found = json.loads(facedex("export", "json", "--person", "Ada").out)
    assert len(found) == 2
    assert [{k: "" if v is None else str(v) for k, v in row.items()} for row in found] == table


def test_an_empty_library(facedex, small):
    assert json.loads(facedex("export", "json").out) == []
    assert facedex("export", "csv").out.count("\n") == 1
    assert "Sidecars: 0 written" in facedex("export", "xmp").out
