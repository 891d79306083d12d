"""People with their aliases, dates and Picasa contacts, and clusters of faces that look alike."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facedex.db.connection import now_us, rows
from facedex.spelling import name_key, tidy_name
from facedex.types import ClusterId, PersonId

if TYPE_CHECKING:
    from collections.abc import Iterable

    import apsw


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a name.

    Attributes
    ----------
    is_placeholder : only a Picasa id stands for the name.
    born, died : ISO dates, possibly only a year or a year and a month.
    """

    person_id: PersonId
    uuid: str
    name: str
    is_placeholder: bool
    born: str | None = None
    died: str | None = None


_COLUMNS = "id, uuid, name, is_placeholder, born, died"


def _person(row: tuple[Any, ...]) -> Person:
    person_id, person_uuid, name, is_placeholder, born, died = row
    return Person(PersonId(person_id), person_uuid, name, bool(is_placeholder), born, died)


def list_people(db: apsw.Connection) -> list[Person]:
    """Return everybody, by id."""
    return [_person(row) for row in rows(db, f"SELECT {_COLUMNS} FROM person ORDER BY id")]


def get_person(db: apsw.Connection, person_id: PersonId) -> Person:
    """Return a person; raises ``KeyError`` if there is none of this id."""
    for row in rows(db, f"SELECT {_COLUMNS} FROM person WHERE id = ?", (person_id,)):
        return _person(row)
    raise KeyError(person_id)


def find_by_uuid(db: apsw.Connection, person_uuid: str) -> PersonId | None:
    """Return the person with this uuid, or None."""
    found = rows(db, "SELECT id FROM person WHERE uuid = ?", (person_uuid,))
    return PersonId(found[0][0]) if found else None


def find_by_name(db: apsw.Connection, name: str) -> PersonId | None:
    """Return the person of this name or alias, spelt alike but for case and spaces, or None.

    A name goes before an alias; of several, the first person's.
    """
    return by_name(db).get(name_key(name))


def by_name(db: apsw.Connection) -> dict[str, PersonId]:
    """Return whom each ``name_key`` of a name or an alias means."""
    found = rows(
        db,
        "SELECT name, id FROM (SELECT name, id, 0 AS is_alias FROM person"
        " UNION ALL SELECT name, person_id, 1 FROM alias) ORDER BY is_alias DESC, id DESC",
    )
    return {name_key(name): PersonId(person_id) for name, person_id in found}


def aliases(db: apsw.Connection, person_id: PersonId) -> list[str]:
    """Return a person's other names, sorted."""
    sql = "SELECT name FROM alias WHERE person_id = ? ORDER BY name"
    return [name for (name,) in rows(db, sql, (person_id,))]


def set_aliases(db: apsw.Connection, person_id: PersonId, names: Iterable[str]) -> None:
    """Replace a person's other names."""
    db.execute("DELETE FROM alias WHERE person_id = ?", (person_id,))
    for name in sorted(set(names)):
        db.execute("INSERT INTO alias VALUES (?, ?)", (person_id, name))


def add_person(
    db: apsw.Connection,
    name: str,
    person_uuid: str | None = None,
    *,
    is_placeholder: bool = False,
    person_id: int | None = None,
) -> PersonId:
    """Add a person and return the id: ``person_id`` where it is given and free."""
    if person_id is not None and rows(db, "SELECT 1 FROM person WHERE id = ?", (person_id,)):
        person_id = None
    db.execute(
        "INSERT INTO person (id, uuid, name, is_placeholder, created_us) VALUES (?, ?, ?, ?, ?)",
        (
            person_id, person_uuid or str(uuid.uuid4()), tidy_name(name),
            int(is_placeholder), now_us(),
        ),
    )  # fmt: skip
    return PersonId(db.last_insert_rowid())


def delete_person(db: apsw.Connection, person_id: PersonId) -> None:
    """Remove a person of whom :func:`is_mentioned` knows nothing."""
    db.execute("DELETE FROM person WHERE id = ?", (person_id,))


def is_mentioned(db: apsw.Connection, person_id: PersonId) -> bool:
    """Tell whether a face, a cluster with faces or a contact is a person's; suggestions are not."""
    sql = (
        "SELECT EXISTS (SELECT 1 FROM contact WHERE person_id = ?1)"
        " OR EXISTS (SELECT 1 FROM assignment WHERE person_id = ?1 AND state != 'suggested')"
        " OR EXISTS (SELECT 1 FROM cluster k JOIN face f ON f.cluster_id = k.id"
        "   WHERE k.person_id = ?1)"
    )
    return bool(rows(db, sql, (person_id,))[0][0])


def rename_person(
    db: apsw.Connection, person_id: PersonId, name: str, *, is_placeholder: bool = False
) -> None:
    """Give a person another name; by default a placeholder becomes a person like any other."""
    db.execute(
        "UPDATE person SET name = ?, is_placeholder = ? WHERE id = ?",
        (tidy_name(name), int(is_placeholder), person_id),
    )


