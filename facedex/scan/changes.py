"""Telling a changed file from an unchanged one without opening it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facedex.types import FileStat

# A file modified this shortly before it was read may have changed again without a new time: its
# time is then not believed ("racy git"). FAT keeps even seconds, network clocks differ.
RACY_COARSE_NS = 2_000_000_000
RACY_FINE_NS = 50_000_000
_FINE_FILE_SYSTEMS = frozenset(
    {
        b"ext2",
        b"ext3",
        b"ext4",
        b"xfs",
        b"btrfs",
        b"zfs",
        b"f2fs",
        b"tmpfs",
        b"overlay",
        b"bcachefs",
    }
)


class Change(StrEnum):
    """What a walk finds of a path, compared with what the library knows."""

    NEW = "new"
    UNCHANGED = "unchanged"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What the library remembers of a path.

    ``hashed_ns`` is when its reading began, or None if it was never read to the end.
    """

    stat: FileStat
    hashed_ns: int | None


def timestamp_slack_ns(root: bytes) -> int:
    """Return how far the timestamps under ``root`` may lag behind the clock.

    Fine on the local file systems known to keep nanoseconds; two seconds on FAT-like, network and
    unknown ones.
    """
    try:
        mounts = Path("/proc/self/mounts").read_bytes().splitlines()
    except OSError:  # not Linux
        return RACY_COARSE_NS
    real = os.path.realpath(root) + b"/"
    best, kind = b"", b""
    for line in mounts:
        _device, point, fs_type, *_ = line.split(b" ")
        folder = point.replace(b"\\040", b" ").rstrip(b"/") + b"/"
        if real.startswith(folder) and len(folder) >= len(best):
            best, kind = folder, fs_type
    return RACY_FINE_NS if kind in _FINE_FILE_SYSTEMS else RACY_COARSE_NS


def compare(
    found: FileStat, known: KnownFile | None, slack_ns: int = RACY_COARSE_NS
) -> tuple[Change, str]:
    """Return the change and the reason for it, for the log.

    Unchanged means: size, mtime, ctime and inode are equal (on Windows ctime is the creation time
    and the inode is not asked), and the file was not modified so shortly before it was last read
    that its times prove nothing. A restored mtime shows in ctime.
    """
    if known is None:
        return Change.NEW, "not seen before"
    was = known.stat
    if known.hashed_ns is None:
        return Change.CHANGED, "was not read to the end"
    if found.size_bytes != was.size_bytes:
        return Change.CHANGED, f"size {was.size_bytes} -> {found.size_bytes}"
    if found.mtime_ns != was.mtime_ns:
        return Change.CHANGED, "modified"
    if sys.platform != "win32":
        if found.inode != was.inode:
            return Change.CHANGED, "another file under this name"
        if found.ctime_ns != was.ctime_ns:
            return Change.CHANGED, "touched (ctime)"
    if found.mtime_ns >= known.hashed_ns - slack_ns:
        return Change.CHANGED, "modified too shortly before it was read"
    return Change.UNCHANGED, "same size and times"
