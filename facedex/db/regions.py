"""What other programs said of faces and people, each region with what became of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from facedex.db.connection import now_us, rows
from facedex.db.files import FileRef
from facedex.paths import join
from facedex.types import Box, FaceId, FileId, PersonId, PhotoId, RootId

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import apsw

Said = Literal["named", "unnamed", "ignored", "suggested"]


@dataclass(frozen=True, slots=True)
class NewRegion:
    """A face or a name that a source tells of.

    Attributes
    ----------
    photo_name : how the source names the photo: an ini's section, an absolute path in a database;
        ``""`` is the source's own file, or the photo whose sidecar it is.
    rect : as written; ``""`` for a name without a place.
    box : as written, 0..1, in whatever frame the source means; None for a name without a place.
    contact_id : Picasa's, or ``""``. name : as written, or ``""``.
    said : whether it names somebody; ``suggested`` is another program's guess.
    rotate : Picasa's own quarter turns, where it noted them.
    tagged_us : when it was named, in microseconds since 1970, or None.
    """

    photo_name: str
    rect: str
    box: Box | None
    contact_id: str = ""
    name: str = ""
    said: Said = "named"
    rotate: int | None = None
    tagged_us: int | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """A region that stands in its source now; ``box`` as written, None for a name without a place.

    ``root_id``, ``folder`` and ``filename`` say where its document is; of a database they are None
    and empty.
    """

    region_id: int
    source_id: int
    kind: str
    root_id: RootId | None
    folder: bytes
    filename: bytes
    photo_name: str
    rect: str
    contact_id: str
    name: str
    said: Said
    rotate: int | None
    person_id: PersonId | None
    file_id: FileId | None
    photo_id: PhotoId | None
    face_id: FaceId | None
    status: str
    box: Box | None


def save_regions(db: apsw.Connection, source_id: int, regions: Iterable[NewRegion]) -> None:
    """Take over what a source says now; each region waits to be placed.

    Those it no longer holds are kept as ``withdrawn``; faces stay whatever happens here.
    """
    db.execute("UPDATE region SET status = 'withdrawn' WHERE source_id = ?", (source_id,))
    # what this source contradicted may be right from now on
    db.execute(
        "UPDATE region SET status = 'pending' WHERE status = 'conflict' AND photo_id IN"
        " (SELECT photo_id FROM region WHERE source_id = ?)",
        (source_id,),
    )
    for new in regions:
        corners = (None,) * 4 if new.box is None else (*_corners(new.box),)
        db.execute(
            "INSERT INTO region (source_id, photo_name, rect, contact_id, name, said, rotate,"
            " tagged_us, x0, y0, x1, y1, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
            " 'pending') ON CONFLICT DO UPDATE SET status = 'pending', said = excluded.said,"
            " rotate = excluded.rotate, tagged_us = excluded.tagged_us",
            (
                source_id, new.photo_name, new.rect, new.contact_id, new.name, new.said,
                new.rotate, new.tagged_us, *corners,
            ),
        )  # fmt: skip


def repeat_for_photos(db: apsw.Connection, source_id: int, photo_names: Sequence[str]) -> None:
    """Let what a source says of its own photo (``photo_name`` ``""``) be said of these photos too.

    Of other photos that it named before it says nothing any more.
    """
    names = json.dumps(list(photo_names))
    db.execute(
        "UPDATE region SET status = 'withdrawn' WHERE source_id = ? AND photo_name != ''"
        " AND status != 'withdrawn' AND photo_name NOT IN (SELECT value FROM json_each(?))",
        (source_id, names),
    )
    db.execute(
        "INSERT INTO region (source_id, photo_name, rect, contact_id, name, said, rotate,"
        " tagged_us, x0, y0, x1, y1, status) SELECT source_id, n.value, rect, contact_id, name,"
        " said, rotate, tagged_us, x0, y0, x1, y1, 'pending' FROM region, json_each(?) n"
        " WHERE source_id = ? AND photo_name = '' AND status != 'withdrawn'"
        " ON CONFLICT DO UPDATE SET status = 'pending' WHERE status = 'withdrawn'",
        (names, source_id),
    )


def _corners(box: Box) -> tuple[float, float, float, float]:
    return box.x0, box.y0, box.x1, box.y1


_SELECT = (
    "SELECT g.id, g.source_id, s.kind, f.root_id, f.relpath, g.photo_name, g.rect, g.contact_id,"
    " g.name, g.said, g.rotate, g.person_id, g.file_id, g.photo_id, g.face_id, g.status,"
    " g.x0, g.y0, g.x1, g.y1"
    " FROM region g JOIN source s ON s.id = g.source_id LEFT JOIN file f ON f.id = s.file_id"
    " WHERE g.status != 'withdrawn'"
)


def list_regions(db: apsw.Connection) -> list[Region]:
    """Return the regions that stand in a source now, in the order of their documents and lines."""
    sql = _SELECT + " ORDER BY f.root_id, f.relpath, g.source_id, g.id"
    return [_region(row) for row in rows(db, sql)]


def regions_of_photo(db: apsw.Connection, photo_id: PhotoId) -> list[Region]:
    """Return the regions of a photo that stand in a source now, in the same order."""
    sql = _SELECT + " AND g.photo_id = ? ORDER BY f.root_id, f.relpath, g.source_id, g.id"
    return [_region(row) for row in rows(db, sql, (photo_id,))]


def _region(row: tuple[Any, ...]) -> Region:
    (
        region_id, source_id, kind, root_id, relpath, photo_name, rect, contact_id, name, said,
        rotate, person_id, file_id, photo_id, face_id, status, *corners,
    ) = row  # fmt: skip
    folder, slash, filename = (relpath or b"").rpartition(b"/")
    return Region(
        region_id, source_id, kind, root_id, folder + slash, filename, photo_name, rect,
        contact_id, name, said, rotate, person_id, file_id, photo_id, face_id, status,
        None if corners[0] is None else Box(*corners),
    )  # fmt: skip


def boxes_of(db: apsw.Connection, source_id: int) -> list[Box]:
    """Return where a source draws faces now, as written."""
    sql = "SELECT x0, y0, x1, y1 FROM region WHERE source_id = ? AND x0 IS NOT NULL"
    found = rows(db, sql + " AND status != 'withdrawn' ORDER BY id", (source_id,))
    return [Box(*corners) for corners in found]


@dataclass(frozen=True, slots=True)
class Mention:
    """A photo as a source names it; ``root_id`` and ``relpath`` are the source's document's."""

    source_id: int
    kind: str
    root_id: RootId | None
    relpath: bytes
    photo_name: str


def mentions(db: apsw.Connection) -> list[Mention]:
    """Return every photo that a source tells of, except those whose own file says so."""
    sql = (
        "SELECT s.id, s.kind, f.root_id, f.relpath, m.photo_name FROM ("
        " SELECT source_id, photo_name FROM region WHERE status != 'withdrawn'"
        " UNION SELECT source_id, photo_name FROM note"
        # a sidecar may say nothing but how its photo is turned
        " UNION SELECT id, '' FROM source WHERE kind = 'xmp') m"
        " JOIN source s ON s.id = m.source_id LEFT JOIN file f ON f.id = s.file_id"
        " WHERE f.photo_id IS NULL ORDER BY f.root_id, f.relpath, s.id, m.photo_name"
    )
    return [Mention(i, kind, root, rel or b"", name) for i, kind, root, rel, name in rows(db, sql)]


def link_mention(
    db: apsw.Connection, mention: Mention, file_id: FileId, photo_id: PhotoId | None
) -> None:
    """Say which file and photo is meant; regions that were not there yet wait to be placed."""
    key = mention.source_id, mention.photo_name
    db.execute(
        "UPDATE region SET file_id = ?3, photo_id = ?4,"
        " status = iif(photo_id IS NOT ?4 OR status = 'orphaned', 'pending', status)"
        " WHERE source_id = ?1 AND photo_name = ?2 AND status != 'withdrawn'"
        " AND (photo_id IS NOT ?4 OR file_id IS NOT ?3 OR status = 'orphaned')",
        (*key, file_id, photo_id),
    )
    db.execute(
        "UPDATE note SET photo_id = ?3 WHERE source_id = ?1 AND photo_name = ?2"
        " AND photo_id IS NOT ?3",
        (*key, photo_id),
    )


def orphan_mention(db: apsw.Connection, mention: Mention) -> None:
    """Say that the photo is not there; one that was keeps its faces and what is said of them."""
    db.execute(
        "UPDATE region SET status = 'orphaned' WHERE source_id = ? AND photo_name = ?"
        " AND photo_id IS NULL AND said = 'named' AND status != 'withdrawn'",
        (mention.source_id, mention.photo_name),
    )


def name_region(db: apsw.Connection, region_id: int, person_id: PersonId | None) -> None:
    """Store whom a region names; it waits to be placed as theirs where its photo is there.

    None is nobody, though it has a name.
    """
    db.execute(
        "UPDATE region SET person_id = ?, status = iif(status = 'orphaned', status, 'pending')"
        " WHERE id = ?",
        (person_id, region_id),
    )


def settle_region(
    db: apsw.Connection,
    region_id: int,
    status: str,
    frame: str | None = None,
    face_id: FaceId | None = None,
    evidence: str | None = None,
) -> None:
    """Store what became of a region, and what speaks for its place."""
    db.execute(
        "UPDATE region SET status = ?, frame = coalesce(?, frame), evidence = ?, face_id = ?,"
        " settled_us = ? WHERE id = ?",
        (status, frame, evidence, face_id, now_us(), region_id),
    )


def place_again(db: apsw.Connection, photo_id: PhotoId) -> None:
    """Let the regions of a photo be placed anew: what is known of its picture has changed."""
    db.execute(
        "UPDATE region SET status = 'pending' WHERE photo_id = ?"
        " AND status IN ('encoded', 'unencodable', 'unplaced', 'conflict', 'ignored')",
        (photo_id,),
    )


def mark_unencodable(db: apsw.Connection, face_id: FaceId) -> None:
    """Note that nobody is recognised by a face that regions name."""
    db.execute(
        "UPDATE region SET status = 'unencodable' WHERE face_id = ? AND status = 'encoded'",
        (face_id,),
    )


def ask_again(db: apsw.Connection, face_id: FaceId) -> None:
    """Let the regions on a face that nobody has named any more name it at the next taking over."""
    db.execute(
        "UPDATE region SET status = 'pending' WHERE face_id = ?"
        " AND status IN ('encoded', 'unencodable', 'conflict', 'ignored')",
        (face_id,),
    )


def follow_face(
    db: apsw.Connection, face_id: FaceId, was: PersonId | None, person_id: PersonId
) -> None:
    """Let the regions that named a face as ``was`` mean somebody else; others are placed anew."""
    db.execute(
        "UPDATE region SET person_id = ? WHERE face_id = ? AND said = 'named'"
        " AND person_id IS ? AND status IN ('encoded', 'unencodable')",
        (person_id, face_id, was),
    )
    ask_again(db, face_id)


def names_meaning(db: apsw.Connection, person_id: PersonId) -> list[str]:
    """Return the names without a contact by which files mean somebody."""
    sql = "SELECT DISTINCT name FROM region WHERE person_id = ? AND contact_id = '' ORDER BY 1"
    return [name for (name,) in rows(db, sql, (person_id,))]


def take_names(db: apsw.Connection, person_id: PersonId, names: Sequence[str]) -> None:
    """Let these names in files mean somebody again."""
    db.execute(
        "UPDATE region SET person_id = ?1, status = iif(status IN ('orphaned', 'withdrawn'),"
        " status, 'pending') WHERE contact_id = '' AND person_id IS NOT ?1 AND name IN (SELECT"
        " value FROM json_each(?2))",
        (person_id, json.dumps(list(names))),
    )


def move_to_person(db: apsw.Connection, person_id: PersonId, into_id: PersonId) -> None:
    """Let the regions that mean somebody mean somebody else."""
    db.execute("UPDATE region SET person_id = ? WHERE person_id = ?", (into_id, person_id))


def link_own_photos(db: apsw.Connection) -> None:
    """Link the regions and notes that stand in a photo's own file to that photo."""
    db.execute(
        "UPDATE region SET file_id = f.id, photo_id = f.photo_id, status = 'pending'"
        " FROM source s JOIN file f ON f.id = s.file_id"
        " WHERE s.id = region.source_id AND f.photo_id IS NOT NULL"
        " AND region.status != 'withdrawn' AND region.photo_id IS NOT f.photo_id"
    )
    db.execute(
        "UPDATE note SET photo_id = f.photo_id FROM source s JOIN file f ON f.id = s.file_id"
        " WHERE s.id = note.source_id AND f.photo_id IS NOT NULL"
        " AND note.photo_id IS NOT f.photo_id"
    )


