"""Confirming every suggestion that is sure, as one decision."""

import pytest
from small_library import MODEL

from facedex.db import decisions, faces, matching
from facedex.db.connection import transaction
from facedex.errors import UsageError
from facedex.services.decisions import decide_faces
from facedex.services.decisions.decide_sure import SHOWN, confirm_sure, count_sure
from facedex.services.names_in.link_companions import link_companions
from facedex.services.recognising.match_faces import match_faces
from facedex.types import Assignment, FaceState, Source

ADA, EVE = "Ada Lovelace", "Eve"


@pytest.fixture
def guessed(small):
    """Return two people's faces with suggestions of 0.9 to 1: (Ada's, Eve's)."""
    known = [decide_faces.name_faces(small.db, small.album(who, 1), who) for who in (ADA, EVE)]
    ada, eve = (decided.people[0] for decided in known)
    open_faces = small.album(ADA, 6), small.album(EVE, 3)
    said = [(face, ada, 0.2, 0.999 - 0.02 * n) for n, face in enumerate(open_faces[0])]
    said += [(face, eve, 0.2, 0.996) for face in open_faces[1]]
    with transaction(small.db):
        matching.replace_suggestions(small.db, [], said)
    return open_faces


def named(small, found):
    return [small.confirmed(face) for face in found]


def test_those_that_are_sure_are_confirmed_and_no_others(small, guessed):
    ada, eve = guessed
    assert sorted(confirm_sure(small.db, 0.97).faces) == sorted([*ada[:2], *eve])
    assert named(small, ada) == [ADA] * 2 + [None] * 4
    assert named(small, eve) == [EVE] * 3
    assert [small.suggested(face) for face in ada[2:]] == [ADA] * 4


def test_count_says_what_would_be_confirmed_the_least_sure_first(small, guessed):
    ada, eve = guessed
    sure = count_sure(small.db, 0.95)
    assert (sure.least, sure.n_faces, sure.n_people) == (0.95, 6, 2)
    assert sure.n_wrong == pytest.approx(0.001 + 0.021 + 0.041 + 3 * 0.004)
    assert sure.least_sure == (ada[2], ada[1], *eve, ada[0])


def test_only_some_people(small, guessed):
    ada, eve = guessed
    [person] = {a.person_id for a in faces.assignments(small.db, eve[0])}
    assert count_sure(small.db, 0.9, [person]).n_faces == 3
    assert list(confirm_sure(small.db, 0.9, [person]).faces) == eve
    assert named(small, ada) == [None] * 6
    assert count_sure(small.db, 0.9, []).n_faces == 0
    assert not confirm_sure(small.db, 0.9, [])


def test_wrong_ones_are_rejected_and_never_suggested_again(small, guessed):
    ada, _eve = guessed
    confirm_sure(small.db, 0.995, wrong={ada[0]})
    assert small.settled(ada[0]) == [(ADA, "rejected", "user")]
    match_faces(small.db, MODEL)
    assert small.suggested(ada[0]) is None


def test_it_is_one_decision_that_one_undo_takes_back(small, guessed):
    ada, eve = guessed
    before = [small.said(face) for face in ada + eve]
    confirm_sure(small.db, 0.995, wrong={eve[0]})
    done, _undone = decisions.undo_stacks(small.db)
    last = decisions.get_decision(small.db, done[-1])
    assert last.summary == "Confirmed 3 faces and rejected 1, at least 99.5 % sure"
    after = [small.said(face) for face in ada + eve]
    decide_faces.undo(small.db)
    assert [small.said(face) for face in ada + eve] == before
    decide_faces.redo(small.db)
    assert [small.said(face) for face in ada + eve] == after


def test_what_was_not_counted_is_not_confirmed(small, guessed):
    counted = count_sure(small.db, 0.97)
    decide_faces.reject(small.db, [guessed[0][0]])
    with pytest.raises(UsageError, match="other suggestions are sure by now"):
        confirm_sure(small.db, 0.97, counted=counted)
    assert named(small, guessed[1]) == [None] * 3
    counted = count_sure(small.db, 0.97)
    assert len(confirm_sure(small.db, 0.97, counted=counted).faces) == counted.n_faces == 4


def test_nothing_sure_is_no_decision(small, guessed):
    before = decisions.undo_stacks(small.db)
    assert not confirm_sure(small.db, 0.9999)
    assert decisions.undo_stacks(small.db) == before


def test_guesses_without_a_probability_are_left_alone(small, guessed):
    [face] = small.album(ADA, 1)
    [person] = {a.person_id for a in faces.assignments(small.db, guessed[0][0])}
    guess = Assignment(person, FaceState.SUGGESTED, Source.AUTO)
    with transaction(small.db):
        faces.set_assignments(small.db, face, [guess])
    confirm_sure(small.db, 0.5)
    assert small.confirmed(face) is None


def test_a_face_that_a_raw_shows_too_counts_once_and_both_get_the_name(small):
    decide_faces.name_faces(small.db, small.album("ada", 3), ADA)
    [jpeg] = small.photo("ada", name=b"A/IMG_9.JPG", taken_s=9)
    [raw] = small.photo("ada", name=b"A/IMG_9.CR2", taken_s=9)
    link_companions(small.db, MODEL, lambda: False)
    match_faces(small.db, MODEL)
    assert count_sure(small.db, 0.5).n_faces == 1
    assert list(confirm_sure(small.db, 0.5).faces) == [jpeg]
    assert named(small, [jpeg, raw]) == [ADA, ADA]


def test_no_more_are_shown_than_can_be_looked_at(small):
    decide_faces.name_faces(small.db, small.album("ada", 3), ADA)
    small.album("ada", SHOWN + 5)
    match_faces(small.db, MODEL)
    sure = count_sure(small.db, 0.5)
    assert sure.n_faces == SHOWN + 5
    assert len(sure.least_sure) == SHOWN
