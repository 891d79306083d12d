"""Faces with their encodings and assignments."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facedex.db.connection import now_us, rows
from facedex.db.existing import has_file
from facedex.geometry import points_to_upright
from facedex.types import (
    DRAWN_ORIGINS,
    Assignment,
    Box,
    ClusterId,
    FaceId,
    FaceState,
    PersonId,
    PhotoId,
    Source,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import apsw
    from numpy.typing import NDArray

_DRAWN = ", ".join(f"'{origin}'" for origin in sorted(DRAWN_ORIGINS))
ON_NOTHING = f"(coalesce(f.quality, 1) < {{floor}} AND f.origin IN ({_DRAWN}))"
"""Of a face f: a person drew its box, and by its quality nobody is to be seen there."""


@dataclass(frozen=True, slots=True)
class NewFace:
    """A face to be stored.

    Attributes
    ----------
    box : stored-pixel frame, within 0..1.
    origin : the detector's name, ``picasa``, ``xmp`` or ``manual``.
    landmarks : float32 (5, 2), stored-pixel frame, or None.
    encoding : float32 (d,), or None where the face could not be encoded.
    quality : 0..1, how well it can be recognised, or None where nobody told.
    """

    box: Box
    origin: str
    score: float | None = None
    landmarks: NDArray[np.float32] | None = None
    encoding: NDArray[np.float32] | None = None
    quality: float | None = None


@dataclass(frozen=True, slots=True)
class StoredFace:
    """A face's row; the box is in the stored-pixel frame."""

    face_id: FaceId
    uuid: str
    photo_id: PhotoId
    box: Box
    origin: str
    cluster_id: ClusterId | None
    is_settled: bool


def faces_of_photo(db: apsw.Connection, photo_id: PhotoId) -> list[StoredFace]:
    """Return a photo's faces, by id. Settled.

    Not only the program has assigned or compared them.
    """
    sql = (
        "SELECT f.id, f.uuid, f.photo_id, f.x0, f.y0, f.x1, f.y1, f.origin, f.cluster_id,"
        " EXISTS (SELECT 1 FROM assignment a WHERE a.face_id = f.id AND a.source != 'auto')"
        " OR EXISTS (SELECT 1 FROM rejected_pair r WHERE r.face_a = f.id OR r.face_b = f.id)"
        " FROM face f WHERE f.photo_id = ? ORDER BY f.id"
    )
    return [
        StoredFace(FaceId(i), u, PhotoId(p), Box(x0, y0, x1, y1), o, c, bool(s))
        for i, u, p, x0, y0, x1, y1, o, c, s in rows(db, sql, (photo_id,))
    ]


def add_face(
    db: apsw.Connection, photo_id: PhotoId, face: NewFace, engine: str | None, model: str
) -> FaceId:
    """Add a face with its encoding and return its id."""
    db.execute(
        "INSERT INTO face (uuid, photo_id, x0, y0, x1, y1, origin, engine, score, quality,"
        " landmarks, created_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            str(uuid.uuid4()), photo_id, *_corners(face.box), face.origin, engine, face.score,
            face.quality, _landmarks_json(face.landmarks), now_us(),
        ),
    )  # fmt: skip
    face_id = FaceId(db.last_insert_rowid())
    _set_encoding(db, face_id, model, face.encoding)
    return face_id


def add_drawn_face(db: apsw.Connection, photo_id: PhotoId, box: Box, face_uuid: str) -> FaceId:
    """Add a box that no detector found (origin ``manual``), in the stored-pixel frame.

    Return its id.
    """
    db.execute(
        "INSERT INTO face (uuid, photo_id, x0, y0, x1, y1, origin, created_us)"
        " VALUES (?, ?, ?, ?, ?, ?, 'manual', ?)",
        (face_uuid, photo_id, *_corners(box), now_us()),
    )
    return FaceId(db.last_insert_rowid())


def is_drawn(db: apsw.Connection, face_id: FaceId) -> bool:
    """Tell whether a face is a box that somebody drew in facedex."""
    return bool(rows(db, "SELECT 1 FROM face WHERE id = ? AND origin = 'manual'", (face_id,)))


