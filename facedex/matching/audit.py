"""Which metric tells a library's people apart best, tried on its own labelled faces.

Every round half of the people are known, by half of their faces and at most ``MAX_LABELS``; the
other faces of these are to be recognised, and the other people are strangers. What a metric learns
it learns from the strangers. A metric's mark is its recall, the share of known people's faces whose
best person is the right one, at the cut at which one in a hundred strangers' faces is taken for
somebody.

The metric in use is left only for one that is clearly better: by half a point, and by twice the
standard error of the difference over the people. So chance and a few new labels move nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facedex.matching.calibration import SHIPPED, refined
from facedex.matching.centroids import build_centroids, to_table
from facedex.matching.metric import distances
from facedex.matching.metrics import fit_metric
from facedex.naming.encoder import ODDS_WHEN_FITTED
from facedex.types import MetricName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facedex.matching.calibration import Calibration
    from facedex.matching.metrics import FaceTypes, Metric

MIN_PEOPLE = 20
MIN_FACES = 200
"""Labelled people with two faces and more, and their faces, for anything to be concluded."""

MAX_LABELS = 8
LEAST_GAIN = 0.005
ROUNDS = 6
OWN_LABELS = (1, 3, MAX_LABELS)
"""By how many labels people are known at most, in two rounds each."""

_LEAST_RATIO = -3.0
_STRANGERS = (0.01, 0.001)
_CLEAR = 2.0
_MAX_FACES = 20_000
_NOT_FOUND = -1e9


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """How a metric did.

    Attributes
    ----------
    recall, strict_recall : at one in a hundred and one in a thousand strangers' faces taken for
        somebody.
    first : share of known people's faces whose nearest person is the right one, at any distance.
    by_person : float64 (p,), the recall of each person who was ever known.
    """

    name: MetricName
    recall: float
    strict_recall: float
    first: float
    by_person: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """What a metric said of faces: the best score, whether it is right, and whose face it is."""

    score: NDArray[np.float64]
    is_right: NDArray[np.bool_]
    person: NDArray[np.int64]


def has_enough(people: NDArray[np.int64]) -> bool:
    """Tell whether a library's labels, one person id a face, can tell metrics apart."""
    _, counts = np.unique(people, return_counts=True)
    several = counts[counts > 1]
    return len(several) >= MIN_PEOPLE and int(several.sum()) >= MIN_FACES


def compare_metrics(
    encodings: NDArray[np.float32],
    people: NDArray[np.int64],
    types: FaceTypes | None,
    names: Sequence[MetricName] = tuple(MetricName),
) -> list[Mark]:
    """Return the mark of each metric, best first.

    Parameters
    ----------
    encodings, people : float32 (n, d), finite, and int (n,), the labelled faces, by face id.
    types : see :func:`~facedex.matching.metrics.fit_metric`; without them ``typicality`` is not
        tried.
    """
    kept = sample(people)
    encodings, people = encodings[kept], people[kept]
    tried = [name for name in names if types is not None or name is not MetricName.TYPICALITY]
    rounds = [deal(people, seed) for seed in range(ROUNDS)]
    marks = [_mark(name, encodings, people, types, rounds) for name in tried]
    return sorted(marks, key=lambda mark: -mark.recall)


def choose_metric(marks: Sequence[Mark], current: MetricName) -> MetricName:
    """Return the best metric if it is clearly better than the one in use, else that one."""
    best = marks[0]
    now = next((mark for mark in marks if mark.name is current), None)
    if now is None:
        return best.name
    gain = best.by_person - now.by_person
    error = float(gain.std(ddof=1)) / np.sqrt(len(gain)) if len(gain) > 1 else np.inf
    is_clear = best.recall - now.recall >= LEAST_GAIN and gain.mean() >= _CLEAR * error
    return best.name if is_clear else current


