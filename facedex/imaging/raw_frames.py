"""How an embedded preview lies in the frame of its RAW photo. Pure functions.

The stored frame of a RAW photo is the sensor's active area before any turning; its upright frame is
that turned as the file's orientation says. A preview may be stored turned or not, and may show less
(another aspect ratio, or the camera's crop by some pixels) or more (black bars).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facedex.geometry import upright_size
from facedex.types import Box

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

WHOLE = Box(0.0, 0.0, 1.0, 1.0)
_SAME_ASPECT = 0.01
_NEARLY_SQUARE = 1.1
_BLACK = 12.0  # mean of a bar, of 255: JPEG leaves some noise in it
_GREY = 128


def preview_orientation(
    size: tuple[int, int], upright: tuple[int, int], candidates: Iterable[int]
) -> int:
    """Return the orientation that turns a preview upright.

    Parameters
    ----------
    size : (width, height) of the preview as it is stored.
    upright : (width, height) of the upright RAW photo.
    candidates : what may be right, likeliest first: the preview's own orientation, then the RAW's.
        The first that makes the preview landscape or portrait as the photo is wins, else it is
        upright already: cameras leave the RAW's flag in previews that they have turned.
    """
    for orientation in candidates:
        if _is_same_shape(upright_size(*size, orientation), upright):
            return orientation
    return 1


def _is_same_shape(a: tuple[int, int], b: tuple[int, int]) -> bool:
    ratios = [width / height for width, height in (a, b)]
    if any(1 / _NEARLY_SQUARE < ratio < _NEARLY_SQUARE for ratio in ratios):
        return True
    return (ratios[0] > 1) == (ratios[1] > 1)


def to_photo_frame(
    preview: NDArray[np.uint8], upright: tuple[int, int], crop: Box
) -> NDArray[np.uint8]:
    """Return a picture of the whole photo, uint8 (h, w, 3), made of an upright preview.

    What the preview does not show is grey; its black bars are cut off.

    Parameters
    ----------
    upright : (width, height) of the upright RAW photo.
    crop : the part of it that the camera's own pictures show, upright frame.
    """
    for part in (crop, WHOLE):
        if _is_near(_aspect(preview), _aspect_of(part, upright)):
            return _on_canvas(preview, part)
    without_bars = _cut_bars(preview, _aspect_of(crop, upright))
    if without_bars is not None:
        return _on_canvas(without_bars, crop)
    return _on_canvas(preview, _middle(crop, _aspect(preview) / _aspect_of(crop, upright)))


def _aspect(pixels: NDArray[np.uint8]) -> float:
    height, width = pixels.shape[:2]
    return float(width / height)


def _aspect_of(part: Box, size: tuple[int, int]) -> float:
    return part.width * size[0] / (part.height * size[1])


def _is_near(a: float, b: float) -> bool:
    return abs(a / b - 1) < _SAME_ASPECT


def _cut_bars(pixels: NDArray[np.uint8], aspect: float) -> NDArray[np.uint8] | None:
    """Return the middle of ``pixels`` of this aspect ratio if the rest is black, else None."""
    height, width = pixels.shape[:2]
    dx = max(0, round((width - height * aspect) / 2))
    dy = max(0, round((height - width / aspect) / 2))
    rest = [pixels[:dy], pixels[height - dy :], pixels[:, :dx], pixels[:, width - dx :]]
    if any(part.size and float(part.mean()) > _BLACK for part in rest):
        return None
    return pixels[dy : height - dy, dx : width - dx]


def _middle(part: Box, ratio: float) -> Box:
    """Return the largest box in the middle of ``part`` with ``ratio`` times its aspect ratio."""
    x, y = part.center
    dx = part.width * min(1.0, ratio) / 2
    dy = part.height * min(1.0, 1 / ratio) / 2
    return Box(x - dx, y - dy, x + dx, y + dy)


def _on_canvas(pixels: NDArray[np.uint8], part: Box) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    canvas_height, canvas_width = round(height / part.height), round(width / part.width)
    if (canvas_height, canvas_width) == (height, width):
        return pixels
    canvas = np.full((canvas_height, canvas_width, 3), _GREY, np.uint8)
    top = min(round(part.y0 * canvas_height), canvas_height - height)
    left = min(round(part.x0 * canvas_width), canvas_width - width)
    canvas[top : top + height, left : left + width] = pixels
    return canvas
