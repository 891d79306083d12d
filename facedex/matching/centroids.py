"""The weighted mean of a cluster, without drift however often faces come and go.

Elements are rounded to 2^-28 (4e-9, less than the float32 spacing of a typical element) and weights
to 2^-6, so the sum behind a mean is a whole number of steps and float64 adds it without error.
Adding and then removing an encoding gives back the very same bits, and the order of additions does
not matter. This holds while the sum of weights times the largest element stays below 2^18: some
million unit vectors a cluster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_STEPS = 2.0**28
_WEIGHT_STEPS = 2.0**6
_ROWS = 16384


def _in_steps(encodings: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.rint(np.asarray(encodings, dtype=np.float64) * _STEPS)


def _weights_in_steps(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights as whole numbers of steps, at least one."""
    if not ((weights > 0) & (weights <= 1)).all():
        raise ValueError("a weight is above 0 and at most 1")
    return np.maximum(np.rint(weights * _WEIGHT_STEPS), 1.0)


def _weight_in_steps(weight: float) -> float:
    return float(_weights_in_steps(np.array([weight]))[0])


@dataclass(frozen=True, slots=True, eq=False)
class Centroid:
    """How many encodings a cluster has, and their mean: float64 (d,), zeros when it has none.

    ``weight`` is the sum of the encodings' weights in steps of 1/64: a whole number.
    """

    n: int
    mean: NDArray[np.float64]
    weight: float

    @classmethod
    def empty(cls, n_elements: int) -> Self:
        """Return the centroid of no encodings."""
        return cls(0, np.zeros(n_elements, dtype=np.float64), 0.0)

    @classmethod
    def _of(cls, n: int, total: NDArray[np.float64], weight: float) -> Self:
        return cls(n, total / (weight * _STEPS) if n else np.zeros_like(total), weight)

    @property
    def _total(self) -> NDArray[np.float64]:
        return np.rint(self.mean * (self.weight * _STEPS))

    def add(self, encoding: NDArray[np.float32], weight: float = 1.0) -> Self:
        """Return the centroid with ``encoding`` (d,) in it; ``weight`` in 0..1, not 0."""
        steps = _weight_in_steps(weight)
        total = self._total + steps * self._checked(encoding)
        return self._of(self.n + 1, total, self.weight + steps)

    def remove(self, encoding: NDArray[np.float32], weight: float = 1.0) -> Self:
        """Return the centroid without ``encoding`` (d,), which was added with this weight."""
        if self.n == 0:
            raise ValueError("the centroid is empty: nothing can be removed from it")
        steps = _weight_in_steps(weight)
        total = self._total - steps * self._checked(encoding)
        return self._of(self.n - 1, total, self.weight - steps)

    def _checked(self, encoding: NDArray[np.float32]) -> NDArray[np.float64]:
        if encoding.shape != self.mean.shape or not np.isfinite(encoding).all():
            raise ValueError(f"need finite numbers of shape {self.mean.shape}")
        return _in_steps(encoding)


def build_centroids(
    encodings: NDArray[np.float32],
    cluster_ids: NDArray[np.int64],
    weights: NDArray[np.float64] | None = None,
) -> dict[int, Centroid]:
    """Return the centroid of each cluster, by ascending cluster id.

    Parameters
    ----------
    encodings : float32 (n, d), finite.
    cluster_ids : int (n,), the cluster of each encoding; below zero: in none.
    weights : float (n,), in 0..1, not 0; None: all 1.
    """
    if len(encodings) != len(cluster_ids):
        raise ValueError("need one cluster id for each encoding")
    ids, slots = np.unique(cluster_ids, return_inverse=True)
    counts = np.bincount(slots, minlength=len(ids))
    steps = np.full(len(encodings), _WEIGHT_STEPS)
    if weights is not None:
        steps = _weights_in_steps(np.asarray(weights, dtype=np.float64))
    totals = np.zeros((len(ids), encodings.shape[1]), dtype=np.float64)
    for start in range(0, len(encodings), _ROWS):
        rows = slice(start, start + _ROWS)
        _add_rows(totals, _in_steps(encodings[rows]) * steps[rows, None], slots[rows])
    sums = np.bincount(slots, weights=steps, minlength=len(ids))
    return {
        int(cluster): Centroid._of(int(n), total, float(weight))
        for cluster, n, total, weight in zip(ids, counts, totals, sums, strict=True)
        if cluster >= 0
    }


def _add_rows(
    totals: NDArray[np.float64], in_steps: NDArray[np.float64], slots: NDArray[np.intp]
) -> None:
    order = np.argsort(slots, kind="stable")
    present, starts = np.unique(slots[order], return_index=True)
    totals[present] += np.add.reduceat(in_steps[order], starts, axis=0)


@dataclass(frozen=True, slots=True, eq=False)
class CentroidTable:
    """Centroids as arrays: ids int64 (m,), means float32 (m, d), counts int64 (m,)."""

    cluster_ids: NDArray[np.int64]
    means: NDArray[np.float32]
    counts: NDArray[np.int64]


def to_table(centroids: Mapping[int, Centroid], n_elements: int) -> CentroidTable:
    """Return the centroids that hold something as arrays, by ascending id, for the matcher."""
    kept = sorted((cluster, held) for cluster, held in centroids.items() if held.n)
    means = np.array([held.mean for _, held in kept], dtype=np.float32)
    return CentroidTable(
        np.array([cluster for cluster, _ in kept], dtype=np.int64),
        means.reshape(len(kept), n_elements),
        np.array([held.n for _, held in kept], dtype=np.int64),
    )
