"""Confirming all sure suggestions by command."""

import json

import pytest

from facedex.services.decisions import decide_faces

ADA, EVE = "Ada Lovelace", "Eve"


@pytest.fixture
def known(small):
    """Two people with three named faces each, and five and two that look like theirs."""
    for who, n in ((ADA, 5), (EVE, 2)):
        decide_faces.name_faces(small.db, small.album(who, 3), who)
        small.album(who, n)
    return small


def confirmed(facedex):
    return [row["n_confirmed"] for row in json.loads(facedex("people", "--json").out)]


def test_without_yes_it_only_tells(facedex, known):
    outcome = facedex("confirm", "--least", "90")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("7 faces of 2 people: suggestions that are at least 90 % sure.\n")
    assert "the same with --yes" in outcome.out
    assert confirmed(facedex) == [3, 3]


def test_yes_confirms_and_undo_takes_it_back(facedex, known):
    outcome = facedex("confirm", "--least", "90", "--yes")
    assert (
        "Confirmed       7; facedex undo takes it back\nSuggestions     0 are left" in outcome.out
    )
    assert confirmed(facedex) == [8, 5]
    assert facedex("undo").out == "Undone: Confirmed 7 faces, at least 90 % sure\n"
    assert confirmed(facedex) == [3, 3]


def test_one_person_and_json(facedex, known):
    said = json.loads(facedex("confirm", "--least", "90", "--person", "eve", "--yes", "--json").out)
    assert (said["n_faces"], said["n_people"], said["n_confirmed"]) == (2, 1, 2)
    assert said["n_suggested"] == 5
    assert confirmed(facedex) == [3, 5]


def test_status_tells_how_many_are_sure(facedex, known):
    facedex("confirm")  # which makes the suggestions
    n_sure = json.loads(facedex("confirm", "--json").out)["n_faces"]
    assert n_sure > 0
    assert json.loads(facedex("status", "--json").out)["n_sure"] == n_sure
    assert (
        f"Sure       {n_sure} of the suggestions; see: facedex confirm\n" in facedex("status").out
    )


def test_nothing_sure(facedex, small):
    decide_faces.name_faces(small.db, small.album("ada", 3), ADA)
    said = "No suggestion is at least 99.5 % sure; there are 0 suggestions.\n"
    assert facedex("confirm", "--yes").out == said


@pytest.mark.parametrize(
    ("wrong", "why"),
    [(("--least", "120"), "120"), (("--person", "Nobody"), "nobody called Nobody")],
)
def test_wrong_calls_are_refused(facedex, known, wrong, why):
    outcome = facedex("confirm", *wrong)
    assert outcome.code == 2
    assert why in outcome.err
    assert confirmed(facedex) == [3, 3]


def test_it_does_not_say_that_nothing_changed_after_suggestions_were_made_anew(facedex, known):
    before = facedex("faces", "--state", "suggested", "--json").out
    told = facedex("confirm", "--least", "90").out
    assert facedex("faces", "--state", "suggested", "--json").out != before
    assert "Nothing is changed" not in told
    assert "No name is changed" in told
