"""Whose word stands, for every source that names faces, however the photo is turned."""

import itertools

import pytest
from other_programs import KINDS, SOURCE_OF, say, statuses, stored_boxes, take_over, take_over_all
from small_library import MODEL

from facedex.db import people
from facedex.db.connection import rows
from facedex.services.decisions import decide_faces, decide_groups
from facedex.services.decisions.decide_people import merge_people, rename_person
from facedex.services.recognising.match_faces import match_faces
from facedex.types import Box

ADA, COUNTESS, EVE, MIA = "Ada Lovelace", "Countess of Lovelace", "Eve", "Mia"
PHOTO = b"IMG_1.jpg"
TWO_KINDS = list(itertools.combinations(KINDS, 2))  # the one that counts more first
every_kind = pytest.mark.parametrize("kind", KINDS)
every_orientation = pytest.mark.parametrize("orientation", range(1, 9))


def person(small, name):
    found = people.find_by_name(small.db, name)
    assert found is not None
    return found


def name_as(small, kind, face_id, name, photo=PHOTO):
    """Let somebody, the user too, say who a face is."""
    if kind == "user":
        decide_faces.name_faces(small.db, [face_id], name)
        return
    say(small, kind, {photo: [(name, *stored_boxes(small, [face_id]))]})
    take_over(small)


# ---- where a name arrives


@every_kind
@every_orientation
def test_each_region_names_the_face_on_which_it_lies(small, kind, orientation):
    faces = small.photo("ada", "eve", "mia", name=PHOTO, orientation=orientation)
    named = list(zip([ADA, EVE, MIA], stored_boxes(small, faces), strict=True))
    say(small, kind, {PHOTO: named[::-1]})
    assert take_over(small) == {}
    for face_id, name in zip(faces, [ADA, EVE, MIA], strict=True):
        assert small.said(face_id) == [(name, "confirmed", str(SOURCE_OF[kind]))]


@every_kind
def test_two_people_drawn_in_one_place_by_one_document_are_two(small, kind):
    [face] = small.photo("ada", name=PHOTO)
    [box] = stored_boxes(small, [face])
    beside = Box(box.x0 + 0.01, box.y0, box.x1 + 0.01, box.y1)
    say(small, kind, {PHOTO: [(ADA, box), (EVE, beside)]})
    take_over_all(small)
    shown = rows(small.db, "SELECT person_name FROM v1_faces WHERE state = 'confirmed'")
    assert sorted(shown) == [(ADA,), (EVE,)]
    assert small.confirmed(face) == ADA
    assert statuses(small) == [(kind, ADA, "encoded"), (kind, EVE, "unencodable")]


@every_kind
def test_the_same_document_read_again_changes_nothing(small, kind):
    [face] = small.photo("ada", name=PHOTO)
    for _ in range(2):
        name_as(small, kind, face, ADA)
        assert small.said(face) == [(ADA, "confirmed", str(SOURCE_OF[kind]))]
        assert small.names() == [ADA]
    assert rows(small.db, "SELECT count(*) FROM face") == [(1,)]


# ---- of several who name one face


@pytest.mark.parametrize("order", ["first", "last"])
@pytest.mark.parametrize(("trusted", "other"), TWO_KINDS)
def test_the_document_that_is_trusted_more_names_the_face(small, trusted, other, order):
    [face] = small.photo("ada", name=PHOTO)
    [box] = stored_boxes(small, [face])
    said = [(trusted, ADA), (other, EVE)]
    for kind, name in said if order == "first" else said[::-1]:
        say(small, kind, {PHOTO: [(name, box)]})
    take_over(small)
    assert small.said(face) == [(ADA, "confirmed", str(SOURCE_OF[trusted]))]
    assert sorted(statuses(small)) == sorted([(trusted, ADA, "encoded"), (other, EVE, "conflict")])


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize(("trusted", "other"), TWO_KINDS)
def test_what_a_trusted_document_says_later_replaces_what_another_said(
    small, trusted, other, later
):
    [face] = small.photo("ada", name=PHOTO)
    first, second = (other, trusted) if later else (trusted, other)
    names = {trusted: ADA, other: EVE}
    name_as(small, first, face, names[first])
    name_as(small, second, face, names[second])
    assert small.said(face) == [(ADA, "confirmed", str(SOURCE_OF[trusted]))]


@every_kind
@pytest.mark.parametrize("is_later", [False, True])
@pytest.mark.parametrize("decision", ["names", "ignores", "denies"])
def test_the_users_word_stands_whatever_a_document_says(small, kind, decision, is_later):
    [face] = small.photo("ada", name=PHOTO)

    def decide():
        if decision == "names":
            decide_faces.name_faces(small.db, [face], ADA)
        elif decision == "ignores":
            decide_faces.ignore(small.db, [face])
        else:
            decide_faces.name_faces(small.db, [face], EVE)
            decide_faces.reject(small.db, [face])

    def others_say():
        name_as(small, kind, face, EVE)

    for step in (others_say, decide, others_say) if is_later else (decide, others_say):
        step()
    wanted = {
        "names": (ADA, "confirmed", "user"),
        "ignores": (None, "ignored", "user"),
        "denies": (EVE, "rejected", "user"),
    }[decision]
    assert wanted in small.said(face)
    assert small.confirmed(face) == (ADA if decision == "names" else None)


# ---- a person renamed here


