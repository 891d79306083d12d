"""What a person looks at: people, groups, faces and photos as rows to show."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facedex.db.connection import rows
from facedex.db.existing import has_file
from facedex.geometry import upright_size
from facedex.types import (
    POOR_QUALITY,
    Box,
    ClusterId,
    FaceId,
    FaceState,
    PersonId,
    PhotoId,
    Source,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import apsw


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A named person with the number of their faces; born and died as far as they are known."""

    person_id: PersonId
    name: str
    n_faces: int
    n_confirmed: int
    n_suggested: int
    born: str | None = None
    died: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A cluster of look-alike faces that belongs to nobody yet."""

    cluster_id: ClusterId
    n_faces: int


@dataclass(frozen=True, slots=True)
class FaceRow:
    """One face, as a list or a photo shows it.

    Attributes
    ----------
    person_id, person_name : of the confirmed person, else of the suggested one, else None.
    box : upright frame, 0..1.
    path : one existing path of the photo, absolute, as text for people (not for opening).
    distance : to the suggested person's centroid, where there is a suggestion.
    probability : that the suggestion is right, where it says so.
    companion : a path of the RAW photo beside this one that shows the same face, or None.
    """

    face_id: FaceId
    photo_id: PhotoId
    person_id: PersonId | None
    person_name: str | None
    state: FaceState
    source: Source | None
    box: Box
    path: str
    distance: float | None
    cluster_id: ClusterId | None
    companion: str | None = None
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class PhotoNotes:
    """What other programs noted of a photo; ``people`` are those they name without saying where."""

    is_starred: bool = False
    is_hidden: bool = False
    caption: str = ""
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """A photo with all its faces.

    ``width_px`` and ``height_px`` are of the upright picture; ``companions`` are paths, one each,
    of the photos beside it that show the same moment.
    """

    photo_id: PhotoId
    path: str
    width_px: int
    height_px: int
    taken_us: int | None
    faces: tuple[FaceRow, ...]
    companions: tuple[str, ...] = ()
    notes: PhotoNotes = PhotoNotes()


@dataclass(frozen=True, slots=True)
class LibraryCounts:
    """How much there is in a library; a face on a RAW and on the picture beside it counts once."""

    n_roots: int
    n_files: int
    n_pending: int
    n_missing: int
    n_photos: int
    n_unsearched: int
    n_faces: int
    n_confirmed: int
    n_suggested: int
    n_ignored: int
    n_people: int
    n_groups: int
    n_duplicate_files: int
    n_problems: int
    n_companions: int


_FACE = (
    "SELECT face_id, photo_id, person_id, person_name, state, source, x0, y0, x1, y1,"
    " path, distance, cluster_id,"
    " (SELECT x.path FROM twin t JOIN face o ON o.id = t.face_id"
    "   JOIN v1_files x ON x.photo_id = o.photo_id WHERE t.lead_id = v1_faces.face_id"
    "   ORDER BY x.state = 'missing', x.file_id LIMIT 1), probability FROM v1_faces"
)
# a face on a companion is shown on the lead only, and one whose photo has no file any more nowhere;
# {0} is the face's id
_SHOWN = " AND NOT EXISTS (SELECT 1 FROM twin t WHERE t.face_id = {0}) AND " + has_file("{0}")
# a face that is shown and neither named nor ignored nor suggested to be somebody
_OPEN = _SHOWN.format("f.id") + (
    " AND NOT EXISTS (SELECT 1 FROM assignment a WHERE a.face_id = f.id"
    "   AND a.state IN ('confirmed', 'ignored', 'suggested'))"
)

_IGNORED = "FROM assignment a WHERE a.state = 'ignored'" + _SHOWN.format("a.face_id")


def _face_row(row: tuple[Any, ...]) -> FaceRow:
    face, photo, person, name, state, source, x0, y0, x1, y1, path, distance, cluster, *rest = row
    return FaceRow(
        face, photo, person, name,
        FaceState(str(state)),
        None if source is None else Source(str(source)),
        Box(x0, y0, x1, y1),
        str(path or ""), distance, cluster, *rest,
    )  # fmt: skip


def list_people(db: apsw.Connection) -> list[PersonRow]:
    """Return everybody who has a face or a name, by name."""
    sql = (
        "SELECT person_id, name, n_faces, n_confirmed, n_suggested, born, died, aliases"
        " FROM v1_people ORDER BY name COLLATE NOCASE, person_id"
    )
    return [
        PersonRow(i, name, n, n_confirmed, n_suggested, born, died, tuple(json.loads(names)))
        for i, name, n, n_confirmed, n_suggested, born, died, names in rows(db, sql)
    ]


def list_groups(db: apsw.Connection) -> list[GroupRow]:
    """Return the groups of unknown faces, biggest first."""
    sql = (
        "SELECT c.id, count(*) AS n FROM cluster c JOIN face f ON f.cluster_id = c.id"
        " WHERE c.person_id IS NULL" + _OPEN + " GROUP BY c.id ORDER BY n DESC, c.id"
    )
    return [GroupRow(ClusterId(cluster), n) for cluster, n in rows(db, sql)]


def person_faces(db: apsw.Connection, person_id: PersonId) -> list[FaceId]:
    """Return a person's faces: the suggested ones first, surest first and poor ones last."""
    sql = (
        "SELECT a.face_id FROM assignment a JOIN face f ON f.id = a.face_id WHERE a.person_id = ?"
        " AND a.state IN ('suggested', 'confirmed')"
        + _SHOWN.format("a.face_id")
        + " ORDER BY a.state = 'confirmed',"
        " a.state = 'suggested' AND coalesce(f.quality, 1) < ?,"
        " round(a.probability, 3) DESC, a.distance, a.face_id"
    )
    return [FaceId(i) for (i,) in rows(db, sql, (person_id, POOR_QUALITY))]


