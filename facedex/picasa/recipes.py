"""Follow Picasa's saving: the original's stored pixels, cropped, then turned upright.

``File > Save`` puts the original into ``.picasaoriginals``, writes the crop and the rotation into
the visible file and notes both in the ini there. Picasa crops at whole pixels of the original. A
tilt is not followed: its faces come out a few degrees from where they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.geometry import EXIF_OF_TURNS, box_in_part, box_to_upright, clip_box, upright_size
from facedex.types import Box

if TYPE_CHECKING:
    from facedex.types import Recipe


def saved_size(recipe: Recipe) -> tuple[int, int]:
    """Return (width, height) in stored pixels of the file that a recipe makes."""
    left, top, right, bottom = _crop_px(recipe)
    return upright_size(right - left, bottom - top, _orientation(recipe))


def carry_box(box: Box, recipe: Recipe) -> Box | None:
    """Return where a box of the original's stored pixels lies in those of the saved file.

    It is clipped to what the crop kept; None if the middle of the box was cut off.
    """
    left, top, right, bottom = _crop_px(recipe)
    if left >= right or top >= bottom:
        return None
    width_px, height_px = recipe.width_px, recipe.height_px
    part = Box(left / width_px, top / height_px, right / width_px, bottom / height_px)
    kept = box_in_part(box, part)
    x, y = kept.center
    if not (0 <= x <= 1 and 0 <= y <= 1):
        return None
    return box_to_upright(clip_box(kept), _orientation(recipe))


def _orientation(recipe: Recipe) -> int:
    return EXIF_OF_TURNS[(recipe.rotate or 0) % 4]


def _crop_px(recipe: Recipe) -> tuple[int, int, int, int]:
    width_px, height_px = recipe.width_px, recipe.height_px
    if recipe.crop is None:
        return 0, 0, width_px, height_px
    return (
        round(recipe.crop.x0 * width_px),
        round(recipe.crop.y0 * height_px),
        round(recipe.crop.x1 * width_px),
        round(recipe.crop.y1 * height_px),
    )
