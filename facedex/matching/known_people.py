"""The modes of everybody who is known: built from labelled faces, and grown by single ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facedex.matching.centroids import Centroid, build_centroids
from facedex.matching.modes import Gallery, split_modes
from facedex.types import POOR_QUALITY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from facedex.matching.metrics import Metric

_LEAST_WEIGHT = 1 / 64


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Faces that one model has encoded, as arrays of equal length n; NaN where something is unknown.

    Attributes
    ----------
    encodings : float32 (n, d).
    photos : int64 (n,), the photo of each.
    taken_us : float64 (n,), when that was taken, microseconds since 1970 UTC.
    quality : float64 (n,), 0..1.
    """

    encodings: NDArray[np.float32]
    photos: NDArray[np.int64]
    taken_us: NDArray[np.float64]
    quality: NDArray[np.float64]


@dataclass(slots=True, eq=False)
class _Mode:
    centroid: Centroid
    rows: set[int]
    taken_us: float


class KnownPeople:
    """Everybody's modes. Faces are given by their index in ``faces``.

    A face weighs as much as its quality; poor ones count only for a person who has no other.
    """

    def __init__(
        self, metric: Metric, points: NDArray[np.float32], faces: Faces, apart: float
    ) -> None:
        self._metric = metric
        self._points = points
        self._taken_us = faces.taken_us
        self._apart = apart
        quality = np.where(np.isnan(faces.quality), 1.0, faces.quality)
        self._weights: NDArray[np.float64] = np.clip(quality, _LEAST_WEIGHT, 1.0)
        self._is_poor = np.asarray(quality < POOR_QUALITY)
        self._is_broken = np.asarray(~np.isfinite(points).all(axis=1))
        self._modes: dict[int, list[_Mode]] = {}

    def __contains__(self, person_id: int) -> bool:
        return person_id in self._modes

    def __len__(self) -> int:
        return len(self._modes)

    def learn(self, person: NDArray[np.int64]) -> None:
        """Build everybody's modes; ``person`` (n,) is 0 where nobody is confirmed."""
        rows = np.flatnonzero(person)
        rows = rows[np.argsort(person[rows], kind="stable")]
        owners, starts = np.unique(person[rows], return_index=True)
        self._modes = {}
        ends = np.append(starts, len(rows))[1:]
        for owner, start, end in zip(owners.tolist(), starts, ends, strict=True):
            self._build(owner, self._usable(rows[start:end]))

    def regrow(self, person_id: int, rows: NDArray[np.int64]) -> None:
        """Take in that a person's faces are now ``rows``; those that stay keep their modes."""
        usable = self._usable(rows)
        if person_id not in self._modes or not len(usable):
            self._modes.pop(person_id, None)
            self._build(person_id, usable)
            return
        modes = self._modes[person_id]
        wanted = set(usable.tolist())
        held: set[int] = set().union(*(mode.rows for mode in modes))
        means = np.stack([mode.centroid.mean for mode in modes])
        for row in sorted(wanted - held):
            nearest = int(np.square(means - self._points[row]).sum(axis=1).argmin())
            self._add(modes[nearest], row)
        for mode in modes:
            for row in sorted(mode.rows - wanted):
                self._remove(mode, row)
            mode.taken_us = self._median_time(np.array(sorted(mode.rows), dtype=np.int64))
        self._modes[person_id] = [mode for mode in modes if mode.rows]

    def gallery(self, person_ids: Iterable[int]) -> Gallery:
        """Return the modes of some people."""
        chosen = [
            (person_id, mode)
            for person_id in sorted(person_ids)
            for mode in self._modes.get(person_id, ())
        ]
        means = np.array([mode.centroid.mean for _, mode in chosen], dtype=np.float32)
        return Gallery(
            self._metric.targets(means.reshape(len(chosen), self._points.shape[1])),
            np.array([person_id for person_id, _ in chosen], dtype=np.int64),
            np.array([mode.centroid.n for _, mode in chosen], dtype=np.float64),
            np.array([mode.taken_us for _, mode in chosen], dtype=np.float64),
        )

    def everybody(self) -> list[int]:
        """Return the ids of those who have a usable face."""
        return list(self._modes)

    def _usable(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        whole = rows[~self._is_broken[rows]]
        good = whole[~self._is_poor[whole]]
        return good if len(good) else whole

    def _build(self, person_id: int, rows: NDArray[np.int64]) -> None:
        if not len(rows):
            return
        labels = split_modes(self._points[rows], self._apart)
        centroids = build_centroids(self._points[rows], labels, self._weights[rows])
        self._modes[person_id] = [
            self._mode(centroid, rows[labels == label]) for label, centroid in centroids.items()
        ]

    def _mode(self, centroid: Centroid, rows: NDArray[np.int64]) -> _Mode:
        return _Mode(centroid, set(rows.tolist()), self._median_time(rows))

    def _add(self, mode: _Mode, row: int) -> None:
        mode.centroid = mode.centroid.add(self._points[row], float(self._weights[row]))
        mode.rows.add(row)

    def _remove(self, mode: _Mode, row: int) -> None:
        mode.centroid = mode.centroid.remove(self._points[row], float(self._weights[row]))
        mode.rows.remove(row)

    def _median_time(self, rows: NDArray[np.int64]) -> float:
        taken = self._taken_us[rows]
        known = taken[~np.isnan(taken)]
        return float(np.median(known)) if len(known) else np.nan
