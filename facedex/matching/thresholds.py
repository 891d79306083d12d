"""How near is near enough: cuts for suggestions and for groups of unknown faces.

Cuts belong to a model and a metric. A centroid of more labels lies nearer to its person's other
faces and farther from strangers than a single face does, so the cut for a suggestion falls with the
number of labels behind the centroid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The cuts of one model, as distances.

    Attributes
    ----------
    label_counts, cuts : the cut for a suggestion at some numbers of labels, ascending counts.
    group_cut : root-mean-square distance up to which average linkage merges unknown faces.
    attach_cut : distance up to which an unknown face joins the centroid of an unknown cluster.
    """

    label_counts: tuple[int, ...]
    cuts: tuple[float, ...]
    group_cut: float
    attach_cut: float

    def for_counts(self, n_labels: ArrayLike) -> NDArray[np.float64]:
        """Return the cut for each number of labels; between two known counts, linear in 1 / n.

        Below the least count and above the greatest the cut stays what it is there.
        """
        inverse = 1.0 / np.maximum(np.asarray(n_labels, dtype=np.float64), 1.0)
        known = 1.0 / np.array(self.label_counts[::-1], dtype=np.float64)
        cuts: NDArray[np.float64] = np.interp(inverse, known, np.array(self.cuts[::-1]))
        return cuts


DLIB_RESNET = Thresholds(
    label_counts=(1, 2, 3, 5, 8),
    cuts=(0.484, 0.462, 0.455, 0.446, 0.446),
    group_cut=0.51,
    attach_cut=0.44,
)
"""For dlib_face_recognition_resnet_model_v1 with 5-point chips, the mean over a chip and its mirror
image, variance-weighted. Single chips lie a little farther apart: there the cuts are strict.

Chosen by benchmarks/thresholds.py on one half of its people: a false suggestion for about 0.9 % of
strangers' faces with some 45 known people (with more known people there are more).
"""


def threshold_for(n_labels: int, thresholds: Thresholds = DLIB_RESNET) -> float:
    """Return the largest distance at which a centroid of ``n_labels`` faces is suggested."""
    return float(thresholds.for_counts(n_labels))
