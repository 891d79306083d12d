"""Opening library.db: one place for every setting a connection needs."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Any, Literal

import apsw

from facedex.errors import EnvironmentFault, LibraryDamaged, LibraryLocked, StorageFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

APPLICATION_ID = 0x46444458  # "FDDX"
LIBRARY_NAME = "library.db"
_BUSY_MS = 5000
_WAL_LIMIT_BYTES = 64 * 1024 * 1024

Connection = apsw.Connection
Durability = Literal["FULL", "NORMAL"]


def now_us() -> int:
    """Return the time in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def rows(
    db: apsw.Connection, sql: str, bindings: Sequence[Any] | None = None
) -> list[tuple[Any, ...]]:
    """Return all rows of a query."""
    with translated(db.filename):
        return db.execute(sql, bindings).fetchall()


def create_private(path: Path) -> None:
    """Create an empty file only its owner can read; SQLite gives -wal and -shm the same mode."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def connect(path: Path, durability: Durability = "FULL") -> apsw.Connection:
    """Open a database that exists or is created, with facedex's settings.

    ``durability`` is FULL where a user's decision is written (it survives a power cut) and NORMAL
    where a scan writes facts that it can find again.
    """
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        create_private(path)
        db = apsw.Connection(str(path))
        try:
            _configure(db, durability)
        except BaseException:
            db.close()
            raise
    return db


def _configure(db: apsw.Connection, durability: Durability) -> None:
    db.set_busy_timeout(_BUSY_MS)
    for pragma in (
        "journal_mode = WAL",
        f"synchronous = {durability}",
        "foreign_keys = ON",
        "trusted_schema = OFF",
        "secure_delete = ON",
        "temp_store = MEMORY",
        "mmap_size = 0",
        f"journal_size_limit = {_WAL_LIMIT_BYTES}",
    ):
        db.execute(f"PRAGMA {pragma}")


@contextlib.contextmanager
def translated(path: Path | str) -> Iterator[None]:
    """Turn SQLite's environment errors into ours, with what to do; bugs pass unchanged."""
    try:
        yield
    except apsw.FullError as exc:
        raise StorageFault(f"no space left to write {path}", "Free some and run it again") from exc
    except apsw.IOError as exc:
        raise StorageFault(f"the disk failed at {path}: {exc}", "What was saved is kept") from exc
    except apsw.BusyError as exc:
        raise LibraryLocked(
            f"{path} is in use by another program for over {_BUSY_MS // 1000} s", "Close it"
        ) from exc
    except apsw.NotADBError as exc:
        raise LibraryDamaged(f"{path} is not a SQLite database", "Restore it from a copy") from exc
    except apsw.CorruptError as exc:
        raise LibraryDamaged(f"{path} is damaged: {exc}", "Restore it from a backup") from exc
    except (apsw.CantOpenError, apsw.ReadOnlyError, PermissionError) as exc:
        raise EnvironmentFault(
            f"{path} cannot be opened for writing: {exc}", "Check its folder's permissions"
        ) from exc


@contextlib.contextmanager
def transaction(db: apsw.Connection) -> Iterator[None]:
    """Write everything in the block, or nothing. Takes the write lock at once."""
    with translated(db.filename):
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.execute("COMMIT")
        except BaseException:
            # SQLite may have rolled back by itself, on a full disk for instance
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


@contextlib.contextmanager
def snapshot(db: apsw.Connection) -> Iterator[None]:
    """Read everything in the block from one moment."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("COMMIT")


def sqlite_version() -> str:
    """Return the version of the SQLite that is used."""
    return apsw.sqlite_lib_version()
