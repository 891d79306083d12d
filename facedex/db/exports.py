"""What is exported: the named faces, the files they are on, and what was written before."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facedex.db.connection import rows
from facedex.types import Box, FaceId, FileId, FileStat, PersonId, PhotoId

if TYPE_CHECKING:
    from collections.abc import Collection

    import apsw


@dataclass(frozen=True, slots=True)
class NamedBox:
    """A confirmed person's name and the box of the face, stored-pixel frame."""

    name: str
    box: Box


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """A file of a photo as the last scan knew it.

    Attributes
    ----------
    stat : what the file system said of it then.
    content_hash, image_hash : of what it held then.
    format : of the photo, in Pillow's words or ``RAW``.
    state : ``present``, ``pending``, ``unreadable`` or ``missing``.
    is_offline : its root was not there.
    width_px, height_px : of the photo's stored pixels.
    orientation : how this file turns the photo, as EXIF has it.
    decoder_turn : how the decoder has turned what the file holds, see
        :class:`facedex.types.PhotoFacts`; None where that is not known yet.
    """

    file_id: FileId
    photo_id: PhotoId
    root: bytes
    stat: FileStat
    content_hash: bytes | None
    state: str
    is_offline: bool
    width_px: int
    height_px: int
    format: str
    image_hash: bytes
    orientation: int
    decoder_turn: int | None


@dataclass(frozen=True, slots=True)
class Exported:
    """What facedex wrote in one place, as text of :mod:`facedex.xmp.traces`.

    Attributes
    ----------
    settled : a hash of a photo's file and of who was on it when there was nothing left to do, or
        None; while it is the same, the file need not be read.
    """

    traces: str
    settled: bytes | None = None


@dataclass(frozen=True, slots=True)
class NamedFaceRow:
    """A face with a confirmed name, as v1_faces has it; the order of the fields is that of the CSV.

    Boxes: shares of the upright picture, of the stored one, and upright pixels of the full picture.
    """

    person: str
    path: str
    left_px: int
    top_px: int
    right_px: int
    bottom_px: int
    x0: float
    y0: float
    x1: float
    y1: float
    stored_x0: float
    stored_y0: float
    stored_x1: float
    stored_y1: float
    taken_at: str | None
    source: str
    origin: str
    person_id: PersonId
    face_id: FaceId
    photo_id: PhotoId
    companion_of: FaceId | None


# a placeholder is no name: only an id of Picasa's stands for it
_NAMED = (
    " a.state = 'confirmed' AND n.is_placeholder = 0"
    " AND (?1 IS NULL OR n.id IN (SELECT value FROM json_each(?1)))"
)


def named_boxes(
    db: apsw.Connection, person_ids: Collection[PersonId] | None = None
) -> dict[PhotoId, list[NamedBox]]:
    """Return each photo's confirmed faces, from left to right; of these people, or None for all."""
    sql = (
        "SELECT f.photo_id, n.name, f.x0, f.y0, f.x1, f.y1 FROM assignment a"
        " JOIN face f ON f.id = a.face_id JOIN person n ON n.id = a.person_id"
        f" WHERE {_NAMED} ORDER BY f.photo_id, f.x0, f.id"
    )
    found = defaultdict(list)
    for photo_id, name, *edges in rows(db, sql, (_ids(person_ids),)):
        found[PhotoId(photo_id)].append(NamedBox(name, Box(*edges)))
    return dict(found)


def photo_files(db: apsw.Connection, photo_ids: Collection[PhotoId]) -> list[PhotoFile]:
    """Return every file of these photos, and those that names were written for before, by path.

    Files that are gone are among them.
    """
    sql = (
        "SELECT f.id, p.id, r.path, f.relpath, f.size_bytes, f.mtime_ns, f.ctime_ns, f.inode,"
        " f.n_links, f.content_hash, f.state, r.state = 'offline', p.width_px, p.height_px,"
        " p.format, p.image_hash,"
        " coalesce(iif(f.orientation = 1, f.turn, f.orientation), p.orientation), p.decoder_turn"
        " FROM file f JOIN root r ON r.id = f.root_id JOIN photo p ON p.id = f.photo_id"
        " WHERE p.id IN (SELECT value FROM json_each(?))"
        " OR f.id IN (SELECT file_id FROM exported) ORDER BY f.root_id, f.relpath"
    )
    return [
        PhotoFile(
            file_id, photo_id, root, FileStat(*row[:6]), row[6], row[7], bool(row[8]), *row[9:]
        )
        for file_id, photo_id, root, *row in rows(db, sql, (_ids(photo_ids),))
    ]


def exported(db: apsw.Connection) -> dict[FileId, dict[str, Exported]]:
    """Return what facedex wrote for each file before, by place."""
    found: dict[FileId, dict[str, Exported]] = defaultdict(dict)
    sql = "SELECT file_id, place, traces, settled FROM exported"
    for file_id, place, traces, settled in rows(db, sql):
        found[FileId(file_id)][place] = Exported(traces, settled)
    return dict(found)


def save_exported(
    db: apsw.Connection, file_id: FileId, place: str, written: Exported | None
) -> None:
    """Note what facedex has written of faces in a place; None: nothing is left there.

    ``place`` is ``file``, ``sidecar`` (``photo.jpg.xmp``) or ``short_sidecar`` (``photo.xmp``).
    """
    if written is None:
        db.execute("DELETE FROM exported WHERE file_id = ? AND place = ?", (file_id, place))
        return
    db.execute(
        "INSERT INTO exported (file_id, place, traces, settled) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET traces = excluded.traces, settled = excluded.settled",
        (file_id, place, written.traces, written.settled),
    )


def named_faces(
    db: apsw.Connection, person_ids: Collection[PersonId] | None = None
) -> list[NamedFaceRow]:
    """Return all confirmed faces, by name and path; of these people, or None for all."""
    sql = (
        "SELECT v.person_name, v.path, v.left_px, v.top_px, v.right_px, v.bottom_px,"
        " v.x0, v.y0, v.x1, v.y1, v.stored_x0, v.stored_y0, v.stored_x1, v.stored_y1,"
        " p.taken_at, v.source, v.origin, v.person_id, v.face_id, v.photo_id, v.companion_of"
        " FROM assignment a JOIN person n ON n.id = a.person_id"
        " JOIN v1_faces v ON v.face_id = a.face_id JOIN v1_photos p ON p.photo_id = v.photo_id"
        f" WHERE {_NAMED} ORDER BY v.person_name COLLATE NOCASE, v.person_id, v.path, v.x0"
    )
    return [NamedFaceRow(*row) for row in rows(db, sql, (_ids(person_ids),))]


def _ids(ids: Collection[int] | None) -> str | None:
    return None if ids is None else json.dumps(list(ids))
