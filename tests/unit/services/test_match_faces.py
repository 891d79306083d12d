import numpy as np
from small_library import MODEL

from facedex.db import pairs
from facedex.db.connection import transaction
from facedex.services.decisions import decide_faces
from facedex.services.recognising.match_faces import MatchReport, match_faces

ADA, EVE = "Ada", "Eve"


def name_some(small):
    ada, eve = small.album("ada", 4), small.album("eve", 4)
    decide_faces.name_faces(small.db, ada, ADA)
    decide_faces.name_faces(small.db, eve, EVE)
    return ada + eve


def test_a_library_without_faces(small):
    assert match_faces(small.db, MODEL) == MatchReport(0, 0)


def test_faces_of_another_model_are_not_compared(small):
    name_some(small)
    small.photo("ada")
    assert match_faces(small.db, "another model") == MatchReport(0, 0)


def test_each_face_is_suggested_the_person_it_resembles(small):
    name_some(small)
    a, e, stranger = small.photo("ada", "eve", "stranger")
    assert match_faces(small.db, MODEL).n_suggested == 2
    assert (small.suggested(a), small.suggested(e), small.suggested(stranger)) == (ADA, EVE, None)


def test_one_person_is_suggested_once_on_a_photo(small):
    name_some(small)
    twins = small.photo("ada", "ada", "ada")
    match_faces(small.db, MODEL)
    assert sorted(map(str, map(small.suggested, twins))) == [ADA, "None", "None"]


def test_a_person_who_is_confirmed_on_a_photo_is_not_suggested_there(small):
    name_some(small)
    a, b = small.photo("ada", "ada")
    decide_faces.name_faces(small.db, [a], ADA)
    match_faces(small.db, MODEL)
    assert small.suggested(b) is None


def test_no_labelled_face_is_touched(small):
    named = name_some(small)
    wrong, ignored, rejected = small.album("ada", 3)
    decide_faces.name_faces(small.db, [wrong], EVE)  # the user's word, though it looks like Ada
    decide_faces.ignore(small.db, [ignored])
    match_faces(small.db, MODEL)
    decide_faces.reject(small.db, [rejected])
    settled = [*named, wrong, ignored, rejected]
    before = [(small.said(face), small.cluster(face)) for face in settled[:-1]]
    for _ in range(2):
        match_faces(small.db, MODEL)
    assert [(small.said(face), small.cluster(face)) for face in settled[:-1]] == before
    assert small.said(rejected) == [(ADA, "rejected", "user")]


def test_suggestions_are_computed_anew(small):
    name_some(small)
    [a] = small.photo("ada")
    match_faces(small.db, MODEL)
    match_faces(small.db, MODEL)
    assert small.said(a) == [(ADA, "suggested", "auto")]
    decide_faces.undo(small.db)
    decide_faces.undo(small.db)  # nobody is named any more
    assert match_faces(small.db, MODEL).n_suggested == 0
    assert small.said(a) == []


def test_strangers_who_look_alike_are_grouped(small):
    bob, cy = small.album("bob", 4), small.album("cy", 3)
    [loner] = small.photo("loner")
    assert match_faces(small.db, MODEL) == MatchReport(0, 7)
    clusters = [{small.cluster(face) for face in found} for found in (bob, cy)]
    assert [len(each) for each in clusters] == [1, 1]
    assert clusters[0].isdisjoint(clusters[1])
    assert small.cluster(loner) is None


def test_two_faces_of_one_photo_are_never_in_one_group(small):
    small.album("bob", 3)
    twins = small.photo("bob", "bob")
    match_faces(small.db, MODEL)
    clusters = [small.cluster(face) for face in twins]
    assert clusters[0] != clusters[1]


def test_groups_grow_and_placed_faces_do_not_move(small):
    bob = small.album("bob", 4)
    match_faces(small.db, MODEL)
    before = [small.cluster(face) for face in bob]
    more, cy = small.album("bob", 3), small.album("cy", 3)
    assert match_faces(small.db, MODEL).n_grouped == 6
    assert [small.cluster(face) for face in bob] == before
    assert {small.cluster(face) for face in more} == set(before)
    assert {small.cluster(face) for face in cy}.isdisjoint(before)


