"""Other programs read library.db with the SQLite that they have, also while a scan runs."""

import json
import shutil
import subprocess
import sys

import numpy as np
import photos
import pytest

pytestmark = [pytest.mark.model, pytest.mark.slow]

# in a process of its own: there is one SQLite in each
_READER = """
import json, sqlite3, sys
db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
print(json.dumps([db.execute(sql).fetchall() for sql in sys.argv[2:]]))
"""


def read(path, *statements):
    done = subprocess.run(
        [sys.executable, "-c", _READER, path, *statements],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def read_with_program(path, sql):
    """Return the lines that the sqlite3 program prints."""
    # a timeout, because the moment in which the last writer closes the library locks it for readers
    done = subprocess.run(
        [shutil.which("sqlite3"), "-readonly", "-quote", "-cmd", ".timeout 5000", path, sql],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_readers_are_answered_while_a_scan_runs(album, library, run_scan, start):
    run_scan(album, library)
    for number in range(20):
        picture = photos.hopper().crop((0, number, 512, 560))
        photos.write(album / "more" / f"{number:02}.jpg", photos.encoded(picture))
    running = start(
        "--library", library, "scan", "--jobs", "0", "--detector", "hog", "--log-json", album
    )
    for line in running.stderr:
        if json.loads(line).get("phase") == "Reading":
            break
    path = library / "library.db"
    n_answers = 0
    while running.poll() is None:
        ((faces, (n_files,)),) = [read(path, "SELECT face_id, path, state FROM v1_faces LIMIT 3",
                                       "SELECT count(*) FROM v1_files")]  # fmt: skip
        assert len(faces) == 3
        assert n_files[0] >= 4
        if shutil.which("sqlite3"):
            assert len(read_with_program(path, "select * from v1_faces limit 3")) == 3
        n_answers += 1
    assert n_answers >= 3
    running.communicate()
    assert running.returncode == 0
    assert photos.is_sound(library)


def test_every_view_is_read_by_pythons_own_sqlite(album, library, run_scan):
    photos.write(album / "broken.jpg", b"no photo")
    shutil.copy2(album / "astronaut.jpg", album / "copy.jpg")
    run_scan(album, library)
    views = [name for (name,) in photos.select(
        library, "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name"
    )]  # fmt: skip
    assert {"v1_faces", "v1_people"} <= set(views)
    path = library / "library.db"
    counts = read(path, *(f"SELECT count(*) FROM {view}" for view in views))  # noqa: S608
    by_view = {view: rows[0][0] for view, rows in zip(views, counts, strict=True)}
    assert by_view["v1_faces"] == by_view["v1_encodings"] == 5
    assert by_view["v1_duplicates"] == 2
    assert by_view["v1_problems"] == 1
    if shutil.which("sqlite3"):
        for view in views:
            lines = read_with_program(path, f"SELECT * FROM {view}")  # noqa: S608
            assert len(lines) == by_view[view]


def test_vector_is_little_endian_float32(album, library, run_scan):
    run_scan(album, library)
    rows = photos.select(library, "SELECT dim, vector FROM v1_encodings")
    for dim, vector in rows:
        values = np.frombuffer(vector, "<f4")
        assert (dim, len(values)) == (128, 128)
        assert 1.0 < np.linalg.norm(values) < 2.0


def test_reader_leaves_the_files_of_a_closed_library_alone(album, library, run_scan):
    run_scan(album, library)
    before = {path.name for path in library.iterdir()}
    read(library / "library.db", "SELECT count(*) FROM v1_faces")
    assert {path.name for path in library.iterdir()} - before <= {
        "library.db-wal", "library.db-shm",
    }  # fmt: skip
