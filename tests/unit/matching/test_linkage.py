import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from facedex.matching.linkage import _at_first, _mutual_pairs, average_linkage


def partition(labels):
    groups = {}
    for face, label in enumerate(labels):
        groups.setdefault(int(label), set()).add(face)
    return {frozenset(members) for members in groups.values()}


def scipy_partition(faces, cut):
    tree = linkage(pdist(faces.astype(np.float64), "sqeuclidean"), "average")
    return partition(fcluster(tree, cut**2, criterion="distance"))


def test_groups_by_hand():
    faces = np.array([[0], [10], [0.1], [10.1], [5]], np.float32)
    assert average_linkage(faces, 0.2).tolist() == [0, 1, 0, 1, 4]
    assert average_linkage(faces, 0.05).tolist() == [0, 1, 2, 3, 4]
    assert average_linkage(faces, 100).tolist() == [0] * 5


def test_average_and_not_single_link_decides():
    chain = np.array([[0.0], [0.9], [2.0]], np.float32)
    assert partition(average_linkage(chain, 1.2)) == {frozenset({0, 1}), frozenset({2})}
    # mean squared distance of 2.0 to the pair: (2^2 + 1.1^2) / 2
    reach = np.sqrt((4 + 1.21) / 2)
    assert len(partition(average_linkage(chain, reach - 1e-3))) == 2
    assert len(partition(average_linkage(chain, reach + 1e-3))) == 1


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(2, 120), st.integers(1, 12), st.floats(0.05, 1.5))
def test_equals_scipy(seed, n, d, cut):
    rng = np.random.default_rng(seed)
    faces = rng.uniform(0, 1, size=(n, d)).astype(np.float32)
    assert partition(average_linkage(faces, cut)) == scipy_partition(faces, cut)


def test_equals_scipy_on_face_like_data(make_faces):
    faces, _ = make_faces(150, 8, spread=0.05)
    for cut in (0.7, 0.8, 0.9, 1.2):
        assert partition(average_linkage(faces, cut)) == scipy_partition(faces, cut)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_order_of_faces_and_block_change_no_group(seed, block):
    rng = np.random.default_rng(seed)
    faces = rng.uniform(0, 1, size=(50, 3)).astype(np.float32)
    order = rng.permutation(50)
    shuffled = average_linkage(faces[order], 0.4, block=block)
    there = {frozenset(int(order[i]) for i in group) for group in partition(shuffled)}
    assert there == partition(average_linkage(faces, 0.4))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.floats(0.1, 3))
def test_equal_distances_and_equal_faces_come_to_an_end(places, cut):
    """On a grid nearly everything is tied; equal faces always end up together."""
    faces = np.array([[place % 2, place // 2] for place in places], np.float32)
    labels = average_linkage(faces, cut)
    for place in set(places):
        members = labels[np.array(places) == place]
        assert len(set(members.tolist())) == 1


def test_many_copies_of_one_face_are_one_group():
    face = np.random.default_rng(0).normal(size=(1, 128)).astype(np.float32)
    assert (average_linkage(np.repeat(face, 20_000, axis=0), 0.01) == 0).all()


def test_copies_weigh_in_the_average():
    faces = np.array([[0.0], [0.0], [0.0], [1.0], [2.0]], np.float32)
    # 2.0 is at sqrt((3 * 4 + 1) / 4) = 1.80 from the four; with one 0.0 it would be at 1.58
    assert average_linkage(faces, 1.7).tolist() == [0, 0, 0, 0, 4]
    assert partition(average_linkage(faces, 1.85)) == scipy_partition(faces, 1.85)


def test_broken_faces_stay_alone():
    faces = np.array([[0, 0], [np.nan, 0], [0, 0.1], [np.inf, 0], [1e30, 0]], np.float32)
    assert average_linkage(faces, 0.5).tolist() == [0, 1, 0, 3, 4]


@pytest.mark.parametrize("n", [0, 1])
def test_no_face_and_one_face(n):
    assert average_linkage(np.zeros((n, 4), np.float32), 1.0).tolist() == list(range(n))


def test_input_is_left_alone(make_faces):
    faces, _ = make_faces(5, 5)
    before = faces.copy()
    average_linkage(faces, 0.6)
    np.testing.assert_array_equal(faces, before)


def test_memory_goes_by_the_block_and_not_by_n_squared(make_faces):
    faces, _ = make_faces(1000, 4, d=16)
    peaks = {}
    for block in (128, 4096):
        tracemalloc.start()
        average_linkage(faces, 0.2, block=block)
        peaks[block] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks[128] < 12 * 2**20 < len(faces) ** 2 * 4 < peaks[4096]


def test_ring_of_nearest_groups_is_broken_at_the_nearest_two():
    """Rounding can make 0 -> 1 -> 2 -> 0 of equal distances."""
    groups = _at_first(np.arange(3, dtype=np.float32)[:, None])
    groups.nearest[:] = [1, 2, 0]
    groups.squared[:] = [1.0, 1.0, 0.5]
    a, b = _mutual_pairs(groups)
    assert (a.tolist(), b.tolist()) == ([0], [2])
    groups.alive[:] = False
    assert _mutual_pairs(groups)[0].tolist() == []
