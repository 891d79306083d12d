"""What becomes of a worker's result: its file, its photo and its faces, and what people said of
them."""

import itertools
import logging

import numpy as np
import pytest
from blake3 import blake3
from scanned_photos import ENGINE, LEFT, MIDDLE, MODEL, RIGHT, ScannedPhotos, found, shifted

from facedex.db import cache, files, pairs, photos
from facedex.db import faces as stored
from facedex.db.connection import rows, transaction
from facedex.geometry import iou
from facedex.pipeline import store as store_module
from facedex.pipeline.messages import Problem
from facedex.pipeline.store import BATCH_FILES, BATCH_S
from facedex.types import DRAWN_ORIGINS, Box, PhotoFacts, Source
from facedex.xmp.reading import XmpFacts
from facedex.xmp.regions import XmpRegion

PLACES = (LEFT, MIDDLE, RIGHT)
DENIED = Problem("read", "denied", "reading it is not permitted")
EVERY_WORD = [("suggested", "auto")] + [
    (state, source.value)
    for state in ("confirmed", "ignored", "rejected")
    for source in Source
    if source is not Source.AUTO
]


@pytest.fixture
def scanned(tmp_path):
    made = ScannedPhotos(tmp_path)
    yield made
    made.close()


def counts(scanned):
    """Return the counts that are not nought."""
    said = vars(scanned.run.counts)
    return {name: number for name, number in said.items() if number}


# ---- a file that was read


def test_a_new_photo_is_stored_with_all_that_was_found(scanned):
    file = scanned.file("a.jpg")
    facts = PhotoFacts("JPEG", 400, 300, 6, 12_000_000, "A Camera")
    photo_id = scanned.read(file, faces=[found(LEFT), found(RIGHT, score=0.5)], facts=facts)
    assert scanned.row(file) == {
        "state": "present",
        "photo_id": photo_id,
        "content_hash": blake3(b"content").digest(),
        "orientation": 6,
    }
    photo = photos.get_photo(scanned.db, photo_id)
    assert photo.image_hash == blake3(b"image").digest()
    assert (photo.format, photo.width_px, photo.height_px) == ("JPEG", 400, 300)
    assert (photo.orientation, photo.taken_us) == (6, 12_000_000)
    shown = rows(scanned.db, "SELECT origin, engine, score, quality FROM face ORDER BY id")
    assert shown == [("cnn", ENGINE, 1.0, 0.5), ("cnn", ENGINE, 0.5, 0.5)]
    assert scanned.boxes(photo_id) == [LEFT, RIGHT]
    for face in scanned.faces(photo_id):
        vector = stored.find_encoding(scanned.db, face.face_id, MODEL)
        assert vector.tolist() == [1, 0, 0, 0]
        thumbnail = cache.find_thumbnail(scanned.cache, face.uuid)
        assert thumbnail == b"jpeg of %f" % face.box.x0
    [analysis] = rows(scanned.db, "SELECT engine, model, orientation, n_faces FROM analysis")
    assert analysis == (ENGINE, MODEL, 6, 2)
    assert counts(scanned) == {"new": 1, "photos_searched": 1, "faces_found": 2}


def test_a_file_that_is_no_photo_is_read_and_nothing_else(scanned):
    file = scanned.file("a.txt")
    scanned.read(file, image=None, facts=None, faces=None)
    assert scanned.row(file)["state"] == "present"
    assert scanned.row(file)["photo_id"] is None
    assert counts(scanned) == {"new": 1}
    assert scanned.problems() == []


@pytest.mark.parametrize("own", range(1, 9))
@pytest.mark.parametrize("turn", range(1, 9))
def test_what_the_file_says_of_its_orientation_beats_what_a_sidecar_says(scanned, own, turn):
    file = scanned.file("a.jpg", turn=turn)
    photo_id = scanned.read(file, faces=[found(LEFT)], orientation=own)
    wanted = turn if own == 1 else own
    assert photos.get_photo(scanned.db, photo_id).orientation == wanted
    assert rows(scanned.db, "SELECT orientation FROM analysis") == [(wanted,)]
    scanned.search(file, photo_id, faces=[found(LEFT)], orientation=own)
    assert rows(scanned.db, "SELECT orientation FROM analysis") == [(wanted,)]
    assert photos.count_undone(scanned.db, ENGINE, MODEL) == 0


def test_a_copy_of_the_same_bytes_is_a_duplicate_of_one_photo(scanned):
    one, other = scanned.file("a.jpg"), scanned.file("b.jpg")
    photo_id = scanned.read(one, faces=[found(LEFT)])
    assert scanned.read(other, faces=None) == photo_id
    assert counts(scanned) == {"new": 2, "duplicate": 1, "photos_searched": 1, "faces_found": 1}


