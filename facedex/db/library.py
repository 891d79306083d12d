"""A library folder: opening it, its lock, and the small values that belong to all of it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import uuid
from typing import TYPE_CHECKING

from facedex.db.connection import LIBRARY_NAME, connect, rows, transaction, translated
from facedex.db.migrate import migrate
from facedex.errors import EnvironmentFault, LibraryLocked
from facedex.paths import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import apsw

    from facedex.db.connection import Durability

LOCK_NAME = "scan.lock"
CACHE_NAME = "cache.db"


def open_library(directory: Path, durability: Durability = "FULL") -> apsw.Connection:
    """Open ``directory``'s library.db, create it or bring it up to date.

    Raises
    ------
    EnvironmentFault
        ``SchemaTooNew``, ``LibraryDamaged``, ``StorageFault`` and others; nothing is changed then.
    """
    db = connect(directory / LIBRARY_NAME, durability)
    try:
        with translated(db.filename):
            migrate(db, shipped("migrations"))
        if get_meta(db, "library_uuid") is None:
            with transaction(db):
                db.execute(
                    "INSERT OR IGNORE INTO meta VALUES ('library_uuid', ?)", (str(uuid.uuid4()),)
                )
    except BaseException:
        db.close()
        raise
    return db


def get_meta(db: apsw.Connection, key: str) -> str | None:
    """Return a value that belongs to the whole library, or None."""
    found = rows(db, "SELECT value FROM meta WHERE key = ?", (key,))
    return str(found[0][0]) if found else None


def set_meta(db: apsw.Connection, key: str, value: str) -> None:
    """Keep a value that belongs to the whole library."""
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def data_version(db: apsw.Connection) -> int:
    """Return a number that changes when another connection has committed."""
    return int(rows(db, "PRAGMA data_version")[0][0])


def own_identities(directory: Path) -> frozenset[tuple[int, int]]:
    """Return (device, inode) of every database file in the library folder.

    A scan must never open these: closing them would drop SQLite's locks in this process.
    """
    found = set()
    for name in (LIBRARY_NAME, CACHE_NAME):
        for path in directory.glob(f"{name}*"):
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                found.add((status.st_dev, status.st_ino))
    return frozenset(found)


@contextlib.contextmanager
def scan_lock(directory: Path) -> Iterator[None]:
    """Hold the library for one scanner.

    The lock is the operating system's: it ends with the process, however that ends.

    Raises
    ------
    LibraryLocked
        If another process scans; the message names it.
    EnvironmentFault
        If nothing can be written there.
    """
    path = directory / LOCK_NAME
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as exc:
        raise EnvironmentFault(
            f"the library cannot be written in {directory} ({exc.strerror})",
            "Name another folder: --library PATH",
        ) from exc
    try:
        if not _lock(handle):
            holder = path.read_text(encoding="utf-8", errors="replace").strip()
            raise LibraryLocked(
                f"{directory} is being scanned by another facedex ({holder or 'unknown process'})",
                "Wait for it to end, or stop it",
            )
        os.ftruncate(handle, 0)
        who = json.dumps({"pid": os.getpid(), "host": socket.gethostname()})
        os.write(handle, who.encode())
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            # byte 1 GiB: a lock on the text itself would keep others from reading who holds it
            os.lseek(handle, 1 << 30, os.SEEK_SET)
            # Windows only, where mypy does not run
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
            os.lseek(handle, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
