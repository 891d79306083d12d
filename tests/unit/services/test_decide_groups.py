import pytest
from small_library import MODEL, clusters, grouped
from views import v1_views

from facedex.db import faces, pairs, people
from facedex.errors import UsageError
from facedex.services.decisions import decide_faces
from facedex.services.decisions.decide_groups import (
    merge_groups,
    reject_as,
    reject_pair_of_groups,
    split,
)
from facedex.services.decisions.group_parts import find_parts, middle_face
from facedex.services.recognising.match_faces import match_faces

ADA, BOB = "Ada", "Bob"


# ---- merging groups


def test_merged_groups_are_one_and_undo_parts_them(small):
    a, b = small.album("ada", 3), small.album("ada", 2)
    one, other = grouped(small, a, b)
    before = v1_views(small.db)
    assert list(merge_groups(small.db, other, one).faces) == b
    assert clusters(small, a + b) == [one] * 5
    after = v1_views(small.db)
    match_faces(small.db, MODEL)  # removes what is empty
    decide_faces.undo(small.db)
    assert v1_views(small.db) == before
    decide_faces.redo(small.db)
    assert v1_views(small.db) == after


def test_two_faces_of_one_photo_stay_in_two_groups(small):
    twins = small.photo("ada", "ada")
    a, b = small.album("ada", 2), small.album("ada", 2)
    one, other = grouped(small, [*a, twins[0]], [*b, twins[1]])
    assert list(merge_groups(small.db, other, one).faces) == b
    assert clusters(small, twins) == [one, other]


def test_only_unknown_groups_are_merged(small):
    a, b = small.album("ada", 2), small.album("ada", 2)
    one, other = grouped(small, a, b)
    decide_faces.name_group(small.db, one, ADA)
    for pair in ((one, other), (other, one), (other, 999)):
        with pytest.raises(UsageError, match="no unknown group"):
            merge_groups(small.db, *pair)


# ---- parts


def test_mixed_cluster_falls_into_its_people_the_largest_first(small):
    who = ["ada", "bob", "ada", "cy", "bob", "ada", "bob", "ada"]
    found = [small.photo(each)[0] for each in who]
    parts = find_parts(small.db, found)
    assert [[who[found.index(face)] for face in part] for part in parts] == [
        ["ada"] * 4, ["bob"] * 3, ["cy"],
    ]  # fmt: skip


def test_number_of_parts_can_be_chosen(small):
    found = small.album("ada", 4) + small.album("bob", 3) + small.album("cy", 2)
    for n in (2, 3, 5):
        parts = find_parts(small.db, found, n)
        assert len(parts) == n
        assert sorted(face for part in parts for face in part) == sorted(found)
    assert find_parts(small.db, found, 1) == [found]


def test_faces_without_encoding_stay_with_the_largest_part(small):
    found = small.album("ada", 4) + small.album("bob", 2)
    [blind] = small.photo("bob")
    small.db.execute("DELETE FROM encoding WHERE face_id = ?", (blind,))
    parts = find_parts(small.db, [blind, *found])
    assert [len(part) for part in parts] == [5, 2]
    assert blind in parts[0]
    assert find_parts(small.db, [blind]) == [[blind]]
    assert middle_face(small.db, [blind]) == blind


def test_large_cluster_is_parted_by_surely_equal_faces(small, monkeypatch):
    monkeypatch.setattr("facedex.matching.parts._MOST_POINTS", 5)
    found = small.album("ada", 6) + small.album("bob", 4)
    assert find_parts(small.db, found) == [found[:6], found[6:]]


# ---- splitting


