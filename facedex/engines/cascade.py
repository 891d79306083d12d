"""The cascade: YuNet proposes faces and looks at each closely; where that leaves doubt, dlib decides.

YuNet sees small and turned faces that dlib's detector misses, and also hands and door knobs; dlib's
detector seldom errs. A logistic regression weighs what YuNet says of a face in the whole photo at
each size and in a close crop; a second one also weighs dlib's answer, and is asked where the first is
not sure. docs/decisions/004-cascade.md says how the numbers were found, benchmarks/cascade_fit.py
finds them again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from facedex.engines.cutting import shrink, sides_of
from facedex.engines.mmod import OverlapRule, PixelRect, ScoredRect, suppress_overlaps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facedex.engines.confirmer import Answers, Confirmer
    from facedex.engines.proposer import Proposer

# of everything here and in proposer.py, confirmer.py and cutting.py that changes which faces are found
VERSION = 2
LEAST_PROBABILITY = 0.5
LARGE_SHARE = 0.07  # of the photo's long side
SURELY_NONE, SURELY_FACE = -3.0, 2.5  # log-odds between which dlib's detector is asked
CLOSE_BOX_SCORE = 0.5  # a weaker answer says nothing of where the face is
VERY_LARGE_SHARE = 0.12
SEEN_BY_DETECTOR = -0.5  # a weaker answer says nothing of where the face is
BOX_SHARE = 80 / 84  # the detector's box over YuNet's, both as sides of squares, in the median
SAME_FACE = OverlapRule(iou=0.338, covered=0.8)
_LEAST_SCORE, _MOST_SCORE = 0.02, 0.98  # beyond, YuNet's score says nothing more
_LEAST_CLOSE, _MOST_CLOSE = 0.01, 0.99


@dataclass(frozen=True, slots=True)
class Weights:
    """How to weigh what is known of a candidate; the sum is the log-odds of a face.

    Attributes
    ----------
    sizes : of the log-odds of YuNet's score at each size, the smallest size first.
    close : of the log-odds of its score in the close crop.
    large : is added for a large face: few large things look like one.
    bias : is added.
    detector : of dlib's score; 0 while it has not been asked.
    """

    sizes: tuple[float, ...]
    close: float
    large: float
    bias: float
    detector: float = 0.0


@dataclass(frozen=True, slots=True)
class Preset:
    """At which sizes to look, and how to weigh the answers.

    Attributes
    ----------
    shares : YuNet's sizes as shares of the working size; the smallest size first.
    least_score : what YuNet must say at one of them.
    first : the weights before dlib's detector is asked.
    second : those with its answer.
    """

    shares: tuple[float, ...]
    least_score: float
    first: Weights
    second: Weights


# fitted by benchmarks/cascade_fit.py
QUICK = Preset(
    (5 / 12, 5 / 8, 1.0),
    0.20,
    Weights((0.23, 0.21, 0.32), 1.22, 0.99, -0.25),
    Weights((0.17, 0.19, 0.26), 1.01, 0.88, 2.26, 2.21),
)
THOROUGH = Preset(
    (0.3, 1.0),
    0.20,
    Weights((0.55, 0.47), 0.88, 0.91, 0.36),
    Weights((0.47, 0.38), 0.76, 0.88, 2.92, 2.29),
)


@dataclass(frozen=True, slots=True, eq=False)
class Signs:
    """What YuNet says of n candidates; rows belong together.

    Attributes
    ----------
    places : float32 (n, 4): left, top, right, bottom in pixels of the photo, as first seen.
    boxes : float32 (n, 4), as seen in the close crop.
    sizes : float64 (n, s), log-odds of its score at each size.
    close : float64 (n,), log-odds of its score in the close crop.
    is_large : bool (n,).
    """

    places: NDArray[np.float32]
    boxes: NDArray[np.float32]
    sizes: NDArray[np.float64]
    close: NDArray[np.float64]
    is_large: NDArray[np.bool_]

    def log_odds(self, weights: Weights) -> NDArray[np.float64]:
        """Return the log-odds of a face, float64 (n,), without the detector's part."""
        odds: NDArray[np.float64] = self.sizes @ weights.sizes + weights.close * self.close
        return odds + weights.large * self.is_large + weights.bias


