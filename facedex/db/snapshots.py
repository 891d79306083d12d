"""The state of everything that a decision can change: read into a step, and restored from one.

There are four kinds of things, and a state is JSON:

- a face: all that is said of it, and its cluster; None where a box was not drawn yet.
  ``{"face": uuid, "image": hash, "box": [...]}``
- a person: name, aliases, dates, contacts; None while there is none. ``{"person": uuid}``
- a cluster: whose it is; None while there is none. ``{"cluster": id}``
- a rejected pair: whether it is one. ``{"pair": "people" or "faces", "a": ..., "b": ...}``

Ids of people and clusters are never used again (AUTOINCREMENT), so what comes back gets the id it had.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from facedex.db import faces, pairs, people, regions
from facedex.db.connection import rows
from facedex.geometry import iou
from facedex.types import (
    Assignment,
    Box,
    ClusterId,
    FaceId,
    FaceState,
    PersonId,
    PhotoId,
    Source,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import apsw

    from facedex.db.decisions import Step

# as when a photo is searched again: a face there is the face that was there
_SAME_FACE_IOU = 0.4
_SETTLED = {FaceState.CONFIRMED, FaceState.IGNORED}


def read_state(db: apsw.Connection, key: Step) -> Any:
    """Return the state of what ``key`` names; faces that are gone have None."""
    if "face" in key:
        face_id = find_face(db, key)
        return None if face_id is None else face_state(db, face_id)
    if "person" in key:
        return person_state(db, key["person"])
    if "cluster" in key:
        return _cluster_state(db, ClusterId(key["cluster"]))
    pair = _find_pair(db, key)
    return pair is not None and pairs.is_rejected(db, key["pair"], *pair)


def restore(db: apsw.Connection, wanted: list[tuple[Step, Any]]) -> None:
    """Give what each step names the state beside it, one of the step's two; in a transaction.

    People and clusters that come go first and those that go last, so that faces always find theirs.
    Someone who is mentioned by what is not restored stays.
    """
    here = [(key, state) for key, state in wanted if state is not None]
    for kind in ("person", "cluster", "face", "pair"):
        for key, state in here:
            if kind in key:
                _RESTORE[kind](db, key, state)
    for key, state in wanted:
        if state is None and "face" in key:
            _remove_box(db, key)
    for key, state in wanted:
        if state is None and "cluster" in key:
            people.drop_if_empty(db, ClusterId(key["cluster"]))
    for key, state in wanted:
        if state is None and "person" in key:
            _remove_person(db, key)


# ---- faces


def face_key(db: apsw.Connection, face_id: FaceId) -> Step:
    """Return what names a face in every library: uuid, image hash and stored-frame box."""
    sql = (
        "SELECT f.uuid, lower(hex(p.image_hash)), f.x0, f.y0, f.x1, f.y1"
        " FROM face f JOIN photo p ON p.id = f.photo_id WHERE f.id = ?"
    )
    face_uuid, image, *box = rows(db, sql, (face_id,))[0]
    return {"face": face_uuid, "image": image, "box": box}


def find_face(db: apsw.Connection, key: Step) -> FaceId | None:
    """Return the face of this uuid, else the one at its place on its image, or None."""
    face_id = faces.find_by_uuid(db, key["face"])
    if face_id is not None:
        return face_id
    there = rows(
        db,
        "SELECT f.id, f.x0, f.y0, f.x1, f.y1 FROM face f JOIN photo p ON p.id = f.photo_id"
        " WHERE p.image_hash = ? ORDER BY f.id",
        (bytes.fromhex(key["image"]),),
    )
    best = max(((iou(Box(*key["box"]), Box(*box)), -i) for i, *box in there), default=(0.0, 0))
    return FaceId(-best[1]) if best[0] >= _SAME_FACE_IOU else None


def is_worth_a_box(state: Step) -> bool:
    """Tell whether a face without a box must get one, for what the owner said of it to be kept."""
    return any(word[2] in _SETTLED for word in state["said"])


def add_box(db: apsw.Connection, key: Step) -> FaceId | None:
    """Add the face that a key names as a box that nobody detected; None if its photo is not here."""
    found = rows(db, "SELECT id FROM photo WHERE image_hash = ?", (bytes.fromhex(key["image"]),))
    if not found:
        return None
    box = Box(*key["box"])
    return faces.add_drawn_face(db, PhotoId(found[0][0]), box, key["face"])


def face_state(db: apsw.Connection, face_id: FaceId) -> Step:
    """Return all that decisions can change of a face."""
    sql = (
        "SELECT p.uuid, p.name, a.state, a.source, a.distance, a.probability FROM assignment a"
        " LEFT JOIN person p ON p.id = a.person_id WHERE a.face_id = ? ORDER BY a.id"
    )
    said = [list(row) for row in rows(db, sql, (face_id,))]
    return {"said": said, "cluster": faces.cluster_of(db, face_id)}


def _restore_face(db: apsw.Connection, key: Step, state: Step) -> None:
    """Put a face into a state; its people and its cluster come back if they are gone.

    Where no face is any more but one has a name in this state, the named box comes back. What another
    program has said of the face since stays, unless the user named or ignored the face in this state.
    """
    face_id = find_face(db, key)
    if face_id is None:
        face_id = add_box(db, key) if is_worth_a_box(state) else None
    if face_id is None:
        return
    now = face_state(db, face_id)
    was = next(
        (
            a.person_id
            for a in faces.assignments(db, face_id)
            if a.state is FaceState.CONFIRMED and a.source is not Source.USER
        ),
        None,
    )
    came_since = _said_by_others_since(now["said"], key, state)
    if came_since:
        by_user = [word for word in state["said"] if word[3] == Source.USER]
        state = {"said": [*by_user, *came_since], "cluster": now["cluster"]}
    said, settled = [], None
    for person_uuid, name, is_now, source, distance, probability in state["said"]:
        person_id = None if person_uuid is None else _person_of(db, person_uuid, name)
        said.append(Assignment(person_id, FaceState(is_now), Source(source), distance, probability))
        if is_now in _SETTLED:
            settled = said[-1]
    faces.set_assignments(db, face_id, said)
    cluster_id = state["cluster"]
    if cluster_id is not None and not people.has_cluster(db, cluster_id):
        people.set_cluster_person(db, cluster_id, settled.person_id if settled else None)
    faces.set_cluster(db, face_id, cluster_id)
    if settled is None:
        regions.ask_again(db, face_id)
    elif settled.source is not Source.USER and settled.person_id is not None:
        regions.follow_face(db, face_id, was, settled.person_id)


def _said_by_others_since(now: list[Any], key: Step, state: Step) -> list[Any]:
    """Return the names and the like that other programs gave a face after the step, if they count."""
    if any(word[3] == Source.USER and word[2] in _SETTLED for word in state["said"]):
        return []
    sides = (state, key.get("before") or {}, key.get("after") or {})
    known = {_meaning(word) for side in sides for word in side.get("said", ())}
    refused = {word[0] for word in state["said"] if word[3] == Source.USER}
    return [
        word
        for word in now
        if word[3] not in {Source.USER, Source.AUTO}
        and _meaning(word) not in known
        and (word[0] is None or word[0] not in refused)
    ]


def _meaning(word: list[Any]) -> tuple[str | None, str, str]:
    person_uuid, _name, is_now, source, *_numbers = word
    return person_uuid, is_now, source


def _remove_box(db: apsw.Connection, key: Step) -> None:
    """Remove a face that a decision drew, unless a detector has found it since."""
    face_id = faces.find_by_uuid(db, key["face"])
    if face_id is not None and faces.is_drawn(db, face_id):
        faces.delete_face(db, face_id)


def _person_of(db: apsw.Connection, person_uuid: str, name: str) -> PersonId:
    return people.find_by_uuid(db, person_uuid) or people.add_person(db, name, person_uuid)


# ---- people


def person_state(db: apsw.Connection, person_uuid: str) -> Step | None:
    """Return all that decisions can change of a person, or None if there is none."""
    person_id = people.find_by_uuid(db, person_uuid)
    if person_id is None:
        return None
    person = people.get_person(db, person_id)
    return {
        "id": person_id,
        "name": person.name,
        "is_placeholder": person.is_placeholder,
        "born": person.born,
        "died": person.died,
        "aliases": people.aliases(db, person_id),
        "contacts": people.contacts_of(db, person_id),
        "written": regions.names_meaning(db, person_id),
    }


def _restore_person(db: apsw.Connection, key: Step, state: Step) -> None:
    """Give a person a state; contacts that came since stay."""
    person_id = people.find_by_uuid(db, key["person"])
    if person_id is None:
        person_id = people.add_person(db, state["name"], key["person"], person_id=state["id"])
    people.rename_person(db, person_id, state["name"], is_placeholder=bool(state["is_placeholder"]))
    people.set_dates(db, person_id, state["born"], state["died"])
    people.set_aliases(db, person_id, state["aliases"])
    for contact_id, name in state["contacts"].items():
        people.set_contact(db, contact_id, person_id, name)
    people.take_contact_regions(db, person_id)
    regions.take_names(db, person_id, state.get("written", ()))


def _remove_person(db: apsw.Connection, step: Step) -> None:
    """Remove somebody, with the contacts that the decision gave them, unless others speak of them."""
    person_id = people.find_by_uuid(db, step["person"])
    if person_id is None:
        return
    given = step["before"] or step["after"]
    for contact_id in given["contacts"]:
        if people.find_contact(db, contact_id) == person_id:
            people.drop_contact(db, contact_id)
    if not people.is_mentioned(db, person_id):
        people.delete_person(db, person_id)


# ---- clusters


def _cluster_state(db: apsw.Connection, cluster_id: ClusterId) -> Step | None:
    if not people.has_cluster(db, cluster_id):
        return None
    person_id = people.cluster_person(db, cluster_id)
    return {"person": None if person_id is None else people.get_person(db, person_id).uuid}


def _restore_cluster(db: apsw.Connection, key: Step, state: Step) -> None:
    owner = None if state["person"] is None else people.find_by_uuid(db, state["person"])
    people.set_cluster_person(db, ClusterId(key["cluster"]), owner)


# ---- rejected pairs


def pair_key(db: apsw.Connection, pair: pairs.RejectedPair) -> Step:
    """Return what names a rejected pair in every library."""
    if pair.kind == "people":
        a, b = (people.get_person(db, PersonId(each)).uuid for each in (pair.a, pair.b))
        return {"pair": "people", "a": a, "b": b}
    return {
        "pair": "faces",
        "a": face_key(db, FaceId(pair.a)),
        "b": face_key(db, FaceId(pair.b)),
    }


def _find_pair(db: apsw.Connection, key: Step) -> tuple[int, int] | None:
    """Return the two ids that a pair's key means here; None where one is gone."""
    find = people.find_by_uuid if key["pair"] == "people" else find_face
    a, b = find(db, key["a"]), find(db, key["b"])
    return None if a is None or b is None or a == b else (a, b)


def _restore_pair(db: apsw.Connection, key: Step, state: bool) -> None:
    pair = _find_pair(db, key)
    if pair is not None:
        pairs.set_rejected(db, key["pair"], *pair, is_rejected=state)


_RESTORE: dict[str, Callable[[apsw.Connection, Step, Any], None]] = {
    "person": _restore_person,
    "cluster": _restore_cluster,
    "face": _restore_face,
    "pair": _restore_pair,
}


def dump_state(state: Any) -> str:
    """Return a state as text that is equal for equal states."""
    return json.dumps(state, sort_keys=True)
