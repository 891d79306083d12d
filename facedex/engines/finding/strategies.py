"""The ways of looking for faces: which detectors run on a photo, and how their answers combine.

A further strategy is a function beside these, a line in ``STRATEGIES`` and one in ``builtin.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facedex.engines.dlib_cnn.rects import PixelRect, ScoredRect
from facedex.types import DetectorName

if TYPE_CHECKING:
    from collections.abc import Iterable

CASCADE = "cascade"
CNN = "cnn"
HOG = "hog"
SAME_FACE_SHARE = 0.2

Detector = Callable[[NDArray[np.uint8]], list[ScoredRect]]


@dataclass(frozen=True, slots=True)
class Detectors:
    """What a strategy may use; each takes uint8 (h, w, 3) RGB and gives the best score first."""

    cascade: Detector
    cnn: Detector
    hog: Detector


@dataclass(frozen=True, slots=True)
class Found:
    """A face, the detector that found it, and how it lies (:class:`facedex.types.FacePlace`)."""

    rect: PixelRect
    score: float
    detector: str
    orientation: int = 1


Strategy = Callable[[Detectors, NDArray[np.uint8]], list[Found]]


def find_by_cascade(detectors: Detectors, image: NDArray[np.uint8]) -> list[Found]:
    """Return the faces that proposer and CNN agree on; ``image`` is the photo as decoded."""
    return _named(detectors.cascade(image), CASCADE)


def find_by_cnn(detectors: Detectors, image: NDArray[np.uint8]) -> list[Found]:
    """Return the CNN's faces."""
    return _named(detectors.cnn(image), CNN)


def find_by_hog(detectors: Detectors, image: NDArray[np.uint8]) -> list[Found]:
    """Return HOG's faces."""
    return _named(detectors.hog(image), HOG)


def find_by_hog_then_cnn(detectors: Detectors, image: NDArray[np.uint8]) -> list[Found]:
    """Return HOG's faces, or the CNN's where HOG finds none."""
    return find_by_hog(detectors, image) or find_by_cnn(detectors, image)


def find_by_both(detectors: Detectors, image: NDArray[np.uint8]) -> list[Found]:
    """Return the CNN's faces, then those of HOG's that overlap none of them.

    Scores of the two cannot be compared, so the order is by score within each only.
    """
    sure = find_by_cnn(detectors, image)
    more = find_by_hog(detectors, image)
    return sure + [each for each in more if not any(_is_same(each, other) for other in sure)]


STRATEGIES: dict[DetectorName, Strategy] = {
    DetectorName.CASCADE: find_by_cascade,
    DetectorName.CNN: find_by_cnn,
    DetectorName.HOG: find_by_hog,
    DetectorName.HOG_THEN_CNN: find_by_hog_then_cnn,
    DetectorName.BOTH: find_by_both,
}


def _named(found: Iterable[ScoredRect], detector: str) -> list[Found]:
    return [Found(each.rect, each.score, detector, each.orientation) for each in found]


def _is_same(a: Found, b: Found) -> bool:
    """Tell whether two boxes share more than a fifth of the smaller one."""
    shared = a.rect.intersection(b.rect).area
    return shared > SAME_FACE_SHARE * min(a.rect.area, b.rect.area)
