"""Turn the detector's scores into boxes, exactly as dlib does.

Source: dlib/dnn/loss.h (``loss_mmod_::tensor_to_dets``, ``to_label``), dnn/visitors.h,
geometry/drectangle.h, image_processing/box_overlap_testing.h (davisking/dlib @ 3d40bf579).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facedex.engines.pyramid import tiled_layout

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facedex.engines.pyramid import Layout

CELL_STRIDE_PX = 8
CELL_OFFSET_PX = 14
_POINT_UP = 6 / (6 - 1.0)
_POINT_UP_SHIFT = 0.3


@dataclass(frozen=True, slots=True)
class PixelRect:
    """dlib's rectangle: integer pixels, right and bottom edge included; may leave the image."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def area(self) -> int:
        """Number of pixels; 0 for an empty rectangle."""
        return max(0, self.right - self.left + 1) * max(0, self.bottom - self.top + 1)

    def intersection(self, other: PixelRect) -> PixelRect:
        """Return the pixels in both."""
        return PixelRect(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def hull(self, other: PixelRect) -> PixelRect:
        """Return the smallest rectangle around both."""
        return PixelRect(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True, slots=True)
class ScoredRect:
    """A detection in pixels; a larger score is surer, ``orientation`` as EXIF has it."""

    rect: PixelRect
    score: float
    orientation: int = 1


@dataclass(frozen=True, slots=True)
class OverlapRule:
    """When two boxes are the same face.

    Attributes
    ----------
    iou : limit of the shared area over the area of the box around both (not over their union).
    covered : limit of the shared area over the area of either.
    """

    iou: float
    covered: float

    def is_same(self, a: PixelRect, b: PixelRect) -> bool:
        """Tell whether the overlap of ``a`` and ``b`` is above a limit."""
        shared = a.intersection(b).area
        if shared == 0:
            return False
        around = a.hull(b).area
        least = min(a.area, b.area)
        return shared / around > self.iou or shared / least > self.covered


def suppress_overlaps(
    found: list[ScoredRect], rule: OverlapRule, turned_rule: OverlapRule | None = None
) -> list[ScoredRect]:
    """Return the best of each face, best score first.

    ``turned_rule`` is that of two that do not lie the same way, if another one.
    """
    kept: list[ScoredRect] = []
    for candidate in sorted(found, key=lambda each: each.score, reverse=True):
        rules = (
            rule if candidate.orientation == other.orientation else turned_rule or rule
            for other in kept
        )
        pairs = zip(rules, kept, strict=True)
        if not any(each.is_same(candidate.rect, other.rect) for each, other in pairs):
            kept.append(candidate)
    return kept


def decode_scores(
    scores: NDArray[np.float32], layout: Layout, window_px: int, threshold: float
) -> list[ScoredRect]:
    """Return a rectangle in image pixels for each score above ``threshold``, unordered.

    Cell (row, column) looks at canvas point (8 column + 14, 8 row + 14). A box belongs to the first
    level that holds the point, else to the nearest one; a point p of level n is
    ``p * 1.2 + 0.3`` on level n - 1.

    Parameters
    ----------
    scores : float32 (rows, columns).
    window_px : side of the box on its level.
    """
    rows, columns = np.nonzero(scores > threshold)
    if rows.size == 0:
        return []
    x = (columns * CELL_STRIDE_PX + CELL_OFFSET_PX).astype(np.float64)
    y = (rows * CELL_STRIDE_PX + CELL_OFFSET_PX).astype(np.float64)
    level_of = _nearest_levels(x, y, layout)
    lefts = np.array([level.left for level in layout.levels])
    tops = np.array([level.top for level in layout.levels])
    half = (window_px - 1) / 2
    x, y = x - lefts[level_of], y - tops[level_of]
    edges = np.stack([x - half, y - half, x + half, y + half], axis=1)
    for number in range(1, int(level_of.max()) + 1):
        is_above = level_of >= number
        edges[is_above] = edges[is_above] * _POINT_UP + _POINT_UP_SHIFT
    whole = (np.sign(edges) * np.floor(np.abs(edges) + 0.5)).astype(int)  # C's lround
    values = scores[rows, columns].tolist()
    return [
        ScoredRect(PixelRect(*edge), score)
        for edge, score in zip(whole.tolist(), values, strict=True)
    ]


def _nearest_levels(
    x: NDArray[np.float64], y: NDArray[np.float64], layout: Layout
) -> NDArray[np.intp]:
    """Return the index of the level that holds each canvas point, or is nearest to it."""
    distances = []
    for level in layout.levels:
        dx = x - np.clip(x, level.left, level.left + level.width - 1)
        dy = y - np.clip(y, level.top, level.top + level.height - 1)
        distances.append(dx * dx + dy * dy)
    nearest: NDArray[np.intp] = np.argmin(np.stack(distances), axis=0)
    return nearest


def find_faces(
    scores: NDArray[np.float32],
    image_size: tuple[int, int],
    window_px: int,
    rule: OverlapRule,
    threshold: float,
) -> list[ScoredRect]:
    """Return the faces of an image of (height, width) pixels, best score first.

    ``scores`` is the network's answer, float32 (rows, columns), for that image's canvas.
    """
    layout = tiled_layout(*image_size)
    return suppress_overlaps(decode_scores(scores, layout, window_px, threshold), rule)
