"""Small JPEG pictures of faces and photos, for the window and the cache."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from facedex.geometry import face_orientation, pixels_to_upright

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facedex.types import Box

FACE_PX = 160
_FACE_MARGIN = 0.35  # of the box's longer side, on each side: hair and chin help to recognise
_QUALITY = 85


def face_thumbnail(
    pixels: NDArray[np.uint8], box: Box, orientation: int = 1, size_px: int = FACE_PX
) -> bytes:
    """Return a square JPEG of the face in ``pixels``, uint8 (h, w, 3) upright, with some margin.

    What lies outside the photo is filled with mid-grey. Small faces are not enlarged. The face is
    turned upright, as its ``orientation`` says (:class:`facedex.types.FacePlace`).
    """
    height, width = pixels.shape[:2]
    x, y = box.center
    side = max(2.0, max(box.width * width, box.height * height) * (1 + 2 * _FACE_MARGIN))
    left, top = round(x * width - side / 2), round(y * height - side / 2)
    whole = round(side)
    around = (left, top, left + whole, top + whole)
    inside = (max(0, left), max(0, top), min(width, left + whole), min(height, top + whole))
    if inside == around:
        tile = _cut(pixels, inside)
    else:
        tile = Image.new("RGB", (whole, whole), (128, 128, 128))
        if inside[0] < inside[2] and inside[1] < inside[3]:
            tile.paste(_cut(pixels, inside), (inside[0] - left, inside[1] - top))
    # by whole numbers first: half the time of bicubic, and 40 dB or more from it, as JPEG is
    tile.thumbnail((size_px, size_px), Image.Resampling.HAMMING, reducing_gap=1.0)
    return _jpeg(Image.fromarray(pixels_to_upright(np.asarray(tile), orientation)))


def _cut(pixels: NDArray[np.uint8], edges: tuple[int, int, int, int]) -> Image.Image:
    left, top, right, bottom = edges
    return Image.fromarray(pixels[top:bottom, left:right])


def preview(pixels: NDArray[np.uint8], long_side_px: int) -> bytes:
    """Return a JPEG of the whole photo, at most ``long_side_px`` long."""
    image = Image.fromarray(pixels)
    image.thumbnail((long_side_px, long_side_px), Image.Resampling.BICUBIC)
    return _jpeg(image)


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def thumbnail_from_preview(
    jpeg: bytes, box: Box, landmarks: NDArray[np.float32] | None = None
) -> bytes:
    """Return a face's thumbnail cut from a preview that facedex made itself.

    ``landmarks``, float32 (5, 2) in 0..1 of the preview, say how the face lies.
    """
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
        size = np.array(image.size, np.float32)
        orientation = 1 if landmarks is None else face_orientation(landmarks * size)
        return face_thumbnail(np.asarray(image.convert("RGB")), box, orientation)
