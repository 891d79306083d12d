import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facedex.matching.calibration import (
    MOST_UNSURE,
    PRIOR_STEP,
    SHIPPED,
    Calibration,
    fit_calibration,
    known_share,
    limited,
    prior_log_odds,
    refined,
)
from facedex.naming.encoder import ODDS_WHEN_FITTED, ratio_from_cuts
from facedex.types import MetricName

TRUE = Calibration((12.0, -90.0, 1.0, 30.0))


def drawn_pairs(seed=0, n=40_000):
    """Pairs of which those of one person are drawn as TRUE says, at the odds of a fit."""
    rng = np.random.default_rng(seed)
    distances = rng.uniform(0, 0.8, size=n)
    n_labels = rng.choice([1.0, 2.0, 5.0, 10.0], size=n)
    odds = np.exp(TRUE.log_ratios(distances, n_labels)) / ODDS_WHEN_FITTED
    is_same = rng.uniform(size=n) < odds / (1 + odds)
    return distances, n_labels, is_same


def test_a_fit_finds_the_ratio_that_made_the_pairs():
    distances, n_labels, is_same = drawn_pairs()
    fitted = fit_calibration(distances, n_labels, is_same, np.ones(len(distances)))
    at = np.array([0.2, 0.3, 0.35, 0.4])
    for n in (1.0, 10.0):
        truth = TRUE.log_ratios(at, np.full(4, n))
        np.testing.assert_allclose(fitted.log_ratios(at, np.full(4, n)), truth, atol=0.7)


def test_what_is_no_distance_is_refused():
    distances, n_labels, is_same = drawn_pairs()
    with pytest.raises(ValueError, match="likelier"):
        fit_calibration(0.8 - distances, n_labels, is_same, np.ones(len(distances)))


def test_many_pairs_of_a_library_correct_the_shipped_ratio():
    distances, n_labels, is_same = drawn_pairs(1)
    off = Calibration(TRUE.coefficients, slope=1.5, shift=2.0)
    ratios = off.log_ratios(distances, n_labels)
    inside = np.abs(ratios) < 30
    weights = np.ones(inside.sum())
    fixed = refined(Calibration((0.0, -1.0, 0.0, 0.0)), ratios[inside], is_same[inside], weights)
    assert fixed.slope == pytest.approx(1 / 1.5, abs=0.05)
    assert fixed.shift == pytest.approx(-2 / 1.5, abs=0.3)


def test_few_pairs_change_little_and_one_kind_nothing():
    ratios = np.array([1.0, -3.0, 9.0])
    one = refined(TRUE, ratios, np.array([False, False, True]), np.array([50.0, 50.0, 1.0]))
    assert abs(one.slope - 1) < 0.1
    assert abs(one.shift) < 1.5
    assert refined(TRUE, ratios, np.ones(3, bool), np.ones(3)) == TRUE
    assert refined(TRUE, np.empty(0), np.empty(0, bool), np.empty(0)) == TRUE


@pytest.mark.parametrize("name", list(MetricName))
def test_shipped_ratios_fall_with_distance_and_reach_undoes_them(name):
    calibration = SHIPPED[name]
    for n in (1.0, 3.0, 50.0):
        distances = np.linspace(0, 1.5, 50)
        ratios = calibration.log_ratios(distances, np.array(n))
        assert (np.diff(ratios) <= 0).all()
        for wanted in (-3.0, 0.0, 5.0):
            [reach] = calibration.reach(wanted, np.array([n]))
            assert calibration.log_ratios(np.array([reach]), np.array(n)) == pytest.approx([wanted])


def test_no_distance_reaches_what_equal_faces_do_not():
    assert TRUE.reach(1000.0, np.array([1.0])) == [0.0]


