"""Roots and files: which paths there are, what they held when they were last read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facedex.db.connection import now_us, rows
from facedex.paths import display_path, join
from facedex.types import FileId, FileStat, PhotoId, RootId

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import apsw


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that the library watches over."""

    root_id: RootId
    path: bytes
    is_online: bool


@dataclass(frozen=True, slots=True)
class FileRow:
    """A path with what is known of it."""

    file_id: FileId
    stat: FileStat
    hashed_ns: int | None
    content_hash: bytes | None
    photo_id: PhotoId | None
    state: str


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file to be opened: where it is, and how often a worker has died of it.

    ``turn`` is how to turn its photo where the file itself does not say, as EXIF numbers it.
    """

    file_id: FileId
    path: bytes
    attempts: int
    turn: int = 1


_COLUMNS = (
    "id, relpath, size_bytes, mtime_ns, ctime_ns, inode, n_links, hashed_ns, content_hash,"
    " photo_id, state"
)


def _file_row(row: tuple[Any, ...]) -> FileRow:
    file_id, relpath, size, mtime, ctime, inode, links, hashed, content, photo, state = row
    stat = FileStat(relpath, size, mtime, ctime, inode, links)
    return FileRow(file_id, stat, hashed, content, photo, state)


def ensure_root(db: apsw.Connection, path: bytes) -> RootId:
    """Return the id of a root, adding it if it is new. ``path`` is absolute."""
    db.execute(
        "INSERT INTO root (path, path_text, added_us) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (path, display_path(path), now_us()),
    )
    return RootId(rows(db, "SELECT id FROM root WHERE path = ?", (path,))[0][0])


def absorb_root(db: apsw.Connection, inner: Root, outer: RootId, prefix: bytes) -> None:
    """Let a wider root take over the files of one that lies inside it.

    ``prefix`` is the inner root's path below the outer one, ending in ``/``.
    """
    text = display_path(prefix)
    db.execute(
        "UPDATE file SET root_id = ?, relpath = CAST(? || CAST(relpath AS TEXT) AS BLOB),"
        " relpath_text = ? || relpath_text, path_is_lossy = max(path_is_lossy, ?)"
        " WHERE root_id = ?",
        (outer, prefix, text, int(os.fsencode(text) != prefix), inner.root_id),
    )
    db.execute("DELETE FROM root WHERE id = ?", (inner.root_id,))


def list_roots(db: apsw.Connection) -> list[Root]:
    """Return all roots, in the order they were added."""
    found = rows(db, "SELECT id, path, state = 'online' FROM root ORDER BY id")
    return [Root(RootId(i), path, bool(online)) for i, path, online in found]


def only_in_root(db: apsw.Connection, root_id: RootId) -> tuple[int, int, int]:
    """Return how many files a root has, photos of its own, and named faces on those."""
    sql = (
        "WITH own AS (SELECT DISTINCT photo_id AS id FROM file f WHERE root_id = ?1"
        "  AND photo_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM file o"
        "   WHERE o.photo_id = f.photo_id AND o.root_id != ?1 AND o.state != 'missing'))"
        " SELECT (SELECT count(*) FROM file WHERE root_id = ?1), (SELECT count(*) FROM own),"
        "  (SELECT count(*) FROM own JOIN face f ON f.photo_id = own.id"
        "   JOIN assignment a ON a.face_id = f.id AND a.state = 'confirmed')"
    )
    n_files, n_photos, n_named = rows(db, sql, (root_id,))[0]
    return n_files, n_photos, n_named


def remove_root(db: apsw.Connection, root_id: RootId) -> None:
    """Remove a root with its files; their photos stay with all that is said of them."""
    db.execute("DELETE FROM root WHERE id = ?", (root_id,))


def set_root_state(db: apsw.Connection, root_id: RootId, state: str) -> None:
    """Say that a root is ``online`` or ``offline``."""
    db.execute("UPDATE root SET state = ? WHERE id = ?", (state, root_id))


def finish_root(db: apsw.Connection, root_id: RootId) -> None:
    """Note that the root has been scanned to the end now."""
    db.execute("UPDATE root SET last_scan_us = ? WHERE id = ?", (now_us(), root_id))


def count_files(db: apsw.Connection, root_id: RootId) -> int:
    """Return how many files of a root were there at the last scan."""
    sql = "SELECT count(*) FROM file WHERE root_id = ? AND state != 'missing'"
    return int(rows(db, sql, (root_id,))[0][0])


def find_files(
    db: apsw.Connection, root_id: RootId, relpaths: Sequence[bytes]
) -> dict[bytes, FileRow]:
    """Return the rows of the paths that have one; one query, so some hundred paths at most."""
    marks = ",".join("?" * len(relpaths))
    sql = f"SELECT {_COLUMNS} FROM file WHERE root_id = ? AND relpath IN ({marks})"
    return {row[1]: _file_row(row) for row in rows(db, sql, (root_id, *relpaths))}


def add_file(db: apsw.Connection, root_id: RootId, stat: FileStat) -> FileId:
    """Add a path that has not been read yet."""
    text = display_path(stat.relpath)
    lossy = int(os.fsencode(text) != stat.relpath)
    db.execute(
        "INSERT INTO file (root_id, relpath, relpath_text, path_is_lossy, size_bytes, mtime_ns,"
        " ctime_ns, inode, n_links, state, first_seen_us) VALUES (?,?,?,?,?,?,?,?,?,'pending',?)",
        (
            root_id, stat.relpath, text, lossy, stat.size_bytes, stat.mtime_ns, stat.ctime_ns,
            stat.inode, stat.n_links, now_us(),
        ),
    )  # fmt: skip
    return FileId(db.last_insert_rowid())


def mark_pending(db: apsw.Connection, file_id: FileId, stat: FileStat) -> None:
    """Say that a file must be read again; what was known of it stays until then."""
    db.execute(
        "UPDATE file SET size_bytes = ?, mtime_ns = ?, ctime_ns = ?, inode = ?, n_links = ?,"
        " hashed_ns = NULL, attempts = 0, state = 'pending' WHERE id = ?",
        (stat.size_bytes, stat.mtime_ns, stat.ctime_ns, stat.inode, stat.n_links, file_id),
    )


def mark_seen(db: apsw.Connection, row: FileRow) -> None:
    """Mark a file that was gone as there again; one that had a problem is read again."""
    state = "present" if row.content_hash is not None else "unreadable"
    db.execute(
        "UPDATE file SET state = iif(EXISTS (SELECT 1 FROM issue i WHERE i.file_id = file.id),"
        " 'pending', ?) WHERE id = ?",
        (state, row.file_id),
    )


def iter_known(
    db: apsw.Connection, root_id: RootId
) -> Iterator[tuple[FileId, bytes, PhotoId | None]]:
    """Yield (id, relpath, photo) of the files of a root that were there at the last scan."""
    sql = "SELECT id, relpath, photo_id FROM file WHERE root_id = ? AND state != 'missing'"
    cursor: Iterator[Any] = db.execute(sql, (root_id,))
    yield from cursor


def mark_missing(db: apsw.Connection, file_id: FileId) -> None:
    """Say that a file is no longer at its path. Nothing that hangs on its photo changes."""
    db.execute("UPDATE file SET state = 'missing' WHERE id = ?", (file_id,))


def root_path_of(db: apsw.Connection, file_id: FileId) -> bytes:
    """Return the path of the root in which a file lies."""
    sql = "SELECT r.path FROM file f JOIN root r ON r.id = f.root_id WHERE f.id = ?"
    path: bytes = rows(db, sql, (file_id,))[0][0]
    return path


def pending_after(db: apsw.Connection, file_id: int, limit: int) -> list[FileRef]:
    """Return the next files to read, by id, of the roots that are online."""
    sql = (
        "SELECT f.id, r.path, f.relpath, f.attempts, f.turn FROM file f"
        " JOIN root r ON r.id = f.root_id WHERE f.state = 'pending' AND f.id > ?"
        " AND r.state = 'online' ORDER BY f.id LIMIT ?"
    )
    return [_ref(row) for row in rows(db, sql, (file_id, limit))]


def count_pending(db: apsw.Connection) -> int:
    """Return how many files wait to be read, of the roots that are online."""
    sql = (
        "SELECT count(*) FROM file f JOIN root r ON r.id = f.root_id"
        " WHERE f.state = 'pending' AND r.state = 'online'"
    )
    return int(rows(db, sql)[0][0])


def file_of_photo(db: apsw.Connection, photo_id: PhotoId) -> FileRef | None:
    """Return one file of a photo that can be opened, or None while there is none."""
    sql = (
        "SELECT f.id, r.path, f.relpath, f.attempts, f.turn FROM file f"
        " JOIN root r ON r.id = f.root_id WHERE f.photo_id = ? AND f.state = 'present'"
        " AND r.state = 'online'"
        " ORDER BY f.root_id, f.relpath LIMIT 1"
    )
    found = rows(db, sql, (photo_id,))
    return _ref(found[0]) if found else None


def _ref(row: tuple[Any, ...]) -> FileRef:
    file_id, root, relpath, attempts, turn = row
    return FileRef(FileId(file_id), join(root, relpath), attempts, turn)


def set_turn(db: apsw.Connection, file_id: FileId, turn: int) -> bool:
    """Say how to turn the photo of a file that does not say so itself; tell whether that is new.

    ``turn`` is one of EXIF's orientations.
    """
    db.execute("UPDATE file SET turn = ?1 WHERE id = ?2 AND turn != ?1", (turn, file_id))
    return db.changes() > 0


def turned_by_decoder(db: apsw.Connection) -> set[FileId]:
    """Return the files whose pictures the decoder has turned as they say."""
    sql = "SELECT f.id FROM file f JOIN photo p ON p.id = f.photo_id WHERE p.decoder_turn > 1"
    return {FileId(file_id) for (file_id,) in rows(db, sql)}


def read_unturned_again(db: apsw.Connection) -> None:
    """Let the files be read again of which it is not known how the decoder turns them."""
    db.execute(
        "UPDATE file SET state = 'pending', hashed_ns = NULL WHERE state = 'present'"
        " AND photo_id IN (SELECT id FROM photo WHERE decoder_turn IS NULL)"
    )


def orientation_of(db: apsw.Connection, file_id: FileId) -> int | None:
    """Return how a file turns its photo: by its own word, else by others'; None if unread."""
    sql = "SELECT iif(orientation = 1, turn, orientation) FROM file WHERE id = ?"
    found = rows(db, sql, (file_id,))
    return found[0][0] if found else None


