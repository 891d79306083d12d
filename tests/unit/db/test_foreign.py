"""Another program's database is read as it is, and nothing beside it changes."""

import contextlib
import errno
import os
import shutil
import sqlite3
import subprocess
import sys
import threading

import pytest

from facedex.db import foreign
from facedex.db.foreign import ForeignRows, open_copy
from facedex.errors import EnvironmentFault, StorageFault, UsageError


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "theirs"
    folder.mkdir()
    return folder


def make(path, journal):
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(f"PRAGMA journal_mode = {journal}")
    db.execute("CREATE TABLE t (x)")
    db.execute("INSERT INTO t VALUES (1)")
    return db


def state(folder):
    return {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
        for path in folder.iterdir()
    }


def values(path):
    with open_copy(path) as db:
        return [x for (x,) in db.execute("SELECT x FROM t ORDER BY x")]


@pytest.mark.parametrize("journal", ["delete", "truncate", "persist", "wal"])
def test_a_database_that_rests_is_read_without_a_trace(folder, journal):
    make(folder / "x.db", journal).close()
    before = state(folder)
    assert values(folder / "x.db") == [1]
    assert state(folder) == before


def test_what_is_only_in_a_running_programs_log_is_read(folder):
    with contextlib.closing(make(folder / "x.db", "wal")) as db:
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("INSERT INTO t VALUES (2)")
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO t VALUES (3)")  # not committed
        before = state(folder)
        assert before.keys() == {"x.db", "x.db-wal", "x.db-shm"}
        assert values(folder / "x.db") == [1, 2]
        assert state(folder) == before
        # nor was the other program locked out
        db.execute("COMMIT")
        assert values(folder / "x.db") == [1, 2, 3]


CRASH = """
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute(f"PRAGMA journal_mode = {sys.argv[2]}")
db.execute("PRAGMA cache_size = 2")  # so that pages of the transaction are in the file already
db.execute("BEGIN IMMEDIATE")
db.execute("UPDATE t SET x = -x")
db.executemany("INSERT INTO t VALUES (?)", [("x" * 3000,) for _ in range(50)])
os._exit(9)
"""


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_what_a_crash_left_half_done_is_not_read_and_not_repaired(folder, journal):
    make(folder / "x.db", journal).close()
    subprocess.run([sys.executable, "-c", CRASH, folder / "x.db", journal], check=False)
    before = state(folder)
    assert len(before) > 1  # a log that is hot
    assert values(folder / "x.db") == [1]
    assert state(folder) == before


def test_a_folder_that_cannot_be_written_is_no_obstacle(folder):
    make(folder / "x.db", "wal").close()
    folder.chmod(0o500)
    try:
        assert values(folder / "x.db") == [1]
    finally:
        folder.chmod(0o700)


def test_the_copy_is_private_and_goes_away(folder, tmp_path, monkeypatch):
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr(foreign.tempfile, "tempdir", str(room))
    make(folder / "x.db", "wal").close()
    with open_copy(folder / "x.db"):
        (copies,) = room.iterdir()
        assert copies.stat().st_mode & 0o077 == 0
    assert list(room.iterdir()) == []


def test_nothing_can_be_written_through_it(folder):
    make(folder / "x.db", "delete").close()
    with open_copy(folder / "x.db") as db, pytest.raises(foreign.apsw.ReadOnlyError):
        db.execute("DELETE FROM t")


def test_commits_during_the_copy_are_read_whole_or_not_at_all(folder):
    """Each transaction moves one unit from one row to the other; the sum stays."""
    db = make(folder / "x.db", "wal")
    db.execute("UPDATE t SET x = 1000000")
    db.execute("INSERT INTO t VALUES (0)")
    db.close()
    done = threading.Event()

    def write():
        with contextlib.closing(sqlite3.connect(folder / "x.db", isolation_level=None)) as db:
            db.execute("PRAGMA wal_autocheckpoint = 200")
            while not done.is_set():
                db.execute("BEGIN IMMEDIATE")
                db.execute("UPDATE t SET x = x - 1 WHERE rowid = 1")
                db.execute("UPDATE t SET x = x + 1 WHERE rowid = 2")
                db.execute("COMMIT")
                done.wait(0.002)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        read = 0
        for _ in range(4):
            with contextlib.suppress(EnvironmentFault):
                assert sum(values(folder / "x.db")) == 1_000_000
                read += 1
        assert read
    finally:
        done.set()
        writer.join()


