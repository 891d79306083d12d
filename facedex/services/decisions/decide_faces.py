"""What the user decides of faces: naming, confirming, rejecting, ignoring; and taking it back.

Each decision is one entry of the journal, with the state of everything it changes before and after.
What becomes of a face's words is a rule of ``naming/words.py``. What is decided of a face holds for
the same face on companions of its photo, the RAW beside a JPEG, and is in the same entry.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from facedex.db import catalog, companions, faces, people
from facedex.db.connection import transaction
from facedex.errors import UsageError
from facedex.naming import words
from facedex.services.decisions import journal
from facedex.services.decisions.decided import NOTHING
from facedex.services.decisions.face_words import apply_rule
from facedex.services.decisions.journal import Recording
from facedex.spelling import tidy_name

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from facedex.db.connection import Connection
    from facedex.services.decisions.decided import Decided
    from facedex.types import ClusterId, FaceId, PersonId

_MAX_NAME = 200


def name_faces(db: Connection, face_ids: Sequence[FaceId], name: str) -> Decided:
    """Confirm faces as the person of this name, who is added if new.

    Raises
    ------
    UsageError
        If the name is empty or unreasonably long.
    """
    cleaned = clean_name(name)
    with transaction(db):
        record = Recording(db)
        there = noted_faces(record, face_ids)
        if not there:
            return NOTHING
        person_id = _person(record, cleaned)
        for face_id in there:
            _confirm(record, face_id, person_id)
        return _named(record, person_id)


def name_group(db: Connection, cluster_id: ClusterId, name: str) -> Decided:
    """Confirm all unknown faces of a group as one person; the group becomes a cluster of theirs."""
    cleaned = clean_name(name)
    with transaction(db):
        record = Recording(db)
        if not catalog.group_faces(db, cluster_id):
            return NOTHING
        return _give_group(record, cluster_id, _person(record, cleaned))


def confirm_group(db: Connection, cluster_id: ClusterId, person_id: PersonId) -> Decided:
    """Confirm all unknown faces of a group as a person who is there already."""
    with transaction(db):
        check_person(db, person_id)
        return _give_group(Recording(db), cluster_id, person_id)


def confirm(db: Connection, face_ids: Sequence[FaceId]) -> Decided:
    """Confirm the person suggested for each face; faces without a suggestion stay as they are."""
    with transaction(db):
        record = Recording(db)
        decide_suggested(record, face_ids)
        return record.write("confirm", lambda n: f"Confirmed {n}")


def confirm_as(db: Connection, face_ids: Sequence[FaceId], person_id: PersonId) -> Decided:
    """Confirm faces as a person who is there already."""
    with transaction(db):
        check_person(db, person_id)
        record = Recording(db)
        for face_id in noted_faces(record, face_ids):
            _confirm(record, face_id, person_id)
        return _named(record, person_id)


def confirm_page(
    db: Connection, person_id: PersonId, right: Sequence[FaceId], wrong: Sequence[FaceId]
) -> Decided:
    """Confirm that some faces are somebody and others are not, as one decision.

    A face that was named, ignored or denied since it was asked about stays so.
    """
    with transaction(db):
        check_person(db, person_id)
        record = Recording(db)
        denied = noted_faces(record, wrong)
        for face_id in denied:
            deny(db, face_id, person_id)
        n_confirmed = 0
        for face_id in noted_faces(record, right):
            if words.is_open(faces.assignments(db, face_id), person_id):
                _confirm(record, face_id, person_id)
                n_confirmed += 1
        done = right_and_wrong(n_confirmed, len(denied))
        name = people.get_person(db, person_id).name
        return record.write("confirm", lambda _n: f"{done} for {name}")


def reject(db: Connection, face_ids: Sequence[FaceId]) -> Decided:
    """Decide that no face is the person it is confirmed or suggested to be, for ever."""
    with transaction(db):
        record = Recording(db)
        for face_id in noted_faces(record, face_ids):
            apply_rule(db, face_id, words.reject)
        return record.write("reject", lambda n: f"Rejected the name of {n}")


def ignore(db: Connection, face_ids: Sequence[FaceId]) -> Decided:
    """Put faces aside: they are nobody whom the user wants to name."""
    with transaction(db):
        record = Recording(db)
        for face_id in noted_faces(record, face_ids):
            apply_rule(db, face_id, words.ignore)
        return record.write("ignore", lambda n: f"Ignored {n}")


def undo(db: Connection) -> Decided:
    """Take the last decision back; nothing where there is none left."""
    with transaction(db):
        return journal.step_back(db)


def redo(db: Connection) -> Decided:
    """Do again what was taken back last; nothing where there is nothing."""
    with transaction(db):
        return journal.step_forth(db)


def clean_name(name: str) -> str:
    """Return a name as it is stored: see :func:`facedex.spelling.tidy_name`.

    Raises
    ------
    UsageError
        If nothing is left, or more than a name.
    """
    cleaned = tidy_name(name)
    if not cleaned:
        raise UsageError("a person needs a name")
    if len(cleaned) > _MAX_NAME:
        raise UsageError(f"a name has at most {_MAX_NAME} letters")
    return cleaned


def right_and_wrong(n_confirmed: int, n_rejected: int) -> str:
    """Return in words how many suggestions were confirmed and how many rejected."""
    if not n_rejected:
        return f"Confirmed {journal.count_faces(n_confirmed)}"
    if not n_confirmed:
        return f"Rejected {journal.count_faces(n_rejected)}"
    return f"Confirmed {journal.count_faces(n_confirmed)} and rejected {n_rejected:,}"


def deny(db: Connection, face_id: FaceId, person_id: PersonId) -> None:
    """Decide that a face is not somebody; inside a transaction."""
    apply_rule(db, face_id, partial(words.deny, person_id=person_id))


def check_person(db: Connection, person_id: PersonId) -> None:
    """Raise ``UsageError`` if somebody is gone, merged by another window, say."""
    if not people.has_person(db, person_id):
        raise UsageError("this person is not there any more")


def decide_suggested(
    record: Recording, right: Collection[FaceId], wrong: Collection[FaceId] = ()
) -> None:
    """Reject the person suggested for each wrong face, confirm the others'; in a transaction."""
    for face_id in noted_faces(record, wrong):
        person_id = words.suggested(faces.assignments(record.db, face_id))
        if person_id is not None:
            deny(record.db, face_id, person_id)
    for face_id in noted_faces(record, right):
        person_id = words.suggested(faces.assignments(record.db, face_id))
        if person_id is not None:
            _confirm(record, face_id, person_id)