def find_moved(db: apsw.Connection, content_hash: bytes) -> FileId | None:
    """Return a file that is gone from its path and held the same bytes, or None."""
    sql = (
        "SELECT id FROM file WHERE content_hash = ? AND state = 'missing' AND size_bytes > 0"
        " ORDER BY id LIMIT 1"
    )
    found = rows(db, sql, (content_hash,))
    return FileId(found[0][0]) if found else None


def has_copy(db: apsw.Connection, file_id: FileId, content_hash: bytes) -> bool:
    """Tell whether another file that is there holds the same bytes; hard links do not count."""
    sql = (
        "SELECT 1 FROM file x, file me WHERE me.id = ? AND x.id != me.id AND x.content_hash = ?"
        " AND x.state = 'present' AND x.size_bytes > 0"
        " AND NOT (x.n_links > 1 AND x.inode = me.inode) LIMIT 1"
    )
    return bool(rows(db, sql, (file_id, content_hash)))


def move_file(db: apsw.Connection, gone: FileId, arrived: FileId) -> None:
    """Let the row of a moved file follow it: ``gone`` takes over the path of ``arrived``."""
    row = rows(
        db,
        "SELECT root_id, relpath, relpath_text, path_is_lossy, size_bytes, mtime_ns, ctime_ns,"
        " inode, n_links FROM file WHERE id = ?",
        (arrived,),
    )[0]
    db.execute("DELETE FROM file WHERE id = ?", (arrived,))
    db.execute(
        "UPDATE file SET root_id = ?, relpath = ?, relpath_text = ?, path_is_lossy = ?,"
        " size_bytes = ?, mtime_ns = ?, ctime_ns = ?, inode = ?, n_links = ?, state = 'pending'"
        " WHERE id = ?",
        (*row, gone),
    )


