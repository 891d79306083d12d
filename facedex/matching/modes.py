"""How a person looks: one mode, or several where the labelled faces fall apart (child and adult).

Modes are found by average linkage on the person's own faces, of somebody with very many on some of
them. Whoever looks much the same has one; a mode needs several faces. Every face goes to the mode
whose middle is nearest. So the modes depend on which faces a person has and on nothing else, not on
the order in which they came.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facedex.matching.linkage import average_linkage

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_FACES = 4
"""Faces that make a mode; fewer are outliers of another."""

MOST_LINKED = 256
"""Faces of a person that are linked; of more these many, chosen by what the encodings are."""

_HALF_LIFE_US = 3 * 365.25 * 86_400e6
_TIMELESS = 0.25
_SCATTER = np.random.default_rng(0).integers(0, 2**64, 512, dtype=np.uint64) | np.uint64(1)


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """The modes of the known people, by ascending person id.

    Attributes
    ----------
    targets : float32 (m, d), ``Metric.targets`` of the modes' centroids.
    people : int64 (m,), whose mode it is; ascending.
    n_labels : float64 (m,), how many faces it is the mean of.
    taken_us : float64 (m,), the median time of their photos; NaN where none has one.
    """

    targets: NDArray[np.float32]
    people: NDArray[np.int64]
    n_labels: NDArray[np.float64]
    taken_us: NDArray[np.float64]


def split_modes(points: NDArray[np.float32], apart: float) -> NDArray[np.int64]:
    """Return the mode of each of a person's faces: 0, 1, ... by their first face, int64 (n,).

    Parameters
    ----------
    points : float32 (n, d), of a metric; finite.
    apart : root-mean-square distance at which groups are kept apart.
    """
    return nearest_modes(points, mode_middles(points[linked_faces(points)], apart))


def linked_faces(points: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the faces by which a person's modes are found: all, or ``MOST_LINKED`` of them.

    They are drawn as if by lot, but by the points alone: one face more or less changes at most one
    of them, and most often none.
    """
    if len(points) <= MOST_LINKED:
        return np.arange(len(points), dtype=np.int64)
    bits = np.ascontiguousarray(points, dtype=np.float32).view(np.uint32).astype(np.uint64)
    lots = (bits * np.resize(_SCATTER, points.shape[1])).sum(axis=1, dtype=np.uint64) * _SCATTER[-1]
    return np.sort(np.argsort(lots, kind="stable")[:MOST_LINKED]).astype(np.int64)


def mode_middles(points: NDArray[np.float32], apart: float) -> NDArray[np.float32]:
    """Return the middles of the modes that these faces fall into, float32 (k, d).

    One, or none where there are no faces, says that they do not fall apart.
    """
    if len(points) < 2 * MIN_FACES:
        return points[:1]
    _, groups, counts = np.unique(
        average_linkage(points, apart), return_inverse=True, return_counts=True
    )
    large = np.flatnonzero(counts >= MIN_FACES)
    if len(large) < 2:
        return points[:1]
    return np.stack([points[groups == group].mean(axis=0) for group in large])


def nearest_modes(points: NDArray[np.float32], middles: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the number of the nearest middle to each point, counted by their first point."""
    if len(middles) < 2:
        return np.zeros(len(points), dtype=np.int64)
    modes = np.stack(
        [np.square(points - middle).sum(axis=1, dtype=np.float64) for middle in middles]
    ).argmin(axis=0)
    _, first, modes = np.unique(modes, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[modes]


def mode_shares(
    gallery: Gallery, modes: NDArray[np.int64], taken_us: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how likely a photo of a person shows this mode of theirs, float64 (p,), in 0..1.

    A person's only mode: 1. Of several, the nearer in time is the likelier: a quarter of the weight
    goes to all alike, as clocks and dates are wrong and some people hardly change, and the rest
    halves with every three years. So a far mode loses to a near one that fits as well, and is never
    out of the question. Times that are not known say nothing.

    Parameters
    ----------
    modes, taken_us : (p,), the mode and the time of the photo of each pair.
    """
    shares = np.ones(len(modes))
    owners, starts, counts = np.unique(gallery.people, return_index=True, return_counts=True)
    owner = np.searchsorted(owners, gallery.people[modes])
    several = np.flatnonzero(counts[owner] > 1)
    if not len(several):
        return shares
    owner, taken = owner[several], taken_us[several]
    total = np.zeros(len(several))
    for offset in range(int(counts.max())):
        there = offset < counts[owner]
        mode = np.minimum(starts[owner] + offset, len(gallery.people) - 1)
        total += np.where(there, _nearness(taken - gallery.taken_us[mode]), 0.0)
    shares[several] = _nearness(taken - gallery.taken_us[modes[several]]) / total
    return shares


def _nearness(gap_us: NDArray[np.float64]) -> NDArray[np.float64]:
    near = np.exp2(-np.abs(gap_us) / _HALF_LIFE_US)
    return np.where(np.isnan(gap_us), (1 + _TIMELESS) / 2, _TIMELESS + (1 - _TIMELESS) * near)
