"""Recording what a decision changes, and stepping back and forth through the journal."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from facedex.db import companions, decisions, people, snapshots
from facedex.services.decisions.decided import NOTHING, Decided, make_decided
from facedex.services.decisions.face_words import copy_to_twin
from facedex.services.decisions.steps import find_face, read_state, restore

if TYPE_CHECKING:
    from collections.abc import Callable

    from facedex.db.connection import Connection
    from facedex.db.decisions import Step
    from facedex.db.pairs import RejectedPair
    from facedex.types import ClusterId, FaceId, PersonId


class Recording:
    """The states of things before a decision touches them; it lives within one transaction.

    Note a thing before changing it; :meth:`write` compares and appends one entry to the journal. A
    face on companions of a photo, a RAW and its JPEG, is changed on the lead, and the others follow
    it.
    """

    def __init__(self, db: Connection) -> None:
        self.db = db
        self._before: dict[tuple[str, str], tuple[Step, Any]] = {}
        self._face_ids: dict[str, FaceId] = {}
        self._leads: dict[FaceId, FaceId] = {}
        self._homes: dict[PersonId, ClusterId] = {}

    def note_face(self, face_id: FaceId) -> None:
        """Note a face, and of a lead's the same face on companions."""
        self._note_one(face_id)
        if companions.leads_of(self.db, [face_id]) == [face_id]:
            for twin in companions.twins_of(self.db, face_id):
                self._note_one(twin)
                self._leads[twin] = face_id

    def note_new_face(self, face_id: FaceId) -> None:
        """Note that a face was not there before this decision drew it."""
        key = snapshots.face_key(self.db, face_id)
        self._face_ids[key["face"]] = face_id
        self._note(("face", key["face"]), key, None)

    def note_person(self, person_id: PersonId) -> None:
        """Note a person."""
        self._note_by_uuid(people.get_person(self.db, person_id).uuid)

    def note_cluster(self, cluster_id: ClusterId) -> None:
        """Note whose a cluster is."""
        key = {"cluster": cluster_id}
        self._note(("cluster", str(cluster_id)), key, read_state(self.db, key))

    def note_pair(self, pair: RejectedPair) -> None:
        """Note whether two are a rejected pair."""
        key = snapshots.pair_key(self.db, pair)
        self._note(("pair", snapshots.dump_state(key)), key, read_state(self.db, key))

    def add_person(self, name: str, person_uuid: str | None = None) -> PersonId:
        """Add somebody, as part of the decision."""
        person_uuid = person_uuid or str(uuid.uuid4())
        self._note_by_uuid(person_uuid)
        return people.add_person(self.db, name, person_uuid)

    def add_cluster(self, person_id: PersonId | None = None) -> ClusterId:
        """Add a cluster, as part of the decision."""
        cluster_id = people.add_cluster(self.db, person_id)
        self._note(("cluster", str(cluster_id)), {"cluster": cluster_id}, None)
        return cluster_id

    def home(self, person_id: PersonId) -> ClusterId:
        """Return the cluster that a person's faces join: the largest, one for all of a decision."""
        if person_id not in self._homes:
            found = people.main_cluster(self.db, person_id)
            self._homes[person_id] = found or self.add_cluster(person_id)
        return self._homes[person_id]

    def write(self, kind: str, describe: Callable[[str], str]) -> Decided:
        """Append the entry, unless nothing changed; return what changed, of faces the leads only.

        ``describe`` is given how many faces that is, in words, and returns the entry's summary.
        """
        steps: list[Step] = []
        changed: list[FaceId] = []
        for twin, lead in self._leads.items():
            copy_to_twin(self.db, lead, twin)
        for key, before in self._before.values():
            after = read_state(self.db, key)
            if before != after:
                steps.append({**key, "before": before, "after": after})
                if "face" in key and self._face_ids[key["face"]] not in self._leads:
                    changed.append(self._face_ids[key["face"]])
        if not steps:
            return NOTHING
        summary = describe(count_faces(len(changed)))
        decisions.append(self.db, kind, summary, steps)
        return make_decided(self.db, summary, changed, steps)

    def _note_one(self, face_id: FaceId) -> None:
        key = snapshots.face_key(self.db, face_id)
        self._face_ids[key["face"]] = face_id
        self._note(("face", key["face"]), key, snapshots.face_state(self.db, face_id))

    def _note_by_uuid(self, person_uuid: str) -> None:
        state = snapshots.person_state(self.db, person_uuid)
        self._note(("person", person_uuid), {"person": person_uuid}, state)

    def _note(self, name: tuple[str, str], key: Step, state: Any) -> None:
        self._before.setdefault(name, (key, state))


def count_faces(n: int) -> str:
    """Return ``1 face`` or ``1,234 faces``."""
    return "1 face" if n == 1 else f"{n:,} faces"


def step_back(db: Connection) -> Decided:
    """Take the last decision back, if there is one; return what that changed. In a transaction."""
    done, _undone = decisions.undo_stacks(db)
    return _step(db, "undo", done[-1]) if done else NOTHING


def step_forth(db: Connection) -> Decided:
    """Do again what was taken back last, if anything; return what changed. In a transaction."""
    _done, undone = decisions.undo_stacks(db)
    return _step(db, "redo", undone[-1]) if undone else NOTHING


def _step(db: Connection, kind: str, decision_id: int) -> Decided:
    decision = decisions.get_decision(db, decision_id)
    side = "before" if kind == "undo" else "after"
    restore(db, [(step, step[side]) for step in decision.steps])
    restored = _restored_faces(db, decision.steps)
    decisions.append(db, kind, decision.summary, [], decision_id)
    summary = f"{'Undone' if kind == 'undo' else 'Redone'}: {decision.summary}"
    return make_decided(db, summary, companions.leads_of(db, restored), decision.steps)


def _restored_faces(db: Connection, steps: list[Step]) -> list[FaceId]:
    """Return the faces that were restored; those that became twins since follow them."""
    found = (find_face(db, step) for step in steps if "face" in step)
    restored = dict.fromkeys(face_id for face_id in found if face_id is not None)
    for face_id in restored:
        for twin in companions.twins_of(db, face_id):
            if twin not in restored:
                copy_to_twin(db, face_id, twin)
    return list(restored)