@dataclass(frozen=True, slots=True)
class TurnedPhoto:
    """A photo that Picasa shows turned and whose file says nothing of it.

    ``rotate`` is in clockwise quarter turns, ``turn`` the EXIF orientation it is turned by now.
    """

    file_id: FileId
    photo_id: PhotoId
    rotate: int
    turn: int


def turned_in_picasa(db: apsw.Connection) -> list[TurnedPhoto]:
    """Return the searched photos with faces in an ini that turns them, each once."""
    sql = (
        "SELECT f.id, g.photo_id, max(g.rotate), f.turn FROM region g"
        " JOIN source s ON s.id = g.source_id AND s.kind = 'ini'"
        " JOIN file f ON f.id = g.file_id AND f.photo_id = g.photo_id"
        " JOIN analysis a ON a.photo_id = g.photo_id"
        " WHERE g.rotate BETWEEN 1 AND 3 AND f.orientation = 1 AND g.status != 'withdrawn'"
        " GROUP BY f.id ORDER BY f.id"
    )
    return [TurnedPhoto(*row) for row in rows(db, sql)]


def photos_to_settle(db: apsw.Connection) -> list[PhotoId]:
    """Return the photos with regions to settle, by id.

    Regions that wait, or whose photo was searched again since, or that no longer say what became of
    them: somebody named the face otherwise, or took that back.
    """
    says = "EXISTS (SELECT 1 FROM assignment a WHERE a.face_id = g.face_id AND a.state {0})"
    is_theirs = says.format("= 'confirmed' AND a.person_id = g.person_id")
    is_decided = says.format("IN ('confirmed', 'ignored', 'rejected')")
    sql = (
        "SELECT photo_id FROM region WHERE status = 'pending' AND photo_id IS NOT NULL"
        " UNION SELECT g.photo_id FROM region g WHERE g.face_id IS NOT NULL AND g.said = 'named'"
        "   AND g.photo_id IS NOT NULL AND (g.status IN ('encoded', 'unencodable')"
        f"    AND NOT {is_theirs} OR g.status = 'conflict' AND ({is_theirs} OR NOT {is_decided}))"
        " UNION SELECT g.photo_id FROM analysis a JOIN region g ON g.photo_id = a.photo_id"
        " WHERE a.at_us > g.settled_us AND g.status != 'withdrawn' ORDER BY 1"
    )
    return [PhotoId(photo_id) for (photo_id,) in rows(db, sql)]