def set_dates(db: apsw.Connection, person_id: PersonId, born: str | None, died: str | None) -> None:
    """Say when a person was born and died; None is not known, or still alive."""
    db.execute("UPDATE person SET born = ?, died = ? WHERE id = ?", (born, died, person_id))


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


def drop_contact(db: apsw.Connection, contact_id: str) -> None:
    """Take a Picasa contact id off the person it hangs on."""
    db.execute("DELETE FROM contact WHERE contact_id = ?", (contact_id,))


def contacts_of(db: apsw.Connection, person_id: PersonId) -> dict[str, str]:
    """Return a person's Picasa contact ids with the names that they had there."""
    sql = "SELECT contact_id, name FROM contact WHERE person_id = ? ORDER BY contact_id"
    return dict(rows(db, sql, (person_id,)))


def take_contact_regions(db: apsw.Connection, person_id: PersonId) -> None:
    """Let the regions of a person's contacts, where they name somebody, name this person.

    So do those that say their name, unless they mean somebody else who has that name too.
    """
    named = (
        "UPDATE region SET person_id = ?1,"
        " status = iif(status IN ('orphaned', 'withdrawn'), status, 'pending')"
    )
    db.execute(
        named + " WHERE person_id != ?1"
        " AND contact_id IN (SELECT contact_id FROM contact WHERE person_id = ?1)",
        (person_id,),
    )
    db.execute(
        named + " FROM person me, person meant WHERE me.id = ?1"
        " AND meant.id = region.person_id AND region.contact_id = '' AND region.name = me.name"
        " AND meant.name != me.name",
        (person_id,),
    )


def has_person(db: apsw.Connection, person_id: PersonId) -> bool:
    """Tell whether there is such a person."""
    return bool(rows(db, "SELECT 1 FROM person WHERE id = ?", (person_id,)))


def add_cluster(db: apsw.Connection, person_id: PersonId | None = None) -> ClusterId:
    """Add a cluster, of a person or of nobody yet."""
    db.execute("INSERT INTO cluster (person_id, created_us) VALUES (?, ?)", (person_id, now_us()))
    return ClusterId(db.last_insert_rowid())


def main_cluster(db: apsw.Connection, person_id: PersonId) -> ClusterId | None:
    """Return the person's largest cluster, the oldest of equals, or None."""
    sql = (
        "SELECT c.id FROM cluster c WHERE c.person_id = ?"
        " ORDER BY (SELECT count(*) FROM face f WHERE f.cluster_id = c.id) DESC, c.id LIMIT 1"
    )
    found = rows(db, sql, (person_id,))
    return ClusterId(found[0][0]) if found else None


def clusters_of(db: apsw.Connection, person_id: PersonId) -> list[ClusterId]:
    """Return a person's clusters, by id."""
    sql = "SELECT id FROM cluster WHERE person_id = ? ORDER BY id"
    return [ClusterId(i) for (i,) in rows(db, sql, (person_id,))]


def set_cluster_person(
    db: apsw.Connection, cluster_id: ClusterId, person_id: PersonId | None
) -> None:
    """Say to whom a cluster belongs, None is nobody yet; a cluster that had gone comes back."""
    db.execute(
        "INSERT INTO cluster (id, person_id, created_us) VALUES (?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET person_id = excluded.person_id",
        (cluster_id, person_id, now_us()),
    )


def has_cluster(db: apsw.Connection, cluster_id: ClusterId) -> bool:
    """Tell whether there is a cluster of this id."""
    return bool(rows(db, "SELECT 1 FROM cluster WHERE id = ?", (cluster_id,)))


def cluster_person(db: apsw.Connection, cluster_id: ClusterId) -> PersonId | None:
    """Return to whom a cluster belongs; None is nobody, or there is no such cluster."""
    found = rows(db, "SELECT person_id FROM cluster WHERE id = ?", (cluster_id,))
    return PersonId(found[0][0]) if found and found[0][0] is not None else None


def drop_if_empty(db: apsw.Connection, cluster_id: ClusterId) -> None:
    """Remove a cluster that holds no face."""
    db.execute(
        "DELETE FROM cluster WHERE id = ?1"
        " AND NOT EXISTS (SELECT 1 FROM face f WHERE f.cluster_id = ?1)",
        (cluster_id,),
    )


def drop_empty_clusters(db: apsw.Connection) -> None:
    """Remove the clusters that belong to nobody and hold no face."""
    db.execute(
        "DELETE FROM cluster WHERE person_id IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM face f WHERE f.cluster_id = cluster.id)"
    )


def count_placeholders(db: apsw.Connection) -> int:
    """Return how many people have only an id of Picasa's for a name."""
    return int(rows(db, "SELECT count(*) FROM person WHERE is_placeholder = 1")[0][0])


def drop_spent_placeholders(db: apsw.Connection) -> None:
    """Remove the people without a name of whom no face and no contact is left."""
    db.execute(
        "DELETE FROM person WHERE is_placeholder = 1"
        " AND NOT EXISTS (SELECT 1 FROM contact c WHERE c.person_id = person.id)"
        " AND NOT EXISTS (SELECT 1 FROM assignment a WHERE a.person_id = person.id)"
    )
