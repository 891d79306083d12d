import numpy as np
import pytest
from small_library import MODEL

from facedex.db import runs
from facedex.db.connection import transaction
from facedex.db.matching import stored_suggestions
from facedex.services.decisions import decide_faces
from facedex.services.decisions.follow_decisions import Follower
from facedex.services.library import Library
from facedex.services.recognising.audit import use_metric
from facedex.services.recognising.match_faces import match_faces
from facedex.types import MetricName


def name_some(small, *names):
    for name in names:
        decide_faces.name_faces(small.db, small.album(name.lower(), 4), name)


@pytest.fixture
def follower(small):
    """A follower that has learned of Ada, Eve and some open faces."""
    name_some(small, "Ada", "Eve")
    small.open = {who: small.album(who, 3) for who in ("ada", "eve", "bob")}
    follower = Follower()
    assert follower.catch_up(small.db) == 6
    return follower


def suggested(small, who):
    return [small.suggested(face) for face in small.open[who]]


def test_at_first_everything_is_suggested_and_then_nothing_changes(small, follower):
    assert suggested(small, "ada") == ["Ada"] * 3
    assert suggested(small, "bob") == [None] * 3
    assert follower.catch_up(small.db) == 0


def test_a_name_brings_its_other_faces(small, follower):
    decide_faces.name_faces(small.db, small.open["bob"][:1], "Bob")
    assert follower.catch_up(small.db) == 2
    assert suggested(small, "bob") == [None, "Bob", "Bob"]
    assert suggested(small, "eve") == ["Eve"] * 3


def test_undo_takes_it_back_and_redo_brings_it_again(small, follower):
    decide_faces.name_faces(small.db, small.open["bob"][:1], "Bob")
    follower.catch_up(small.db)
    decide_faces.undo(small.db)
    follower.catch_up(small.db)
    assert suggested(small, "bob") == [None] * 3
    decide_faces.redo(small.db)
    follower.catch_up(small.db)
    assert suggested(small, "bob") == [None, "Bob", "Bob"]


def test_what_was_taken_back_and_done_again_meanwhile_has_its_suggestions(small, follower):
    decide_faces.name_faces(small.db, small.open["bob"][:1], "Bob")
    follower.catch_up(small.db)
    decide_faces.undo(small.db)
    decide_faces.redo(small.db)
    follower.catch_up(small.db)
    assert suggested(small, "bob") == [None, "Bob", "Bob"]


@pytest.mark.parametrize("name", [MetricName.VARIANCE, MetricName.WHITENED])
def test_what_a_metric_learned_does_not_change_with_the_next_labels(small, name):
    name_some(small, *(f"Person {n}" for n in range(30)))
    use_metric(small.db, name)
    every = small.album("person 1", 3) + small.album("bob", 2)
    follower = Follower()
    follower.catch_up(small.db)
    decide_faces.name_faces(small.db, [every[0]], "Person 1")
    decide_faces.name_faces(small.db, [every[3]], "Bob")
    follower.catch_up(small.db)
    here = stored_suggestions(small.db)
    assert set(here) == {every[1], every[2], every[4]}
    match_faces(small.db, MODEL)
    for face, there in stored_suggestions(small.db).items():
        assert here[face] == pytest.approx(there, abs=1e-6)
    small.db.execute("UPDATE meta SET value = 'null' WHERE key = 'fitted metric'")
    match_faces(small.db, MODEL)
    assert stored_suggestions(small.db) != here


def test_a_rejected_person_does_not_come_back(small, follower):
    [face] = small.open["ada"][:1]
    decide_faces.reject(small.db, [face])
    follower.catch_up(small.db)
    assert small.suggested(face) is None
    decide_faces.name_faces(small.db, small.open["ada"][1:], "Ada")
    follower.catch_up(small.db)
    assert small.said(face) == [("Ada", "rejected", "user")]


def test_who_is_confirmed_on_a_photo_is_not_suggested_for_its_other_faces(small, follower):
    twins = small.photo("ada", "ada")
    follower.forget()
    follower.catch_up(small.db)
    decide_faces.name_faces(small.db, twins[:1], "Ada")
    follower.catch_up(small.db)
    assert small.suggested(twins[1]) is None


def test_confirmed_faces_without_encoding_count_on_their_photos(small, follower):
    blind, open_face = small.photo("eve", "ada")
    small.db.execute("DELETE FROM encoding WHERE face_id = ?", (blind,))
    follower.forget()
    follower.catch_up(small.db)
    assert small.suggested(open_face) == "Ada"
    decide_faces.name_faces(small.db, [blind], "Ada")
    follower.catch_up(small.db)
    assert small.suggested(open_face) is None


def test_following_says_what_matching_everything_says(small, follower):
    rng = np.random.default_rng(0)
    every = [face for found in small.open.values() for face in found]
    for step in range(12):
        face = every[rng.integers(len(every))]
        act = rng.integers(4)
        if act == 0:
            decide_faces.name_faces(small.db, [face], str(rng.choice(["Ada", "Eve", "Bob"])))
        elif act == 1:
            decide_faces.reject(small.db, [face])
        elif act == 2:
            decide_faces.ignore(small.db, [face])
        else:
            decide_faces.undo(small.db)
        follower.catch_up(small.db)
        here = [small.suggested(each) for each in every]
        match_faces(small.db, MODEL)
        assert here == [small.suggested(each) for each in every], step


def test_a_date_that_was_told_since_counts(small, follower):
    small.db.execute("UPDATE person SET born = '2020' WHERE name = 'Ada'")
    follower.catch_up(small.db)
    assert suggested(small, "ada") == [None] * 3


def test_after_a_scan_and_with_another_metric_everything_is_learned_again(small, follower):
    [new] = small.photo("ada")
    assert follower.catch_up(small.db) == 0  # the scan is not over
    with transaction(small.db):
        runs.finish_run(small.db, runs.start_run(small.db, "small-engine"), "done", {})
    assert follower.catch_up(small.db) >= 1
    assert small.suggested(new) == "Ada"
    before = small.db.execute("SELECT distance FROM v1_suggestions WHERE face_id = ?", (new,)).get
    use_metric(small.db, MetricName.VARIANCE)
    with transaction(small.db):
        small.db.execute("DELETE FROM assignment WHERE state = 'suggested'")
    assert follower.catch_up(small.db) == 7
    after = small.db.execute("SELECT distance FROM v1_suggestions WHERE face_id = ?", (new,)).get
    assert after != before


def test_a_face_or_person_that_went_meanwhile_does_no_harm(small, follower):
    gone = small.open["ada"][0]
    decide_faces.name_faces(small.db, small.open["bob"][:1], "Bob")
    small.db.execute("DELETE FROM face WHERE id IN (?, ?)", (gone, small.open["bob"][1]))
    follower.catch_up(small.db)
    assert small.suggested(small.open["bob"][2]) == "Bob"


def test_before_the_first_scan_there_is_nothing_to_follow(small):
    small.db.execute("DELETE FROM meta WHERE key = 'model'")
    assert Follower().catch_up(small.db) == 0


def test_the_library_follows_from_any_thread(small):
    name_some(small, "Ada")
    [open_face] = small.album("ada", 1)
    with Library.open(small.directory) as library:
        assert library.follow_decisions() == 1
        library.decide.reject([open_face])
        assert library.follow_decisions() == 0
        assert library.rematch() == 0
    assert small.suggested(open_face) is None