class Cascade:
    """Finds faces with a proposer and a confirmer. For one thread at a time."""

    def __init__(self, proposer: Proposer, confirmer: Confirmer, preset: Preset) -> None:
        self._proposer = proposer
        self._confirmer = confirmer
        self._preset = preset

    def find_faces(self, image: NDArray[np.uint8], working_size: int) -> list[ScoredRect]:
        """Return the faces in ``image``, uint8 (h, w, 3) RGB, best first, scored 0.5 to 1.

        Parameters
        ----------
        image : the larger, the more is seen of small faces in their close crops.
        working_size : long side in pixels of the largest picture that YuNet is shown as a whole.
        """
        pictures = self.pictures(image, working_size)
        signs = self.look(pictures)
        odds = signs.log_odds(self._preset.first)
        in_doubt = np.flatnonzero((odds > SURELY_NONE) & (odds < SURELY_FACE))
        answers = self._confirmer.ask(pictures, signs.places[in_doubt])
        second = self._preset.second
        odds[in_doubt] = signs.log_odds(second)[in_doubt] + second.detector * answers.scores
        boxes = face_boxes(signs, in_doubt, answers, max(pictures[0].size))
        probabilities = 1 / (1 + np.exp(-odds))
        found = [
            ScoredRect(_rect(box), float(probability))
            for box, probability in zip(boxes, probabilities, strict=True)
            if probability > LEAST_PROBABILITY
        ]
        return suppress_overlaps(found, SAME_FACE)

    def pictures(self, image: NDArray[np.uint8], working_size: int) -> list[Image.Image]:
        """Return the photo, then the pictures of it that YuNet is shown, the largest first."""
        photo = Image.fromarray(np.ascontiguousarray(image))
        sizes = [max(1, round(working_size * share)) for share in reversed(self._preset.shares)]
        return [photo, *shrink(photo, sizes)]

    def look(self, pictures: Sequence[Image.Image]) -> Signs:
        """Return what YuNet says of everything that may be a face."""
        photo = pictures[0]
        candidates = self._proposer.propose(pictures[:0:-1], photo.size, self._preset.least_score)
        close = self._proposer.look_closely(pictures, candidates.boxes)
        is_seen = (close.scores > CLOSE_BOX_SCORE)[:, np.newaxis]
        return Signs(
            candidates.boxes,
            np.where(is_seen, close.boxes, candidates.boxes).astype(np.float32),
            _log_odds(candidates.scores, _LEAST_SCORE, _MOST_SCORE),
            _log_odds(close.scores, _LEAST_CLOSE, _MOST_CLOSE),
            sides_of(candidates.boxes) > LARGE_SHARE * max(photo.size),
        )


def face_boxes(
    signs: Signs, asked: NDArray[np.intp], answers: Answers, long_side_px: int
) -> NDArray[np.float32]:
    """Return a square like those of dlib's detector around each candidate.

    The detector's own is taken of a very large face only: those YuNet misplaces now and then, and of
    the others the detector does.

    Parameters
    ----------
    asked : the candidates that ``answers`` are about.
    """
    boxes = dlib_squares(signs.boxes)
    is_large = sides_of(signs.places[asked]) > VERY_LARGE_SHARE * long_side_px
    is_taken = is_large & (answers.scores > SEEN_BY_DETECTOR)
    boxes[asked[is_taken]] = answers.boxes[is_taken]
    return boxes


def dlib_squares(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the square that dlib's detector would draw for each of YuNet's boxes, float32 (n, 4).

    The landmark predictor and the encoder were made for those.
    """
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (BOX_SHARE / 2 * sides_of(boxes))[:, np.newaxis]
    return np.concatenate([middles - half, middles + half], axis=1).astype(np.float32)


def _log_odds(scores: NDArray[np.float32], least: float, most: float) -> NDArray[np.float64]:
    clipped = np.clip(scores.astype(np.float64), least, most)
    odds: NDArray[np.float64] = np.log(clipped / (1 - clipped))
    return odds


def _rect(box: NDArray[np.float32]) -> PixelRect:
    left, top, right, bottom = (round(float(edge)) for edge in box)
    return PixelRect(left, top, max(left, right - 1), max(top, bottom - 1))
