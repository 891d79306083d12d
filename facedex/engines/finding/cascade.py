"""The cascade: YuNet proposes faces and looks at each closely; in doubt, dlib decides.

YuNet sees small and turned faces that dlib's detector misses, and also hands and door knobs; dlib's
detector seldom errs. A logistic regression weighs YuNet's scores of a face in the whole photo at
each size and in a close crop; a second one also weighs dlib's answer, and is asked where the first
is not sure. Faces that lie on a side or stand on their head are looked for in the smallest picture,
turned, and have weights of their own: little of what is seen there is a face.
docs/decisions/004-cascade.md says how the numbers were found, benchmarks/cascade_fit.py finds them
again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from facedex.engines.dlib_cnn.rects import OverlapRule, PixelRect, ScoredRect, suppress_overlaps
from facedex.engines.finding.confirmer import Answers
from facedex.engines.finding.cutting import shrink, sides_of
from facedex.engines.finding.yunet import ious

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facedex.engines.finding.confirmer import Confirmer
    from facedex.engines.finding.proposer import Proposer

# of everything here and in proposer.py, confirmer.py and cutting.py that changes which faces are
# found
VERSION = 3
LEAST_PROBABILITY = 0.5
LARGE_SHARE = 0.07  # of the photo's long side
SURELY_NONE, SURELY_FACE = -2.5, 2.0  # log-odds between which dlib's detector is asked
CLOSE_BOX_SCORE = 0.5  # a weaker answer says nothing of where the face is
VERY_LARGE_SHARE = 0.12
SEEN_BY_DETECTOR = -0.5  # a weaker answer says nothing of where the face is
BOX_SHARE = 80 / 84  # the detector's box over YuNet's, both as sides of squares, in the median
SAME_FACE = OverlapRule(iou=0.338, covered=0.8)
SAME_BUT_TURNED = OverlapRule(iou=0.15, covered=0.5)
SAME_FACE_TURNED_IOU = 0.3
# which way up a face is: weights of YuNet's log-odds at the smallest size and in the close crop,
# and of dlib's score, and by how much the turned look must be the better one (--turned of the
# benchmarks)
SIGHT_SIZE, SIGHT_CLOSE, SIGHT_DETECTOR = 0.9, 1.2, 1.6
SEEN_BETTER_BY = 1.0
_LEAST_SCORE, _MOST_SCORE = 0.02, 0.98  # beyond, YuNet's score says nothing more
_LEAST_CLOSE, _MOST_CLOSE = 0.01, 0.99


@dataclass(frozen=True, slots=True)
class CascadeWeights:
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
class Judgement:
    """How to weigh the answers.

    Attributes
    ----------
    least_score : YuNet's least score at one of the sizes.
    first : the weights before dlib's detector is asked.
    second : those with its answer.
    """

    least_score: float
    first: CascadeWeights
    second: CascadeWeights


@dataclass(frozen=True, slots=True)
class Preset:
    """At which sizes to look, and how to weigh the answers.

    Attributes
    ----------
    shares : YuNet's sizes as shares of the working size; the smallest size first.
    upright : of faces as they are in the photo.
    turned : of those in the photo turned, at the smallest size.
    """

    shares: tuple[float, ...]
    upright: Judgement
    turned: Judgement


# fitted by benchmarks/cascade_fit.py
QUICK = Preset(
    (5 / 12, 5 / 8, 1.0),
    Judgement(
        0.20,
        CascadeWeights((0.24, 0.20, 0.34), 1.21, 0.85, -0.19),
        CascadeWeights((0.18, 0.18, 0.27), 1.02, 0.72, 2.32, 2.14),
    ),
    Judgement(
        0.30,
        CascadeWeights((1.23, 0.0, 0.0), 1.38, 0.0, -4.29),
        CascadeWeights((0.64, 0.0, 0.0), 1.04, 0.0, -1.02, 2.62),
    ),
)
THOROUGH = Preset(
    (0.3, 1.0),
    Judgement(
        0.20,
        CascadeWeights((0.55, 0.49), 0.84, 0.69, 0.19),
        CascadeWeights((0.47, 0.39), 0.71, 0.66, 2.88, 2.33),
    ),
    Judgement(
        0.30,
        CascadeWeights((1.40, 0.0), 1.31, 0.0, -4.77),
        CascadeWeights((0.78, 0.0), 1.05, 0.0, -1.82, 2.35),
    ),
)


@dataclass(frozen=True, slots=True, eq=False)
class Signs:
    """YuNet's answers for n candidates; rows belong together.

    Attributes
    ----------
    places : float32 (n, 4): left, top, right, bottom in pixels of the photo, as first seen.
    boxes : float32 (n, 4), as seen in the close crop; of very large faces, as first seen.
    sizes : float64 (n, s), log-odds of its score at each size.
    close : float64 (n,), log-odds of its score in the close crop.
    is_large : bool (n,).
    orientations : how the photo is to be turned for each to be upright, as EXIF has it.
    """

    places: NDArray[np.float32]
    boxes: NDArray[np.float32]
    sizes: NDArray[np.float64]
    close: NDArray[np.float64]
    is_large: NDArray[np.bool_]
    orientations: list[int]

    @property
    def is_turned(self) -> NDArray[np.bool_]:
        """Whether each does not stand upright, bool (n,)."""
        turned: NDArray[np.bool_] = np.array(self.orientations, np.int64) != 1
        return turned

    def log_odds(self, weights: CascadeWeights) -> NDArray[np.float64]:
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
        upright, turned = self._preset.upright, self._preset.turned
        odds = _either(signs, signs.log_odds(turned.first), signs.log_odds(upright.first))
        is_in_doubt = (odds > SURELY_NONE) & (odds < SURELY_FACE)
        answers = self._ask(pictures, signs, is_in_doubt)
        second = _either(
            signs,
            signs.log_odds(turned.second) + turned.second.detector * answers.scores,
            signs.log_odds(upright.second) + upright.second.detector * answers.scores,
        )
        odds = np.where(is_in_doubt, second, odds)
        boxes = face_boxes(signs, answers, max(pictures[0].size))
        pairs = find_pairs(signs, odds)
        if pairs:
            is_in_pair = np.isin(np.arange(len(odds)), pairs)
            answers = answers.or_else(self._ask(pictures, signs, is_in_pair & ~is_in_doubt))
        probabilities = 1 / (1 + np.exp(-settle(signs, odds, answers.scores, pairs)))
        found = [
            ScoredRect(_rect(box), float(probability), orientation)
            for box, probability, orientation in zip(
                boxes, probabilities, signs.orientations, strict=True
            )
            if probability > LEAST_PROBABILITY
        ]
        return suppress_overlaps(found, SAME_FACE, SAME_BUT_TURNED)

    def _ask(
        self, pictures: Sequence[Image.Image], signs: Signs, is_asked: NDArray[np.bool_]
    ) -> Answers:
        """Return dlib's scores of some of the candidates; NaN for the others."""
        scores = np.full(len(is_asked), np.nan, np.float32)
        boxes = np.full((len(is_asked), 4), np.nan, np.float32)
        asked = np.flatnonzero(is_asked)
        turns = [signs.orientations[number] for number in asked]
        answers = self._confirmer.ask(pictures, signs.places[asked], turns)
        scores[asked], boxes[asked] = answers.scores, answers.boxes
        return Answers(scores, boxes)

    def pictures(self, image: NDArray[np.uint8], working_size: int) -> list[Image.Image]:
        """Return the photo, then the pictures of it that YuNet is shown, the largest first."""
        photo = Image.fromarray(np.ascontiguousarray(image))
        sizes = [max(1, round(working_size * share)) for share in reversed(self._preset.shares)]
        return [photo, *shrink(photo, sizes)]

    def look(self, pictures: Sequence[Image.Image]) -> Signs:
        """Return YuNet's answers for everything that may be a face."""
        photo, preset, proposer = pictures[0], self._preset, self._proposer
        upright = proposer.propose(pictures[:0:-1], photo.size, preset.upright.least_score)
        candidates = upright + proposer.propose_turned(
            pictures[-1], photo.size, preset.turned.least_score, upright
        )
        close = proposer.look_closely(pictures, candidates.boxes, candidates.orientations)
        shares = sides_of(candidates.boxes) / max(photo.size)
        is_moved = (close.scores > CLOSE_BOX_SCORE) & (shares <= VERY_LARGE_SHARE)
        return Signs(
            candidates.boxes,
            np.where(is_moved[:, np.newaxis], close.boxes, candidates.boxes).astype(np.float32),
            _log_odds(candidates.scores, _LEAST_SCORE, _MOST_SCORE),
            _log_odds(close.scores, _LEAST_CLOSE, _MOST_CLOSE),
            shares > LARGE_SHARE,
            candidates.orientations,
        )


