import pytest
from small_library import MODEL

from facedex.db import decisions, faces, people
from facedex.db.connection import transaction
from facedex.errors import UsageError
from facedex.services.decisions import decide_faces
from facedex.services.names_in.named_faces import name_face
from facedex.services.recognising.match_faces import match_faces
from facedex.types import Source

ADA, EVE = "Ada Lovelace", "Eve"
BY_USER = "user"


def journal(small):
    done, undone = decisions.undo_stacks(small.db)
    return len(done), len(undone)


def from_picasa(small, face_id, name):
    with transaction(small.db):
        person = people.find_by_name(small.db, name) or people.add_person(small.db, name)
        people.set_contact(small.db, f"{person:016x}", person, name)
        name_face(small.db, face_id, person, Source.PICASA)
    return person


# ---- naming


def test_naming_confirms_the_faces_and_adds_the_person(small):
    a, b = small.photo("ada", "eve")
    assert list(decide_faces.name_faces(small.db, [a, b], ADA).faces) == [a, b]
    assert small.said(a) == [(ADA, "confirmed", BY_USER)]
    assert small.names() == [ADA]
    assert small.cluster(a) == small.cluster(b) is not None
    assert decisions.get_decision(small.db, 1).summary == "Named 2 faces Ada Lovelace"


@pytest.mark.parametrize("name", ["ada lovelace", " ADA   LOVELACE ", "Ada\tLovelace"])
def test_names_that_differ_in_case_and_spaces_are_one_person(small, name):
    a, b = small.album("ada", 2)
    decide_faces.name_faces(small.db, [a], ADA)
    decide_faces.name_faces(small.db, [b], name)
    assert small.names() == [ADA]
    assert small.confirmed(b) == ADA


def test_composed_and_decomposed_accents_are_one_person(small):
    a, b = small.album("rene", 2)
    decide_faces.name_faces(small.db, [a], "Ren\u00e9")
    decide_faces.name_faces(small.db, [b], "Rene\u0301")
    assert len(small.names()) == 1


def test_names_with_other_accents_are_two_people(small):
    a, b = small.album("rene", 2)
    decide_faces.name_faces(small.db, [a], "Ren\u00e9")
    decide_faces.name_faces(small.db, [b], "Rene")
    assert len(small.names()) == 2


@pytest.mark.parametrize("name", ["", "   ", "\t\n", "\x00\x1b", "\u200b\u202e", "x" * 201])
def test_bad_names_are_refused_and_nothing_changes(small, name):
    [a] = small.photo("ada")
    with pytest.raises(UsageError, match="name"):
        decide_faces.name_faces(small.db, [a], name)
    assert small.said(a) == []
    assert small.names() == []
    assert journal(small) == (0, 0)


@pytest.mark.parametrize(
    ("name", "kept"),
    [("Ada\x1b[31m\x07", "Ada [31m"), ("<b>Ada</b>", "<b>Ada</b>"), ("=cmd|x", "=cmd|x"),
     ("x" * 200, "x" * 200), ("\u65e5\u672c", "\u65e5\u672c"), ("O'Neil; DROP", "O'Neil; DROP")],
)  # fmt: skip
def test_names_are_kept_without_control_characters(small, name, kept):
    [a] = small.photo("ada")
    decide_faces.name_faces(small.db, [a], name)
    assert small.names() == [kept]


def test_naming_again_the_same_changes_nothing(small):
    [a] = small.photo("ada")
    decide_faces.name_faces(small.db, [a], ADA)
    assert not decide_faces.name_faces(small.db, [a, a], ADA)
    assert journal(small) == (1, 0)


def test_naming_faces_that_are_gone_changes_nothing(small):
    assert not decide_faces.name_faces(small.db, [77, 78], ADA)
    assert small.names() == []
    assert journal(small) == (0, 0)


def test_naming_no_face_adds_nobody(small):
    assert not decide_faces.name_faces(small.db, [], ADA)
    assert small.names() == []


def test_a_face_named_twice_in_one_call_is_named_once(small):
    [a] = small.photo("ada")
    assert list(decide_faces.name_faces(small.db, [a, a], ADA).faces) == [a]


