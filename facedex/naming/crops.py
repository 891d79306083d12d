"""Crops that would put regions on faces: two of each tell shift and scale, if they are alike.

Whether the picture was cropped since its regions were drawn, or they were drawn on a part of it,
makes no difference: one of the two pictures lies in the other. Two regions and two faces always
have some crop between them, so what tells is that sizes, scale and direction agree, and how many
pairs were tried.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import TYPE_CHECKING

from facedex.geometry import box_moved
from facedex.naming.explaining import explain
from facedex.naming.readings import Claim, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from facedex.naming.explaining import Explanation
    from facedex.naming.readings import Size, Written
    from facedex.types import Box

_MOST_REGIONS, _MOST_FACES = 12, 20  # of more, the largest are tried
_COST = {Claim.FITS: 2.5, Claim.OPEN: 1.5, Claim.OTHER: 0.5}
_MOST_UNLIKE = 1.4  # sizes of two regions against those of their faces
_LOOSE = (0.7, 2.0)  # how much larger than a detector's box people draw
_MOST_ACROSS = 0.35  # off the line between two faces, in shares of their size
_EDGE = 0.06  # two faces near each other tell a scale that is a little off
# what agreeing tells, in powers of ten: one picture lies in the other, who is left of whom
_CONTAINED, _ORDERED = 0.4, 0.3
_SCALED = 0.35  # that a scale is one at which people draw
_LEAST_UNLIKE, _USUAL_UNLIKE = 0.1, 0.8  # logarithms: of boxes that are alike, and of any two
_LEAST_ACROSS, _USUAL_ACROSS = 0.1, 0.35


@dataclass(frozen=True, slots=True)
class _Crop:
    """Where a picture's (0, 0) and (1, 1) went; ``evidence`` is what its two pairs tell."""

    scale: tuple[float, float]
    shift: tuple[float, float]
    evidence: float


def explain_by_crops(
    written: Written, detected: Sequence[Box], size: Size
) -> Iterator[Explanation]:
    """Yield what crops of the claimed picture explain: for each way of giving faces the best."""
    boxes = written.readings[0].boxes
    regions = _largest(boxes, _MOST_REGIONS)
    faces = _largest(detected, _MOST_FACES)
    n_tried = math.comb(len(regions), 2) * math.perm(len(faces), 2)
    if not n_tried:
        return
    shapes = (written.picture, size) if written.picture else None
    best: dict[tuple[tuple[int, int], ...], Explanation] = {}
    for i, j in combinations(regions, 2):
        for a, b in permutations(faces, 2):
            crop = _crop_between((boxes[i], boxes[j]), (detected[a], detected[b]), shapes)
            if crop is None:
                continue
            moved = tuple(box_moved(box, crop.scale, crop.shift) for box in boxes)
            each = (crop.evidence - math.log10(n_tried)) / 2
            found = explain(
                Reading("cropped", moved, _COST[written.claim]),
                detected,
                size,
                given={i: each, j: each},
                may_be_cut_off=True,
            )
            if found.face_of.get(i) != a or found.face_of.get(j) != b:
                continue
            key = tuple(sorted(found.face_of.items()))
            if key not in best or found.evidence > best[key].evidence:
                best[key] = found
    yield from best.values()


def _largest(boxes: Sequence[Box], most: int) -> list[int]:
    order = sorted(range(len(boxes)), key=lambda index: -boxes[index].area)
    return sorted(index for index in order[:most] if boxes[index].area > 0)


def _crop_between(
    regions: tuple[Box, Box], faces: tuple[Box, Box], shapes: tuple[Size, Size] | None
) -> _Crop | None:
    """Return the crop that puts two regions on two faces; None where they are not alike enough."""
    unlike = max(
        abs(math.log(faces[0].width * regions[1].width / (regions[0].width * faces[1].width))),
        abs(math.log(faces[0].height * regions[1].height / (regions[0].height * faces[1].height))),
    )
    if unlike > math.log(_MOST_UNLIKE):
        return None
    found = _scale(regions, faces, shapes)
    if found is None:
        return None
    scale, told = found
    if not all(
        _is_drawn_so(scale, region, face) for region, face in zip(regions, faces, strict=True)
    ):
        return None
    shift = _shift(regions, faces, scale)
    if not _is_part(scale, shift):
        return None
    alike = -math.log10(max(unlike, _LEAST_UNLIKE) / _USUAL_UNLIKE)
    return _Crop(scale, shift, alike + told + _CONTAINED + _ORDERED)


