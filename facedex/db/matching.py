"""What matching reads and writes: people's lives, what was decided, and suggestions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from facedex.db import faces
from facedex.db.connection import rows
from facedex.db.existing import has_file
from facedex.db.library import get_meta, set_meta
from facedex.types import FaceId, PersonId

if TYPE_CHECKING:
    from collections.abc import Iterable

    import apsw
    from numpy.typing import NDArray

_MATCHES = "matches"


def person_dates(db: apsw.Connection) -> dict[int, tuple[str | None, str | None]]:
    """Return the birth and death of each person of whom one is known, as ISO dates."""
    sql = "SELECT id, born, died FROM person WHERE born IS NOT NULL OR died IS NOT NULL"
    return {person: (born, died) for person, born, died in rows(db, sql)}


def settled_faces(db: apsw.Connection) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the faces that are confirmed or ignored, by id, and their people; 0: ignored."""
    sql = (
        "SELECT face_id, coalesce(person_id, 0) FROM assignment"
        " WHERE state IN ('confirmed', 'ignored') ORDER BY face_id"
    )
    found = np.array(rows(db, sql), dtype=np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def stored_suggestions(
    db: apsw.Connection, face_ids: Iterable[int] | None = None
) -> dict[int, tuple[int, float | None, float | None]]:
    """Return the person, distance and probability that these faces, or all, are suggested."""
    sql = (
        "SELECT face_id, person_id, distance, probability FROM assignment WHERE state = 'suggested'"
    )
    if face_ids is None:
        found = rows(db, sql)
    else:
        among = " AND face_id IN (SELECT value FROM json_each(?))"
        found = rows(db, sql + among, (json.dumps(list(face_ids)),))
    return {face: (person, distance, p) for face, person, distance, p in found}


def replace_suggestions(
    db: apsw.Connection,
    face_ids: Iterable[int],
    suggested: Iterable[tuple[int, int, float, float]],
) -> None:
    """Take back what these faces are suggested, and suggest (face, person, distance, probability).

    A face that is settled by now is left alone, and a person who was rejected for it, or is gone.
    """
    db.executemany(
        "DELETE FROM assignment WHERE face_id = ? AND state = 'suggested'",
        ((face,) for face in face_ids),
    )
    for face, person, distance, probability in suggested:
        faces.add_suggestion(db, FaceId(face), PersonId(person), distance, probability)


def drop_gone_suggestions(db: apsw.Connection) -> None:
    """Take back what is suggested for faces whose photo has no file any more; in a transaction."""
    db.execute(
        f"DELETE FROM assignment WHERE state = 'suggested' AND NOT {has_file('assignment.face_id')}"
    )
    count_match(db)


def weigh_suggestions(
    db: apsw.Connection, suggested: Iterable[tuple[int, int, float, float]]
) -> None:
    """Store another distance and probability of (face, person) that are suggested already."""
    db.executemany(
        "UPDATE assignment SET distance = ?3, probability = ?4"
        " WHERE face_id = ?1 AND person_id = ?2 AND state = 'suggested'",
        suggested,
    )


def last_finished_run(db: apsw.Connection) -> int | None:
    """Return the id of the latest scan that has ended: it tells whether there may be new faces."""
    sql = "SELECT max(id) FROM scan_run WHERE finished_us IS NOT NULL"
    last: int | None = rows(db, sql)[0][0]
    return last


def count_match(db: apsw.Connection) -> None:
    """Note that all suggestions were computed anew, or must be; in a transaction."""
    set_meta(db, _MATCHES, str(n_matches(db) + 1))


def n_matches(db: apsw.Connection) -> int:
    """Return how often that was noted: another number, and faces may have come or gone."""
    return int(get_meta(db, _MATCHES) or 0)
