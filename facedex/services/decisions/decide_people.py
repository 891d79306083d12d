"""What the user decides of people: that two are one, what somebody is called, when they lived."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from facedex.db import faces, pairs, people, regions
from facedex.db.connection import transaction
from facedex.errors import UsageError
from facedex.naming import words
from facedex.services.decisions.decide_faces import check_person, clean_name
from facedex.services.decisions.decided import NOTHING
from facedex.services.decisions.face_words import apply_rule
from facedex.services.decisions.journal import Recording
from facedex.spelling import name_key

if TYPE_CHECKING:
    from facedex.db.connection import Connection
    from facedex.services.decisions.decided import Decided
    from facedex.types import PersonId

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What merging one person into another would do.

    ``n_together`` counts the photos on which both are confirmed: people who stand beside each other
    are hardly one.
    """

    name: str
    into_name: str
    n_faces: int
    n_together: int


def preview_merge(db: Connection, person_id: PersonId, into_id: PersonId) -> MergePreview:
    """Return what :func:`merge_people` would do; raises ``UsageError`` where it would."""
    _check_two(db, person_id, into_id)
    return MergePreview(
        people.get_person(db, person_id).name,
        people.get_person(db, into_id).name,
        len(faces.confirmed_faces(db, person_id)),
        faces.count_photos_with_both(db, person_id, into_id),
    )


def merge_people(db: Connection, person_id: PersonId, into_id: PersonId) -> Decided:
    """Make one person of two.

    ``into_id`` keeps the name and takes over all that hung on the other: faces with their words,
    clusters, the name as an alias, contacts, and dates where it has none. Where the words of a face
    clash, the one that counts more stays (:func:`facedex.naming.words.merge`).

    Raises
    ------
    UsageError
        If the two are the same person, or one is not there.
    """
    with transaction(db):
        _check_two(db, person_id, into_id)
        record = Recording(db)
        for one in (person_id, into_id):
            record.note_person(one)
        summary = f"Merged {people.get_person(db, person_id).name}"
        _move_pairs(record, person_id, into_id)
        for cluster_id in people.clusters_of(db, person_id):
            record.note_cluster(cluster_id)
            people.set_cluster_person(db, cluster_id, into_id)
        for face_id in faces.faces_of_person(db, person_id):
            record.note_face(face_id)
            apply_rule(db, face_id, partial(words.merge, old=person_id, new=into_id))
        _move_facts(db, person_id, into_id)
        regions.move_to_person(db, person_id, into_id)
        people.delete_person(db, person_id)
        into = people.get_person(db, into_id).name
        return record.write("merge", lambda n: f"{summary}, {n}, into {into}")


def rename_person(db: Connection, person_id: PersonId, name: str) -> Decided:
    """Give a person another name.

    Raises
    ------
    UsageError
        If the person is not there, or the name cannot be used, or is somebody else's: two people of
        one name would be one to whoever types it.
    """
    cleaned = clean_name(name)
    with transaction(db):
        check_person(db, person_id)
        before = people.get_person(db, person_id)
        holder = people.find_by_name(db, cleaned)
        if holder not in {None, person_id}:
            raise UsageError(f"there is a person {cleaned} already; merge the two, if they are one")
        if before.name == cleaned and not before.is_placeholder:
            return NOTHING
        record = Recording(db)
        record.note_person(person_id)
        people.rename_person(db, person_id, cleaned)
        # a name that becomes the main one is no longer another one
        others = [
            each for each in people.aliases(db, person_id) if name_key(each) != name_key(cleaned)
        ]
        people.set_aliases(db, person_id, others)
        return record.write("rename", lambda _n: f"Renamed {before.name} to {cleaned}")


def set_dates(
    db: Connection, person_id: PersonId, *, born: str | None = None, died: str | None = None
) -> Decided:
    """Set when somebody was born and died.

    Parameters
    ----------
    born, died : ISO dates, possibly only a year or a year and a month; ``""`` takes a date away,
        None leaves it.

    Raises
    ------
    UsageError
        If a date is none, or the death lies before the birth.
    """
    with transaction(db):
        check_person(db, person_id)
        person = people.get_person(db, person_id)
        new_born = person.born if born is None else _checked_date(born)
        new_died = person.died if died is None else _checked_date(died)
        if new_born and new_died and _is_before(new_died, new_born):
            raise UsageError(f"{person.name} cannot have died ({new_died}) before {new_born}")
        if (new_born, new_died) == (person.born, person.died):
            return NOTHING
        record = Recording(db)
        record.note_person(person_id)
        people.set_dates(db, person_id, new_born, new_died)
        return record.write("dates", lambda _n: f"Changed the dates of {person.name}")


def _check_two(db: Connection, person_id: PersonId, into_id: PersonId) -> None:
    if person_id == into_id:
        raise UsageError("a person cannot be merged with themselves")
    known = {person.person_id for person in people.list_people(db)}
    if not {person_id, into_id} <= known:
        raise UsageError("one of the two people is not there any more")


def _move_pairs(record: Recording, person_id: PersonId, into_id: PersonId) -> None:
    """Let who is not the one not be the other either; that the two are not one is taken back."""
    for pair in pairs.rejected_of_person(record.db, person_id):
        record.note_pair(pair)
        pairs.set_rejected(record.db, "people", pair.a, pair.b, is_rejected=False)
        other = pair.b if pair.a == person_id else pair.a
        if other != into_id:
            record.note_pair(pairs.RejectedPair("people", into_id, other))
            pairs.set_rejected(record.db, "people", into_id, other, is_rejected=True)


def _move_facts(db: Connection, person_id: PersonId, into_id: PersonId) -> None:
    old, new = people.get_person(db, person_id), people.get_person(db, into_id)
    if new.is_placeholder and not old.is_placeholder:
        people.rename_person(db, into_id, old.name)
        new = people.get_person(db, into_id)
    names = [*people.aliases(db, person_id), *people.aliases(db, into_id)]
    if not old.is_placeholder:
        names.append(old.name)
    own = name_key(new.name)
    people.set_aliases(db, into_id, [each for each in names if name_key(each) != own])
    people.set_dates(db, into_id, new.born or old.born, new.died or old.died)
    for contact_id, name in people.contacts_of(db, person_id).items():
        people.set_contact(db, contact_id, into_id, name)
    people.take_contact_regions(db, into_id)


def _is_before(one: str, other: str) -> bool:
    """Tell whether a date lies before another, as far as both are known."""
    n = min(len(one), len(other))
    return one[:n] < other[:n]


def _checked_date(text: str) -> str | None:
    if not text:
        return None
    found = _DATE.fullmatch(text)
    if found is not None:
        year, month, day = (int(part) if part else 1 for part in found.groups())
        if year > 0 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]:
            return text
    raise UsageError(f"{text} is not a date; write 1950, 1950-03 or 1950-03-21")
