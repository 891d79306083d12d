"""What a decision tells that it changed."""

import pytest

from facedex.db import people
from facedex.db.connection import transaction
from facedex.services.decisions import decide_faces, decide_groups, decide_people
from facedex.services.decisions.decided import NOTHING, Decided

ADA, BOB = "Ada Lovelace", "Bob"


def person(small, name):
    return people.find_by_name(small.db, name)


def grouped(small, face_ids):
    with transaction(small.db):
        group = people.add_cluster(small.db)
        for face_id in face_ids:
            small.db.execute("UPDATE face SET cluster_id = ? WHERE id = ?", (group, face_id))
    return group


def test_a_naming_tells_the_faces_who_it_was_and_is_and_the_groups(small):
    found = small.album("ada", 3)
    group = grouped(small, found)
    decided = decide_faces.name_faces(small.db, found[:2], ADA)
    ada = person(small, ADA)
    assert decided == Decided(
        f"Named 2 faces {ADA}", tuple(found[:2]), (ada,), (group, small.cluster(found[0]))
    )
    other = decide_faces.name_faces(small.db, found[:1], BOB)
    assert set(other.people) == {ada, person(small, BOB)}


def test_what_changes_nothing_tells_nothing(small):
    [face] = small.photo("ada")
    decide_faces.name_faces(small.db, [face], ADA)
    assert not decide_faces.name_faces(small.db, [face], ADA)
    assert decide_faces.name_faces(small.db, [face], ADA) == NOTHING
    assert decide_faces.redo(small.db) == NOTHING


def test_a_merge_names_the_one_who_is_gone_too(small):
    for name in (ADA, BOB):
        decide_faces.name_faces(small.db, small.album(name, 2), name)
    ada, bob = person(small, ADA), person(small, BOB)
    merged = decide_people.merge_people(small.db, bob, ada)
    assert set(merged.people) == {ada, bob}
    undone = decide_faces.undo(small.db)
    assert (undone.summary, set(undone.people)) == (f"Undone: {merged.summary}", {ada, bob})
    assert set(undone.faces) == set(merged.faces)


@pytest.mark.parametrize("how", ["rename", "dates", "not the same"])
def test_what_concerns_no_face_is_a_decision_too(small, how):
    for name in (ADA, BOB):
        decide_faces.name_faces(small.db, small.album(name, 2), name)
    ada, bob = person(small, ADA), person(small, BOB)
    decided = {
        "rename": lambda: decide_people.rename_person(small.db, ada, "Ada King"),
        "dates": lambda: decide_people.set_dates(small.db, ada, born="1815"),
        "not the same": lambda: decide_groups.reject_pair_of_people(small.db, ada, bob),
    }[how]()
    assert decided
    assert decided.faces == ()
    assert ada in decided.people


def test_undo_and_redo_tell_the_same_things(small):
    found = small.album("ada", 3)
    grouped(small, found)
    done = decide_faces.name_faces(small.db, found, ADA)
    undone, redone = decide_faces.undo(small.db), decide_faces.redo(small.db)
    for each in (undone, redone):
        assert (set(each.faces), set(each.people), set(each.groups)) == (
            set(done.faces), set(done.people), set(done.groups)
        )  # fmt: skip
    assert (undone.summary, redone.summary) == (
        f"Undone: {done.summary}",
        f"Redone: {done.summary}",
    )


def test_a_split_says_whose_faces_leave(small):
    found = small.album("ada", 4)
    decide_faces.name_faces(small.db, found, ADA)
    decided = decide_groups.split(small.db, [found[:2]])
    assert decided.summary == f"Split 2 faces off {ADA}"
    assert small.cluster(found[0]) in decided.groups


def test_several_decisions_joined_name_each_thing_once():
    one = Decided("Named 1 face Ada", (1, 2), (7,), (4,))
    assert one.joined(Decided("Ignored 1 face", (2, 3), (7, 8))) == Decided(
        "Ignored 1 face", (1, 2, 3), (7, 8), (4,)
    )
    assert one.joined(NOTHING) == one
