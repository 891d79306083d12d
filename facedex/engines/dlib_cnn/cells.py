"""The grid of cells for which dlib's detector answers: one number for every eighth pixel.

Source: its first three layers are convolutions of 5 x 5 with a stride of 2.
"""

from __future__ import annotations

CELL_STRIDE_PX = 8
CELL_OFFSET_PX = 14
_N_STRIDED = 3


def n_cells(side_px: int) -> int:
    """Return for how many cells along a side the detector answers."""
    for _ in range(_N_STRIDED):
        side_px = (side_px - 5) // 2 + 1
    return side_px