def find_pairs(signs: Signs, odds: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return pairs of candidates, one turned and one upright, that are one face.

    A face that lies on a side or stands on its head is often seen upright, too, if not as well, and
    the encoder would look for its eyes in the wrong places.

    Parameters
    ----------
    odds : float64 (n,), log-odds of a face.
    """
    is_face = ~signs.is_turned & (odds > 0)
    pairs = []
    for turned in np.flatnonzero(signs.is_turned).tolist():
        overlaps = ious(signs.places[turned : turned + 1], signs.places)[0]
        is_same = is_face & (overlaps > SAME_FACE_TURNED_IOU)
        if is_same.any():
            pairs.append((turned, int(np.argmax(np.where(is_same, odds, -np.inf)))))
    return pairs


def settle(
    signs: Signs,
    odds: NDArray[np.float64],
    detector: NDArray[np.float32],
    pairs: Sequence[tuple[int, int]],
) -> NDArray[np.float64]:
    """Return the log-odds of a face where each is one way up only; of the other way, -inf.

    Parameters
    ----------
    detector : float32 (n,), its scores, of what is in ``pairs``.
    """
    settled = odds.copy()
    sight = SIGHT_SIZE * signs.sizes[:, 0] + SIGHT_CLOSE * signs.close + SIGHT_DETECTOR * detector
    for turned, upright in pairs:
        if sight[turned] > sight[upright] + SEEN_BETTER_BY:
            settled[turned] = max(odds[turned], odds[upright])
            settled[upright] = -np.inf
        else:
            settled[turned] = -np.inf
    return settled


def _either(
    signs: Signs, turned: NDArray[np.float64], upright: NDArray[np.float64]
) -> NDArray[np.float64]:
    chosen: NDArray[np.float64] = np.where(signs.is_turned, turned, upright)
    return chosen


def face_boxes(signs: Signs, answers: Answers, long_side_px: int) -> NDArray[np.float32]:
    """Return a square like those of dlib's detector around each candidate.

    The detector's own is taken of a very large face only, where it was asked: those YuNet misplaces
    now and then, and of the others the detector does.

    Parameters
    ----------
    answers : of all candidates; NaN of those that were not asked about.
    """
    boxes = dlib_squares(signs.boxes)
    is_large = sides_of(signs.places) > VERY_LARGE_SHARE * long_side_px
    is_taken = is_large & (answers.scores > SEEN_BY_DETECTOR)
    boxes[is_taken] = answers.boxes[is_taken]
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
