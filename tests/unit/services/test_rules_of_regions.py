"""What becomes of a region in which no face is found, and of what is known of who a region
means."""

import pytest
from other_programs import (
    KINDS,
    contact_id,
    say,
    statuses,
    stored_boxes,
    take_over,
    take_over_all,
)
from small_library import ENGINE, MODEL

from facedex.db import faces, people, regions, sources
from facedex.db.connection import rows, transaction
from facedex.services.decisions import decide_faces
from facedex.types import Box

ADA, EVE = "Ada Lovelace", "Eve"
PHOTO = b"IMG_1.jpg"
AWAY = Box(0.9, 0.7, 0.97, 0.85)  # where no face is


def boxes_of_regions(small):
    return rows(small.db, "SELECT status, frame FROM region ORDER BY id")


@pytest.mark.parametrize("kind", KINDS)
def test_a_region_beside_every_face_becomes_a_face_of_its_own(small, kind):
    [face] = small.photo("ada", name=PHOTO)
    say(small, kind, {PHOTO: [(ADA, AWAY)]})
    take_over_all(small)
    assert small.said(face) == []
    assert statuses(small) == [(kind, ADA, "unencodable")]
    [(origin,)] = rows(small.db, "SELECT origin FROM face WHERE id != ?", (face,))
    assert origin == {"ini": "picasa", "db3": "picasa"}.get(kind, kind)
    [(_status, frame)] = boxes_of_regions(small)
    assert frame


@pytest.mark.parametrize("kind", KINDS)
def test_read_again_a_region_has_the_face_that_was_made_for_it(small, kind):
    small.photo("ada", name=PHOTO)
    for _ in range(2):
        say(small, kind, {PHOTO: [(ADA, AWAY)]})
        take_over_all(small)
        assert rows(small.db, "SELECT count(*) FROM face") == [(2,)]


@pytest.mark.parametrize("first", KINDS)
@pytest.mark.parametrize("second", KINDS)
def test_two_documents_that_draw_one_person_in_one_place_make_one_face(small, first, second):
    small.photo("ada", name=PHOTO)
    say(small, first, {PHOTO: [(ADA, AWAY)]})
    say(small, second, {PHOTO: [(ADA, AWAY)]})
    take_over_all(small)
    assert rows(small.db, "SELECT count(*) FROM face") == [(2,)]
    assert {status for _kind, _name, status in statuses(small)} == {"unencodable"}


def test_a_region_of_an_export_in_which_no_face_is_found_makes_none(small):
    """Picasa's export may write rectangles of another size."""
    [face] = small.photo("ada", name=PHOTO)
    say(small, "ini", {PHOTO: [(ADA, AWAY), (EVE, *stored_boxes(small, [face]))]})
    with transaction(small.db):
        small.db.execute("UPDATE source SET details = json_set(details, '$.is_export', 1)")
    take_over_all(small)
    assert rows(small.db, "SELECT count(*) FROM face") == [(1,)]
    assert statuses(small) == [("ini", ADA, "unplaced"), ("ini", EVE, "encoded")]
    assert small.confirmed(face) == EVE
    assert all(frame for _status, frame in boxes_of_regions(small))


def ignored(small, box):
    """Let digiKam put aside what is there."""
    say(small, "digikam", {PHOTO: [(ADA, box)]})
    with transaction(small.db):
        small.db.execute("UPDATE region SET said = 'ignored', name = ''")


@pytest.mark.parametrize("is_on_face", [False, True])
def test_what_was_put_aside_elsewhere_is_aside_where_it_is_a_face(small, is_on_face):
    [face] = small.photo("ada", name=PHOTO)
    ignored(small, stored_boxes(small, [face])[0] if is_on_face else AWAY)
    take_over_all(small)
    assert rows(small.db, "SELECT count(*) FROM face") == [(1,)]
    assert rows(small.db, "SELECT status FROM region") == [("ignored",)]
    assert small.said(face) == ([(None, "ignored", "digikam")] if is_on_face else [])
    assert all(frame for _status, frame in boxes_of_regions(small))