def test_other_metadata_on_the_same_image_is_another_file_of_one_photo(scanned):
    one, other = scanned.file("a.jpg"), scanned.file("b.jpg")
    photo_id = scanned.read(one, faces=[found(LEFT)])
    facts = PhotoFacts("JPEG", 400, 300, 1, 34_000_000)
    assert scanned.read(other, content=b"tagged", faces=None, facts=facts) == photo_id
    assert scanned.boxes(photo_id) == [LEFT]
    assert photos.get_photo(scanned.db, photo_id).taken_us == 34_000_000
    assert counts(scanned) == {"new": 2, "photos_searched": 1, "faces_found": 1}


@pytest.mark.parametrize(("content", "count"), [(b"content", "touched"), (b"other", "changed")])
def test_a_file_read_again_was_touched_or_changed(scanned, content, count):
    file = scanned.file("a.jpg")
    photo_id = scanned.read(file, faces=[found(LEFT)])
    scanned.begin()
    assert scanned.read(file, content=content, faces=None) == photo_id
    assert counts(scanned) == {count: 1}


def test_the_bytes_of_a_file_that_is_gone_are_that_file_at_another_path(scanned):
    old = scanned.file("a.jpg")
    photo_id = scanned.read(old, faces=[found(LEFT)])
    with transaction(scanned.db):
        files.mark_missing(scanned.db, old.file_id)
    new = scanned.file("b.jpg")
    scanned.begin()
    scanned.store.add(new, scanned.result(faces=None))
    scanned.store.flush()
    assert counts(scanned) == {"moved": 1}
    shown = rows(scanned.db, "SELECT id, relpath, state, photo_id FROM file")
    assert shown == [(old.file_id, b"b.jpg", "present", photo_id)]


def test_what_the_xmp_says_is_stored_and_withdrawn_with_it(scanned):
    file = scanned.file("a.jpg")
    facts = XmpFacts((XmpRegion(LEFT, "Ada", "mwg"),))
    scanned.read(file, faces=[], xmp=facts)
    assert rows(scanned.db, "SELECT name, status FROM region") == [("Ada", "pending")]
    scanned.read(file, content=b"untagged", faces=None)
    assert rows(scanned.db, "SELECT name, status FROM region") == [("Ada", "withdrawn")]


# ---- when it is written


def test_an_image_is_searched_once_for_all_files_that_hold_it(scanned):
    image = blake3(b"image").digest()
    assert scanned.store.wants(image)
    assert not scanned.store.wants(image)
    assert scanned.store.wants(blake3(b"another").digest())
    scanned.read(scanned.file("a.jpg"), faces=[])
    assert not scanned.store.wants(image)


def test_an_image_whose_search_failed_is_wanted_again(scanned):
    image = blake3(b"image").digest()
    assert scanned.store.wants(image)
    scanned.read(scanned.file("a.jpg"), facts=None, faces=None, problem=DENIED)
    assert scanned.store.wants(image)


def test_results_wait_for_their_batch(scanned):
    for number in range(BATCH_FILES):
        assert rows(scanned.db, "SELECT count(*) FROM photo") == [(0,)]
        name = b"%d" % number
        scanned.store.add(scanned.file(f"{number}.jpg"), scanned.result(name, name))
    assert rows(scanned.db, "SELECT count(*) FROM photo") == [(BATCH_FILES,)]
    scanned.store.add(scanned.file("next.jpg"), scanned.result(b"next", b"next"))
    assert rows(scanned.db, "SELECT count(*) FROM photo") == [(BATCH_FILES,)]


