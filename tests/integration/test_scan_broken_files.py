"""Files that cannot be read or decoded are told with the reason, and the run goes on."""

import os
from pathlib import Path

import photos
import pytest
from PIL import Image

from facedex.pipeline import reading
from facedex.progress import NullSink
from facedex.services.library import Library
from facedex.types import DetectorName, EngineConfig

pytestmark = [pytest.mark.model, pytest.mark.slow]


def problems(library):
    rows = photos.select(library, "SELECT path, stage, kind, message FROM v1_problems")
    return {Path(path).name: (stage, kind, message) for path, stage, kind, message in rows}


def states(library):
    rows = photos.select(library, "SELECT path, state FROM v1_files")
    return {Path(path).name: state for path, state in rows}


def test_broken_files_are_told_with_a_reason_and_the_rest_is_done(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    good = photos.encoded(photos.astronaut())
    bomb = photos.encoded(Image.new("L", (13_000, 13_000)), "PNG")
    assert len(bomb) < 1_000_000
    for name, content in {
        "a good.jpg": good,
        "bomb.jpg": bomb,
        "empty.jpg": b"",
        "header.jpg": good[:30],
        "photo.cr2": b"II*\0\x10\0\0\0CR\x02\0" + bytes(100),
        "picture.psd": b"8BPS" + bytes(100),
        "text.jpg": b"this is no photo\n" * 10,
        "ghost.jpg": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        "truncated.png": photos.encoded(photos.astronaut(), "PNG")[:90_000],
        "z good.jpg": photos.encoded(photos.hopper()),
        "film.mp4": b"\0\0\0\x18ftypisom" + bytes(100),
        "notes.txt": b"hashed, no problem",
    }.items():
        photos.write(folder / name, content)
    report = run_scan(folder, library)
    assert (report.counts.new, report.counts.faces_found, report.exit_code) == (12, 2, 3)
    found = problems(library)
    assert {name: (stage, kind) for name, (stage, kind, _message) in found.items()} == {
        "bomb.jpg": ("decode", "too_large"),
        "empty.jpg": ("decode", "damaged"),
        "header.jpg": ("decode", "damaged"),
        "photo.cr2": ("decode", "unsupported"),
        "picture.psd": ("decode", "unsupported"),
        "text.jpg": ("decode", "unsupported"),
        "ghost.jpg": ("decode", "unsupported"),
        "truncated.png": ("decode", "truncated"),
    }
    assert "megapixels" in found["bomb.jpg"][2]
    assert "empty" in found["empty.jpg"][2]
    assert "RAW" in found["photo.cr2"][2]
    assert report.n_problems == len(found)
    assert photos.select(library, "SELECT count(*) FROM v1_files WHERE content_hash IS NULL") == [
        (0,)
    ]
    # nothing of them is opened again, and they are still told
    again = run_scan(None, library)
    assert (again.counts.unchanged, again.n_problems, again.exit_code) == (12, len(found), 3)
    assert problems(library) == found


def test_face_in_the_undamaged_part_of_a_photo_is_found(tmp_path, library, run_scan):
    whole = photos.encoded(photos.astronaut())
    photos.write(tmp_path / "p" / "cut.jpg", whole[: len(whole) * 2 // 3])
    report = run_scan(tmp_path / "p", library)
    assert (report.counts.faces_found, report.exit_code) == (1, 3)
    stage, kind, message = problems(library)["cut.jpg"]
    assert (stage, kind) == ("decode", "truncated")
    assert "the rest was searched" in message


def test_repaired_file_loses_its_problem(tmp_path, library, run_scan):
    path = photos.write(tmp_path / "p" / "a.jpg", b"this is no photo")
    assert run_scan(tmp_path / "p", library).exit_code == 3
    photos.write(path, photos.encoded(photos.astronaut()), age_s=5)
    report = run_scan(None, library)
    assert (report.counts.changed, report.counts.faces_found, report.exit_code) == (1, 1, 0)
    assert problems(library) == {}


def test_deleted_broken_file_is_no_problem_any_more(tmp_path, library, run_scan):
    photos.write(tmp_path / "p" / "a.jpg", photos.encoded(photos.astronaut()))
    path = photos.write(tmp_path / "p" / "b.jpg", b"this is no photo")
    run_scan(tmp_path / "p", library)
    path.unlink()
    report = run_scan(None, library)
    assert (report.n_problems, report.exit_code) == (0, 0)


def test_named_photo_that_becomes_unreadable_keeps_its_names_and_comes_back(
    tmp_path, library, run_scan
):
    path = photos.write(tmp_path / "p" / "a.jpg", photos.encoded(photos.astronaut()))
    good = path.read_bytes()
    run_scan(tmp_path / "p", library)
    opened = Library.open(library)
    opened.decide.name_faces([row.face_id for row in opened.look.find_faces(None, None, 9)], "Ada")
    opened.close()
    kept = ("face", "photo", "encoding", "assignment", "person")
    before = photos.what_is_said(library, *kept)
    photos.write(path, b"overwritten by a failing disk", age_s=9)
    run_scan(None, library)
    assert photos.what_is_said(library, *kept) == before
    photos.write(path, good, age_s=5)
    assert run_scan(None, library).counts.photos_searched == 0
    assert photos.what_is_said(library, *kept) == before
    assert photos.names_by_path(library) == {"a.jpg": ["Ada"]}


def meddle(monkeypatch, name, action, times=1):
    """Let another program do something right after a file of this name was opened for reading."""
    really_open, left = os.open, [times]

    def opened(path, flags, *arguments, **options):
        handle = really_open(path, flags, *arguments, **options)
        if isinstance(path, bytes) and path.endswith(name) and left[0]:
            left[0] -= 1
            action(os.fsdecode(path))
        return handle

    monkeypatch.setattr(reading.os, "open", opened)


def grow(path):
    with path.open("ab") as file:
        file.write(b"more")


def test_file_that_grows_once_while_it_is_read_is_read_again(album, library, run_scan, monkeypatch):
    really_fstat = os.fstat
    grown = []

    def fstat(handle):
        found = really_fstat(handle)
        if not grown and Path(f"/proc/self/fd/{handle}").readlink().name == "astronaut.jpg":
            grown.append(handle)
            grow(album / "astronaut.jpg")
        return found

    monkeypatch.setattr(reading.os, "fstat", fstat)
    report = run_scan(album, library)
    assert grown
    assert (report.counts.faces_found, report.n_problems) == (5, 0)


def test_file_that_keeps_growing_is_told_and_read_by_the_next_scan(
    album, library, run_scan, monkeypatch
):
    really_read = os.read

    def read(handle, n):
        if n < 1000 and Path(f"/proc/self/fd/{handle}").readlink().name == "astronaut.jpg":
            grow(album / "astronaut.jpg")  # whenever its first bytes are read
        return really_read(handle, n)

    monkeypatch.setattr(reading.os, "read", read)
    report = run_scan(album, library)
    assert (report.counts.new, report.counts.faces_found, report.exit_code) == (3, 4, 3)
    assert problems(library)["astronaut.jpg"][:2] == ("read", "changing")
    monkeypatch.undo()
    report = run_scan(None, library)
    assert (report.counts.new, report.counts.faces_found, report.exit_code) == (1, 1, 0)
    assert states(library)["astronaut.jpg"] == "present"


def test_file_deleted_between_the_walk_and_its_reading_is_gone_without_a_problem(
    album, library, run_scan, monkeypatch
):
    really_open = os.open

    def opened(path, flags, *arguments, **options):
        if path == os.fsencode(album / "astronaut.jpg"):
            Path(os.fsdecode(path)).unlink()
        return really_open(path, flags, *arguments, **options)

    monkeypatch.setattr(reading.os, "open", opened)
    report = run_scan(album, library)
    monkeypatch.undo()
    assert report.counts.faces_found == 4
    assert states(library)["astronaut.jpg"] == "missing"
    assert problems(library) == {}
    assert run_scan(None, library).counts.unchanged == 3


def test_a_damaged_file_that_was_away_is_still_damaged(album, library, run_scan, tmp_path):
    folder, away = album / "disk", tmp_path / "disk"
    photos.write(folder / "broken.jpg", photos.encoded(photos.astronaut())[:30])
    run_scan(album, library)
    before = states(library)["broken.jpg"], problems(library)
    assert before[0] == "unreadable"
    folder.rename(away)
    run_scan(None, library)
    assert states(library)["broken.jpg"] == "missing"
    away.rename(folder)
    run_scan(None, library)
    assert (states(library)["broken.jpg"], problems(library)) == before


def test_a_disk_that_goes_away_while_its_files_are_read_is_offline_and_loses_nothing(
    album, library, run_scan, tmp_path
):
    class Pull(NullSink):
        def started(self, what, total):
            if what == "Reading":
                album.rename(tmp_path / "away")

    report = run_scan(album, library, sink=Pull())
    assert (report.offline, report.exit_code) == ([str(album)], 5)
    assert set(states(library).values()) == {"pending"}
    assert problems(library) == {}
    (tmp_path / "away").rename(album)
    assert run_scan(None, library).counts.faces_found == 5


def test_photos_on_a_disk_that_goes_away_while_they_are_searched_are_searched_next_time(
    album, library, run_scan, tmp_path
):
    class Pull(NullSink):
        def started(self, what, total):
            if what == "Searching":
                album.rename(tmp_path / "away")

    run_scan(album, library)
    other = EngineConfig(DetectorName.CNN, working_size=700)
    report = run_scan(None, library, engine=other, sink=Pull())
    assert (report.counts.photos_searched, report.exit_code) == (0, 5)
    (tmp_path / "away").rename(album)
    assert run_scan(None, library, engine=other).counts.photos_searched == 4


def test_file_deleted_while_it_is_read_is_kept_as_it_was_read(
    album, library, run_scan, monkeypatch
):
    meddle(monkeypatch, b"/astronaut.jpg", lambda path: Path(path).unlink())
    report = run_scan(album, library)
    monkeypatch.undo()
    assert (report.counts.new, report.counts.faces_found) == (4, 5)
    assert run_scan(None, library).counts.gone == 1


def test_link_put_in_place_of_a_file_is_not_followed(album, library, run_scan, monkeypatch):
    really_open = os.open
    secret = photos.write(album.parent / "outside" / "secret.jpg", photos.encoded(photos.hopper()))

    def opened(path, flags, *arguments, **options):
        if path == os.fsencode(album / "astronaut.jpg"):
            (album / "astronaut.jpg").unlink(missing_ok=True)
            (album / "astronaut.jpg").symlink_to(secret)
        return really_open(path, flags, *arguments, **options)

    monkeypatch.setattr(reading.os, "open", opened)
    report = run_scan(album, library)
    assert (report.counts.new, report.exit_code) == (3, 3)
    assert problems(library)["astronaut.jpg"][:2] == ("read", "io")


@pytest.mark.data
def test_hostile_files_end_no_scan(data_dir, tmp_path, facedex):
    hostile = data_dir / "hostile"
    done = facedex(
        "--library", tmp_path / "library", "scan", "--jobs", "2", "--detector", "hog",
        "--working-size", "400", hostile, timeout=300,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr[-2000:]
    library = tmp_path / "library"
    n_files = sum(path.is_file() for path in hostile.rglob("*"))
    assert photos.select(library, "SELECT count(*) FROM v1_files") == [(n_files,)]
    assert photos.select(library, "SELECT count(*) FROM v1_files WHERE state = 'pending'") == [(0,)]
    assert (
        photos.select(
            library,
            "SELECT path FROM v1_files WHERE state = 'unreadable'"
            " AND file_id NOT IN (SELECT file_id FROM v1_problems WHERE file_id IS NOT NULL)",
        )
        == []
    )
    assert photos.select(library, "SELECT path FROM v1_problems WHERE kind = 'internal'") == []
    assert photos.is_sound(library)