def set_read(
    db: apsw.Connection,
    file_id: FileId,
    hashed_ns: int,
    content_hash: bytes,
    photo_id: PhotoId | None,
    orientation: int | None,
) -> None:
    """Record that a file was read, and what it held; which photo it held before is kept."""
    db.execute(
        "INSERT OR REPLACE INTO former (file_id, photo_id, until_us)"
        " SELECT id, photo_id, ?2 FROM file WHERE id = ?1 AND photo_id != coalesce(?3, 0)",
        (file_id, now_us(), photo_id),
    )
    db.execute(
        "UPDATE file SET hashed_ns = ?, content_hash = ?, photo_id = ?, orientation = ?,"
        " state = 'present', attempts = 0 WHERE id = ?",
        (hashed_ns, content_hash, photo_id, orientation, file_id),
    )


def set_rewritten(
    db: apsw.Connection, file_id: FileId, stat: FileStat, hashed_ns: int, content_hash: bytes
) -> None:
    """Record that facedex itself wrote a file's metadata anew: it holds the photo it held."""
    db.execute(
        "UPDATE file SET size_bytes = ?, mtime_ns = ?, ctime_ns = ?, inode = ?, n_links = ?,"
        " hashed_ns = ?, content_hash = ? WHERE id = ?",
        (
            stat.size_bytes, stat.mtime_ns, stat.ctime_ns, stat.inode, stat.n_links, hashed_ns,
            content_hash, file_id,
        ),
    )  # fmt: skip