@pytest.mark.parametrize("kind", ["user", "ini", "xmp"])
def test_what_was_put_aside_elsewhere_and_named_here_is_a_contradiction(small, kind):
    [face] = small.photo("ada", name=PHOTO)
    [box] = stored_boxes(small, [face])
    if kind == "user":
        decide_faces.name_faces(small.db, [face], EVE)
    else:
        say(small, kind, {PHOTO: [(EVE, box)]})
        take_over(small)
    before = small.said(face)
    ignored_box = Box(box.x0 + 0.01, box.y0, box.x1, box.y1)
    say(small, "digikam", {PHOTO: [(ADA, ignored_box)]})
    with transaction(small.db):
        small.db.execute("UPDATE region SET said = 'ignored', name = '' WHERE name = ?", (ADA,))
    take_over(small)
    if kind != "xmp":  # which counts less than digiKam
        assert small.said(face) == before
        assert ("digikam", "", "conflict") in statuses(small)


@pytest.mark.parametrize("said", ["unnamed", "suggested"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_names_nobody_names_nobody(small, kind, said):
    [face] = small.photo("ada", name=PHOTO)
    say(small, kind, {PHOTO: [(ADA, *stored_boxes(small, [face]))]})
    with transaction(small.db):
        small.db.execute("UPDATE region SET said = ?", (said,))
    take_over_all(small)
    assert small.said(face) == []
    assert small.names() == []
    assert rows(small.db, "SELECT status FROM region") == [(said,)]


@pytest.mark.parametrize("kind", ["ini", "db3"])
def test_a_contact_whose_name_is_learned_later_is_that_person(small, kind):
    """Until then somebody without a name stands for the contact."""
    [face] = small.photo("ada", name=PHOTO)
    [box] = stored_boxes(small, [face])
    say(small, kind, {PHOTO: [(ADA, box)]})
    with transaction(small.db):
        small.db.execute("UPDATE source SET contacts = '{}'")
    take_over(small)
    [unknown] = people.list_people(small.db)
    assert people.get_person(small.db, unknown.person_id).is_placeholder
    say(small, kind, {PHOTO: [(ADA, box)]})
    take_over(small)
    assert small.confirmed(face) == ADA
    assert small.names() == [ADA]
    assert people.find_contact(small.db, contact_id(ADA)) == unknown.person_id
    assert people.contacts_of(small.db, unknown.person_id) == {contact_id(ADA): ADA}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_document_says_no_more_is_withdrawn_and_its_name_stays(small, kind):
    [face] = small.photo("ada", name=PHOTO)
    say(small, kind, {PHOTO: [(ADA, *stored_boxes(small, [face]))]})
    take_over(small)
    before = small.said(face)
    say(small, kind, {PHOTO: []})
    take_over(small)
    assert small.said(face) == before
    assert rows(small.db, "SELECT status FROM region") == [("withdrawn",)]
    assert regions.list_regions(small.db) == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "xmp"])
def test_of_a_photo_that_is_not_there_a_region_waits(small, kind):
    [face] = small.photo("ada", name=PHOTO)
    [box] = stored_boxes(small, [face])
    said = {PHOTO: [(ADA, box)]}
    say(small, kind, said)
    with transaction(small.db):
        small.db.execute("UPDATE region SET photo_name = replace(photo_name, 'IMG_1', 'IMG_2')")
    take_over(small)
    assert rows(small.db, "SELECT status FROM region") == [("orphaned",)]
    assert small.said(face) == []
    [later] = small.photo("ada", name=b"IMG_2.jpg")
    take_over(small)
    assert small.confirmed(later) == ADA
    assert statuses(small) == [(kind, ADA, "encoded")]


def test_a_face_made_for_a_region_has_all_that_was_found_of_it(small):
    from other_programs import BlindPool

    from facedex.pipeline.messages import EncodeResult, FoundFace

    small.photo("ada", name=PHOTO)
    say(small, "ini", {PHOTO: [(ADA, AWAY)]})
    encoding = small.encoding("ada")
    landmarks = encoding[:10].reshape(5, 2)

    class Pool(BlindPool):
        def run(self, tasks, ask, on_death, should_stop):
            for task in tasks:
                found = [
                    FoundFace(box, "picasa", None, landmarks, encoding, b"jpeg", 0.75)
                    for box in task.job.boxes
                ]
                yield task, EncodeResult(tuple(found), (b"jpeg",) * len(found))

    take_over_all(small, Pool())
    [(face_id, quality, engine, has_landmarks)] = rows(
        small.db,
        "SELECT id, quality, engine, landmarks IS NOT NULL FROM face WHERE origin = 'picasa'",
    )
    assert (quality, engine, has_landmarks) == (0.75, ENGINE, 1)
    assert faces.find_encoding(small.db, face_id, MODEL).tolist() == encoding.tolist()
    assert statuses(small) == [("ini", ADA, "encoded")]
    assert sources.list_sources(small.db, "ini")
