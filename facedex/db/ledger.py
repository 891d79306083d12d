"""What became of everything that other programs said of people: the questions of the ledger."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facedex.db.connection import rows
from facedex.db.sources import NO_DOCUMENT
from facedex.types import DRAWN_ORIGINS, Box

if TYPE_CHECKING:
    import apsw

    from facedex.types import FaceId, PersonId, Source

_STATUSES = (
    "encoded", "unencodable", "unplaced", "conflict", "orphaned", "unnamed", "ignored",
    "suggested", "pending",
)  # fmt: skip
_SUMS = ", ".join(f"coalesce(sum(g.status = '{status}'), 0)" for status in _STATUSES)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How many regions had which outcome; they sum up to ``found``.

    Attributes
    ----------
    encoded : a named face with an encoding. unencodable : a named box, or only its name.
    unplaced : a name without a place in the photo.
    conflict : somebody whose word counts more says otherwise.
    orphaned : its photo is not in the library. unnamed : nobody is named.
    ignored : put aside by the other program. suggested : only its guess, which is not taken over.
    pending : waits for its photo to be searched.
    """

    found: int
    encoded: int
    unencodable: int
    unplaced: int
    conflict: int
    orphaned: int
    unnamed: int
    ignored: int
    suggested: int
    pending: int


@dataclass(frozen=True, slots=True)
class SourceLine:
    """All sources of a kind; ``n_photos`` of the library are named in one of them."""

    kind: str
    n_sources: int
    n_photos: int
    outcomes: Outcomes


@dataclass(frozen=True, slots=True)
class NameLine:
    """One contact of Picasa's, or a name as other files write it.

    Attributes
    ----------
    contact_id : ``""`` where the source knows only names, or has none.
    name : the person's in facedex, else as written; None if there is none.
    """

    contact_id: str
    name: str | None
    outcomes: Outcomes


@dataclass(frozen=True, slots=True)
class FrameLine:
    """How many of a kind's placed regions had which outcome of the frame test."""

    kind: str
    frame: str
    n_regions: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """A region that was not followed: what it says, of which photo, and who stands instead.

    ``stands`` is None for a face that the user took the name from or put aside; ``by`` is who said
    so.
    """

    kind: str
    source: str
    photo: str
    says: str
    stands: str | None
    by: str


def by_source(db: apsw.Connection) -> list[SourceLine]:
    """Return the outcomes by kind of source; sources that tell of nobody count too."""
    sql = (
        "SELECT s.kind, count(DISTINCT s.id), count(DISTINCT g.photo_id), count(g.id), " + _SUMS
    ) + (
        " FROM source s LEFT JOIN region g ON g.source_id = s.id AND g.status != 'withdrawn'"
        " WHERE s.kind != ? GROUP BY s.kind ORDER BY s.kind"
    )
    return [
        SourceLine(kind, n_sources, n_photos, Outcomes(*sums))
        for kind, n_sources, n_photos, *sums in rows(db, sql, (NO_DOCUMENT,))
    ]


def of_source(db: apsw.Connection, source_id: int) -> Outcomes:
    """Return what became of one source's regions."""
    sql = f"SELECT count(*), {_SUMS} FROM region g WHERE source_id = ? AND status != 'withdrawn'"
    return Outcomes(*rows(db, sql, (source_id,))[0])


@dataclass(frozen=True, slots=True)
class TakenOver:
    """The people there are, and the faces on which another program's word stands."""

    people: frozenset[PersonId]
    faces: frozenset[tuple[FaceId, PersonId | None]]


def taken_over(db: apsw.Connection, source: Source) -> TakenOver:
    """Return what stands now because ``source`` says so."""
    people = rows(db, "SELECT id FROM person")
    faces = rows(db, "SELECT face_id, person_id FROM assignment WHERE source = ?", (source,))
    return TakenOver(frozenset(person_id for (person_id,) in people), frozenset(faces))


def by_name(db: apsw.Connection) -> list[NameLine]:
    """Return the outcomes by contact or name, sorted; contacts without a face come with zeros."""
    names = _contact_names(db)
    sql = (
        "SELECT g.contact_id, iif(g.contact_id = '', g.name, ''), max(coalesce(p.name, c.name)),"
        " count(*), " + _SUMS
    ) + (
        " FROM region g LEFT JOIN person p ON p.id = g.person_id"
        " LEFT JOIN contact c ON c.contact_id = g.contact_id WHERE g.status != 'withdrawn'"
        " GROUP BY 1, 2"
    )
    lines = [
        NameLine(contact_id, name or names.get(contact_id) or written or None, Outcomes(*sums))
        for contact_id, written, name, *sums in rows(db, sql)
    ]
    seen = {line.contact_id for line in lines}
    none = Outcomes(*(0,) * (1 + len(_STATUSES)))
    lines += [NameLine(key, name, none) for key, name in names.items() if key not in seen]
    return sorted(
        lines, key=lambda one: (one.name is None, (one.name or "").casefold(), one.contact_id)
    )


def _contact_names(db: apsw.Connection) -> dict[str, str]:
    """Return every contact id that a source lists, with the name that most of them give it."""
    sql = (
        "SELECT j.key, j.value FROM source s, json_each(s.contacts) j"
        " GROUP BY j.key, j.value ORDER BY count(*), j.value DESC"
    )
    return {str(contact_id): str(name) for contact_id, name in rows(db, sql)}


