"""Suggesting people for faces without a name, and grouping the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facedex.db import faces, people
from facedex.db.connection import transaction
from facedex.matching.centroids import build_centroids, to_table
from facedex.matching.clustering import ALONE, group_unknown
from facedex.matching.matcher import suggest
from facedex.matching.metric import element_weights
from facedex.services.model_thresholds import find_thresholds
from facedex.types import ClusterId, FaceId, PersonId

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facedex.db.connection import Connection
    from facedex.db.faces import EncodedFaces
    from facedex.matching.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class MatchReport:
    """How many faces were suggested a person, and how many were newly put into groups."""

    n_suggested: int = 0
    n_grouped: int = 0


def match_faces(db: Connection, model_id: str) -> MatchReport:
    """Compute all suggestions anew and let the groups of unknown faces grow.

    Nothing is done for a model of whose distances nobody knows what is near.

    Only faces without a confirmed person are touched, and none that is in a group is moved to
    another. What is decided meanwhile, in the window for instance, stands.
    """
    known = faces.load_encoded(db, model_id)
    thresholds = find_thresholds(db, model_id)
    if not len(known.face) or thresholds is None:
        return MatchReport()
    weights = element_weights(known.encoding[known.person > 0])
    n_suggested, suggested = _suggest(db, known, weights, thresholds)
    return MatchReport(n_suggested, _group(db, known, weights, thresholds, suggested))


def _open_faces(known: EncodedFaces) -> NDArray[np.bool_]:
    is_open: NDArray[np.bool_] = (known.person == 0) & ~known.is_ignored
    return is_open


def _suggest(
    db: Connection, known: EncodedFaces, weights: NDArray[np.float32], thresholds: Thresholds
) -> tuple[int, NDArray[np.bool_]]:
    is_suggested = np.zeros(len(known.face), dtype=np.bool_)
    labelled = (known.person > 0) & (known.cluster > 0)
    table = to_table(
        build_centroids(known.encoding[labelled], known.cluster[labelled]), known.encoding.shape[1]
    )
    owner = dict(zip(known.cluster[labelled], known.person[labelled], strict=True))
    person_of = np.array([owner[c] for c in table.cluster_ids], dtype=np.int64)
    todo = np.flatnonzero(_open_faces(known))
    place = {int(face): index for index, face in enumerate(known.face[todo])}
    rejected = {(place[face], person) for face, person in faces.rejected_pairs(db) if face in place}
    matches = suggest(
        known.encoding[todo],
        known.photo[todo],
        table.means,
        person_of,
        table.counts,
        weights=weights,
        thresholds=thresholds,
        taken=faces.confirmed_on_photos(db),
        rejected=rejected,
    )
    with transaction(db):
        faces.drop_suggestions(db)
        for match in matches:
            index = todo[match.face_index]
            is_suggested[index] = True
            face_id = FaceId(int(known.face[index]))
            faces.add_suggestion(db, face_id, PersonId(match.person_id), match.distance)
    return len(matches), is_suggested


def _group(
    db: Connection,
    known: EncodedFaces,
    weights: NDArray[np.float32],
    thresholds: Thresholds,
    is_suggested: NDArray[np.bool_],
) -> int:
    is_open = _open_faces(known)
    placed = is_open & (known.cluster > 0)
    table = to_table(
        build_centroids(known.encoding[placed], known.cluster[placed]), known.encoding.shape[1]
    )
    slot_of = {int(cluster): slot for slot, cluster in enumerate(table.cluster_ids)}
    todo = np.flatnonzero(is_open & (known.cluster == 0) & ~is_suggested)
    taken = {
        (int(photo), slot_of[int(cluster)])
        for photo, cluster in zip(known.photo[placed], known.cluster[placed], strict=True)
    }
    labels = group_unknown(
        known.encoding[todo],
        weights,
        table.means,
        thresholds.group_cut,
        thresholds.attach_cut,
        known.photo[todo],
        taken=taken,
    )
    clusters = {slot: ClusterId(int(cluster)) for slot, cluster in enumerate(table.cluster_ids)}
    with transaction(db):
        for index, label in zip(todo, labels, strict=True):
            if label != ALONE:
                if int(label) not in clusters:
                    clusters[int(label)] = people.add_cluster(db)
                faces.join_cluster(db, FaceId(int(known.face[index])), clusters[int(label)])
        people.drop_empty_clusters(db)
    return int((labels != ALONE).sum())
