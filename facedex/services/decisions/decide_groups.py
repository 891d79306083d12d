"""What the user decides of groups: that two are one person, or are not, or one is several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db import faces, pairs, people
from facedex.db.connection import transaction
from facedex.errors import UsageError
from facedex.naming import words
from facedex.services.decisions.decide_faces import check_person, deny, noted_faces
from facedex.services.decisions.face_words import apply_rule
from facedex.services.decisions.group_parts import middle_face
from facedex.services.decisions.journal import Recording

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from facedex.db.connection import Connection
    from facedex.services.decisions.decided import Decided
    from facedex.types import ClusterId, FaceId, PersonId


def merge_groups(
    db: Connection, cluster_id: ClusterId, into_id: ClusterId, left_out: Collection[FaceId] = ()
) -> Decided:
    """Make one unknown group of two, but for the faces ``left_out``, which stay where they are.

    A face stays where it is if the other group has one of the same photo: a group is one person,
    and nobody stands twice on a photo.
    """
    with transaction(db):
        _check_unknown(db, cluster_id)
        _check_unknown(db, into_id)
        record = Recording(db)
        moving = [
            face_id for face_id in faces.faces_in_cluster(db, cluster_id) if face_id not in left_out
        ]
        staying = faces.faces_in_cluster(db, into_id)
        for pair in _rejected_between(db, moving, staying):
            record.note_pair(pair)
            pairs.set_rejected(db, "faces", pair.a, pair.b, is_rejected=False)
        photo_of = faces.photo_ids(db, [*moving, *staying])
        taken = {photo_of[face_id] for face_id in staying}
        record.note_cluster(cluster_id)
        for face_id in moving:
            if photo_of[face_id] not in taken:
                record.note_face(face_id)
                faces.set_cluster(db, face_id, into_id)
        people.drop_if_empty(db, cluster_id)
        return record.write("merge", lambda n: f"Merged two groups: {n} moved")


def split(db: Connection, parts: Sequence[Sequence[FaceId]]) -> Decided:
    """Take parts out of a mixed group or person; each becomes an unknown group.

    A face that had a name is never given it again; faces that are gone are left out. Of a part of
    an unknown group it is stored that it is not whom the rest shows.

    Raises
    ------
    UsageError
        If a part is empty or a face is in two.
    """
    every = [face_id for part in parts for face_id in part]
    if not all(parts) or len(set(every)) < len(every):
        raise UsageError("each part needs a face, and each face one part")
    with transaction(db):
        record = Recording(db)
        there = [noted_faces(record, part) for part in parts]
        whole = _whole(db, [face_id for part in there for face_id in part])
        for part in filter(None, there):
            _take_out(record, part, set(every))
        return record.write("split", lambda n: f"Split {n} off {whole}")


def reject_as(db: Connection, face_ids: Sequence[FaceId], person_id: PersonId) -> Decided:
    """Decide that faces are not a person, who is never suggested for them again."""
    with transaction(db):
        check_person(db, person_id)
        record = Recording(db)
        for face_id in noted_faces(record, face_ids):
            deny(db, face_id, person_id)
        name = people.get_person(db, person_id).name
        return record.write("reject", lambda n: f"Rejected {name} for {n}")


def reject_pair_of_groups(db: Connection, one: ClusterId, other: ClusterId) -> Decided:
    """Decide that two unknown groups are not one person."""
    with transaction(db):
        record = Recording(db)
        _part(record, faces.faces_in_cluster(db, one), faces.faces_in_cluster(db, other))
        return record.write("not_same", lambda _n: "Said that two groups are not the same person")


def reject_pair_of_people(db: Connection, one: PersonId, other: PersonId) -> Decided:
    """Decide that two people are not one."""
    with transaction(db):
        for each in (one, other):
            check_person(db, each)
        record = Recording(db)
        record.note_pair(pairs.RejectedPair("people", one, other))
        pairs.set_rejected(db, "people", one, other, is_rejected=True)
        names = [people.get_person(db, each).name for each in (one, other)]
        return record.write("not_same", lambda _n: f"Said that {names[0]} is not {names[1]}")


def _whole(db: Connection, face_ids: Sequence[FaceId]) -> str:
    """Return in words what the faces are taken out of."""
    clusters = {faces.cluster_of(db, face_id) for face_id in face_ids} - {None}
    owners = {people.cluster_person(db, each) for each in clusters if each is not None}
    if len(owners) == 1 and (owner := owners.pop()) is not None:
        return people.get_person(db, owner).name
    return "a group"


def _take_out(record: Recording, part: Sequence[FaceId], leaving: set[FaceId]) -> None:
    db = record.db
    cluster_id = record.add_cluster()
    for old in dict.fromkeys(faces.cluster_of(db, face_id) for face_id in part):
        if old is not None and people.cluster_person(db, old) is None:
            rest = [each for each in faces.faces_in_cluster(db, old) if each not in leaving]
            _part(record, list(part), rest)
    for face_id in part:
        if words.confirmed(faces.assignments(db, face_id)) is not None:
            apply_rule(db, face_id, words.reject)
        faces.set_cluster(db, face_id, cluster_id)


def _part(record: Recording, one: Sequence[FaceId], other: Sequence[FaceId]) -> None:
    """Remember of two sets of faces, by one that stands for each, that they are not one person."""
    if one and other:
        a, b = middle_face(record.db, one), middle_face(record.db, other)
        record.note_pair(pairs.RejectedPair("faces", a, b))
        pairs.set_rejected(record.db, "faces", a, b, is_rejected=True)


def _rejected_between(
    db: Connection, one: Sequence[FaceId], other: Sequence[FaceId]
) -> list[pairs.RejectedPair]:
    ones, others = set(one), set(other)
    return [
        pair
        for pair in pairs.list_rejected(db)
        if pair.kind == "faces"
        and ((pair.a in ones and pair.b in others) or (pair.b in ones and pair.a in others))
    ]


def _check_unknown(db: Connection, cluster_id: ClusterId) -> None:
    is_there = people.has_cluster(db, cluster_id)
    if not is_there or people.cluster_person(db, cluster_id) is not None:
        raise UsageError(f"there is no unknown group {cluster_id}")
