"""Merging, renaming, dates, and taking things back, by command."""

import json

import pytest

from facedex.services.decisions import decide_faces

ADA, COUNTESS = "Ada Lovelace", "Countess"


@pytest.fixture
def two(small):
    decide_faces.name_faces(small.db, small.album("ada", 3), ADA)
    decide_faces.name_faces(small.db, small.album("ada", 2), COUNTESS)
    return small


def listed(facedex, *options):
    return json.loads(facedex("people", *options, "--json").out)


def test_merge_is_told_and_the_name_becomes_an_alias(facedex, two):
    outcome = facedex("people", "merge", "COUNTESS", "ada lovelace")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines() == [
        "Countess is Ada Lovelace now: 2 faces moved.", "Take it back with: facedex undo",
    ]  # fmt: skip
    [ada] = listed(facedex, "--person", COUNTESS)
    assert (ada["name"], ada["n_confirmed"], ada["aliases"]) == (ADA, 5, [COUNTESS])


def test_undo_and_redo_by_command(facedex, two):
    facedex("people", "merge", COUNTESS, ADA)
    assert facedex("undo").out == "Undone: Merged Countess, 2 faces, into Ada Lovelace\n"
    assert [row["n_confirmed"] for row in listed(facedex)] == [3, 2]
    assert facedex("redo").out == "Redone: Merged Countess, 2 faces, into Ada Lovelace\n"
    assert facedex("redo").out == "There is nothing to redo.\n"
    for _ in range(3):
        facedex("undo")
    assert facedex("undo").out == "There is nothing to undo.\n"
    assert listed(facedex) == []


def test_people_who_stand_together_are_merged_only_on_request(facedex, two):
    a, b = two.photo("ada", "ada")
    decide_faces.name_faces(two.db, [a], ADA)
    decide_faces.name_faces(two.db, [b], COUNTESS)
    outcome = facedex("people", "merge", COUNTESS, ADA)
    assert outcome.code == 2
    assert "together on a photo" in outcome.err
    assert len(listed(facedex)) == 2
    assert facedex("people", "merge", COUNTESS, ADA, "--yes").code == 0
    assert len(listed(facedex)) == 1


def test_rename(facedex, two):
    assert "facedex undo" in facedex("people", "rename", ADA, "Ada King").out
    assert [row["name"] for row in listed(facedex)] == ["Ada King", COUNTESS]
    assert "already" in facedex("people", "rename", "Ada King", "Ada King").out
    outcome = facedex("people", "rename", COUNTESS, "ada king")
    assert outcome.code == 2
    assert "already" in outcome.err


def test_dates_are_set_shown_and_taken_away(facedex, two):
    facedex("people", "--person", ADA, "--born", "1815-12-10", "--died", "1852")
    [ada] = listed(facedex, "--person", ADA)
    assert (ada["born"], ada["died"]) == ("1815-12-10", "1852")
    assert f"{ADA}\t3\t0\t1815-12-10\t1852\t" in facedex("people").out
    facedex("people", "--person", ADA, "--died", "")
    assert listed(facedex, "--person", ADA)[0]["died"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--born", "1815"], "--person"),
        (["--person", "Nobody"], "nobody called Nobody"),
        (["--person", ADA, "--born", "yesterday"], "is not a date"),
        (["merge", ADA, "Nobody"], "nobody called Nobody"),
        (["merge", ADA, ADA], "themselves"),
        (["rename", ADA, " "], "needs a name"),
        (["--person", ADA, "rename", ADA, "Eve"], "do not go with"),
    ],
)
def test_what_cannot_be_done_is_one_line(facedex, two, arguments, said):
    before = listed(facedex)
    outcome = facedex("people", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err
    assert outcome.err.count("\n") == 1
    assert listed(facedex) == before
