"""The library folder: its lock, its own files, its roots, and the cache beside it."""

import json
import os
import signal
import subprocess
import sys

import pytest

from facedex.db import cache, files
from facedex.db.connection import connect, rows, transaction
from facedex.db.library import (
    LOCK_NAME,
    data_version,
    get_meta,
    open_library,
    own_identities,
    scan_lock,
    set_meta,
)
from facedex.errors import LibraryLocked
from facedex.types import FileStat

_HOLDER = """
import sys, time
from pathlib import Path
from facedex.db.library import scan_lock
with scan_lock(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def db(tmp_path):
    db = open_library(tmp_path)
    yield db
    db.close()


def test_lock_is_held_once_names_its_holder_and_ends_with_it(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, tmp_path], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "locked\n"
        with (
            pytest.raises(LibraryLocked, match=f'"pid": {holder.pid}') as caught,
            scan_lock(tmp_path),
        ):
            pytest.fail("the lock was given twice")
        assert caught.value.exit_code == 6
        # the holder's text was not touched
        assert json.loads((tmp_path / LOCK_NAME).read_text())["pid"] == holder.pid
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
    with scan_lock(tmp_path):
        assert json.loads((tmp_path / LOCK_NAME).read_text())["pid"] == os.getpid()


def test_lock_is_given_back_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), scan_lock(tmp_path):
        _ = 1 / 0
    with scan_lock(tmp_path):
        pass


def test_own_files_are_known_by_their_inodes(tmp_path):
    db, thumbnails = open_library(tmp_path), cache.open_cache(tmp_path)
    (tmp_path / "photo.jpg").write_bytes(b"x")
    (tmp_path / "library.db.before-2").write_bytes(b"x")
    found = own_identities(tmp_path)
    own = {path for path in tmp_path.iterdir() if (path.stat().st_dev, path.stat().st_ino) in found}
    assert {path.name for path in own} == {
        "library.db", "library.db-wal", "library.db-shm", "library.db.before-2",
        "cache.db", "cache.db-wal", "cache.db-shm",
    }  # fmt: skip
    db.close()
    thumbnails.close()
    assert own_identities(tmp_path / "nowhere") == frozenset()


def test_library_keeps_its_uuid_and_its_values(tmp_path, db):
    uuid = get_meta(db, "library_uuid")
    other = open_library(tmp_path)
    assert get_meta(other, "library_uuid") == uuid
    version = data_version(other)
    assert get_meta(db, "model") is None
    set_meta(db, "model", "a")
    set_meta(db, "model", "b")
    assert get_meta(other, "model") == "b"
    assert data_version(other) != version
    other.close()


def add_file(db, root, relpath):
    return files.add_file(db, root, FileStat(relpath, 1, 2, 3, 4, 1))


@pytest.mark.parametrize("prefix", [b"in/", b"in/n\xe9r/", "in/ner\N{SNOWMAN}/".encode()])
def test_absorbed_root_hands_over_its_files_under_their_paths(db, prefix):
    inner_path = b"/photos/" + prefix[:-1]
    inner = files.ensure_root(db, inner_path)
    names = [b"a.jpg", b"b/\xff.jpg", b"b/c\xc3\xa9.jpg"]
    ids = [add_file(db, inner, name) for name in names]
    before = rows(db, "SELECT file_id, path_bytes FROM v1_files ORDER BY file_id")
    outer = files.ensure_root(db, b"/photos")
    own = add_file(db, outer, b"own.jpg")
    with transaction(db):
        files.absorb_root(db, files.list_roots(db)[0], outer, prefix)
    assert [root.path for root in files.list_roots(db)] == [b"/photos"]
    after = rows(db, "SELECT file_id, path_bytes FROM v1_files ORDER BY file_id")
    assert after == [*before, (own, b"/photos/own.jpg")]
    known = files.find_files(db, outer, [prefix + name for name in (*names, b"never seen.jpg")])
    assert {path: row.file_id for path, row in known.items()} == {
        prefix + name: file_id for file_id, name in zip(ids, names, strict=True)
    }
    assert all(row.stat.relpath == path for path, row in known.items())


def test_paths_of_another_root_are_not_found(db):
    here, there = files.ensure_root(db, b"/photos"), files.ensure_root(db, b"/other")
    add_file(db, there, b"a.jpg")
    assert files.find_files(db, here, [b"a.jpg"]) == {}
    assert files.find_files(db, there, []) == {}


def test_absorbed_files_with_names_that_became_lossy_say_so(db):
    inner = files.ensure_root(db, b"/photos/\xff")
    add_file(db, inner, b"a.jpg")
    outer = files.ensure_root(db, b"/photos")
    files.absorb_root(db, files.list_roots(db)[0], outer, b"\xff/")
    assert rows(db, "SELECT path_is_lossy, path_bytes FROM v1_files") == [
        (1, b"/photos/\xff/a.jpg")
    ]


def test_folder_lookup_takes_its_own_files_only(db):
    root = files.ensure_root(db, b"/photos")
    for name in (b"a/x.jpg", b"a/b/y.jpg", b"a0.jpg", b"a.jpg", b"a-/z.jpg", b"top.jpg"):
        add_file(db, root, name)
    found = {
        folder: [name for _id, name, _photo in files.find_in_folder(db, root, folder)]
        for folder in (b"", b"a/", b"a/b/", b"nowhere/")
    }
    assert found == {
        b"": [b"a.jpg", b"a0.jpg", b"top.jpg"], b"a/": [b"x.jpg"], b"a/b/": [b"y.jpg"],
        b"nowhere/": [],
    }  # fmt: skip


def test_cache_keeps_thumbnails_and_replaces_them(tmp_path):
    db = cache.open_cache(tmp_path)
    cache.save_thumbnails(db, [("a", b"1"), ("b", b"2")])
    cache.save_thumbnails(db, [("a", b"3")])
    db.close()
    db = cache.open_cache(tmp_path)
    assert [cache.find_thumbnail(db, name) for name in "abc"] == [b"3", b"2", None]
    db.close()


def test_cache_of_another_version_is_emptied(tmp_path):
    db = connect(tmp_path / "cache.db")
    db.execute("CREATE TABLE face_thumbnail (old); CREATE TABLE more (x); PRAGMA user_version = 77")
    db.close()
    db = cache.open_cache(tmp_path)
    assert rows(db, "SELECT name FROM sqlite_schema WHERE type = 'table'") == [("face_thumbnail",)]
    cache.save_thumbnails(db, [("a", b"1")])
    assert cache.find_thumbnail(db, "a") == b"1"
    db.close()
