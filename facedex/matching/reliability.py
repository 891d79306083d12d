"""Whether suggestions are right as often as they say, tried on a library's own labelled faces.

Half of the people are known by some of their faces, as ``deal`` gives them out; the other half are
strangers, the look-alikes among them. What is sure (``types.SURE``) is counted apart: only that may
be confirmed without a look at each face.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facedex.matching.audit import OWN_LABELS, ROUNDS, deal, sample
from facedex.matching.calibration import known_share, prior_log_odds
from facedex.matching.centroids import build_centroids, to_table
from facedex.matching.matcher import MIN_PROBABILITY, find_candidates, ratio_sums, settle
from facedex.matching.metrics import fit_metric
from facedex.matching.modes import Gallery
from facedex.types import SURE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facedex.matching.calibration import Calibration
    from facedex.matching.matcher import Suggestions
    from facedex.matching.metrics import FaceTypes, Metric
    from facedex.types import MetricName

EDGES = (MIN_PROBABILITY, 0.9, 0.99, SURE, 1.0)


@dataclass(frozen=True, slots=True)
class Bin:
    """Suggestions of about one probability.

    Attributes
    ----------
    least, most : the probabilities between which they lie; the last bin is what is sure.
    n_faces : how many there are.
    stated : their mean probability; None where there is none.
    right : the share of them that is right; None where there is none.
    n_strangers : how many of them are faces of people who were not known.
    """

    least: float
    most: float
    n_faces: int
    stated: float | None
    right: float | None
    n_strangers: int


def reliability(
    name: MetricName,
    calibration: Calibration,
    encodings: NDArray[np.float32],
    people: NDArray[np.int64],
    types: FaceTypes | None,
) -> list[Bin]:
    """Return the suggestions of all rounds by their probability, the sure ones last.

    Parameters
    ----------
    encodings, people : float32 (n, d), finite, and int (n,), the labelled faces.
    """
    kept = sample(people)
    encodings, people = encodings[kept], people[kept]
    found: list[tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]] = []
    for seed in range(ROUNDS):
        labels, probes, strangers = deal(people, seed, OWN_LABELS[seed // 2])
        metric = fit_metric(name, encodings[strangers], people[strangers], types)
        points = metric.transform(encodings)
        gallery = _gallery(metric, points[labels], people[labels])
        open_faces = np.append(probes, strangers)
        suggested = _suggest(metric.probes(points[open_faces]), gallery, calibration)
        is_right = people[open_faces[suggested.faces]] == suggested.people
        found.append((suggested.probabilities, is_right, suggested.faces >= len(probes)))
    p, is_right, is_strangers = (np.concatenate(part) for part in zip(*found, strict=True))
    return [
        _bin(least, most, p, is_right, is_strangers) for least, most in itertools.pairwise(EDGES)
    ]


def _gallery(metric: Metric, points: NDArray[np.float32], people: NDArray[np.int64]) -> Gallery:
    table = to_table(build_centroids(points, people), points.shape[1])
    counts = table.counts.astype(np.float64)
    return Gallery(
        metric.targets(table.means), table.cluster_ids, counts, np.full(len(counts), np.nan)
    )


def _suggest(
    probes: NDArray[np.float32], gallery: Gallery, calibration: Calibration
) -> Suggestions:
    """Match faces of as many photos with the people of the gallery."""
    n_people, n_faces = len(gallery.people), len(probes)
    unknown = np.full(n_faces, np.nan)
    candidates = find_candidates(probes, unknown, gallery, calibration, n_people)
    share = known_share(ratio_sums(candidates, n_faces) / max(n_people, 1))
    return settle(candidates, np.arange(n_faces), prior_log_odds(share, n_people))


def _bin(
    least: float,
    most: float,
    p: NDArray[np.float64],
    is_right: NDArray[np.bool_],
    is_strangers: NDArray[np.bool_],
) -> Bin:
    inside = (p >= least) & ((p < most) | (most == EDGES[-1]))
    n_faces = int(inside.sum())
    return Bin(
        least,
        most,
        n_faces,
        float(p[inside].mean()) if n_faces else None,
        float(is_right[inside].mean()) if n_faces else None,
        int(is_strangers[inside].sum()),
    )
