import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facedex.matching.metric import distances, element_weights
from facedex.matching.metrics import PULL, FaceTypes, commonness, fit_metric
from facedex.types import MetricName


def types(d=128):
    vectors = np.eye(2, d, dtype=np.float32)
    return FaceTypes(vectors, 0.5)


def between(metric, a, b):
    return distances(metric.probes(metric.transform(a)), metric.targets(metric.transform(b)))


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def test_none_is_euclid(make_faces):
    faces, people = make_faces(4, 3)
    metric = fit_metric(MetricName.NONE, faces, people)
    expected = np.linalg.norm(faces[:, None] - faces[None], axis=2)
    np.testing.assert_allclose(between(metric, faces, faces), expected, atol=2e-3)


@pytest.mark.parametrize(("name", "power"), [(MetricName.VARIANCE, 1.0), (MetricName.STD, 0.5)])
def test_weighted_metrics_are_the_formula(make_faces, name, power):
    faces, people = make_faces(30, 5, spread=0.05)
    metric = fit_metric(name, faces, people)
    weights = element_weights(faces, power=power)
    expected = np.sqrt((weights * (faces[:9, None] - faces[None, 9:20]) ** 2).sum(axis=2))
    np.testing.assert_allclose(between(metric, faces[:9], faces[9:20]), expected, atol=1e-3)
    variance = faces.var(axis=0, dtype=np.float64) ** power
    assert weights == pytest.approx(variance / variance.mean(), rel=1e-4)


@pytest.mark.parametrize("name", [MetricName.UNIT, MetricName.WHITENED, MetricName.TYPICALITY])
def test_length_does_not_matter(make_faces, name):
    faces, people = make_faces(30, 5, spread=0.05)
    metric = fit_metric(name, faces, people, types())
    scaled = faces * np.random.default_rng(0).uniform(0.5, 3, size=(len(faces), 1))
    np.testing.assert_allclose(
        between(metric, scaled.astype(np.float32), faces), between(metric, faces, faces), atol=2e-3
    )


def test_whitening_takes_out_the_direction_in_which_a_persons_faces_vary():
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(60), 6)
    middles = unit(rng.normal(size=(60, 16)))
    noise = rng.normal(size=(360, 16)) * 0.02
    noise[:, 0] *= 10
    faces = (middles[people] + noise).astype(np.float32)
    plain = fit_metric(MetricName.UNIT, faces, people)
    whitened = fit_metric(MetricName.WHITENED, faces, people)

    within = np.where(people[:, None] == people, 1, np.nan)
    ratio = [
        np.nanmean(between(m, faces, faces) * within) / between(m, faces, faces).mean()
        for m in (plain, whitened)
    ]
    assert ratio[1] < 0.9 * ratio[0]


def test_whitening_needs_labels_and_is_unit_without(make_faces):
    faces, people = make_faces(20, 3)
    metric = fit_metric(MetricName.WHITENED, faces, people)
    expected = between(fit_metric(MetricName.UNIT, faces, people), faces, faces)
    np.testing.assert_array_equal(between(metric, faces, faces), expected)


def test_typicality_adds_what_each_side_has_in_common_with_a_type(make_faces):
    faces, people = make_faces(6, 2)
    faces[0] = np.eye(1, 128) * 1.4  # a type itself
    metric = fit_metric(MetricName.TYPICALITY, faces, people, types())
    found = between(metric, faces[:1], faces[1:2])[0, 0]
    a, b = unit(faces[:1])[0], unit(faces[1:2])[0]
    common = max(b[0], b[1], 0.5) - 0.5
    expected = ((a - b) ** 2).sum() + 2 * PULL * (0.5 + common)
    assert found == pytest.approx(np.sqrt(expected), abs=1e-4)


def test_unusual_faces_gain_no_nearness():
    away = np.eye(128, dtype=np.float32)[5:9]
    assert (commonness(away, types()) == 0).all()
    metric = fit_metric(MetricName.TYPICALITY, away, np.arange(4), types())
    assert between(metric, away[:1], away[1:2])[0, 0] == pytest.approx(np.sqrt(2), abs=1e-4)


def test_without_types_typicality_is_unit(make_faces):
    faces, people = make_faces(5, 2)
    found = between(fit_metric(MetricName.TYPICALITY, faces, people), faces, faces)
    expected = between(fit_metric(MetricName.UNIT, faces, people), faces, faces)
    np.testing.assert_array_equal(found, expected)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.sampled_from(list(MetricName)))
def test_distances_are_symmetric_and_no_face_disturbs_another(seed, name):
    rng = np.random.default_rng(seed)
    faces = rng.normal(size=(12, 8)).astype(np.float32)
    metric = fit_metric(name, faces, np.arange(12) // 3, types(8))
    found = between(metric, faces, faces)
    np.testing.assert_allclose(found, found.T, atol=1e-3)
    broken = faces.copy()
    broken[3], broken[4] = np.nan, 0
    rest = np.delete(np.arange(12), [3, 4])
    again = between(metric, broken, broken)
    np.testing.assert_allclose(again[np.ix_(rest, rest)], found[np.ix_(rest, rest)], atol=1e-3)
    assert np.isinf(again[3]).all()
