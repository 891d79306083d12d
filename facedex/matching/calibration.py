"""How sure a suggestion is: from distances to probabilities.

What a distance says about two faces is kept apart from what the library says about who is likely.

- The log-likelihood ratio of a face and a centroid, "how much likelier is this distance for the
  same person than for two people", depends on the squared distance and the number of labels behind
  the centroid: a + b d^2 + (c + e d^2) / n. It is fitted by logistic regression on pairs of a
  labelled set (Brummer and du Preez, Computer Speech & Language 20, 2006, fit scores so).
- The prior depends on the library: a share of its faces is of known people, divided evenly among
  them. So with more people each has less of it, and the same distance says less: the nearest of
  many strangers is nearer. The share is the likeliest by the open faces' own ratios (Saerens et
  al., Neural Computation 14, 2002). Share and number are rounded to steps of ``PRIOR_STEP``, far
  less than is known of them: so a decision on one face leaves what is said of all others alone,
  and what is said depends only on what is decided by now, not on what was decided first.

A library's own labels may correct slope and level of the ratio (``refined``).

The ratio is that to just any other person. Some are nearer than that, a sister for instance, and
where few people are known even they would be surely the person. So nothing is sure (``types.SURE``)
that a look-alike could be (``limited``): a second ratio is fitted on each known person and the face
nearest to them of several thousand strangers' faces. It takes for granted that everybody has an
unknown look-alike with as many photos as they have themselves, however many people are known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from facedex.naming.encoder import DLIB, ODDS_WHEN_FITTED, Coefficients

if TYPE_CHECKING:
    from numpy.typing import NDArray

PRIOR_STEP = 0.2
"""Of the log odds of the known share, and of the logarithm of the number of people."""

MOST_UNSURE = 0.99
"""The highest probability of what is never sure."""

_SHARE_WEIGHT = 10
_SHARE_LOG_ODDS = PRIOR_STEP * np.arange(-20, 16)
_SLOPE_SPREAD = 0.2
_SHIFT_SPREAD = 1.0
_ROUNDS = 100
_LARGEST_RATIO = 30.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """The log-likelihood ratio of a metric's distances.

    Attributes
    ----------
    coefficients : a, b, c, e of the module's formula, fitted on many people.
    look_alike : the same against a look-alike, which the library's correction leaves alone; None
        where nothing is known of look-alikes.
    slope, shift : a library's own correction: slope * ratio + shift.
    """

    coefficients: Coefficients
    look_alike: Coefficients | None = None
    slope: float = 1.0
    shift: float = 0.0

    def log_ratios(
        self, distances: NDArray[np.float64], n_labels: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the natural log-likelihood ratio of each distance, at most 30 either way.

        The two arrays are broadcast against each other.
        """
        ratios = _ratios(self.coefficients, distances, n_labels)
        return np.clip(self.slope * ratios + self.shift, -_LARGEST_RATIO, _LARGEST_RATIO)

    def look_alike_log_ratios(
        self, distances: NDArray[np.float64], n_labels: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return how much likelier the person is than their look-alike, as ``log_ratios`` does."""
        if self.look_alike is None:
            return np.full(np.broadcast(distances, n_labels).shape, _LARGEST_RATIO)
        ratios = _ratios(self.look_alike, distances, n_labels)
        return np.clip(ratios, -_LARGEST_RATIO, _LARGEST_RATIO)

    def reach(self, log_ratio: float, n_labels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the distance at which the ratio is ``log_ratio``, for each number of labels.

        0 where even equal faces do not reach it.
        """
        a, b, c, e = self.coefficients
        inverse = 1 / np.maximum(n_labels, 1.0)
        wanted = (log_ratio - self.shift) / self.slope
        squared = (wanted - a - c * inverse) / (b + e * inverse)
        return np.sqrt(np.maximum(squared, 0.0))


def _ratios(
    coefficients: Coefficients, distances: NDArray[np.float64], n_labels: NDArray[np.float64]
) -> NDArray[np.float64]:
    a, b, c, e = coefficients
    inverse = 1 / np.maximum(n_labels, 1.0)
    ratios: NDArray[np.float64] = a + c * inverse + (b + e * inverse) * np.square(distances)
    return ratios


def _features(squared: NDArray[np.float64], n_labels: NDArray[np.float64]) -> NDArray[np.float64]:
    inverse = 1 / np.maximum(np.asarray(n_labels, dtype=np.float64), 1.0)
    return np.stack((np.ones_like(squared), squared, inverse, squared * inverse), axis=-1)


def fit_calibration(
    distances: NDArray[np.float64],
    n_labels: NDArray[np.float64],
    is_same: NDArray[np.bool_],
    weights: NDArray[np.float64],
) -> Calibration:
    """Return the calibration that fits pairs of a face and a centroid.

    Parameters
    ----------
    distances, n_labels : float (p,), of each pair.
    is_same : bool (p,), whether face and centroid are of one person.
    weights : float (p,). In all 1 for the pairs of one person and ``ODDS_WHEN_FITTED`` for those of
        two; less where the pairs beyond a distance are left out, those of one person too.

    Raises
    ------
    ValueError
        If larger distances would mean likelier pairs: these are no distances of faces.
    """
    features = _features(np.square(distances), n_labels)
    scale = np.abs(features).max(axis=0)
    fitted = _logistic(features / scale, is_same, weights) / scale
    a, b, c, e = (float(value) for value in fitted)
    if b >= 0 or b + e >= 0:
        raise ValueError("larger distances would mean likelier pairs")
    return Calibration((a, b, c, e))


def refined(
    shipped: Calibration,
    log_ratios: NDArray[np.float64],
    is_same: NDArray[np.bool_],
    weights: NDArray[np.float64],
) -> Calibration:
    """Return ``shipped`` corrected by a library's own pairs; with few of them hardly.

    Slope and shift are drawn to 1 and 0 as by a normal prior of standard deviation 0.2 and 1.

    Parameters
    ----------
    log_ratios : float64 (p,), ``shipped.log_ratios`` of pairs that shipped did not see.
    is_same : bool (p,).
    weights : float64 (p,). 1 for a pair of one person; those of two in all ``ODDS_WHEN_FITTED``
        times that, as in ``fit_calibration``.
    """
    if not is_same.any() or is_same.all():
        return shipped
    features = np.stack((log_ratios, np.ones_like(log_ratios)), axis=-1)
    prior = np.array([1 / _SLOPE_SPREAD**2, 1 / _SHIFT_SPREAD**2])
    slope, shift = _logistic(features, is_same, weights, prior, np.array([1.0, 0.0]))
    if slope <= 0:
        return shipped
    return replace(shipped, slope=float(slope), shift=float(shift))


def _logistic(
    features: NDArray[np.float64],
    is_same: NDArray[np.bool_],
    weights: NDArray[np.float64],
    prior: NDArray[np.float64] | float = 1e-9,
    centre: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the coefficients of weighted logistic regression by damped Newton steps.

    The odds of the fit are taken off, so that the answer is a likelihood ratio.
    """
    middle = np.zeros(features.shape[1]) if centre is None else centre
    at = middle.copy()
    precision = np.broadcast_to(np.asarray(prior, dtype=np.float64), at.shape)

    def loss(point: NDArray[np.float64]) -> float:
        z = features @ point - np.log(ODDS_WHEN_FITTED)
        faults = np.logaddexp(0, np.where(is_same, -z, z))
        return float(weights @ faults + precision @ np.square(point - middle) / 2)

    now = loss(at)
    for _ in range(_ROUNDS):
        z = features @ at - np.log(ODDS_WHEN_FITTED)
        p = 1 / (1 + np.exp(-np.clip(z, -50, 50)))
        gradient = features.T @ (weights * (p - is_same)) + precision * (at - middle)
        curvature = (features * (weights * p * (1 - p))[:, None]).T @ features
        step = np.linalg.solve(curvature + np.diag(precision), gradient)
        size = 1.0
        while (new := loss(at - size * step)) > now and size > 1e-6:
            size /= 2
        if now - new <= 1e-10 * max(now, 1.0):
            break
        at, now = at - size * step, new
    return at


def known_share(ratio_means: NDArray[np.float64]) -> float:
    """Return the likeliest share of faces that are of known people, in steps of 0.018 to 0.953.

    A few faces say little: a half counts for it as ten faces would.

    Parameters
    ----------
    ratio_means : float64 (n,), for each open face the mean over all known people of its likelihood
        ratios (not their logarithms).
    """
    alike = ratio_means[ratio_means > 0]
    between = np.exp(_SHARE_LOG_ODDS[:-1] + PRIOR_STEP / 2)
    low, high = 0, len(between)
    while low < high:  # the likelihood has one summit: where a share brings forth itself
        middle = (low + high) // 2
        odds = between[middle] * alike
        expected = float((odds / (1 + odds)).sum()) + _SHARE_WEIGHT / 2
        share = between[middle] / (1 + between[middle])
        if expected > share * (len(ratio_means) + _SHARE_WEIGHT):
            low = middle + 1
        else:
            high = middle
    return float(1 / (1 + np.exp(-_SHARE_LOG_ODDS[low])))


def prior_log_odds(share: float, n_people: int) -> float:
    """Return the log odds that a face is one certain known person rather than a stranger.

    The number of people counts in steps.
    """
    steps = round(float(np.log(max(n_people, 1))) / PRIOR_STEP)
    return float(np.log(share / (1 - share))) - PRIOR_STEP * steps


def limited(
    probabilities: NDArray[np.float64], look_alike_log_ratios: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the probabilities, the highest of them no higher than look-alikes allow.

    Up to ``MOST_UNSURE`` they stay: there the nearest strangers are in the fit with all others.
    """
    at_most = 1 / (1 + np.exp(-look_alike_log_ratios))
    return np.minimum(probabilities, np.maximum(at_most, MOST_UNSURE))


SHIPPED = {name: Calibration(DLIB.ratios[name], DLIB.look_alikes[name]) for name in DLIB.ratios}
"""Of dlib's encodings, by metric."""
