"""All that an owner decided in a library, in a form for other libraries of the same photos."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import apsw

from facedex.db import decisions, pairs, people, snapshots
from facedex.db.connection import LIBRARY_NAME, rows, translated
from facedex.db.migrate import pending
from facedex.errors import UsageError
from facedex.paths import shipped
from facedex.types import FaceId

if TYPE_CHECKING:
    from pathlib import Path

    from facedex.db.decisions import Step


_NOTHING: dict[str, Any] = {"said": [], "cluster": None}
_READ_ONLY = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI


@dataclass(slots=True)
class PortableDecisions:
    """What was decided, by uuid; keys and states are those of ``snapshots``, without suggestions.

    Faces are (key, state); pairs are the keys of those that were rejected.
    """

    people: dict[str, Step] = field(default_factory=dict)
    faces: dict[str, tuple[Step, Step]] = field(default_factory=dict)
    pairs: list[Step] = field(default_factory=list)


def read_decided(db: apsw.Connection) -> PortableDecisions:
    """Return every word on a face that is not the program's guess, and who its people are.

    Of faces that are gone it is the journal's last word; those of other programs count too.
    """
    found = PortableDecisions()
    for key, state in decisions.iter_changes(db):
        if "face" in key:
            found.faces[key["face"]] = _key_of(key), state or _NOTHING
    sql = (
        "SELECT DISTINCT f.id, f.uuid FROM face f LEFT JOIN assignment a ON a.face_id = f.id"
        " WHERE a.source != 'auto' OR f.uuid IN (SELECT value FROM json_each(?))"
    )
    for face_id, face_uuid in rows(db, sql, (json.dumps(list(found.faces)),)):
        key = snapshots.face_key(db, FaceId(face_id))
        found.faces[face_uuid] = key, snapshots.face_state(db, FaceId(face_id))
    for person in people.list_people(db):
        state = snapshots.person_state(db, person.uuid)
        if state is not None:
            found.people[person.uuid] = state
    found.faces = {
        name: (key, {**state, "said": said})
        for name, (key, state) in found.faces.items()
        if (said := [word for word in state["said"] if word[3] != "auto"])
    }
    found.pairs = [snapshots.pair_key(db, pair) for pair in pairs.list_rejected(db)]
    return found


def open_other(path: Path) -> apsw.Connection:
    """Open another library's file, or the one in a folder, for reading only.

    Raises
    ------
    UsageError
        If there is none, or an older facedex made it.
    EnvironmentFault
    """
    file = path / LIBRARY_NAME if path.is_dir() else path
    if not file.is_file():
        raise UsageError(f"there is no library at {path}")
    with translated(file):
        db = apsw.Connection(f"{file.resolve().as_uri()}?mode=ro", flags=_READ_ONLY)
        try:
            if pending(db, shipped("migrations")):
                raise UsageError(
                    f"{file} is of an older facedex; bring it up to date with: facedex --library"
                    f" {file.parent} status"
                )
        except BaseException:
            db.close()
            raise
    return db


def _key_of(step: Step) -> dict[str, Any]:
    return {name: step[name] for name in ("face", "image", "box")}
