"""The units of a review: clusters and lone faces as means in memory, and how alike any two are.

One product with the table of means compares a unit with all others. Brought up to date unit by
unit, that takes milliseconds for 50,000 units.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from facedex.matching.metric import squared_lengths

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from facedex.matching.likeness import Likeness
    from facedex.matching.metrics import Metric

# a pair that is less likely one person is not worth a question
_LEAST_CHANCE = 0.02


class _EncodedFaces(Protocol):
    """Faces as arrays of equal length: whose photo, unit and person it is, and the encoding."""

    @property
    def face(self) -> NDArray[np.int64]: ...
    @property
    def photo(self) -> NDArray[np.int64]: ...
    @property
    def unit(self) -> NDArray[np.int64]: ...
    @property
    def person(self) -> NDArray[np.int64]: ...
    @property
    def encoding(self) -> NDArray[np.float32]: ...


@dataclass(slots=True)
class Unit:
    """A cluster (key: its id) or a lone face (minus its id). ``person`` is 0 while nobody is."""

    key: int
    person: int
    n_faces: int
    photos: frozenset[int]
    row: int


@dataclass(slots=True)
class Units:
    """All units of a library; rows of the table are used again when a unit goes.

    Without ``likeness``, for a model of which nobody knows what is near, no unit is like another.
    """

    metric: Metric
    likeness: Likeness | None
    by_key: dict[int, Unit] = field(default_factory=dict)
    _means: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    _heights: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    _sizes: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    _keys: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    _free: list[int] = field(default_factory=list)

    def replace(self, keys: Iterable[int], found: _EncodedFaces) -> set[int]:
        """Take the newly read faces of these units; return the units that are there and changed."""
        changed: set[int] = set()
        for key in keys:
            self._remove(key)
        if not len(found.face):
            return changed
        order = np.argsort(found.unit, kind="stable")
        numbers, starts = np.unique(found.unit[order], return_index=True)
        sizes = np.diff(starts, append=len(order))
        means = np.add.reduceat(self.metric.transform(found.encoding[order]), starts, axis=0)
        means /= sizes[:, None].astype(np.float32)
        heights = squared_lengths(self.metric.probes(means))
        photos = np.split(found.photo[order], starts[1:])
        people = found.person[order][starts].tolist()
        for at, (key, person) in enumerate(zip(numbers.tolist(), people, strict=True)):
            self._remove(key)
            row = self._free_row(means.shape[1])
            self._means[row], self._heights[row] = means[at], heights[at]
            self._sizes[row], self._keys[row] = sizes[at], key
            where = frozenset(photos[at].tolist())
            self.by_key[key] = Unit(key, person, int(sizes[at]), where, row)
            changed.add(key)
        return changed

    def alike(self, keys: Sequence[int]) -> list[list[tuple[float, Unit]]]:
        """Return, for each unit, the others that may be the same person, the likeliest first."""
        found: list[list[tuple[float, Unit]]] = [[] for _ in keys]
        if self.likeness is None or not keys:
            return found
        mine = np.array([self.by_key[key].row for key in keys])
        squared = self._means @ (-2 * self._means[mine].T)
        squared += self._heights[:, None] + self._heights[mine]
        n_units = len(self.by_key)
        rows, columns = np.nonzero(squared <= self.likeness.reach(_LEAST_CHANCE, n_units))
        sizes, other_sizes = self._sizes[rows], self._sizes[mine[columns]]
        chances = self.likeness.chances(squared[rows, columns], sizes, other_sizes, n_units)
        likely = np.flatnonzero((chances >= _LEAST_CHANCE) & (self._keys[rows] != 0))
        rows, columns, chances = rows[likely], columns[likely], chances[likely]
        for at in np.lexsort((self._keys[rows], -chances)).tolist():
            other, slot = int(self._keys[rows[at]]), int(columns[at])
            if other != keys[slot]:
                found[slot].append((float(chances[at]), self.by_key[other]))
        return found

    def _remove(self, key: int) -> None:
        gone = self.by_key.pop(key, None)
        if gone is not None:
            self._keys[gone.row] = 0
            self._free.append(gone.row)

    def _free_row(self, n_elements: int) -> int:
        """Take a row of the table that is free; the table grows where none is."""
        if not self._free:
            self._grow(n_elements)
        return self._free.pop()

    def _grow(self, n_elements: int) -> None:
        n, more = len(self._keys), max(64, len(self._keys))
        means = np.zeros((n + more, n_elements), dtype=np.float32)
        if n:
            means[:n] = self._means
        self._means = means
        self._heights = np.concatenate([self._heights, np.zeros(more, dtype=np.float32)])
        self._sizes = np.concatenate([self._sizes, np.ones(more, dtype=np.int64)])
        self._keys = np.concatenate([self._keys, np.zeros(more, dtype=np.int64)])
        self._free = list(range(n + more - 1, n - 1, -1))
