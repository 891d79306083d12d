"""How sure the review is that two groups are one person, and whether they are as often as it says.

    python benchmarks/identity/likeness.py

Libraries are made of a random share of LFW's people, or of those with two photos and more, and
grouped as facedex does. The pairs of groups and lone faces that are still near each other are what
the review may ask about. The coefficients are fitted on one half of the people (split by a hash of
the name) and asked about the other, and the other way round; what facedex/matching/likeness.py
holds is fitted in the same way on everybody, which is checked. The last table is of the library of
everybody, whose number of units is twice that of any library fitted on: whether the fall of the
odds with the units holds.
"""

from __future__ import annotations

import itertools
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

import numpy as np
from lfw_faces import Faces, halves, load_faces

from facedex.matching.clustering import ALONE, group_unknown
from facedex.matching.likeness import DLIB_RESNET, Likeness
from facedex.matching.metric import squared_lengths
from facedex.matching.metrics import Metric
from facedex.naming.encoder import DLIB
from facedex.services.recognising.metric_choice import load_types
from facedex.types import MetricName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

N_LIBRARIES = 20
LEAST_SHARE = 0.15
FAR = 0.18  # squared; beyond it less than one pair in a hundred is of one person, at any size
EDGES = (0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1)
METRIC = Metric(MetricName.TYPICALITY, is_unit=True, types=load_types())


@dataclass(frozen=True)
class Pairs:
    """Near pairs of what one library's grouping left, as arrays of equal length."""

    squared: NDArray[np.float64]
    sizes: NDArray[np.int64]
    other_sizes: NDArray[np.int64]
    is_same: NDArray[np.bool_]
    n_units: int

    def chances(self, likeness: Likeness) -> NDArray[np.float64]:
        return likeness.chances(self.squared, self.sizes, self.other_sizes, self.n_units)

    def features(self) -> NDArray[np.float64]:
        larger = np.maximum(self.sizes, self.other_sizes)
        smaller = np.minimum(self.sizes, self.other_sizes)
        return np.stack((np.ones(len(larger)), -self.squared, 1 / larger, 1 / smaller), axis=1)


def near_pairs(faces: Faces) -> Pairs:
    labels = group_unknown(faces.encodings, np.arange(len(faces.people)), DLIB.group_rule)
    alone = np.flatnonzero(labels == ALONE)
    labels[alone] = labels.max() + 1 + np.arange(len(alone))
    sizes = np.bincount(labels)
    means = np.zeros((len(sizes), faces.encodings.shape[1]))
    np.add.at(means, labels, METRIC.transform(faces.encodings))
    means = (means / sizes[:, None]).astype(np.float32)
    heights = squared_lengths(METRIC.probes(means))
    squared = heights[:, None] + heights - 2 * means @ means.T
    a, b = np.nonzero(np.triu(squared < FAR, 1))
    owner = np.array(
        [np.bincount(faces.people[labels == unit]).argmax() for unit in range(len(sizes))]
    )
    return Pairs(
        squared[a, b].astype(np.float64), sizes[a], sizes[b], owner[a] == owner[b], len(sizes)
    )


def libraries(faces: Faces) -> Iterator[Faces]:
    """Yield all of them, those of people with two faces and more, and random shares of both."""
    rng = np.random.default_rng(1)
    everybody, counts = np.unique(faces.people, return_counts=True)
    pools = (everybody, everybody[counts > 1])
    yield from (faces.of(np.isin(faces.people, pool)) for pool in pools)
    for number in range(N_LIBRARIES):
        pool = pools[number % 2]
        n = int(len(pool) * rng.uniform(LEAST_SHARE, 1))
        yield faces.of(np.isin(faces.people, rng.choice(pool, n, replace=False)))


def fit(found: Sequence[Pairs]) -> Likeness:
    """Return the coefficients by Newton's method, the odds of a library's units given."""
    features = np.concatenate([each.features() for each in found])
    is_same = np.concatenate([each.is_same for each in found])
    offset = np.concatenate([np.full(len(each.sizes), -np.log(each.n_units)) for each in found])
    weights = np.zeros(features.shape[1])
    for _ in range(100):
        chance = 1 / (1 + np.exp(-np.clip(features @ weights + offset, -50, 50)))
        curvature = (features * (chance * (1 - chance) + 1e-12)[:, None]).T @ features
        step = np.linalg.solve(curvature, features.T @ (is_same - chance))
        # far from the answer a whole step may overshoot
        weights += step * min(1.0, 20 / np.abs(step).max())
    return Likeness(*(float(weight) for weight in weights))


def print_reliability(chance: NDArray[np.float64], is_same: NDArray[np.bool_]) -> None:
    print("\n| probability | pairs | said | right |\n|---|---|---|---|")
    for low, high in itertools.pairwise(EDGES):
        inside = (chance >= low) & ((chance < high) | (high == 1))
        if inside.any():
            said, right = chance[inside].mean(), is_same[inside].mean()
            print(f"| {low} to {high} | {inside.sum()} | {said:.3f} | {right:.3f} |")


def main() -> None:
    encodings, names = load_faces()
    sides = [[near_pairs(each) for each in libraries(half)] for half in halves(encodings, names)]
    chances, is_same = [], []
    for learned, asked in itertools.permutations(sides):
        likeness = fit(learned)
        print(likeness)
        chances += [each.chances(likeness) for each in asked]
        is_same += [each.is_same for each in asked]
    print_reliability(np.concatenate(chances), np.concatenate(is_same))
    everybody = Faces(encodings, np.unique(names, return_inverse=True)[1].astype(np.int64))
    all_pairs = near_pairs(everybody)
    both = fit([each for side in sides for each in side])
    print(f"\neverybody, {all_pairs.n_units} units, by {both}:")
    print_reliability(all_pairs.chances(both), all_pairs.is_same)
    shipped = fit([near_pairs(each) for each in libraries(everybody)])
    print(f"\nfitted on everybody: {shipped}")
    assert np.allclose(astuple(shipped), astuple(DLIB_RESNET), rtol=1e-3)


if __name__ == "__main__":
    main()
