"""The units of a review: clusters and lone faces as means in memory, and how alike any two are.

Of two sets of unit vectors with means a and b the mean squared distance over all cross pairs is
2 - 2 a.b: one product with the table of means compares a unit with all others. Kept up to date unit by unit,
that takes milliseconds for 50,000 units.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from facedex.services.parts import unit as at_length_one

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from facedex.db.units import UnitFaces

# log odds that two units are one person: OFFSET + SLOPE * root of the mean squared distance. A logistic
# regression on near pairs of what grouping left of LFW (benchmarks/identity/review.py --fit).
OFFSET = 27.2
SLOPE = -77.5
# farther than this a chance is below one in fifty
_FARTHEST = 0.4


def same_probability(squared: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how likely two units are one person, by their mean squared distance."""
    logits = OFFSET + SLOPE * np.sqrt(np.maximum(squared, 0.0), dtype=np.float64)
    chance: NDArray[np.float64] = 1.0 / (1.0 + np.exp(np.clip(-logits, -50.0, 50.0)))
    return chance


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
    """All units of a library; rows of the table are used again when a unit goes."""

    by_key: dict[int, Unit] = field(default_factory=dict)
    _means: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    _keys: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    _free: list[int] = field(default_factory=list)

    def replace(self, keys: Iterable[int], found: UnitFaces) -> set[int]:
        """Take the newly read faces of these units; return the units that are there and changed."""
        changed: set[int] = set()
        for key in keys:
            self._remove(key)
        if not len(found.face):
            return changed
        order = np.argsort(found.unit, kind="stable")
        bounds = np.flatnonzero(np.diff(found.unit[order])) + 1
        vectors = at_length_one(found.encoding)
        for rows in np.split(order, bounds):
            key = int(found.unit[rows[0]])
            self._remove(key)
            self._add(key, int(found.person[rows[0]]), found.photo[rows], vectors[rows])
            changed.add(key)
        return changed

    def alike(self, keys: Sequence[int]) -> list[list[tuple[float, Unit]]]:
        """Return, for each unit, the others that may be the same person, the likeliest first."""
        mine = self._means[[self.by_key[key].row for key in keys]]
        products = self._means @ mine.T
        rows, columns = np.nonzero(products >= 1.0 - _FARTHEST**2 / 2.0)
        chances = same_probability(2.0 - 2.0 * products[rows, columns])
        found: list[list[tuple[float, Unit]]] = [[] for _ in keys]
        for at in np.lexsort((self._keys[rows], -chances)).tolist():
            other, slot = int(self._keys[rows[at]]), int(columns[at])
            if other not in {0, keys[slot]}:
                found[slot].append((float(chances[at]), self.by_key[other]))
        return found

    def _add(
        self, key: int, person: int, photos: NDArray[np.int64], vectors: NDArray[np.float32]
    ) -> None:
        if not self._free:
            self._grow(vectors.shape[1])
        row = self._free.pop()
        self._means[row] = vectors.mean(axis=0)
        self._keys[row] = key
        self.by_key[key] = Unit(key, person, len(vectors), frozenset(photos.tolist()), row)

    def _remove(self, key: int) -> None:
        gone = self.by_key.pop(key, None)
        if gone is not None:
            self._keys[gone.row] = 0
            self._free.append(gone.row)

    def _grow(self, n_elements: int) -> None:
        n, more = len(self._keys), max(64, len(self._keys))
        means = np.zeros((n + more, n_elements), dtype=np.float32)
        if n:
            means[:n] = self._means
        self._means = means
        self._keys = np.concatenate([self._keys, np.zeros(more, dtype=np.int64)])
        self._free = list(range(n + more - 1, n - 1, -1))
