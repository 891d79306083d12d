"""Apply numbered SQL files to a database, using ``PRAGMA user_version``. Forward only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import apsw

from facedex.db.connection import APPLICATION_ID, create_private, rows
from facedex.errors import LibraryDamaged, MigrationError, SchemaTooNew

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")


def discover(directory: Path) -> list[tuple[int, Path]]:
    """Return ``(version, path)`` pairs in order; versions must be 1..N without gaps."""
    found = sorted((int(m[1]), p) for p in directory.iterdir() if (m := _NAME.match(p.name)))
    if not found or [v for v, _ in found] != list(range(1, len(found) + 1)):
        raise MigrationError(f"migration numbers must be 1 to N without gaps: {directory}")
    return found


def pragma_int(db: apsw.Connection, name: str) -> int:
    """Return the value of an integer pragma."""
    return int(db.pragma(name) or 0)


def pending(db: apsw.Connection, directory: Path) -> list[tuple[int, Path]]:
    """Return the ``(version, path)`` pairs that ``db`` still lacks; it is only read.

    Raises
    ------
    SchemaTooNew, LibraryDamaged, MigrationError
    """
    files = discover(directory)
    current = pragma_int(db, "user_version")
    _check_owner(db, current)
    if current > len(files):
        raise SchemaTooNew(
            f"{db.filename} was written by a newer facedex (schema {current}; this one knows "
            f"{len(files)})",
            "Install the newer facedex; nothing was changed",
        )
    return files[current:]


def migrate(db: apsw.Connection, directory: Path) -> list[int]:
    """Bring ``db`` up to date and return the versions applied.

    A database that holds data is copied beside itself first (``NAME.before-N``, mode 0600). Each
    file runs in one transaction with its own ``user_version`` bump.

    Raises
    ------
    SchemaTooNew, LibraryDamaged, MigrationError
    """
    lacking = pending(db, directory)
    current = pragma_int(db, "user_version")
    if current and lacking:
        _back_up(db, current)
    # a second process may be migrating too: the version is read again under the write lock
    return [version for version, path in lacking if _apply(db, version, path)]


def _check_owner(db: apsw.Connection, current: int) -> None:
    owner = pragma_int(db, "application_id")
    has_tables = rows(db, "SELECT count(*) FROM sqlite_schema")[0][0]
    if owner != APPLICATION_ID and (owner or current or has_tables):
        raise LibraryDamaged(
            f"{db.filename} is a SQLite database of another program", "Name another --library"
        )


def _back_up(db: apsw.Connection, current: int) -> None:
    from pathlib import Path

    target = Path(f"{db.filename}.before-{current + 1}")
    target.unlink(missing_ok=True)
    create_private(target)
    copy = apsw.Connection(str(target))
    try:
        with copy.backup("main", db, "main") as backup:
            while not backup.done:
                backup.step(1000)
    finally:
        copy.close()


def _no_transaction_control(
    action: int, arg1: str | None, _arg2: str | None, _db: str | None, _trigger: str | None
) -> int:
    """Keep a migration file from ending the transaction that it runs in (authorizer callback)."""
    ends = action == apsw.SQLITE_TRANSACTION and arg1 in {"COMMIT", "ROLLBACK"}
    return apsw.SQLITE_DENY if ends else apsw.SQLITE_OK


def _apply(db: apsw.Connection, version: int, path: Path) -> bool:
    db.execute("PRAGMA foreign_keys = OFF")
    try:
        db.execute("BEGIN IMMEDIATE")
        if pragma_int(db, "user_version") >= version:
            return False
        db.authorizer = _no_transaction_control
        try:
            # all rows are fetched: a statement that returns some would end the file there
            db.execute(path.read_text(encoding="utf-8")).fetchall()
        finally:
            db.authorizer = None
        if rows(db, "PRAGMA foreign_key_check"):
            raise MigrationError(f"{path.name} leaves dangling foreign keys")
        db.execute(f"PRAGMA user_version = {version}")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("COMMIT")
    except (apsw.SQLError, apsw.ConstraintError, apsw.AuthError) as exc:
        raise MigrationError(f"{path.name}: {exc}", "The library is as it was before") from exc
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
        db.execute("PRAGMA foreign_keys = ON")
    return True
