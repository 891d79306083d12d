"""Where digiKam's rectangles lie in the stored pixels of a photo.

digiKam keeps whole pixels of the photo as it shows it: the stored pixels at full size, turned by
the orientation in its database (``TagRegion::adjustToOrientation`` and
``ItemScanner::commitFaces`` in its ``core/libs/database``). That orientation is the file's until
the user turns the photo in digiKam, which may leave the file alone. Sources of 2018 and before
(digiKam 5, and 6 at first) take over regions from a photo's XMP without turning them, and such
rectangles stay so: they are relative to the stored pixels.

So the numbers have a first reading and others that are possible; the faces that were found decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from facedex.geometry import (
    box_from_xywh_px,
    box_to_stored,
    clip_box,
    contains_center,
    upright_size,
)
from facedex.naming.placing import place_by_faces
from facedex.naming.readings import Claim, Reading, Written
from facedex.naming.same_face import is_on_face
from facedex.types import NoPlace, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.digikam.database_faces import DigikamRect
    from facedex.types import Box, PhotoShape

Frame = Literal["shown", "stored", "other"]
Size = tuple[int, int]

_SAME_SHAPE = 0.02  # of RAW photos programs count the margins differently
_ALSO_USUAL = 0.5  # what a reading costs that is about as likely as the first


def place_faces(
    rects: Sequence[DigikamRect],
    noted: PhotoShape,
    photo: PhotoShape,
    detected: Sequence[Box] = (),
) -> list[Place | NoPlace]:
    """Return where the faces of one photo lie in its stored pixels.

    The frame is the picture that the numbers are taken as relative to: as digiKam shows it, as it
    is stored, or ``other``: the photo now has another shape, so that it was cropped or replaced.

    Parameters
    ----------
    noted : the photo as digiKam knew it; where it noted nothing, the photo's own values.
    photo : as the file is now.
    detected : faces that were found in it, in the stored-pixel frame.
    """
    if not rects:
        return []
    written = _written(rects, noted, photo)
    places = place_by_faces(written, detected, photo.size)
    if written.claim is Claim.OTHER:
        return places
    taken = [place.box for place in places if isinstance(place, Place)]
    free = [face for face in detected if not any(is_on_face(box, face) for box in taken)]
    return [
        place
        if isinstance(place, Place) and any(is_on_face(place.box, face) for face in detected)
        else _of_its_own(index, place, written, free)
        for index, place in enumerate(places)
    ]


def _written(rects: Sequence[DigikamRect], noted: PhotoShape, photo: PhotoShape) -> Written:
    shown = upright_size(*noted.size, noted.orientation)
    boxes = tuple(_box(rect, shown) for rect in rects)
    is_same_grid = _is_same_shape(noted.size, photo.size)
    is_same_picture = _is_same_shape(shown, upright_size(*photo.size, photo.orientation))
    readings = []
    if is_same_grid:
        readings.append(_turned(boxes, noted.orientation, "shown", 0.0))
    if not (is_same_grid and noted.orientation == photo.orientation):
        # turned since by another program, or stored upright in what digiKam decoded
        frame: Frame = "shown" if is_same_grid or is_same_picture else "other"
        readings.append(_turned(boxes, photo.orientation, frame, _ALSO_USUAL * is_same_grid))
    if is_same_grid and noted.orientation != 1:
        stored = tuple(_box(rect, noted.size) for rect in rects)
        readings.append(Reading("stored", stored, _ALSO_USUAL))
    claim = Claim.OPEN if is_same_grid or is_same_picture else Claim.OTHER
    if is_same_grid and noted.orientation == photo.orientation:
        claim = Claim.FITS
    picture = noted.size if is_same_grid else upright_size(*shown, photo.orientation)
    return Written(claim, tuple(readings), boxes, {}, picture)


def _box(rect: DigikamRect, size: Size) -> Box:
    return box_from_xywh_px(rect.left, rect.top, rect.width, rect.height, *size)


def _turned(boxes: Sequence[Box], orientation: int, frame: Frame, cost: float) -> Reading:
    return Reading(frame, tuple(box_to_stored(box, orientation) for box in boxes), cost)


def _of_its_own(
    index: int, place: Place | NoPlace, written: Written, free: Sequence[Box]
) -> Place | NoPlace:
    """Return a rectangle that lies on no face by a reading that puts it on one that is nobody's.

    Old versions made both kinds of rectangles on one photo: from its XMP, and drawn in digiKam.
    """
    for reading in written.readings:
        box = reading.boxes[index]
        if any(contains_center(face, box) and contains_center(box, face) for face in free):
            return Place(clip_box(box), reading.frame)
    return place


def _is_same_shape(one: Size, other: Size) -> bool:
    a, b = one[0] * other[1], one[1] * other[0]
    return abs(a - b) <= _SAME_SHAPE * max(a, b)
