import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facedex.matching.metric import (
    MIN_LABELLED_FACES,
    distances,
    element_weights,
    iter_whole_photos,
    near,
    weighted,
)


def test_weights_are_the_variance_scaled_to_mean_one():
    faces = np.random.default_rng(0).normal(size=(500, 4)) * [1, 2, 3, 4]
    weights = element_weights(faces.astype(np.float32))
    variance = faces.var(axis=0)
    np.testing.assert_allclose(weights, variance / variance.mean(), rtol=1e-5)
    assert weights.dtype == np.float32


def test_few_labelled_faces_give_equal_weights():
    faces = np.random.default_rng(0).normal(size=(MIN_LABELLED_FACES - 1, 128)).astype(np.float32)
    assert (element_weights(faces) == 1).all()
    assert (element_weights(np.empty((0, 128), np.float32), min_faces=0) == 1).all()
    assert not (element_weights(faces, min_faces=50) == 1).all()


@pytest.mark.parametrize("value", [0.0, 0.25, -3.0])
def test_faces_that_are_all_alike_give_equal_weights(value):
    assert (element_weights(np.full((200, 8), value, np.float32)) == 1).all()


def test_constant_element_keeps_a_small_weight():
    faces = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    faces[:, 3] = 0.5
    weights = element_weights(faces)
    assert 0 < weights[3] < 0.02
    assert weights.mean() == pytest.approx(1, abs=1e-6)


def test_faces_that_are_not_finite_do_not_count_for_weights():
    faces = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    broken = np.vstack([faces, np.full((1, 8), np.nan, np.float32)])
    np.testing.assert_array_equal(element_weights(broken), element_weights(faces))


def test_distance_by_hand():
    a, b = np.array([[0, 0]], np.float32), np.array([[3, 4], [0, 2]], np.float32)
    np.testing.assert_allclose(distances(a, b), [[5, 2]], rtol=1e-6)
    np.testing.assert_allclose(
        distances(a, b, np.array([1.5, 0.5], np.float32)),
        [[np.sqrt(1.5 * 9 + 0.5 * 16), np.sqrt(0.5 * 4)]],
        rtol=1e-6,
    )


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(0, 20), st.integers(0, 20), st.integers(1, 7))
def test_distances_equal_the_formula_at_any_block(seed, n, m, block):
    rng = np.random.default_rng(seed)
    a, b = (rng.normal(size=(k, 16)).astype(np.float32) for k in (n, m))
    weights = element_weights(rng.normal(size=(200, 16)).astype(np.float32))
    expected = np.sqrt((weights * np.square(a[:, None] - b[None])).sum(axis=2))
    np.testing.assert_allclose(distances(a, b, weights, block=block), expected, atol=1e-4)


def test_faces_that_are_not_finite_are_infinitely_far():
    a = np.array([[np.nan, 0], [np.inf, 0], [1, 0]], np.float32)
    found = distances(a, a)
    assert found[2, 2] == 0
    assert np.isinf(np.delete(found.ravel(), 8)).all()


def test_near_pairs_are_measured_exactly_at_any_block():
    rng = np.random.default_rng(1)
    x, y = (rng.normal(size=(k, 8)).astype(np.float32) for k in (40, 30))
    cuts = rng.uniform(2, 4, size=30)
    exact = np.sqrt(np.square(x[:, None].astype(np.float64) - y[None]).sum(axis=2))
    expected = {tuple(pair) for pair in np.argwhere(exact <= cuts).tolist()}
    for block in (1, 7, 100):
        pairs = near(x, y, cuts, block=block)
        assert set(zip(pairs.rows.tolist(), pairs.columns.tolist(), strict=True)) == expected
        np.testing.assert_allclose(pairs.distances, exact[pairs.rows, pairs.columns], rtol=1e-12)


def test_identical_faces_are_at_distance_zero():
    x = np.random.default_rng(2).normal(size=(5, 128)).astype(np.float32) * 10
    pairs = near(x, x, np.zeros(5))
    assert (pairs.rows == pairs.columns).all()
    assert len(pairs.rows) == 5
    assert (pairs.distances == 0).all()


def test_batches_keep_a_photo_together_and_miss_no_face():
    photos = np.random.default_rng(3).integers(0, 20, size=200)
    seen = list(iter_whole_photos(photos, 15))
    assert sorted(np.concatenate(seen).tolist()) == list(range(200))
    assert len(seen) > 5
    homes = [set(photos[batch].tolist()) for batch in seen]
    assert sum(map(len, homes)) == len(set().union(*homes))
    assert list(iter_whole_photos(np.empty(0, np.int64))) == []


def test_weighted_leaves_its_input_alone():
    faces = np.ones((2, 4), np.float32)
    out = weighted(faces, np.full(4, 4.0, np.float32))
    assert (out == 2).all()
    assert (faces == 1).all()
