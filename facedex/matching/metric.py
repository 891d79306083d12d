"""The distance sqrt(sum_i w_i (a_i - b_i)^2), its weights, and blockwise searches.

Scaling both sides by sqrt(w) makes the weighted distance a plain Euclidean one, so only
``weighted`` knows about weights. A matrix product finds what may be near; the pairs it finds are
measured again element by element in float64, so that no answer depends on how the work was cut into
tiles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

MIN_LABELLED_FACES = 100
"""Below this, weights are all one: a variance over n faces is off by about sqrt(2 / n)."""

TILE = 2048
"""Rows and columns of a distance tile: 16 MiB of float32."""

BATCH = 512
"""Faces of a batch of whole photos."""

_FLOOR = 0.01
_ROUNDING = 1e-5
_RECHECK = 16384


class Pairs(NamedTuple):
    """Index pairs with their distances: int64, int64 and float64, all (p,)."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    distances: NDArray[np.float64]


def element_weights(
    encodings: NDArray[np.float32], min_faces: int = MIN_LABELLED_FACES, power: float = 1.0
) -> NDArray[np.float32]:
    """Return the weight of each element: its variance over the labelled faces, scaled to mean 1.

    Parameters
    ----------
    encodings : float32 (n, d), the library's labelled faces; rows that are not finite are left out.
    min_faces : with fewer faces than this, every weight is 1.
    power : of the variance; a half makes the weights standard deviations.

    Returns
    -------
    float32 (d,), finite, above zero, mean 1. An element that hardly varies gets a hundredth of the
    mean before scaling; elements that do not vary at all give all ones.
    """
    n_elements = encodings.shape[1]
    usable = encodings[np.isfinite(encodings).all(axis=1)]
    if len(usable) < max(min_faces, 2):
        return np.ones(n_elements, dtype=np.float32)
    variance = usable.var(axis=0, dtype=np.float64)
    mean = float(variance.mean())
    if not mean > np.finfo(np.float32).tiny:
        return np.ones(n_elements, dtype=np.float32)
    floored = np.maximum(variance / mean, _FLOOR) ** power
    weights: NDArray[np.float32] = (floored / floored.mean()).astype(np.float32)
    return weights


def weighted(
    encodings: NDArray[np.float32], weights: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """Return encodings * sqrt(weights), float32 (n, d): plain Euclid on these is the metric."""
    plain = np.asarray(encodings, dtype=np.float32)
    if weights is None:
        return plain
    root: NDArray[np.float32] = np.sqrt(weights, dtype=np.float32)
    scaled: NDArray[np.float32] = plain * root
    return scaled


def stored_distance(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Return how far two encodings are apart as they are stored, as ``EncoderFacts`` counts it."""
    return float(np.linalg.norm(a - b))


def distances(
    a: NDArray[np.float32],
    b: NDArray[np.float32],
    weights: NDArray[np.float32] | None = None,
    *,
    block: int = TILE,
) -> NDArray[np.float32]:
    """Return the distance of each row of ``a`` to each row of ``b``, float32 (n, m).

    Beside the answer it holds a tile of ``block`` rows. Rows that are not finite are infinitely
    far from everything. Distances below about 1e-3 are not told from zero.
    """
    x, y = weighted(a, weights), weighted(b, weights)
    out = np.empty((len(x), len(y)), dtype=np.float32)
    for start in range(0, len(x), block):
        out[start : start + block] = np.sqrt(squared_tile(x[start : start + block], y))
    return out


def squared_tile(x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return squared Euclidean distances by one matrix product, float32 (n, m), never NaN."""
    with np.errstate(invalid="ignore", over="ignore"):
        tile = x @ y.T
        tile *= -2
        tile += np.einsum("ij,ij->i", x, x)[:, None]
        tile += np.einsum("ij,ij->i", y, y)
    np.maximum(tile, 0, out=tile)
    tile[np.isnan(tile)] = np.inf
    return tile


def measured(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the distance of ``x[rows[p]]`` to ``y[columns[p]]`` for each p, in float64 (p,)."""
    out = np.empty(len(rows), dtype=np.float64)
    for start in range(0, len(rows), _RECHECK):
        part = slice(start, start + _RECHECK)
        difference = x[rows[part]].astype(np.float64) - y[columns[part]]
        out[part] = np.sqrt(np.einsum("ij,ij->i", difference, difference))
    return out


def squared_lengths(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the squared length of each row, float32 (n,)."""
    with np.errstate(invalid="ignore", over="ignore"):
        lengths: NDArray[np.float32] = np.einsum("ij,ij->i", x, x)
    return lengths


def _largest(squared: NDArray[np.float32]) -> float:
    return float(squared.max(initial=0, where=np.isfinite(squared)))


def near(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    cuts: NDArray[np.float64],
    *,
    squared: NDArray[np.float32] | None = None,
    block: int = TILE,
) -> Pairs:
    """Return all pairs whose distance is at most the column's cut, tile after tile.

    One product and two looks at a tile: |x - y|^2 <= c^2 is x.y - |x|^2 / 2 >= (|y|^2 - c^2) / 2.

    Parameters
    ----------
    x, y : float32 (n, d) and (m, d), already weighted.
    cuts : float64 (m,), the largest distance allowed to each row of ``y``.
    squared : ``squared_lengths(x)``, where the caller has them.
    """
    squared = squared_lengths(x) if squared is None else squared
    others = squared_lengths(y)
    slack = _ROUNDING * (_largest(squared) + _largest(others))
    bounds = ((others - np.square(cuts) - slack) / 2).astype(np.float32)
    found = [Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
    for left in range(0, len(x), block):
        half = squared[left : left + block, None] / 2
        for top in range(0, len(y), block):
            with np.errstate(invalid="ignore", over="ignore"):
                tile = x[left : left + block] @ y[top : top + block].T
                tile -= half
            hits = np.flatnonzero(tile >= bounds[top : top + block])
            rows, columns = np.divmod(hits, tile.shape[1])
            rows, columns = rows + left, columns + top
            exact = measured(x, y, rows, columns)
            keep = exact <= cuts[columns]
            found.append(Pairs(rows[keep], columns[keep], exact[keep]))
    return Pairs(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def iter_whole_photos(
    photo_ids: NDArray[np.int64], n_faces: int = BATCH
) -> Iterator[NDArray[np.int64]]:
    """Yield face indices, ``n_faces`` or a photo more at a time, a photo's faces together."""
    order = np.argsort(photo_ids, kind="stable").astype(np.int64)
    _, counts = np.unique(photo_ids, return_counts=True)
    ends = np.cumsum(counts)
    begin = 0
    while begin < len(order):
        last = min(int(np.searchsorted(ends, begin + n_faces)), len(ends) - 1)
        end = int(ends[last])
        yield order[begin:end]
        begin = end
