import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from blake3 import blake3

from facedex.errors import ReadError
from facedex.imaging.formats import FileKind
from facedex.pipeline import reading
from facedex.pipeline.reading import read_file

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40


def fault(path, alive):
    with pytest.raises(ReadError) as caught:
        read_file(os.fsencode(path), alive)
    return caught.value


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(JPEG)
    return path


def test_a_photo_is_read_once_and_hashed(photo, alive):
    before = time.time_ns()
    read = read_file(os.fsencode(photo), alive)
    status = photo.stat()
    assert read.kind is FileKind.PHOTO
    assert read.data == JPEG
    assert read.content_hash == blake3(JPEG).digest()
    assert read.stat == (len(JPEG), status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    assert before <= read.hashed_ns <= time.time_ns()


def test_of_other_files_only_the_hash_is_kept(tmp_path, alive):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"film" * 1000)
    read = read_file(os.fsencode(path), alive)
    assert (read.kind, read.data) == (FileKind.OTHER, b"")
    assert read.content_hash == blake3(b"film" * 1000).digest()


def test_an_empty_file(tmp_path, alive):
    path = tmp_path / "empty.jpg"
    path.touch()
    read = read_file(os.fsencode(path), alive)
    assert (read.kind, read.data, read.stat[0]) == (FileKind.PHOTO, b"", 0)


@pytest.mark.parametrize("name", [b"caf\xe9.jpg", b"new\nline.jpg", b"-rf", b"\xf0\x9f\x98\x80"])
def test_names_are_bytes(tmp_path, name, alive):
    path = os.fsencode(tmp_path) + b"/" + name
    with open(path, "wb") as file:  # noqa: PTH123 - pathlib takes no such names
        file.write(JPEG)
    assert read_file(path, alive).data == JPEG


def test_a_fifo_is_refused_at_once(tmp_path, alive):
    os.mkfifo(tmp_path / "pipe.jpg")
    began = time.monotonic()
    assert fault(tmp_path / "pipe.jpg", alive).kind == "not_a_file"
    assert time.monotonic() - began < 1


def test_a_folder_is_refused(tmp_path, alive):
    (tmp_path / "x.jpg").mkdir()
    assert fault(tmp_path / "x.jpg", alive).kind == "not_a_file"


def test_a_socket_is_refused(tmp_path, alive, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a socket's name is short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s.jpg")
        assert fault("s.jpg", alive).kind == "io"


def test_a_link_is_not_followed(photo, tmp_path, alive):
    link = tmp_path / "link.jpg"
    link.symlink_to(photo)
    assert fault(link, alive).kind == "io"


def test_a_file_that_has_gone(tmp_path, alive):
    found = fault(tmp_path / "gone.jpg", alive)
    assert found.kind == "gone"
    assert "gone.jpg" in str(found)


def test_a_file_that_may_not_be_read(photo, alive):
    photo.chmod(0)
    if os.access(photo, os.R_OK):  # root reads everything; see the next test
        pytest.skip("this user may read everything")
    assert fault(photo, alive).kind == "denied"


def test_permission_errors_are_told_as_such(photo, alive, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(reading.os, "open", refuse)
    assert fault(photo, alive).kind == "denied"


def test_a_disk_error_is_told_with_the_systems_words(photo, alive, monkeypatch):
    def fail(*_args):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(reading.os, "read", fail)
    found = fault(photo, alive)
    assert (found.kind, found.cause) == ("io", "Input/output error")


def writing_while_read(monkeypatch, path, n_times):
    """Let the file grow while it is being read, so many times."""
    real, left = os.read, [n_times]

    def read(handle, size):
        data = real(handle, size)
        if size > 32 and not data and left[0]:
            left[0] -= 1
            with path.open("ab") as file:
                file.write(b"more")
        return data

    monkeypatch.setattr(reading.os, "read", read)


def test_a_file_that_changed_while_it_was_read_is_read_again(photo, alive, monkeypatch):
    writing_while_read(monkeypatch, photo, 1)
    read = read_file(os.fsencode(photo), alive)
    assert read.data == JPEG + b"more"
    assert read.content_hash == blake3(JPEG + b"more").digest()


def test_a_file_that_keeps_changing_is_left_for_later(photo, alive, monkeypatch):
    writing_while_read(monkeypatch, photo, 100)
    assert fault(photo, alive).kind == "changing"


def test_no_handle_stays_open(photo, tmp_path, alive, monkeypatch):
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("no /proc")
    before = len(list(folder.iterdir()))
    read_file(os.fsencode(photo), alive)
    fault(tmp_path, alive)
    writing_while_read(monkeypatch, photo, 100)
    fault(photo, alive)
    assert len(list(folder.iterdir())) == before


def test_a_big_file_gives_signs_of_life(tmp_path, alive):
    path = tmp_path / "film.mp4"
    with path.open("wb") as file:
        file.truncate(200 << 20)  # sparse
    read = read_file(os.fsencode(path), alive)
    assert alive.n == 3  # every 64 MB
    assert read.stat[0] == 200 << 20


def test_a_photo_larger_than_fits_is_hashed_only(photo, alive, monkeypatch):
    monkeypatch.setattr(reading, "MAX_PHOTO_BYTES", len(JPEG) - 1)
    read = read_file(os.fsencode(photo), alive)
    assert (read.kind, read.data) == (FileKind.UNSUPPORTED, b"")
    assert read.content_hash == blake3(JPEG).digest()


def test_reading_changes_no_times_but_the_access_time(photo, alive):
    before = photo.stat()
    read_file(os.fsencode(photo), alive)
    after = photo.stat()
    assert (before.st_mtime_ns, before.st_ctime_ns) == (after.st_mtime_ns, after.st_ctime_ns)


def test_children_do_not_inherit_a_photo_that_is_being_read(photo, monkeypatch):
    seen = []

    def look():
        code = "import os; print(len(os.listdir('/proc/self/fd')))"
        seen.append(subprocess.check_output([sys.executable, "-c", code], close_fds=False))

    look()
    monkeypatch.setattr(reading, "_ALIVE_EVERY_BYTES", 1)
    read_file(os.fsencode(photo), look)
    assert len(seen) > 1
    assert len(set(seen)) == 1


@pytest.mark.parametrize("hides_it", [False, True], ids=["new time", "old time put back"])
def test_a_file_rewritten_at_its_size_while_it_is_read_is_read_again(
    photo, alive, monkeypatch, hides_it
):
    """Some programs put a file's old time back; its ctime still shows that it was written."""
    os.utime(photo, ns=(10**18, 10**18))
    other = JPEG[:100] + b"other" + JPEG[105:]
    real, writes = os.read, []

    def read(handle, size):
        data = real(handle, size)
        if not data and not writes:
            writes.append(other)
            time.sleep(0.02)  # the clock of the file system moves on
            photo.write_bytes(other)
            if hides_it:
                os.utime(photo, ns=(10**18, 10**18))
        return data

    monkeypatch.setattr(reading.os, "read", read)
    found = read_file(os.fsencode(photo), alive)
    assert writes
    assert found.data == other
    assert found.content_hash == blake3(other).digest()
