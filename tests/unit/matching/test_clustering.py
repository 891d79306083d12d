import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facedex.matching.clustering import ALONE, group_unknown
from facedex.matching.linkage import average_linkage
from facedex.naming.encoder import DLIB, GroupRule

RULE = DLIB.group_rule
PLAIN = GroupRule.average_linkage(0.2)


def group_line(faces, *, placed=None, photos=None, rule=PLAIN):
    points = np.array([[position, 0.0] for position in faces], np.float32).reshape(-1, 2)
    photos = np.arange(len(faces)) if photos is None else np.array(photos)
    return group_unknown(
        points, photos, rule, None if placed is None else np.array(placed)
    ).tolist()


def test_groups_are_numbered_by_first_face_and_lone_faces_are_not_grouped():
    assert group_line([5.0, 1.0, 9.0, 1.1, 5.1]) == [0, 1, ALONE, 1, 0]


def test_a_face_joins_the_nearest_group_that_is_there():
    faces, placed = [7.0, 0.0, 0.1, 3.0, 3.1, 7.1, 9.0], [0, 1, ALONE, ALONE, ALONE, ALONE, ALONE]
    assert group_line(faces, placed=placed) == [0, 1, 1, 2, 2, 0, ALONE]


def test_a_face_goes_with_what_is_nearest_be_it_a_group_or_a_new_face():
    assert group_line([0.0, 0.19, 0.25], placed=[0, ALONE, ALONE]) == [0, 1, 1]
    assert group_line([0.0, 0.19, 0.39], placed=[0, ALONE, ALONE]) == [0, 0, ALONE]


def test_two_faces_that_are_not_very_near_wait_for_a_third_once_there_are_groups():
    rule = replace(PLAIN, pair_cut=0.1)
    waiting = [0.0, 5.0, 5.15]
    assert group_line(waiting[1:], rule=rule) == [0, 0]
    assert group_line(waiting, placed=[0, ALONE, ALONE], rule=rule) == [0, ALONE, ALONE]
    assert group_line([*waiting, 5.1], placed=[0, *[ALONE] * 3], rule=rule) == [0, 1, 1, 1]
    assert group_line([0.0, 5.0, 5.09], placed=[0, ALONE, ALONE], rule=rule) == [0, 1, 1]
    assert group_line([0.0, 0.15], placed=[0, ALONE], rule=rule) == [0, 0]


def test_groups_that_are_there_are_never_merged():
    assert group_line([0.0, 0.02, 0.01], placed=[0, 1, ALONE])[:2] == [0, 1]


def test_two_faces_of_a_photo_never_share_a_group():
    assert group_line([0.0, 0.01], photos=[1, 1]) == [ALONE, ALONE]
    assert group_line([0.0, 0.02, 0.1, 0.0], photos=[1, 2, 2, 3]) == [0, 0, ALONE, 0]


def test_a_face_goes_to_the_other_group_when_the_nearest_has_its_photo():
    faces, photos = [0.0, 0.0, 0.05, 0.18, 0.18], [1, 2, 2, 3, 4]
    rule = GroupRule.average_linkage(0.15)
    assert group_line(faces, photos=photos, rule=rule) == [0, 0, 1, 1, 1]


def test_photo_that_a_group_already_holds_is_kept_out():
    assert group_line([0.0, 0.1, -0.11], photos=[1, 1, 2], placed=[0, ALONE, ALONE]) == [
        0,
        ALONE,
        0,
    ]


def test_faces_that_are_said_to_be_apart_never_share_a_group_however_it_grows():
    points = np.array([[0.0], [0.05], [0.06], [0.01]], np.float32)
    apart = np.array([[0, 2], [1, 3]])
    labels = group_unknown(points, np.arange(4), PLAIN, apart=apart).tolist()
    assert labels == [0, 1, 1, 0]
    placed = np.array([0, ALONE, ALONE, ALONE])
    labels = group_unknown(points, np.arange(4), PLAIN, placed, apart=apart).tolist()
    assert labels == [0, 1, 1, 0]


def test_nothing_and_broken_faces():
    assert group_line([]) == []
    assert group_line([np.nan, 0.0, 0.0, np.inf]) == [ALONE, 0, 0, ALONE]
    assert group_line([np.nan, 5.0, 0.0, 0.0], placed=[0, 1, ALONE, ALONE]) == [0, 1, 2, 2]
    broken = np.array([[0, 0], [1, 0], [1, 0]], np.float32)  # the first has no direction
    assert group_unknown(broken, np.arange(3), RULE).tolist() == [ALONE, 0, 0]
    with pytest.raises(ValueError, match="one photo and one place for each face"):
        group_line([0.0], photos=[1, 2])


