"""Migrations: applied in order, each whole or not at all, never on what is not ours."""

import stat

import pytest

from facedex.db import connection
from facedex.db.connection import APPLICATION_ID, connect
from facedex.db.library import open_library
from facedex.db.migrate import discover, migrate, pragma_int
from facedex.errors import LibraryDamaged, LibraryLocked, MigrationError, SchemaTooNew
from facedex.paths import shipped


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "migrations"
    folder.mkdir()
    return folder


@pytest.fixture
def db(tmp_path):
    db = connect(tmp_path / "library" / "library.db")
    yield db
    db.close()


def write(folder, number, sql, name="step"):
    (folder / f"{number:04}_{name}.sql").write_text(sql, encoding="utf-8")


def tables(db):
    return [name for (name,) in db.execute("SELECT name FROM sqlite_schema ORDER BY name")]


def test_files_are_applied_in_order_and_once(db, folder):
    write(folder, 1, "CREATE TABLE a (x); INSERT INTO a VALUES (1);")
    assert migrate(db, folder) == [1]
    write(folder, 2, "INSERT INTO a VALUES (2);")
    write(folder, 3, "INSERT INTO a SELECT max(x) + 1 FROM a;")
    assert migrate(db, folder) == [2, 3]
    assert migrate(db, folder) == []
    assert db.execute("SELECT x FROM a").fetchall() == [(1,), (2,), (3,)]
    assert pragma_int(db, "user_version") == 3
    assert pragma_int(db, "application_id") == APPLICATION_ID
    assert pragma_int(db, "foreign_keys") == 1


@pytest.mark.parametrize("numbers", [(), (2,), (1, 3), (1, 2, 2)])
def test_numbers_with_gaps_or_twice_are_refused(folder, numbers):
    for place, number in enumerate(numbers):
        write(folder, number, "SELECT 1;", f"step{place}")
    with pytest.raises(MigrationError, match="without gaps"):
        discover(folder)


def test_other_files_are_not_taken_for_migrations(folder):
    write(folder, 1, "SELECT 1;")
    for name in ("README.md", "0002_Step.sql", "2_step.sql", "0002_step.sql.orig"):
        (folder / name).write_text("nonsense", encoding="utf-8")
    assert [version for version, _path in discover(folder)] == [1]


def test_newer_library_is_refused_and_left_alone(tmp_path, facedex):
    directory = tmp_path / "library"
    open_library(directory).close()
    db = connect(directory / "library.db")
    db.execute("PRAGMA user_version = 999")
    db.close()
    content = (directory / "library.db").read_bytes()
    with pytest.raises(SchemaTooNew) as caught:
        open_library(directory)
    assert caught.value.exit_code == 7
    done = facedex("--library", directory, "status")
    assert (done.returncode, done.stdout) == (7, b"")
    assert b"newer facedex" in done.stderr
    assert (directory / "library.db").read_bytes() == content
    assert sorted(path.name for path in directory.iterdir()) == ["library.db"]


@pytest.mark.parametrize(
    "sql",
    ["CREATE TABLE theirs (x)", "PRAGMA application_id = 1234", "PRAGMA user_version = 5"],
)
def test_database_of_another_program_is_refused(db, folder, sql):
    write(folder, 1, "CREATE TABLE a (x);")
    db.execute(sql)
    with pytest.raises(LibraryDamaged, match="another program"):
        migrate(db, folder)
    assert "a" not in tables(db)


def test_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "library.db").write_bytes(b"this is a diary, not a database\n" * 100)
    with pytest.raises(LibraryDamaged, match="not a SQLite database"):
        open_library(tmp_path)


def test_file_that_fails_changes_nothing(db, folder):
    write(folder, 1, "CREATE TABLE a (x CHECK (x > 0));")
    migrate(db, folder)
    for sql in (
        "INSERT INTO a VALUES (1); INSERT INTO a VALUES (0);",
        "CREATE TABLE b (x); nonsense;",
    ):
        write(folder, 2, sql)
        with pytest.raises(MigrationError, match=r"0002_step\.sql"):
            migrate(db, folder)
        assert (tables(db), db.execute("SELECT * FROM a").fetchall()) == (["a"], [])
        assert pragma_int(db, "user_version") == 1
        assert pragma_int(db, "foreign_keys") == 1
        assert not db.in_transaction


def test_statement_that_returns_rows_does_not_end_the_file(db, folder):
    write(folder, 1, "CREATE TABLE a (x); SELECT 1; CREATE TABLE b (x); SELECT 1 UNION SELECT 2;")
    assert migrate(db, folder) == [1]
    assert tables(db) == ["a", "b"]


def test_earlier_files_of_a_failing_run_stay_applied(db, folder):
    write(folder, 1, "CREATE TABLE a (x);")
    write(folder, 2, "CREATE TABLE b (x);")
    write(folder, 3, "nonsense;")
    with pytest.raises(MigrationError):
        migrate(db, folder)
    assert (tables(db), pragma_int(db, "user_version")) == (["a", "b"], 2)


@pytest.mark.parametrize("sql", ["COMMIT", "ROLLBACK", "END"])
def test_file_may_not_end_its_transaction(db, folder, sql):
    write(folder, 1, f"CREATE TABLE a (x); {sql}; CREATE TABLE b (x);")
    with pytest.raises(MigrationError):
        migrate(db, folder)
    assert (tables(db), pragma_int(db, "user_version")) == ([], 0)


