"""How well the faces that were found explain where a reading puts the regions of a photo.

Evidence is counted in powers of ten, so that it adds up: 2.0 is a coincidence of one in a hundred.
A region that lies on a face tells the more, the nearer their middles are and the fewer and smaller
the faces are; a region on nothing tells against its reading, as detectors miss few faces.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facedex.naming.same_face import is_on_face, pair_best_first

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facedex.naming.readings import Reading, Size
    from facedex.types import Box

_LEAST_OFFSET = 0.1  # a person draws no nearer to a face's middle, in shares of its size
_ALIKE_AREAS = (1 / 3, 4.0)  # of a region and the face in it
_MUCH_SMALLER = 0.5  # of a face's area: people and programs draw around a face
_MOST_CHANCE = 0.9
# what a region on nothing tells, by its side as a share of the photo's long side: what is as small
# is missed more often by the detectors here
_MISSED = ((0.02, 0.2), (0.04, 0.7), (math.inf, 1.3))
_OUTSIDE = 3.0
_OVERHANG = 0.05  # a rectangle may be drawn past the edge
_ALL_NAMED = 0.5  # a photo whose every face was named is what people leave behind


@dataclass(frozen=True, slots=True)
class Explanation:
    """A reading with the faces that its regions lie on.

    Attributes
    ----------
    face_of : region to face, as indexes; no face has two regions.
    evidence : for the reading, in powers of ten, before its ``cost``.
    slack : how much more it would be if the regions lay right on their faces.
    n_small : regions on faces that are much larger, as a crop makes them.
    """

    reading: Reading
    face_of: Mapping[int, int]
    evidence: float
    slack: float = 0.0
    n_small: int = 0

    @property
    def n_hits(self) -> int:
        """How many regions lie on a face."""
        return len(self.face_of)

    @property
    def score(self) -> float:
        """The evidence less what speaks against the reading beforehand."""
        return self.evidence - self.reading.cost

    def contradicts(self, other: Explanation) -> bool:
        """Tell whether a region or a face has another partner in ``other``."""
        ours, theirs = set(self.face_of.items()), set(other.face_of.items())
        return any((region == r) != (face == f) for region, face in ours for r, f in theirs)


def explain(
    reading: Reading,
    detected: Sequence[Box],
    size: Size,
    *,
    given: Mapping[int, float] | None = None,
    may_be_cut_off: bool = False,
) -> Explanation:
    """Return which faces the regions lie on under a reading, and what that tells.

    Parameters
    ----------
    detected : the faces that were found, in the stored-pixel frame.
    size : (width, height) of the stored pixels.
    given : what some regions tell, where the reading was made to fit them.
    may_be_cut_off : regions may lie outside the picture.
    """
    boxes = reading.boxes
    face_of = pair_best_first(
        (_offset(box, face), region, index)
        for region, box in enumerate(boxes)
        for index, face in enumerate(detected)
        if is_on_face(box, face)
    )
    evidence = _ALL_NAMED if len(face_of) == len(detected) else 0.0
    slack = 0.0
    for region, box in enumerate(boxes):
        if region in face_of:
            told = (given or {}).get(region)
            face = detected[face_of[region]]
            hit = _evidence_of_hit(box, face, detected, _offset(box, face))
            slack += _evidence_of_hit(box, face, detected, 0.0) - hit
            evidence += hit if told is None else told
        elif is_inside(box):
            evidence -= _missing(box, size)
        elif not may_be_cut_off:
            evidence -= _OUTSIDE
    n_small = sum(
        boxes[region].area < _MUCH_SMALLER * detected[face].area for region, face in face_of.items()
    )
    return Explanation(reading, face_of, evidence, slack, n_small)


def is_inside(box: Box) -> bool:
    """Tell whether a box lies in the picture, but for a little."""
    low, high = -_OVERHANG, 1 + _OVERHANG
    return min(box.x0, box.y0) >= low and max(box.x1, box.y1) <= high


def _offset(box: Box, face: Box) -> float:
    """Return how far the middles of two boxes are apart, in shares of their mean sides."""
    (ax, ay), (bx, by) = box.center, face.center
    return max(
        2 * abs(ax - bx) / (box.width + face.width), 2 * abs(ay - by) / (box.height + face.height)
    )


def _evidence_of_hit(box: Box, face: Box, detected: Sequence[Box], offset: float) -> float:
    """Return how unlikely it is that a box of this size lies so near to the middle of any face."""
    offset = max(_LEAST_OFFSET, offset)
    low, high = _ALIKE_AREAS
    chance = sum(
        offset**2 * (box.width + other.width) * (box.height + other.height)
        for other in detected
        if other is face or low * other.area <= box.area <= high * other.area
    )
    return -math.log10(min(_MOST_CHANCE, chance))


def _missing(box: Box, size: Size) -> float:
    side = math.sqrt(box.area * size[0] * size[1]) / max(size)
    return next(told for below, told in _MISSED if side < below)
