import numpy as np
import pytest

from facedex.matching.audit import (
    MAX_LABELS,
    MIN_FACES,
    MIN_PEOPLE,
    Mark,
    choose_metric,
    compare_metrics,
    deal,
    has_enough,
    own_calibration,
)
from facedex.matching.calibration import SHIPPED
from facedex.types import MetricName

NO_FACES = np.empty((0, 32), np.float32)
NOBODY = np.empty(0, np.int64)


def people_whose_length_varies(seed=0, n_people=40, n_each=8):
    """Directions tell people apart; lengths are noise, so unit vectors are the better choice."""
    rng = np.random.default_rng(seed)
    people = np.repeat(np.arange(n_people), n_each)
    middles = rng.normal(size=(n_people, 32))
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    faces = middles[people] + rng.normal(size=(len(people), 32)) * 0.1
    return (faces * rng.uniform(0.4, 2.5, size=(len(people), 1))).astype(np.float32), people


def people_who_look_alike(n_people=60, n_each=8):
    """Unit-length faces 0.25 around their person, strangers 0.7 apart on average and some much
    less."""
    rng = np.random.default_rng(3)
    people = np.repeat(np.arange(n_people), n_each)
    middles = np.zeros((n_people, 32))
    middles[:, 0] = 1
    middles[:, 1:6] = rng.normal(size=(n_people, 5)) * 0.25
    faces = middles[people] + rng.normal(size=(len(people), 32)) * 0.05
    return (faces / np.linalg.norm(faces, axis=1, keepdims=True)).astype(np.float32), people


def mark(name, by_person):
    by_person = np.array(by_person, float)
    return Mark(name, by_person.mean(), 0.0, 1.0, by_person)


def test_the_metric_that_fits_wins_and_is_chosen():
    marks = compare_metrics(*people_whose_length_varies(), None)
    assert marks[0].name in (MetricName.UNIT, MetricName.WHITENED)
    assert [m.recall for m in marks] == sorted((m.recall for m in marks), reverse=True)
    recall = {m.name: m.recall for m in marks}
    assert recall[MetricName.UNIT] > recall[MetricName.NONE] + 0.2
    assert choose_metric(marks, MetricName.NONE) is marks[0].name


def test_typicality_is_tried_only_with_types():
    names = {m.name for m in compare_metrics(*people_whose_length_varies(), None)}
    assert names == set(MetricName) - {MetricName.TYPICALITY}


def test_the_same_labels_give_the_same_marks_in_any_order():
    faces, people = people_whose_length_varies()
    here = compare_metrics(faces, people, None)
    again = compare_metrics(faces, people, None)
    assert [(m.name, m.recall) for m in here] == [(m.name, m.recall) for m in again]


@pytest.mark.parametrize(
    ("better", "chosen"),
    [
        ([0.9] * 50, MetricName.UNIT),  # clearly better for everybody
        ([0.803] * 50, MetricName.NONE),  # better, but by a third of a point
        ([1.0] + [0.8] * 49, MetricName.NONE),  # better for one person alone
        ([0.0] * 25 + [1.0] * 24 + [1.0], MetricName.NONE),  # worse
        ([1.0, 0.62] * 25, MetricName.NONE),  # a point better, and by chance as likely as not
    ],
)
def test_only_a_clearly_better_metric_replaces_the_one_in_use(better, chosen):
    marks = sorted(
        [mark(MetricName.NONE, [0.8] * 50), mark(MetricName.UNIT, better)], key=lambda m: -m.recall
    )
    assert choose_metric(marks, MetricName.NONE) is chosen


def test_a_metric_that_cannot_be_tried_is_replaced():
    marks = [mark(MetricName.UNIT, [0.9] * 3)]
    assert choose_metric(marks, MetricName.TYPICALITY) is MetricName.UNIT


def test_what_is_enough():
    assert has_enough(np.repeat(np.arange(MIN_PEOPLE), MIN_FACES // MIN_PEOPLE))
    assert not has_enough(np.repeat(np.arange(MIN_PEOPLE - 1), 100))
    assert not has_enough(np.repeat(np.arange(MIN_PEOPLE), 2))
    assert not has_enough(np.arange(1000))  # nobody has two faces
    assert not has_enough(NOBODY)


def test_a_round_deals_every_face_once_and_nobody_is_both_known_and_a_stranger():
    _, people = people_whose_length_varies()
    people = np.append(people, [100, 101])  # who has one face is always a stranger
    ever_known = set()
    for seed in range(6):
        labels, probes, strangers = deal(people, seed)
        assert sorted([*labels, *probes, *strangers]) == list(range(len(people)))
        known = set(people[labels])
        assert known == set(people[probes])
        assert known.isdisjoint(people[strangers])
        assert {100, 101} <= set(people[strangers])
        assert np.unique(people[labels], return_counts=True)[1].max() <= MAX_LABELS
        ever_known |= known
    assert ever_known == set(range(40))


def test_rejections_make_less_sure():
    faces, people = people_who_look_alike()
    own = own_calibration(MetricName.UNIT, faces, people, None, NO_FACES, NOBODY)
    fooled = own_calibration(
        MetricName.UNIT,
        faces,
        people,
        None,
        faces[:160],
        np.where(people[:160] < 20, people[:160], 0),
    )
    at = np.array([0.3])
    shipped = SHIPPED[MetricName.UNIT].log_ratios(at, np.array(4.0))
    assert own.log_ratios(at, np.array(4.0)) != shipped
    assert fooled.log_ratios(at, np.array(4.0)) < own.log_ratios(at, np.array(4.0)) - 0.3


def test_a_few_faces_unlike_their_person_make_nobody_less_sure():
    """One face in ten is of any direction: the ratio of the others stays as steep as it was."""
    faces, people = people_who_look_alike()
    own = own_calibration(MetricName.UNIT, faces, people, None, NO_FACES, NOBODY)
    unlike = faces.copy()
    unlike[::10] = np.random.default_rng(1).normal(size=unlike[::10].shape)
    spoilt = own_calibration(MetricName.UNIT, unlike, people, None, NO_FACES, NOBODY)
    assert spoilt != own
    assert spoilt.slope == pytest.approx(own.slope, abs=0.05)


def test_people_whom_nobody_resembles_keep_the_shipped_calibration():
    faces, people = people_whose_length_varies()
    own = own_calibration(MetricName.UNIT, faces, people, None, NO_FACES, NOBODY)
    assert own == SHIPPED[MetricName.UNIT]


def test_a_rejection_of_somebody_without_faces_says_nothing():
    faces, people = people_who_look_alike()
    own = own_calibration(MetricName.UNIT, faces, people, None, NO_FACES, NOBODY)
    same = own_calibration(MetricName.UNIT, faces, people, None, faces[:5], np.full(5, 999))
    assert same == own
