"""What the numbers of a photo's regions may mean: hypotheses that move all of them together.

A region carries numbers that were true of some picture. Since then a program may have turned,
mirrored or cropped it and left the regions as they were, or have counted them on the picture as it
is shown. A reading says where the regions lie if one such thing is so, and what speaks against it
before anything was looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from facedex.geometry import box_to_upright

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from facedex.types import Box

Size = tuple[int, int]
Boxes = tuple["Box", ...]

TURNED = {
    1: "as written",
    2: "mirrored",
    3: "turned 180",
    4: "mirrored, turned 180",
    5: "mirrored, turned 270",
    6: "turned 90",
    7: "mirrored, turned 90",
    8: "turned 270",
}
"""What became of a picture since its regions were drawn, by the orientation that does it."""


class Claim(Enum):
    """How far a document itself tells that its regions were drawn on this picture."""

    FITS = "fits"
    """Its size or its numbers agree with the picture."""
    OPEN = "open"
    """It says nothing, or something that several pictures agree with."""
    OTHER = "other"
    """It was another picture, of another shape."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Where all regions of a document lie if their numbers are meant so.

    Attributes
    ----------
    frame : what the ledger calls it.
    boxes : in the stored-pixel frame, in the order of the regions; they may reach outside.
    cost : how rare it is, in powers of ten: 2.0 is one photo in a hundred.
    """

    frame: str
    boxes: Boxes
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Written:
    """The regions that one document has for one file, and what it says of their picture.

    Attributes
    ----------
    claim : see :class:`Claim`.
    readings : what the document's kind allows, the claimed one first.
    boxes : as they are written, 0..1 of the picture that they were drawn on.
    turn_costs : by orientation, where a turn since is rarer or less rare than ``claim`` has it.
    picture : (width, height) in pixels of the picture that the claimed reading is about; None if
        nobody knows. A crop keeps the shape of its pixels, so it is told more surely with it.
    is_drawn : whether a region on which no face was found is a face at all; not so for documents
        whose rectangles are often stale.
    is_misfit : what the document shows of its picture does not agree with the file.
    """

    claim: Claim
    readings: tuple[Reading, ...]
    boxes: Boxes
    turn_costs: Mapping[int, float]
    picture: Size | None = None
    is_drawn: bool = True
    is_misfit: bool = False


_TURN_COST = {Claim.FITS: 2.0, Claim.OPEN: 1.0, Claim.OTHER: 1.5}
_MIRROR_COST = 0.5  # programs turn pictures more often than they mirror them


def turned_readings(written: Written) -> Iterator[Reading]:
    """Yield the regions turned in all eight ways, save those that the document's readings have."""
    known = {reading.boxes for reading in written.readings}
    for orientation, frame in TURNED.items():
        boxes = tuple(box_to_upright(box, orientation) for box in written.boxes)
        if boxes not in known:
            usual = _TURN_COST[written.claim] + _MIRROR_COST * (orientation in {2, 4, 5, 7})
            yield Reading(frame, boxes, written.turn_costs.get(orientation, usual))