@pytest.mark.parametrize("rule", [RULE, GroupRule.average_linkage(0.5)])
def test_people_become_groups(make_faces, rule):
    encodings, people = make_faces(40, 6)
    labels = group_unknown(encodings, np.arange(len(people)), rule)
    assert labels.tolist() == people.tolist()


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.6))
def test_a_plain_rule_is_exact_average_linkage(seed, cut):
    points = np.random.default_rng(seed).uniform(0, 1, size=(60, 4)).astype(np.float32)
    labels = group_unknown(points, np.arange(60), GroupRule.average_linkage(cut))
    exact = average_linkage(points, cut)
    _, exact, counts = np.unique(exact, return_inverse=True, return_counts=True)
    np.testing.assert_array_equal(labels == ALONE, counts[exact] == 1)
    both = labels != ALONE
    np.testing.assert_array_equal(
        labels[both][:, None] == labels[both][None], exact[both][:, None] == exact[both][None]
    )


def grow_by(encodings, photos, batch, rule):
    """Pass the faces in batches; yield all labels after each."""
    labels = np.full(len(encodings), ALONE)
    for end in range(batch, len(encodings) + batch, batch):
        labels[:end] = group_unknown(encodings[:end], photos[:end], rule, labels[:end])
        yield labels.copy()


def people_in_photos(seed, n=80):
    rng = np.random.default_rng(seed)
    middles = rng.normal(size=(12, 8))
    encodings = middles[rng.integers(0, 12, size=n)] + rng.normal(size=(n, 8)) * 0.4
    return encodings.astype(np.float32), rng.integers(0, n // 2, size=n)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_growth_moves_no_placed_face(seed, batch):
    encodings, photos = people_in_photos(seed)
    before = np.full(len(photos), ALONE)
    for labels in grow_by(encodings, photos, batch, RULE):
        placed = before != ALONE
        np.testing.assert_array_equal(labels[placed], before[placed])
        before = labels
    assert (before != ALONE).any()


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 80))
def test_no_photo_comes_twice_in_a_group_however_it_grew(seed, batch):
    encodings, photos = people_in_photos(seed)
    *_, labels = grow_by(encodings, photos, batch, replace(RULE, cut=0.8, strict=0.8))
    cells = [(p, c) for p, c in zip(photos.tolist(), labels.tolist(), strict=True) if c != ALONE]
    assert cells
    assert len(set(cells)) == len(cells)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_faces_changes_no_group(seed):
    encodings, photos = people_in_photos(seed)
    order = np.random.default_rng(seed).permutation(len(photos))
    here = group_unknown(encodings, photos, RULE)
    there = np.empty_like(here)
    there[order] = group_unknown(encodings[order], photos[order], RULE)
    np.testing.assert_array_equal(there == ALONE, here == ALONE)
    np.testing.assert_array_equal(there[:, None] == there[None], here[:, None] == here[None])


def test_growth_ends_with_the_people(make_faces):
    encodings, people = make_faces(20, 10)
    order = np.random.default_rng(1).permutation(len(people))
    *_, labels = grow_by(encodings[order], np.arange(len(people)), 30, RULE)
    together = labels[:, None] == labels[None]
    np.testing.assert_array_equal(together, people[order][:, None] == people[order][None])


def test_in_a_crowd_faces_must_be_nearer_to_be_one_person():
    faces = np.zeros((12, 13), np.float32)  # each at a squared distance of 0.135 from each other
    faces[:, 0] = np.sqrt(0.9325)
    faces[np.arange(12), np.arange(1, 13)] = np.sqrt(0.0675)
    assert group_unknown(faces[:2], np.arange(2), RULE).tolist() == [0, 0]
    assert set(group_unknown(faces, np.arange(12), RULE)) == {ALONE}


def test_more_faces_around_somebody_of_hundreds_are_no_crowd():
    """Twelve faces far from each other and each near enough to the mean of a large group."""
    near, far = 0.1, 0.26  # squared lengths of what the faces of the group, and the twelve, add
    faces = np.zeros((162, 163), np.float32)
    faces[np.arange(162), np.arange(1, 163)] = np.sqrt([near] * 150 + [far] * 12)
    faces[:, 0] = np.sqrt([1 - near] * 150 + [1 - far] * 12)
    rule = replace(RULE, strict=0.45, cut=0.6, crowd_near=0.5, crowd_far=1.0)
    labels = group_unknown(faces, np.arange(162), rule)
    assert set(labels[:150]) == {0}
    assert (labels[150:] == 0).all()
    few = np.r_[0:20, 150:162]
    assert (group_unknown(faces[few], np.arange(32), rule)[20:] == ALONE).all()


def test_hundreds_of_copies_of_a_face_are_one_group_soon():
    faces = np.tile(np.array([[1.0, 0.0]], np.float32), (600, 1))
    assert set(group_unknown(faces, np.arange(600), RULE)) == {0}


def test_by_cells_the_groups_are_the_same(make_faces):
    encodings, people = make_faces(400, 5, d=32)
    labels = group_unknown(encodings, np.arange(len(people)), RULE, exact_pairs=0)
    assert labels.tolist() == people.tolist()


def test_memory_does_not_go_by_the_square(make_faces):
    encodings, _ = make_faces(2500, 4, d=16)
    tracemalloc.start()
    group_unknown(encodings, np.arange(len(encodings)), GroupRule.average_linkage(0.2))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 160 * 2**20 < len(encodings) ** 2 * 4