def set_damaged(db: apsw.Connection, file_id: FileId, hashed_ns: int, content_hash: bytes) -> None:
    """Record that a file was read but cannot be decoded; it is tried again when it changes.

    The photo it held stays its own: a photo that comes back whole has lost nothing.
    """
    db.execute(
        "UPDATE file SET hashed_ns = ?, content_hash = ?, state = 'unreadable', attempts = 0"
        " WHERE id = ?",
        (hashed_ns, content_hash, file_id),
    )


def count_attempt(db: apsw.Connection, file_id: FileId) -> None:
    """Note that a worker died of this file."""
    db.execute("UPDATE file SET attempts = attempts + 1 WHERE id = ?", (file_id,))


def undecoded(db: apsw.Connection) -> list[tuple[FileId, bytes]]:
    """Return (id, relpath) of the files that are there and hold something that was not decoded."""
    sql = (
        "SELECT f.id, f.relpath FROM issue i JOIN file f ON f.id = i.file_id"
        " WHERE i.stage = 'decode' AND f.state != 'missing' ORDER BY f.id"
    )
    return [(FileId(i), relpath) for i, relpath in rows(db, sql)]


def read_again(db: apsw.Connection, file_id: FileId) -> None:
    """Let an unchanged file be read again."""
    db.execute("UPDATE file SET state = 'pending', hashed_ns = NULL WHERE id = ?", (file_id,))


def find_in_folder(
    db: apsw.Connection, root_id: RootId, folder: bytes
) -> list[tuple[FileId, bytes, PhotoId | None]]:
    """Return (id, name, photo) of the files that lie directly in ``folder`` (``b""`` or ``a/b/``).

    Files that are gone are left out.
    """
    end = folder[:-1] + b"0" if folder else None  # "0" follows "/": the end of the prefix's range
    sql = "SELECT id, relpath, photo_id FROM file WHERE root_id = ? AND state != 'missing'"
    found = (
        rows(db, f"{sql} AND relpath >= ? AND relpath < ?", (root_id, folder, end))
        if end
        else rows(db, sql, (root_id,))
    )
    return [
        (FileId(i), relpath[len(folder) :], photo)
        for i, relpath, photo in found
        if b"/" not in relpath[len(folder) :]
    ]


def photo_paths(db: apsw.Connection) -> list[str]:
    """Return the path of every file that is there and holds a photo, as text."""
    sql = "SELECT path FROM v1_files WHERE state = 'present' AND photo_id IS NOT NULL"
    return [path for (path,) in rows(db, sql)]


def list_folders(db: apsw.Connection) -> set[tuple[RootId, bytes]]:
    """Return (root, folder) of every folder that holds a file that is there, as ``b"a/b/"``."""
    found = rows(db, "SELECT root_id, relpath FROM file WHERE state != 'missing'")
    return {(RootId(root), path[: path.rfind(b"/") + 1]) for root, path in found}


def content_of(db: apsw.Connection, file_id: FileId) -> bytes | None:
    """Return the content hash of a file when it was last read, or None."""
    content = rows(db, "SELECT content_hash FROM file WHERE id = ?", (file_id,))[0][0]
    return None if content is None else bytes(content)


def photo_of(db: apsw.Connection, file_id: FileId) -> PhotoId | None:
    """Return the photo that a file held when it was last read, or None."""
    photo = rows(db, "SELECT photo_id FROM file WHERE id = ?", (file_id,))[0][0]
    return None if photo is None else PhotoId(photo)


def set_unreadable(db: apsw.Connection, file_id: FileId) -> None:
    """Record that a file could not be read; the next scan tries again."""
    db.execute("UPDATE file SET state = 'unreadable', hashed_ns = NULL WHERE id = ?", (file_id,))


def root_rows(db: apsw.Connection) -> list[dict[str, Any]]:
    """Return v1_roots, a dict a row."""
    columns = ("root_id", "path", "state", "n_files", "n_photos", "last_scan_at")
    sql = "SELECT root_id, path, state, n_files, n_photos, last_scan_at FROM v1_roots"
    return [dict(zip(columns, row, strict=True)) for row in rows(db, sql)]
