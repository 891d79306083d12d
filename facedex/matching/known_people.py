"""The modes of everybody who is known, built from the labelled faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facedex.matching.centroids import build_centroids
from facedex.matching.modes import Gallery, linked_faces, mode_middles, nearest_modes
from facedex.types import POOR_QUALITY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from facedex.matching.metrics import Metric

_LEAST_WEIGHT = 1 / 64


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Faces that one model has encoded, as arrays of equal length n.

    NaN where something is unknown.

    Attributes
    ----------
    encodings : float32 (n, d).
    photos : int64 (n,), the photo of each.
    taken_us : float64 (n,), when that was taken, microseconds since 1970 UTC.
    quality : float64 (n,), 0..1.
    quality_floor : an encoding of less quality teaches nothing (``EncoderFacts``).
    """

    encodings: NDArray[np.float32]
    photos: NDArray[np.int64]
    taken_us: NDArray[np.float64]
    quality: NDArray[np.float64]
    quality_floor: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Mode:
    """The mean of a mode's faces, how many they are, and the median time of their photos."""

    mean: NDArray[np.float64]
    n: int
    taken_us: float


class KnownPeople:
    """Everybody's modes. Faces are given by their index in ``faces``.

    A face weighs as much as its quality; poor ones count only for a person who has no other, and
    those below the floor for nobody. What is known of a person depends only on which faces they
    have now.
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
        is_whole = np.isfinite(points).all(axis=1)
        self._is_useless = np.asarray(~is_whole | (quality < faces.quality_floor))
        self._poorly_known: set[int] = set()
        self._modes: dict[int, list[_Mode]] = {}
        self._middles: dict[int, tuple[bytes, NDArray[np.float32]]] = {}

    def __contains__(self, person_id: int) -> bool:
        return person_id in self._modes

    def __len__(self) -> int:
        return len(self._modes)

    def learn(self, person: NDArray[np.int64]) -> None:
        """Build everybody's modes; ``person`` (n,) is 0 where nobody is confirmed."""
        rows = np.flatnonzero(person)
        rows = rows[np.argsort(person[rows], kind="stable")]
        owners, starts = np.unique(person[rows], return_index=True)
        self._modes, self._middles = {}, {}
        self._poorly_known.clear()
        ends = np.append(starts, len(rows))[1:]
        for owner, start, end in zip(owners.tolist(), starts, ends, strict=True):
            self.rebuild(owner, rows[start:end])

    def rebuild(self, person_id: int, rows: NDArray[np.int64]) -> None:
        """Build a person's modes of the faces that are theirs now, ``rows`` ascending."""
        rows = self._usable(rows)
        self._poorly_known.discard(person_id)
        if len(rows) and self._is_poor[rows].all():
            self._poorly_known.add(person_id)
        if not len(rows):
            self._modes.pop(person_id, None)
            return
        labels = nearest_modes(self._points[rows], self._middles_of(person_id, rows))
        centroids = build_centroids(self._points[rows], labels, self._weights[rows])
        self._modes[person_id] = [
            _Mode(centroid.mean, centroid.n, self._median_time(rows[labels == label]))
            for label, centroid in centroids.items()
        ]

    def gallery(self, person_ids: Iterable[int]) -> Gallery:
        """Return the modes of some people."""
        chosen = [
            (person_id, mode)
            for person_id in sorted(person_ids)
            for mode in self._modes.get(person_id, ())
        ]
        means = np.array([mode.mean for _, mode in chosen], dtype=np.float32)
        return Gallery(
            self._metric.targets(means.reshape(len(chosen), self._points.shape[1])),
            np.array([person_id for person_id, _ in chosen], dtype=np.int64),
            np.array([mode.n for _, mode in chosen], dtype=np.float64),
            np.array([mode.taken_us for _, mode in chosen], dtype=np.float64),
        )

    def everybody(self) -> list[int]:
        """Return the ids of those who have a usable face."""
        return list(self._modes)

    def rests_on_poor(
        self, faces: NDArray[np.int64], people: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Tell of pairs of a face and a person whether either is known by poor encodings only."""
        poor: NDArray[np.bool_] = self._is_poor[faces]
        return poor | np.isin(people, list(self._poorly_known))

    def _usable(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        useful = rows[~self._is_useless[rows]]
        good = useful[~self._is_poor[useful]]
        return good if len(good) else useful

    def _middles_of(self, person_id: int, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the middles of a person's modes; linking again only if other faces are linked."""
        linked = rows[linked_faces(self._points[rows])]
        known = self._middles.get(person_id)
        if known is None or known[0] != linked.tobytes():
            known = linked.tobytes(), mode_middles(self._points[linked], self._apart)
            self._middles[person_id] = known
        return known[1]

    def _median_time(self, rows: NDArray[np.int64]) -> float:
        taken = self._taken_us[rows]
        known = taken[~np.isnan(taken)]
        return float(np.median(known)) if len(known) else np.nan
