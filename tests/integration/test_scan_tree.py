"""Odd names, links, special files, unreadable and skipped folders; roots that go and come."""

import base64
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import photos
import pytest

from facedex.services.library import Library

pytestmark = [pytest.mark.model, pytest.mark.slow]

ODD_NAMES = [
    b"caf\xe9.jpg",  # Latin-1
    "café.jpg".encode(),
    "cafe\N{COMBINING ACUTE ACCENT}.jpg".encode(),
    b"new\nline.jpg",
    b"tab\t.jpg",
    b"-rf.jpg",
    b'it\'s "quoted".jpg',
    "\N{RIGHT-TO-LEFT OVERRIDE}gpj.jpg".encode(),
    b"\xed\xa0\x80surrogate.jpg",
    b"n" * 251 + b".jpg",
    "日本.JPEG".encode(),
]


@pytest.fixture
def photo():
    return photos.encoded(photos.astronaut())


def files_of(library):
    return {
        Path(path).name: state
        for path, state in photos.select(library, "SELECT path, state FROM v1_files")
    }


def test_names_of_any_bytes_are_scanned_and_found_again(tmp_path, library, run_scan, photo):
    for number, name in enumerate(ODD_NAMES):
        photos.write(tmp_path / "p" / os.fsdecode(name), photos.with_comment(photo, str(number)))
    report = run_scan(tmp_path / "p", library)
    assert (report.counts.new, report.n_problems) == (len(ODD_NAMES), 0)
    stored = photos.select(library, "SELECT path_bytes, path_is_lossy FROM v1_files")
    assert {path.rsplit(b"/", 1)[1] for path, _lossy in stored} == set(ODD_NAMES)
    lossy = {path.rsplit(b"/", 1)[1] for path, is_lossy in stored if is_lossy}
    assert lossy == {ODD_NAMES[0], ODD_NAMES[8]}
    counts = run_scan(None, library).counts
    assert (counts.new, counts.gone, counts.photos_searched) == (0, 0, 0)


def test_name_that_is_not_utf8_goes_through_every_command(tmp_path, library, facedex, photo):
    folder = tmp_path / "p\N{LATIN SMALL LETTER E WITH ACUTE}"
    photos.write(folder / os.fsdecode(b"caf\xe9.jpg"), photo)
    photos.write(folder / os.fsdecode(b"br\xf6ken.jpg"), b"no photo")
    done = facedex(
        "--library", library, "scan", "--jobs", "0", "--detector", "hog", "--log-json", folder
    )
    assert done.returncode == 3
    said = [json.loads(line) for line in done.stderr.splitlines()]
    (problem,) = [line for line in said if line["type"] == "problem"]
    assert base64.b64decode(problem["path_b64"]) == bytes(folder) + b"/br\xf6ken.jpg"
    assert problem["path"].endswith("br\N{REPLACEMENT CHARACTER}ken.jpg")
    assert (said[-1]["type"], said[-1]["exit_code"]) == ("summary", 3)
    found = json.loads(facedex("--library", library, "faces", "--json").stdout)
    assert found[0]["path"].endswith("caf\N{REPLACEMENT CHARACTER}.jpg")
    wrong = json.loads(facedex("--library", library, "problems", "--json").stdout)
    assert [one["path"][-11:] for one in wrong] == ["/br\N{REPLACEMENT CHARACTER}ken.jpg"]
    plain = facedex("--library", library, "problems")
    assert (plain.returncode, plain.stderr) == (0, b"")
    with Library.open(library) as opened:
        assert (
            opened.look.preview(opened.look.find_faces(None, None, 1)[0].photo_id, 200)[:2]
            == b"\xff\xd8"
        )


def test_links_and_special_files_are_not_followed(tmp_path, library, facedex, photo):
    folder, outside = tmp_path / "p", tmp_path / "outside"
    photos.write(folder / "real.jpg", photo)
    photos.write(outside / "secret.jpg", photo)
    (folder / "link.jpg").symlink_to(outside / "secret.jpg")
    (folder / "linked folder").symlink_to(outside, target_is_directory=True)
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "dangling.jpg").symlink_to(folder / "nothing")
    (folder / "folder.jpg").mkdir()
    os.mkfifo(folder / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.fspath(folder / "s.jpg"))
        done = facedex(
            "--library", library, "scan", "--jobs", "0", "--detector", "hog", folder, timeout=60
        )
    assert done.returncode == 0
    assert files_of(library) == {"real.jpg": "present"}


def test_skipped_folders_and_tagged_caches_are_left_out(tmp_path, library, run_scan, photo):
    folder = tmp_path / "p"
    for name in ("@eaDir", ".picasaoriginals", ".Trash", "cache"):
        photos.write(folder / name / f"{name}.jpg", photo)
    (folder / "cache" / "CACHEDIR.TAG").write_bytes(
        b"Signature: 8a477f597d28d172789f06886806bc55\n# made by a test\n"
    )
    photos.write(folder / "no cache" / "kept.jpg", photo)
    (folder / "no cache" / "CACHEDIR.TAG").write_bytes(b"not the signature")
    run_scan(folder, library)
    assert files_of(library) == {"kept.jpg": "present", "CACHEDIR.TAG": "present"}


# root, who runs containers, may read everything: two capabilities are given up before the scan
_WITHOUT_PRIVILEGE = """
import ctypes, os, sys
if os.geteuid() == 0:
    prctl = ctypes.CDLL(None).prctl
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        if prctl(24, capability, 0, 0, 0):  # PR_CAPBSET_DROP
            sys.exit(77)
os.execv(sys.executable, sys.argv[1:])
"""


