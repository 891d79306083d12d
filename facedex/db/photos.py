"""Photos: images, whatever their paths, and which engines have looked at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facedex.db.connection import now_us, rows
from facedex.types import PhotoId

if TYPE_CHECKING:
    import apsw

    from facedex.types import PhotoFacts


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo's row; width and height are of the stored pixels.

    ``decoder_turn`` is as in :class:`facedex.types.PhotoFacts`; 1 also where it is not known yet.
    """

    photo_id: PhotoId
    image_hash: bytes
    format: str
    width_px: int
    height_px: int
    orientation: int
    taken_us: int | None
    decoder_turn: int = 1


@dataclass(frozen=True, slots=True)
class Replaced:
    """A photo that no file holds any more, and the one that a file of its holds now.

    ``is_compared`` tells whether its faces have been compared with those of a photo in its place.
    """

    photo_id: PhotoId
    now: PhotoId
    is_compared: bool


_COLUMNS = (
    "id, image_hash, format, width_px, height_px, orientation, taken_us, coalesce(decoder_turn, 1)"
)


def find_photo(db: apsw.Connection, image_hash: bytes) -> Photo | None:
    """Return the photo with this image data, or None."""
    sql = f"SELECT {_COLUMNS} FROM photo WHERE image_hash = ?"
    found = rows(db, sql, (image_hash,))
    return Photo(*found[0]) if found else None


def get_photo(db: apsw.Connection, photo_id: PhotoId) -> Photo:
    """Return a photo; raises ``KeyError`` if there is none of this id."""
    sql = f"SELECT {_COLUMNS} FROM photo WHERE id = ?"
    found = rows(db, sql, (photo_id,))
    if not found:
        raise KeyError(photo_id)
    return Photo(*found[0])


def add_photo(db: apsw.Connection, image_hash: bytes, facts: PhotoFacts) -> PhotoId:
    """Add a photo and return its id."""
    db.execute(
        "INSERT INTO photo (image_hash, format, width_px, height_px, orientation, taken_us, camera,"
        " decoder_turn) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            image_hash, facts.format, facts.width_px, facts.height_px, facts.orientation,
            facts.taken_us, facts.camera, facts.decoder_turn,
        ),
    )  # fmt: skip
    return PhotoId(db.last_insert_rowid())


def refresh_facts(db: apsw.Connection, photo_id: PhotoId, facts: PhotoFacts) -> bool:
    """Store what a photo's file says now, its metadata having been rewritten.

    Returns whether it is news how the decoder turns it.
    """
    db.execute(
        "UPDATE photo SET decoder_turn = ?2 WHERE id = ?1 AND decoder_turn IS NOT ?2",
        (photo_id, facts.decoder_turn),
    )
    is_news = db.changes() > 0
    db.execute(
        "UPDATE photo SET taken_us = coalesce(?, taken_us), camera = coalesce(?, camera)"
        " WHERE id = ?",
        (facts.taken_us, facts.camera, photo_id),
    )
    refresh_orientation(db, photo_id)
    return is_news


def refresh_orientation(db: apsw.Connection, photo_id: PhotoId) -> None:
    """Turn a photo as the first of its files that is there says; without any, leave it.

    Copies may differ in their flag; so the order of reading them does not matter. A file that says
    nothing is turned as a sidecar or Picasa says.
    """
    db.execute(
        "UPDATE photo SET orientation ="
        " coalesce((SELECT iif(f.orientation = 1, f.turn, f.orientation)"
        "   FROM file f"
        "   WHERE f.photo_id = photo.id AND f.state = 'present' AND f.orientation IS NOT NULL"
        "   ORDER BY f.root_id, f.relpath LIMIT 1), orientation) WHERE id = ?",
        (photo_id,),
    )


def set_analysed(
    db: apsw.Connection, photo_id: PhotoId, engine: str, model: str, orientation: int, n_faces: int
) -> None:
    """Record that the photo's faces are those of ``engine``, turned by ``orientation``."""
    db.execute(
        "INSERT OR REPLACE INTO analysis VALUES (?, ?, ?, ?, ?, ?)",
        (photo_id, engine, model, orientation, n_faces, now_us()),
    )


