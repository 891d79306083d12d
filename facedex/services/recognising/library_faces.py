"""A library's faces and rules as the recogniser takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facedex.db import faces, matching, pairs
from facedex.matching.constraints import key_set, lifetime_us, pair_keys
from facedex.matching.known_people import Faces
from facedex.matching.recogniser import Recogniser, Rules
from facedex.services.recognising.fitted_metric import library_metric
from facedex.services.recognising.metric_choice import calibration_of, load_choice
from facedex.types import FaceId

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facedex.db.connection import Connection
    from facedex.db.faces import EncodedFaces


def make_recogniser(db: Connection, model_id: str, known: EncodedFaces) -> Recogniser:
    """Return a recogniser of the library's own metric that has learned nothing yet."""
    metric = library_metric(db, model_id, known)
    calibration = calibration_of(db, model_id, load_choice(db, model_id))
    return Recogniser(metric, calibration, faces_of(known))


def faces_of(known: EncodedFaces) -> Faces:
    """Return the faces without what was decided about them."""
    return Faces(known.encoding, known.photo, known.taken_us, known.quality)


def load_rules(db: Connection, known: EncodedFaces) -> Rules:
    """Return what is decided by now about these faces."""
    n = len(known.face)
    person = np.zeros(n, dtype=np.int64)
    is_ignored = known.is_gone.copy()
    settled, owners = matching.settled_faces(db)
    rows, is_here = _places(known.face, settled)
    person[rows] = owners[is_here]
    is_ignored[rows[owners[is_here] == 0]] = True
    labelled = np.flatnonzero(person)
    others = [FaceId(face) for face in settled[~is_here].tolist()]
    elsewhere = dict(zip(others, owners[~is_here].tolist(), strict=True))
    photos = faces.photo_ids(db, others)
    confirmed_on = np.union1d(
        pair_keys(known.photo[labelled], person[labelled]),
        key_set((photos[face], owner) for face, owner in elsewhere.items() if owner),
    )
    refused = np.array(list(faces.rejected_pairs(db)), dtype=np.int64).reshape(-1, 2)
    rows, is_here = _places(known.face, refused[:, 0])
    return Rules(
        person,
        is_ignored,
        np.unique(pair_keys(rows, refused[is_here, 1])),
        confirmed_on,
        {person: lifetime_us(*dates) for person, dates in matching.person_dates(db).items()},
    )


def pairs_apart(db: Connection, face: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the pairs, as places in ``face``, that the user decided are not one person."""
    at = {face_id: index for index, face_id in enumerate(face.tolist())}
    apart = [
        (at[pair.a], at[pair.b])
        for pair in pairs.list_rejected(db)
        if pair.kind == "faces" and pair.a in at and pair.b in at
    ]
    return np.array(apart, dtype=np.int64).reshape(-1, 2)


def _places(
    face_ids: NDArray[np.int64], wanted: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the indices of those wanted ids that are there, and which these are."""
    if not len(face_ids):
        return np.empty(0, dtype=np.int64), np.zeros(len(wanted), dtype=np.bool_)
    rows = np.minimum(np.searchsorted(face_ids, wanted), len(face_ids) - 1).astype(np.int64)
    is_here: NDArray[np.bool_] = face_ids[rows] == wanted
    return rows[is_here], is_here