_Pair = tuple["Box", "Box"]
_Scale = tuple[tuple[float, float], float]


def _scale(regions: _Pair, faces: _Pair, shapes: tuple[Size, Size] | None) -> _Scale | None:
    """Return the scale between two middles as (x, y), and what its agreeing tells.

    ``shapes`` are the sizes in pixels of the picture that was drawn on and of the file.
    """
    if shapes is None:
        return _scale_of_sides(regions, faces)
    return _scale_of_pixels(regions, faces, *shapes)


def _scale_of_pixels(regions: _Pair, faces: _Pair, drawn: Size, file: Size) -> _Scale | None:
    """Return the one scale of pixels that keep their shape."""
    (rx, ry), (fx, fy) = _apart(regions), _apart(faces)
    rx, ry, fx, fy = rx * drawn[0], ry * drawn[1], fx * file[0], fy * file[1]
    wide, tall = _mean_sides(faces)
    face_px = math.hypot(wide * file[0], tall * file[1]) / math.sqrt(2)
    length = math.hypot(rx, ry)
    if length == 0 or math.hypot(fx, fy) < face_px / 2:
        return None
    scale = (rx * fx + ry * fy) / length**2
    across = math.hypot(fx - scale * rx, fy - scale * ry) / face_px
    if scale <= 0 or across > _MOST_ACROSS:
        return None
    chance = min(1.0, 2 * max(across, _LEAST_ACROSS) * tall / _USUAL_ACROSS)
    sides = scale * drawn[0] / file[0], scale * drawn[1] / file[1]
    return sides, _SCALED - math.log10(chance)


def _scale_of_sides(regions: _Pair, faces: _Pair) -> _Scale | None:
    """Return a scale for each side, where nobody knows the shape of the picture that was drawn on.

    Along a side on which the middles are too near each other, the boxes' sizes tell.
    """
    found: list[float | None] = []
    for region_gap, face_gap, side in zip(
        _apart(regions), _apart(faces), _mean_sides(faces), strict=True
    ):
        is_clear = abs(face_gap) >= side
        if is_clear and region_gap * face_gap <= 0:
            return None  # the other way round
        found.append(face_gap / region_gap if is_clear else None)
    x, y = found
    (wide, tall), (drawn_wide, drawn_tall) = _mean_sides(faces), _mean_sides(regions)
    as_sized = (wide / drawn_wide) / (tall / drawn_tall)
    if x is not None and y is not None:
        return (x, y), 2 * _SCALED
    if x is not None:
        return (x, x / as_sized), _SCALED
    return None if y is None else ((y * as_sized, y), _SCALED)


def _mean_sides(boxes: _Pair) -> tuple[float, float]:
    one, other = boxes
    return (one.width + other.width) / 2, (one.height + other.height) / 2


def _apart(boxes: tuple[Box, Box]) -> tuple[float, float]:
    (ax, ay), (bx, by) = boxes[0].center, boxes[1].center
    return bx - ax, by - ay


def _is_drawn_so(scale: tuple[float, float], region: Box, face: Box) -> bool:
    low, high = _LOOSE
    wide, tall = scale[0] * region.width / face.width, scale[1] * region.height / face.height
    return low <= wide <= high and low <= tall <= high


def _shift(
    regions: tuple[Box, Box], faces: tuple[Box, Box], scale: tuple[float, float]
) -> tuple[float, float]:
    x = [f.center[0] - scale[0] * r.center[0] for r, f in zip(regions, faces, strict=True)]
    y = [f.center[1] - scale[1] * r.center[1] for r, f in zip(regions, faces, strict=True)]
    return sum(x) / 2, sum(y) / 2


def _is_part(scale: tuple[float, float], shift: tuple[float, float]) -> bool:
    """Tell whether one of two pictures lies in the other."""
    ends = [(start, start + length) for start, length in zip(shift, scale, strict=True)]
    is_file_inside = all(start <= _EDGE and end >= 1 - _EDGE for start, end in ends)
    is_drawn_inside = all(start >= -_EDGE and end <= 1 + _EDGE for start, end in ends)
    return is_file_inside or is_drawn_inside
