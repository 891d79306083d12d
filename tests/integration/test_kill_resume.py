"""A scan that is killed anywhere and started again ends as if it had never been stopped."""

import random
import shutil
import subprocess
import sys
import time

import photos
import pytest

from facedex.geometry import box_to_rect64

pytestmark = [pytest.mark.model, pytest.mark.slow]

N_KILLS = 20
FAST = ("--detector", "hog", "--working-size", "640")

# ids are compared too, uuids and times differ from library to library
CANON = {
    "v1_faces": "SELECT * FROM v1_faces ORDER BY face_id",
    "v1_people": "SELECT * FROM v1_people ORDER BY person_id",
    "v1_encodings": "SELECT face_id, model, dim, hex(vector) FROM v1_encodings ORDER BY face_id",
    "v1_suggestions": "SELECT * FROM v1_suggestions ORDER BY face_id, person_id",
    "v1_photos": "SELECT * FROM v1_photos ORDER BY photo_id",
    "v1_files": "SELECT * FROM v1_files ORDER BY file_id",
    "v1_duplicates": "SELECT * FROM v1_duplicates ORDER BY kind, file_id",
    "v1_problems": "SELECT file_id, path, stage, kind, message FROM v1_problems ORDER BY path",
    "region": (
        "SELECT id, photo_name, rect, contact_id, name, said, person_id, photo_id, frame, status,"
        " face_id FROM region ORDER BY id"
    ),
    "analysis": "SELECT photo_id, engine, model, orientation, n_faces FROM analysis ORDER BY 1, 2",
    "cluster": "SELECT id, person_id FROM cluster ORDER BY id",
}


def canon(library):
    return {name: photos.select(library, sql) for name, sql in CANON.items()}


def assert_same(library, wanted):
    found = canon(library)
    assert {name: found[name] == wanted[name] for name in CANON} == dict.fromkeys(CANON, True)


# Runs a scan in this process and dies of SIGKILL just before the nth statement is run. Batches are
# small, so that something is kept between two deaths.
_SCAN = """
import os, signal, sys
from pathlib import Path
import apsw
from facedex.pipeline import store
from facedex.progress import NullSink
from facedex.types import ScanOptions
from facedex.services.scanning.scan_library import scan_library
from facedex.types import DetectorName, EngineConfig

library, folder, fatal = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
store.BATCH_FILES = 3
n_run = 0

def before_statement(_cursor, _sql, _bindings):
    global n_run
    n_run += 1
    if n_run == fatal:
        os.kill(os.getpid(), signal.SIGKILL)
    return True

apsw.connection_hooks.append(lambda db: setattr(db, "exec_trace", before_statement))
engine = EngineConfig(DetectorName.HOG, working_size=640)
report = scan_library(library, ScanOptions(engine, (folder,)), NullSink(), lambda: False)
print(n_run, report.exit_code)
"""


