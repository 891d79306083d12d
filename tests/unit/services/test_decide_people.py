import pytest
from small_library import MODEL
from views import v1_views

from facedex.db import faces, pairs, people
from facedex.db.connection import transaction
from facedex.errors import UsageError
from facedex.services.decisions import decide_faces
from facedex.services.decisions.decide_groups import reject_pair_of_people
from facedex.services.decisions.decide_people import (
    merge_people,
    preview_merge,
    rename_person,
    set_dates,
)
from facedex.services.names_in.named_faces import name_face
from facedex.services.recognising.match_faces import match_faces
from facedex.types import Assignment, FaceState, Source

ADA, COUNTESS, EVE = "Ada Lovelace", "Countess", "Eve"


def person(small, name):
    found = people.find_by_name(small.db, name)
    assert found is not None
    return found


@pytest.fixture
def two(small):
    """Ada under two names: (faces as Ada, faces as Countess)."""
    one, other = small.album("ada", 3), small.album("ada", 4)
    decide_faces.name_faces(small.db, one, ADA)
    decide_faces.name_faces(small.db, other, COUNTESS)
    return one, other


def merge(small, name, into):
    return merge_people(small.db, person(small, name), person(small, into))


# ---- merging


def test_merging_gives_all_faces_to_one_person(small, two):
    one, other = two
    assert list(merge(small, COUNTESS, ADA).faces) == other
    assert {small.confirmed(face) for face in one + other} == {ADA}
    assert small.names() == [ADA]


def test_name_of_the_merged_person_still_finds_them(small, two):
    merge(small, COUNTESS, ADA)
    [a] = small.album("ada", 1)
    assert list(decide_faces.name_faces(small.db, [a], "countess").faces) == [a]
    assert small.confirmed(a) == ADA
    assert people.aliases(small.db, person(small, ADA)) == [COUNTESS]


def test_clusters_stay_apart_so_that_both_looks_are_known(small, two):
    one, other = two
    before = {small.cluster(one[0]), small.cluster(other[0])}
    merge(small, COUNTESS, ADA)
    assert {small.cluster(face) for face in one + other} == before
    assert set(people.clusters_of(small.db, person(small, ADA))) == before


def test_picasa_contacts_move_along(small, two):
    with transaction(small.db):
        people.set_contact(small.db, "a" * 16, person(small, COUNTESS), COUNTESS)
    merge(small, COUNTESS, ADA)
    assert people.find_contact(small.db, "a" * 16) == person(small, ADA)
    decide_faces.undo(small.db)
    assert people.find_contact(small.db, "a" * 16) == person(small, COUNTESS)


@pytest.mark.parametrize(
    ("of_one", "of_other", "left"),
    [
        ("confirmed", "rejected", "confirmed"),
        ("rejected", "confirmed", "confirmed"),
        ("suggested", "rejected", "rejected"),
        ("suggested", "suggested", "suggested"),
        ("rejected", "rejected", "rejected"),
    ],
)
def test_of_two_things_said_of_a_face_the_stronger_stays(small, two, of_one, of_other, left):
    [face] = small.photo("ada")
    one, other = person(small, COUNTESS), person(small, ADA)

    def said(person_id, state):
        source = Source.AUTO if state == "suggested" else Source.USER
        return Assignment(person_id, FaceState(state), source, 0.2)

    with transaction(small.db):
        faces.set_assignments(small.db, face, [said(one, of_one), said(other, of_other)])
    merge(small, COUNTESS, ADA)
    assert [(name, state) for name, state, _source in small.said(face)] == [(ADA, left)]


def test_merged_the_users_no_beats_picasas_yes_and_the_face_leaves_the_persons_group(small, two):
    [face] = small.photo("ada")
    one, other = person(small, COUNTESS), person(small, ADA)
    with transaction(small.db):
        faces.set_assignments(small.db, face, [Assignment(one, FaceState.REJECTED, Source.USER)])
        assert name_face(small.db, face, other, Source.PICASA)
    before = v1_views(small.db)
    assert face in merge(small, COUNTESS, ADA).faces
    assert small.said(face) == [(ADA, "rejected", "user")]
    assert small.cluster(face) is None
    decide_faces.undo(small.db)
    assert v1_views(small.db) == before


def test_dates_fill_what_the_other_did_not_know(small, two):
    set_dates(small.db, person(small, COUNTESS), born="1815-12-10", died="1852")
    set_dates(small.db, person(small, ADA), died="1852-11-27")
    merge(small, COUNTESS, ADA)
    ada = people.get_person(small.db, person(small, ADA))
    assert (ada.born, ada.died) == ("1815-12-10", "1852-11-27")


def test_named_person_merged_into_a_picasa_id_keeps_the_name(small, two):
    with transaction(small.db):
        unnamed = people.add_person(small.db, "Picasa 1234", is_placeholder=True)
        people.set_contact(small.db, "b" * 16, unnamed, "?")
    merge_people(small.db, person(small, ADA), unnamed)
    found = people.get_person(small.db, unnamed)
    assert (found.name, found.is_placeholder) == (ADA, False)
    assert people.aliases(small.db, unnamed) == []


