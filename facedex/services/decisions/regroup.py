"""Grouping all unknown faces anew, as if they had come at once.

Groups only ever grow, so what was placed early, when little was known, stays as it was. This is the
one command that moves faces between groups: it shows first what would change, and does it as one
decision, which undo takes back. Faces of people, and groups that the user merged or split, stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facedex.db import decisions, faces, people
from facedex.db.connection import transaction
from facedex.errors import EnvironmentFault, UsageError
from facedex.matching.regrouping import count_changes, new_groups
from facedex.services.decisions.journal import Recording
from facedex.services.recognising.encoder_facts import find_facts
from facedex.services.recognising.library_faces import load_faces, pairs_apart
from facedex.types import ClusterId, FaceId

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facedex.db.connection import Connection

_USER_MADE = {"merge", "split"}


@dataclass(frozen=True, slots=True)
class RegroupReport:
    """What regrouping changes.

    Attributes
    ----------
    n_faces : unknown faces that were compared.
    n_groups_before, n_groups_after : groups of these.
    n_merged : groups afterwards that hold faces of several groups from before.
    n_split : groups from before whose faces are not all together afterwards.
    n_moved : faces that leave a group for another, or for none.
    n_joined : faces that were in no group and are in one afterwards.
    """

    n_faces: int = 0
    n_groups_before: int = 0
    n_groups_after: int = 0
    n_merged: int = 0
    n_split: int = 0
    n_moved: int = 0
    n_joined: int = 0


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where each unknown face is, 0 for in no group, and where it goes: below 0 to a new group."""

    places: dict[FaceId, int]
    face: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]

    def report(self) -> RegroupReport:
        return RegroupReport(**count_changes(self.before, self.after)._asdict())

    def moves(self) -> dict[FaceId, int]:
        """Return where each face goes that does not stay."""
        places = zip(self.face.tolist(), self.before.tolist(), self.after.tolist(), strict=True)
        return {FaceId(face): after for face, before, after in places if before != after}


def plan_regroup(db: Connection, model_id: str) -> RegroupReport:
    """Return what :func:`regroup` would change; nothing is written."""
    return _plan(db, model_id).report()


def regroup(db: Connection, model_id: str) -> RegroupReport:
    """Group all unknown faces anew, as one decision.

    Raises
    ------
    EnvironmentFault
        If faces were decided on or placed while the groups were computed; nothing is changed then.
    """
    plan = _plan(db, model_id)
    moves = plan.moves()
    with transaction(db):
        if faces.unknown_places(db, model_id) != plan.places:
            raise EnvironmentFault(
                "faces were placed meanwhile, nothing is changed", "Do it again."
            )
        record = Recording(db)
        for old in sorted({plan.places[face] for face in moves} - {0}):
            record.note_cluster(ClusterId(old))
        new: dict[int, ClusterId] = {}
        for face, target in moves.items():
            if target < 0 and target not in new:
                new[target] = record.add_cluster()
            record.note_face(face)
            faces.set_cluster(db, face, new.get(target, ClusterId(target)) or None)
        people.drop_empty_clusters(db)
        record.write("regroup", lambda n: f"Grouped {n} anew")
    return plan.report()


def _plan(db: Connection, model_id: str) -> _Plan:
    facts = find_facts(db, model_id)
    if facts is None:
        raise UsageError(
            f"nothing is known of the distances of {model_id}: its faces are not grouped"
        )
    places = faces.unknown_places(db, model_id)
    known = load_faces(db, model_id)
    todo = np.flatnonzero(np.isin(known.face, list(places)))
    face = known.face[todo]
    before = np.array([places[FaceId(each)] for each in face.tolist()], dtype=np.int64)
    after = new_groups(
        known.encoding[todo],
        known.photo[todo],
        facts.group_rule,
        before,
        np.intersect1d(before, list(_user_made(db))),
        pairs_apart(db, face),
    )
    return _Plan(places, face, before, after)


def _user_made(db: Connection) -> set[int]:
    """Return the clusters that the user merged others into, or split off."""
    made: set[int] = set()
    for decision_id in decisions.undo_stacks(db)[0]:
        decision = decisions.get_decision(db, decision_id)
        if decision.kind in _USER_MADE:
            steps = (step for step in decision.steps if "face" in step and step["after"])
            made.update(step["after"]["cluster"] for step in steps if step["after"]["cluster"])
    return made
