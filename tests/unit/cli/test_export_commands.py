import csv
import io
import json
import os

import photos
import pytest
from PIL import Image

from facedex.db.connection import transaction
from facedex.db.library import scan_lock
from facedex.imaging.hashes import content_hash, image_hash
from facedex.services.decisions import decide_faces
from facedex.services.library.looking import Looking
from facedex.xmp.reading import read_facts


@pytest.fixture
def folder(small):
    """Ada on two photos and Bob on one, as they were scanned."""
    folder = small.directory / "photos"
    folder.mkdir()
    both = small.photo("ada", "bob", name=b"both.jpg")
    decide_faces.name_faces(small.db, [both[0], *small.photo("ada", name=b"one.jpg")], "Ada")
    decide_faces.name_faces(small.db, both[1:], 'Bob "B", Ray')
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


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def photo(small):
    """A JPEG with Ada on it, as it was scanned; beside it a GIF with her."""
    for name, kind in (("a.jpg", "JPEG"), ("b.gif", "GIF")):
        data = photos.encoded(Image.new("RGB", (40, 30), "grey"), kind)
        path = photos.write(small.directory / "photos" / name, data)
        decide_faces.name_faces(
            small.db, small.photo("ada", name=name.encode(), size=(40, 30)), "Ada"
        )
        small.db.execute(
            "UPDATE photo SET image_hash = ?, format = ? WHERE id = (SELECT max(id) FROM photo)",
            (image_hash(data, kind), kind),
        )
        small.db.execute(
            "UPDATE file SET content_hash = ?, size_bytes = ?, mtime_ns = ? WHERE relpath = ?",
            (content_hash(data), len(data), path.stat().st_mtime_ns, name.encode()),
        )
    return small.directory / "photos" / "a.jpg"


def names_in(path):
    return [region.name for region in read_facts(path.read_bytes()).regions]


@pytest.mark.parametrize("as_json", [True, False])
def test_without_a_terminal_photos_are_written_only_with_yes(facedex, photo, as_json):
    before = photo.read_bytes()
    options = ["--json"] if as_json else []
    outcome = facedex("export", "xmp", "--write", "file", *options)
    assert (outcome.code, outcome.out) == (2, "")
    assert "add --yes" in outcome.err
    assert outcome.err.count("\n") == 1
    assert photo.read_bytes() == before
    assert sidecars(photo.parent) == []


def test_yes_writes_into_photos_and_tells_what_went_elsewhere(facedex, photo):
    outcome = facedex("export", "xmp", "--write", "file", "--yes")
    assert outcome.code == 0
    assert outcome.out == (
        "Photos and sidecars: 2 written, 0 have the names already; 2 photos with names, 2 files.\n"
        "Into sidecars instead: 1, because GIF files are not written into\n"
    )
    assert names_in(photo) == names_in(photo.with_name("b.gif.xmp")) == ["Ada"]
    assert sidecars(photo.parent) == ["b.gif.xmp"]
    again = json.loads(facedex("export", "xmp", "--write", "file", "--yes", "--json").out)
    assert (again["written"], again["n_unchanged"]) == ([], 2)
    assert again["instead"] == [
        {"path": str(photo.with_name("b.gif")), "reason": "GIF files are not written into"}
    ]


def test_on_a_terminal_it_asks_with_the_folders(facedex, photo, monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    outcome = facedex("export", "xmp", "--write", "file")
    assert (outcome.code, outcome.out) == (130, "")
    assert "into up to 1 photos, in these folders:" in outcome.err
    assert f"  {photo.parent} (1)\n" in outcome.err
    assert names_in(photo) == []
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert facedex("export", "xmp", "--write", "file").code == 0
    assert names_in(photo) == ["Ada"]


def test_many_folders_are_not_all_listed(facedex, photo, monkeypatch):
    counts = {f"/photos/{n:02}": n for n in range(1, 13)}
    monkeypatch.setattr(Looking, "count_writable", lambda *_: counts)
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    said = facedex("export", "xmp", "--write", "file").err
    assert "up to 78 photos" in said
    assert "  /photos/10 (10)\n  and 2 more\n" in said


def test_a_dry_run_into_photos_asks_nothing(facedex, photo):
    outcome = facedex("export", "xmp", "--write", "file", "--dry-run")
    assert outcome.out.splitlines()[:2] == [str(photo), str(photo.with_name("b.gif.xmp"))]
    assert names_in(photo) == []


def test_photos_are_not_written_while_a_scan_runs(facedex, photo, small):
    with scan_lock(small.directory):
        outcome = facedex("export", "xmp", "--write", "file", "--yes")
        assert outcome.code == 6
        assert names_in(photo) == []
        assert facedex("export", "xmp").code == 0


def test_what_is_outdated_in_photos_is_told(facedex, photo, small):
    facedex("export", "xmp", "--write", "file", "--yes")
    decide_faces.undo(small.db)
    decide_faces.undo(small.db)
    outcome = facedex("export", "xmp")
    assert "no longer true: 1; to put them right: facedex export xmp --write file\n" in outcome.out
    assert names_in(photo) == ["Ada"]
    facedex("export", "xmp", "--write", "file", "--yes")
    assert names_in(photo) == []