def set_encoding(
    db: apsw.Connection,
    face_id: FaceId,
    model: str,
    landmarks: NDArray[np.float32] | None,
    encoding: NDArray[np.float32] | None,
    quality: float | None,
) -> None:
    """Give a face what a model says of it.

    Its box and origin stay. Landmarks: stored-pixel frame.
    """
    db.execute(
        "UPDATE face SET landmarks = ?, quality = ? WHERE id = ?",
        (_landmarks_json(landmarks), quality, face_id),
    )
    _set_encoding(db, face_id, model, encoding)


def forget_encoding(db: apsw.Connection, face_id: FaceId, model: str) -> None:
    """Take back what a model made of a face: nothing is to be seen in its box."""
    db.execute("DELETE FROM encoding WHERE face_id = ? AND model = ?", (face_id, model))
    db.execute("UPDATE face SET landmarks = NULL, quality = NULL WHERE id = ?", (face_id,))


def encoded_on_nothing(
    db: apsw.Connection, model: str, quality_floor: float
) -> list[tuple[PhotoId, FaceId, Box]]:
    """Return the boxes on nothing that ``model`` has encoded, by photo; stored-frame boxes."""
    sql = (
        "SELECT f.photo_id, f.id, f.x0, f.y0, f.x1, f.y1 FROM face f"
        " JOIN encoding e ON e.face_id = f.id WHERE e.model = ?"
        f" AND {ON_NOTHING.format(floor='?')} ORDER BY f.photo_id, f.id"
    )
    found = rows(db, sql, (model, quality_floor))
    return [(PhotoId(photo), FaceId(face), Box(*box)) for photo, face, *box in found]


def unencoded_named(db: apsw.Connection, model: str) -> list[tuple[PhotoId, FaceId, Box]]:
    """Return the confirmed faces that ``model`` has not encoded, by photo; stored-frame boxes."""
    sql = (
        "SELECT f.photo_id, f.id, f.x0, f.y0, f.x1, f.y1 FROM face f"
        " JOIN assignment a ON a.face_id = f.id AND a.state = 'confirmed'"
        " WHERE NOT EXISTS (SELECT 1 FROM encoding e WHERE e.face_id = f.id AND e.model = ?)"
        " ORDER BY f.photo_id, f.id"
    )
    return [
        (PhotoId(photo), FaceId(face), Box(*box)) for photo, face, *box in rows(db, sql, (model,))
    ]


def update_face(
    db: apsw.Connection, face_id: FaceId, face: NewFace, engine: str, model: str
) -> None:
    """Replace what a program found out about a face; who it is stays."""
    db.execute(
        "UPDATE face SET x0 = ?, y0 = ?, x1 = ?, y1 = ?, origin = ?, engine = ?, score = ?,"
        " quality = ?, landmarks = ? WHERE id = ?",
        (
            *_corners(face.box), face.origin, engine, face.score, face.quality,
            _landmarks_json(face.landmarks), face_id,
        ),
    )  # fmt: skip
    _set_encoding(db, face_id, model, face.encoding)


def delete_face(db: apsw.Connection, face_id: FaceId) -> None:
    """Remove a face that nobody but the program has assigned."""
    db.execute("DELETE FROM face WHERE id = ?", (face_id,))


def _corners(box: Box) -> tuple[float, float, float, float]:
    return box.x0, box.y0, box.x1, box.y1


def upright_landmarks(db: apsw.Connection, face_id: FaceId) -> NDArray[np.float32] | None:
    """Return float32 (5, 2), 0..1 of the photo, upright; None where none are known."""
    sql = (
        "SELECT f.landmarks, p.orientation FROM face f JOIN photo p ON p.id = f.photo_id"
        " WHERE f.id = ?"
    )
    found = rows(db, sql, (face_id,))
    if not found or found[0][0] is None:
        return None
    points, orientation = found[0]
    return points_to_upright(np.array(json.loads(points), np.float32), orientation)


def _landmarks_json(landmarks: NDArray[np.float32] | None) -> str | None:
    if landmarks is None:
        return None
    return json.dumps([[round(float(x), 6), round(float(y), 6)] for x, y in landmarks])


