"""Grouping all unknown faces anew, as if they had come at once.

Groups only ever grow, so what was placed early, when little was known, stays as it was. This is the
one command that moves faces between groups: it shows first what would change, and does it as one
decision, which undo takes back. Faces of people, and groups that the user merged or split, stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from facedex.db import decisions, faces, people
from facedex.db.connection import transaction
from facedex.errors import EnvironmentFault, UsageError
from facedex.matching.clustering import ALONE, group_unknown
from facedex.services.decisions.journal import Recording
from facedex.services.recognising.encoder_facts import find_facts
from facedex.services.recognising.library_faces import pairs_apart
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
        before, after = self.before, self.after
        was, goes = before > 0, after != 0
        from_to = np.unique(np.stack([before, after], axis=1)[was], axis=0)
        return RegroupReport(
            n_faces=len(before),
            n_groups_before=len(np.unique(before[was])),
            n_groups_after=len(np.unique(after[goes])),
            n_merged=_several(from_to[from_to[:, 1] != 0, 1]),
            n_split=_several(from_to[:, 0]),
            n_moved=int((was & (before != after)).sum()),
            n_joined=int((~was & goes).sum()),
        )


def _several(values: NDArray[np.int64]) -> int:
    """Return how many values occur more than once."""
    return int((np.unique(values, return_counts=True)[1] > 1).sum())


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
    moves = np.flatnonzero(plan.before != plan.after)
    with transaction(db):
        if faces.unknown_places(db, model_id) != plan.places:
            raise EnvironmentFault(
                "faces were placed meanwhile, nothing is changed", "Do it again."
            )
        record = Recording(db)
        for old in np.unique(plan.before[moves]).tolist():
            if old:
                record.note_cluster(ClusterId(old))
        new: dict[int, ClusterId] = {}
        for face, target in zip(plan.face[moves].tolist(), plan.after[moves].tolist(), strict=True):
            if target < 0 and target not in new:
                new[target] = record.add_cluster()
            record.note_face(FaceId(face))
            faces.set_cluster(db, FaceId(face), new.get(target, ClusterId(target)) or None)
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
    known = faces.load_encoded(db, model_id)
    todo = np.flatnonzero(np.isin(known.face, list(places)))
    face = known.face[todo]
    before = np.array([places[FaceId(each)] for each in face.tolist()], dtype=np.int64)
    staying = np.intersect1d(before, list(_user_made(db)))
    placed = np.searchsorted(staying, before)
    placed[~np.isin(before, staying)] = ALONE
    labels = group_unknown(
        known.encoding[todo],
        known.photo[todo],
        replace(facts.group_rule, pair_cut=facts.group_rule.cut),
        placed,
        apart=pairs_apart(db, face),
    )
    return _Plan(places, face, before, _named_as_before(labels, before, staying))


def _user_made(db: Connection) -> set[int]:
    """Return the clusters that the user merged others into, or split off."""
    made: set[int] = set()
    for decision_id in decisions.undo_stacks(db)[0]:
        decision = decisions.get_decision(db, decision_id)
        if decision.kind in _USER_MADE:
            steps = (step for step in decision.steps if "face" in step and step["after"])
            made.update(step["after"]["cluster"] for step in steps if step["after"]["cluster"])
    return made


def _named_as_before(
    labels: NDArray[np.int64], before: NDArray[np.int64], staying: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return where each face goes; a new group has the id of the old one it shares most with."""
    name = np.append(np.concatenate([staying, -1 - np.arange(len(labels))]), 0)
    both = (labels >= len(staying)) & (before > 0) & ~np.isin(before, staying)
    shared, counts = np.unique(
        np.stack([labels[both], before[both]], axis=1), axis=0, return_counts=True
    )
    taken: set[int] = set()
    for at in np.argsort(-counts, kind="stable").tolist():
        label, old = shared[at].tolist()
        if name[label] < 0 and old not in taken:
            name[label] = old
            taken.add(old)
    after: NDArray[np.int64] = name[labels]
    return after