def contacts_with_several_names(db: apsw.Connection) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return (contact id, who it is here, its names in Picasa's files) where they are several."""
    sql = (
        "SELECT j.key, coalesce(p.name, ''), json_group_array(DISTINCT j.value)"
        " FROM source s, json_each(s.contacts) j LEFT JOIN contact c ON c.contact_id = j.key"
        " LEFT JOIN person p ON p.id = c.person_id"
        " GROUP BY j.key HAVING count(DISTINCT j.value) > 1 ORDER BY j.key"
    )
    return [(key, name, tuple(sorted(json.loads(names)))) for key, name, names in rows(db, sql)]


def by_frame(db: apsw.Connection) -> list[FrameLine]:
    """Return the outcomes of the frame test."""
    sql = (
        "SELECT s.kind, g.frame, count(*) FROM region g JOIN source s ON s.id = g.source_id"
        " WHERE g.frame IS NOT NULL AND g.status != 'withdrawn' GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2"
    )
    return [FrameLine(kind, frame, n) for kind, frame, n in rows(db, sql)]


def conflicts(db: apsw.Connection) -> list[Conflict]:
    """Return the regions that were not followed, with what stands in their place."""
    path = "rtrim(r.path_text, '/') || '/' || f.relpath_text"
    sql = (
        f"SELECT s.kind, coalesce(s.path, (SELECT {path} FROM file f JOIN root r ON r.id ="
        f" f.root_id  WHERE f.id = s.file_id)), coalesce((SELECT {path} FROM file f JOIN root r ON"
        " r.id = f.root_id  WHERE f.photo_id = g.photo_id ORDER BY f.id LIMIT 1), g.photo_name),"
        " coalesce(p.name, g.name), w.name, coalesce(a.source, 'user') FROM region g JOIN source s"
        " ON s.id = g.source_id LEFT JOIN person p ON p.id = g.person_id LEFT JOIN assignment a ON"
        " a.face_id = g.face_id AND a.state IN ('confirmed', 'ignored') LEFT JOIN person w ON w.id"
        " = a.person_id WHERE g.status = 'conflict' ORDER BY 2, 3, g.id"
    )
    return [Conflict(*row) for row in rows(db, sql)]


def missing_photos(db: apsw.Connection) -> list[tuple[str, str, int]]:
    """Return (source's path, photo as named there, regions) of the photos that are not there."""
    sql = (
        "SELECT coalesce(s.path, rtrim(r.path_text, '/') || '/' || f.relpath_text), g.photo_name,"
        " count(*) FROM region g JOIN source s ON s.id = g.source_id"
        " LEFT JOIN file f ON f.id = s.file_id LEFT JOIN root r ON r.id = f.root_id"
        " WHERE g.status = 'orphaned' GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return rows(db, sql)


def ini_lines(db: apsw.Connection) -> dict[str, int]:
    """Return how many lines and items of Picasa's inis are of which kind."""
    sql = (
        "SELECT j.key, sum(j.value) FROM source s, json_each(s.details, '$.lines') j"
        " WHERE s.kind = 'ini' GROUP BY j.key ORDER BY j.key"
    )
    return {str(kind): int(n) for kind, n in rows(db, sql)}


def web_ids(db: apsw.Connection) -> list[dict[str, str]]:
    """Return contact id to web contact of each ini that has some."""
    sql = "SELECT details -> '$.web_ids' FROM source WHERE details -> '$.web_ids' != '{}'"
    return [json.loads(said) for (said,) in rows(db, sql)]


def problems(db: apsw.Connection) -> list[tuple[str, tuple[str, ...]]]:
    """Return (source's path, lines) of what could not be understood."""
    sql = (
        "SELECT coalesce(s.path, rtrim(r.path_text, '/') || '/' || f.relpath_text) AS place,"
        " s.problems FROM source s LEFT JOIN file f ON f.id = s.file_id"
        " LEFT JOIN root r ON r.id = f.root_id WHERE s.problems != '[]' ORDER BY place"
    )
    return [(path, tuple(json.loads(said))) for path, said in rows(db, sql)]


@dataclass(frozen=True, slots=True)
class NamedRegion:
    """A face that was named elsewhere and is in the library.

    Attributes
    ----------
    box : as the other program drew it, in its frame.
    width_px, height_px : of the photo's stored pixels.
    is_found : the detector finds the face by itself.
    landmarks : five [x, y] pairs in the stored-pixel frame, or None.
    """

    box: Box
    width_px: int
    height_px: int
    orientation: int
    is_found: bool
    landmarks: list[list[float]] | None


def named_regions(db: apsw.Connection) -> list[NamedRegion]:
    """Return the faces that were named elsewhere, each once, of photos that have been searched."""
    drawn = json.dumps(sorted(DRAWN_ORIGINS))
    sql = (
        "SELECT g.x0, g.y0, g.x1, g.y1, p.width_px, p.height_px, p.orientation,"
        " f.origin NOT IN (SELECT value FROM json_each(?)), f.landmarks"
        " FROM region g JOIN face f ON f.id = g.face_id JOIN photo p ON p.id = f.photo_id"
        " JOIN analysis a ON a.photo_id = p.id"
        " WHERE g.id IN (SELECT min(x.id) FROM region x WHERE x.x0 IS NOT NULL AND x.said = 'named'"
        "  AND x.status IN ('encoded', 'unencodable') GROUP BY x.face_id) ORDER BY g.id"
    )
    return [_named_region(row) for row in rows(db, sql, (drawn,))]


def _named_region(row: tuple[Any, ...]) -> NamedRegion:
    x0, y0, x1, y1, width, height, orientation, is_found, landmarks = row
    points = None if landmarks is None else json.loads(landmarks)
    return NamedRegion(Box(x0, y0, x1, y1), width, height, orientation, bool(is_found), points)