def sure_suggestions(
    db: apsw.Connection, least: float, person_ids: Collection[PersonId] | None = None
) -> list[tuple[FaceId, PersonId, float]]:
    """Return face, person and probability of the suggestions that are at least so likely.

    Of these people, or for None of everybody; the least likely come first.
    """
    among = None if person_ids is None else json.dumps(sorted(person_ids))
    sql = (
        "SELECT a.face_id, a.person_id, a.probability FROM assignment a"
        " WHERE a.state = 'suggested' AND a.probability >= ?1"
        " AND (?2 IS NULL OR a.person_id IN (SELECT value FROM json_each(?2)))"
        + _SHOWN.format("a.face_id")
        + " ORDER BY a.probability, a.face_id"
    )
    return [(FaceId(i), PersonId(who), p) for i, who, p in rows(db, sql, (least, among))]


def group_faces(db: apsw.Connection, cluster_id: ClusterId) -> list[FaceId]:
    """Return the faces of a group that are still unknown."""
    sql = "SELECT f.id FROM face f WHERE f.cluster_id = ?" + _OPEN + " ORDER BY f.id"
    return [FaceId(i) for (i,) in rows(db, sql, (cluster_id,))]


def ungrouped_faces(db: apsw.Connection) -> list[FaceId]:
    """Return the unknown faces that are in no group."""
    sql = "SELECT f.id FROM face f WHERE f.cluster_id IS NULL" + _OPEN + " ORDER BY f.id"
    return [FaceId(i) for (i,) in rows(db, sql)]


def ignored_faces(db: apsw.Connection) -> list[FaceId]:
    """Return the faces that the user put aside."""
    sql = f"SELECT face_id {_IGNORED} ORDER BY face_id"
    return [FaceId(i) for (i,) in rows(db, sql)]


def count_ungrouped(db: apsw.Connection) -> int:
    """Return how many unknown faces are in no group."""
    return int(rows(db, "SELECT count(*) FROM face f WHERE f.cluster_id IS NULL" + _OPEN)[0][0])


def count_ignored(db: apsw.Connection) -> int:
    """Return how many faces the user put aside."""
    return int(rows(db, f"SELECT count(*) {_IGNORED}")[0][0])


def faces_by_id(db: apsw.Connection, face_ids: Sequence[FaceId]) -> list[FaceRow]:
    """Return the rows of these faces, in the given order; those that are gone are left out."""
    wanted = json.dumps(list(face_ids))
    sql = _FACE + " WHERE face_id IN (SELECT value FROM json_each(?))"
    by_id = {row[0]: _face_row(row) for row in rows(db, sql, (wanted,))}
    return [by_id[face_id] for face_id in face_ids if face_id in by_id]


def find_faces(
    db: apsw.Connection, person: str | None, state: str | None, limit: int
) -> list[FaceRow]:
    """Return faces by path, of a person (any case) and in a state where they are given.

    A face that a companion shows too is there once, one whose photo has no file any more is not.
    """
    sql = _FACE + (
        f" WHERE companion_of IS NULL AND {has_file('v1_faces.face_id')}"
        " AND (?1 IS NULL OR person_name = ?1 COLLATE NOCASE)"
        " AND (?2 IS NULL OR state = ?2)"
        " ORDER BY path, x0 LIMIT ?3"
    )
    return [_face_row(row) for row in rows(db, sql, (person, state, limit))]


