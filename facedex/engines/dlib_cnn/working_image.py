"""Bring a photo to the size at which faces are looked for, and boxes between pixels and 0..1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from facedex.engines.dlib_cnn.rects import PixelRect
from facedex.types import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_ENLARGEMENT = 2.0
_REDUCING_GAP = 2.0


def working_size_px(height: int, width: int, working_size: int) -> tuple[int, int]:
    """Return (height, width) of the image to search: long side ``working_size``.

    A small image is enlarged at most ``MAX_ENLARGEMENT`` times, and no side is below 1.
    """
    factor = min(working_size / max(height, width), MAX_ENLARGEMENT)
    return max(1, round(height * factor)), max(1, round(width * factor))


def resize_image(image: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Return ``image``, uint8 (h, w, 3), at a new size, without aliasing; itself at its own."""
    if image.shape[:2] == (height, width):
        return np.ascontiguousarray(image)
    picture = Image.fromarray(np.ascontiguousarray(image))
    is_enlarged = width > image.shape[1]
    # what shrinks loses nothing by the cheaper filter: benchmarks/detection.py finds the same faces
    method = Image.Resampling.BICUBIC if is_enlarged else Image.Resampling.BILINEAR
    return np.asarray(picture.resize((width, height), method, reducing_gap=_REDUCING_GAP))


def working_image(image: NDArray[np.uint8], working_size: int) -> NDArray[np.uint8]:
    """Return the image that detectors search; see :func:`working_size_px`."""
    return resize_image(image, *working_size_px(image.shape[0], image.shape[1], working_size))


def box_from_rect(rect: PixelRect, height: int, width: int) -> Box:
    """Return the half-open 0..1 box of a rectangle whose right and bottom edge are included."""
    return Box(
        rect.left / width, rect.top / height, (rect.right + 1) / width, (rect.bottom + 1) / height
    )


def rect_from_box(box: Box, height: int, width: int) -> PixelRect:
    """Return the pixels of a box on an image of this size, at least one pixel each way."""
    left, top = round(box.x0 * width), round(box.y0 * height)
    right, bottom = round(box.x1 * width) - 1, round(box.y1 * height) - 1
    return PixelRect(left, top, max(left, right), max(top, bottom))