def test_part_of_a_group_becomes_a_group_and_stays_apart_when_matched_again(small):
    a, b = small.album("ada", 4), small.album("bob", 3)
    [mixed] = grouped(small, a + b)
    split(small.db, [b])
    made = small.cluster(b[0])
    assert clusters(small, a) == [mixed] * 4
    assert clusters(small, b) == [made] * 3
    more = small.album("ada", 1) + small.album("bob", 1)
    match_faces(small.db, MODEL)
    assert clusters(small, a + b) == [mixed] * 4 + [made] * 3
    assert clusters(small, more) == [mixed, made]
    [pair] = pairs.list_rejected(small.db)
    assert pair.kind == "faces"
    assert {pair.a in a, pair.b in a} == {True, False}


def test_part_of_a_person_loses_the_name_for_ever_but_other_names_stay(small):
    a, b = small.album("ada", 4), small.album("bob", 3)
    decide_faces.name_faces(small.db, a + b, ADA)
    split(small.db, [b])
    made = small.cluster(b[0])
    assert {small.confirmed(face) for face in a} == {ADA}
    for face in b:
        assert small.said(face) == [(ADA, "rejected", "user")]
    assert clusters(small, b) == [made] * 3
    match_faces(small.db, MODEL)
    assert [small.suggested(face) for face in b] == [None] * 3
    decide_faces.name_group(small.db, made, BOB)
    assert {small.confirmed(face) for face in b} == {BOB}


def test_undone_split_leaves_no_trace(small):
    a, b, c = small.album("ada", 3), small.album("bob", 3), small.album("cy", 1)
    decide_faces.name_faces(small.db, [*a, b[0]], ADA)
    grouped(small, b[1:] + c)
    before = v1_views(small.db)
    split(small.db, [b, c])
    assert len(set(clusters(small, b + c))) == 2
    after = v1_views(small.db)
    assert decide_faces.undo(small.db).summary == "Undone: Split 4 faces off a group"
    assert v1_views(small.db) == before
    decide_faces.redo(small.db)
    assert v1_views(small.db) == after


@pytest.mark.parametrize("parts", [[[]], [[1], [1]], [[1, 1]]])
def test_parts_must_be_parts(small, parts):
    small.photo("ada")
    with pytest.raises(UsageError, match="part"):
        split(small.db, parts)


# ---- not the same


def test_rejected_group_is_never_suggested_to_be_that_person(small):
    decide_faces.name_faces(small.db, small.album("ada", 3), ADA)
    alike = small.album("ada", 3)
    [group] = grouped(small, alike)
    ada = people.find_by_name(small.db, ADA)
    assert list(reject_as(small.db, alike, ada).faces) == alike
    assert not reject_as(small.db, alike, ada)
    match_faces(small.db, MODEL)
    assert [small.said(face) for face in alike] == [[(ADA, "rejected", "user")]] * 3
    assert clusters(small, alike) == [group] * 3
    decide_faces.undo(small.db)
    assert [small.settled(face) for face in alike] == [[]] * 3


def test_rejected_pair_of_groups_is_remembered_until_it_is_undone_or_they_are_merged(small):
    a, b = small.album("ada", 3), small.album("ada", 3)
    one, other = grouped(small, a, b)
    reject_pair_of_groups(small.db, one, other)
    [pair] = pairs.list_rejected(small.db)
    assert pairs.is_rejected(small.db, "faces", pair.b, pair.a)
    decide_faces.undo(small.db)
    assert pairs.list_rejected(small.db) == []
    decide_faces.redo(small.db)
    merge_groups(small.db, other, one)
    assert pairs.list_rejected(small.db) == []
    decide_faces.undo(small.db)
    assert pairs.list_rejected(small.db) == [pair]


def test_faces_that_stand_for_a_rejected_pair_outlive_a_search_that_misses_them(small):
    a, b = small.album("ada", 2), small.album("bob", 2)
    reject_pair_of_groups(small.db, *grouped(small, a, b))
    [pair] = pairs.list_rejected(small.db)
    photo = faces.photo_ids(small.db, [pair.a])[pair.a]
    [row] = faces.faces_of_photo(small.db, photo)
    assert row.is_settled
