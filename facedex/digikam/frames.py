"""Where digiKam's rectangles lie in the stored pixels of a photo.

digiKam keeps whole pixels of the photo as it shows it: the stored pixels at full size, turned by the
orientation in its database (``TagRegion::adjustToOrientation`` and ``ItemScanner::commitFaces`` in its
``core/libs/database``). That orientation is the file's until the user turns the photo in digiKam, which
may leave the file alone. Sources of 2018 and before (digiKam 5, and 6 at first) take over regions from a
photo's XMP without turning them, and such rectangles stay so: they are relative to the stored pixels.

So the numbers have a first reading and others that are possible. Another one is believed where the first
one does not fit into the picture, or where faces are found by it and none by the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from facedex.geometry import (
    box_from_xywh_px,
    box_to_stored,
    clip_box,
    contains_center,
    upright_size,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from facedex.digikam.database_faces import DigikamRect
    from facedex.types import Box, PhotoShape

Frame = Literal["shown", "stored", "other"]
Size = tuple[int, int]

_SAME_SHAPE = 0.02  # of RAW photos programs count the margins differently
_OVERHANG = 0.05  # a rectangle may be drawn past the edge


@dataclass(frozen=True, slots=True)
class PlacedFace:
    """A rectangle in the stored-pixel frame.

    Attributes
    ----------
    box : in 0..1 of the stored pixels, clipped to them; empty if it lies outside.
    frame : the picture that the numbers are taken as relative to: as digiKam shows it, as it is
        stored, or ``other``: the photo now has another shape, so that it was cropped or replaced.
    """

    box: Box
    frame: Frame


def place_faces(
    rects: Sequence[DigikamRect],
    noted: PhotoShape,
    photo: PhotoShape,
    detected: Sequence[Box] = (),
) -> tuple[PlacedFace, ...]:
    """Return where the faces of one photo lie in its stored pixels.

    Parameters
    ----------
    noted : the photo as digiKam knew it; where it noted nothing, the photo's own values.
    photo : as the file is now.
    detected : faces that were found in it, in the stored-pixel frame.
    """
    readings = list(_readings(rects, noted, photo))
    best = max(readings, key=lambda reading: _score(reading, detected))
    free = [face for face in detected if not any(_meet(face, one.box) for one in best)]
    placed = []
    for index, one in enumerate(best):
        is_on_face = any(_meet(face, one.box) for face in detected)
        own = one if is_on_face else _of_its_own(index, one, readings, free)
        placed.append(PlacedFace(clip_box(own.box), own.frame))
    return tuple(placed)


def _readings(
    rects: Sequence[DigikamRect], noted: PhotoShape, photo: PhotoShape
) -> Iterator[tuple[PlacedFace, ...]]:
    """Yield what the rectangles may mean, the likeliest first."""
    shown = upright_size(*noted.size, noted.orientation)
    in_shown = [_box(rect, shown) for rect in rects]
    is_same_grid = _is_same_shape(noted.size, photo.size)
    is_same_picture = _is_same_shape(shown, upright_size(*photo.size, photo.orientation))
    if is_same_grid:
        yield _turned(in_shown, noted.orientation, "shown")
    if not (is_same_grid and noted.orientation == photo.orientation):
        # turned since by another program, or stored upright in what digiKam decoded
        frame: Frame = "shown" if is_same_grid or is_same_picture else "other"
        yield _turned(in_shown, photo.orientation, frame)
    if is_same_grid and noted.orientation != 1:
        yield tuple(PlacedFace(_box(rect, noted.size), "stored") for rect in rects)


def _box(rect: DigikamRect, size: Size) -> Box:
    return box_from_xywh_px(rect.left, rect.top, rect.width, rect.height, *size)


def _turned(boxes: Sequence[Box], orientation: int, frame: Frame) -> tuple[PlacedFace, ...]:
    return tuple(PlacedFace(box_to_stored(box, orientation), frame) for box in boxes)


def _score(reading: Sequence[PlacedFace], detected: Sequence[Box]) -> tuple[int, int]:
    """Return how many boxes lie inside the picture, and how many on a face."""
    return (
        sum(_is_inside(one.box) for one in reading),
        sum(any(_meet(face, one.box) for face in detected) for one in reading),
    )


def _of_its_own(
    index: int,
    placed: PlacedFace,
    readings: Sequence[Sequence[PlacedFace]],
    free: Sequence[Box],
) -> PlacedFace:
    """Return a rectangle that lies on no face by a reading that puts it on one that is nobody's.

    Old versions made both kinds of rectangles on one photo: from its XMP, and drawn in digiKam.
    """
    for reading in readings:
        other = reading[index]
        if any(_meet(face, other.box) for face in free):
            return other
    return placed


def _meet(one: Box, other: Box) -> bool:
    return contains_center(one, other) and contains_center(other, one)


def _is_inside(box: Box) -> bool:
    low, high = -_OVERHANG, 1 + _OVERHANG
    return min(box.x0, box.y0) >= low and max(box.x1, box.y1) <= high


def _is_same_shape(one: Size, other: Size) -> bool:
    a, b = one[0] * other[1], one[1] * other[0]
    return abs(a - b) <= _SAME_SHAPE * max(a, b)
