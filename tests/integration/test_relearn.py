"""No name is lost: not by a move, a scan, another model, another detector, or a library made
anew."""

import json
from dataclasses import replace

import photos
import pytest

from facedex.db.connection import transaction
from facedex.db.library import open_library
from facedex.progress import NullSink
from facedex.services.decisions.relearn import relearn
from facedex.services.library import Library
from facedex.types import DetectorName, EngineConfig, ScanOptions

pytestmark = [pytest.mark.model, pytest.mark.slow]

NAMED = "SELECT person_name, state, source FROM v1_faces WHERE state != 'unknown' ORDER BY 1, 2"
TEST_ENGINE = EngineConfig(DetectorName.CNN, working_size=640)  # the one of run_scan
ONE_CROP = replace(TEST_ENGINE, encode_crops=1)


@pytest.fixture
def named(album, library, run_scan):
    """Scan the album and name everybody in it; return what v1_faces says of them."""
    run_scan(album, library)
    with Library.open(library) as opened:
        by_path = {}
        for face in sorted(opened.look.find_faces(None, None, 10), key=lambda face: face.box.x0):
            by_path.setdefault(face.path.rsplit("/", 1)[1], []).append(face.face_id)
        left, right = by_path["both.jpg"]
        opened.decide.name_faces([*by_path["astronaut.jpg"], left], "Eileen")
        opened.decide.name_faces([*by_path["hopper.png"], right], "Grace")
        opened.decide.ignore(by_path["mirrored.webp"])
    said = photos.select(library, NAMED)
    assert len(said) == 5
    return said


def run_relearn(library, engine=TEST_ENGINE, **options):
    return relearn(library, ScanOptions(engine), NullSink(), lambda: False, **options)


def models(library):
    return dict(photos.select(library, "SELECT model, count(*) FROM v1_encodings GROUP BY 1"))


def test_names_stay_where_photos_are_moved_and_scanned_again(named, album, library, run_scan):
    (album / "navy").rename(album / "admiral")
    run_scan(None, library)
    assert photos.select(library, NAMED) == named
    assert run_relearn(library).n_same == 5


def test_names_stay_with_another_model_and_the_encodings_stand_side_by_side(
    named, album, library, run_scan
):
    run_scan(None, library, engine=ONE_CROP)
    assert photos.select(library, NAMED) == named
    assert sorted(models(library).values()) == [5, 5]
    report = run_relearn(library, ONE_CROP)
    assert (report.n_same, report.n_named, report.n_encoded) == (5, 0, 0)


def test_names_stay_with_another_detector(named, album, library, run_scan):
    boxes = photos.select(library, "SELECT face_id, x0 FROM v1_faces ORDER BY 1")
    run_scan(None, library, engine=replace(TEST_ENGINE, detector=DetectorName.HOG))
    assert photos.select(library, NAMED) == named
    assert photos.select(library, "SELECT face_id, x0 FROM v1_faces ORDER BY 1") != boxes
    assert run_relearn(library).n_same == 5


def test_named_face_that_the_new_detector_misses_is_encoded_by_the_new_model(
    named, album, library, run_scan
):
    run_scan(None, library, engine=ONE_CROP)
    db = open_library(library)
    [(face_id,)] = photos.select(
        library, "SELECT face_id FROM v1_faces WHERE path LIKE '%astronaut.jpg'"
    )
    with transaction(db):  # as if the detector had not found it with the new model
        db.execute(
            "DELETE FROM encoding WHERE face_id = ? AND model = (SELECT value FROM meta"
            " WHERE key = 'model')",
            (face_id,),
        )
    report = run_relearn(library, ONE_CROP)
    assert (report.n_encoded, report.n_unencodable) == (1, 0)
    assert sorted(models(library).values()) == [5, 5]
    db.close()
    assert run_relearn(library, ONE_CROP).n_encoded == 0


def test_names_come_back_in_a_library_made_anew_from_moved_photos(
    named, album, library, run_scan, tmp_path
):
    old = tmp_path / "old"
    library.rename(old)
    album.rename(tmp_path / "elsewhere")
    run_scan(tmp_path / "elsewhere", library, engine=ONE_CROP)
    assert photos.select(library, NAMED) != named
    report = run_relearn(library, ONE_CROP, other=old)
    assert (report.n_named, report.n_boxes, report.n_absent, report.n_people) == (5, 0, 0, 2)
    assert photos.select(library, NAMED) == named


def test_a_face_that_nothing_finds_here_is_a_named_box_that_is_recognised(
    named, album, library, run_scan, tmp_path
):
    old = tmp_path / "old"
    library.rename(old)
    run_scan(album, library)
    db = open_library(library)
    with transaction(db):
        db.execute(
            "DELETE FROM face WHERE photo_id = (SELECT photo_id FROM v1_faces"
            " WHERE path LIKE '%hopper.png')"
        )
    db.close()
    report = run_relearn(library, other=old)
    assert (report.n_named, report.n_boxes, report.n_encoded) == (4, 1, 1)
    assert photos.select(library, NAMED) == named
    assert photos.select(library, "SELECT count(*) FROM v1_faces WHERE origin = 'manual'") == [(1,)]


def test_relearning_by_command(named, album, library, facedex, tmp_path):
    assert facedex("--library", library, "scan", "--jobs", "0", timeout=300).returncode == 0
    done = facedex("--library", library, "relearn", "--json", timeout=300)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["n_same"] == 5
    told = facedex("--library", library, "relearn", "--dry-run")
    assert b"5 are as they were" in told.stdout
    refused = facedex("--library", library, "relearn", "--from", library)
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert b"this library" in refused.stderr
