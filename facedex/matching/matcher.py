"""Suggestions: which person each unlabelled face is likely to be.

Nothing here can change a label: what goes in are the faces without one, what comes out are
proposals for them. A person confirmed on a photo is never proposed for another face of it, and a
rejected proposal is never made again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facedex.matching.metric import TILE, Pairs, iter_whole_photos, near, weighted
from facedex.matching.thresholds import DLIB_RESNET, Thresholds
from facedex.types import PersonId

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Match:
    """A proposal: this face is near enough to this person.

    ``face_index`` and ``cluster_index`` are positions in the arrays given to ``suggest``; the
    cluster is the person's nearest, the distance is the weighted one to its centroid.
    """

    face_index: int
    person_id: PersonId
    cluster_index: int
    distance: float


def suggest(
    encodings: NDArray[np.float32],
    photo_ids: NDArray[np.int64],
    centroids: NDArray[np.float32],
    cluster_person: NDArray[np.int64],
    n_labels: NDArray[np.int64],
    *,
    weights: NDArray[np.float32] | None = None,
    taken: AbstractSet[tuple[int, int]] = frozenset(),
    rejected: AbstractSet[tuple[int, int]] = frozenset(),
    thresholds: Thresholds = DLIB_RESNET,
    block: int = TILE,
) -> list[Match]:
    """Return at most one match for each face and for each person on each photo, by face index.

    On each photo the matches are those that use up the most distance below the largest cut, summed
    over the photo: a face alone gets its nearest person, two faces that want the same person are
    settled in favour of the better whole. Equal distances go to the lower person id, then to the
    lower cluster index.

    Parameters
    ----------
    encodings : float32 (n, d), the faces without a label.
    photo_ids : int (n,), the photo of each face.
    centroids : float32 (m, d), of the clusters that belong to a person, not weighted.
    cluster_person, n_labels : int (m,), whose cluster it is and how many labelled faces it has.
    weights : float32 (d,) of ``element_weights``; None: all one.
    taken : (photo id, person id) of all labels that are already confirmed on these photos.
    rejected : (face index, person id) that must not be proposed.
    thresholds : the cuts of the model that made the encodings.
    block : faces and clusters of a tile; it bounds the memory and changes no match.
    """
    if len(encodings) != len(photo_ids) or not len(centroids) == len(cluster_person) == len(
        n_labels
    ):
        raise ValueError("need one photo for each face, one person and one count for each centroid")
    y = weighted(centroids, weights)
    cuts = thresholds.for_counts(n_labels)
    worst = float(cuts.max(initial=0.0))
    matches: list[Match] = []
    for faces in iter_whole_photos(np.asarray(photo_ids)):
        x = weighted(encodings[faces], weights)
        found = _nearest_clusters(x, y, cuts, np.asarray(cluster_person), block)
        options = [
            match
            for match in _to_matches(found, faces, cluster_person)
            if (match.face_index, match.person_id) not in rejected
            and (int(photo_ids[match.face_index]), match.person_id) not in taken
        ]
        matches += _one_each(options, photo_ids, worst)
    return sorted(matches, key=lambda match: match.face_index)


def _nearest_clusters(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    cuts: NDArray[np.float64],
    cluster_person: NDArray[np.int64],
    block: int,
) -> Pairs:
    """Return, for each face and each person near enough, the person's nearest cluster."""
    rows, columns, distances = near(x, y, cuts, block=block)
    people = cluster_person[columns]
    order = np.lexsort((columns, distances, people, rows))
    rows, people = rows[order], people[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (np.diff(rows) != 0) | (np.diff(people) != 0)
    kept = order[first]
    return Pairs(rows[first], columns[kept], distances[kept])


def _to_matches(
    found: Pairs, faces: NDArray[np.int64], cluster_person: NDArray[np.int64]
) -> Iterator[Match]:
    for row, column, distance in zip(*(part.tolist() for part in found), strict=True):
        yield Match(int(faces[row]), PersonId(int(cluster_person[column])), column, distance)


def _one_each(options: list[Match], photo_ids: NDArray[np.int64], worst: float) -> list[Match]:
    """Choose among the options of each photo so that no face and no person comes twice."""
    by_photo: dict[int, list[Match]] = {}
    for match in options:
        by_photo.setdefault(int(photo_ids[match.face_index]), []).append(match)
    return [match for found in by_photo.values() for match in _assigned(found, worst)]


def _assigned(options: list[Match], worst: float) -> list[Match]:
    nearest: dict[int, Match] = {}
    for match in sorted(options, key=lambda m: (m.distance, m.person_id, m.cluster_index)):
        nearest.setdefault(match.face_index, match)
    if len({match.person_id for match in nearest.values()}) == len(nearest):
        return list(nearest.values())
    return _best_whole(options, worst)


def _best_whole(options: list[Match], worst: float) -> list[Match]:
    """Return the matches with the greatest sum of (worst - distance)."""
    from scipy.optimize import linear_sum_assignment

    faces = sorted({match.face_index for match in options})
    people = sorted({match.person_id for match in options})
    place = {(match.face_index, match.person_id): match for match in options}
    gain = np.zeros((len(faces), len(people)))
    for row, face in enumerate(faces):
        for column, person in enumerate(people):
            if match := place.get((face, person)):
                gain[row, column] = worst - match.distance
    chosen = zip(*linear_sum_assignment(gain, maximize=True), strict=True)
    pairs = ((faces[row], people[column]) for row, column in chosen)
    return [place[pair] for pair in pairs if pair in place]
