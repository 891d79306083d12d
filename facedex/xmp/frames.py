"""What the regions of a packet may mean: in the stored pixels, as shown, or of another picture.

The MWG applies regions to the stored image, before EXIF orientation. Not all programs did: some
wrote them as shown. ``AppliedToDimensions`` with the sides of the stored size swapped says that
the picture was turned afterwards, or that the writer saw it turned; yet files occur with such
dimensions and regions in the stored pixels all the same. So dimensions raise a doubt, and faces
found by a detector decide; without them the specification holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from facedex.geometry import box_to_stored, swaps_sides, valid_orientation
from facedex.naming.placing import place_by_faces
from facedex.naming.readings import Claim, Reading, Written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.types import Box, NoPlace, PhotoShape, Place
    from facedex.xmp.reading import XmpFacts
    from facedex.xmp.regions import Size

Frame = Literal["stored", "unstated", "swapped", "other"]

_CLAIMS = {
    "stored": Claim.FITS, "unstated": Claim.OPEN, "swapped": Claim.OPEN, "other": Claim.OTHER,
}  # fmt: skip
_SAME_SHAPE = 0.02  # of RAW photos programs count the margins differently
_SHOWN_COST = {Claim.FITS: 1.5, Claim.OPEN: 0.5, Claim.OTHER: 1.5}
# with swapped sides a quarter turn is likely, and regions as they are written are not
_SWAPPED_COSTS = {6: 0.3, 8: 0.3, 5: 1.0, 7: 1.0, 3: 2.0, 2: 2.5, 4: 2.5}
_UNTURNED_COST = 1.0


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
    facts: XmpFacts, photo: PhotoShape, detected: Sequence[Box] = ()
) -> list[Place | NoPlace]:
    """Return where the regions of a photo lie in its stored pixels.

    ``photo`` is as its file has it; where its orientation is 1, the packet's own counts.
    ``detected`` are the faces that were found in it, in the stored-pixel frame.
    """
    return place_by_faces(written_regions(facts, photo), detected, photo.size)


def written_regions(facts: XmpFacts, photo: PhotoShape) -> Written:
    """Return what the regions of a packet may mean on a photo."""
    frame = judge_frame(facts.applied_to, photo.size)
    if frame == "other" and facts.applied_to and _is_like(facts.applied_to, photo.size):
        frame = "stored"
    claim = _CLAIMS[frame]
    turn = photo.orientation
    if turn == 1:
        turn = valid_orientation(facts.orientation)
    boxes = tuple(region.box for region in facts.regions)
    is_swapped = frame == "swapped"
    cost = _UNTURNED_COST if is_swapped and not swaps_sides(turn) else 0.0
    readings = [Reading(frame, boxes, cost)]
    if turn != 1:
        shown = tuple(box_to_stored(box, turn) for box in boxes)
        readings.append(Reading("shown", shown, _SHOWN_COST[claim]))
    costs = _SWAPPED_COSTS if is_swapped else {}
    is_misfit = is_swapped and not swaps_sides(turn)
    return Written(claim, tuple(readings), boxes, costs, facts.applied_to, is_misfit=is_misfit)


def _is_same_shape(one: Size, other: Size) -> bool:
    return abs(one[0] * other[1] - one[1] * other[0]) <= sum(other)


def _is_like(one: Size, other: Size) -> bool:
    a, b = one[0] * other[1], one[1] * other[0]
    return abs(a - b) <= _SAME_SHAPE * max(a, b)