def _set_encoding(
    db: apsw.Connection, face_id: FaceId, model: str, encoding: NDArray[np.float32] | None
) -> None:
    if encoding is not None:
        vector = np.ascontiguousarray(encoding, dtype="<f4")
        db.execute(
            "INSERT OR REPLACE INTO encoding VALUES (?, ?, ?, ?)",
            (face_id, model, len(vector), vector.tobytes()),
        )


def drop_encodings(db: apsw.Connection, face_id: FaceId) -> None:
    """Take from a face what it looks like, so that nobody is recognised by it; its names stay."""
    db.execute("DELETE FROM encoding WHERE face_id = ?", (face_id,))


def assignments(db: apsw.Connection, face_id: FaceId) -> tuple[Assignment, ...]:
    """Return the assignments of a face, in the order they came."""
    sql = (
        "SELECT person_id, state, source, distance, probability FROM assignment"
        " WHERE face_id = ? ORDER BY id"
    )
    return tuple(
        Assignment(person, FaceState(state), Source(source), distance, probability)
        for person, state, source, distance, probability in rows(db, sql, (face_id,))
    )


def set_assignments(db: apsw.Connection, face_id: FaceId, words: Iterable[Assignment]) -> None:
    """Replace the assignments of a face."""
    db.execute("DELETE FROM assignment WHERE face_id = ?", (face_id,))
    for one in words:
        db.execute(
            "INSERT INTO assignment (face_id, person_id, state, source, distance, probability,"
            " at_us) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                face_id,
                one.person_id,
                one.state,
                one.source,
                one.distance,
                one.probability,
                now_us(),
            ),
        )


def cluster_of(db: apsw.Connection, face_id: FaceId) -> ClusterId | None:
    """Return the cluster of a face, or None."""
    found = rows(db, "SELECT cluster_id FROM face WHERE id = ?", (face_id,))
    return found[0][0] if found else None


def set_cluster(db: apsw.Connection, face_id: FaceId, cluster_id: ClusterId | None) -> None:
    """Place a face in a cluster, or in none."""
    db.execute("UPDATE face SET cluster_id = ? WHERE id = ?", (cluster_id, face_id))


def join_cluster(db: apsw.Connection, face_id: FaceId, cluster_id: ClusterId) -> bool:
    """Place a face in an unknown group; tell whether it is in it now.

    Not if it is in one or settled by now, or the group is gone or has got a name.
    """
    db.execute(
        "UPDATE face SET cluster_id = ?1 WHERE id = ?2 AND cluster_id IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM assignment a WHERE a.face_id = face.id"
        "  AND a.state IN ('confirmed', 'ignored'))"
        " AND EXISTS (SELECT 1 FROM cluster c WHERE c.id = ?1 AND c.person_id IS NULL)",
        (cluster_id, face_id),
    )
    return db.changes() > 0


def faces_of_person(db: apsw.Connection, person_id: PersonId) -> list[FaceId]:
    """Return every face that has an assignment of a person, be it a denial, by id."""
    sql = "SELECT face_id FROM assignment WHERE person_id = ? ORDER BY face_id"
    return [FaceId(i) for (i,) in rows(db, sql, (person_id,))]


def confirmed_faces(db: apsw.Connection, person_id: PersonId) -> list[FaceId]:
    """Return a person's confirmed faces, by id, without companions' and those of gone photos."""
    sql = (
        "SELECT face_id FROM assignment a WHERE person_id = ? AND state = 'confirmed'"
        " AND NOT EXISTS (SELECT 1 FROM twin t WHERE t.face_id = a.face_id)"
        f" AND {has_file('a.face_id')} ORDER BY face_id"
    )
    return [FaceId(i) for (i,) in rows(db, sql, (person_id,))]


def count_photos_with_both(db: apsw.Connection, one: PersonId, other: PersonId) -> int:
    """Return on how many photos both people are confirmed."""
    photos = (
        "SELECT f.photo_id FROM assignment a JOIN face f ON f.id = a.face_id"
        " WHERE a.state = 'confirmed' AND a.person_id = ?"
    )
    sql = f"SELECT count(*) FROM ({photos} INTERSECT {photos})"
    return int(rows(db, sql, (one, other))[0][0])


