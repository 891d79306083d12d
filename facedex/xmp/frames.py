"""Whether regions are meant in the stored pixels, and their place there.

The MWG applies regions to the stored image, before EXIF orientation. Not all programs did: some wrote
them as shown. ``AppliedToDimensions`` with the sides of the stored size swapped says that the picture
was turned afterwards, or that the writer saw it turned; yet files occur with such dimensions and
regions in the stored pixels all the same. So dimensions raise a doubt, and faces found by a detector
settle it; without them the specification holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from facedex.geometry import (
    box_to_stored,
    box_to_upright,
    contains_center,
    swaps_sides,
    valid_orientation,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from facedex.types import Box
    from facedex.xmp.reading import XmpFacts
    from facedex.xmp.regions import Size, XmpRegion

Frame = Literal["stored", "unstated", "swapped", "other"]


@dataclass(frozen=True, slots=True)
class PlacedXmpRegion:
    """A region in the stored-pixel frame.

    Attributes
    ----------
    box : in 0..1 of the stored pixels.
    frame : how ``AppliedToDimensions`` fits the stored size: it does, it is missing, it does with
        the sides swapped, it does not (the picture was cropped since, or is another).
    is_turned : the numbers were taken as relative to a turned picture, for only so do the regions lie
        on faces.
    """

    region: XmpRegion
    box: Box
    frame: Frame
    is_turned: bool


def judge_frame(applied_to: Size | None, stored_size: Size) -> Frame:
    """Return how the dimensions of regions fit a photo; both are (width, height) in pixels.

    A picture made smaller fits: its sides may be rounded by one pixel each.
    """
    if applied_to is None:
        return "unstated"
    if _is_same_shape(applied_to, stored_size):
        return "stored"
    return "swapped" if _is_same_shape(applied_to[::-1], stored_size) else "other"


def place_regions(
    facts: XmpFacts,
    stored_size: Size,
    orientation: int = 1,
    detected: Sequence[Box] = (),
) -> tuple[PlacedXmpRegion, ...]:
    """Return where the regions of a photo lie in its stored pixels.

    Parameters
    ----------
    stored_size : (width, height) in pixels, before any orientation.
    orientation : EXIF's, 1 to 8; where it is 1, the packet's own counts.
    detected : faces found in the photo, in the stored-pixel frame; they settle a doubtful frame, for
        all regions of the photo together.
    """
    frame = judge_frame(facts.applied_to, stored_size)
    turn = orientation if orientation != 1 else valid_orientation(facts.orientation)
    written = tuple(region.box for region in facts.regions)
    best, most = written, _n_hits(written, detected)
    for boxes in _readings(written, frame, turn):
        n_hits = _n_hits(boxes, detected)
        if n_hits > most:
            best, most = boxes, n_hits
    return tuple(
        PlacedXmpRegion(region, box, frame, best is not written)
        for region, box in zip(facts.regions, best, strict=True)
    )


def _readings(written: tuple[Box, ...], frame: Frame, turn: int) -> Iterator[tuple[Box, ...]]:
    """Yield the boxes as they would lie had the writer meant another frame that the size allows."""
    is_swapped = frame == "swapped"
    if (frame == "unstated" and turn != 1) or (is_swapped and swaps_sides(turn)):
        yield tuple(box_to_stored(box, turn) for box in written)
    if is_swapped:
        # turned by a program that left the regions alone, or by the decoder (HEIC): which way?
        for quarter in (6, 8):
            yield tuple(box_to_upright(box, quarter) for box in written)


def _n_hits(boxes: tuple[Box, ...], detected: Sequence[Box]) -> int:
    return sum(
        any(contains_center(face, box) and contains_center(box, face) for face in detected)
        for box in boxes
    )


def _is_same_shape(one: Size, other: Size) -> bool:
    return abs(one[0] * other[1] - one[1] * other[0]) <= sum(other)