@given(st.floats(0.05, 0.9), st.integers(0, 2**32 - 1))
def test_the_share_of_known_faces_is_found_without_labels(share, seed):
    """Ratios of N(2, 2) for known faces and N(-2, 2) for strangers: log-ratios of variance 4."""
    rng = np.random.default_rng(seed)
    n = 4000
    is_known = np.arange(n) < share * n
    logs = rng.normal(np.where(is_known, 2.0, -2.0), 2.0)
    assert known_share(np.exp(logs)) == pytest.approx(share, abs=0.06)


def test_a_few_faces_say_little_and_the_share_has_bounds():
    assert known_share(np.empty(0)) == pytest.approx(0.5)
    assert 0.5 < known_share(np.array([1e9])) < 0.6
    assert known_share(np.full(10_000, 1e9)) == pytest.approx(0.953, abs=0.001)
    assert known_share(np.zeros(10_000)) == pytest.approx(0.018, abs=0.001)


def test_one_face_more_or_less_leaves_the_share_alone():
    ratios = np.exp(np.random.default_rng(0).normal(0.0, 3.0, size=5000))
    assert len({known_share(ratios[:n]) for n in range(4950, 5000)}) == 1


def test_the_prior_goes_down_with_the_number_of_people():
    assert prior_log_odds(0.5, 1) == pytest.approx(0.0)
    assert prior_log_odds(0.5, 100) == pytest.approx(-np.log(100), abs=PRIOR_STEP / 2)
    assert prior_log_odds(0.5, 100) == prior_log_odds(0.5, 101)
    assert np.isfinite(prior_log_odds(0.5, 0))


def test_cuts_alone_make_a_calibration():
    made = Calibration(ratio_from_cuts((1, 2, 4), (0.6, 0.5, 0.45)))
    n_labels = np.array([1.0, 2.0, 4.0])
    even = np.log(ODDS_WHEN_FITTED)
    assert np.allclose(made.reach(even, n_labels), [0.6, 0.5, 0.45], atol=0.01)
    at_cut = made.reach(even, n_labels)
    assert (made.log_ratios(0.8 * at_cut, n_labels) > even + 2).all()
    assert (made.log_ratios(1.2 * at_cut, n_labels) < even - 2).all()


def test_one_cut_serves_every_number_of_labels():
    made = Calibration(ratio_from_cuts((1,), (0.5,)))
    assert np.allclose(made.reach(np.log(ODDS_WHEN_FITTED), np.array([1.0, 8.0])), 0.5)


@pytest.mark.parametrize("name", list(MetricName))
def test_shipped_ratios_against_look_alikes_fall_with_distance_and_ask_for_more(name):
    calibration = SHIPPED[name]
    for n in (1.0, 3.0, 50.0):
        distances = np.linspace(0, 1.5, 50)
        against = calibration.look_alike_log_ratios(distances, np.array(n))
        assert (np.diff(against) <= 0).all()
        as_near = calibration.reach(5.0, np.array([n]))
        assert calibration.look_alike_log_ratios(as_near, np.array([n])) < 5.0


def test_only_what_is_nearly_sure_is_limited():
    p = np.array([0.3, 0.9, 0.99, 0.9999, 0.9999, 0.9999])
    look_alike = np.array([-9.0, -9.0, -9.0, -9.0, 5.3, 30.0])
    wanted = [0.3, 0.9, 0.99, MOST_UNSURE, 1 / (1 + np.exp(-5.3)), 0.9999]
    assert limited(p, look_alike) == pytest.approx(wanted)


def test_a_librarys_own_labels_do_not_lift_the_limit():
    shipped = SHIPPED[MetricName.TYPICALITY]
    ratios = np.repeat([20.0, -20.0], 500)
    own = refined(shipped, ratios, ratios > 0, np.repeat([1.0, 100.0], 500))
    at = np.array([0.3])
    assert own.log_ratios(at, np.array(8.0)) != shipped.log_ratios(at, np.array(8.0))
    assert own.look_alike_log_ratios(at, np.array(8.0)) == shipped.look_alike_log_ratios(
        at, np.array(8.0)
    )
