"""The steps of the journal: finding what a step's key names, and leading it back to a state.

Keys and states are those of ``db/snapshots.py``; which words of a face come back is a rule of
``naming/``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facedex.db import faces, pairs, people, regions, snapshots
from facedex.geometry import iou
from facedex.naming import words
from facedex.naming.same_face import is_found_again, pair_best_first
from facedex.types import Assignment, Box, ClusterId, FaceState, Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from facedex.db.connection import Connection
    from facedex.db.decisions import Step
    from facedex.naming.words import Words
    from facedex.types import FaceId, PersonId


def read_state(db: Connection, key: Step) -> Any:
    """Return the state of what ``key`` names; faces that are gone have None."""
    if "face" in key:
        face_id = find_face(db, key)
        return None if face_id is None else snapshots.face_state(db, face_id)
    if "person" in key:
        return snapshots.person_state(db, key["person"])
    if "cluster" in key:
        return snapshots.cluster_state(db, ClusterId(key["cluster"]))
    pair = _find_pair(db, key)
    return pair is not None and pairs.is_rejected(db, key["pair"], *pair)


def restore(db: Connection, wanted: list[tuple[Step, Any]]) -> None:
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


def find_face(db: Connection, key: Step) -> FaceId | None:
    """Return the face of this uuid, else the one at its place on its image, or None."""
    face_id = faces.find_by_uuid(db, key["face"])
    if face_id is not None:
        return face_id
    box = Box(*key["box"])
    there = snapshots.boxes_on_image(db, key["image"])
    ranked = ((-iou(box, other), "", each) for each, other in there if is_found_again(box, other))
    return pair_best_first(ranked).get("")


def words_of(state: Step | None, person_of: Callable[[str, str], PersonId | None]) -> Words:
    """Return the words of a face's state; ``person_of`` tells who a uuid and a name are here."""
    return tuple(
        Assignment(
            None if person_uuid is None else person_of(person_uuid, name),
            FaceState(is_now),
            Source(source),
            distance,
            probability,
        )
        for person_uuid, name, is_now, source, distance, probability in (state or {}).get(
            "said", ()
        )
    )


def needs_box(state: Step) -> bool:
    """Tell whether a face without a box must get one, for what is known of it to be stored."""
    return words.settled(words_of(state, lambda _uuid, _name: None)) is not None


# ---- faces


def _restore_face(db: Connection, key: Step, state: Step) -> None:
    """Put a face into a state; its people and its cluster come back if they are gone.

    Where no face is any more but one has a name in this state, the named box comes back.
    """
    face_id = find_face(db, key)
    if face_id is None and needs_box(state):
        face_id = snapshots.add_box(db, key)
    if face_id is None:
        return
    now = faces.assignments(db, face_id)
    wanted = words_of(state, lambda uuid, name: _find_or_add_person(db, uuid, name))
    sides = (
        words_of(key.get(side), lambda uuid, _name: people.find_by_uuid(db, uuid))
        for side in ("before", "after")
    )
    since = words.came_since(now, wanted, [word for side in sides for word in side])
    restored = words.restored(wanted, since)
    cluster_id = faces.cluster_of(db, face_id) if since else state["cluster"]
    faces.set_assignments(db, face_id, restored)
    _restore_place(db, face_id, cluster_id, words.confirmed(restored))
    _restore_regions(db, face_id, now, restored)


def _restore_place(
    db: Connection, face_id: FaceId, cluster_id: ClusterId | None, owner: PersonId | None
) -> None:
    if cluster_id is not None and not people.has_cluster(db, cluster_id):
        people.set_cluster_person(db, cluster_id, owner)
    faces.set_cluster(db, face_id, cluster_id)


def _restore_regions(db: Connection, face_id: FaceId, before: Words, now: Words) -> None:
    """Let the regions on a face mean whom it is now; those of an open one are asked again."""
    settled, was = words.settled(now), words.settled(before)
    if settled is None:
        regions.ask_again(db, face_id)
    elif settled.source is not Source.USER and settled.person_id is not None:
        is_by_file = was is not None and was.source is not Source.USER
        meant = words.confirmed(before) if is_by_file else None
        regions.follow_face(db, face_id, meant, settled.person_id)


def _remove_box(db: Connection, key: Step) -> None:
    """Remove a face that a decision drew, unless a detector has found it since."""
    face_id = faces.find_by_uuid(db, key["face"])
    if face_id is not None and faces.is_drawn(db, face_id):
        faces.delete_face(db, face_id)


# ---- people, clusters and pairs


def _find_or_add_person(db: Connection, person_uuid: str, name: str) -> PersonId:
    return people.find_by_uuid(db, person_uuid) or people.add_person(db, name, person_uuid)


def _restore_person(db: Connection, key: Step, state: Step) -> None:
    snapshots.write_person(db, key["person"], state)


def _remove_person(db: Connection, step: Step) -> None:
    """Remove somebody with the contacts that the decision gave them, unless others mention them."""
    person_id = people.find_by_uuid(db, step["person"])
    if person_id is None:
        return
    given = step["before"] or step["after"]
    for contact_id in given["contacts"]:
        if people.find_contact(db, contact_id) == person_id:
            people.drop_contact(db, contact_id)
    if not people.is_mentioned(db, person_id):
        people.delete_person(db, person_id)


def _restore_cluster(db: Connection, key: Step, state: Step) -> None:
    snapshots.write_cluster(db, ClusterId(key["cluster"]), state)


def _find_pair(db: Connection, key: Step) -> tuple[int, int] | None:
    """Return the two ids that a pair's key means here; None where one is gone."""
    find = people.find_by_uuid if key["pair"] == "people" else find_face
    a, b = find(db, key["a"]), find(db, key["b"])
    return None if a is None or b is None or a == b else (a, b)


def _restore_pair(db: Connection, key: Step, state: bool) -> None:
    pair = _find_pair(db, key)
    if pair is not None:
        pairs.set_rejected(db, key["pair"], *pair, is_rejected=state)


_RESTORE: dict[str, Callable[[Connection, Step, Any], None]] = {
    "person": _restore_person,
    "cluster": _restore_cluster,
    "face": _restore_face,
    "pair": _restore_pair,
}
