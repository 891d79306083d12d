"""The metrics that a library can choose from, all brought to plain Euclid.

A metric moves encodings to points so that the Euclidean distance of two points is the distance.
Centroids are means of points. ``typicality`` adds to the squared distance what each side has in
common with everybody: a face that lies near one of the types, the means of many people, is near
everybody's faces, and most false suggestions are of such faces (the hubs of Radovanovic et al.,
JMLR 11, 2010). As two more elements of the points, one for each side, this is plain Euclid too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facedex.matching.metric import MIN_LABELLED_FACES, element_weights, weighted
from facedex.types import MetricName

if TYPE_CHECKING:
    from numpy.typing import NDArray

PULL = 0.35
"""How much of the likeness to a type counts as no evidence (benchmarks/identity/open_set.py)."""

_WITHIN_SHRINK = 0.6
_ROWS = 16384
_TINY = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class FaceTypes:
    """What faces have in common: unit vectors, each the direction of the mean of many people.

    Attributes
    ----------
    vectors : float32 (k, d), of unit length.
    floor : cosine to the nearest type that a quarter of all faces does not reach. Below it nothing
        is added, so that unusual faces, children's for instance, gain no nearness.
    """

    vectors: NDArray[np.float32]
    floor: float


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """A way to take distances; see ``fit_metric``.

    ``transform`` makes points of encodings. Faces are compared with centroids as ``probes`` with
    ``targets``, which take points or means of points.
    """

    name: MetricName
    is_unit: bool = False
    weights: NDArray[np.float32] | None = None
    rotation: NDArray[np.float32] | None = None
    types: FaceTypes | None = None

    def transform(self, encodings: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return points, float32 (n, d); Euclid on them is the distance of two faces."""
        points = np.asarray(encodings, dtype=np.float32)
        if self.is_unit:
            points = (points / np.maximum(_lengths(points), _TINY)).astype(np.float32)
        if self.rotation is not None:
            points = points @ self.rotation
        return weighted(points, self.weights)

    def probes(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return points as the faces to be recognised: Euclid to ``targets`` is the distance."""
        if self.types is None:
            return points
        return np.hstack((points, self._extra(points), np.zeros((len(points), 1), np.float32)))

    def targets(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return centroids, means of points, as what faces are compared with."""
        if self.types is None:
            return points
        return np.hstack((points, np.zeros((len(points), 1), np.float32), self._extra(points)))

    def _extra(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        assert self.types is not None
        return np.sqrt(commonness(points, self.types))[:, None]


def commonness(points: NDArray[np.float32], types: FaceTypes) -> NDArray[np.float32]:
    """Return what is added to a point's squared distances for looking like many, float32 (n,).

    Twice ``PULL`` times the cosine to the nearest type above ``types.floor``; at least 0. NaN for
    points that are not finite. Computed in float64: a product of float32 matrices is rounded
    differently with the number of rows, which would show in probabilities.
    """
    out = np.empty(len(points))
    vectors = types.vectors.T.astype(np.float64)
    for start in range(0, len(points), _ROWS):
        part = points[start : start + _ROWS].astype(np.float64)
        lengths = np.sqrt(np.einsum("ij,ij->i", part, part))
        out[start : start + _ROWS] = (part @ vectors).max(axis=1) / np.maximum(lengths, _TINY)
    return np.asarray(2 * PULL * np.maximum(out - types.floor, 0), dtype=np.float32)


def fit_metric(
    name: MetricName,
    encodings: NDArray[np.float32],
    people: NDArray[np.int64],
    types: FaceTypes | None = None,
) -> Metric:
    """Return the metric of this name for a library.

    Parameters
    ----------
    name : ``none``: Euclid of the encodings as they are. ``std``, ``variance``: elements weighted
        by their standard deviation or variance over the labelled faces. ``unit``: Euclid of unit
        vectors. ``whitened``: of unit vectors turned so that a person's faces vary alike in all
        directions, as far as few labels tell. ``typicality``: ``unit`` with commonness.
    encodings, people : float32 (n, d) and int (n,), the library's labelled faces.
    types : of the model that made the encodings; without them ``typicality`` is ``unit``.
    """
    if name is MetricName.STD:
        return Metric(name, weights=element_weights(encodings, power=0.5))
    if name is MetricName.VARIANCE:
        return Metric(name, weights=element_weights(encodings))
    if name is MetricName.WHITENED:
        return Metric(name, is_unit=True, rotation=_whitening(encodings, people))
    if name is MetricName.TYPICALITY:
        return Metric(name, is_unit=True, types=types)
    return Metric(name, is_unit=name is MetricName.UNIT)


def _lengths(points: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths: NDArray[np.float32] = np.sqrt(np.einsum("ij,ij->i", points, points))[:, None]
    return lengths


def _whitening(
    encodings: NDArray[np.float32], people: NDArray[np.int64]
) -> NDArray[np.float32] | None:
    """Return the inverse root of the shrunk within-person covariance, scaled to keep lengths.

    None, for no change, where fewer than ``MIN_LABELLED_FACES`` faces are of people with another.
    """
    usable = np.isfinite(encodings).all(axis=1)
    unit = Metric(MetricName.UNIT, is_unit=True).transform(encodings[usable]).astype(np.float64)
    _, slots, counts = np.unique(people[usable], return_inverse=True, return_counts=True)
    again = counts[slots] > 1
    if again.sum() < MIN_LABELLED_FACES:
        return None
    means = np.zeros((len(counts), unit.shape[1]))
    np.add.at(means, slots, unit)
    means /= counts[:, None]
    residuals = (unit - means[slots])[again]
    covariance = residuals.T @ residuals / (again.sum() - (counts > 1).sum())
    level = np.trace(covariance) / len(covariance)
    shrunk = (1 - _WITHIN_SHRINK) * covariance + _WITHIN_SHRINK * level * np.eye(len(covariance))
    values, vectors = np.linalg.eigh(shrunk)
    scales = 1 / np.sqrt(np.maximum(values, level * 1e-6))
    turned = (vectors * (scales / np.sqrt(np.mean(scales**2)))) @ vectors.T
    return np.asarray(turned, dtype=np.float32)
