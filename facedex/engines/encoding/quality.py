"""How well a face can be recognised: one number from its size, sharpness, frontalness and score.

The number is a probability: that the encoding is nearer to its person than to any other of a few
hundred, within the distance that clear photos keep. benchmarks/quality.py fits it on faces that
were made smaller, blurred, darker, turned and covered, and shows how well it holds.

Frontalness is how alike the encodings of the face and of its mirror image are. dlib's landmarks
tell less of it: the predictor has learnt few faces from the side and puts its points as on a
frontal one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_SIDE_PX, MOST_SIDE_PX = 12.0, 64.0  # beyond, size says nothing more
MIDDLE_PX = 92  # of the chip: from the brows to the mouth
USUAL_MIRROR_DISTANCE = 0.2  # the median; where the mirror image is not encoded
_LEAST_SHARPNESS = 0.3  # of a chip without any structure: no logarithm of zero
NOT_FOUND, MOST_SCORE = 0.5, 0.999  # below the first, the cascade reports nothing
NOTHING_SEEN = 0.0
"""Of a box that a person drew and in which no detector sees a face, however low its threshold: of
such real faces one in forty-five is recognised, and nearly all boxes on background are such. Where
one does see a face, the picture alone tells how well it is recognised (benchmarks/drawn_boxes.py).
"""


@dataclass(frozen=True, slots=True)
class QualityWeights:
    """A logistic regression of the picture's signs; all weights but the bias are positive.

    Attributes
    ----------
    size : of the side's logarithm to base 2.
    sharpness : see :func:`sharpness`.
    mirror : of the mirror distance, which counts against the face.
    bias : is added.
    """

    size: float
    sharpness: float
    mirror: float
    bias: float


# fitted by benchmarks/quality.py
PICTURE = QualityWeights(0.54, 1.76, 19.43, 0.37)
SCORE_WEIGHT, SCORE_BIAS = 1.12, -5.89  # of the score's log-odds, added to those of the picture


def picture_quality(
    sides_px: NDArray[np.float32],
    chips: NDArray[np.uint8],
    mirror_distances: NDArray[np.float32] | None,
) -> NDArray[np.float32]:
    """Return what the picture alone says of each face's quality, float32 (n,), 0..1.

    Parameters
    ----------
    sides_px : float32 (n,), of the box, in pixels of the image that the chips were cut from.
    chips : uint8 (n, side, side, 3) RGB, of 150 pixels or with a margin around.
    mirror_distances : float32 (n,), between the encodings of the chip and of its mirror image.
    """
    if mirror_distances is None:
        mirror_distances = np.full(len(chips), USUAL_MIRROR_DISTANCE, np.float32)
    sizes = np.log2(np.clip(sides_px, LEAST_SIDE_PX, MOST_SIDE_PX))
    odds = (
        PICTURE.size * sizes
        + PICTURE.sharpness * sharpness(chips)
        - PICTURE.mirror * mirror_distances
        + PICTURE.bias
    )
    qualities: NDArray[np.float32] = (1 / (1 + np.exp(-odds))).astype(np.float32)
    return qualities


def sharpness(chips: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the logarithm of the spread of the Laplacian of each chip's grey middle, float32 (n,).

    The Laplacian has the four neighbours. An enlarged small face is as blurred as an unsharp one.
    """
    first = (chips.shape[1] - MIDDLE_PX) // 2
    middle = slice(first, first + MIDDLE_PX)
    grey = chips[:, middle, middle].mean(axis=3, dtype=np.float32)
    around = grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:] + grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1]
    spread = (around - 4 * grey[:, 1:-1, 1:-1]).std(axis=(1, 2))
    logarithms: NDArray[np.float32] = np.log(spread + np.float32(_LEAST_SHARPNESS))
    return logarithms


def face_quality(of_picture: float, probability: float | None) -> float:
    """Return a face's quality, 0..1.

    Parameters
    ----------
    of_picture : see :func:`picture_quality`.
    probability : what the cascade says of there being a face, ``NOT_FOUND`` where no detector found
        the face; None where one did whose scores are no probabilities.
    """
    if probability is None:
        return of_picture
    score = min(max(probability, NOT_FOUND), MOST_SCORE)
    odds = _log_odds(of_picture) + SCORE_WEIGHT * _log_odds(score) + SCORE_BIAS
    return 1 / (1 + math.exp(-odds))


def _log_odds(probability: float) -> float:
    bounded = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded))
