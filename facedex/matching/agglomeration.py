"""Merging groups along a graph of near pairs, nearest first, under a size-aware average linkage.

The value of two groups is |m_A - m_B|^2 + e_A + e_B + c_A + c_B: the squared distance of their
means, the estimated spread of each (the mean squared distance of its faces to its mean), and how
crowded the surroundings of each are (:mod:`facedex.matching.crowding`). With own spreads and no
crowding this is average linkage of squared distances (Koenig-Huygens). The spread is estimated as
for a shrunk variance: part the group's own, part the typical one, because the own spread of a
group of few faces says little, and because a diffuse group would otherwise be far from everybody.

Groups that are each other's nearest merge, all such pairs at once, round after round: for average
linkage, which is reducible, the order does not matter (Muellner, arXiv:1109.2378, section 2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from facedex.matching.neighbours import pair_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facedex.matching.neighbours import Edges
    from facedex.naming.encoder import GroupRule

_ROWS = 65536
_SCATTER = np.int64(0x1E3779B97F4A7C15)


@dataclass(slots=True, eq=False)
class Groups:
    """Groups as arrays of equal length.

    Attributes
    ----------
    means : float32 (g, d).
    sizes, spreads, crowding : float64 (g,).
    is_placed : bool (g,), groups that must not be merged with each other.
    apart : int64 (p, 2), pairs of groups that must not be merged, for they share a photo or were
        said not to be one person.
    """

    means: NDArray[np.float32]
    sizes: NDArray[np.float64]
    spreads: NDArray[np.float64]
    crowding: NDArray[np.float64]
    is_placed: NDArray[np.bool_]
    apart: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.sizes)

    @classmethod
    def of_faces(
        cls,
        encodings: NDArray[np.float32],
        faces: NDArray[np.int64],
        labels: NDArray[np.int64],
        photos: NDArray[np.int64],
        n_placed: int,
        said_apart: NDArray[np.int64],
    ) -> Self:
        """Return groups 0, 1, ... of faces; the first ``n_placed`` are placed already.

        Parameters
        ----------
        faces : int64 (n,), the rows of ``encodings`` that take part.
        labels, photos : int64 (n,), the group and the photo of each; every group has a face.
        said_apart : int64 (p, 2), further pairs of groups that must not be merged.
        """
        sizes = np.bincount(labels).astype(np.float64)
        means = np.empty((len(sizes), encodings.shape[1]), dtype=np.float32)
        spreads = np.zeros(len(sizes))
        several = np.flatnonzero(sizes > 1)
        sums = np.zeros((len(several), encodings.shape[1]), dtype=np.float64)
        squares = np.zeros(len(several))
        for start in range(0, len(labels), _ROWS):
            part = slice(start, start + _ROWS)
            x, group = encodings[faces[part]], labels[part]
            means[group] = x
            shared = np.flatnonzero(sizes[group] > 1)
            slot = np.searchsorted(several, group[shared])
            np.add.at(sums, slot, x[shared])
            np.add.at(squares, slot, np.einsum("ij,ij->i", x[shared], x[shared], dtype=np.float64))
        sums /= sizes[several, None]
        squares /= sizes[several]
        means[several] = sums
        spreads[several] = np.maximum(squares - np.einsum("ij,ij->i", sums, sums), 0)
        return cls(
            means,
            sizes,
            spreads,
            np.zeros(len(sizes)),
            np.arange(len(sizes)) < n_placed,
            _distinct(np.concatenate([*_pairs_of_a_photo(labels, photos), said_apart]), len(sizes)),
        )

    def heights(self, rule: GroupRule) -> NDArray[np.float64]:
        """Return what each group adds to the squared distance of its mean."""
        typical = rule.typical_spread * (1 - 1 / self.sizes)
        return rule.own_share * self.spreads + (1 - rule.own_share) * typical + self.crowding


def _pairs_of_a_photo(
    labels: NDArray[np.int64], photos: NDArray[np.int64]
) -> list[NDArray[np.int64]]:
    """Return the pairs of groups that hold faces of one photo, in parts of int64 (p, 2)."""
    order = np.argsort(photos, kind="stable")
    photos, labels = photos[order], labels[order]
    pairs = [np.empty((0, 2), dtype=np.int64)]
    for step in range(1, len(photos)):
        same = np.flatnonzero(photos[step:] == photos[:-step])
        if not len(same):
            break
        pairs.append(np.stack([labels[same], labels[same + step]], axis=1))
    return pairs


def _distinct(pairs: NDArray[np.int64], n_groups: int) -> NDArray[np.int64]:
    """Return the pairs lower first, each once, without those of a group with itself."""
    low, high = pairs.min(axis=1), pairs.max(axis=1)
    keys = np.unique((low * n_groups + high)[low != high])
    return np.stack([keys // n_groups, keys % n_groups], axis=1)


def merge_near(
    groups: Groups, edges: Edges, limit: float, rule: GroupRule
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Merge groups along ``edges`` until no value is ``limit`` or less.

    ``groups`` is changed: a merged pair lives on in one slot, the other's content is meaningless.
    The slot is the placed group's, else the lower.

    Returns
    -------
    The slot that each group went into, int64 (g,), and which slots took something in, bool (g,).
    """
    changed = np.zeros(len(groups), dtype=np.bool_)
    parents = np.arange(len(groups), dtype=np.int64)
    a, b, value = _allowed(groups, groups.apart, *edges)
    while len(value):
        into, gone = _mutual(a, b, value, limit, len(groups))
        if not len(into):
            break
        swap = groups.is_placed[gone]
        into, gone = np.where(swap, gone, into), np.where(swap, into, gone)
        _absorb(groups, into, gone)
        parents[gone] = into
        changed[into] = True
        goes_to = np.arange(len(groups), dtype=np.int64)
        goes_to[gone] = into
        groups.apart = goes_to[groups.apart]
        a, b, value = _contracted(groups, goes_to, into, (a, b, value), limit, rule)
    groups.apart = _distinct(groups.apart, len(groups))
    while (parents != parents[parents]).any():
        parents = parents[parents]
    return parents, changed


