"""cache.db: pictures of faces. It may be deleted at any time and is never migrated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db.connection import connect, rows, transaction
from facedex.db.library import CACHE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import apsw

_VERSION = 1
_SCHEMA = (
    "CREATE TABLE face_thumbnail (face_uuid TEXT PRIMARY KEY, jpeg BLOB NOT NULL)"
    " STRICT, WITHOUT ROWID"
)


def open_cache(directory: Path) -> apsw.Connection:
    """Open the library folder's cache; one of another version is emptied first."""
    db = connect(directory / CACHE_NAME, "NORMAL")
    if int(db.pragma("user_version") or 0) != _VERSION:
        with transaction(db):
            for (name,) in rows(db, "SELECT name FROM sqlite_schema WHERE type = 'table'"):
                db.execute(f'DROP TABLE "{name}"')
            db.execute(_SCHEMA)
            db.execute(f"PRAGMA user_version = {_VERSION}")
    return db


def save_thumbnails(db: apsw.Connection, thumbnails: Iterable[tuple[str, bytes]]) -> None:
    """Keep (face uuid, JPEG) pairs, replacing older ones."""
    with transaction(db):
        db.executemany("INSERT OR REPLACE INTO face_thumbnail VALUES (?, ?)", list(thumbnails))


def find_thumbnail(db: apsw.Connection, face_uuid: str) -> bytes | None:
    """Return the JPEG of a face, or None."""
    found = rows(db, "SELECT jpeg FROM face_thumbnail WHERE face_uuid = ?", (face_uuid,))
    return bytes(found[0][0]) if found else None
