"""What a review compares: encoded faces of clusters and lone ones, and who is suggested."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facedex.db.connection import rows
from facedex.db.existing import has_file
from facedex.db.faces import ON_NOTHING
from facedex.types import FaceId, PersonId

if TYPE_CHECKING:
    from collections.abc import Iterable

    import apsw
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class UnitFaces:
    """Encoded faces that are named, or that nobody has spoken of, as arrays of equal length.

    ``unit`` is the cluster's id, or minus the face's id for a face in none; ``person`` is 0 where
    nobody is confirmed. Ignored and suggested faces are left out.
    """

    face: NDArray[np.int64]
    photo: NDArray[np.int64]
    unit: NDArray[np.int64]
    person: NDArray[np.int64]
    encoding: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody of whom faces are suggested: how many, and the surest one's probability."""

    person_id: PersonId
    n_faces: int
    probability: float | None


# an open face that lies in a person's cluster, for instance after being ignored, counts as alone
_SQL = (
    "SELECT f.id, f.photo_id, coalesce(a.person_id, 0),"
    " iif(f.cluster_id IS NULL OR c.person_id IS NOT a.person_id, -f.id, f.cluster_id), e.vector"
    " FROM encoding e JOIN face f ON f.id = e.face_id LEFT JOIN cluster c ON c.id = f.cluster_id"
    " LEFT JOIN assignment a ON a.face_id = f.id AND a.state = 'confirmed'"
    " WHERE e.model = ?1 AND NOT EXISTS (SELECT 1 FROM assignment x WHERE x.face_id = f.id"
    "   AND x.state IN ('ignored', 'suggested'))"
    " AND NOT EXISTS (SELECT 1 FROM twin t WHERE t.face_id = f.id)"
    f" AND {has_file('f.id')}"
    f" AND NOT {ON_NOTHING.format(floor='?2')}"
)
# a face brings the whole cluster that it is in: a unit is read whole or not at all
_SOME = (
    " AND f.id IN (SELECT -value FROM json_each(?3) WHERE value < 0"
    "  UNION SELECT g.id FROM face g WHERE g.cluster_id IN ("
    "   SELECT value FROM json_each(?3) WHERE value > 0"
    "   UNION SELECT h.cluster_id FROM json_each(?3) j JOIN face h ON h.id = -j.value))"
)


def load_units(
    db: apsw.Connection, model: str, quality_floor: float, units: Iterable[int] | None = None
) -> UnitFaces:
    """Return the faces of these units, or of all, by face id, without boxes on nothing."""
    if units is None:
        found = rows(db, _SQL + " ORDER BY f.id", (model, quality_floor))
    else:
        wanted = json.dumps(list(units))
        found = rows(db, _SQL + _SOME + " ORDER BY f.id", (model, quality_floor, wanted))
    numbers = np.array([row[:4] for row in found], dtype=np.int64).reshape(-1, 4)
    vectors = np.frombuffer(b"".join(row[4] for row in found), dtype="<f4")
    n_elements = len(found[0][4]) // 4 if found else 0
    encoding = vectors.reshape(len(found), n_elements).astype(np.float32)
    return UnitFaces(numbers[:, 0], numbers[:, 1], numbers[:, 3], numbers[:, 2], encoding)


def list_waiting(db: apsw.Connection) -> list[Waiting]:
    """Return who has suggestions, by person."""
    sql = (
        "SELECT person_id, count(*), max(probability) FROM assignment a WHERE state = 'suggested'"
        f" AND {has_file('a.face_id')}"
        " GROUP BY person_id"
    )
    return [Waiting(PersonId(person), n, chance) for person, n, chance in rows(db, sql)]


def surest_suggestions(
    db: apsw.Connection, person_id: PersonId, limit: int
) -> list[tuple[FaceId, float | None]]:
    """Return the faces that are most likely a person's, with probabilities, the surest first."""
    sql = (
        "SELECT face_id, probability FROM assignment a WHERE person_id = ? AND state = 'suggested'"
        f" AND {has_file('a.face_id')}"
        " ORDER BY probability DESC, distance, face_id LIMIT ?"
    )
    return [(FaceId(face), chance) for face, chance in rows(db, sql, (person_id, limit))]


def newest_cluster(db: apsw.Connection) -> int:
    """Return the greatest id that a cluster ever had; 0 before the first."""
    found = rows(db, "SELECT seq FROM sqlite_sequence WHERE name = 'cluster'")
    return int(found[0][0]) if found else 0


def rejected_people(db: apsw.Connection) -> list[tuple[int, int, int]]:
    """Return (unit, person, in how many of its faces) of everybody whom the user rejected."""
    sql = (
        "SELECT iif(f.cluster_id IS NULL OR c.person_id IS NOT NULL, -f.id, f.cluster_id) AS unit,"
        " a.person_id, count(*) FROM assignment a JOIN face f ON f.id = a.face_id"
        " LEFT JOIN cluster c ON c.id = f.cluster_id WHERE a.state = 'rejected' GROUP BY 1, 2"
    )
    return rows(db, sql)


def rejected_pairs(db: apsw.Connection) -> list[tuple[int, int, int, int]]:
    """Return (person, unit, other person, other unit) of each rejected pair as things are now.

    A person is 0 where the face that stood for a group has no name by now, a unit 0 where a person
    was meant from the beginning.
    """
    side = (
        "coalesce(r.person_{0}, (SELECT a.person_id FROM assignment a"
        " WHERE a.face_id = r.face_{0} AND a.state = 'confirmed'), 0),"
        " coalesce((SELECT f.cluster_id FROM face f WHERE f.id = r.face_{0}), 0)"
    )
    sql = f"SELECT {side.format('a')}, {side.format('b')} FROM rejected_pair r"
    return rows(db, sql)
