"""Trying the metrics on a library's own labelled faces, and using the best one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from facedex.db import faces
from facedex.db.connection import transaction
from facedex.db.library import get_meta
from facedex.errors import UsageError
from facedex.matching.audit import (
    MIN_FACES,
    MIN_PEOPLE,
    choose_metric,
    compare_metrics,
    has_enough,
    own_calibration,
)
from facedex.matching.reliability import reliability
from facedex.naming.encoder import is_dlibs
from facedex.services.recognising.library_faces import load_faces
from facedex.services.recognising.metric_choice import (
    MetricChoice,
    default_metric,
    learn_again,
    load_choice,
    save_choice,
    types_of,
)

if TYPE_CHECKING:
    from facedex.db.connection import Connection
    from facedex.db.faces import EncodedFaces
    from facedex.matching.audit import Mark
    from facedex.matching.calibration import Calibration
    from facedex.matching.reliability import Bin
    from facedex.types import MetricName


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit found.

    Attributes
    ----------
    n_faces, n_people : labelled faces that it saw, and of how many people.
    marks : of each metric, best first; empty where the labels are too few to tell them apart.
    before, after : the metric that was in use, and that is from now on.
    reliability : of what is suggested by the metric in use, how much is right, by probability; the
        sure suggestions last. Empty where the labels are too few.
    """

    n_faces: int
    n_people: int
    marks: list[Mark]
    before: MetricChoice
    after: MetricChoice
    reliability: list[Bin]

    @property
    def shortage(self) -> str | None:
        """Say what is missing for a comparison, or None."""
        if self.marks:
            return None
        return (
            f"too few labels to compare: it takes {MIN_PEOPLE} people with two faces or more,"
            f" {MIN_FACES} faces in all"
        )


def audit(db: Connection) -> AuditReport:
    """Compare the metrics on the labelled faces and keep the choice.

    What the owner chose stays in use, with the calibration that the labels give it.

    Raises
    ------
    UsageError
        If nothing was scanned yet.
    """
    model_id = _model(db)
    known = load_faces(db, model_id)
    people = known.person[_labelled(known)]
    before = load_choice(db, model_id)
    n_people = len(np.unique(people))
    if not has_enough(people):
        with transaction(db):
            learn_again(db)
        return AuditReport(len(people), n_people, [], before, before, [])
    encodings, types = known.encoding[_labelled(known)], types_of(model_id)
    marks = compare_metrics(encodings, people, types)
    name = before.name if before.chosen_by == "owner" else choose_metric(marks, before.name)
    calibration = _calibration(db, known, name, model_id)
    after = MetricChoice(
        name,
        "owner" if before.chosen_by == "owner" else "audit",
        calibration.slope,
        calibration.shift,
        {
            "model": model_id,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "n_faces": len(people),
            "n_people": n_people,
            "table": [[mark.name, mark.recall, mark.strict_recall, mark.first] for mark in marks],
        },
    )
    with transaction(db):
        save_choice(db, after)
    reliable = reliability(name, after.calibration, encodings, people, types)
    return AuditReport(len(people), n_people, marks, before, after, reliable)


def use_metric(db: Connection, name: MetricName | None) -> MetricChoice:
    """Use this metric whatever audits say; None: what they say again, until then the default.

    Raises
    ------
    UsageError
        If nothing was scanned yet, or the metric needs what the library's model has not.
    """
    model_id = _model(db)
    before = load_choice(db, model_id)
    if name is None:
        after = MetricChoice(default_metric(model_id), audited={"model": model_id})
    else:
        known = load_faces(db, model_id)
        calibration = _calibration(db, known, name, model_id)
        after = replace(
            before, name=name, chosen_by="owner", slope=calibration.slope, shift=calibration.shift,
            audited={"model": model_id, **before.audited},
        )  # fmt: skip
    with transaction(db):
        save_choice(db, after)
    return after


def _model(db: Connection) -> str:
    model_id = get_meta(db, "model")
    if model_id is None:
        raise UsageError("no scan has come to its end yet; begin with: facedex scan FOLDER")
    if not is_dlibs(model_id):
        raise UsageError(f"the metrics are made for dlib's encodings, and these are of {model_id}")
    return model_id


def _labelled(known: EncodedFaces) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    is_usable = (known.person > 0) & np.isfinite(known.encoding).all(axis=1)
    return np.asarray(is_usable)


def _calibration(
    db: Connection, known: EncodedFaces, name: MetricName, model_id: str
) -> Calibration:
    """Return the metric's calibration by the confirmed and the rejected faces."""
    labelled = _labelled(known)
    people = known.person[labelled]
    if not has_enough(people):
        return MetricChoice(name).calibration
    row_of = {int(face): row for row, face in enumerate(known.face)}
    refused = sorted(
        (row_of[face], person) for face, person in faces.rejected_pairs(db) if face in row_of
    )
    rows = np.array([row for row, _ in refused], dtype=np.int64)
    return own_calibration(
        name,
        known.encoding[labelled],
        people,
        types_of(model_id),
        known.encoding[rows],
        np.array([person for _, person in refused], dtype=np.int64),
    )