@every_kind
@pytest.mark.parametrize("renamed_there", [False, True])
def test_who_was_renamed_here_stays_so_when_a_document_names_them_again(small, kind, renamed_there):
    [face] = small.photo("ada", name=PHOTO)
    name_as(small, kind, face, ADA)
    who = person(small, ADA)
    rename_person(small.db, who, COUNTESS)
    [later] = small.photo("ada", name=b"IMG_2.jpg")
    boxes = stored_boxes(small, [face, later])
    said = {PHOTO: [(ADA, boxes[0])], b"IMG_2.jpg": [(ADA, boxes[1])]}
    if renamed_there and kind in {"ini", "db3"}:
        say(small, kind, said, called={ADA: "Ada King"})
    else:
        say(small, kind, said)
    take_over(small)
    assert small.names() == [COUNTESS]
    assert small.confirmed(face) == small.confirmed(later) == COUNTESS
    assert person(small, COUNTESS) == who


@every_kind
def test_who_was_merged_here_stays_so_when_a_document_names_them_again(small, kind):
    first, second = (small.photo("ada", name=b"IMG_%d.jpg" % n)[0] for n in (1, 2))
    boxes = stored_boxes(small, [first, second])
    said = {PHOTO: [(ADA, boxes[0])], b"IMG_2.jpg": [(COUNTESS, boxes[1])]}
    for _ in range(2):
        say(small, kind, said)
        take_over(small)
        if small.names() != [ADA]:
            merge_people(small.db, person(small, COUNTESS), person(small, ADA))
    assert small.names() == [ADA]
    assert small.confirmed(first) == small.confirmed(second) == ADA


# ---- who a face is not


def reject(small, face, name):
    decide_faces.reject(small.db, [face])


def reject_as(small, face, name):
    decide_groups.reject_as(small.db, [face], person(small, name))


def deny_on_a_page(small, face, name):
    decide_faces.confirm_page(small.db, person(small, name), [], [face])


def split_off(small, face, name):
    decide_groups.split(small.db, [[face]])


WAYS = (reject, reject_as, deny_on_a_page, split_off)


@pytest.mark.parametrize("by", ["user", *KINDS])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("again", WAYS)
def test_every_rejection_is_remembered(small, by, way, again):
    [face] = small.photo("ada", name=PHOTO)
    name_as(small, by, face, ADA)
    way(small, face, ADA)
    assert small.confirmed(face) is None
    name_as(small, by, face, EVE)
    assert small.confirmed(face) == EVE
    again(small, face, EVE)
    denied = [(ADA, "rejected", "user"), (EVE, "rejected", "user")]
    assert sorted(small.said(face)) == denied
    if by != "user":
        for name in (ADA, EVE):
            name_as(small, by, face, name)
            assert sorted(small.said(face)) == denied, "a document does not take a no back"


@pytest.mark.parametrize("way", WAYS)
def test_who_was_rejected_is_never_suggested_again(small, way):
    known = small.album("ada", 3)
    others = small.album("eve", 3)
    decide_faces.name_faces(small.db, known, ADA)
    decide_faces.name_faces(small.db, others, EVE)
    [face] = small.photo("ada", name=PHOTO)
    for name in (ADA, EVE):
        decide_faces.name_faces(small.db, [face], name)
        way(small, face, name)
    match_faces(small.db, MODEL)
    assert small.suggested(face) is None
    assert sorted(small.said(face)) == [(ADA, "rejected", "user"), (EVE, "rejected", "user")]


@pytest.mark.parametrize("by", ["user", *KINDS])
def test_naming_otherwise_denies_who_it_was_and_keeps_all_denials(small, by):
    [face] = small.photo("ada", name=PHOTO)
    decide_faces.name_faces(small.db, [face], MIA)
    decide_faces.reject(small.db, [face])
    name_as(small, by, face, ADA)
    decide_faces.name_faces(small.db, [face], EVE)
    assert sorted(small.said(face)) == [
        (ADA, "rejected", "user"),
        (EVE, "confirmed", "user"),
        (MIA, "rejected", "user"),
    ]


@pytest.mark.parametrize("by", ["user", *KINDS])
def test_putting_aside_keeps_all_denials(small, by):
    [face] = small.photo("ada", name=PHOTO)
    decide_faces.name_faces(small.db, [face], MIA)
    decide_faces.reject(small.db, [face])
    name_as(small, by, face, ADA)
    decide_faces.ignore(small.db, [face])
    assert small.said(face) == [(MIA, "rejected", "user"), (None, "ignored", "user")]


@every_kind
@pytest.mark.parametrize("into_denied", [False, True])
def test_in_a_merge_the_users_no_beats_another_programs_yes(small, kind, into_denied):
    [face, more] = small.photo("ada", "eve", name=PHOTO)
    boxes = stored_boxes(small, [face, more])
    decide_faces.name_faces(small.db, [face], ADA)
    decide_faces.reject(small.db, [face])
    say(small, kind, {PHOTO: [(EVE, boxes[0])]})
    take_over(small)
    assert set(small.said(face)) == {
        (ADA, "rejected", "user"),
        (EVE, "confirmed", str(SOURCE_OF[kind])),
    }
    old, new = (EVE, ADA) if into_denied else (ADA, EVE)
    merge_people(small.db, person(small, old), person(small, new))
    assert small.said(face) == [(new, "rejected", "user")]
    take_over(small)
    assert small.said(face) == [(new, "rejected", "user")]


@every_kind
@pytest.mark.parametrize("into_named", [False, True])
def test_in_a_merge_the_users_yes_beats_the_users_no(small, kind, into_named):
    [face] = small.photo("ada", name=PHOTO)
    name_as(small, kind, face, EVE)
    decide_faces.name_faces(small.db, [face], ADA)  # and so not Eve
    old, new = (EVE, ADA) if into_named else (ADA, EVE)
    merge_people(small.db, person(small, old), person(small, new))
    assert small.said(face) == [(new, "confirmed", "user")]
