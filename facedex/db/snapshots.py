"""The state of everything that a decision can change, as JSON: read and written, without a rule.

There are four kinds of things, each with a key that names it in every library:

- a face: its words, and its cluster. ``{"face": uuid, "image": hash, "box": [...]}``
- a person: name, aliases, dates, contacts; None while there is none. ``{"person": uuid}``
- a cluster: whose it is; None while there is none. ``{"cluster": id}``
- a rejected pair: whether it is one. ``{"pair": "people" or "faces", "a": ..., "b": ...}``

Ids of people and clusters are never used again (AUTOINCREMENT), so what comes back gets the id it
had. ``services/decisions/steps.py`` finds what a key names, and restores states.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from facedex.db import faces, people, regions
from facedex.db.connection import rows
from facedex.types import Box, FaceId, PersonId, PhotoId

if TYPE_CHECKING:
    import apsw

    from facedex.db.decisions import Step
    from facedex.db.pairs import RejectedPair
    from facedex.types import ClusterId

# ---- faces


def face_key(db: apsw.Connection, face_id: FaceId) -> Step:
    """Return what names a face in every library: uuid, image hash and stored-frame box."""
    sql = (
        "SELECT f.uuid, lower(hex(p.image_hash)), f.x0, f.y0, f.x1, f.y1"
        " FROM face f JOIN photo p ON p.id = f.photo_id WHERE f.id = ?"
    )
    face_uuid, image, *box = rows(db, sql, (face_id,))[0]
    return {"face": face_uuid, "image": image, "box": box}


def boxes_on_image(db: apsw.Connection, image: str) -> list[tuple[FaceId, Box]]:
    """Return the faces on the image of a hash, with their stored-frame boxes, by id."""
    found = rows(
        db,
        "SELECT f.id, f.x0, f.y0, f.x1, f.y1 FROM face f JOIN photo p ON p.id = f.photo_id"
        " WHERE p.image_hash = ? ORDER BY f.id",
        (bytes.fromhex(image),),
    )
    return [(FaceId(face_id), Box(*box)) for face_id, *box in found]


def add_box(db: apsw.Connection, key: Step) -> FaceId | None:
    """Add the face that a key names as a box that nobody detected; None without its photo."""
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
    words = [list(row) for row in rows(db, sql, (face_id,))]
    return {"said": words, "cluster": faces.cluster_of(db, face_id)}


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


def write_person(db: apsw.Connection, person_uuid: str, state: Step) -> None:
    """Give a person a state; contacts that came since stay."""
    person_id = people.find_by_uuid(db, person_uuid)
    if person_id is None:
        person_id = people.add_person(db, state["name"], person_uuid, person_id=state["id"])
    people.rename_person(db, person_id, state["name"], is_placeholder=bool(state["is_placeholder"]))
    people.set_dates(db, person_id, state["born"], state["died"])
    people.set_aliases(db, person_id, state["aliases"])
    for contact_id, name in state["contacts"].items():
        people.set_contact(db, contact_id, person_id, name)
    people.take_contact_regions(db, person_id)
    regions.take_names(db, person_id, state.get("written", ()))


# ---- clusters


def cluster_state(db: apsw.Connection, cluster_id: ClusterId) -> Step | None:
    """Return whose a cluster is, or None if there is none."""
    if not people.has_cluster(db, cluster_id):
        return None
    person_id = people.cluster_person(db, cluster_id)
    return {"person": None if person_id is None else people.get_person(db, person_id).uuid}


def write_cluster(db: apsw.Connection, cluster_id: ClusterId, state: Step) -> None:
    """Give a cluster to whom it belongs in a state; it comes back if it is gone."""
    owner = None if state["person"] is None else people.find_by_uuid(db, state["person"])
    people.set_cluster_person(db, cluster_id, owner)


# ---- rejected pairs


def pair_key(db: apsw.Connection, pair: RejectedPair) -> Step:
    """Return what names a rejected pair in every library."""
    if pair.kind == "people":
        a, b = (people.get_person(db, PersonId(each)).uuid for each in (pair.a, pair.b))
        return {"pair": "people", "a": a, "b": b}
    return {
        "pair": "faces",
        "a": face_key(db, FaceId(pair.a)),
        "b": face_key(db, FaceId(pair.b)),
    }


def dump_state(state: Any) -> str:
    """Return a state as text that is equal for equal states."""
    return json.dumps(state, sort_keys=True)