def people_of_names(db: apsw.Connection) -> dict[str, PersonId]:
    """Return whom a name without a contact id came to mean, by the name as it was written.

    A person who was renamed in facedex is still meant by what a file says.
    """
    sql = (
        "SELECT name, max(person_id) FROM region"
        " WHERE contact_id = '' AND name != '' AND person_id IS NOT NULL GROUP BY name"
    )
    return {name: PersonId(person_id) for name, person_id in rows(db, sql)}


def files_without_photo(db: apsw.Connection) -> list[FileRef]:
    """Return the files that regions are about and of which no photo is known, by id."""
    sql = (
        "SELECT DISTINCT f.id, r.path, f.relpath FROM region g JOIN file f ON f.id = g.file_id"
        " JOIN root r ON r.id = f.root_id WHERE f.photo_id IS NULL AND g.said = 'named' ORDER BY"
        " f.id"
    )
    return [FileRef(FileId(i), join(root, rel), 0) for i, root, rel in rows(db, sql)]


def settle_without_photo(db: apsw.Connection) -> None:
    """Say what becomes of the regions that wait and whose photo cannot be read."""
    db.execute(
        "UPDATE region SET settled_us = ?, status = iif(said != 'named', said,"
        " iif(person_id IS NULL, 'unnamed', 'unencodable'))"
        " WHERE status = 'pending' AND photo_id IS NULL",
        (now_us(),),
    )
