"""People, their Picasa contacts, and clusters of faces that look alike."""

from __future__ import annotations

import unicodedata
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facedex.db.connection import now_us, rows
from facedex.types import ClusterId, PersonId

if TYPE_CHECKING:
    import apsw


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a name. ``is_placeholder`` while only a Picasa id stands for the name."""

    person_id: PersonId
    uuid: str
    name: str
    is_placeholder: bool


def name_key(name: str) -> str:
    """Return what makes two spellings one name: case, accents' encoding and spaces do not."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def list_people(db: apsw.Connection) -> list[Person]:
    """Return everybody, by id."""
    found = rows(db, "SELECT id, uuid, name, is_placeholder FROM person ORDER BY id")
    return [Person(PersonId(i), u, n, bool(p)) for i, u, n, p in found]


def get_person(db: apsw.Connection, person_id: PersonId) -> Person:
    """Return a person; raises ``KeyError`` if there is none of this id."""
    sql = "SELECT id, uuid, name, is_placeholder FROM person WHERE id = ?"
    for i, u, n, p in rows(db, sql, (person_id,)):
        return Person(PersonId(i), u, n, bool(p))
    raise KeyError(person_id)


def find_by_uuid(db: apsw.Connection, person_uuid: str) -> PersonId | None:
    """Return the person with this uuid, or None."""
    found = rows(db, "SELECT id FROM person WHERE uuid = ?", (person_uuid,))
    return PersonId(found[0][0]) if found else None


def find_by_name(db: apsw.Connection, name: str) -> PersonId | None:
    """Return the first person of this name, spelt alike but for case and spaces, or None."""
    key = name_key(name)
    for person in list_people(db):
        if name_key(person.name) == key:
            return person.person_id
    return None


def add_person(
    db: apsw.Connection, name: str, person_uuid: str | None = None, *, is_placeholder: bool = False
) -> PersonId:
    """Add a person and return the id."""
    db.execute(
        "INSERT INTO person (uuid, name, is_placeholder, created_us) VALUES (?, ?, ?, ?)",
        (person_uuid or str(uuid.uuid4()), " ".join(name.split()), int(is_placeholder), now_us()),
    )
    return PersonId(db.last_insert_rowid())


def rename_person(db: apsw.Connection, person_id: PersonId, name: str) -> None:
    """Give a person another name; a placeholder becomes a person like any other."""
    db.execute(
        "UPDATE person SET name = ?, is_placeholder = 0 WHERE id = ?",
        (" ".join(name.split()), person_id),
    )


def find_contact(db: apsw.Connection, contact_id: str) -> PersonId | None:
    """Return whom a Picasa contact id stands for, or None."""
    found = rows(db, "SELECT person_id FROM contact WHERE contact_id = ?", (contact_id,))
    return PersonId(found[0][0]) if found else None


def set_contact(db: apsw.Connection, contact_id: str, person_id: PersonId, name: str) -> None:
    """Hang a Picasa contact id on a person."""
    db.execute(
        "INSERT INTO contact VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET person_id = excluded.person_id, name = excluded.name",
        (contact_id, person_id, name),
    )


def add_cluster(db: apsw.Connection, person_id: PersonId | None = None) -> ClusterId:
    """Add a cluster, of a person or of nobody yet."""
    db.execute("INSERT INTO cluster (person_id, created_us) VALUES (?, ?)", (person_id, now_us()))
    return ClusterId(db.last_insert_rowid())


def main_cluster(db: apsw.Connection, person_id: PersonId) -> ClusterId:
    """Return the person's largest cluster, the oldest of equals; adds one if there is none."""
    sql = (
        "SELECT c.id FROM cluster c WHERE c.person_id = ?"
        " ORDER BY (SELECT count(*) FROM face f WHERE f.cluster_id = c.id) DESC, c.id LIMIT 1"
    )
    found = rows(db, sql, (person_id,))
    return ClusterId(found[0][0]) if found else add_cluster(db, person_id)


def set_cluster_person(
    db: apsw.Connection, cluster_id: ClusterId, person_id: PersonId | None
) -> None:
    """Say to whom a cluster belongs; None is nobody yet."""
    db.execute("UPDATE cluster SET person_id = ? WHERE id = ?", (person_id, cluster_id))


def cluster_person(db: apsw.Connection, cluster_id: ClusterId) -> PersonId | None:
    """Return to whom a cluster belongs; None is nobody, or there is no such cluster."""
    found = rows(db, "SELECT person_id FROM cluster WHERE id = ?", (cluster_id,))
    return PersonId(found[0][0]) if found and found[0][0] is not None else None


def drop_empty_clusters(db: apsw.Connection) -> None:
    """Remove the clusters that belong to nobody and hold no face."""
    db.execute(
        "DELETE FROM cluster WHERE person_id IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM face f WHERE f.cluster_id = cluster.id)"
    )


def drop_spent_placeholders(db: apsw.Connection) -> None:
    """Remove the people without a name of whom no face and no contact is left."""
    db.execute(
        "DELETE FROM person WHERE is_placeholder = 1"
        " AND NOT EXISTS (SELECT 1 FROM contact c WHERE c.person_id = person.id)"
        " AND NOT EXISTS (SELECT 1 FROM assignment a WHERE a.person_id = person.id)"
    )


def drop_unmentioned(db: apsw.Connection) -> None:
    """Remove the people of whom there is neither a face nor a contact: an undone first naming.

    Ignored faces stay in their person's cluster, so they keep the person.
    """
    db.execute(
        "DELETE FROM person WHERE NOT EXISTS (SELECT 1 FROM contact c WHERE c.person_id = person.id)"
        " AND NOT EXISTS (SELECT 1 FROM assignment a WHERE a.person_id = person.id)"
        " AND NOT EXISTS (SELECT 1 FROM cluster k JOIN face f ON f.cluster_id = k.id"
        "   WHERE k.person_id = person.id)"
    )
