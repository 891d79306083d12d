"""What a scan does with files that are new, changed, touched, moved, copied or gone."""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import photos
import pytest

from facedex.geometry import iou
from facedex.types import Box

pytestmark = [pytest.mark.model, pytest.mark.slow]


def counted(report, **expected):
    """Compare the counts that are not zero."""
    found = {name: n for name, n in asdict(report.counts).items() if n}
    assert found == expected
    return report


def face_ids(library):
    return photos.select(library, "SELECT face_id, path FROM v1_faces ORDER BY face_id")


def test_first_scan_finds_every_face_upright(album, library, run_scan):
    report = counted(run_scan(album, library), new=4, photos_searched=4, faces_found=5)
    assert (report.outcome, report.exit_code, report.n_problems) == ("done", 0, 0)
    found = photos.select(
        library, "SELECT path, x0, y0, x1, y1, origin, state FROM v1_faces ORDER BY path, x0"
    )
    assert [Path(row[0]).name for row in found] == [
        "astronaut.jpg", "hopper.png", "mirrored.webp", "both.jpg", "both.jpg",
    ]  # fmt: skip
    assert {row[5:] for row in found} == {("cnn", "unknown")}
    for row, wanted in zip(
        found[3:], (photos.ASTRONAUT_IN_BOTH, photos.HOPPER_IN_BOTH), strict=True
    ):
        assert iou(Box(*row[1:5]), wanted) > 0.7


def test_second_scan_finds_everything_unchanged(album, library, run_scan):
    run_scan(album, library)
    before = photos.what_is_said(library)
    counted(run_scan(album, library), unchanged=4)
    counted(run_scan(None, library), unchanged=4)
    assert photos.what_is_said(library) == before


def test_new_file_is_searched_and_others_are_not(album, library, run_scan):
    run_scan(album, library)
    before = face_ids(library)
    photos.write(album / "more" / "new.jpg", photos.encoded(photos.variants(photos.hopper(), 3)[2]))
    counted(run_scan(None, library), unchanged=4, new=1, photos_searched=1, faces_found=1)
    assert face_ids(library)[: len(before)] == before


def test_changed_content_is_searched_again(album, library, run_scan):
    run_scan(album, library)
    photos.write(album / "astronaut.jpg", photos.encoded(photos.hopper()), age_s=10)
    counted(run_scan(None, library), unchanged=3, changed=1, photos_searched=1, faces_found=1)
    (path,) = photos.select(
        library,
        "SELECT f.path FROM v1_files f JOIN v1_faces USING (photo_id) WHERE f.path LIKE"
        " '%naut.jpg'",
    )
    assert path[0].endswith("astronaut.jpg")


def test_touched_file_is_hashed_and_not_searched(album, library, run_scan):
    run_scan(album, library)
    before = photos.what_is_said(library)
    os.utime(album / "astronaut.jpg", (1_500_000_000, 1_500_000_000))
    counted(run_scan(None, library), unchanged=3, touched=1)
    assert photos.what_is_said(library) == before
    counted(run_scan(None, library), unchanged=4)


def test_moved_file_keeps_its_row_and_faces(album, library, run_scan):
    run_scan(album, library)
    before = photos.what_is_said(library)
    (album / "astronaut.jpg").rename(album / "space" / "renamed.jpg")
    counted(run_scan(None, library), unchanged=3, moved=1, gone=1)
    assert photos.what_is_said(library) == before
    states = photos.select(library, "SELECT DISTINCT state FROM v1_files")
    assert states == [("present",)]
    assert any(path.endswith("space/renamed.jpg") for _id, path in face_ids(library))


def test_renamed_folder_costs_nothing(album, library, run_scan):
    run_scan(album, library)
    before = photos.what_is_said(library)
    (album / "navy").rename(album / "zz navy")
    counted(run_scan(None, library), unchanged=2, moved=2, gone=2)
    assert photos.what_is_said(library) == before
    counted(run_scan(None, library), unchanged=4)


def test_copy_is_a_duplicate_and_not_searched(album, library, run_scan):
    run_scan(album, library)
    before = photos.what_is_said(library)
    shutil.copy2(album / "astronaut.jpg", album / "space" / "copy.jpg")
    counted(run_scan(None, library), unchanged=4, new=1, duplicate=1)
    assert photos.what_is_said(library) == before
    found = photos.select(library, "SELECT group_id, kind, path FROM v1_duplicates ORDER BY path")
    assert [(kind, Path(path).name) for _group, kind, path in found] == [
        ("exact", "astronaut.jpg"), ("exact", "copy.jpg"),
    ]  # fmt: skip
    assert len({group for group, _kind, _path in found}) == 1


def test_copies_in_one_scan_are_searched_once(tmp_path, library, run_scan):
    for name in ("a.jpg", "b.jpg", "c/d.jpg"):
        photos.write(tmp_path / "p" / name, photos.encoded(photos.astronaut()))
    counted(run_scan(tmp_path / "p", library), new=3, duplicate=2, photos_searched=1, faces_found=1)
    assert photos.select(library, "SELECT n_files, n_faces FROM v1_photos") == [(3, 1)]


