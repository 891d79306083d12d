"""Companions: photos of one moment, a RAW and the picture beside it, and their faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facedex.db.connection import now_us, rows
from facedex.types import FaceId, PhotoId, RootId

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import apsw


@dataclass(frozen=True, slots=True)
class HeldPhoto:
    """A photo at one of its paths; ``is_there`` tells of the file."""

    root_id: RootId
    relpath: bytes
    is_there: bool
    photo_id: PhotoId
    format: str
    taken_us: int | None


def has_photo_of(db: apsw.Connection, image_format: str) -> bool:
    """Tell whether there is any photo of a format."""
    return bool(rows(db, "SELECT 1 FROM photo WHERE format = ? LIMIT 1", (image_format,)))


def iter_held(db: apsw.Connection) -> Iterator[HeldPhoto]:
    """Yield every photo file, those that are gone too, by path."""
    sql = (
        "SELECT f.root_id, f.relpath, f.state IN ('present', 'pending'), p.id, p.format, p.taken_us"
        " FROM file f JOIN photo p ON p.id = f.photo_id ORDER BY f.root_id, f.relpath"
    )
    for root_id, relpath, is_there, photo_id, image_format, taken_us in db.execute(sql):
        yield HeldPhoto(root_id, relpath, bool(is_there), photo_id, image_format, taken_us)


def set_companions(db: apsw.Connection, lead_of: Mapping[PhotoId, PhotoId]) -> None:
    """Say which photos have which lead; what was known of the faces of others is forgotten."""
    known = dict(rows(db, "SELECT photo_id, lead_id FROM companion"))
    for photo_id, lead_id in known.items():
        if lead_of.get(photo_id) != lead_id:
            drop_twins(db, photo_id)
            db.execute("DELETE FROM companion WHERE photo_id = ?", (photo_id,))
    for photo_id, lead_id in lead_of.items():
        if known.get(photo_id) != lead_id:
            sql = "INSERT INTO companion (photo_id, lead_id) VALUES (?, ?)"
            db.execute(sql, (photo_id, lead_id))


def unpaired_after(db: apsw.Connection, photo_id: int, limit: int) -> list[tuple[PhotoId, PhotoId]]:
    """Return the next (companion, lead) photos whose faces changed since they were paired."""
    sql = (
        "SELECT c.photo_id, c.lead_id FROM companion c WHERE c.photo_id > ? AND (c.paired_us = 0"
        " OR EXISTS (SELECT 1 FROM analysis a WHERE a.photo_id IN (c.photo_id, c.lead_id)"
        "   AND a.at_us >= c.paired_us)"
        " OR EXISTS (SELECT 1 FROM face f WHERE f.photo_id IN (c.photo_id, c.lead_id)"
        "   AND f.created_us >= c.paired_us)) ORDER BY c.photo_id LIMIT ?"
    )
    found = rows(db, sql, (photo_id, limit))
    return [(PhotoId(photo), PhotoId(lead)) for photo, lead in found]


def set_paired(db: apsw.Connection, photo_id: PhotoId) -> None:
    """Note that the faces of a companion have been paired now."""
    sql = "UPDATE companion SET paired_us = ? WHERE photo_id = ?"
    db.execute(sql, (now_us(), photo_id))


def drop_twins(db: apsw.Connection, photo_id: PhotoId) -> None:
    """Forget which faces of a companion its lead shows too; their assignments stay."""
    sql = "DELETE FROM twin WHERE face_id IN (SELECT id FROM face WHERE photo_id = ?)"
    db.execute(sql, (photo_id,))


def add_twin(db: apsw.Connection, face_id: FaceId, lead_id: FaceId) -> None:
    """Say that a companion's face is the same as one of its lead."""
    db.execute("INSERT INTO twin VALUES (?, ?)", (face_id, lead_id))


def drop_twin(db: apsw.Connection, face_id: FaceId) -> None:
    """Say that a companion's face is a face of its own."""
    db.execute("DELETE FROM twin WHERE face_id = ?", (face_id,))


def disagreeing_twins(db: apsw.Connection) -> list[tuple[FaceId, FaceId]]:
    """Return (face, lead) pairs of faces of which others than the program say different things."""
    sql = (
        "SELECT t.face_id, t.lead_id FROM twin t WHERE EXISTS (SELECT 1 FROM assignment a"
        "  WHERE a.face_id IN (t.face_id, t.lead_id) AND a.source != 'auto'"
        "   AND NOT EXISTS (SELECT 1 FROM assignment b"
        "    WHERE b.face_id = iif(a.face_id = t.face_id, t.lead_id, t.face_id)"
        "     AND b.person_id IS a.person_id AND b.state = a.state AND b.source = a.source))"
    )
    return [(FaceId(face), FaceId(lead)) for face, lead in rows(db, sql)]


def leads_of(db: apsw.Connection, face_ids: Collection[FaceId]) -> list[FaceId]:
    """Return the faces, each in its place and once, with the lead's instead of a companion's."""
    sql = "SELECT lead_id FROM twin WHERE face_id = ?"
    leads = []
    for face_id in face_ids:
        found = rows(db, sql, (face_id,))
        leads.append(FaceId(found[0][0]) if found else face_id)
    return list(dict.fromkeys(leads))


def twins_of(db: apsw.Connection, face_id: FaceId) -> list[FaceId]:
    """Return the other faces that are the same face on photos of the same moment, by id."""
    [lead_id] = leads_of(db, [face_id])
    found = rows(db, "SELECT face_id FROM twin WHERE lead_id = ? ORDER BY face_id", (lead_id,))
    return [each for each in (lead_id, *(FaceId(i) for (i,) in found)) if each != face_id]
