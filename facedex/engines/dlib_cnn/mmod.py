"""Turn the detector's scores into boxes, exactly as dlib does.

Source: dlib/dnn/loss.h (``loss_mmod_::tensor_to_dets``, ``to_label``), dnn/visitors.h,
geometry/drectangle.h (davisking/dlib @ 3d40bf579).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facedex.engines.dlib_cnn.cells import CELL_OFFSET_PX, CELL_STRIDE_PX
from facedex.engines.dlib_cnn.pyramid import tiled_layout
from facedex.engines.dlib_cnn.rects import OverlapRule, PixelRect, ScoredRect, suppress_overlaps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facedex.engines.dlib_cnn.pyramid import Layout

_POINT_UP = 6 / (6 - 1.0)
_POINT_UP_SHIFT = 0.3


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