def test_hard_links_are_one_file_and_no_duplicates(album, library, run_scan):
    os.link(album / "astronaut.jpg", album / "space" / "link.jpg")
    counted(run_scan(album, library), new=5, photos_searched=4, faces_found=5)
    assert photos.select(library, "SELECT * FROM v1_duplicates") == []


def test_gone_file_keeps_its_faces_and_comes_back(album, library, run_scan, tmp_path):
    run_scan(album, library)
    before = photos.what_is_said(library)
    (album / "astronaut.jpg").rename(tmp_path / "away.jpg")
    counted(run_scan(None, library), unchanged=3, gone=1)
    assert photos.what_is_said(library) == before
    assert photos.select(library, "SELECT count(*) FROM v1_files WHERE state = 'missing'") == [(1,)]
    counted(run_scan(None, library), unchanged=3)  # gone is told once
    (tmp_path / "away.jpg").rename(album / "astronaut.jpg")
    report = run_scan(None, library)
    assert (report.counts.photos_searched, report.counts.new) == (0, 0)
    assert photos.what_is_said(library) == before
    assert photos.select(library, "SELECT DISTINCT state FROM v1_files") == [("present",)]


def test_same_size_and_restored_mtime_is_found_by_ctime(album, library, run_scan):
    run_scan(album, library)
    path = album / "astronaut.jpg"
    was = path.stat()
    content = bytearray(path.read_bytes())
    content[-3] ^= 0x10
    path.write_bytes(content)
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    now = path.stat()
    assert (now.st_size, now.st_mtime_ns, now.st_ino) == (was.st_size, was.st_mtime_ns, was.st_ino)
    counted(run_scan(None, library), unchanged=3, changed=1, photos_searched=1, faces_found=1)


def test_another_file_swapped_in_under_the_name_is_found(album, library, run_scan, tmp_path):
    run_scan(album, library)
    path = album / "astronaut.jpg"
    other = tmp_path / "other.jpg"
    content = bytearray(path.read_bytes())
    content[-3] ^= 0x10
    other.write_bytes(content)
    stat = path.stat()
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(path)
    counted(run_scan(None, library), unchanged=3, changed=1, photos_searched=1, faces_found=1)


def test_file_written_just_before_it_was_read_is_read_again(album, library, run_scan):
    path = album / "fresh.jpg"
    path.write_bytes(photos.with_comment(photos.encoded(photos.hopper()), "fresh"))
    stamp = time.time_ns() + 5_000_000_000  # a clock that is ahead: modified "after" it is read
    os.utime(path, ns=(stamp, stamp))
    counted(run_scan(album, library), new=5, photos_searched=5, faces_found=6)
    counted(run_scan(None, library), unchanged=4, touched=1)
    os.utime(path, ns=(stamp - 10**13, stamp - 10**13))
    counted(run_scan(None, library), unchanged=4, touched=1)
    counted(run_scan(None, library), unchanged=5)


_WATCHED = """
import json, os, sys
from pathlib import Path
from facedex.progress import NullSink
from facedex.types import ScanOptions
from facedex.services.scanning.scan_library import scan_library
from facedex.types import EngineConfig

library, folder = map(Path, sys.argv[1:])
opened = []

def hook(event, arguments):
    # open(2) with O_EXCL on a file that is there opens nothing: that is how files are created
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        if not arguments[2] & os.O_EXCL:
            opened.append(os.fsdecode(arguments[0]))

def scan():
    opened.clear()
    scan_library(library, ScanOptions(EngineConfig(working_size=640), (folder,)), NullSink(), bool)
    return list(opened)

sys.addaudithook(hook)
print(json.dumps([scan(), scan()]))
"""


def opened_in_two_scans(library, folder):
    done = subprocess.run(
        [sys.executable, "-c", _WATCHED, library, folder],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_unchanged_files_are_not_opened(album, library):
    first, second = opened_in_two_scans(library, album)
    below = [path for path in first if path.startswith(f"{album}/")]
    assert sorted(below) == sorted(str(path) for path in album.rglob("*.*"))  # and each once
    assert [path for path in second if path.startswith(f"{album}/")] == []


def test_database_inside_the_photo_folder_is_never_opened_nor_indexed(album):
    library = album / "facedex library"
    for opened in opened_in_two_scans(library, album):
        assert [path for path in opened if Path(path).name.startswith(("library.", "cache."))] == []
    indexed = photos.select(library, "SELECT path FROM v1_files WHERE path LIKE '%.db%'")
    assert indexed == []
    assert photos.is_sound(library)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_an_output_that_is_full_or_closed_is_no_traceback(album, library, run_scan):
    run_scan(album, library)
    call = [sys.executable, "-m", "facedex", "--library", str(library), "status"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(call, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        4, "facedex: no space is left, or a disk fails: No space left on device\n",
    )  # fmt: skip
    closed = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *call], stderr=subprocess.PIPE, text=True, check=False
    )
    assert (closed.returncode, closed.stderr) == (0, "")


def test_the_next_scan_searches_as_the_last_one_did(album, library, facedex):
    first = facedex("--library", library, "scan", album, "--detector", "hog", "--jobs", "0")
    assert first.returncode == 0
    again = facedex("--library", library, "scan", "--jobs", "0")
    assert b"As at the last scan: --detector hog" in again.stderr
    assert b"Photos searched: 0" in again.stdout
