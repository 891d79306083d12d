"""Undo gives names back to faces that other programs named, and to what their documents mean."""

import pytest
from other_programs import KINDS, SOURCE_OF, say, statuses, stored_boxes, take_over

from facedex.db import people
from facedex.services.decisions import decide_faces
from facedex.services.decisions.decide_people import merge_people

ADA, EVE = "Ada Lovelace", "Eve"
PHOTO, NEXT = b"IMG_1.jpg", b"IMG_2.jpg"
every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def two(small, kind):
    """Ada and Eve on a photo each, as a document says."""
    faces = [small.photo(who, name=name)[0] for who, name in (("ada", PHOTO), ("eve", NEXT))]
    one, other = stored_boxes(small, faces)
    say(small, kind, {PHOTO: [(ADA, one)], NEXT: [(EVE, other)]})
    take_over(small)
    return faces


def named(small, faces):
    return [small.said(face_id) for face_id in faces]


@every_kind
@pytest.mark.parametrize("is_read_between", [False, True])
def test_a_merge_that_is_undone_gives_each_their_faces_and_regions_back(
    small, kind, two, is_read_between
):
    before = named(small, two), statuses(small)
    ids = [people.find_by_name(small.db, name) for name in (ADA, EVE)]
    merge_people(small.db, *ids)
    assert {name for _kind, name, _status in statuses(small)} == {EVE}
    if is_read_between:
        take_over(small)
        assert [small.confirmed(face_id) for face_id in two] == [EVE, EVE]
    decide_faces.undo(small.db)
    assert named(small, two) == before[0]
    take_over(small)
    assert (named(small, two), statuses(small)) == before
    assert [people.find_by_name(small.db, name) for name in (ADA, EVE)] == ids


@every_kind
@pytest.mark.parametrize(
    "decide",
    [
        lambda db, face: decide_faces.name_faces(db, [face], "Mia"),
        lambda db, face: decide_faces.ignore(db, [face]),
        lambda db, face: decide_faces.reject(db, [face]),
    ],
    ids=["named", "ignored", "rejected"],
)
@pytest.mark.parametrize("is_read_between", [False, True])
def test_a_decision_that_is_undone_gives_the_documents_name_back(
    small, kind, two, decide, is_read_between
):
    before, placed = named(small, two), small.cluster(two[0])
    decide(small.db, two[0])
    assert small.confirmed(two[0]) != ADA
    if is_read_between:
        take_over(small)
    decide_faces.undo(small.db)
    take_over(small)
    assert named(small, two) == before
    assert small.said(two[0]) == [(ADA, "confirmed", str(SOURCE_OF[kind]))]
    assert small.cluster(two[0]) == placed
    assert statuses(small) == [(kind, ADA, "encoded"), (kind, EVE, "encoded")]


@every_kind
def test_what_a_document_says_after_a_decision_stays_when_that_is_undone(small, kind):
    [face] = small.photo("ada", name=PHOTO)
    decide_faces.name_faces(small.db, [face], EVE)
    decide_faces.reject(small.db, [face])
    decide_faces.undo(small.db)
    decide_faces.undo(small.db)
    decide_faces.reject(small.db, [face])  # nobody: nothing to reject
    say(small, kind, {PHOTO: [(ADA, *stored_boxes(small, [face]))]})
    take_over(small)
    assert small.said(face) == [(ADA, "confirmed", str(SOURCE_OF[kind]))]
    decide_faces.redo(small.db)
    assert small.confirmed(face) == EVE, "what the user named"
    decide_faces.undo(small.db)
    take_over(small)
    assert small.confirmed(face) == ADA
