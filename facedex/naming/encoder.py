"""What is true of one encoder: what its distances mean, and from which quality on it counts.

Distances are Euclidean, of encodings as they are stored. What facedex knows of dlib's encoder
stands here and nowhere else; a plugin's encoder says it itself
(:class:`facedex.types.EncoderThresholds`), and what it leaves out is derived from what it gives, in
the proportions of dlib's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from facedex.types import MetricName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facedex.types import EncoderThresholds

Coefficients = tuple[float, float, float, float]

DLIB_MODELS = "dlib-resnet-v1-"
ODDS_WHEN_FITTED = 100.0
"""Pairs of two people for each pair of one, to which every fit of ratios is weighted."""


@dataclass(frozen=True, slots=True)
class GroupRule:
    """When two groups of unknown faces are one (:mod:`facedex.matching.agglomeration`).

    Attributes
    ----------
    cut : the largest distance at which two groups are merged.
    strict : the same where the crowding around groups is not known yet; at most ``cut``.
    pair_cut : the largest distance of two faces that found a group where groups are there already.
    own_share : how much a group's own spread counts, 0..1; the rest is ``typical_spread``.
    typical_spread : mean squared distance of a person's faces to their mean.
    crowd_size, crowd_near, crowd_far, crowd_weight : see :mod:`facedex.matching.crowding`.
    unit_length : whether encodings are scaled to length 1 before they are compared.
    """

    cut: float
    strict: float
    pair_cut: float
    own_share: float = 1.0
    typical_spread: float = 0.0
    crowd_size: int = 1
    crowd_near: float = 0.0
    crowd_far: float = 0.0
    crowd_weight: float = 0.0
    unit_length: bool = False

    @classmethod
    def average_linkage(cls, cut: float) -> Self:
        """Return plain average linkage of squared distances, where little is known."""
        return cls(cut, cut, cut)

    @property
    def slack(self) -> float:
        """How much smaller a squared distance may become when one of the two groups grows."""
        return 0.1 * self.cut**2 if self.own_share < 1 else 0.0


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """What is true of the encodings of one model.

    Attributes
    ----------
    same_face : up to this distance two encodings are of one face, seen twice (an edited photo, a
        RAW and its JPEG); siblings on one photo are farther apart.
    other_face : beyond this distance not even the same place makes two encodings one face's.
    group_rule : when unknown faces are one group.
    ratios : of each metric, the log-likelihood ratio of its distances
        (:mod:`facedex.matching.calibration`).
    look_alikes : of each metric, the same against the nearest of many strangers.
    likeness : how likely two groups are one person (:mod:`facedex.matching.likeness`).
    default_metric : the metric that is best for people who were never seen.
    quality_floor : below it an encoding says nothing of whose face it is: a box that a person drew
        there is a name without an encoding, and a face that a detector found teaches nothing.
    """

    same_face: float
    other_face: float
    group_rule: GroupRule
    ratios: Mapping[MetricName, Coefficients]
    look_alikes: Mapping[MetricName, Coefficients]
    likeness: Coefficients
    default_metric: MetricName
    quality_floor: float

    def is_same_face(self, distance: float) -> bool:
        """Tell whether encodings so far apart are of one face, wherever it is on the picture."""
        return distance <= self.same_face

    def may_be_same_face(self, distance: float) -> bool:
        """Tell whether encodings so far apart can be of one face, if it is in the same place."""
        return distance <= self.other_face


DLIB = EncoderFacts(
    same_face=0.35,
    other_face=0.6,
    # chosen by benchmarks/identity/grouping.py on other people than those it reports
    group_rule=GroupRule(
        cut=0.375,
        strict=0.33,
        pair_cut=0.346,
        own_share=0.4,
        typical_spread=0.035,
        crowd_size=20,
        crowd_near=0.36,
        crowd_far=0.43,
        crowd_weight=0.5,
        unit_length=True,
    ),
    # fitted by benchmarks/identity/calibration.py
    ratios={
        MetricName.NONE: (18.235, -71.101, 0.287, 20.621),
        MetricName.STD: (18.182, -70.087, 0.243, 20.480),
        MetricName.VARIANCE: (18.084, -68.947, 0.188, 20.318),
        MetricName.UNIT: (19.353, -154.119, 0.317, 43.385),
        MetricName.WHITENED: (19.580, -251.616, 1.038, 63.769),
        MetricName.TYPICALITY: (25.175, -168.712, -3.276, 52.344),
    },
    look_alikes={
        MetricName.NONE: (11.940, -69.707, -2.021, 28.881),
        MetricName.STD: (11.781, -68.147, -1.919, 27.953),
        MetricName.VARIANCE: (11.592, -66.565, -1.827, 27.093),
        MetricName.UNIT: (14.590, -173.743, -2.574, 72.335),
        MetricName.WHITENED: (14.886, -283.835, -2.373, 116.441),
        MetricName.TYPICALITY: (24.961, -228.948, -9.824, 112.883),
    },
    # by the metric ``typicality``; fitted by benchmarks/identity/likeness.py
    likeness=(17.181, 124.289, 1.115, 4.770),
    default_metric=MetricName.TYPICALITY,
    # of the faces below, one in twenty is recognised (benchmarks/quality.py)
    quality_floor=0.1,
)
"""Of dlib_face_recognition_resnet_model_v1 with 5-point chips, the mean over a chip and its mirror
image."""

# of plain distances of dlib's encodings: 60.4 times the squared cut of many labels
_STEEPNESS = 11.5


def is_dlibs(model_id: str) -> bool:
    """Tell whether a model is dlib's: facedex knows its distances itself."""
    return model_id.startswith(DLIB_MODELS)


