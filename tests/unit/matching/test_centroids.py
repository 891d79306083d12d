import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from facedex.matching.centroids import Centroid, build_centroids, to_table

encodings = arrays(
    np.float32,
    st.tuples(st.integers(1, 30), st.just(6)),
    elements=st.floats(-2, 2, width=32),
)


def centroid_of(faces):
    held = Centroid.empty(faces.shape[1])
    for face in faces:
        held = held.add(face)
    return held


def test_mean_by_hand():
    held = centroid_of(np.array([[1, 0], [0, 0], [0.5, 3]], np.float32))
    assert held.n == 3
    np.testing.assert_allclose(held.mean, [0.5, 1.0])


def test_first_face_counts_like_every_other():
    held = Centroid.empty(2).add(np.array([0.25, -1], np.float32))
    assert held.n == 1
    np.testing.assert_array_equal(held.mean, [0.25, -1])


@settings(deadline=None)
@given(encodings)
def test_mean_is_the_mean(faces):
    np.testing.assert_allclose(
        centroid_of(faces).mean, faces.mean(axis=0, dtype=np.float64), atol=4e-9
    )


@settings(deadline=None)
@given(encodings, encodings, st.randoms(use_true_random=False))
def test_adding_then_removing_in_any_order_restores_every_bit(kept, passing, random):
    before = centroid_of(kept)
    held = before
    for face in passing:
        held = held.add(face)
    for at in random.sample(range(len(passing)), len(passing)):
        held = held.remove(passing[at])
    assert held.n == before.n
    np.testing.assert_array_equal(held.mean, before.mean)


@settings(deadline=None)
@given(encodings, st.randoms(use_true_random=False))
def test_order_of_faces_does_not_matter(faces, random):
    shuffled = faces[random.sample(range(len(faces)), len(faces))]
    np.testing.assert_array_equal(centroid_of(faces).mean, centroid_of(shuffled).mean)


@settings(deadline=None)
@given(encodings)
def test_built_at_once_equals_grown(faces):
    built = build_centroids(faces, np.full(len(faces), 7))
    assert list(built) == [7]
    assert built[7].n == len(faces)
    np.testing.assert_array_equal(built[7].mean, centroid_of(faces).mean)


weights = st.sampled_from([1 / 64, 0.1, 0.5, 0.77, 1.0])


@settings(deadline=None)
@given(encodings, st.data())
def test_weighted_faces_come_and_go_without_a_trace(faces, data):
    weight = data.draw(st.lists(weights, min_size=len(faces), max_size=len(faces)))
    base = Centroid.empty(6).add(np.full(6, 0.3, np.float32), 0.5)
    held = base
    for face, each in zip(faces, weight, strict=True):
        held = held.add(face, each)
    steps = np.round(np.array([0.5, *weight]) * 64)
    rows = np.vstack((np.full((1, 6), 0.3, np.float32), faces)).astype(np.float64)
    np.testing.assert_allclose(held.mean, steps @ rows / steps.sum(), atol=4e-9)
    for at in data.draw(st.permutations(range(len(faces)))):
        held = held.remove(faces[at], weight[at])
    assert held.n == base.n
    assert held.weight == base.weight
    np.testing.assert_array_equal(held.mean, base.mean)


@settings(deadline=None)
@given(encodings, st.data())
def test_weighted_and_built_at_once_equals_grown(faces, data):
    weight = data.draw(st.lists(weights, min_size=len(faces), max_size=len(faces)))
    grown = Centroid.empty(6)
    for face, each in zip(faces, weight, strict=True):
        grown = grown.add(face, each)
    built = build_centroids(faces, np.zeros(len(faces), int), np.array(weight))[0]
    assert (built.n, built.weight) == (grown.n, grown.weight)
    np.testing.assert_array_equal(built.mean, grown.mean)


@pytest.mark.parametrize("weight", [0.0, -1.0, 1.5, np.nan])
def test_a_weight_that_is_none_is_refused(weight):
    with pytest.raises(ValueError, match="weight"):
        Centroid.empty(2).add(np.zeros(2, np.float32), weight)


def test_large_cluster_survives_a_hundred_thousand_changes():
    faces = np.random.default_rng(0).normal(scale=0.1, size=(100_000, 4)).astype(np.float32)
    held = build_centroids(faces, np.zeros(len(faces), int))[0]
    again = held
    for face in faces[:500]:
        again = again.remove(face)
    for face in faces[499::-1]:
        again = again.add(face)
    np.testing.assert_array_equal(again.mean, held.mean)


def test_build_goes_by_cluster_and_leaves_out_the_clusterless():
    faces = np.arange(12, dtype=np.float32).reshape(6, 2)
    built = build_centroids(faces, np.array([5, -1, 0, 5, 0, 9]))
    assert {cluster: held.n for cluster, held in built.items()} == {0: 2, 5: 2, 9: 1}
    np.testing.assert_array_equal(built[5].mean, faces[[0, 3]].mean(axis=0))


def test_cluster_zero_and_no_clusters_are_ordinary():
    assert build_centroids(np.empty((0, 4), np.float32), np.empty(0, int)) == {}
    assert list(build_centroids(np.ones((1, 4), np.float32), np.array([0]))) == [0]


def test_adding_does_not_change_the_old_centroid_nor_the_encoding():
    first = np.array([1, 2], np.float32)
    before = Centroid.empty(2).add(first)
    before.add(np.array([5, 5], np.float32))
    np.testing.assert_array_equal(before.mean, [1, 2])
    np.testing.assert_array_equal(first, [1, 2])


def test_removing_the_last_face_leaves_an_empty_centroid():
    face = np.array([1, 2], np.float32)
    held = Centroid.empty(2).add(face).remove(face)
    assert held.n == 0
    assert (held.mean == 0).all()


def test_wrong_use_is_refused():
    held = Centroid.empty(2)
    with pytest.raises(ValueError, match="empty"):
        held.remove(np.zeros(2, np.float32))
    with pytest.raises(ValueError, match="shape"):
        held.add(np.zeros(3, np.float32))
    with pytest.raises(ValueError, match="finite"):
        held.add(np.array([np.nan, 0], np.float32))
    with pytest.raises(ValueError, match="one cluster id"):
        build_centroids(np.zeros((2, 2), np.float32), np.zeros(3, int))


def test_table_is_sorted_and_leaves_out_empty_centroids():
    full = Centroid.empty(2).add(np.array([1, 2], np.float32))
    table = to_table({9: full, 3: full.add(np.array([3, 4], np.float32)), 1: Centroid.empty(2)}, 2)
    assert table.cluster_ids.tolist() == [3, 9]
    assert table.counts.tolist() == [2, 1]
    assert table.means.dtype == np.float32
    assert table.means.tolist() == [[2, 3], [1, 2]]
    assert to_table({}, 2).means.shape == (0, 2)
