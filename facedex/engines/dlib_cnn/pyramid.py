"""Lay out dlib's tiled image pyramid and fill it.

All levels of the pyramid lie on one canvas, so that the network runs once. Source:
dlib/image_transforms/image_pyramid.h (``compute_tiled_image_pyramid_details``), dnn/input.h
(``input_rgb_image_pyramid``, ``create_tiled_pyramid``), cuda/tensor_tools (``resize_bilinear``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np

from facedex.engines.models.dat_layers import RGB_MEAN
from facedex.engines.models.onnx_graphs import PIXEL_SCALE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facedex.engines.dlib_cnn.bands import Band

PADDING_PX = 10
OUTER_PADDING_PX = 11
_LEAST_HEIGHT_PX = 5
_SHRINK = 5.0 / 6.0


@dataclass(frozen=True, slots=True)
class Level:
    """Where a level of the pyramid lies on the canvas, in pixels."""

    left: int
    top: int
    width: int
    height: int

    def touches(self, other: Level) -> bool:
        """Tell whether two levels share a pixel."""
        return (
            self.left < other.left + other.width
            and other.left < self.left + self.width
            and self.top < other.top + other.height
            and other.top < self.top + self.height
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """The canvas of one image size; ``levels[0]`` is the image itself."""

    width: int
    height: int
    levels: tuple[Level, ...]


class Resizer(Protocol):
    """Bilinear, corners on corners: float32 (1, 3, h, w) -> (1, 3, height, width)."""

    def __call__(
        self, planes: NDArray[np.float32], height: int, width: int, /
    ) -> NDArray[np.float32]:
        """Return the resized planes."""


def level_sizes(height: int, width: int) -> list[tuple[int, int]]:
    """Return (height, width) of every level, each 5/6 of the one before, rounded down."""
    sizes = [(height, width)]
    while True:
        height, width = int(_SHRINK * height), int(_SHRINK * width)
        if height * width == 0 or height < _LEAST_HEIGHT_PX:
            return sizes
        sizes.append((height, width))


def _n_in_first_column(sizes: list[tuple[int, int]]) -> int:
    """Return how many levels stand below each other before the next fits beside the last."""
    image_height, image_width = sizes[0]
    total = sum(height + PADDING_PX for height, _ in sizes) - 2 * PADDING_PX
    column_height = previous_width = 0
    for number, (height, width) in enumerate(sizes):
        fits_beside = width <= image_width - previous_width - PADDING_PX
        if fits_beside and (column_height - image_height) * 2 >= total - image_height:
            return number
        column_height += height + PADDING_PX
        previous_width = width
    return len(sizes)


@lru_cache(maxsize=64)
def tiled_layout(height: int, width: int) -> Layout:
    """Return the canvas of an image of ``height`` x ``width`` pixels, both at least 1.

    The first levels stand below each other; the others go back up at the right edge, until one
    would touch the image: it and all smaller ones are left out.
    """
    sizes = level_sizes(height, width)
    n_first = _n_in_first_column(sizes)
    levels: list[Level] = []
    y = OUTER_PADDING_PX
    for level_height, level_width in sizes[:n_first]:
        levels.append(Level(OUTER_PADDING_PX, y, level_width, level_height))
        y += level_height + PADDING_PX
    y -= PADDING_PX
    canvas_height = y + OUTER_PADDING_PX
    for level_height, level_width in sizes[n_first:]:
        left, top = OUTER_PADDING_PX + width - level_width, y - level_height
        level = Level(left, top, level_width, level_height)
        if level.touches(levels[0]):
            break
        levels.append(level)
        y -= level_height + PADDING_PX
    return Layout(width + 2 * OUTER_PADDING_PX, canvas_height, tuple(levels))


class CanvasBuilder:
    """Builds canvases in one buffer that grows to the largest: fresh memory would cost more.

    A canvas is valid until the next one is built. Nothing else is kept: the network that looks at
    it needs the memory.

    Parameters
    ----------
    resize : makes each level from the one before, in float.
    """

    def __init__(self, resize: Resizer) -> None:
        self._resize = resize
        self._buffer = np.empty(0, np.float32)

    def build(self, image: NDArray[np.uint8], bands: Sequence[Band]) -> list[NDArray[np.float32]]:
        """Return the network's inputs: the canvas of the image's layout, cut into ``bands``.

        Parameters
        ----------
        image : uint8 (h, w, 3) RGB.

        Returns
        -------
        list of float32 (1, 3, height of the band, width of the canvas), each contiguous.
        """
        height, width = image.shape[:2]
        layout = tiled_layout(height, width)
        canvases = self._cleared([(1, 3, b.bottom - b.top, layout.width) for b in bands])
        planes = np.empty((1, 3, height, width), np.float32)
        for channel, mean in enumerate(RGB_MEAN):
            plane = planes[0, channel]
            np.subtract(image[:, :, channel], np.float32(mean), out=plane, dtype=np.float32)
            plane *= np.float32(PIXEL_SCALE)
        for number, level in enumerate(layout.levels):
            if number:
                planes = self._resize(planes, level.height, level.width)
            for band, canvas in zip(bands, canvases, strict=True):
                _lay(planes, level, band, canvas)
        return canvases

    def _cleared(self, shapes: Sequence[tuple[int, ...]]) -> list[NDArray[np.float32]]:
        """Return parts of the buffer in these shapes, all zeros."""
        ends = np.cumsum([math.prod(shape) for shape in shapes])
        if self._buffer.size < ends[-1]:
            self._buffer = np.empty(ends[-1], np.float32)
        self._buffer[: ends[-1]] = 0
        parts = np.split(self._buffer[: ends[-1]], ends[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def _lay(
    planes: NDArray[np.float32], level: Level, band: Band, canvas: NDArray[np.float32]
) -> None:
    """Copy what a band shows of a level to its place."""
    top, bottom = max(level.top, band.top), min(level.top + level.height, band.bottom)
    if top < bottom:
        columns = slice(level.left, level.left + level.width)
        seen = planes[:, :, top - level.top : bottom - level.top]
        canvas[:, :, top - band.top : bottom - band.top, columns] = seen