def _give_group(record: Recording, cluster_id: ClusterId, person_id: PersonId) -> Decided:
    unknown = noted_faces(record, catalog.group_faces(record.db, cluster_id))
    if unknown:
        record.note_cluster(cluster_id)
        people.set_cluster_person(record.db, cluster_id, person_id)
    for face_id in unknown:
        _confirm(record, face_id, person_id, cluster_id)
    return _named(record, person_id)


def noted_faces(record: Recording, face_ids: Collection[FaceId]) -> list[FaceId]:
    """Note the faces that are there; return them, each once, with the lead's for a companion's."""
    leads = companions.leads_of(record.db, face_ids)
    there = [each for each in leads if faces.exists(record.db, each)]
    for face_id in there:
        record.note_face(face_id)
    return there


def _person(record: Recording, name: str) -> PersonId:
    return people.find_by_name(record.db, name) or record.add_person(name)


def _named(record: Recording, person_id: PersonId) -> Decided:
    shown = people.get_person(record.db, person_id).name
    return record.write("name", lambda n: f"Named {n} {shown}")


def _confirm(
    record: Recording, face_id: FaceId, person_id: PersonId, cluster_id: ClusterId | None = None
) -> None:
    before = faces.assignments(record.db, face_id)
    if apply_rule(record.db, face_id, partial(words.confirm, person_id=person_id)) != before:
        faces.set_cluster(record.db, face_id, cluster_id or record.home(person_id))
