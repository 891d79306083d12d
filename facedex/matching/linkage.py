"""Average linkage (UPGMA) cut at a distance, without a distance matrix.

The distance of two groups is the root of the mean squared distance over all their cross pairs,
which means and spreads give exactly: |m_A - m_B|^2 + s_A + s_B, with s the mean squared distance
of a group's members to its mean (Koenig-Huygens). So memory is O(n d) at any n, where the mean of
the plain distances would need all n^2 of them. As distances within a merge vary little, the two
means differ by less than 1 %.

Two groups that are each other's nearest may be merged at once and in any order, because average
linkage is reducible: a merged group is no nearer to a third than the nearer of its parts
(Bruynooghe 1977; Muellner, arXiv:1109.2378, section 2). For the same reason a group whose nearest
lies beyond the cut is finished, and a group must look for its nearest again only when that one was
merged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facedex.matching.metric import TILE

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(slots=True, eq=False)
class _Groups:
    """The state of the groups; a merged pair lives on in the slot of the lower index."""

    means: NDArray[np.float32]
    spreads: NDArray[np.float64]
    sizes: NDArray[np.float64]
    parents: NDArray[np.int64]
    nearest: NDArray[np.int64]
    squared: NDArray[np.float64]
    alive: NDArray[np.bool_]


def average_linkage(
    encodings: NDArray[np.float32], cut: float, *, block: int = TILE
) -> NDArray[np.int64]:
    """Return the group of each face: average linkage of squared distances, cut at ``cut`` ** 2.

    Parameters
    ----------
    encodings : float32 (n, d), weighted; rows that are not finite stay alone.
    cut : the largest root-mean-square distance at which two groups are merged.
    block : rows and columns of a tile; it bounds the memory and changes no group.

    Returns
    -------
    int64 (n,): the lowest index in the face's group.
    """
    order = _canonical_order(encodings)
    groups = _at_first(encodings[order])
    limit = float(cut) ** 2
    todo = np.flatnonzero(groups.alive)
    while len(todo):
        _look_around(groups, todo, limit, block)
        merged = _merge(groups, *_mutual_pairs(groups))
        lost = groups.alive & ~groups.alive[groups.nearest]
        lost |= groups.alive & np.isin(groups.nearest, merged)
        lost[merged] = True
        todo = np.flatnonzero(lost)
    return _lowest_members(_roots(groups.parents), order)


def _canonical_order(encodings: NDArray[np.float32]) -> NDArray[np.int64]:
    """Sort by content, so that rounding cannot depend on the order of the faces."""
    return np.lexsort(encodings.T[::-1]).astype(np.int64)


def _at_first(encodings: NDArray[np.float32]) -> _Groups:
    """Return one group for each distinct face; equal faces, neighbours in this order, share one.

    Merging hundreds of copies pair by pair would take as many rounds.
    """
    n = len(encodings)
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.einsum("ij,ij->i", encodings, encodings)
    is_copy = np.zeros(n, dtype=np.bool_)
    is_copy[1:] = (encodings[1:] == encodings[:-1]).all(axis=1)
    originals = np.maximum.accumulate(np.where(is_copy, 0, np.arange(n, dtype=np.int64)))
    return _Groups(
        means=encodings,
        spreads=np.zeros(n),
        sizes=np.bincount(originals, minlength=n).astype(np.float64),
        parents=originals,
        nearest=np.arange(n, dtype=np.int64),
        squared=np.full(n, np.inf),
        alive=np.isfinite(lengths) & ~is_copy,
    )


def _look_around(groups: _Groups, todo: NDArray[np.int64], limit: float, block: int) -> None:
    """Find the nearest group of each in ``todo``; those that have none within reach are done."""
    others = np.flatnonzero(groups.alive)
    nearest = _nearest(groups, todo, others, block)
    groups.nearest[todo] = nearest
    groups.squared[todo] = _mean_squared(groups, todo, nearest)
    groups.alive[todo[~(groups.squared[todo] <= limit)]] = False


def _nearest(
    groups: _Groups, todo: NDArray[np.int64], others: NDArray[np.int64], block: int
) -> NDArray[np.int64]:
    """Return the nearest other group of each in ``todo``; itself where there is no other."""
    out = todo.copy()
    best = np.full(len(todo), np.inf, dtype=np.float32)
    for top in range(0, len(others), block):
        columns = others[top : top + block]
        y = groups.means[columns]
        height = (np.einsum("ij,ij->i", y, y) + groups.spreads[columns]).astype(np.float32)
        for left in range(0, len(todo), block):
            part = slice(left, left + block)
            _keep_nearer(
                groups.means[todo[part]], y, height, todo[part], columns, best[part], out[part]
            )
    return out


def _keep_nearer(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    height: NDArray[np.float32],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    best: NDArray[np.float32],
    out: NDArray[np.int64],
) -> None:
    """Lower ``best`` and set ``out`` where a column is nearer; ``height`` is |y|^2 + spread.

    The rows' own |x|^2 + spread is left out: it is the same for every column.
    """
    tile = x @ y.T
    tile *= -2
    tile += height
    place = np.searchsorted(columns, rows)
    own = np.flatnonzero(columns[np.minimum(place, len(columns) - 1)] == rows)
    tile[own, place[own]] = np.inf
    column = tile.argmin(axis=1)
    value = tile[np.arange(len(rows)), column]
    nearer = value < best
    best[nearer] = value[nearer]
    out[nearer] = columns[column[nearer]]


def _mean_squared(
    groups: _Groups, a: NDArray[np.int64], b: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the mean squared distance between groups ``a`` and ``b``; inf of one to itself."""
    out = np.empty(len(a))
    for start in range(0, len(a), TILE):
        i, j = a[start : start + TILE], b[start : start + TILE]
        difference = groups.means[i].astype(np.float64) - groups.means[j]
        out[start : start + TILE] = np.einsum("ij,ij->i", difference, difference)
    out += groups.spreads[a] + groups.spreads[b]
    out[a == b] = np.inf
    return out