def test_a_database_that_changes_all_the_time_is_given_up(folder, monkeypatch):
    make(folder / "x.db", "delete").close()
    monkeypatch.setattr(foreign, "_SETTLE_S", 0.0)
    copyfile = shutil.copyfile

    def copy_and_change(source, target):
        copyfile(source, target)
        if str(source).endswith("x.db"):
            with contextlib.closing(sqlite3.connect(folder / "x.db")) as db, db:
                db.execute("INSERT INTO t VALUES (2)")

    monkeypatch.setattr(foreign.shutil, "copyfile", copy_and_change)
    with pytest.raises(EnvironmentFault, match=r"is being written by another program\. Close"):
        values(folder / "x.db")


def test_a_change_during_the_copy_is_noticed(folder, monkeypatch):
    make(folder / "x.db", "delete").close()
    copyfile = shutil.copyfile
    n_copies = []

    def change_once(source, target):
        copyfile(source, target)
        if str(source).endswith("x.db"):
            n_copies.append(1)
            if len(n_copies) == 1:
                with contextlib.closing(sqlite3.connect(folder / "x.db")) as db, db:
                    db.execute("INSERT INTO t VALUES (2)")

    monkeypatch.setattr(foreign.shutil, "copyfile", change_once)
    assert values(folder / "x.db") == [1, 2]
    assert len(n_copies) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not a database at all" * 100, "x.db is not a SQLite database"),
        (b"SQLite format 3\0" + b"\xff" * 5000, "x.db is"),
    ],
)
def test_what_is_no_database_is_said_in_one_line(folder, content, said):
    (folder / "x.db").write_bytes(content)
    with pytest.raises(UsageError, match=said):
        values(folder / "x.db")


def test_damage_is_said_in_one_line_wherever_it_shows(folder):
    db = make(folder / "x.db", "delete")
    db.execute("BEGIN")
    db.executemany("INSERT INTO t VALUES (?)", [("x" * 500,) for _ in range(200)])
    db.execute("COMMIT")
    db.close()
    data = bytearray((folder / "x.db").read_bytes())
    data[4096 * 3 : 4096 * 8] = b"\xaa" * (4096 * 5)
    (folder / "x.db").write_bytes(data)
    with pytest.raises(UsageError, match=r"x\.db is damaged .*restore it from a backup"):
        values(folder / "x.db")


def test_a_missing_file_is_said(folder):
    with pytest.raises(UsageError, match=r"x\.db cannot be read: No such file"):
        values(folder / "x.db")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file_is_said(folder):
    make(folder / "x.db", "delete").close()
    (folder / "x.db").chmod(0)
    with pytest.raises(UsageError, match=r"x\.db cannot be read: Permission denied"):
        values(folder / "x.db")


def test_no_room_for_the_copy_is_the_machines_fault(folder, monkeypatch):
    make(folder / "x.db", "delete").close()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(foreign.shutil, "copyfile", full)
    with pytest.raises(StorageFault, match=r"no space left to copy .* set TMPDIR"):
        values(folder / "x.db")


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_text_is_read_in_every_encoding_and_however_broken(folder, encoding):
    db = sqlite3.connect(folder / "x.db", isolation_level=None)
    db.execute(f"PRAGMA encoding = '{encoding}'")
    db.execute("CREATE TABLE t (x)")
    db.executemany("INSERT INTO t VALUES (?)", [("Zoë",), (None,), (7,), (b"\xff\xfe\xff",)])
    db.close()
    with open_copy(folder / "x.db") as db:
        rows = ForeignRows(db)
        texts = [rows.text(x) for (x,) in rows.read("SELECT CAST(x AS BLOB) FROM t")]
    assert texts[:3] == ["Zoë", "", "7"]
    assert "\N{REPLACEMENT CHARACTER}" in texts[3]


def test_very_many_problems_are_counted_and_not_all_kept(folder, monkeypatch):
    monkeypatch.setattr(foreign, "MAX_PROBLEMS", 3)
    make(folder / "x.db", "delete").close()
    with open_copy(folder / "x.db") as db:
        rows = ForeignRows(db)
        for n in range(5):
            rows.bad(f"row {n}", 2)
    assert (rows.n_bad, rows.problems) == (10, ["row 0", "row 1", "row 2"])
