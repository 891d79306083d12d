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

from dataclasses import dataclass
from typing import Literal, overload

from facedex.geometry import (
    EXIF_OF_TURNS,
    RECT64_MAX,
    box_to_rect64,
    box_to_stored,
    clip_box,
    swaps_sides,
    valid_orientation,
)
from facedex.picasa.recipes import carry_box, saved_size
from facedex.picasa.rects import pad_hex64
from facedex.types import Box, PicasaFace, Recipe

Frame = Literal["stored", "swapped", "other", "unknown"]

_TOLERANCE = 0.51  # half a step of rounding, and a little for ties
_MIN_EVIDENCE = 3  # coordinates off the edges that must fit before another grid is believed
_SIZE_SLACK_PX = 1  # between what a recipe gives and the file that is there
_WRAP = 1 << 16


@dataclass(frozen=True, slots=True)
class PlacedRegion:
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
) -> PlacedRegion: ...


@overload
def place_region(
    face: PicasaFace,
    stored_size: tuple[int, int],
    *,
    is_raw: bool = False,
    orientation: int | None = 1,
    rotate: int | None = None,
    recipe: Recipe | None,
) -> PlacedRegion | None: ...


def place_region(
    face: PicasaFace,
    stored_size: tuple[int, int],
    *,
    is_raw: bool = False,
    orientation: int | None = 1,
    rotate: int | None = None,
    recipe: Recipe | None = None,
) -> PlacedRegion | None:
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
        return None if carried is None else PlacedRegion(carried, "other")
    else:
        is_upright, frame = _judge(values, stored_size, swaps_sides(turn))
    box = box_to_stored(face.box, turn) if is_upright else face.box
    return PlacedRegion(clip_box(box), frame)


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
