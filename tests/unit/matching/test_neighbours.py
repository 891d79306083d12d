import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facedex.matching import neighbours as module
from facedex.matching.neighbours import neighbours


def pairs(edges):
    return {(int(a), int(b)): float(v) for a, b, v in zip(*edges, strict=True)}


def all_pairs(points, heights, reach):
    values = ((points[:, None].astype(float) - points[None]) ** 2).sum(axis=2)
    values += heights[:, None] + heights[None]
    found = np.argwhere(np.triu(values <= reach, 1))
    return {(int(a), int(b)): values[a, b] for a, b in found}


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 1.0))
def test_every_pair_within_reach_is_found_with_its_value(seed, reach):
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 1, size=(40, 3)).astype(np.float32)
    heights = rng.uniform(0, 0.1, size=40)
    found, exact = pairs(neighbours(points, heights, reach, 40)), all_pairs(points, heights, reach)
    for pair in found.keys() ^ exact.keys():  # only what lies on the border may differ, by rounding
        assert {**found, **exact}[pair] == pytest.approx(reach, abs=1e-5)
    for pair in found.keys() & exact.keys():
        assert found[pair] == pytest.approx(exact[pair], abs=1e-5)


def test_a_point_brings_its_nearest_only_but_may_be_brought_by_others():
    points = np.array([[0.0], [1.0], [2.1], [3.3]], np.float32)
    assert set(pairs(neighbours(points, np.zeros(4), 100, 1))) == {(0, 1), (1, 2), (2, 3)}


def test_only_the_points_asked_for_are_looked_at():
    points = np.array([[0.0], [1.0], [2.0], [3.0]], np.float32)
    found = neighbours(points, np.zeros(4), 1.5, 4, of=np.array([3]))
    assert pairs(found) == {(2, 3): pytest.approx(1.0)}
    assert not pairs(neighbours(points, np.zeros(4), 1.5, 4, of=np.array([], dtype=np.int64)))


def test_heights_make_points_farther():
    points = np.array([[0.0], [1.0], [-1.1]], np.float32)
    found = neighbours(points, np.array([0.0, 0.5, 0.0]), 1.4, 3)
    assert pairs(found) == {(0, 2): pytest.approx(1.21)}


def test_by_cells_nearly_all_pairs_of_people_are_found(make_faces):
    points, _people = make_faces(1000, 5, d=32)
    flat = np.zeros(len(points))
    exact = pairs(neighbours(points, flat, 0.1, 10))
    assert len(exact) == 10_000
    found = pairs(neighbours(points, flat, 0.1, 10, exact_pairs=0))
    assert len(found.keys() & exact.keys()) >= 9_900
    assert found.keys() <= exact.keys()


def test_tiles_change_nothing(make_faces, monkeypatch):
    points, _ = make_faces(40, 5, d=16, spread=0.2)
    flat = np.zeros(len(points))
    here = pairs(neighbours(points, flat, 1.0, 7))
    monkeypatch.setattr(module, "_TILE_ELEMENTS", 1000)
    assert pairs(neighbours(points, flat, 1.0, 7)).keys() == here.keys()