def test_a_photo_more_moves_no_face(small):
    people = ["bob", "cy", "dan", "eve"]
    rng = np.random.default_rng(1)
    every = []
    for _ in range(30):
        before = [(small.cluster(face), small.said(face)) for face in every]
        match_faces(small.db, MODEL)
        placed = [cluster for cluster, _said in before if cluster is not None]
        after = [(small.cluster(face), small.said(face)) for face in every]
        kept = [new[0] for old, new in zip(before, after, strict=True) if old[0] is not None]
        assert kept == placed
        every += small.photo(*rng.choice(people, size=rng.integers(1, 4), replace=False))
    assert len(set(placed)) == 4


def test_matching_again_changes_nothing(small):
    name_some(small)
    small.album("bob", 3)
    every = [face for _ in range(3) for face in small.photo("ada", "bob", "stranger")]
    first = match_faces(small.db, MODEL)
    state = [(small.said(face), small.cluster(face)) for face in every]
    assert match_faces(small.db, MODEL) == MatchReport(first.n_suggested, 0)
    assert [(small.said(face), small.cluster(face)) for face in every] == state


def test_groups_that_lost_their_faces_go(small):
    bob = small.album("bob", 4)
    match_faces(small.db, MODEL)
    cluster = small.cluster(bob[0])
    decide_faces.name_faces(small.db, bob, "Bob")
    match_faces(small.db, MODEL)
    left = small.db.execute("SELECT count(*) FROM cluster WHERE id = ?", (cluster,)).get
    assert left == 0
    assert {small.confirmed(face) for face in bob} == {"Bob"}


def test_a_face_that_is_suggested_somebody_starts_no_group(small):
    name_some(small)
    more = small.album("ada", 3)
    assert match_faces(small.db, MODEL) == MatchReport(3, 0)
    assert [small.cluster(face) for face in more] == [None] * 3


def test_a_face_without_encoding_is_left_alone(small):
    name_some(small)
    [a] = small.photo("ada")
    small.db.execute("DELETE FROM encoding WHERE face_id = ?", (a,))
    match_faces(small.db, MODEL)
    assert small.said(a) == []


def test_suggestions_carry_a_probability(small):
    name_some(small)
    [a] = small.photo("ada")
    match_faces(small.db, MODEL)
    [(probability, shown)] = small.db.execute(
        "SELECT s.probability, f.probability FROM v1_suggestions s JOIN v1_faces f USING (face_id)"
        " WHERE s.face_id = ?",
        (a,),
    ).fetchall()
    assert 0.99 < probability == shown <= 1


def test_nobody_is_suggested_before_their_birth_or_long_after_their_death(small):
    name_some(small)
    a, e = small.photo("ada", "eve")
    small.db.execute("UPDATE photo SET taken_us = 0 WHERE id = (SELECT max(id) FROM photo)")
    small.db.execute("UPDATE person SET born = '1970-02' WHERE name = ?", (ADA,))
    small.db.execute("UPDATE person SET died = '1968-06-01' WHERE name = ?", (EVE,))
    match_faces(small.db, MODEL)
    assert (small.suggested(a), small.suggested(e)) == (None, None)
    small.db.execute("UPDATE person SET born = '1970', died = '1969' WHERE 1")
    match_faces(small.db, MODEL)
    assert (small.suggested(a), small.suggested(e)) == (ADA, EVE)


def test_a_poor_face_moves_no_centroid(small):
    name_some(small)
    [far] = small.album("stranger", 1)
    decide_faces.name_faces(small.db, [far], ADA)
    [a] = small.photo("ada")
    match_faces(small.db, MODEL)
    distance = "SELECT distance FROM v1_suggestions WHERE face_id = ?"
    with_it = small.db.execute(distance, (a,)).get
    small.db.execute("UPDATE face SET quality = 0.1 WHERE id = ?", (far,))
    match_faces(small.db, MODEL)
    assert small.db.execute(distance, (a,)).get < with_it / 2


def test_two_of_whom_it_was_said_that_they_are_not_one_are_not_grouped(small):
    one, other, third = small.album("ada", 3)
    with transaction(small.db):
        for pair in ((one, other), (third, other)):
            pairs.set_rejected(small.db, "faces", *pair, is_rejected=True)
    match_faces(small.db, MODEL)
    assert small.cluster(one) == small.cluster(third) is not None
    assert small.cluster(other) is None
    small.album("ada", 2)
    match_faces(small.db, MODEL)  # the photos that came are like all of them
    assert small.cluster(other) != small.cluster(one)
