"""A library's faces and rules as the recogniser takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db import faces, matching, pairs
from facedex.matching.constraints import is_among, lifetime_us
from facedex.matching.known_people import Faces
from facedex.matching.recogniser import Recogniser
from facedex.matching.rules import Rules, make_rules, pairs_among
from facedex.services.recognising.encoder_facts import find_facts
from facedex.services.recognising.fitted_metric import library_metric
from facedex.services.recognising.metric_choice import calibration_of, load_choice
from facedex.types import FaceId

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from facedex.db.connection import Connection
    from facedex.db.faces import EncodedFaces


def load_faces(db: Connection, model_id: str) -> EncodedFaces:
    """Return the faces that a model has encoded, without drawn boxes on nothing."""
    return faces.load_encoded(db, model_id, _quality_floor(db, model_id))


def _quality_floor(db: Connection, model_id: str) -> float:
    facts = find_facts(db, model_id)
    return 0.0 if facts is None else facts.quality_floor


def make_recogniser(db: Connection, model_id: str, known: EncodedFaces) -> Recogniser:
    """Return a recogniser of the library's own metric that has learned nothing yet."""
    metric = library_metric(db, model_id, known)
    calibration = calibration_of(db, model_id, load_choice(db, model_id))
    return Recogniser(metric, calibration, faces_of(known, _quality_floor(db, model_id)))


def faces_of(known: EncodedFaces, quality_floor: float) -> Faces:
    """Return the faces without what was decided about them."""
    return Faces(known.encoding, known.photo, known.taken_us, known.quality, quality_floor)


def load_rules(db: Connection, known: EncodedFaces) -> Rules:
    """Return what is decided by now about these faces."""
    settled = matching.settled_faces(db)
    others = settled[0][~is_among(settled[0], known.face)]
    return make_rules(
        known.face,
        known.photo,
        settled,
        faces.photo_ids(db, [FaceId(face) for face in others.tolist()]),
        faces.rejected_pairs(db),
        {person: lifetime_us(*dates) for person, dates in matching.person_dates(db).items()},
        known.is_gone,
    )


def pairs_apart(db: Connection, face_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the pairs, as places in ``face_ids``, that the user decided are not one person."""
    decided = pairs.list_rejected(db)
    return pairs_among(face_ids, ((pair.a, pair.b) for pair in decided if pair.kind == "faces"))