def test_naming_otherwise_rejects_the_old_name(small):
    [a] = small.photo("ada")
    decide_faces.name_faces(small.db, [a], EVE)
    decide_faces.name_faces(small.db, [a], ADA)
    assert small.said(a) == [(EVE, "rejected", BY_USER), (ADA, "confirmed", BY_USER)]


def test_naming_back_takes_the_rejection_away(small):
    [a] = small.photo("ada")
    for name in (ADA, EVE, ADA):
        decide_faces.name_faces(small.db, [a], name)
    assert small.said(a) == [(EVE, "rejected", BY_USER), (ADA, "confirmed", BY_USER)]


def test_naming_over_a_picasa_name_rejects_it_and_picasa_does_not_bring_it_back(small):
    [a] = small.photo("ada")
    eve = from_picasa(small, a, EVE)
    assert small.said(a) == [(EVE, "confirmed", "picasa")]
    decide_faces.name_faces(small.db, [a], ADA)
    after = [(EVE, "rejected", BY_USER), (ADA, "confirmed", BY_USER)]
    assert small.said(a) == after
    with transaction(small.db):
        name_face(small.db, a, eve, Source.PICASA)
    assert small.said(a) == after


def test_naming_as_picasa_did_makes_it_the_users_word(small):
    [a] = small.photo("ada")
    from_picasa(small, a, ADA)
    assert list(decide_faces.name_faces(small.db, [a], ADA).faces) == [a]
    assert small.said(a) == [(ADA, "confirmed", BY_USER)]


def test_naming_an_ignored_face_brings_it_back(small):
    [a] = small.photo("ada")
    decide_faces.ignore(small.db, [a])
    decide_faces.name_faces(small.db, [a], ADA)
    assert small.said(a) == [(ADA, "confirmed", BY_USER)]


# ---- groups


def group(small, who="ada", n=4):
    found = small.album(who, n)
    match_faces(small.db, MODEL)
    clusters = {small.cluster(face) for face in found}
    assert len(clusters) == 1
    assert None not in clusters
    return found, clusters.pop()


def test_naming_a_group_names_its_faces_and_gives_the_cluster_to_the_person(small):
    found, cluster = group(small)
    assert list(decide_faces.name_group(small.db, cluster, ADA).faces) == found
    assert {small.confirmed(face) for face in found} == {ADA}
    assert {small.cluster(face) for face in found} == {cluster}
    assert people.cluster_person(small.db, cluster) == people.find_by_name(small.db, ADA)


def test_faces_of_a_group_that_are_named_or_ignored_stay_as_they_are(small):
    (a, b, *rest), cluster = group(small)
    decide_faces.name_faces(small.db, [a], EVE)
    decide_faces.ignore(small.db, [b])
    assert list(decide_faces.name_group(small.db, cluster, ADA).faces) == rest
    assert small.confirmed(a) == EVE
    assert small.said(b) == [(None, "ignored", BY_USER)]


def test_undoing_a_group_makes_it_a_group_again_and_redoing_names_it(small):
    found, cluster = group(small)
    decide_faces.name_group(small.db, cluster, ADA)
    assert decide_faces.undo(small.db).summary == "Undone: Named 4 faces Ada Lovelace"
    assert [small.said(face) for face in found] == [[]] * 4
    assert {small.cluster(face) for face in found} == {cluster}
    assert people.cluster_person(small.db, cluster) is None
    assert small.names() == []
    decide_faces.redo(small.db)
    assert {small.confirmed(face) for face in found} == {ADA}
    assert people.cluster_person(small.db, cluster) == people.find_by_name(small.db, ADA)


# ---- suggestions: confirming and rejecting


@pytest.fixture
def suggestion(small):
    """A face for which Ada is suggested."""
    decide_faces.name_faces(small.db, small.album("ada", 3), ADA)
    [a] = small.photo("ada")
    match_faces(small.db, MODEL)
    assert small.suggested(a) == ADA
    return a


def test_confirming_takes_the_suggestion(small, suggestion):
    assert list(decide_faces.confirm(small.db, [suggestion]).faces) == [suggestion]
    assert small.said(suggestion) == [(ADA, "confirmed", BY_USER)]


