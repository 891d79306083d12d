"""One scanner a library; worker processes; stopping with a signal."""

import json
import os
import signal
import time
from pathlib import Path

import photos
import pytest

from facedex.db.library import LOCK_NAME, scan_lock

pytestmark = [pytest.mark.model, pytest.mark.slow]

FAST = ("--detector", "hog", "--working-size", "640")
FACES = (
    "SELECT path, x0, y0, x1, y1, origin, score, quality, landmarks, hex(vector)"
    " FROM v1_faces JOIN v1_encodings USING (face_id) ORDER BY path, x0"
)


@pytest.fixture
def many(tmp_path):
    """A folder of photos that are all different."""
    folder = tmp_path / "many"
    small = photos.encoded(photos.astronaut().resize((320, 320)))
    for number in range(24):
        # the quality is part of the picture, a comment is not
        picture = photos.hopper().crop((0, number, 512, 560)).resize((300, 330))
        photos.write(folder / f"{number:02}.jpg", photos.encoded(picture) if number % 2 else small)
        small = photos.encoded(photos.astronaut().crop((number, 0, 512, 480)).resize((320, 300)))
    return folder


def test_second_scanner_is_refused_and_the_first_goes_on(album, library, facedex):
    with scan_lock(library):
        done = facedex("--library", library, "scan", album)
    assert done.returncode == 6
    assert str(os.getpid()).encode() in done.stderr
    assert not (library / "library.db").exists()
    assert facedex("--library", library, "scan", "--jobs", "0", *FAST, album).returncode == 0


def test_looking_and_naming_work_while_a_scan_holds_the_lock(album, library, run_scan, facedex):
    run_scan(album, library)
    with scan_lock(library):
        for command in ("status", "people", "faces", "problems"):
            assert facedex("--library", library, command).returncode == 0


def test_lock_of_a_killed_scanner_is_taken_over(album, library, start, facedex):
    running = start("--library", library, "scan", "--jobs", "0", *FAST, album)
    wait_for(lambda: (library / LOCK_NAME).exists() and (library / LOCK_NAME).read_text())
    running.kill()
    running.wait()
    assert facedex("--library", library, "scan", "--jobs", "0", *FAST, album).returncode == 0


def wait_for(condition, timeout_s=30):
    until = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_worker_processes_find_the_same_faces(album, tmp_path, facedex):
    shelves = []
    for jobs in ("0", "2"):
        library = tmp_path / f"library {jobs}"
        done = facedex("--library", library, "scan", "--jobs", jobs, album)
        assert done.returncode == 0, done.stderr
        shelves.append(photos.select(library, FACES))
    assert len(shelves[0]) == 5
    assert shelves[0] == shelves[1]


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_keeps_what_is_done_and_the_next_scan_finishes(
    many, library, start, facedex, number, exit_code
):
    jobs = "0" if number == signal.SIGINT else "2"
    running = start(
        "--library", library, "scan", "--jobs", jobs, "--log-json", *FAST, many,
        start_new_session=True,
    )  # fmt: skip
    for line in running.stderr:
        said = json.loads(line)
        if said["type"] == "status" and said["phase"] == "Reading" and said["done"]:
            break
    os.killpg(running.pid, number)  # as a terminal does: the workers get it too
    stdout, stderr = running.communicate(timeout=30)
    assert running.returncode == exit_code, stderr
    assert b"Stopped" in stdout
    assert b"what is done is kept" in stderr
    assert b"Traceback" not in stderr
    summary = json.loads(stderr.splitlines()[-1])
    assert (summary["outcome"], summary["exit_code"]) == ("stopped", exit_code)
    n_first = summary["counts"]["photos_searched"]
    assert 0 < n_first < 24
    (kept,) = photos.select(library, "SELECT count(*) FROM analysis")
    assert kept == (n_first,)
    done = facedex("--library", library, "scan", "--jobs", "0", "--log-json", *FAST)
    assert done.returncode == 0
    rest = json.loads(done.stderr.splitlines()[-1])
    assert n_first + rest["counts"]["photos_searched"] == 24  # none twice
    outcomes = photos.select(library, "SELECT outcome FROM scan_run ORDER BY id")
    assert outcomes == [("stopped",), ("done",)]


def test_stopping_while_files_are_walked_takes_none_for_gone(album, library, run_scan):
    run_scan(album, library)
    report = run_scan(None, library, should_stop=lambda: True)
    assert (report.outcome, report.counts.gone) == ("stopped", 0)
    assert photos.select(library, "SELECT DISTINCT state FROM v1_files") == [("present",)]


def test_files_of_the_library_are_private_whatever_the_umask(album, tmp_path, facedex):
    library = tmp_path / "new" / "library"
    done = facedex("--library", library, "scan", "--jobs", "0", *FAST, album, umask=0)
    assert done.returncode == 0
    assert {oct(path.stat().st_mode & 0o777) for path in library.iterdir()} == {"0o600"}
    assert library.stat().st_mode & 0o777 == 0o700


def test_photos_are_never_changed(album, tmp_path, facedex):
    def facts():
        return {
            path: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ctime_ns)
            for path in sorted(album.rglob("*"))
            if path.is_file()
        }

    before = facts()
    for _ in range(2):
        facedex("--library", tmp_path / "library", "scan", "--jobs", "2", *FAST, album)
    assert facts() == before
    assert sorted(Path(path) for path in before) == sorted(p for p in album.rglob("*.*"))