def found_since(db: apsw.Connection, photo_id: PhotoId, since_us: int) -> int | None:
    """Return how many faces the photo's search found, None if that was before ``since_us``."""
    sql = "SELECT n_faces FROM analysis WHERE photo_id = ? AND at_us >= ?"
    found = rows(db, sql, (photo_id, since_us))
    return int(found[0][0]) if found else None


_UNDONE = (
    " FROM photo p WHERE p.id > ? AND NOT EXISTS (SELECT 1 FROM analysis a WHERE a.photo_id = p.id"
    "   AND a.engine = ? AND a.model = ? AND a.orientation = p.orientation)"
    " AND EXISTS (SELECT 1 FROM file f JOIN root r ON r.id = f.root_id WHERE f.photo_id = p.id"
    "   AND f.state = 'present' AND r.state = 'online'"
    "   AND NOT EXISTS (SELECT 1 FROM issue i WHERE i.file_id = f.id AND i.stage = 'analyse'))"
)


def undone_after(
    db: apsw.Connection, photo_id: int, engine: str, model: str, limit: int
) -> list[PhotoId]:
    """Return the next photos, by id, that this engine and model have not looked at.

    Only those that can be opened.
    """
    sql = "SELECT p.id" + _UNDONE + " ORDER BY p.id LIMIT ?"
    return [PhotoId(i) for (i,) in rows(db, sql, (photo_id, engine, model, limit))]


def count_undone(db: apsw.Connection, engine: str, model: str) -> int:
    """Return how many photos this engine and model have not looked at and that can be opened."""
    return int(rows(db, "SELECT count(*)" + _UNDONE, (0, engine, model))[0][0])


def forget_analysis(db: apsw.Connection, photo_id: PhotoId) -> None:
    """Let a photo be searched again, by whatever engine, when a file holds it."""
    db.execute("DELETE FROM analysis WHERE photo_id = ?", (photo_id,))


def replaced_photos(db: apsw.Connection, model: str) -> list[Replaced]:
    """Return the photos that no file holds any more, with those in their place.

    Only photos in their place that have been searched with this model. What a file held last comes
    first.
    """
    sql = (
        "SELECT o.photo_id, f.photo_id, min(o.is_compared)"
        " FROM former o JOIN file f ON f.id = o.file_id"
        " JOIN analysis a ON a.photo_id = f.photo_id AND a.model = ?"
        " WHERE NOT EXISTS (SELECT 1 FROM file h WHERE h.photo_id = o.photo_id)"
        " GROUP BY o.photo_id, f.photo_id ORDER BY max(o.until_us) DESC, o.photo_id, f.photo_id"
    )
    found = rows(db, sql, (model,))
    return [Replaced(PhotoId(old), PhotoId(now), bool(done)) for old, now, done in found]


def set_compared(db: apsw.Connection, one: Replaced) -> None:
    """Note that the faces of the two photos have been compared."""
    db.execute(
        "UPDATE former SET is_compared = 1 WHERE photo_id = ?"
        " AND file_id IN (SELECT id FROM file WHERE photo_id = ?)",
        (one.photo_id, one.now),
    )


def drop_unheld(db: apsw.Connection) -> None:
    """Remove the photos that no file holds any more and on whose faces there is only a guess."""
    db.execute(
        "DELETE FROM photo WHERE NOT EXISTS (SELECT 1 FROM file f WHERE f.photo_id = photo.id)"
        " AND NOT EXISTS (SELECT 1 FROM region g WHERE g.photo_id = photo.id)"
        " AND NOT EXISTS (SELECT 1 FROM face f JOIN assignment a ON a.face_id = f.id"
        "  WHERE f.photo_id = photo.id AND a.source != 'auto')"
        " AND NOT EXISTS (SELECT 1 FROM face f JOIN rejected_pair r"
        "  ON r.face_a = f.id OR r.face_b = f.id WHERE f.photo_id = photo.id)"
    )
