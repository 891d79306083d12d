"""Cut a canvas into bands that the detector sees one after the other, to bound the memory.

The detector's first two layers keep 24 bytes for each pixel of its canvas. A band sees as much
beyond its own cells as they can see, so its scores are those of the whole canvas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facedex.engines.dlib_cnn.cells import CELL_STRIDE_PX, n_cells

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# two bands for a photo of 1600 x 1200 pixels: a worker takes 490 MB at most instead of 610, for a
# twentieth of the time more (docs/benchmarks.md)
MAX_CELLS = 55_000
REACH_CELLS = 10  # of three layers of 5 x 5 cells and one of 9 x 9, padded
_LEAST_PX = 29  # of the canvas, for one cell: three convolutions of 5, stride 2


@dataclass(frozen=True, slots=True)
class Band:
    """Rows of a canvas and what they are for.

    Attributes
    ----------
    top, bottom : in pixels of the canvas.
    n_before, n_rows : rows of cells of the band's answer that belong to the band above, and to this
        one.
    """

    top: int
    bottom: int
    n_before: int
    n_rows: int

    def own(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return this band's rows of the detector's answer to it."""
        return scores[self.n_before : self.n_before + self.n_rows]


def cut_into_bands(height: int, width: int, max_cells: int = MAX_CELLS) -> list[Band]:
    """Return the bands of a canvas, from the top: as few, and as equal, as ``max_cells`` allows.

    The rows that a band sees beyond its own are not counted.
    """
    n_rows, n_columns = n_cells(height), n_cells(width)
    n_bands = max(1, -(-n_rows * n_columns // max_cells))
    step = -(-n_rows // n_bands)
    return [
        _band(first, min(n_rows, first + step), n_rows, height) for first in range(0, n_rows, step)
    ]


def _band(first: int, last: int, n_rows: int, height: int) -> Band:
    above, below = max(0, first - REACH_CELLS), min(n_rows, last + REACH_CELLS)
    bottom = height if below == n_rows else CELL_STRIDE_PX * (below - 1) + _LEAST_PX
    return Band(CELL_STRIDE_PX * above, bottom, first - above, last - first)