def add_suggestion(
    db: apsw.Connection,
    face_id: FaceId,
    person_id: PersonId,
    distance: float,
    probability: float | None = None,
) -> None:
    """Suggest a person for a face; a person who was rejected for it stays rejected."""
    db.execute(
        "INSERT INTO assignment (face_id, person_id, state, source, distance, probability, at_us)"
        " SELECT ?1, ?2, 'suggested', 'auto', ?3, ?4, ?5 WHERE NOT EXISTS (SELECT 1 FROM"
        " assignment a  WHERE a.face_id = ?1 AND a.state IN ('confirmed', 'ignored')) AND EXISTS"
        " (SELECT 1 FROM person p WHERE p.id = ?2) AND EXISTS (SELECT 1 FROM face f WHERE f.id ="
        " ?1) ON CONFLICT DO NOTHING",
        (face_id, person_id, distance, probability, now_us()),
    )


@dataclass(frozen=True, slots=True)
class EncodedFaces:
    """The faces of one model as arrays of equal length, by face id.

    ``person`` is 0 where nobody is confirmed and ``cluster`` 0 where the face is not placed;
    ``is_ignored`` marks faces that shall not be matched, ``is_gone`` those whose photo has no file
    any more: who is confirmed on it was still seen there. ``taken_us`` and ``quality`` are NaN
    where they are not known.
    """

    face: NDArray[np.int64]
    photo: NDArray[np.int64]
    person: NDArray[np.int64]
    cluster: NDArray[np.int64]
    is_ignored: NDArray[np.bool_]
    is_gone: NDArray[np.bool_]
    encoding: NDArray[np.float32]
    taken_us: NDArray[np.float64]
    quality: NDArray[np.float64]


def load_encoded(db: apsw.Connection, model: str, quality_floor: float) -> EncodedFaces:
    """Return every face that ``model`` has encoded, without those that a lead photo shows too.

    A box that a person drew is left out where its quality is below the floor: it is on nothing.
    """
    sql = (
        "SELECT f.id, f.photo_id, coalesce(a.person_id, 0), coalesce(f.cluster_id, 0),"
        " coalesce(a.state = 'ignored', 0),"
        f" NOT {has_file('f.id')},"
        " e.vector, p.taken_us, f.quality"
        " FROM encoding e JOIN face f ON f.id = e.face_id JOIN photo p ON p.id = f.photo_id"
        " LEFT JOIN assignment a ON a.face_id = f.id AND a.state IN ('confirmed', 'ignored')"
        " WHERE e.model = ? AND NOT EXISTS (SELECT 1 FROM twin t WHERE t.face_id = f.id)"
        f" AND NOT {ON_NOTHING.format(floor='?')} ORDER BY f.id"
    )
    found = rows(db, sql, (model, quality_floor))
    numbers = np.array([row[:6] for row in found], dtype=np.int64).reshape(-1, 6)
    n_elements = len(found[0][6]) // 4 if found else 0
    vectors = np.frombuffer(b"".join(row[6] for row in found), dtype="<f4")
    return EncodedFaces(
        numbers[:, 0],
        numbers[:, 1],
        numbers[:, 2],
        numbers[:, 3],
        numbers[:, 4].astype(np.bool_),
        numbers[:, 5].astype(np.bool_),
        vectors.reshape(len(found), n_elements).astype(np.float32),
        np.array([row[7] for row in found], dtype=np.float64),
        np.array([row[8] for row in found], dtype=np.float64),
    )


def unknown_places(db: apsw.Connection, model: str) -> dict[FaceId, int]:
    """Return the cluster of every face that ``model`` has encoded and nobody has spoken of.

    Left out are faces in a person's cluster and those of gone photos. 0: in no cluster, nor is a
    person suggested.
    """
    sql = (
        "SELECT f.id, coalesce(f.cluster_id, 0) FROM encoding e JOIN face f ON f.id = e.face_id"
        " LEFT JOIN cluster c ON c.id = f.cluster_id WHERE e.model = ? AND c.person_id IS NULL"
        f" AND {has_file('f.id')}"
        " AND NOT EXISTS (SELECT 1 FROM assignment a WHERE a.face_id = f.id"
        "  AND (a.state IN ('confirmed', 'ignored')"
        "   OR a.state = 'suggested' AND f.cluster_id IS NULL))"
    )
    return {FaceId(face): cluster for face, cluster in rows(db, sql, (model,))}


