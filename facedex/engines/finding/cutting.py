"""A photo at several sizes, and the surroundings of single places cut out of it for a network."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from facedex.engines.dlib_cnn.working_image import working_size_px
from facedex.geometry import pixels_to_upright

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

CROP_PX = 128
CROPS_PER_BATCH = 24
_WHOLE_STEPS_GAP = 1.0  # shrink by whole numbers first, as far as that goes: a third of the time
_CROP_GAP = 1.5


def shrink(photo: Image.Image, sizes: Sequence[int]) -> list[Image.Image]:
    """Return ``photo`` with long sides of ``sizes`` pixels, which fall; each made of the last.

    A small photo is enlarged as :func:`facedex.engines.dlib_cnn.working_image.working_size_px`
    says.
    """
    pictures: list[Image.Image] = []
    picture = photo
    for size in sizes:
        height, width = working_size_px(photo.height, photo.width, size)
        if picture.size != (width, height):
            picture = picture.resize(
                (width, height), Image.Resampling.BILINEAR, reducing_gap=_WHOLE_STEPS_GAP
            )
        pictures.append(picture)
    return pictures


def sides_of(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the root of the area of each box (n, 4): its side, were it a square; at least 1."""
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    sides: NDArray[np.float32] = np.sqrt(np.maximum(areas, 1.0)).astype(np.float32)
    return sides


def cut_places(
    pictures: Sequence[Image.Image],
    boxes: NDArray[np.float32],
    face_px: float,
    orientations: Sequence[int] | None = None,
) -> NDArray[np.uint8]:
    """Return a crop of each place, uint8 (n, 128, 128, 3), in which its side is ``face_px`` long.

    What lies outside the photo is black.

    Parameters
    ----------
    pictures : of one photo, the largest first; a crop is cut from the smallest that shows enough.
    boxes : float32 (n, 4): left, top, right, bottom in pixels of the first picture.
    orientations : how each crop is to be turned, as EXIF has it; None leaves them as they are.
    """
    crops = np.empty((len(boxes), CROP_PX, CROP_PX, 3), np.uint8)
    reaches = sides_of(boxes)[:, np.newaxis] * (CROP_PX / face_px / 2)
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    squares = np.concatenate([middles - reaches, middles + reaches], axis=1)
    turns = orientations or [1] * len(boxes)
    for crop, square, turn in zip(crops, squares.astype(np.float64), turns, strict=True):
        picture = _smallest(pictures, CROP_PX / (square[2] - square[0]))
        scale = np.tile(np.divide(picture.size, pictures[0].size), 2)
        crop[:] = pixels_to_upright(_cut(picture, *(square * scale).tolist()), turn)
    return crops


def in_batches(crops: NDArray[np.uint8], *, is_filled: bool) -> Iterator[NDArray[np.uint8]]:
    """Yield ``crops`` in batches for a network.

    Parameters
    ----------
    is_filled : also the last one, with black crops: each new size may be compiled.
    """
    for start in range(0, len(crops), CROPS_PER_BATCH):
        batch = crops[start : start + CROPS_PER_BATCH]
        missing = CROPS_PER_BATCH - len(batch) if is_filled else 0
        yield np.pad(batch, ((0, missing), (0, 0), (0, 0), (0, 0))) if missing else batch


def _smallest(pictures: Sequence[Image.Image], scale: float) -> Image.Image:
    """Return the smallest picture that is at least ``scale`` times the first, or the largest."""
    wanted = scale * pictures[0].width
    enough = [picture for picture in pictures if picture.width >= wanted]
    return min(enough or pictures[:1], key=lambda picture: picture.width)


def _cut(
    picture: Image.Image, left: float, top: float, right: float, bottom: float
) -> NDArray[np.uint8]:
    """Return what lies between the edges, 128 x 128 pixels."""
    if left < 0 or top < 0 or right > picture.width or bottom > picture.height:
        x, y = math.floor(left), math.floor(top)
        picture = picture.crop((x, y, math.ceil(right), math.ceil(bottom)))
        left, top, right, bottom = left - x, top - y, right - x, bottom - y
    crop = picture.resize(
        (CROP_PX, CROP_PX),
        Image.Resampling.BILINEAR,
        box=(left, top, right, bottom),
        reducing_gap=_CROP_GAP,
    )
    return np.asarray(crop)
