"""The pairs of points that are near each other: exact for few points, by cells for many.

By cells: k-means on a sample places ``_CELLS`` middles. A point is looked for in the one cell that
it is nearest to, and can be found in each of the ``_SPILL`` cells that it is nearest to. A pair is
missed only if neither point spills into the other's own cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

EXACT_PAIRS = 40_000**2
"""With more pairs to look at than this, neighbours are looked for by cells."""

_CELLS = 1024
_SPILL = 12
_SAMPLE = 50_000
_ROUNDS = 8
_TILE_ELEMENTS = 8_000_000
_PAIRS = 65536


class Edges(NamedTuple):
    """Pairs a < b, each once, with their value: int64, int64 and float32, all (p,)."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    value: NDArray[np.float32]


def neighbours(
    points: NDArray[np.float32],
    heights: NDArray[np.float64],
    reach: float,
    most: int,
    *,
    of: NDArray[np.int64] | None = None,
    exact_pairs: int = EXACT_PAIRS,
) -> Edges:
    """Return the pairs whose value |p_a - p_b|^2 + height_a + height_b is at most ``reach``.

    Parameters
    ----------
    points : float32 (n, d), finite.
    heights : float64 (n,), added to every squared distance of a point.
    most : a point brings its ``most`` nearest pairs at most; a pair may be brought by either point.
    of : the points whose neighbours are looked for, ascending; None: all.
    exact_pairs : len(of) * n beyond which some pairs may be missed (see the module).
    """
    n = len(points)
    of = np.arange(n, dtype=np.int64) if of is None else of
    own = (np.einsum("ij,ij->i", points, points) + heights).astype(np.float32)
    found = [np.empty(0, dtype=np.int64)]
    for rows, columns in _searches(points, of, len(of) * n <= exact_pairs):
        side = _extended(-2 * points[columns], np.ones(len(columns)), own[columns])
        for part in _row_blocks(rows, len(columns)):
            tile = _extended(points[part], own[part], np.ones(len(part))) @ side.T
            place = np.minimum(np.searchsorted(columns, part), len(columns) - 1)
            itself = np.flatnonzero(columns[place] == part)
            tile[itself, place[itself]] = np.inf
            row, column = np.nonzero(_nearest_of_each(tile, reach, most))
            a, b = part[row], columns[column]
            found.append(np.minimum(a, b) * n + np.maximum(a, b))
    keys = np.concatenate(found)
    found.clear()
    keys.sort()
    keys = keys[np.diff(keys, prepend=-1) > 0]
    a, b = np.divmod(keys, max(n, 1))
    return Edges(a, b, pair_values(points, heights, a, b))


def pair_values(
    points: NDArray[np.float32],
    heights: NDArray[np.float64],
    a: NDArray[np.int64],
    b: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Return |p_a - p_b|^2 + height_a + height_b of each pair, measured element by element."""
    out = (heights[a] + heights[b]).astype(np.float32)
    for start in range(0, len(a), _PAIRS):
        part = slice(start, start + _PAIRS)
        step = points[a[part]] - points[b[part]]
        out[part] += np.einsum("ij,ij->i", step, step)
    return out


def _extended(points: NDArray[np.float32], *columns: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the points with more columns: so one matrix product gives values, in one pass."""
    return np.column_stack([points, *columns]).astype(np.float32, copy=False)


def _nearest_of_each(tile: NDArray[np.float32], reach: float, most: int) -> NDArray[np.bool_]:
    """Return which elements are among the ``most`` least of their row and at most ``reach``."""
    near = tile <= reach
    crowded = np.flatnonzero(np.count_nonzero(near, axis=1) > most)
    if len(crowded):
        chosen = np.argpartition(tile[crowded], most - 1, axis=1)[:, :most]
        near[crowded] = False
        near[crowded[:, None], chosen] = True
    return near


def _row_blocks(rows: NDArray[np.int64], n_columns: int) -> Iterator[NDArray[np.int64]]:
    step = max(_TILE_ELEMENTS // max(n_columns, 1), 1)
    for start in range(0, len(rows), step):
        yield rows[start : start + step]


def _searches(
    points: NDArray[np.float32], of: NDArray[np.int64], is_exact: bool
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield (which points, among which points) to look for neighbours; each of ``of`` once."""
    if is_exact:
        yield of, np.arange(len(points), dtype=np.int64)
        return
    cells = _nearest_cells(points, _middles(points), _SPILL)
    own = of[np.argsort(cells[of, 0], kind="stable")]
    own_ends = np.searchsorted(cells[own, 0], np.arange(_CELLS), side="right")
    spilt = np.argsort(cells, axis=None, kind="stable") // _SPILL
    spilt_ends = np.cumsum(np.bincount(cells.ravel(), minlength=_CELLS))
    for cell in range(_CELLS):
        first, spilt_first = (own_ends[cell - 1], spilt_ends[cell - 1]) if cell else (0, 0)
        yield own[first : own_ends[cell]], spilt[spilt_first : spilt_ends[cell]]


def _middles(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the middles of the cells, float32 (_CELLS, d), by k-means on a sample."""
    sample = points[np.linspace(0, len(points) - 1, min(_SAMPLE, len(points))).astype(np.int64)]
    middles = sample[np.linspace(0, len(sample) - 1, _CELLS).astype(np.int64)].copy()
    for _ in range(_ROUNDS):
        cell = _nearest_cells(sample, middles, 1)[:, 0]
        counts = np.bincount(cell, minlength=_CELLS)
        sums = np.zeros_like(middles)
        np.add.at(sums, cell, sample)
        full = counts > 0
        middles[full] = sums[full] / counts[full, None]
    return middles


def _nearest_cells(
    points: NDArray[np.float32], middles: NDArray[np.float32], n_cells: int
) -> NDArray[np.int16]:
    """Return the ``n_cells`` cells nearest to each point, the nearest first."""
    lengths = np.einsum("ij,ij->i", middles, middles)
    out = np.empty((len(points), n_cells), dtype=np.int16)
    step = _TILE_ELEMENTS // len(middles)
    for start in range(0, len(points), step):
        tile = lengths - 2 * (points[start : start + step] @ middles.T)
        near = np.argpartition(tile, n_cells - 1, axis=1)[:, :n_cells]
        order = np.take_along_axis(tile, near, axis=1).argsort(axis=1)
        out[start : start + step] = np.take_along_axis(near, order, axis=1)
    return out
