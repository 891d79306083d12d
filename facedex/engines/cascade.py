"""The cascade: YuNet proposes faces, dlib's detector is asked about each, and both together decide.

YuNet sees small and turned faces that dlib's detector misses, and also hands and door knobs; dlib's
detector seldom errs, and its boxes are those that the landmarks and the encoder were made for. A
logistic regression weighs YuNet's score at every size against the detector's; where that leaves
doubt, the detector is asked again about the mirror image. docs/decisions/004-cascade.md says how the
numbers were found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from facedex.engines.mmod import OverlapRule, PixelRect, ScoredRect, suppress_overlaps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facedex.engines.confirmer import Answers, Confirmer
    from facedex.engines.proposer import Candidates, Proposer

VERSION = (
    1  # of everything here and in proposer.py and confirmer.py that changes which faces are found
)
LEAST_PROBABILITY = 0.5
LARGE_SHARE = 0.07  # of the photo's long side
DOUBT = 3.0  # log-odds within which the mirror image is looked at
SEEN_BY_DETECTOR = -0.5  # a weaker answer says nothing of where the face is
BOX_SHARE = 80 / 84  # the detector's box over YuNet's, both as sides of squares, in the median
SAME_FACE = OverlapRule(iou=0.338, covered=0.8)
_LEAST_SCORE, _MOST_SCORE = 0.02, 0.98  # beyond, YuNet's score says nothing more


@dataclass(frozen=True, slots=True)
class Preset:
    """At which sizes to look, and how to weigh the answers.

    Attributes
    ----------
    shares : YuNet's sizes as shares of the working size; the smallest size first.
    least_score : what YuNet must say at one of them.
    size_weights : of the log-odds of YuNet's score at each size.
    detector_weight : of the detector's score.
    bias : is added; odds above 1 then mean a face.
    large_bonus : is added for a large face: few large things look like one.
    """

    shares: tuple[float, ...]
    least_score: float
    size_weights: tuple[float, ...]
    detector_weight: float
    bias: float
    large_bonus: float


QUICK = Preset((5 / 12, 5 / 8, 1.0), 0.15, (0.04, 0.17, 1.14), 3.00, 2.60, 1.0)
THOROUGH = Preset((0.25, 0.5, 1.0), 0.12, (0.21, 0.54, 0.84), 3.08, 3.40, 0.5)


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
        image : the larger, the more the detector sees of small faces; it is only cut, never shrunk
            as a whole, for the detector.
        working_size : long side in pixels of the largest picture that the proposer is shown.
        """
        photo = Image.fromarray(np.ascontiguousarray(image))
        sizes = [max(1, round(working_size * share)) for share in self._preset.shares]
        candidates = self._proposer.propose(photo, sizes, self._preset.least_score)
        if len(candidates.boxes) == 0:
            return []
        answers = self._confirmer.ask(photo, candidates.boxes)
        scores = self._with_second_opinion(photo, candidates, answers.scores)
        odds = self._log_odds(candidates, scores, max(photo.size))
        boxes = face_boxes(candidates, answers)
        probabilities = 1 / (1 + np.exp(-odds))
        found = [
            ScoredRect(_rect(box), float(probability))
            for box, probability in zip(boxes, probabilities, strict=True)
            if probability > LEAST_PROBABILITY
        ]
        return suppress_overlaps(found, SAME_FACE)

    def _with_second_opinion(
        self, photo: Image.Image, candidates: Candidates, scores: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return the detector's scores, in doubt the mean of those of the crop and its mirror image."""
        odds = self._log_odds(candidates, scores, max(photo.size))
        in_doubt = np.flatnonzero(np.abs(odds) < DOUBT)
        mirrored = self._confirmer.ask(photo, candidates.boxes[in_doubt], is_mirrored=True)
        both = scores.copy()
        both[in_doubt] = (both[in_doubt] + mirrored.scores) / 2
        return both

    def _log_odds(
        self, candidates: Candidates, scores: NDArray[np.float32], long_side: int
    ) -> NDArray[np.float64]:
        preset = self._preset
        sides = np.sqrt(np.prod(candidates.boxes[:, 2:] - candidates.boxes[:, :2], axis=1))
        proposed = np.clip(candidates.scores, _LEAST_SCORE, _MOST_SCORE).astype(np.float64)
        odds: NDArray[np.float64] = np.log(proposed / (1 - proposed)) @ preset.size_weights
        odds += preset.detector_weight * scores.astype(np.float64) + preset.bias
        odds[sides > LARGE_SHARE * long_side] += preset.large_bonus
        return odds


def face_boxes(candidates: Candidates, answers: Answers) -> NDArray[np.float32]:
    """Return the detector's box of each face, or where it saw little a box of its kind.

    The landmark predictor and the encoder were made for the detector's squares.
    """
    middles = (candidates.boxes[:, :2] + candidates.boxes[:, 2:]) / 2
    areas = np.prod(candidates.boxes[:, 2:] - candidates.boxes[:, :2], axis=1)
    half = (BOX_SHARE / 2 * np.sqrt(np.maximum(areas, 1.0)))[:, np.newaxis]
    mapped = np.concatenate([middles - half, middles + half], axis=1)
    is_seen = (answers.scores > SEEN_BY_DETECTOR)[:, np.newaxis]
    return np.where(is_seen, answers.boxes, mapped).astype(np.float32)


def _rect(box: NDArray[np.float32]) -> PixelRect:
    left, top, right, bottom = (round(float(edge)) for edge in box)
    return PixelRect(left, top, max(left, right - 1), max(top, bottom - 1))