def test_file_that_leaves_dangling_keys_is_refused(db, folder):
    write(
        folder, 1, "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (a REFERENCES a (id));"
    )
    migrate(db, folder)
    write(folder, 2, "INSERT INTO b VALUES (7);")
    with pytest.raises(MigrationError, match="dangling foreign keys"):
        migrate(db, folder)
    assert db.execute("SELECT * FROM b").fetchall() == []
    assert not db.in_transaction


def test_library_is_copied_before_it_is_migrated(tmp_path):
    directory = tmp_path / "library"
    db = open_library(directory)
    db.execute("INSERT INTO person (uuid, name, created_us) VALUES ('u', 'Ada', 1)")
    folder = tmp_path / "migrations"
    folder.mkdir()
    for path in shipped("migrations").glob("*.sql"):
        (folder / path.name).write_bytes(path.read_bytes())
    n = len(discover(folder))
    assert migrate(db, folder) == []
    assert list(directory.glob("*.before-*")) == []  # nothing to do, nothing to copy
    write(
        folder,
        n + 1,
        "ALTER TABLE person ADD COLUMN nickname TEXT; UPDATE person SET name = 'Eve';",
    )
    assert migrate(db, folder) == [n + 1]
    assert db.execute("SELECT name, nickname FROM person").fetchall() == [("Eve", None)]
    db.close()
    copy = directory / f"library.db.before-{n + 1}"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    # the copy is a whole library of the older schema: put back, it opens as it was
    copy.replace(directory / "library.db")
    db = open_library(directory)
    assert db.execute("SELECT name FROM person").fetchall() == [("Ada",)]
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()


def test_new_library_makes_no_copy(tmp_path):
    open_library(tmp_path / "library").close()
    assert sorted(path.name for path in (tmp_path / "library").iterdir()) == ["library.db"]


def test_second_process_that_migrates_too_does_nothing_twice(tmp_path, db, folder, monkeypatch):
    write(folder, 1, "CREATE TABLE a (x); INSERT INTO a VALUES (1);")
    other = connect(tmp_path / "library" / "library.db")
    really_check = migrate.__globals__["_check_owner"]

    def check_then_other_migrates(connection, current):
        really_check(connection, current)
        if connection is db:
            assert migrate(other, folder) == [1]

    monkeypatch.setitem(migrate.__globals__, "_check_owner", check_then_other_migrates)
    assert migrate(db, folder) == []
    assert db.execute("SELECT count(*) FROM a").fetchall() == [(1,)]
    other.close()


def test_shipped_migrations_make_a_sound_library(tmp_path):
    db = open_library(tmp_path / "library")
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    loose = db.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        " AND NOT strict AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    assert loose == []
    assert pragma_int(db, "user_version") == len(discover(shipped("migrations")))
    db.close()


def test_migration_waits_for_another_program_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "_BUSY_MS", 50)
    directory = tmp_path / "library"
    other = connect(directory / "library.db")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LibraryLocked, match="in use by another program"):
        open_library(directory)
    other.execute("ROLLBACK")
    other.close()
    open_library(directory).close()


def test_sources_and_their_regions_outlive_the_freeing_of_kinds(tmp_path, folder):
    """A library of the schema before gets sources of any kind, and loses no region."""
    db = connect(tmp_path / "before" / "library.db")
    files = [path for _version, path in discover(shipped("migrations"))]
    for path in files[:2]:
        (folder / path.name).write_bytes(path.read_bytes())
    migrate(db, folder)
    db.execute("INSERT INTO source VALUES (7, 'db3', NULL, '/db3', NULL, '{}', '[]', '{}')")
    db.execute(
        "INSERT INTO region (id, source_id, photo_name, rect, contact_id, name, said, status)"
        " VALUES (9, 7, 'a.jpg', '', '', 'Ann', 'named', 'pending')"
    )
    (folder / files[2].name).write_bytes(files[2].read_bytes())
    assert migrate(db, folder) == [3]
    assert db.execute("SELECT region_id, source, person_name FROM v1_regions").fetchall() == [
        (9, "db3", "Ann")
    ]
    db.execute("INSERT INTO source VALUES (8, 'theirs', NULL, '/x', NULL, '{}', '[]', '{}')")
    db.execute("DELETE FROM source WHERE id = 7")  # regions go with their source, as before
    assert db.execute("SELECT count(*) FROM region").fetchall() == [(0,)]
    db.close()


def test_of_heics_read_before_it_is_open_how_they_are_turned(tmp_path, folder):
    """Their numbers are right once a scan has read them again; nothing else waits for one."""
    db = connect(tmp_path / "before" / "library.db")
    files = [path for _version, path in discover(shipped("migrations"))]
    for path in files[:3]:
        (folder / path.name).write_bytes(path.read_bytes())
    migrate(db, folder)
    for number, kind in enumerate(("HEIF", "JPEG", "RAW", "AVIF")):
        db.execute(
            "INSERT INTO photo (image_hash, format, width_px, height_px, orientation)"
            " VALUES (?, ?, 40, 30, 1)",
            (bytes([number]) * 32, kind),
        )
    (folder / files[3].name).write_bytes(files[3].read_bytes())
    assert migrate(db, folder) == [4]
    assert dict(db.execute("SELECT format, decoder_turn FROM photo").fetchall()) == {
        "HEIF": None, "JPEG": 1, "RAW": 1, "AVIF": 1,
    }  # fmt: skip
    db.close()
