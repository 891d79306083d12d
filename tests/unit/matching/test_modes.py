import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from facedex.matching.known_people import Faces, KnownPeople
from facedex.matching.metrics import Metric
from facedex.matching.modes import MIN_FACES, MOST_LINKED, linked_faces, split_modes
from facedex.types import MetricName

APART = 0.5


def looks(*sizes, spread=0.05, seed=0, d=8):
    """Faces of one person who looks several ways, so many of each."""
    rng = np.random.default_rng(seed)
    middles = np.eye(len(sizes), d)
    which = np.repeat(np.arange(len(sizes)), sizes)
    return (middles[which] + rng.normal(size=(len(which), d)) * spread).astype(np.float32), which


def known_people(points, quality=None, taken=None):
    n = len(points)
    faces = Faces(
        points,
        np.arange(n),
        np.full(n, np.nan) if taken is None else np.array(taken, float),
        np.full(n, np.nan) if quality is None else np.array(quality, float),
    )
    return KnownPeople(Metric(MetricName.NONE), points, faces, APART)


def test_who_looks_the_same_has_one_mode_and_who_does_not_several():
    assert split_modes(looks(30)[0], APART).max() == 0
    points, which = looks(6, 9)
    assert split_modes(points, APART).tolist() == which.tolist()


def test_a_few_outliers_are_no_mode_but_join_the_nearest():
    points, which = looks(8, 8)
    points[-1] = np.eye(8)[5]  # like none of them
    labels = split_modes(points, APART)
    assert labels[:-1].tolist() == which[:-1].tolist()
    assert labels[-1] in (0, 1)
    assert split_modes(looks(8, MIN_FACES - 1)[0], APART).max() == 0


def test_few_faces_are_never_split():
    assert split_modes(looks(3, 4)[0], APART).max() == 0
    assert len(split_modes(np.empty((0, 8), np.float32), APART)) == 0


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_order_of_faces_changes_no_mode(seed):
    points, _ = looks(5, 7, 4, spread=0.15, seed=seed)
    order = np.random.default_rng(seed).permutation(len(points))
    here, there = split_modes(points, APART), split_modes(points[order], APART)
    np.testing.assert_array_equal(
        here[order][:, None] == here[order], there[:, None] == there[None]
    )


def test_a_gallery_has_each_mode_with_its_mean_count_and_time():
    points, which = looks(6, 9)
    people = known_people(points, taken=[10] * 6 + [np.nan] * 8 + [70])
    people.learn(np.full(15, 3))
    gallery = people.gallery([3, 99])
    assert gallery.people.tolist() == [3, 3]
    assert gallery.n_labels.tolist() == [6, 9]
    assert gallery.taken_us.tolist() == [10, 70]
    np.testing.assert_allclose(gallery.targets[1], points[which == 1].mean(axis=0), atol=1e-6)


def test_poor_faces_move_no_centroid_unless_there_is_no_other():
    points, _ = looks(4)
    points[3] = 5
    person = np.array([1, 1, 1, 1])
    people = known_people(points, quality=[0.9, np.nan, 0.9, 0.05])
    people.learn(person)
    assert people.gallery([1]).n_labels.tolist() == [3]
    assert people.gallery([1]).targets.max() < 2
    only_poor = known_people(points, quality=[0.1, 0.1, 0.1, 0.05])
    only_poor.learn(person)
    assert only_poor.gallery([1]).n_labels.tolist() == [4]


def test_better_faces_weigh_more():
    points = np.array([[0.0], [1.0]], np.float32)
    people = known_people(points, quality=[0.25, 0.75])
    people.learn(np.array([1, 1]))
    assert people.gallery([1]).targets.tolist() == [[0.75]]


def test_a_face_without_finite_numbers_is_nobodys():
    people = known_people(np.full((2, 3), np.nan, np.float32))
    people.learn(np.array([1, 1]))
    assert 1 not in people
    assert people.gallery([1]).targets.shape == (0, 3)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_modes_are_what_the_faces_are_whichever_way_they_came(seed):
    rng = np.random.default_rng(seed)
    points, _ = looks(6, 9, spread=0.2, seed=seed)
    quality = rng.uniform(0, 1, 15)
    grown, built = known_people(points, quality), known_people(points, quality)
    for _ in range(8):
        grown.rebuild(1, np.sort(rng.choice(15, rng.integers(1, 15), replace=False)))
    rows = np.sort(rng.choice(15, 10, replace=False))
    grown.rebuild(1, rows)
    built.rebuild(1, rows)
    here, there = grown.gallery([1]), built.gallery([1])
    np.testing.assert_array_equal(here.targets, there.targets)
    np.testing.assert_array_equal(here.n_labels, there.n_labels)


def test_of_very_many_faces_some_are_linked_and_the_others_go_to_the_nearest():
    points, which = looks(MOST_LINKED, MOST_LINKED)
    assert split_modes(points, APART).tolist() == which.tolist()
    linked = linked_faces(points)
    assert len(linked) == MOST_LINKED
    order = np.random.default_rng(0).permutation(len(points))
    assert set(order[linked_faces(points[order])].tolist()) == set(linked.tolist())
    one_less = linked_faces(np.delete(points, linked[3], axis=0))
    assert len(set(np.delete(np.arange(len(points)), linked[3])[one_less]) - set(linked)) == 1


def test_a_person_may_come_and_go():
    points, _ = looks(5)
    people = known_people(points)
    people.learn(np.zeros(5, int))
    people.rebuild(7, np.arange(5))
    assert people.everybody() == [7]
    people.rebuild(7, np.empty(0, np.int64))
    assert len(people) == 0
