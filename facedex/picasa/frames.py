"""Which pixel grid a Picasa rectangle was written for, and its place in the stored pixels.

Picasa stores each edge as ``v = round(k * 65535 / n)``, where ``k`` is a whole pixel and ``n`` the
side's length. So a coordinate tells whether it can belong to a grid: of a 12-megapixel grid about
one value in 16 fits by chance, all four of a rectangle one time in 100 000. The edges 0 and 65535
fit every grid and prove nothing.

Rectangles of JPEG and other finished pictures are relative to the stored pixels, before EXIF
orientation and Picasa's ``rotate=``; those of RAW files to the upright picture. A file that Picasa
saved after its faces were named may have rectangles of the original, which the recipe carries over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, overload

from facedex.geometry import (
    EXIF_OF_TURNS,
    RECT64_MAX,
    box_to_rect64,
    box_to_stored,
    clip_box,
    swaps_sides,
    valid_orientation,
)
from facedex.naming.placing import place_by_faces
from facedex.naming.readings import Claim, Reading, Written
from facedex.picasa.recipes import carry_box, saved_size
from facedex.picasa.rects import pad_hex64
from facedex.types import Box, NoPlace, PicasaFace, Place, Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facedex.types import PhotoShape

Frame = Literal["stored", "swapped", "other", "unknown"]

_TOLERANCE = 0.51  # half a step of rounding, and a little for ties
_MIN_EVIDENCE = 3  # coordinates off the edges that must fit before another grid is believed
_SIZE_SLACK_PX = 1  # between what a recipe gives and the file that is there
_WRAP = 1 << 16
_ALSO_USUAL = 0.5
# numbers of the swapped grid on a picture that nobody turns: its pixels were turned by a quarter
_SWAPPED_COSTS = {6: 0.3, 8: 0.3, 5: 1.0, 7: 1.0}
_UNTURNED_COST = 1.0
_UPRIGHT_COST = 1.5  # rectangles of the upright picture that are no RAW's


@dataclass(frozen=True, slots=True)
class PlacedRect:
    """A rectangle in the stored-pixel frame.

    Attributes
    ----------
    box : in 0..1 of the stored pixels, clipped to them.
    frame : the grid that the rectangle's numbers fit: the stored size, that size with its sides
        swapped, the other size of the original that Picasa put aside, or none of them; all but
        ``"stored"`` should be confirmed by a detector.
    """

    box: Box
    frame: Frame


def upright_orientation(orientation: int | None, rotate: int | None) -> int:
    """Return the EXIF orientation that turns stored pixels upright, in Picasa's view.

    Picasa's ``rotate=``, in clockwise quarter turns 0 to 3, replaces EXIF's: it does not add to it.
    """
    return valid_orientation(orientation) if rotate is None else EXIF_OF_TURNS[rotate % 4]


def frame_fit(rect: str | Box, size: tuple[int, int]) -> int:
    """Return how many of a rectangle's four coordinates fit a (width, height) pixel grid.

    ``rect`` is a rect64 of 1 to 16 hex digits or its box; edges at 0 and 65535 always fit. A
    wrapped right or bottom edge is unwrapped first, which only the hex digits allow.

    Raises
    ------
    ValueError
        If the text is not a rect64.
    """
    return sum(map(_fits, _coordinates(rect), size * 2))


@overload
def place_region(
    face: PicasaFace,
    stored_size: tuple[int, int],
    *,
    is_raw: bool = False,
    orientation: int | None = 1,
    rotate: int | None = None,
    recipe: None = None,
) -> PlacedRect: ...


@overload
def place_region(
    face: PicasaFace,
    stored_size: tuple[int, int],
    *,
    is_raw: bool = False,
    orientation: int | None = 1,
    rotate: int | None = None,
    recipe: Recipe | None,
) -> PlacedRect | None: ...


def place_region(
    face: PicasaFace,
    stored_size: tuple[int, int],
    *,
    is_raw: bool = False,
    orientation: int | None = 1,
    rotate: int | None = None,
    recipe: Recipe | None = None,
) -> PlacedRect | None:
    """Return where a face lies in the stored pixels; None if a recipe's crop cut it off.

    Parameters
    ----------
    stored_size : (width, height) in pixels, before any orientation.
    is_raw : the file is a camera's RAW, whose rectangles are relative to the upright picture unless
        only the stored grid fits them. Picasa saves no RAW file, so no recipe counts.
    orientation : EXIF's; values other than 1 to 8 count as 1.
    rotate : the section's ``rotate=``, which replaces ``orientation`` where it is present.
    recipe : how Picasa made the file. It counts where the stored grid does not fit the rectangle,
        the original's does, and what the recipe makes of the original has the stored size.
    """
    values = _coordinates(face.rect_hex)
    turn = upright_orientation(orientation, rotate)
    if is_raw:
        is_upright, frame = _judge_raw(values, stored_size, swaps_sides(turn))
    elif recipe is not None and _is_of_original(values, stored_size, recipe):
        carried = carry_box(face.box, recipe)
        return None if carried is None else PlacedRect(carried, "other")
    else:
        is_upright, frame = _judge(values, stored_size, swaps_sides(turn))
    box = box_to_stored(face.box, turn) if is_upright else face.box
    return PlacedRect(clip_box(box), frame)


@dataclass(frozen=True, slots=True)
class PicasaRegion:
    """A rectangle with what is said of its photo: see :func:`place_region`."""

    face: PicasaFace
    is_raw: bool = False
    rotate: int | None = None
    recipe: Recipe | None = None


def place_faces(
    regions: Sequence[PicasaRegion],
    photo: PhotoShape,
    detected: Sequence[Box] = (),
    *,
    is_export: bool = False,
) -> list[Place | NoPlace]:
    """Return where the rectangles of one photo lie in its stored pixels.

    Parameters
    ----------
    detected : faces that were found in it, in the stored-pixel frame.
    is_export : Picasa made the folder; its rectangles may be of another size, which their numbers
        do not tell.
    """
    places: list[Place | NoPlace] = [NoPlace("other")] * len(regions)
    on_grids = {
        index: placed
        for index, one in enumerate(regions)
        if (placed := _place(one, photo)) is not None
    }
    for group in _together(regions, on_grids):
        written = _written(group, regions, on_grids, photo, is_export=is_export)
        found = place_by_faces(written, detected, photo.size)
        for index, place in zip(group, found, strict=True):
            is_as_claimed = place.frame == written.readings[0].frame
            frame = on_grids[index].frame if is_as_claimed else place.frame
            places[index] = replace(place, frame=frame)
    return places


def _place(region: PicasaRegion, photo: PhotoShape) -> PlacedRect | None:
    return place_region(
        region.face,
        photo.size,
        is_raw=region.is_raw,
        orientation=photo.orientation,
        rotate=region.rotate,
        recipe=region.recipe,
    )


def _together(
    regions: Sequence[PicasaRegion], on_grids: Mapping[int, PlacedRect]
) -> list[list[int]]:
    """Return which rectangles are of one picture: those of an original apart, of a RAW by grid.

    A few numbers fit the swapped grid by chance: unless all do, none is meant so.
    """
    of_original = [i for i, one in on_grids.items() if one.frame == "other"]
    others = [i for i in on_grids if i not in of_original]
    if any(regions[i].is_raw for i in others):
        frames = sorted({on_grids[i].frame for i in others})
        return [[i for i in others if on_grids[i].frame == frame] for frame in frames]
    return [group for group in (of_original, others) if group]


def _written(
    group: Sequence[int],
    regions: Sequence[PicasaRegion],
    on_grids: Mapping[int, PlacedRect],
    photo: PhotoShape,
    *,
    is_export: bool,
) -> Written:
    """Return what the rectangles of one picture may mean."""
    faces = [regions[i].face for i in group]
    as_written = tuple(clip_box(face.box) for face in faces)
    frames = [on_grids[i].frame for i in group]
    is_swapped = all(frame == "swapped" for frame in frames)
    if is_swapped or frames[0] == "other" or regions[group[0]].is_raw:
        boxes, frame = tuple(on_grids[i].box for i in group), frames[0]
    else:
        is_stored = 2 * frames.count("stored") >= len(frames)
        boxes, frame = as_written, "stored" if is_stored else "unknown"
    turn = upright_orientation(photo.orientation, regions[group[0]].rotate)
    costs: dict[int, float] = {}
    cost = 0.0
    if frame == "unknown" and all(_is_swapped(face, photo.size) for face in faces):
        costs, cost = _SWAPPED_COSTS, _UNTURNED_COST
    readings = [Reading(frame, boxes, cost)]
    if boxes != as_written:
        readings.append(Reading("unknown", as_written, _ALSO_USUAL))
    elif turn != 1:
        shown = tuple(clip_box(box_to_stored(box, turn)) for box in as_written)
        readings.append(Reading("shown", shown, _UPRIGHT_COST))
    return Written(
        Claim.OPEN if frame == "unknown" or is_export else Claim.FITS,
        tuple(readings),
        as_written,
        costs,
        photo.size if is_export else None,
        is_drawn=not is_export,
        is_misfit=frame == "unknown" and not is_export,
    )


def _is_swapped(face: PicasaFace, size: tuple[int, int]) -> bool:
    return _fits_grid(_coordinates(face.rect_hex), size[::-1], _MIN_EVIDENCE)


def _is_of_original(values: list[int], stored_size: tuple[int, int], recipe: Recipe) -> bool:
    """Tell whether the values are of the original that the recipe made the stored pixels of."""
    if _fits_grid(values, stored_size):
        return False
    gaps = (abs(a - b) for a, b in zip(saved_size(recipe), stored_size, strict=True))
    return max(gaps) <= _SIZE_SLACK_PX and _fits_grid(
        values, (recipe.width_px, recipe.height_px), _MIN_EVIDENCE
    )


def _judge(values: list[int], size: tuple[int, int], is_turned: bool) -> tuple[bool, Frame]:
    """Return whether the values are upright-relative, and their frame; of a finished picture."""
    if _fits_grid(values, size):
        return False, "stored"
    # without a quarter turn nothing says which way a swapped rectangle would have to turn
    if is_turned and _fits_grid(values, size[::-1], _MIN_EVIDENCE):
        return True, "swapped"
    return False, "unknown"


def _judge_raw(values: list[int], size: tuple[int, int], is_turned: bool) -> tuple[bool, Frame]:
    """Return the same of a RAW file, where upright is the rule."""
    if not is_turned:
        return True, "stored" if _fits_grid(values, size) else "unknown"
    if _fits_grid(values, size[::-1]):
        return True, "swapped"
    if _fits_grid(values, size, _MIN_EVIDENCE):
        return False, "stored"
    return True, "unknown"


def _coordinates(rect: str | Box) -> list[int]:
    """Return left, top, right, bottom in 65535ths; wrapped far edges lie past 65535."""
    rect_hex = pad_hex64(box_to_rect64(rect) if isinstance(rect, Box) else rect)
    if rect_hex is None:
        raise ValueError("a rect64 is 1 to 16 hex digits")
    left, top, right, bottom = (int(rect_hex[i : i + 4], 16) for i in (0, 4, 8, 12))
    return [
        left,
        top,
        right + _WRAP if right < left else right,
        bottom + _WRAP if bottom < top else bottom,
    ]


def _fits(value: int, side_px: int) -> bool:
    if side_px < 1:
        return False
    pixel = round(value * side_px / RECT64_MAX)
    return abs(pixel * RECT64_MAX / side_px - value) <= _TOLERANCE


def _fits_grid(values: list[int], size: tuple[int, int], min_evidence: int = 0) -> bool:
    """Tell whether all values fit, at least ``min_evidence`` of them off the edges."""
    evidence = sum(value not in (0, RECT64_MAX) for value in values)
    return evidence >= min_evidence and all(map(_fits, values, size * 2))