def test_confirming_a_face_without_a_suggestion_changes_nothing(small):
    [a] = small.photo("ada")
    assert not decide_faces.confirm(small.db, [a, 77])
    assert journal(small) == (0, 0)


def test_a_rejected_suggestion_is_remembered_and_never_made_again(small, suggestion):
    assert list(decide_faces.reject(small.db, [suggestion]).faces) == [suggestion]
    assert small.said(suggestion) == [(ADA, "rejected", BY_USER)]
    for _ in range(3):
        decide_faces.name_faces(small.db, small.album("ada", 2), ADA)
        match_faces(small.db, MODEL)
        assert small.suggested(suggestion) is None
    assert small.said(suggestion) == [(ADA, "rejected", BY_USER)]


def test_a_rejected_name_takes_the_face_out_of_the_persons_cluster(small):
    [a] = small.photo("ada")
    decide_faces.name_faces(small.db, [a], ADA)
    decide_faces.reject(small.db, [a])
    assert small.said(a) == [(ADA, "rejected", BY_USER)]
    assert small.cluster(a) is None


def test_rejecting_what_picasa_said_stands_against_picasa(small):
    [a] = small.photo("ada")
    eve = from_picasa(small, a, EVE)
    decide_faces.reject(small.db, [a])
    with transaction(small.db):
        name_face(small.db, a, eve, Source.PICASA)
    assert small.said(a) == [(EVE, "rejected", BY_USER)]


def test_rejecting_a_face_of_nobody_changes_nothing(small):
    [a] = small.photo("ada")
    assert not decide_faces.reject(small.db, [a])


# ---- ignoring


def test_an_ignored_face_is_neither_suggested_nor_grouped(small, suggestion):
    assert list(decide_faces.ignore(small.db, [suggestion]).faces) == [suggestion]
    match_faces(small.db, MODEL)
    assert small.said(suggestion) == [(None, "ignored", BY_USER)]
    assert not decide_faces.ignore(small.db, [suggestion])


def test_ignoring_keeps_what_was_rejected(small, suggestion):
    decide_faces.reject(small.db, [suggestion])
    decide_faces.ignore(small.db, [suggestion])
    assert small.said(suggestion) == [(ADA, "rejected", BY_USER), (None, "ignored", BY_USER)]


# ---- undo and redo


def test_undo_of_a_first_naming_removes_the_person(small):
    [a] = small.photo("ada")
    decide_faces.name_faces(small.db, [a], ADA)
    assert decide_faces.undo(small.db).summary == "Undone: Named 1 face Ada Lovelace"
    assert small.said(a) == []
    assert small.names() == []


def test_redo_brings_the_same_person_back(small):
    [a] = small.photo("ada")
    decide_faces.name_faces(small.db, [a], ADA)
    [before] = people.list_people(small.db)
    decide_faces.undo(small.db)
    decide_faces.redo(small.db)
    [after] = people.list_people(small.db)
    assert (after.uuid, after.name) == (before.uuid, before.name)
    assert small.said(a) == [(ADA, "confirmed", BY_USER)]


def test_a_name_that_was_undone_and_redone_is_suggested_like_any_other(small):
    decide_faces.name_faces(small.db, small.album("ada", 3), ADA)
    decide_faces.undo(small.db)
    decide_faces.redo(small.db)
    [a] = small.photo("ada")
    match_faces(small.db, MODEL)
    assert small.suggested(a) == ADA


def test_undo_of_a_naming_keeps_a_person_with_other_faces(small):
    a, b = small.album("ada", 2)
    decide_faces.name_faces(small.db, [a], ADA)
    decide_faces.name_faces(small.db, [b], ADA)
    decide_faces.undo(small.db)
    assert small.names() == [ADA]
    assert small.confirmed(a) == ADA
    assert small.said(b) == []


def test_undo_of_a_naming_keeps_a_person_whom_picasa_knows(small):
    a, b = small.album("eve", 2)
    from_picasa(small, a, EVE)
    decide_faces.name_faces(small.db, [b], EVE)
    decide_faces.undo(small.db)
    assert small.names() == [EVE]


def test_undo_brings_picasas_word_back(small):
    [a] = small.photo("ada")
    from_picasa(small, a, EVE)
    decide_faces.name_faces(small.db, [a], ADA)
    decide_faces.undo(small.db)
    assert small.said(a) == [(EVE, "confirmed", "picasa")]


