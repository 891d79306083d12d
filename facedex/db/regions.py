"""What Picasa wrote: its ini files, and each rectangle with what became of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facedex.db.connection import rows
from facedex.types import Box, FaceId, FileId, PersonId, PhotoId, RootId

if TYPE_CHECKING:
    import apsw

    from facedex.types import PicasaIni


@dataclass(frozen=True, slots=True)
class IniFile:
    """A Picasa ini that is there; ``is_read`` if what it says now is in the database."""

    file_id: FileId
    root_id: RootId
    root: bytes
    relpath: bytes
    content_hash: bytes
    is_read: bool


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of an ini; ``box`` as Picasa wrote it."""

    region_id: int
    ini_file_id: FileId
    root_id: RootId
    folder: bytes
    filename: str
    rect_hex: str
    contact_id: str
    rotate: int | None
    person_id: PersonId | None
    photo_id: PhotoId | None
    face_id: FaceId | None
    status: str
    box: Box


def list_inis(db: apsw.Connection) -> list[IniFile]:
    """Return every Picasa ini that is there, in path order."""
    sql = (
        "SELECT f.id, f.root_id, r.path, f.relpath, f.content_hash,"
        " coalesce(p.content_hash = f.content_hash, 0)"
        " FROM file f JOIN root r ON r.id = f.root_id LEFT JOIN picasa_ini p ON p.file_id = f.id"
        " WHERE f.state = 'present' AND r.state = 'online' AND f.content_hash IS NOT NULL"
        " AND lower(f.relpath_text) LIKE '%picasa.ini' ORDER BY f.root_id, f.relpath"
    )
    return [
        IniFile(FileId(i), RootId(r), path, rel, content, bool(is_read))
        for i, r, path, rel, content, is_read in rows(db, sql)
    ]


def contacts_of(db: apsw.Connection, file_id: FileId) -> dict[str, str]:
    """Return the contacts (id -> name) that an ini named when it was last read."""
    found = rows(db, "SELECT contacts FROM picasa_ini WHERE file_id = ?", (file_id,))
    return dict(json.loads(found[0][0])) if found else {}


def save_ini(db: apsw.Connection, file_id: FileId, content_hash: bytes, ini: PicasaIni) -> None:
    """Take over an ini: its contacts, and its rectangles as waiting to be placed.

    Rectangles it no longer holds are kept as ``withdrawn``; faces stay whatever happens here.
    """
    db.execute(
        "INSERT OR REPLACE INTO picasa_ini VALUES (?, ?, ?, ?, ?)",
        (
            file_id, content_hash, json.dumps(ini.contacts), json.dumps(ini.problems),
            int(ini.is_export),
        ),
    )  # fmt: skip
    db.execute("UPDATE region SET status = 'withdrawn' WHERE ini_file_id = ?", (file_id,))
    for section in ini.sections:
        for face in section.faces:
            db.execute(
                "INSERT INTO region (ini_file_id, filename, rect_hex, contact_id, rotate, x0, y0,"
                " x1, y1, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')"
                " ON CONFLICT DO UPDATE SET status = 'pending', rotate = excluded.rotate",
                (
                    file_id, section.filename, face.rect_hex, face.contact_id, section.rotate,
                    face.box.x0, face.box.y0, face.box.x1, face.box.y1,
                ),
            )  # fmt: skip


def list_regions(db: apsw.Connection) -> list[Region]:
    """Return the rectangles that stand in an ini now, in the order of inis and lines."""
    sql = (
        "SELECT g.id, g.ini_file_id, f.root_id, f.relpath, g.filename, g.rect_hex, g.contact_id,"
        " g.rotate, g.person_id, g.photo_id, g.face_id, g.status, g.x0, g.y0, g.x1, g.y1"
        " FROM region g JOIN file f ON f.id = g.ini_file_id WHERE g.status != 'withdrawn'"
        " ORDER BY f.root_id, f.relpath, g.id"
    )
    return [
        Region(
            i, FileId(ini), RootId(root), relpath[: relpath.rfind(b"/") + 1], name, rect, contact,
            rotate, person, photo, face, status, Box(x0, y0, x1, y1),
        )
        for i, ini, root, relpath, name, rect, contact, rotate, person, photo, face, status,
            x0, y0, x1, y1 in rows(db, sql)
    ]  # fmt: skip


def link_region(
    db: apsw.Connection, region_id: int, file_id: FileId | None, photo_id: PhotoId | None
) -> None:
    """Say which file and photo a rectangle is about; None while they are not there."""
    db.execute(
        "UPDATE region SET file_id = ?, photo_id = ? WHERE id = ?", (file_id, photo_id, region_id)
    )


def settle_region(
    db: apsw.Connection,
    region_id: int,
    status: str,
    frame: str | None = None,
    person_id: PersonId | None = None,
    face_id: FaceId | None = None,
) -> None:
    """Say what became of a rectangle."""
    db.execute(
        "UPDATE region SET status = ?, frame = coalesce(?, frame), person_id = ?, face_id = ?"
        " WHERE id = ?",
        (status, frame, person_id, face_id, region_id),
    )


@dataclass(frozen=True, slots=True)
class ContactReport:
    """What became of one contact's rectangles; the last five sum up to ``found``.

    Attributes
    ----------
    name : the person's in facedex, None for rectangles that Picasa did not name.
    encoded : has a face with an encoding. unencodable : has a named box, or only its name.
    orphaned : its photo is not in the library. unnamed : the contact is nobody.
    pending : waits for its photo to be searched.
    """

    contact_id: str
    name: str | None
    found: int
    encoded: int
    unencodable: int
    orphaned: int
    unnamed: int
    pending: int


@dataclass(frozen=True, slots=True)
class PicasaReport:
    """Every rectangle in every Picasa ini, by contact, and what could not be understood."""

    contacts: tuple[ContactReport, ...]
    n_inis: int
    problems: tuple[tuple[str, tuple[str, ...]], ...]


def report(db: apsw.Connection) -> PicasaReport:
    """Return what became of every rectangle that stands in an ini now."""
    sql = (
        "SELECT g.contact_id, coalesce(p.name, c.name), count(*),"
        " sum(g.status = 'encoded'), sum(g.status = 'unencodable'), sum(g.status = 'orphaned'),"
        " sum(g.status = 'unnamed'), sum(g.status = 'pending')"
        " FROM region g LEFT JOIN person p ON p.id = g.person_id"
        " LEFT JOIN contact c ON c.contact_id = g.contact_id WHERE g.status != 'withdrawn'"
        " GROUP BY g.contact_id ORDER BY 2 COLLATE NOCASE, 1"
    )
    contacts = tuple(ContactReport(*row) for row in rows(db, sql))
    sql = (
        "SELECT f.path, p.problems FROM picasa_ini p JOIN v1_files f ON f.file_id = p.file_id"
        " WHERE p.problems != '[]' ORDER BY f.path"
    )
    problems = tuple((path, tuple(json.loads(said))) for path, said in rows(db, sql))
    return PicasaReport(contacts, rows(db, "SELECT count(*) FROM picasa_ini")[0][0], problems)
