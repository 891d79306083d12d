"""The settings of a connection, transactions, and what errors of the machine turn into."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from facedex.db import connection
from facedex.db.connection import connect, create_private, rows, snapshot, transaction, translated
from facedex.errors import EnvironmentFault, LibraryDamaged, LibraryLocked, StorageFault


@pytest.fixture
def db(tmp_path):
    db = connect(tmp_path / "library" / "library.db")
    db.execute("CREATE TABLE t (x UNIQUE)")
    yield db
    db.close()


@pytest.mark.parametrize(("durability", "level"), [("FULL", 2), ("NORMAL", 1)])
def test_every_connection_has_the_same_settings(tmp_path, durability, level):
    db = connect(tmp_path / "x.db", durability)
    wanted = {
        "journal_mode": "wal",
        "synchronous": level,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "secure_delete": 1,
        "temp_store": 2,
        "mmap_size": 0,
        "busy_timeout": 5000,
        "journal_size_limit": 64 << 20,
    }
    assert {name: db.pragma(name) for name in wanted} == wanted
    db.close()


def test_sqlite_has_no_wal_reset_bug():
    numbers = tuple(int(part) for part in connection.sqlite_version().split("."))
    assert numbers >= (3, 51, 3)


def test_new_files_are_private_under_any_umask(tmp_path):
    script = (
        "import os, sys; from pathlib import Path; os.umask(0)\n"
        "from facedex.db.cache import open_cache\n"
        "from facedex.db.library import open_library, scan_lock\n"
        "folder = Path(sys.argv[1])\n"
        "with scan_lock(folder):\n"
        "    opened = [open_library(folder), open_cache(folder)]\n"
        "    for path in sorted(folder.iterdir()):\n"
        "        print(path.name, oct(path.stat().st_mode & 0o777))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "a" / "library"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    names = ["cache.db", "cache.db-shm", "cache.db-wal", "library.db", "library.db-shm",
             "library.db-wal", "scan.lock"]  # fmt: skip
    assert done.stdout.split("\n")[:-1] == [f"{name} 0o600" for name in names]
    assert stat.S_IMODE((tmp_path / "a" / "library").stat().st_mode) == 0o700


def test_creating_a_file_that_is_there_changes_nothing(tmp_path):
    path = tmp_path / "x.db"
    path.write_bytes(b"content")
    create_private(path)
    assert path.read_bytes() == b"content"


def test_transaction_writes_everything_or_nothing(db):
    with transaction(db):
        db.execute("INSERT INTO t VALUES (1), (2)")

    def write_and_raise(error):
        with transaction(db):
            db.execute("INSERT INTO t VALUES (3)")
            raise error

    for error in (ZeroDivisionError, KeyboardInterrupt, SystemExit):
        with pytest.raises(error):
            write_and_raise(error)
    with pytest.raises(apsw.ConstraintError), transaction(db):  # a bug of ours stays what it is
        db.execute("INSERT INTO t VALUES (4); INSERT INTO t VALUES (1)")
    assert not db.in_transaction
    assert rows(db, "SELECT x FROM t ORDER BY x") == [(1,), (2,)]


def test_transaction_takes_the_write_lock_at_once(db, monkeypatch):
    monkeypatch.setattr(connection, "_BUSY_MS", 20)
    other = connect(_path(db))
    with transaction(db):
        with pytest.raises(LibraryLocked) as caught, transaction(other):
            pytest.fail("the lock was given twice")
        assert rows(other, "SELECT * FROM t") == []  # readers are let in
    assert caught.value.exit_code == 6
    assert not other.in_transaction
    other.close()


def _path(db):
    return Path(db.filename)


def test_snapshot_shows_one_moment(db):
    other = connect(_path(db))
    with snapshot(other):
        assert rows(other, "SELECT count(*) FROM t") == [(0,)]
        db.execute("INSERT INTO t VALUES (1)")
        assert rows(other, "SELECT count(*) FROM t") == [(0,)]
    assert rows(other, "SELECT count(*) FROM t") == [(1,)]
    other.close()


def test_full_disk_is_told_and_what_was_saved_is_kept(db):
    with transaction(db):
        db.execute("INSERT INTO t VALUES (1)")
    db.execute(f"PRAGMA max_page_count = {db.pragma('page_count') + 2}")
    with pytest.raises(StorageFault, match="no space left") as caught, transaction(db):
        db.executemany("INSERT INTO t VALUES (?)", [(bytes([n]) * 3000,) for n in range(99)])
    assert caught.value.exit_code == 4
    assert not db.in_transaction
    assert rows(db, "SELECT x FROM t") == [(1,)]
    assert rows(db, "PRAGMA integrity_check") == [("ok",)]
    db.execute("PRAGMA max_page_count = 1000000")
    with transaction(db):  # space was made: it goes on
        db.execute("INSERT INTO t VALUES (2)")


class _FailingFile(apsw.VFSFile):
    def __init__(self, vfs, name, flags):
        super().__init__("", name, flags)
        self._vfs = vfs

    def xWrite(self, data, offset):  # noqa: N802
        if self._vfs.error is not None:
            raise self._vfs.error
        super().xWrite(data, offset)


class _FailingVFS(apsw.VFS):
    """A disk that fails to write from some moment on."""

    def __init__(self):
        self.error = None
        super().__init__("failing", "")

    def xOpen(self, name, flags):  # noqa: N802
        return _FailingFile(self, name, flags)


@pytest.mark.parametrize(
    ("error", "words"), [(apsw.FullError, "no space left"), (apsw.IOError, "the disk failed")]
)
def test_disk_that_fails_to_write_loses_nothing_that_was_saved(tmp_path, error, words):
    vfs = _FailingVFS()
    path = tmp_path / "x.db"
    db = apsw.Connection(str(path), vfs="failing")
    assert db.pragma("journal_mode", "wal") == "wal"
    db.execute("CREATE TABLE t (x)")
    for number in range(5):
        with transaction(db):
            db.execute("INSERT INTO t VALUES (?)", (number,))
    vfs.error = error()
    with pytest.raises(StorageFault, match=words), transaction(db):
        db.execute("INSERT INTO t VALUES (99)")
    assert not db.in_transaction
    assert rows(db, "SELECT count(*) FROM t") == [(5,)]
    vfs.error = None
    with transaction(db):
        db.execute("INSERT INTO t VALUES (5)")
    db.close()
    db = connect(path)
    assert rows(db, "SELECT count(*), max(x) FROM t") == [(6, 5)]
    db.close()
    vfs.unregister()


@pytest.mark.parametrize(
    ("raised", "fault"),
    [
        (apsw.FullError, StorageFault),
        (apsw.IOError, StorageFault),
        (apsw.BusyError, LibraryLocked),
        (apsw.NotADBError, LibraryDamaged),
        (apsw.CorruptError, LibraryDamaged),
        (apsw.CantOpenError, EnvironmentFault),
        (apsw.ReadOnlyError, EnvironmentFault),
        (PermissionError, EnvironmentFault),
    ],
)
def test_errors_of_the_machine_name_the_file_and_what_to_do(raised, fault):
    with pytest.raises(fault) as caught, translated("/somewhere/library.db"):
        raise raised("reason")
    assert "/somewhere/library.db" in caught.value.what
    assert caught.value.hint
    assert isinstance(caught.value.__cause__, raised)


@pytest.mark.parametrize("raised", [apsw.SQLError, apsw.ConstraintError, KeyError])
def test_bugs_pass_unchanged(raised):
    with pytest.raises(raised), translated("library.db"):
        raise raised


def test_damaged_file_is_told(tmp_path):
    path = tmp_path / "x.db"
    db = connect(path)
    db.execute("CREATE TABLE t (x)")
    db.executemany("INSERT INTO t VALUES (?)", [("x" * 500,)] * 200)
    db.close()
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)
    db = connect(path)
    with pytest.raises(LibraryDamaged, match="is damaged"):
        rows(db, "SELECT count(x || 1) FROM t")
    db.close()


def test_folder_in_place_of_the_file_is_told(tmp_path):
    (tmp_path / "x.db").mkdir()
    with pytest.raises(EnvironmentFault):
        connect(tmp_path / "x.db")