def scan_until(library, folder, fatal):
    """Scan; return the number of statements, or None if the process was killed."""
    done = subprocess.run(
        [sys.executable, "-c", _SCAN, library, folder, str(fatal)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    if done.returncode == -9:
        return None
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[0])


@pytest.fixture
def folder(tmp_path):
    """Photos of two people with Picasa names, a copy, a tagged copy and a broken file."""
    folder = tmp_path / "p"
    for number, image in enumerate(photos.variants(photos.hopper(), 5)):
        photos.write(folder / "navy" / f"{number}.jpg", photos.encoded(image))
    for number, image in enumerate(photos.variants(photos.astronaut(), 4)):
        photos.write(folder / "space" / f"{number}.jpg", photos.encoded(image))
    photos.write(folder / "turned.jpg", photos.turned(photos.both(), 6))
    copy = folder / "copies" / "0.jpg"
    copy.parent.mkdir()
    shutil.copy2(folder / "navy" / "0.jpg", copy)
    photos.write(copy.with_name("tagged.jpg"), photos.with_comment(copy.read_bytes(), "tag"))
    photos.write(folder / "broken.jpg", b"no photo")
    rect = box_to_rect64(photos.HOPPER_FACE)
    sky = box_to_rect64(photos.Box(0.7, 0.7, 0.9, 0.9))
    photos.write(
        folder / "navy" / ".picasa.ini",
        (
            f"[2.jpg]\nfaces=rect64({rect}),abc;rect64({sky}),def\n"
            f"[4.jpg]\nfaces=rect64({rect}),abc\n[Contacts2]\nabc=Grace Hopper;;\n"
        ).encode(),
    )
    return folder


def test_scan_killed_at_any_statement_ends_the_same(folder, tmp_path):
    whole = tmp_path / "whole"
    n_statements = scan_until(whole, folder, 0)
    wanted = canon(whole)
    assert len(wanted["v1_faces"]) >= 11
    assert len(wanted["v1_people"]) == 2
    seeded = random.Random(20)
    n_killed = 0
    for number in range(4):
        library = tmp_path / f"killed {number}"
        # the first death comes in another quarter of the scan each time, the others wherever
        share = (number + seeded.random()) / 4
        for _ in range(N_KILLS // 4):
            if scan_until(library, folder, 1 + int(n_statements * share)) is None:
                n_killed += 1
            assert photos.is_sound(library)
            assert no_photo_is_half_done(library)
            share = seeded.uniform(0, 0.4)
        scan_until(library, folder, 0)
        assert_same(library, wanted)
    assert n_killed >= N_KILLS * 3 // 4


def no_photo_is_half_done(library):
    """A photo that counts as searched has all its faces, and every face its encoding."""
    if photos.select(library, "PRAGMA user_version") == [(0,)]:
        return True  # killed before there were tables
    return (
        photos.select(
            library,
            "SELECT 1 FROM analysis a WHERE n_faces >"
            "   (SELECT count(*) FROM face f WHERE f.photo_id = a.photo_id)"
            " UNION ALL SELECT 1 FROM face f WHERE origin != 'picasa'"
            "   AND NOT EXISTS (SELECT 1 FROM encoding e WHERE e.face_id = f.id)"
            " UNION ALL SELECT 1 FROM face f WHERE origin != 'picasa'"
            "   AND NOT EXISTS (SELECT 1 FROM analysis a WHERE a.photo_id = f.photo_id)",
        )
        == []
    )


@pytest.mark.data
def test_command_line_killed_at_random_moments_ends_the_same(data_dir, tmp_path, start, facedex):
    folder = tmp_path / "p"
    for part, pattern in (("groups", "*.jpg"), ("photoprism-faces", "1?.jpg")):
        for path in sorted((data_dir / "album" / part).glob(pattern)):
            photos.write(folder / part / path.name, path.read_bytes())
    photos.write(
        folder / "groups" / ".picasa.ini",
        b"[bbt2.jpg]\r\nfaces=rect64(28003000340050ff),77;rect64(500030006000a000),77\r\n"
        b"[Contacts2]\r\n77=Somebody;;\r\n",
    )
    arguments = ("scan", "--jobs", "2", *FAST, folder)
    began = time.monotonic()
    assert facedex("--library", tmp_path / "whole", *arguments).returncode == 0
    duration = time.monotonic() - began
    wanted = canon(tmp_path / "whole")
    assert len(wanted["v1_faces"]) > 20
    library = tmp_path / "killed"
    seeded = random.Random(7)
    for number in range(N_KILLS // 2):
        if number % 5 == 0:  # begin anew, or the later ones would find everything done
            shutil.rmtree(library, ignore_errors=True)
        running = start("--library", library, *arguments)
        time.sleep(seeded.uniform(0.2, 1.0) * min(duration, 4.0))
        running.kill()
        running.communicate()
        if (library / "library.db").exists():
            assert photos.is_sound(library)
            assert no_photo_is_half_done(library)
        if number % 5 == 4:
            assert facedex("--library", library, *arguments).returncode == 0
            assert_same(library, wanted)
