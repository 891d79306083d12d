import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facedex.matching.likeness import DLIB_RESNET, Likeness
from facedex.naming.encoder import DLIB, likeness_from_cut

SIZES = st.integers(1, 10_000)


@given(SIZES, SIZES, st.integers(1, 10**6))
def test_farther_groups_are_less_likely_one_person(n, m, n_units):
    chances = DLIB_RESNET.chances(np.linspace(0, 0.3, 30), n, m, n_units)
    assert (np.diff(chances) < 0).all()
    assert ((chances >= 0) & (chances <= 1)).all()


@given(SIZES, SIZES)
def test_order_of_the_two_does_not_matter(n, m):
    one, other = (DLIB_RESNET.chances(0.13, *sizes, 50) for sizes in ((n, m), (m, n)))
    assert one == other


def test_twice_the_units_are_half_the_odds():
    few, many = (float(DLIB_RESNET.chances(0.14, 9, 2, n)) for n in (300, 600))
    assert few / (1 - few) == pytest.approx(2 * many / (1 - many))


def test_two_large_groups_must_lie_nearer_than_a_face_and_a_group():
    face, group = DLIB_RESNET.chances(0.14, 50, [1, 50], 300)
    assert face > 5 * group


@given(st.floats(0.001, 0.999), SIZES, SIZES, st.integers(1, 10**6))
def test_nothing_beyond_the_reach_is_as_likely(chance, n, m, n_units):
    reach = DLIB_RESNET.reach(chance, n_units)
    assert DLIB_RESNET.chances(reach + 1e-6, n, m, n_units) < chance
    assert DLIB_RESNET.chances(reach - 1e-6, 1, 1, n_units) > chance


def test_cut_of_another_encoder_gives_the_same_in_its_own_measure():
    cut = DLIB.group_rule.cut
    same, twice = (Likeness(*likeness_from_cut(each)) for each in (cut, 2 * cut))
    for share in (0.5, 1.0, 1.5):
        squared = share * cut**2
        wanted = pytest.approx(float(DLIB_RESNET.chances(squared, 5, 1, 100)))
        assert same.chances(squared, 5, 1, 100) == wanted
        assert twice.chances(4 * squared, 5, 1, 100) == wanted
