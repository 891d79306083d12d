"""Reading another program's SQLite database without leaving a trace beside it.

Opening a database, even read-only, may create ``-wal`` and ``-shm`` files, roll back what a crashed
program left, or make a program that runs wait. So the database is copied, with its log, into a
private folder, and only the copy is opened: SQLite finishes there what the log holds.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw

from facedex.errors import EnvironmentFault, StorageFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOGS = ("-wal", "-journal")  # -shm is only an index of -wal; SQLite makes it anew
_CODECS = {"UTF-8": "utf-8", "UTF-16le": "utf-16-le", "UTF-16be": "utf-16-be"}
MAX_PROBLEMS = 1000
_ATTEMPTS = 5
_SETTLE_S = 0.05  # more than the step of any local file system's clock


@contextlib.contextmanager
def open_copy(path: Path) -> Iterator[apsw.Connection]:
    """Open a copy of the database as it is now, with what its log holds; it is gone afterwards.

    Nothing but reading is done to ``path`` and its neighbours, and no lock is taken.

    Raises
    ------
    UsageError
        If it cannot be read, is no SQLite database or is damaged; also from within the block.
    EnvironmentFault
        If it is being written all the time, or there is no room for the copy.
    """
    with tempfile.TemporaryDirectory(prefix="facedex-") as folder:
        copy = Path(folder) / "copy.db"
        _copy_settled(path, copy)
        with _readable(path), contextlib.closing(apsw.Connection(str(copy))) as db:
            # defensive and untrusting: the file may come from anywhere
            db.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
            for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "temp_store = MEMORY"):
                db.execute(f"PRAGMA {pragma}")
            _finish_log(db, path)
            db.execute("PRAGMA query_only = ON")
            yield db


def _finish_log(db: apsw.Connection, path: Path) -> None:
    """Let SQLite take in what the log holds: it does so when it reads for the first time."""
    try:
        db.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except apsw.SQLError as exc:  # a header that SQLite cannot make anything of
        raise UsageError(f"{path} is no database that SQLite can read ({exc})") from exc


def _copy_settled(path: Path, copy: Path) -> None:
    """Copy a database and its log as they were at one moment.

    The log may grow meanwhile: SQLite takes the whole transactions from it and no more. The
    database itself must not change; when it does, the copy is made again.
    """
    for attempt in range(_ATTEMPTS):
        time.sleep(_SETTLE_S * 3**attempt if attempt else 0)
        with _copyable(path):
            before = _fingerprint(path)
            time.sleep(_SETTLE_S)
            _copy_all(path, copy)
            if _fingerprint(path) == before:
                return
    raise EnvironmentFault(
        f"{path} is being written by another program", "Close that program and try again"
    )


def _fingerprint(path: Path) -> tuple[int, int, int, bytes]:
    """Return what changes when the file is written: SQLite's counter of changes and more."""
    stat = path.stat()
    with path.open("rb") as file:
        return stat.st_ino, stat.st_size, stat.st_mtime_ns, file.read(100)


def _copy_all(path: Path, copy: Path) -> None:
    shutil.copyfile(path, copy)
    for ending in _LOGS:
        log, log_copy = (Path(f"{base}{ending}") for base in (path, copy))
        try:
            shutil.copyfile(log, log_copy)
        except FileNotFoundError:
            log_copy.unlink(missing_ok=True)  # of an attempt before


@contextlib.contextmanager
def _copyable(path: Path) -> Iterator[None]:
    """Say in one line why a file cannot be copied, and what to do."""
    try:
        yield
    except OSError as exc:
        if exc.errno == errno.ENOSPC:
            raise StorageFault(
                f"no space left to copy {path}", "Free some, or set TMPDIR to a roomier folder"
            ) from exc
        raise UsageError(f"{path} cannot be read: {exc.strerror or exc}") from exc


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say in one line what is wrong with a database, and what to do."""
    try:
        yield
    except apsw.NotADBError as exc:
        raise UsageError(f"{path} is not a SQLite database") from exc
    except apsw.CorruptError as exc:
        raise UsageError(f"{path} is damaged ({exc}); restore it from a backup") from exc
    except (apsw.FullError, apsw.IOError) as exc:
        raise StorageFault(
            f"the copy of {path} cannot be used: {exc}", "Set TMPDIR to a folder with more room"
        ) from exc


class ForeignRows:
    """Rows of a database that nobody vouches for; those that make no sense are noted and left out.

    Columns of text are asked for as BLOB (``CAST(name AS BLOB)``), because a single one that is not
    valid text would end the query.
    """

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._codec = _CODECS[str(db.pragma("encoding"))]
        self.n_bad = 0
        self.problems: list[str] = []

    def read(self, sql: str, *bindings: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query."""
        yield from self._db.execute(sql, bindings)

    def text(self, stored: bytes | None) -> str:
        """Return the text of a column; what is not valid in it becomes U+FFFD."""
        return (stored or b"").decode(self._codec, errors="replace")

    def bad(self, what: str, n_rows: int = 1) -> None:
        """Note rows that cannot be used; after ``MAX_PROBLEMS`` they are only counted."""
        self.n_bad += n_rows
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(what)