def own_calibration(
    name: MetricName,
    encodings: NDArray[np.float32],
    people: NDArray[np.int64],
    types: FaceTypes | None,
    rejected: NDArray[np.float32],
    rejected_people: NDArray[np.int64],
) -> Calibration:
    """Return the shipped calibration of a metric, corrected by the library's own faces.

    People are known by one label, by up to three and by up to ``MAX_LABELS`` in turn, so that those
    with many do not speak for all. Pairs that are far apart are left out, of one person too: few
    faces that do not look like their person would make the ratio too flat where it matters.

    Parameters
    ----------
    rejected, rejected_people : float32 (r, d) and int (r,), faces and who they are not. Each weighs
        as much as a face that somebody is: what the owner had to correct shall be said less surely.
    """
    kept = sample(people)
    encodings, people = encodings[kept], people[kept]
    ratios, same, weights = [], [], []
    for seed in range(ROUNDS):
        labels, probes, strangers = deal(people, seed, OWN_LABELS[seed // 2])
        metric = fit_metric(name, encodings[strangers], people[strangers], types)
        scores, known = _scores(metric, encodings, people, labels, np.append(probes, strangers))
        is_same = people[np.append(probes, strangers)][:, None] == known
        is_near = scores > _LEAST_RATIO
        ratios.append(scores[is_near])
        same.append(is_same[is_near])
        n_same = is_same.sum()
        other = ODDS_WHEN_FITTED * n_same / max((~is_same).sum(), 1)
        weights.append(np.where(is_same, 1.0, other)[is_near] / ROUNDS)
    metric = fit_metric(name, encodings, people, types)
    everybody = np.arange(len(people))
    pairs = np.isin(rejected_people, people)
    scores, known = _scores(metric, encodings, people, everybody, rejected[pairs])
    place = np.searchsorted(known, rejected_people[pairs])
    ratios.append(scores[np.arange(len(place)), place])
    same.append(np.zeros(len(place), dtype=np.bool_))
    weights.append(np.ones(len(place)))
    return refined(
        SHIPPED[name], np.concatenate(ratios), np.concatenate(same), np.concatenate(weights)
    )


def sample(people: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return at most ``_MAX_FACES`` faces: of everybody the same share, evenly spread."""
    order = np.argsort(people, kind="stable")
    if len(order) <= _MAX_FACES:
        return np.sort(order)
    return np.sort(order[np.linspace(0, len(order) - 1, _MAX_FACES).astype(np.int64)])


def deal(
    people: NDArray[np.int64], seed: int, most_labels: int = MAX_LABELS
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return labels, other faces of the same people, and strangers' faces; the same every time."""
    rng = np.random.default_rng(seed // 2)
    unique, counts = np.unique(people, return_counts=True)
    several = rng.permutation(unique[counts > 1])
    half = len(several) // 2
    known = several[:half] if seed % 2 else several[half:]
    labels = []
    for person in np.sort(known):
        rows = rng.permutation(np.flatnonzero(people == person))
        labels.append(rows[: min(len(rows) // 2, most_labels)])
    labelled = np.sort(np.concatenate(labels))
    is_known = np.isin(people, known)
    is_known[labelled] = False
    return labelled, np.flatnonzero(is_known), np.flatnonzero(~np.isin(people, known))


def _scores(
    metric: Metric,
    encodings: NDArray[np.float32],
    people: NDArray[np.int64],
    labels: NDArray[np.int64],
    probes: NDArray[np.int64] | NDArray[np.float32],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return log-likelihood ratios (n, k) of faces, or of rows, and the k people's ids."""
    points = metric.transform(encodings)
    table = to_table(build_centroids(points[labels], people[labels]), points.shape[1])
    wanted = points[probes] if probes.ndim == 1 else metric.transform(np.asarray(probes))
    tile = distances(metric.probes(wanted), metric.targets(table.means)).astype(np.float64)
    scores = SHIPPED[metric.name].log_ratios(tile, table.counts.astype(np.float64))
    return scores, table.cluster_ids


def _mark(
    name: MetricName,
    encodings: NDArray[np.float32],
    people: NDArray[np.int64],
    types: FaceTypes | None,
    rounds: Sequence[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]],
) -> Mark:
    known: list[_Answers] = []
    strangers: list[_Answers] = []
    for labels, probes, others in rounds:
        metric = fit_metric(name, encodings[others], people[others], types)
        for rows, found in ((probes, known), (others, strangers)):
            scores, ids = _scores(metric, encodings, people, labels, rows)
            best = scores.argmax(axis=1)
            found.append(_Answers(scores.max(axis=1), ids[best] == people[rows], people[rows]))
    score = np.concatenate([each.score for each in known])
    is_right = np.concatenate([each.is_right for each in known])
    whose = np.concatenate([each.person for each in known])
    taken = np.concatenate([each.score for each in strangers])
    cut, strict = (float(np.quantile(taken, 1 - share)) for share in _STRANGERS)
    is_found = is_right & (score >= cut)
    _, slots = np.unique(whose, return_inverse=True)
    return Mark(
        name,
        float(is_found.mean()),
        float((is_right & (score >= strict)).mean()),
        float(is_right.mean()),
        np.bincount(slots, weights=is_found) / np.bincount(slots),
    )
