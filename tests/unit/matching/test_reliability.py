import itertools

import numpy as np
import pytest

from facedex.matching.calibration import SHIPPED, Calibration
from facedex.matching.reliability import EDGES, reliability
from facedex.types import SURE, MetricName

UNIT = SHIPPED[MetricName.UNIT]


def told_apart(n_people=40, n_each=8, spread=0.015):
    """Unit-length faces: of everybody near to each other, far from all others."""
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(1, n_people + 1), n_each)
    middles = rng.normal(size=(n_people + 1, 128))
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    faces = middles[people] + rng.normal(size=(len(people), 128)) * spread
    return (faces / np.linalg.norm(faces, axis=1, keepdims=True)).astype(np.float32), people


def with_sisters():
    """Every second person is the one before over again, under another name."""
    encodings, people = told_apart(20, 16)
    return encodings, people * 2 + np.arange(len(people)) % 2


def test_where_all_are_told_apart_what_is_sure_is_right():
    bins = reliability(MetricName.UNIT, UNIT, *told_apart(), None)
    assert [(each.least, each.most) for each in bins] == list(itertools.pairwise(EDGES))
    sure = bins[-1]
    assert sure.least == SURE
    assert sure.n_faces > 0
    assert (sure.right, sure.n_strangers) == (1.0, 0)
    assert sure.stated >= SURE


def test_look_alikes_among_the_strangers_are_counted_in_the_bin_they_fall_in():
    sure = reliability(MetricName.UNIT, UNIT, *with_sisters(), None)[-1]
    assert sure.n_strangers > 0
    assert sure.right < 1


def test_a_bin_without_suggestions_says_nothing_of_them():
    nothing_is_near = Calibration((-30.0, -1.0, 0.0, 0.0))
    for each in reliability(MetricName.UNIT, nothing_is_near, *told_apart(), None):
        assert (each.n_faces, each.stated, each.right, each.n_strangers) == (0, None, None, 0)


@pytest.mark.parametrize("calibration", [UNIT, Calibration(UNIT.coefficients)])
def test_every_face_is_in_one_bin_at_most(calibration):
    _encodings, people = told_apart()
    bins = reliability(MetricName.UNIT, calibration, *told_apart(), None)
    assert 0 < sum(each.n_faces for each in bins) <= 6 * len(people)