def _allowed(
    groups: Groups,
    apart: NDArray[np.int64],
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    value: NDArray[np.float32],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Leave out the pairs that are ``apart`` or both placed."""
    kept = ~(groups.is_placed[a] & groups.is_placed[b])
    if len(apart):
        forbidden = np.sort(apart.min(axis=1) * len(groups) + apart.max(axis=1))
        keys = a * len(groups) + b
        place = np.minimum(np.searchsorted(forbidden, keys), len(forbidden) - 1)
        kept &= forbidden[place] != keys
    return a[kept], b[kept], value[kept]


def _mutual(
    a: NDArray[np.int64], b: NDArray[np.int64], value: NDArray[np.float32], limit: float, n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs up to ``limit`` that are each other's nearest; of equals, any."""
    best = np.full(n, limit, dtype=np.float32)
    np.minimum.at(best, a, value)
    np.minimum.at(best, b, value)
    mutual = np.flatnonzero((value <= best[a]) & (value <= best[b]))
    # among many copies of one photo all distances are equal: in a fixed order one pair a round
    # would merge, in a scattered one about a third
    mutual = mutual[np.argsort((a[mutual] * _SCATTER + b[mutual]) * _SCATTER)]
    first = np.full(n, len(mutual), dtype=np.int64)
    rank = np.arange(len(mutual))
    np.minimum.at(first, a[mutual], rank)
    np.minimum.at(first, b[mutual], rank)
    mutual = mutual[(first[a[mutual]] == rank) & (first[b[mutual]] == rank)]
    return a[mutual], b[mutual]


def _absorb(groups: Groups, into: NDArray[np.int64], gone: NDArray[np.int64]) -> None:
    sizes = groups.sizes[into] + groups.sizes[gone]
    share = groups.sizes[gone] / sizes
    step = groups.means[gone].astype(np.float64) - groups.means[into]
    between = share * (1 - share) * np.einsum("ij,ij->i", step, step)
    groups.spreads[into] += share * (groups.spreads[gone] - groups.spreads[into]) + between
    groups.crowding[into] += share * (groups.crowding[gone] - groups.crowding[into])
    groups.means[into] = groups.means[into] + share[:, None] * step
    groups.sizes[into] = sizes
    groups.is_placed[into] |= groups.is_placed[gone]


def _contracted(
    groups: Groups,
    goes_to: NDArray[np.int64],
    merged: NDArray[np.int64],
    edges: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]],
    limit: float,
    rule: GroupRule,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Return the edges between the groups that are left, measured anew where one was merged."""
    a, b, value = goes_to[edges[0]], goes_to[edges[1]], edges[2]
    is_merged = np.zeros(len(groups), dtype=np.bool_)
    is_merged[merged] = True
    new = is_merged[a] | is_merged[b]
    pairs = _distinct(np.stack([a[new], b[new]], axis=1), len(groups))
    fresh = pair_values(groups.means, groups.heights(rule), pairs[:, 0], pairs[:, 1])
    near = fresh <= limit + rule.slack
    apart = groups.apart[is_merged[groups.apart].any(axis=1)]
    low, high, fresh = _allowed(groups, apart, pairs[near, 0], pairs[near, 1], fresh[near])
    return (
        np.concatenate([a[~new], low]),
        np.concatenate([b[~new], high]),
        np.concatenate([value[~new], fresh]),
    )


def kept_groups(groups: Groups, slots: NDArray[np.int64]) -> Groups:
    """Return the groups in these slots only, ``slots`` ascending."""
    number = np.full(len(groups), -1, dtype=np.int64)
    number[slots] = np.arange(len(slots))
    apart = number[groups.apart]
    return replace(
        groups,
        means=groups.means[slots],
        sizes=groups.sizes[slots],
        spreads=groups.spreads[slots],
        crowding=groups.crowding[slots],
        is_placed=groups.is_placed[slots],
        apart=apart[(apart >= 0).all(axis=1)],
    )