def test_an_old_batch_is_written_however_small(scanned, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(store_module.time, "monotonic", lambda: now[0])
    for number, waited in enumerate([0, BATCH_S / 2, BATCH_S / 2 - 0.01]):
        now[0] += waited
        scanned.store.add(scanned.file(f"{number}.jpg"), scanned.result(b"%d" % number))
        assert rows(scanned.db, "SELECT count(*) FROM photo") == [(0,)]
    now[0] += 0.01
    scanned.store.add(scanned.file("last.jpg"), scanned.result(b"last"))
    assert rows(scanned.db, "SELECT count(*) FROM file WHERE state = 'present'") == [(4,)]
    now[0] += BATCH_S
    scanned.store.add(scanned.file("new.jpg"), scanned.result(b"new"))
    assert rows(scanned.db, "SELECT count(*) FROM file WHERE state = 'present'") == [(4,)]


def test_a_batch_is_written_whole_or_not_at_all(scanned, monkeypatch):
    scanned.store.add(scanned.file("a.jpg"), scanned.result(b"a", b"a", [found(LEFT)]))
    scanned.store.add(scanned.file("b.jpg"), scanned.result(b"b", b"b", [found(LEFT)]))
    real, calls = photos.set_analysed, []

    def fail_second(*said):
        calls.append(said)
        if len(calls) == 2:
            raise RuntimeError("no space")
        real(*said)

    monkeypatch.setattr(photos, "set_analysed", fail_second)
    with pytest.raises(RuntimeError, match="no space"):
        scanned.store.flush()
    for table in ("photo", "face", "analysis"):
        assert rows(scanned.db, f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608


def test_flushing_nothing_does_nothing(scanned, monkeypatch):
    monkeypatch.setattr(cache, "save_thumbnails", None)
    scanned.store.flush()


# ---- what could not be read


@pytest.mark.parametrize(("kind", "state"), [("unsupported", "present"), ("corrupt", "unreadable")])
def test_what_was_hashed_and_not_decoded_is_read_again_when_it_changes(scanned, kind, state):
    file = scanned.file("a.jpg")
    problem = Problem("decode", kind, "why")
    scanned.read(file, image=None, facts=None, faces=None, problem=problem)
    row = scanned.row(file)
    assert (row["state"], row["content_hash"]) == (state, blake3(b"content").digest())
    assert scanned.problems() == [(file.file_id, "decode", kind, "why")]
    assert scanned.sink.problems == [(file.path, "decode", kind, "why")]
    scanned.read(file, content=b"mended", faces=[found(LEFT)])
    assert scanned.problems() == []
    assert scanned.row(file)["state"] == "present"


def test_a_damaged_file_keeps_the_photo_it_held(scanned):
    file = scanned.file("a.jpg")
    photo_id = scanned.read(file, faces=[found(LEFT)])
    problem = Problem("decode", "corrupt", "why")
    for options in ({"image": None}, {"facts": None}):
        scanned.read(file, content=b"damaged", faces=None, problem=problem, **options)
        assert scanned.row(file)["photo_id"] == photo_id
        assert scanned.row(file)["state"] == "unreadable"


def unread(scanned, file, kind):
    problem = Problem("read", kind, "why")
    scanned.read(file, content=None, image=None, facts=None, faces=None, problem=problem)


def test_a_file_that_went_while_its_folder_stayed_is_missing(scanned):
    gone, _other = scanned.file("a.jpg"), scanned.file("b.jpg")
    unread(scanned, gone, "gone")
    assert scanned.row(gone)["state"] == "missing"
    assert scanned.problems() == []


@pytest.mark.parametrize("is_empty", [False, True])
def test_a_file_that_went_with_its_disk_is_not_missing(scanned, is_empty):
    file = scanned.file("a.jpg")
    scanned.read(file)
    (scanned.root_path / "a.jpg").unlink()
    if not is_empty:
        scanned.root_path.rmdir()
    before = scanned.row(file)
    unread(scanned, file, "gone")
    assert scanned.row(file) == before
    assert scanned.problems() == []


@pytest.mark.parametrize("kind", ["denied", "io", "changing", "not_a_file"])
def test_a_file_that_cannot_be_read_is_tried_again_at_every_scan(scanned, kind):
    file = scanned.file("a.jpg")
    unread(scanned, file, kind)
    assert (scanned.row(file)["state"], scanned.row(file)["content_hash"]) == ("unreadable", None)
    assert scanned.problems() == [(file.file_id, "read", kind, "why")]


@pytest.mark.parametrize("kind", ["crash", "timeout", "internal"])
def test_a_file_that_brings_workers_down_waits_until_it_changes(scanned, kind):
    file = scanned.file("a.jpg")
    unread(scanned, file, kind)
    row = scanned.row(file)
    assert (row["state"], row["content_hash"]) == ("unreadable", blake3(b"content").digest())
    assert scanned.problems() == [(file.file_id, "read", kind, "why")]
    [(hashed_ns,)] = rows(scanned.db, "SELECT hashed_ns FROM file")
    assert hashed_ns is not None


@pytest.mark.parametrize("kind", ["crash", "timeout", "internal"])
def test_a_file_that_brings_workers_down_and_goes_is_a_problem_only(scanned, kind):
    file = scanned.file("a.jpg")
    (scanned.root_path / "a.jpg").unlink()
    unread(scanned, file, kind)
    assert (scanned.row(file)["state"], scanned.row(file)["content_hash"]) == ("pending", None)
    assert scanned.problems() == [(file.file_id, "read", kind, "why")]


def test_a_fault_of_ours_is_logged_with_its_traceback(scanned, caplog):
    with caplog.at_level(logging.ERROR, "facedex"):
        unread(scanned, scanned.file("a.jpg"), "denied")
        assert caplog.messages == []
        problem = Problem("read", "internal", "why", "Traceback: 100 %s")
        file = scanned.file("b.jpg")
        scanned.read(file, content=None, image=None, facts=None, faces=None, problem=problem)
    assert caplog.messages == ["Traceback: 100 %s"]


# ---- a photo that is searched again


SUBSETS = [
    chosen for size in range(4) for chosen in itertools.combinations(range(3), size)
]  # of three faces


@pytest.mark.parametrize("named", SUBSETS)
@pytest.mark.parametrize("again", SUBSETS)
def test_a_face_that_is_not_found_again_goes_unless_somebody_spoke_of_it(scanned, named, again):
    file = scanned.file("a.jpg")
    photo_id = scanned.read(file, faces=[found(box) for box in PLACES])
    before = scanned.faces(photo_id)
    for index in named:
        scanned.assign(before[index].face_id)
    seen = [found(shifted(PLACES[index], 0.02), score=0.25) for index in reversed(again)]
    scanned.search(file, photo_id, faces=seen)
    after = {face.face_id: face for face in scanned.faces(photo_id)}
    stay = sorted({*named, *again})
    assert sorted(after) == [before[index].face_id for index in stay]
    for index in stay:
        now = after[before[index].face_id]
        assert now.uuid == before[index].uuid
        assert now.box == (shifted(PLACES[index], 0.02) if index in again else PLACES[index])
        assert scanned.said(now.face_id) == ([("confirmed", "user")] if index in named else [])


@pytest.mark.parametrize(("state", "source"), EVERY_WORD)
def test_whoever_but_a_program_spoke_of_a_face_it_stays(scanned, state, source):
    file = scanned.file("a.jpg")
    photo_id = scanned.read(file, faces=[found(LEFT)])
    [face] = scanned.faces(photo_id)
    scanned.assign(face.face_id, state=state, source=source)
    scanned.search(file, photo_id, faces=[])
    stays = source != "auto"
    assert [one.face_id for one in scanned.faces(photo_id)] == [face.face_id] * stays
    if stays:
        assert scanned.said(face.face_id) == [(state, source)]


@pytest.mark.parametrize("side", [0, 1])
def test_a_face_that_is_not_the_same_as_another_stays_with_that(scanned, side):
    one, other = scanned.file("a.jpg"), scanned.file("b.jpg")
    photo_id = scanned.read(one, faces=[found(LEFT)])
    other_id = scanned.read(other, content=b"b", image=b"b", faces=[found(LEFT)])
    ids = [scanned.faces(each)[0].face_id for each in (photo_id, other_id)]
    pair = ids if side == 0 else ids[::-1]
    with transaction(scanned.db):
        pairs.set_rejected(scanned.db, "faces", *pair, is_rejected=True)
    scanned.search(one, photo_id, faces=[])
    assert pairs.is_rejected(scanned.db, "faces", *ids)


@pytest.mark.parametrize("origin", [*sorted(DRAWN_ORIGINS), "cnn", "hog"])
def test_a_box_that_somebody_drew_stays_where_no_detector_sees_a_face(scanned, origin):
    file = scanned.file("a.jpg")
    photo_id = scanned.read(file, faces=[found(LEFT, origin=origin), found(RIGHT)])
    scanned.search(file, photo_id, faces=[found(RIGHT)])
    assert scanned.boxes(photo_id) == ([LEFT, RIGHT] if origin in DRAWN_ORIGINS else [RIGHT])


def test_a_face_found_again_is_as_it_was_found_last(scanned):
    file = scanned.file("a.jpg")
    photo_id = scanned.read(file, faces=[found(LEFT)])
    [before] = scanned.faces(photo_id)
    scanned.assign(before.face_id)
    moved = shifted(LEFT, 0.05)
    assert 0.4 < iou(LEFT, moved) < 0.7
    again = found(moved, origin="hog", vector=(0, 1, 0, 0), score=0.75, quality=0.25)
    scanned.search(file, photo_id, faces=[again])
    [after] = scanned.faces(photo_id)
    assert (after.face_id, after.uuid, after.box) == (before.face_id, before.uuid, moved)
    shown = rows(scanned.db, "SELECT origin, score, quality FROM face")
    assert shown == [("hog", 0.75, 0.25)]
    vector = stored.find_encoding(scanned.db, after.face_id, MODEL)
    assert np.array_equal(vector, [0, 1, 0, 0])
    assert cache.find_thumbnail(scanned.cache, after.uuid) == again.thumbnail
    assert scanned.said(after.face_id) == [("confirmed", "user")]


@pytest.mark.parametrize("turned_round", [False, True])
def test_of_two_near_faces_each_is_found_where_it_overlaps_most(scanned, turned_round):
    file = scanned.file("a.jpg")
    near = shifted(LEFT, 0.06)
    photo_id = scanned.read(file, faces=[found(LEFT), found(near)])
    first, second = scanned.faces(photo_id)
    again = [found(shifted(LEFT, 0.02)), found(shifted(near, 0.02))]
    scanned.search(file, photo_id, faces=again[::-1] if turned_round else again)
    now = {face.face_id: face.box for face in scanned.faces(photo_id)}
    assert now == {first.face_id: again[0].box, second.face_id: again[1].box}


@pytest.mark.parametrize(("dx", "is_same"), [(0.085, True), (0.086, False)])
def test_a_face_found_again_overlaps_by_two_fifths(scanned, dx, is_same):
    file = scanned.file("a.jpg")
    photo_id = scanned.read(file, faces=[found(LEFT)])
    [before] = scanned.faces(photo_id)
    scanned.search(file, photo_id, faces=[found(shifted(LEFT, dx))])
    [after] = scanned.faces(photo_id)
    assert (after.uuid == before.uuid) is is_same


@pytest.mark.parametrize("origin", [*sorted(DRAWN_ORIGINS), "cnn"])
def test_a_loose_box_that_somebody_drew_is_the_face_found_inside(scanned, origin):
    loose, inside = Box(0.1, 0.1, 0.4, 0.5), Box(0.17, 0.2, 0.34, 0.42)
    assert 0.25 < iou(loose, inside) < 0.4
    file = scanned.file("a.jpg")
    photo_id = scanned.read(file, faces=[found(loose, origin=origin)])
    [before] = scanned.faces(photo_id)
    scanned.search(file, photo_id, faces=[found(inside)])
    [after] = scanned.faces(photo_id)
    assert after.box == inside
    assert (after.uuid == before.uuid) is (origin in DRAWN_ORIGINS)


@pytest.mark.parametrize("options", [{"image": b"another"}, {"facts": None}, {"faces": None}])
def test_a_file_that_changed_since_the_walk_changes_no_face(scanned, options):
    file = scanned.file("a.jpg")
    photo_id = scanned.read(file, faces=[found(LEFT)])
    scanned.search(file, photo_id, **({"faces": [found(RIGHT)]} | options))
    assert scanned.boxes(photo_id) == [LEFT]


@pytest.mark.parametrize(
    ("content", "kind", "faces", "stage"),
    [
        (b"content", "corrupt", None, "analyse"),
        (b"content", "denied", None, "analyse"),
        (None, "crash", None, "analyse"),
        (None, "timeout", None, "analyse"),
        (None, "internal", None, "analyse"),
        (None, "denied", None, "read"),
        (None, "gone", None, "read"),
        (b"content", "corrupt", [], "read"),
    ],
)
def test_a_search_that_failed_is_given_up_where_another_would_fail_too(
    scanned, content, kind, faces, stage
):
    file = scanned.file("a.jpg")
    photo_id = scanned.read(file, faces=None)
    assert photos.count_undone(scanned.db, ENGINE, MODEL) == 1
    problem = Problem("read", kind, "why")
    scanned.search(file, photo_id, content=content, faces=faces, problem=problem)
    assert scanned.problems() == [(file.file_id, stage, kind, "why")]
    is_asked_again = stage == "read" and faces is None
    assert photos.count_undone(scanned.db, ENGINE, MODEL) == is_asked_again
    scanned.search(file, photo_id, faces=[found(LEFT)])
    assert scanned.problems() == []
    assert photos.count_undone(scanned.db, ENGINE, MODEL) == 0


def test_a_photo_searched_twice_in_one_scan_counts_once(scanned):
    file = scanned.file("a.jpg")
    photo_id = scanned.read(file, faces=[found(LEFT), found(RIGHT)])
    scanned.search(file, photo_id, faces=[found(LEFT), found(MIDDLE), found(RIGHT)])
    assert counts(scanned) == {"new": 1, "photos_searched": 1, "faces_found": 3}
    with transaction(scanned.db):  # as if that scan had been long ago
        scanned.db.execute("UPDATE analysis SET at_us = 1")
    scanned.begin()
    scanned.search(file, photo_id, faces=[found(LEFT)])
    assert counts(scanned) == {"photos_searched": 1, "faces_found": 1}