def facts_of(model_id: str, given: EncoderThresholds | None) -> EncoderFacts | None:
    """Return what is true of a model, or None where nobody knows it.

    Parameters
    ----------
    given : what a plugin's encoder says of its distances; not asked of dlib's.
    """
    if is_dlibs(model_id):
        return DLIB
    if given is None:
        return None
    ratio = ratio_from_cuts(given.label_counts, given.cuts)
    scale = cut_of_one_label(ratio) / cut_of_one_label(DLIB.ratios[MetricName.NONE])
    cut = given.group_cut
    return EncoderFacts(
        DLIB.same_face * scale if given.same_face is None else given.same_face,
        DLIB.other_face * scale if given.other_face is None else given.other_face,
        GroupRule.average_linkage(cut),
        {MetricName.NONE: ratio},
        {MetricName.NONE: scaled(DLIB.look_alikes[MetricName.NONE], scale)},
        likeness_from_cut(cut),
        MetricName.NONE,
        given.quality_floor,
    )


def is_face(encoder: EncoderFacts | None, quality: float | None) -> bool:
    """Tell whether what was encoded in a box that a person drew is a face to know somebody by.

    An unknown quality is a fine one. That of a box in which no detector sees a face is 0: there is
    none, whatever the encoder (None: one of which nothing is known).
    """
    floor = 0.0 if encoder is None else encoder.quality_floor
    return quality is None or 0 < quality >= floor


def ratio_from_cuts(label_counts: tuple[int, ...], cuts: tuple[float, ...]) -> Coefficients:
    """Return the log-likelihood ratio of an encoder of which only cuts are known.

    At a cut a face is as likely the person's as not, of ``ODDS_WHEN_FITTED`` candidates; around it
    the ratio is as steep, in shares of the squared cut, as that of dlib's encodings.
    """
    inverse = 1 / np.asarray(label_counts, dtype=np.float64)
    squared = np.square(np.asarray(cuts, dtype=np.float64))
    level, rise = float(squared[0]), 0.0
    if len(squared) > 1:
        rise, level = (float(each) for each in np.polyfit(inverse, squared, 1))
    steepness = _STEEPNESS / level
    even = math.log(ODDS_WHEN_FITTED)
    return even + _STEEPNESS, -steepness, steepness * rise, 0.0


def scaled(ratio: Coefficients, scale: float) -> Coefficients:
    """Return the ratio for distances that are ``scale`` times as large."""
    a, b, c, e = ratio
    return a, b / scale**2, c, e / scale**2


def cut_of_one_label(ratio: Coefficients) -> float:
    """Return the distance to one labelled face at which a face is as likely its person's as not."""
    a, b, c, e = ratio
    return math.sqrt((math.log(ODDS_WHEN_FITTED) - a - c) / (b + e))


def likeness_from_cut(cut: float) -> Coefficients:
    """Return the likeness of an encoder of which only the cut of grouping is known.

    The odds fall as fast as those of dlib's encodings, in shares of the squared cut.
    """
    level, steepness, larger, smaller = DLIB.likeness
    return level, steepness * (DLIB.group_rule.cut / cut) ** 2, larger, smaller