def rejected_pairs(db: apsw.Connection) -> set[tuple[int, int]]:
    """Return (face, person) of every rejection."""
    sql = "SELECT face_id, person_id FROM assignment WHERE state = 'rejected'"
    return {(face, person) for face, person in rows(db, sql)}


def has_encoding(db: apsw.Connection, face_id: FaceId) -> bool:
    """Tell whether any model has encoded the face."""
    return bool(rows(db, "SELECT 1 FROM encoding WHERE face_id = ? LIMIT 1", (face_id,)))


def exists(db: apsw.Connection, face_id: FaceId) -> bool:
    """Tell whether there is a face of this id."""
    return bool(rows(db, "SELECT 1 FROM face WHERE id = ?", (face_id,)))


def uuid_of(db: apsw.Connection, face_id: FaceId) -> str | None:
    """Return a face's uuid, or None if there is no such face."""
    found = rows(db, "SELECT uuid FROM face WHERE id = ?", (face_id,))
    return str(found[0][0]) if found else None


def find_by_uuid(db: apsw.Connection, face_uuid: str) -> FaceId | None:
    """Return the face of a uuid, or None."""
    found = rows(db, "SELECT id FROM face WHERE uuid = ?", (face_uuid,))
    return FaceId(found[0][0]) if found else None


def find_encoding(db: apsw.Connection, face_id: FaceId, model: str) -> NDArray[np.float32] | None:
    """Return a face's encoding by a model, float32 (d,), or None."""
    sql = "SELECT vector FROM encoding WHERE face_id = ? AND model = ?"
    found = rows(db, sql, (face_id, model))
    return np.frombuffer(found[0][0], "<f4") if found else None


def vectors_of(
    db: apsw.Connection, face_ids: Sequence[FaceId], model: str
) -> tuple[list[FaceId], NDArray[np.float32]]:
    """Return those of the faces that ``model`` has encoded, in their order, and float32 (n, d)."""
    sql = (
        "SELECT e.face_id, e.vector FROM json_each(?) j JOIN encoding e ON e.face_id = j.value"
        " WHERE e.model = ? ORDER BY j.key"
    )
    found = rows(db, sql, (json.dumps(list(face_ids)), model))
    vectors = np.frombuffer(b"".join(vector for _face, vector in found), dtype="<f4")
    shape = (len(found), len(vectors) // max(len(found), 1))
    return [FaceId(i) for i, _vector in found], vectors.reshape(shape).astype(np.float32)


def photo_ids(db: apsw.Connection, face_ids: Sequence[FaceId]) -> dict[FaceId, PhotoId]:
    """Return the photo of each face."""
    sql = "SELECT id, photo_id FROM face WHERE id IN (SELECT value FROM json_each(?))"
    return dict(rows(db, sql, (json.dumps(list(face_ids)),)))


def faces_in_cluster(db: apsw.Connection, cluster_id: ClusterId) -> list[FaceId]:
    """Return every face that is placed in a cluster, whatever its assignments, by id."""
    sql = "SELECT id FROM face WHERE cluster_id = ? ORDER BY id"
    return [FaceId(i) for (i,) in rows(db, sql, (cluster_id,))]


def become(db: apsw.Connection, old_id: FaceId, new_id: FaceId) -> None:
    """Let a newly found face be one that was known: uuid, assignments, cluster and regions."""
    face_uuid, cluster = rows(db, "SELECT uuid, cluster_id FROM face WHERE id = ?", (old_id,))[0]
    db.execute("DELETE FROM assignment WHERE face_id = ?", (new_id,))
    db.execute("UPDATE assignment SET face_id = ? WHERE face_id = ?", (new_id, old_id))
    db.execute("UPDATE region SET face_id = ? WHERE face_id = ?", (new_id, old_id))
    db.execute("UPDATE rejected_pair SET face_a = ? WHERE face_a = ?", (new_id, old_id))
    db.execute("UPDATE rejected_pair SET face_b = ? WHERE face_b = ?", (new_id, old_id))
    db.execute("DELETE FROM face WHERE id = ?", (old_id,))
    db.execute(
        "UPDATE face SET uuid = ?, cluster_id = ? WHERE id = ?", (face_uuid, cluster, new_id)
    )
