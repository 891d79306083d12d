"""Names that stand and deserve a second look: twice on one photo, or no longer in their source."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facedex.db.connection import rows
from facedex.db.existing import has_file

if TYPE_CHECKING:
    import apsw

_PATH = "rtrim(r.path_text, '/') || '/' || x.relpath_text"


def _path_of_photo(photo_id: str) -> str:
    return (
        f"(SELECT {_PATH} FROM file x JOIN root r ON r.id = x.root_id"
        f" WHERE x.photo_id = {photo_id} ORDER BY x.state = 'missing', x.id LIMIT 1)"
    )


_PATH_OF_SOURCE = (
    f"coalesce(s.path, (SELECT {_PATH} FROM file x JOIN root r ON r.id = x.root_id"
    " WHERE x.id = s.file_id), '')"
)


@dataclass(frozen=True, slots=True)
class TwiceOnPhoto:
    """Several faces of one photo that are confirmed as one person, by these sources."""

    photo: str
    name: str
    n_faces: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NameWithoutSource:
    """A name that stands although the source that it came from no longer says so.

    Attributes
    ----------
    is_of_face : confirmed on a face; else a name of the whole photo.
    kind : of the source; whose word it is (``"picasa"``), where nothing is left of the source.
    source : the path of the document that said so, or ``""``.
    """

    photo: str
    name: str
    is_of_face: bool
    kind: str
    source: str


def people_twice_on_a_photo(db: apsw.Connection) -> list[TwiceOnPhoto]:
    """Return who is confirmed on several faces of one photo, by photo and name.

    A companion is left out where the picture beside it shows the same.
    """
    sql = (
        "WITH twice AS (SELECT f.photo_id, a.person_id, count(*) AS n_faces,"
        "  json_group_array(DISTINCT a.source) AS sources"
        "  FROM face f JOIN assignment a ON a.face_id = f.id AND a.state = 'confirmed'"
        f"  WHERE {has_file('f.id')} GROUP BY f.photo_id, a.person_id HAVING count(*) > 1)"
        f" SELECT {_path_of_photo('t.photo_id')} AS photo, p.name, t.n_faces, t.sources"
        " FROM twice t JOIN person p ON p.id = t.person_id"
        " WHERE NOT EXISTS (SELECT 1 FROM companion c JOIN twice l ON l.photo_id = c.lead_id"
        "  WHERE c.photo_id = t.photo_id AND l.person_id = t.person_id)"
        " ORDER BY photo, p.name"
    )
    return [
        TwiceOnPhoto(photo, name, n_faces, tuple(sorted(json.loads(sources))))
        for photo, name, n_faces, sources in rows(db, sql)
    ]


def names_without_source(db: apsw.Connection) -> list[NameWithoutSource]:
    """Return the names that only a source gave which no longer does, by photo and name.

    What any source still says of the face, its companion's face, or the whole photo counts.
    """
    faces = [NameWithoutSource(*row) for row in rows(db, _OF_FACES)]
    photos = [NameWithoutSource(*row) for row in rows(db, _OF_PHOTOS)]
    return sorted([*faces, *photos], key=lambda one: (one.photo, one.name, not one.is_of_face))


_TWINS = (
    "SELECT f.id UNION SELECT t.face_id FROM twin t WHERE t.lead_id = f.id"
    " UNION SELECT t.lead_id FROM twin t WHERE t.face_id = f.id"
)
_STILL_SAYS = (
    "SELECT 1 FROM region g WHERE g.person_id = a.person_id AND g.status != 'withdrawn'"
    f" AND (g.face_id IN ({_TWINS}) OR g.face_id IS NULL AND g.photo_id = f.photo_id)"
)
# the last document that said it of the face
_WITHDRAWN = (
    "SELECT max(g.id) FROM region g WHERE g.person_id = a.person_id AND g.status = 'withdrawn'"
    f" AND g.face_id IN ({_TWINS})"
)
_OF_FACES = (
    f"SELECT {_path_of_photo('f.photo_id')}, p.name, 1, coalesce(s.kind, a.source),"
    f" {_PATH_OF_SOURCE}"
    " FROM assignment a JOIN face f ON f.id = a.face_id JOIN person p ON p.id = a.person_id"
    f" LEFT JOIN region w ON w.id = ({_WITHDRAWN}) LEFT JOIN source s ON s.id = w.source_id"
    " WHERE a.state = 'confirmed' AND a.source NOT IN ('user', 'auto')"
    " AND NOT EXISTS (SELECT 1 FROM twin t WHERE t.face_id = f.id)"
    f" AND {has_file('f.id')} AND NOT EXISTS ({_STILL_SAYS})"
)
# what this library wrote itself is withdrawn too, before it was ever placed; it has a box
_OF_PHOTOS = (
    f"SELECT {_path_of_photo('g.photo_id')}, p.name, 0, s.kind, {_PATH_OF_SOURCE}"
    " FROM region g JOIN source s ON s.id = g.source_id JOIN person p ON p.id = g.person_id"
    " WHERE g.id IN (SELECT max(o.id) FROM region o WHERE o.status = 'withdrawn'"
    "   AND o.said = 'named' AND o.face_id IS NULL AND (o.x0 IS NULL OR o.frame IS NOT NULL)"
    "   GROUP BY o.photo_id, o.person_id)"
    " AND EXISTS (SELECT 1 FROM file x WHERE x.photo_id = g.photo_id AND x.state != 'missing')"
    " AND NOT EXISTS (SELECT 1 FROM region o WHERE o.photo_id = g.photo_id"
    "   AND o.person_id = g.person_id AND o.status != 'withdrawn')"
    " AND NOT EXISTS (SELECT 1 FROM assignment a JOIN face f ON f.id = a.face_id"
    "   WHERE f.photo_id = g.photo_id AND a.person_id = g.person_id AND a.state = 'confirmed')"
)
