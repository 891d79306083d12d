"""What is true of one encoder: dlib's by its own figures, a plugin's in its own measure."""

import numpy as np
import pytest

from facedex.matching.calibration import Calibration
from facedex.naming.encoder import (
    DLIB,
    ODDS_WHEN_FITTED,
    GroupRule,
    cut_of_one_label,
    facts_of,
    is_face,
    likeness_from_cut,
    ratio_from_cuts,
    scaled,
)
from facedex.types import EncoderThresholds, MetricName

PLUGIN = "colour-v1"


def dlibs_cuts(scale, label_counts=(1, 2, 4, 8, 16)):
    """Return what an encoder would say whose distances are ``scale`` times dlib's."""
    reach = Calibration(DLIB.ratios[MetricName.NONE]).reach
    cuts = reach(np.log(ODDS_WHEN_FITTED), np.array(label_counts, dtype=np.float64))
    return EncoderThresholds(label_counts, tuple(scale * float(c) for c in cuts), scale * 0.53)


def test_dlibs_models_are_known_whatever_is_given():
    assert facts_of("dlib-resnet-v1-55533b28-mirror", None) is DLIB
    assert facts_of("dlib-resnet-v1-other", dlibs_cuts(3)) is DLIB


def test_of_a_model_that_says_nothing_nothing_is_known():
    assert facts_of(PLUGIN, None) is None


@pytest.mark.parametrize(
    ("of_one_face", "of_no_one_face"), [(0.349, 0.351), (0.0, 0.36), (0.35, 0.6)]
)
def test_one_face_seen_twice_is_as_near_as_this(of_one_face, of_no_one_face):
    assert DLIB.is_same_face(of_one_face)
    assert not DLIB.is_same_face(of_no_one_face)


def test_in_the_same_place_only_what_cannot_be_the_same_is_refused():
    assert DLIB.may_be_same_face(0.599)
    assert not DLIB.may_be_same_face(0.601)


@pytest.mark.parametrize(
    ("encoder", "quality", "wanted"),
    [
        (DLIB, 0.11, True), (DLIB, 0.09, False), (DLIB, None, True), (DLIB, 0.0, False),
        (None, 0.01, True), (None, None, True), (None, 0.0, False),
    ],
)  # fmt: skip
def test_a_drawn_box_is_a_face_from_a_quality_on(encoder, quality, wanted):
    assert is_face(encoder, quality) is wanted


@pytest.mark.parametrize("scale", [0.05, 1.0, 20.0])
def test_an_encoder_that_gives_only_its_cuts_gets_the_rest_in_its_own_measure(scale):
    facts = facts_of(PLUGIN, dlibs_cuts(scale))
    assert facts.same_face == pytest.approx(0.35 * scale, rel=0.03)
    assert facts.other_face == pytest.approx(0.6 * scale, rel=0.03)
    assert facts.group_rule == GroupRule.average_linkage(0.53 * scale)
    assert facts.default_metric is MetricName.NONE
    against = Calibration((0, -1, 0, 0), facts.look_alikes[MetricName.NONE])
    dlibs = Calibration((0, -1, 0, 0), DLIB.look_alikes[MetricName.NONE])
    at, n_labels = np.array([0.3, 0.4, 0.5]), np.array(3.0)
    assert against.look_alike_log_ratios(at * scale, n_labels) == pytest.approx(
        dlibs.look_alike_log_ratios(at, n_labels), abs=0.5
    )
    assert is_face(facts, 0.001)
    assert not is_face(facts, 0.0)


def test_what_an_encoder_says_itself_is_not_derived():
    given = EncoderThresholds((1,), (9.0,), 8.0, same_face=5.0, other_face=11.0, quality_floor=0.3)
    facts = facts_of(PLUGIN, given)
    assert (facts.same_face, facts.other_face, facts.quality_floor) == (5.0, 11.0, 0.3)


def test_the_cut_of_one_label_is_found_again():
    assert cut_of_one_label(ratio_from_cuts((1, 4, 8), (0.6, 0.5, 0.48))) == pytest.approx(
        0.6, abs=0.01
    )
    assert cut_of_one_label(ratio_from_cuts((8,), (12.0,))) == pytest.approx(12.0)


def test_likeness_keeps_its_steepness_in_shares_of_the_cut():
    cut = DLIB.group_rule.cut
    assert likeness_from_cut(cut) == DLIB.likeness
    level, steepness, *rest = likeness_from_cut(2 * cut)
    assert steepness == pytest.approx(DLIB.likeness[1] / 4)
    assert (level, *rest) == (DLIB.likeness[0], *DLIB.likeness[2:])


def test_a_ratio_of_larger_distances_says_the_same():
    once, thrice = Calibration((9.0, -50.0, 1.0, 20.0)), scaled((9.0, -50.0, 1.0, 20.0), 3.0)
    at, n_labels = np.array([0.2, 0.4]), np.array(2.0)
    assert Calibration(thrice).log_ratios(3 * at, n_labels) == pytest.approx(
        once.log_ratios(at, n_labels)
    )
