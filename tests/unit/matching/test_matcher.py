import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facedex.matching.calibration import SHIPPED, Calibration, prior_log_odds
from facedex.matching.matcher import Candidates, find_candidates, ratio_sums, settle
from facedex.matching.modes import Gallery
from facedex.types import SURE, MetricName

CALIBRATION = Calibration((10.0, -40.0, 0.0, 0.0))
EVEN_ODDS = 0.0


def on_line(*positions):
    """Points on a line, so that distances can be read off."""
    return np.array([[position, 0.0] for position in positions], np.float32).reshape(-1, 2)


def gallery(places, people, n_labels=None, taken=None):
    order = np.argsort(people, kind="stable")
    counts = np.ones(len(people)) if n_labels is None else np.array(n_labels, float)
    times = np.full(len(people), np.nan) if taken is None else np.array(taken, float)
    return Gallery(
        on_line(*places)[order], np.array(people, int)[order], counts[order], times[order]
    )


def candidates_of(faces, places, people, n_people=None, **options):
    taken = options.pop("face_taken", [np.nan] * len(faces))
    return find_candidates(
        on_line(*faces),
        np.array(taken, float),
        gallery(places, people, **options),
        CALIBRATION,
        len(set(people)) if n_people is None else n_people,
    )


def settled(faces, photos, places, people, prior=EVEN_ODDS, **options):
    return settle(candidates_of(faces, places, people, **options), np.array(photos), prior)


def pairs_of(found):
    return set(zip(found.faces.tolist(), found.people.tolist(), strict=True))


def test_nearest_person_is_suggested_with_distance_and_probability():
    found = settled([0.25], [1], [0.0, 5.0], [10, 20])
    assert pairs_of(found) == {(0, 10)}
    assert found.distances == pytest.approx([0.25])
    odds = np.exp(10 - 40 * 0.25**2)
    assert found.probabilities == pytest.approx([odds / (1 + odds)])


def test_a_face_between_two_people_is_surely_neither():
    assert len(settled([0.2], [1], [0.0, 0.4], [10, 20]).faces) == 0
    nearer = settled([0.15], [1], [0.0, 0.4], [10, 20])
    a, b = np.exp(10 - 40 * np.array([0.15, 0.25]) ** 2)
    assert nearer.probabilities == pytest.approx([a / (1 + a + b)])


def test_a_smaller_prior_asks_for_a_nearer_face():
    assert pairs_of(settled([0.45], [1], [0.0], [10])) == {(0, 10)}
    assert pairs_of(settled([0.45], [1], [0.0], [10], prior=-5.0)) == set()
    near = settled([0.2], [1], [0.0], [10], prior=-5.0)
    assert near.probabilities[0] < settled([0.2], [1], [0.0], [10]).probabilities[0]


def test_nothing_to_match_gives_nothing():
    assert len(settled([], [], [0.0], [1]).faces) == 0
    assert len(settled([0.0], [1], [], []).faces) == 0


def test_best_of_a_persons_modes_gives_the_distance():
    found = settled([0.3], [1], [0.0, 0.25, 0.9], [10, 10, 10])
    assert found.distances == pytest.approx([0.05])


def test_modes_share_what_one_would_have():
    one = candidates_of([0.2], [0.0], [10])
    two = candidates_of([0.2], [0.0, 0.0], [10, 10])
    np.testing.assert_allclose(two.log_ratios, one.log_ratios)
    beside = candidates_of([0.2], [0.0, 9.0], [10, 10])
    np.testing.assert_allclose(beside.log_ratios, one.log_ratios - np.log(2))


def test_of_two_modes_the_one_of_the_photos_time_is_likelier():
    year = 365.25 * 86_400e6
    same = {"places": [0.0, 0.0], "people": [10, 20]}
    child_then = candidates_of(
        [0.2], [0.0, 9.0], [10, 10], taken=[0, 20 * year], face_taken=[0.5 * year]
    )
    child_now = candidates_of(
        [0.2], [0.0, 9.0], [10, 10], taken=[0, 20 * year], face_taken=[20 * year]
    )
    assert child_then.log_ratios[0] > child_now.log_ratios[0]
    assert child_now.log_ratios[0] > child_then.log_ratios[0] - 2.5  # never out of the question
    unmoved = candidates_of([0.2], **same, taken=[0, 20 * year], face_taken=[0])
    assert unmoved.log_ratios[0] == unmoved.log_ratios[1]  # people with one mode have no age


def test_same_person_is_suggested_once_on_a_photo_and_again_on_another():
    assert pairs_of(settled([0.1, 0.2], [1, 1], [0.0], [10])) == {(0, 10)}
    assert pairs_of(settled([0.1, 0.2], [1, 2], [0.0], [10])) == {(0, 10), (1, 10)}