def _mutual_pairs(groups: _Groups) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs that are each other's nearest, lower index first.

    Equal distances can make a ring without such a pair: then the nearest two.
    """
    alive = np.flatnonzero(groups.alive & groups.alive[groups.nearest])
    nearest = groups.nearest[alive]
    mutual = (groups.nearest[nearest] == alive) & (alive < nearest)
    if mutual.any() or not len(alive):
        return alive[mutual], nearest[mutual]
    first = int(alive[groups.squared[alive].argmin()])
    pair = sorted((first, int(groups.nearest[first])))
    return np.array(pair[:1]), np.array(pair[1:])


def _merge(groups: _Groups, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """Merge each ``b`` into its ``a``; return ``a``."""
    sizes = groups.sizes[a] + groups.sizes[b]
    share = groups.sizes[b] / sizes
    between = _mean_squared(groups, a, b) - groups.spreads[a] - groups.spreads[b]
    groups.spreads[a] += share * (groups.spreads[b] - groups.spreads[a])
    groups.spreads[a] += share * (1 - share) * between
    step = groups.means[b].astype(np.float64) - groups.means[a]
    groups.means[a] = groups.means[a] + share[:, None] * step
    groups.sizes[a] = sizes
    groups.parents[b] = a
    groups.alive[b] = False
    return a


def _roots(parents: NDArray[np.int64]) -> NDArray[np.int64]:
    while (parents != parents[parents]).any():
        parents = parents[parents]
    return parents


def _lowest_members(roots: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Name each group by its lowest face index, in the caller's order of faces."""
    lowest = np.full(len(roots), len(roots), dtype=np.int64)
    np.minimum.at(lowest, roots, order)
    out = np.empty_like(order)
    out[order] = lowest[roots]
    return out
