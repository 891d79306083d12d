"""Reading a file once: what is hashed is what is decoded."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blake3 import blake3

from facedex.errors import ReadError
from facedex.imaging.formats import SNIFF_BYTES, FileKind, classify

if TYPE_CHECKING:
    from collections.abc import Callable

_BLOCK_BYTES = 1 << 20
_ALIVE_EVERY_BYTES = 64 << 20
# a photo file is held in memory whole; larger ones are hashed block by block and not decoded
MAX_PHOTO_BYTES = 512 << 20


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that was read to the end.

    ``data`` holds all its bytes if it is a photo, else nothing. ``stat`` is (size, mtime_ns,
    ctime_ns, inode) of what was read.
    """

    kind: FileKind
    data: bytes
    content_hash: bytes
    stat: tuple[int, int, int, int]
    hashed_ns: int


def read_file(path: bytes, alive: Callable[[], None]) -> ReadFile:
    """Read and hash a regular file; ``alive`` is called now and then while it lasts.

    Raises
    ------
    ReadError
        With kind ``gone``, ``denied``, ``not_a_file``, ``changing`` or ``io``.
    """
    # the file is opened without waiting (a FIFO would block for ever) and without following a link
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
    flags |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    for is_last in (False, True):
        try:
            handle = os.open(path, flags)
            try:
                found = _read_open(path, handle, alive)
            finally:
                os.close(handle)
        except OSError as exc:
            raise _read_error(path, exc) from exc
        if found is not None:
            return found
        if is_last:
            break
    raise ReadError(path, "read", "another program is writing it just now", "changing")


def _read_open(path: bytes, handle: int, alive: Callable[[], None]) -> ReadFile | None:
    """Read an open file; None if it changed meanwhile."""
    before = os.fstat(handle)
    if not stat.S_ISREG(before.st_mode):
        raise ReadError(path, "read", "it is not a regular file", "not_a_file")
    hashed_ns = time.time_ns()
    hasher = blake3()
    head = _read_up_to(handle, SNIFF_BYTES)
    hasher.update(head)
    kind = classify(path, head)
    keep = kind is FileKind.PHOTO and before.st_size <= MAX_PHOTO_BYTES
    parts = [head]
    n_read = len(head)
    next_sign = _ALIVE_EVERY_BYTES
    while block := os.read(handle, _BLOCK_BYTES):
        hasher.update(block)
        n_read += len(block)
        if keep:
            parts.append(block)
        if n_read >= next_sign:
            next_sign += _ALIVE_EVERY_BYTES
            alive()
    after = os.fstat(handle)
    # a program that puts the old mtime back cannot put the ctime back
    if n_read != after.st_size or _numbers(before) != _numbers(after):
        return None
    if kind is FileKind.PHOTO and not keep:
        kind = FileKind.UNSUPPORTED
    data = b"".join(parts) if keep else b""
    return ReadFile(kind, data, hasher.digest(), _numbers(after), hashed_ns)


def _numbers(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def _read_up_to(handle: int, n_bytes: int) -> bytes:
    head = b""
    while len(head) < n_bytes and (part := os.read(handle, n_bytes - len(head))):
        head += part
    return head


def _read_error(path: bytes, exc: OSError) -> ReadError:
    if isinstance(exc, FileNotFoundError):
        return ReadError(path, "read", "it is no longer there", "gone")
    if isinstance(exc, PermissionError):
        return ReadError(path, "read", "reading it is not permitted", "denied")
    return ReadError(path, "read", exc.strerror or str(exc), "io")