def get_photo_row(db: apsw.Connection, photo_id: PhotoId) -> PhotoRow:
    """Return a photo with its faces; raises ``KeyError`` if there is none of this id."""
    found = rows(
        db,
        "SELECT width_px, height_px, orientation, taken_us,"
        " (SELECT f.path FROM v1_files f WHERE f.photo_id = photo.id"
        "   ORDER BY f.state = 'missing', f.root, f.path LIMIT 1)"
        " FROM photo WHERE id = ?",
        (photo_id,),
    )
    if not found:
        raise KeyError(photo_id)
    width, height, orientation, taken_us, path = found[0]
    width, height = upright_size(width, height, orientation)
    there = rows(db, _FACE + " WHERE photo_id = ? ORDER BY x0, face_id", (photo_id,))
    faces = tuple(_face_row(row) for row in there)
    beside = rows(
        db,
        "WITH lead AS"
        " (SELECT coalesce((SELECT lead_id FROM companion WHERE photo_id = ?1), ?1) AS id)"
        " SELECT (SELECT f.path FROM v1_files f WHERE f.photo_id = moment.id"
        "   ORDER BY f.state = 'missing', f.file_id LIMIT 1) AS path"
        " FROM (SELECT id FROM lead UNION"
        "   SELECT photo_id FROM companion WHERE lead_id = (SELECT id FROM lead)) moment"
        " WHERE moment.id != ?1 AND path IS NOT NULL ORDER BY path",
        (photo_id,),
    )
    companions = tuple(path for (path,) in beside)
    return PhotoRow(
        photo_id, path or "", width, height, taken_us, faces, companions, _notes(db, photo_id)
    )


def _notes(db: apsw.Connection, photo_id: PhotoId) -> PhotoNotes:
    """Return what other programs noted; who is confirmed on the photo is not named again."""
    sql = "SELECT is_starred, is_hidden, caption FROM v1_photos WHERE photo_id = ?"
    is_starred, is_hidden, caption = rows(db, sql, (photo_id,))[0]
    people = rows(
        db,
        "SELECT DISTINCT p.name FROM region g JOIN person p ON p.id = g.person_id"
        " WHERE g.photo_id = ?1 AND g.status = 'unplaced' AND NOT EXISTS (SELECT 1"
        "  FROM assignment a JOIN face f ON f.id = a.face_id"
        "  WHERE f.photo_id = ?1 AND a.person_id = p.id AND a.state = 'confirmed') ORDER BY p.name",
        (photo_id,),
    )
    names = tuple(name for (name,) in people)
    return PhotoNotes(bool(is_starred), bool(is_hidden), caption or "", names)


def count_library(db: apsw.Connection, engine: str | None) -> LibraryCounts:
    """Return how much there is; photos count as unsearched if ``engine`` has not seen them."""
    said = (
        "(SELECT count(*) FROM assignment a WHERE a.state = '{0}'"
        + _SHOWN.format("a.face_id")
        + ")"
    )
    sql = f"""
    SELECT (SELECT count(*) FROM root),
           (SELECT count(*) FROM file WHERE state != 'missing'),
           (SELECT count(*) FROM file WHERE state = 'pending'),
           (SELECT count(*) FROM file WHERE state = 'missing'),
           (SELECT count(DISTINCT photo_id) FROM file WHERE state = 'present'),
           (SELECT count(*) FROM photo p WHERE NOT EXISTS (SELECT 1 FROM analysis a
             WHERE a.photo_id = p.id AND (?1 IS NULL OR a.engine = ?1))
             AND EXISTS (SELECT 1 FROM file f WHERE f.photo_id = p.id AND f.state = 'present')),
           (SELECT count(*) FROM face f WHERE true {_SHOWN.format("f.id")}),
           {said.format("confirmed")}, {said.format("suggested")}, {said.format("ignored")},
           (SELECT count(*) FROM person),
           (SELECT count(DISTINCT c.id) FROM cluster c JOIN face f ON f.cluster_id = c.id
             WHERE c.person_id IS NULL {_OPEN}),
           (SELECT count(*) FROM v1_duplicates WHERE kind = 'exact'),
           (SELECT count(DISTINCT path) FROM v1_problems),
           (SELECT count(*) FROM companion)"""
    return LibraryCounts(*rows(db, sql, (engine,))[0])