def test_undone_merge_leaves_no_trace_and_redone_is_the_same(small, two):
    with transaction(small.db):
        people.set_contact(small.db, "a" * 16, person(small, COUNTESS), COUNTESS)
    [odd] = small.photo("ada")
    match_faces(small.db, MODEL)
    assert small.suggested(odd)
    decide_faces.name_faces(small.db, small.album("eve", 2), EVE)
    reject_pair_of_people(small.db, person(small, COUNTESS), person(small, EVE))
    reject_pair_of_people(small.db, person(small, COUNTESS), person(small, ADA))
    before = v1_views(small.db)
    merge(small, COUNTESS, ADA)
    after = v1_views(small.db)
    assert after != before
    assert (
        decide_faces.undo(small.db).summary
        == f"Undone: Merged {COUNTESS}, {len(two[1]) + 1} faces, into {ADA}"
    )
    assert v1_views(small.db) == before
    decide_faces.redo(small.db)
    assert v1_views(small.db) == after


def test_who_is_not_the_one_is_not_the_other_either(small, two):
    decide_faces.name_faces(small.db, small.album("eve", 2), EVE)
    reject_pair_of_people(small.db, person(small, EVE), person(small, COUNTESS))
    merge(small, COUNTESS, ADA)
    [pair] = pairs.list_rejected(small.db)
    assert {pair.a, pair.b} == {person(small, ADA), person(small, EVE)}


def test_number_of_a_merged_person_is_not_given_to_somebody_else(small, two):
    number = person(small, COUNTESS)
    merge(small, COUNTESS, ADA)
    decide_faces.name_faces(small.db, small.album("eve", 1), EVE)
    assert person(small, EVE) != number


def test_preview_counts_faces_and_photos_that_show_both(small, two):
    a, b = small.photo("ada", "ada")
    decide_faces.name_faces(small.db, [a], ADA)
    decide_faces.name_faces(small.db, [b], COUNTESS)
    preview = preview_merge(small.db, person(small, COUNTESS), person(small, ADA))
    assert (preview.name, preview.into_name) == (COUNTESS, ADA)
    assert (preview.n_faces, preview.n_together) == (5, 1)


def test_a_person_cannot_be_merged_with_themselves_or_with_nobody(small, two):
    before = v1_views(small.db)
    with pytest.raises(UsageError, match="themselves"):
        merge(small, ADA, ADA)
    with pytest.raises(UsageError, match="not there"):
        merge_people(small.db, person(small, ADA), 999)
    assert v1_views(small.db) == before


def test_suggestions_after_a_merge_are_for_the_one_that_is_left(small, two):
    merge(small, COUNTESS, ADA)
    [a] = small.photo("ada")
    match_faces(small.db, MODEL)
    assert small.suggested(a) == ADA


# ---- renaming


def test_renaming_keeps_faces_and_number(small, two):
    number = person(small, ADA)
    assert rename_person(small.db, number, " Ada\tKing ")
    assert people.get_person(small.db, number).name == "Ada King"
    assert {small.confirmed(face) for face in two[0]} == {"Ada King"}
    assert people.find_by_name(small.db, ADA) is None
    assert decide_faces.undo(small.db).summary == f"Undone: Renamed {ADA} to Ada King"
    assert people.find_by_name(small.db, ADA) == number


def test_changing_case_is_renaming_and_the_same_name_is_nothing(small, two):
    assert rename_person(small.db, person(small, ADA), "ADA LOVELACE")
    assert small.names()[0] == "ADA LOVELACE"
    assert not rename_person(small.db, person(small, ADA), "ADA LOVELACE")


@pytest.mark.parametrize("name", [COUNTESS, "countess ", "", "\x00"])
def test_names_of_others_and_no_names_are_refused(small, two, name):
    before = v1_views(small.db)
    with pytest.raises(UsageError):
        rename_person(small.db, person(small, ADA), name)
    assert v1_views(small.db) == before


def test_alias_can_become_the_name(small, two):
    merge(small, COUNTESS, ADA)
    number = person(small, ADA)
    rename_person(small.db, number, COUNTESS)
    assert people.get_person(small.db, number).name == COUNTESS
    assert people.aliases(small.db, number) == []


def test_picasa_id_gets_a_name_and_loses_it_again_by_undo(small):
    with transaction(small.db):
        unnamed = people.add_person(small.db, "Picasa 1234", is_placeholder=True)
    rename_person(small.db, unnamed, ADA)
    assert not people.get_person(small.db, unnamed).is_placeholder
    decide_faces.undo(small.db)
    assert people.get_person(small.db, unnamed).is_placeholder


# ---- dates


@pytest.mark.parametrize("date", ["1815", "1815-12", "1815-12-10", "1952-02-29"])
def test_dates_may_be_years_months_or_days(small, two, date):
    number = person(small, ADA)
    assert set_dates(small.db, number, born=date)
    assert people.get_person(small.db, number).born == date
    assert not set_dates(small.db, number, born=date)
    decide_faces.undo(small.db)
    assert people.get_person(small.db, number).born is None


@pytest.mark.parametrize(
    "date", ["15", "1815-13", "1815-1-2", "1815-02-30", "1951-02-29", "0000", "soon", "1815-12-10T"]
)
def test_what_is_no_date_is_refused(small, two, date):
    with pytest.raises(UsageError, match="is not a date"):
        set_dates(small.db, person(small, ADA), born=date)


def test_nobody_dies_before_being_born_and_dates_can_be_taken_away(small, two):
    number = person(small, ADA)
    with pytest.raises(UsageError, match="before"):
        set_dates(small.db, number, born="1815-12-10", died="1815-11")
    set_dates(small.db, number, born="1815-12-10", died="1815")
    set_dates(small.db, number, born="")
    ada = people.get_person(small.db, number)
    assert (ada.born, ada.died) == (None, "1815")
