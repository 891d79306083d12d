"""The append-only journal of what the user decided, and the state of faces that it restores.

A step names its face by uuid, and by image hash and box as well, and its people by uuid and name:
so the journal can be replayed on a fresh scan or another model.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facedex.db import faces, people
from facedex.db.connection import now_us, rows
from facedex.db.faces import Assignment
from facedex.types import FaceId, FaceState, PersonId, Source

if TYPE_CHECKING:
    from collections.abc import Iterable

    import apsw

Step = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """One entry of the journal; ``undoes`` names the entry that an undo or redo is about."""

    decision_id: int
    kind: str
    summary: str
    steps: list[Step]
    undoes: int | None


def face_state(db: apsw.Connection, face_id: FaceId) -> Step:
    """Return all that decisions can change of a face, as a step holds it."""
    names = {
        a.person_id: people.get_person(db, a.person_id)
        for a in faces.assignments(db, face_id)
        if a.person_id is not None
    }
    return {
        "said": [
            [
                None if a.person_id is None else names[a.person_id].uuid,
                None if a.person_id is None else names[a.person_id].name,
                a.state.value,
                a.source.value,
                a.distance,
            ]
            for a in faces.assignments(db, face_id)
        ],
        "cluster": rows(db, "SELECT cluster_id FROM face WHERE id = ?", (face_id,))[0][0],
    }


def face_key(db: apsw.Connection, face_id: FaceId) -> Step:
    """Return what names a face in every library: uuid, image hash and stored-frame box."""
    sql = (
        "SELECT f.uuid, lower(hex(p.image_hash)), f.x0, f.y0, f.x1, f.y1"
        " FROM face f JOIN photo p ON p.id = f.photo_id WHERE f.id = ?"
    )
    face_uuid, image, *box = rows(db, sql, (face_id,))[0]
    return {"face": face_uuid, "image": image, "box": box}


def find_face(db: apsw.Connection, step: Step) -> FaceId | None:
    """Return the face that a step is about, or None if it is gone."""
    found = rows(db, "SELECT id FROM face WHERE uuid = ?", (step["face"],))
    return FaceId(found[0][0]) if found else None


def restore_face(db: apsw.Connection, face_id: FaceId, state: Step) -> None:
    """Put a face into a state that a step holds; people who are gone come back."""
    said = []
    for person_uuid, name, is_now, source, distance in state["said"]:
        person_id: PersonId | None = None
        if person_uuid is not None:
            person_id = people.find_by_uuid(db, person_uuid) or people.add_person(
                db, name, person_uuid
            )
        said.append(Assignment(person_id, FaceState(is_now), Source(source), distance))
    faces.set_assignments(db, face_id, said)
    cluster = state["cluster"]
    still_there = rows(db, "SELECT 1 FROM cluster WHERE id = ?", (cluster,))
    faces.set_cluster(db, face_id, cluster if still_there else None)


def append(
    db: apsw.Connection, kind: str, summary: str, steps: Iterable[Step], undoes: int | None = None
) -> None:
    """Write an entry at the journal's end."""
    db.execute(
        "INSERT INTO decision (uuid, at_us, kind, summary, steps, undoes)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (str(uuid.uuid4()), now_us(), kind, summary, json.dumps(list(steps)), undoes),
    )


def get_decision(db: apsw.Connection, decision_id: int) -> Decision:
    """Return an entry; raises ``KeyError`` if there is none of this id."""
    sql = "SELECT id, kind, summary, steps, undoes FROM decision WHERE id = ?"
    for i, kind, summary, steps, undoes in rows(db, sql, (decision_id,)):
        return Decision(i, kind, summary, json.loads(steps), undoes)
    raise KeyError(decision_id)


def undo_stacks(db: apsw.Connection) -> tuple[list[int], list[int]]:
    """Return the decisions that can be undone and those that can be redone, the next one last."""
    done: list[int] = []
    undone: list[int] = []
    for decision_id, kind, undoes in rows(db, "SELECT id, kind, undoes FROM decision ORDER BY id"):
        if kind == "undo":
            done.remove(undoes)
            undone.append(undoes)
        elif kind == "redo":
            undone.remove(undoes)
            done.append(undoes)
        else:
            done.append(decision_id)
            undone.clear()
    return done, undone
