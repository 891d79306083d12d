"""How near is near enough for groups of unknown faces. Suggestions have ``calibration`` instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
        """Return plain average linkage of squared distances, for a model of which little is known."""
        return cls(cut, cut, cut)

    @property
    def slack(self) -> float:
        """How much smaller a squared distance may become when one of the two groups grows."""
        return 0.1 * self.cut**2 if self.own_share < 1 else 0.0

    def comparable(self, encodings: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the encodings as they are compared; those of length 0 come out not finite."""
        if not self.unit_length:
            return encodings
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            lengths = np.sqrt(np.einsum("ij,ij->i", encodings, encodings))
            scaled: NDArray[np.float32] = encodings / lengths[:, None]
        return scaled


DLIB_RESNET = GroupRule(
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
)
"""For dlib_face_recognition_resnet_model_v1 with 5-point chips, the mean over a chip and its mirror
image; chosen by benchmarks/identity/grouping.py on other people than those it reports."""