def test_other_face_of_the_photo_gets_its_second_choice_as_likely_as_without_the_first():
    found = settled([0.05, 0.1], [1, 1], [0.0, 0.45], [10, 20])
    assert pairs_of(found) == {(0, 10), (1, 20)}
    alone = settled([0.1], [1], [0.45], [20])
    assert found.probabilities[1] == pytest.approx(alone.probabilities[0])


def test_sure_match_is_not_given_up_for_two_doubtful_ones():
    # 0 is surely 10; 1 could only be 10, doubtfully
    assert pairs_of(settled([0.0, -0.49], [1, 1], [-0.02, 0.48], [10, 20])) == {(0, 10)}


def test_more_labels_ask_for_a_nearer_face():
    stricter = Calibration((10.0, -80.0, 0.0, 40.0))
    for n, expected in ((1, {(0, 10)}), (100, set())):
        found = find_candidates(
            on_line(0.42), np.array([np.nan]), gallery([0.0], [10], [n]), stricter, 1
        )
        assert pairs_of(settle(found, np.array([1]), EVEN_ODDS)) == expected


def test_equal_people_go_to_the_lower_id():
    found = settle(
        candidates_of([0.0], [0.1, -0.1], [30, 20]), np.array([1]), 0.0, min_probability=0.4
    )
    assert pairs_of(found) == {(0, 20)}


def test_face_that_is_not_finite_matches_nobody_and_harms_nobody():
    assert pairs_of(settled([np.nan, 0.0, np.inf], [1, 1, 1], [0.1], [10])) == {(1, 10)}


def test_ratio_sums_are_over_all_known_people():
    candidates = Candidates(
        np.array([0, 0, 2]), np.array([1, 2, 1]), np.log([3, 5, 4]), np.ones(3), np.full(3, 30.0)
    )
    np.testing.assert_allclose(ratio_sums(candidates, 3), [8.0, 0.0, 4.0])


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_order_of_faces_and_block_change_no_suggestion(seed, block):
    rng = np.random.default_rng(seed)
    probes = rng.uniform(0, 1, size=(50, 3)).astype(np.float32)
    photos = rng.integers(0, 20, size=50)
    known = Gallery(
        rng.uniform(0, 1, size=(8, 3)).astype(np.float32),
        np.sort(rng.integers(0, 6, size=8)),
        rng.integers(1, 9, size=8).astype(float),
        np.full(8, np.nan),
    )
    nowhen = np.full(50, np.nan)
    here = settle(find_candidates(probes, nowhen, known, CALIBRATION, 6), photos, -1.0)
    order = rng.permutation(50)
    there = settle(
        find_candidates(probes[order], nowhen, known, CALIBRATION, 6, block=block),
        photos[order],
        -1.0,
    )
    expected = dict(zip(here.faces.tolist(), here.people.tolist(), strict=True))
    found = dict(zip(order[there.faces].tolist(), there.people.tolist(), strict=True))
    assert found == expected
    on_photos = [(photos[face], person) for face, person in expected.items()]
    assert len(set(on_photos)) == len(on_photos)
    assert (here.probabilities >= 0.5).all()


# by LFW's photos: a stranger's face nearer than the nearest stranger of 99 people in 100, the
# nearest of all, and a face of the person themselves as near as half of theirs are
LOOK_ALIKES = {1: (0.330, 0.309), 3: (0.328, 0.312), 8: (0.320, 0.307)}
OWN = {3: 0.274, 8: 0.263}


def probability_at(distance, n_labels, n_people):
    """Return what is said of a face so far from one of ``n_people``, the others being far away."""
    known = gallery([0.0], [1], n_labels=[n_labels])
    candidates = find_candidates(
        on_line(distance), np.array([np.nan]), known, SHIPPED[MetricName.TYPICALITY], n_people
    )
    found = settle(candidates, np.array([1]), prior_log_odds(0.95, n_people), min_probability=0.0)
    return found.probabilities[0] if len(found.probabilities) else 0.0


@pytest.mark.parametrize("n_people", [1, 3, 10, 50, 500])
@pytest.mark.parametrize("n_labels", LOOK_ALIKES)
def test_a_sister_is_never_surely_the_person_however_few_are_known(n_labels, n_people):
    for distance in LOOK_ALIKES[n_labels]:
        assert probability_at(distance, n_labels, n_people) < SURE


@pytest.mark.parametrize("n_people", [1, 3, 10, 50, 500])
@pytest.mark.parametrize("n_labels", OWN)
def test_half_of_the_persons_own_faces_are_sure(n_labels, n_people):
    assert probability_at(OWN[n_labels], n_labels, n_people) >= SURE


@given(st.sampled_from([1, 2, 8, 40]), st.sampled_from([1, 10, 500]))
def test_a_nearer_face_is_never_less_sure(n_labels, n_people):
    said = [probability_at(distance, n_labels, n_people) for distance in np.linspace(0, 0.8, 60)]
    assert (np.diff(said) <= 0).all()
