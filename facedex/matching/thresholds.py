"""How near is near enough for groups of unknown faces. Suggestions have ``calibration`` instead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The cuts of one model, as distances.

    Attributes
    ----------
    group_cut : root-mean-square distance up to which average linkage merges unknown faces.
    attach_cut : distance up to which an unknown face joins the centroid of an unknown cluster.
    """

    group_cut: float
    attach_cut: float


DLIB_RESNET = Thresholds(group_cut=0.51, attach_cut=0.44)
"""For dlib_face_recognition_resnet_model_v1 with 5-point chips, the mean over a chip and its mirror
image, variance-weighted; chosen by benchmarks/thresholds.py on one half of its people."""
