import pytest
from small_library import MODEL, clusters, grouped
from views import v1_views

from facedex.errors import EnvironmentFault
from facedex.services.decisions import decide_faces
from facedex.services.decisions import regroup as module
from facedex.services.decisions.decide_groups import merge_groups, reject_pair_of_groups, split
from facedex.services.decisions.regroup import RegroupReport, plan_regroup, regroup
from facedex.services.recognising.match_faces import match_faces


def test_a_library_without_faces(small):
    assert plan_regroup(small.db, MODEL) == regroup(small.db, MODEL) == RegroupReport()


def test_pieces_of_one_person_are_put_together_where_most_of_them_are(small):
    few, many, loose = small.album("bob", 2), small.album("bob", 4), small.photo("bob")
    _piece, most = grouped(small, few, many)
    report = regroup(small.db, MODEL)
    assert report == RegroupReport(7, 2, 1, n_merged=1, n_split=0, n_moved=2, n_joined=1)
    assert clusters(small, [*few, *many, *loose]) == [most] * 7


def test_a_mixed_group_is_taken_apart(small):
    bob, cy = small.album("bob", 4), small.album("cy", 3)
    [mixed] = grouped(small, bob + cy)
    report = regroup(small.db, MODEL)
    assert report == RegroupReport(7, 1, 2, n_merged=0, n_split=1, n_moved=3, n_joined=0)
    assert set(clusters(small, bob)) == {mixed}
    assert len(set(clusters(small, cy))) == 1


def test_a_plan_writes_nothing_and_says_what_is_done(small):
    grouped(small, small.album("bob", 2), [*small.album("bob", 3), *small.photo("cy")])
    before = v1_views(small.db)
    plan = plan_regroup(small.db, MODEL)
    assert v1_views(small.db) == before
    assert (plan.n_merged, plan.n_split, plan.n_moved) == (1, 1, 3)
    assert regroup(small.db, MODEL) == plan
    again = regroup(small.db, MODEL)
    assert (again.n_moved, again.n_joined, again.n_merged, again.n_split) == (0, 0, 0, 0)


def test_undo_and_redo_are_exact(small):
    grouped(small, small.album("bob", 2), [*small.album("bob", 3), *small.album("cy", 2)])
    before = v1_views(small.db)
    regroup(small.db, MODEL)
    after = v1_views(small.db)
    assert before != after
    assert decide_faces.undo(small.db)
    assert v1_views(small.db) == before
    assert decide_faces.redo(small.db)
    assert v1_views(small.db) == after


def test_what_changes_nothing_is_no_decision(small):
    small.album("bob", 3)
    match_faces(small.db, MODEL)
    regroup(small.db, MODEL)
    assert not decide_faces.undo(small.db)


def test_named_and_ignored_faces_stay(small):
    ada, aside = small.album("ada", 4), small.album("bob", 2)
    grouped(small, aside)
    decide_faces.name_faces(small.db, ada, "Ada")
    decide_faces.ignore(small.db, aside)
    small.album("bob", 3)
    settled = [(small.said(face), small.cluster(face)) for face in ada + aside]
    assert regroup(small.db, MODEL).n_faces == 3
    assert [(small.said(face), small.cluster(face)) for face in ada + aside] == settled


def test_a_face_that_is_suggested_somebody_stays_out(small):
    decide_faces.name_faces(small.db, small.album("ada", 4), "Ada")
    more = small.album("ada", 3)
    match_faces(small.db, MODEL)
    assert regroup(small.db, MODEL).n_faces == 0
    assert clusters(small, more) == [None] * 3


def test_groups_that_the_user_merged_stay_together(small):
    bob, cy = small.album("bob", 3), small.album("cy", 2)
    one, other = grouped(small, bob, cy)
    merge_groups(small.db, other, one)
    assert regroup(small.db, MODEL).n_moved == 0
    assert clusters(small, bob + cy) == [one] * 5
    decide_faces.undo(small.db)
    regroup(small.db, MODEL)
    assert small.cluster(cy[0]) != small.cluster(bob[0])


def test_what_the_user_split_or_said_not_to_be_one_stays_apart(small):
    bob, twin, other = small.album("bob", 4), small.album("bob", 3), small.album("bob", 3)
    _one, third = grouped(small, bob + twin, other)
    split(small.db, [twin])
    part = small.cluster(twin[0])
    reject_pair_of_groups(small.db, small.cluster(bob[0]), third)
    reject_pair_of_groups(small.db, part, third)
    regroup(small.db, MODEL)
    assert set(clusters(small, twin)) == {part}
    found = [set(clusters(small, each)) for each in (bob, twin, other)]
    assert len(set.union(*found)) == 3


def test_two_faces_of_a_photo_end_up_apart(small):
    twins = small.photo("bob", "bob")
    grouped(small, [*small.album("bob", 3), *twins])
    regroup(small.db, MODEL)
    assert small.cluster(twins[0]) != small.cluster(twins[1])


def test_nothing_is_changed_when_faces_were_decided_on_meanwhile(small, monkeypatch):
    bob = small.album("bob", 2)
    grouped(small, bob, small.album("bob", 3))

    def slow(*args, **options):
        decide_faces.name_faces(small.db, bob, "Bob")
        return new_groups(*args, **options)

    new_groups = module.new_groups
    monkeypatch.setattr(module, "new_groups", slow)
    before = [small.cluster(face) for face in bob]
    with pytest.raises(EnvironmentFault, match="meanwhile"):
        regroup(small.db, MODEL)
    assert len(set(before)) == 1
    assert [small.confirmed(face) for face in bob] == ["Bob", "Bob"]
    assert plan_regroup(small.db, MODEL).n_groups_before == 1
