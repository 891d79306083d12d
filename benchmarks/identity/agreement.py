"""How well groups agree with people: pairwise and BCubed precision, recall and F, in percent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Agreement:
    pair_precision: float
    pair_recall: float
    bcubed_precision: float
    bcubed_recall: float

    @property
    def pair_f(self) -> float:
        return harmonic(self.pair_precision, self.pair_recall)

    @property
    def bcubed_f(self) -> float:
        return harmonic(self.bcubed_precision, self.bcubed_recall)


def harmonic(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def alone_apart(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return labels 0, 1, ... in which each face without a group (below 0) is one of its own."""
    own = labels.max(initial=0) + 1 + np.arange(len(labels))
    return np.unique(np.where(labels < 0, own, labels), return_inverse=True)[1].astype(np.int64)


def agreement(labels: NDArray[np.int64], people: NDArray[np.int64]) -> Agreement:
    groups = alone_apart(labels)
    people = np.unique(people, return_inverse=True)[1].astype(np.int64)
    _, cell, both = np.unique(
        groups * (people.max() + 1) + people, return_inverse=True, return_counts=True
    )
    in_group, of_person = np.bincount(groups), np.bincount(people)

    def pairs(counts: NDArray[np.int64]) -> float:
        return float((counts.astype(np.float64) * (counts - 1) / 2).sum())

    return Agreement(
        100 * pairs(both) / max(pairs(in_group), 1),
        100 * pairs(both) / max(pairs(of_person), 1),
        100 * float((both[cell] / in_group[groups]).mean()),
        100 * float((both[cell] / of_person[people]).mean()),
    )