def test_undo_of_confirming_brings_the_suggestion_back(small, suggestion):
    decide_faces.confirm(small.db, [suggestion])
    decide_faces.undo(small.db)
    assert small.suggested(suggestion) == ADA


def test_undo_of_rejecting_lets_it_be_suggested_again(small, suggestion):
    decide_faces.reject(small.db, [suggestion])
    match_faces(small.db, MODEL)
    decide_faces.undo(small.db)
    match_faces(small.db, MODEL)
    assert small.suggested(suggestion) == ADA


def state_of_all(small, face_ids):
    return [(small.settled(face), small.cluster(face)) for face in face_ids]


def test_everything_can_be_undone_to_the_beginning_and_done_again(small):
    found, cluster = group(small)
    others = small.album("eve", 3)
    every = found + others
    states = [state_of_all(small, every)]
    steps = [
        lambda: decide_faces.name_group(small.db, cluster, ADA),
        lambda: decide_faces.name_faces(small.db, others[:2], EVE),
        lambda: decide_faces.reject(small.db, found[:1]),
        lambda: decide_faces.ignore(small.db, found[1:2]),
        lambda: decide_faces.name_faces(small.db, found[1:2], EVE),
        lambda: decide_faces.name_faces(small.db, others, ADA),
    ]
    for step in steps:
        assert step()
        states.append(state_of_all(small, every))
    for state in reversed(states[:-1]):
        assert decide_faces.undo(small.db)
        assert state_of_all(small, every) == state
    assert not decide_faces.undo(small.db)
    assert small.names() == []
    for state in states[1:]:
        assert decide_faces.redo(small.db)
        assert [said for said, _c in state_of_all(small, every)] == [said for said, _c in state]
    assert not decide_faces.redo(small.db)
    for face in every:
        assert (small.cluster(face) is None) == (small.confirmed(face) is None)


def test_a_new_decision_ends_what_can_be_redone(small):
    a, b = small.album("ada", 2)
    decide_faces.name_faces(small.db, [a], ADA)
    decide_faces.undo(small.db)
    decide_faces.name_faces(small.db, [b], EVE)
    assert not decide_faces.redo(small.db)
    assert small.said(a) == []


def test_nothing_to_undo_and_nothing_to_redo(small):
    assert not decide_faces.undo(small.db)
    assert not decide_faces.redo(small.db)


def test_undo_passes_over_faces_that_are_gone(small):
    a, b = small.photo("ada", "eve")
    decide_faces.name_faces(small.db, [a, b], ADA)
    with transaction(small.db):
        small.db.execute("DELETE FROM face WHERE id = ?", (a,))
    decide_faces.undo(small.db)
    assert small.said(b) == []


def test_a_decision_that_fails_leaves_nothing_behind(small, monkeypatch):
    [a] = small.photo("ada")

    def fail(*_args):
        raise RuntimeError("power cut")

    monkeypatch.setattr(decisions, "append", fail)
    with pytest.raises(RuntimeError):
        decide_faces.name_faces(small.db, [a], ADA)
    assert small.said(a) == []
    assert small.names() == []


def test_a_second_rejection_does_not_forget_the_first(small):
    [a] = small.photo("ada")
    with transaction(small.db):
        ada, eve = people.add_person(small.db, ADA), people.add_person(small.db, EVE)
    for each in (ada, eve):
        with transaction(small.db):
            faces.add_suggestion(small.db, a, each, 0.3)
        decide_faces.reject(small.db, [a])
    assert small.said(a) == [(ADA, "rejected", BY_USER), (EVE, "rejected", BY_USER)]
    with transaction(small.db):
        for each in (ada, eve):
            faces.add_suggestion(small.db, a, each, 0.1)
    assert small.suggested(a) is None


def test_an_ignored_face_leaves_the_cluster_of_the_person_it_was(small):
    [a] = small.photo("ada")
    from_picasa(small, a, ADA)
    decide_faces.ignore(small.db, [a])
    assert small.said(a) == [(None, "ignored", BY_USER)]
    assert small.cluster(a) is None