def scan_without_privilege(library, folder):
    """Scan as somebody whom permissions hold."""
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_PRIVILEGE,
         sys.executable, "-m", "facedex", "--library", library,
         "scan", "--jobs", "0", "--detector", "hog", folder],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if done.returncode == 77:
        pytest.skip("permissions cannot be made to hold for root here")
    return done


def test_folder_and_file_that_may_not_be_read_are_told_and_nothing_is_lost(
    tmp_path, library, run_scan, photo
):
    folder = tmp_path / "p"
    hidden = photos.write(folder / "private" / "hidden.jpg", photo)
    denied = photos.write(folder / "denied.jpg", photos.encoded(photos.hopper()))
    photos.write(folder / "seen.jpg", photos.with_comment(photo, "seen"))
    hidden.parent.chmod(0)
    denied.chmod(0)
    try:
        done = scan_without_privilege(library, folder)
        assert (done.returncode, done.stderr.count("problem:")) == (3, 2), done.stderr
        problems = photos.select(library, "SELECT path, stage, kind FROM v1_problems ORDER BY path")
        assert problems == [
            (str(denied), "read", "denied"), (str(hidden.parent), "walk", "denied"),
        ]  # fmt: skip
    finally:
        hidden.parent.chmod(0o755)
        denied.chmod(0o644)
    report = run_scan(None, library)
    assert (report.n_problems, report.exit_code) == (0, 0)
    assert set(files_of(library).values()) == {"present"}


def test_files_beneath_a_folder_that_became_unreadable_are_not_gone(
    album, library, run_scan, monkeypatch
):
    run_scan(album, library)
    scandir = os.scandir
    refused = os.fsencode(album / "navy") + b"/"

    def without_navy(path):
        if path == refused:
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", without_navy)
    report = run_scan(None, library)
    assert (report.counts.gone, report.counts.unchanged, report.exit_code) == (0, 2, 3)
    assert set(files_of(library).values()) == {"present"}
    monkeypatch.undo()
    report = run_scan(None, library)
    assert (report.counts.unchanged, report.exit_code) == (4, 0)


@pytest.mark.parametrize("how", ["gone", "empty"])
def test_root_that_is_offline_changes_no_row(album, library, run_scan, facedex, how):
    run_scan(album, library)
    tables = ("file", "photo", "face", "encoding", "assignment", "cluster")
    before = photos.whole_tables(library, *tables)
    away = album.with_name("unmounted")
    album.rename(away)
    if how == "empty":
        album.mkdir()
    report = run_scan(None, library)
    assert (report.offline, report.exit_code) == ([str(album)], 5)
    assert photos.whole_tables(library, *tables) == before
    assert photos.select(library, "SELECT state FROM v1_roots") == [("offline",)]
    assert facedex("--library", library, "scan", "--jobs", "0").returncode == 5
    if how == "empty":
        album.rmdir()
    away.rename(album)
    report = run_scan(None, library)
    assert (report.counts.unchanged, report.counts.photos_searched, report.exit_code) == (4, 0, 0)
    assert photos.whole_tables(library, *tables) == before
    assert photos.select(library, "SELECT state FROM v1_roots") == [("online",)]


def test_other_roots_are_scanned_while_one_is_offline(tmp_path, library, run_scan, photo):
    for name in ("a", "b"):
        photos.write(tmp_path / name / "x.jpg", photos.with_comment(photo, name))
        run_scan(tmp_path / name, library)
    (tmp_path / "a").rename(tmp_path / "unmounted")
    photos.write(tmp_path / "b" / "y.jpg", photos.encoded(photos.hopper()))
    report = run_scan(None, library)
    assert (report.counts.new, report.counts.faces_found, report.exit_code) == (1, 1, 5)


def test_mistyped_folder_creates_nothing(tmp_path, library, facedex):
    done = facedex("--library", library, "scan", tmp_path / "no such folder")
    assert done.returncode == 2
    assert b"does not exist" in done.stderr
    assert not library.exists()


def test_folder_inside_a_root_is_not_a_second_root(album, library, run_scan):
    run_scan(album, library)
    before = photos.what_is_said(library)
    report = run_scan(album / "navy", library)
    assert (report.counts.unchanged, report.counts.new) == (4, 0)
    assert photos.select(library, "SELECT path, n_files FROM v1_roots") == [(str(album), 4)]
    assert photos.what_is_said(library) == before


def test_folder_around_roots_takes_them_over_and_loses_nothing(album, library, run_scan):
    run_scan(album / "navy", library)
    run_scan(album / "space", library)
    opened = Library.open(library)
    opened.decide.name_faces(
        [row.face_id for row in opened.look.find_faces(None, None, 9)][:2], "Ada"
    )
    opened.close()
    kept = ("person", "photo", "encoding", "decision")
    before = photos.what_is_said(library, *kept)
    confirmed = "SELECT * FROM assignment WHERE state = 'confirmed'"
    names = photos.select(library, confirmed)
    faces = photos.select(library, "SELECT face_id, photo_id, stored_x0 FROM v1_faces")
    files_before = photos.select(library, "SELECT file_id, path, path_bytes FROM v1_files")
    report = run_scan(album, library)
    assert (report.counts.unchanged, report.counts.new, report.counts.photos_searched) == (3, 1, 1)
    after = photos.what_is_said(library, *kept)
    for name in kept:
        assert set(before[name]) <= set(after[name]), name
    assert photos.select(library, confirmed) == names
    assert set(files_before) <= set(
        photos.select(library, "SELECT file_id, path, path_bytes FROM v1_files")
    )
    assert set(faces) <= set(
        photos.select(library, "SELECT face_id, photo_id, stored_x0 FROM v1_faces")
    )
    assert photos.select(library, "SELECT path FROM v1_roots") == [(str(album),)]
    assert run_scan(None, library).counts.unchanged == 4
