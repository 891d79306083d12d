"""Pairs of people, or of faces of two groups, that the user decided are not one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from facedex.db.connection import rows

if TYPE_CHECKING:
    import apsw

    from facedex.types import PersonId

PairKind = Literal["people", "faces"]
_COLUMNS = {"people": ("person_a", "person_b"), "faces": ("face_a", "face_b")}


@dataclass(frozen=True, slots=True)
class RejectedPair:
    """Two person ids, or two face ids, by ``kind``."""

    kind: PairKind
    a: int
    b: int


def is_rejected(db: apsw.Connection, kind: PairKind, a: int, b: int) -> bool:
    """Tell whether the user decided that these are not one person, in either order."""
    x, y = _COLUMNS[kind]
    sql = f"SELECT 1 FROM rejected_pair WHERE min({x}, {y}) = ? AND max({x}, {y}) = ?"
    return bool(rows(db, sql, (min(a, b), max(a, b))))


def set_rejected(db: apsw.Connection, kind: PairKind, a: int, b: int, *, is_rejected: bool) -> None:
    """Remember, or forget, that two are not the same person."""
    x, y = _COLUMNS[kind]
    if is_rejected:
        db.execute(f"INSERT OR IGNORE INTO rejected_pair ({x}, {y}) VALUES (?, ?)", (a, b))
    else:
        db.execute(
            f"DELETE FROM rejected_pair WHERE min({x}, {y}) = ? AND max({x}, {y}) = ?",
            (min(a, b), max(a, b)),
        )


def list_rejected(db: apsw.Connection) -> list[RejectedPair]:
    """Return every rejected pair, in the order they came."""
    sql = (
        "SELECT person_a IS NOT NULL, coalesce(person_a, face_a), coalesce(person_b, face_b)"
        " FROM rejected_pair ORDER BY id"
    )
    return [RejectedPair("people" if p else "faces", a, b) for p, a, b in rows(db, sql)]


def rejected_of_person(db: apsw.Connection, person_id: PersonId) -> list[RejectedPair]:
    """Return the pairs of which a person is one."""
    sql = "SELECT person_a, person_b FROM rejected_pair WHERE person_a = ?1 OR person_b = ?1"
    return [RejectedPair("people", a, b) for a, b in rows(db, sql, (person_id,))]
