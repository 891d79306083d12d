"""Putting a file in another's place: whole or not at all, whatever happens.

The new bytes go into a file of their own in the same folder, are read back from there, and take the
old one's name in one step. A process that is killed leaves the old file or the new one, and at most
a temporary file, which :func:`clear_leftovers` removes.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from facedex.errors import FacedexError, MetadataError, StorageFault
from facedex.paths import display_path, is_temporary, join, temporary_name

if TYPE_CHECKING:
    from collections.abc import Iterable

_DISK_FAULTS = {errno.ENOSPC, errno.EDQUOT, errno.EIO}
_SETTLED_NS = 4_000_000_000  # more than any file system's clock is coarse (scan.changes)


class Replacement(NamedTuple):
    """What is to become of a file, worked out from what it held.

    Attributes
    ----------
    old : None where it was not there.
    new : None where it is to go.
    """

    path: bytes
    old: bytes | None
    new: bytes | None

    @property
    def is_needed(self) -> bool:
        """Tell whether anything changes."""
        return self.new != self.old


def read_bytes(path: bytes) -> bytes | None:
    """Return what a file holds; None if it is not there.

    Raises
    ------
    MetadataError, StorageFault
        If it cannot be read.
    """
    try:
        return Path(os.fsdecode(path)).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _error_of(path, "read", error) from error


def replace_file(change: Replacement) -> os.stat_result | None:
    """Make a change, on disk when this returns; return what the system says of the new file.

    The new file has the old one's mode, owner, group and extended attributes. Its time of change is
    new, as other programs' backups expect, but four seconds back: so close to the moment of
    reading a time would not be believed, and the next scan would read the file again. A link is
    followed and stays.

    Raises
    ------
    MetadataError
        If the file holds something else by now, the system refuses, or the disk gives back other
        bytes than were written; then the file is as it was.
    StorageFault
        If the disk is full or failing; the file is as it was.
    """
    path = change.path
    target = Path(os.fsdecode(path)).resolve()
    temporary = target.with_name(temporary_name())
    try:
        if change.new is not None:
            _write(temporary, target if change.old is not None else None, change.new)
            if temporary.read_bytes() != change.new:
                raise MetadataError(path, "write", "the disk gave back other bytes", "unwritable")
        if read_bytes(path) != change.old:
            raise MetadataError(path, "write", "another program changed it meanwhile", "changed")
        if change.new is not None:
            return _swap(temporary, target)
        target.unlink()
    except OSError as error:
        raise _error_of(path, "write", error) from error
    finally:
        temporary.unlink(missing_ok=True)
    return None


def clear_leftovers(folder: bytes, names: Iterable[bytes]) -> None:
    """Remove what a killed run left in a folder, given the folder's names."""
    for name in filter(is_temporary, names):
        with contextlib.suppress(OSError):  # it is tried again at the next run
            Path(os.fsdecode(join(folder, name))).unlink()


def _write(temporary: Path, target: Path | None, data: bytes) -> None:
    """Write a new file to the disk, with the rights of the one whose place it is to take."""
    mode = 0o666 if target is None else 0o600  # a private file must not be readable meanwhile
    with open(temporary, "xb", opener=lambda path, flags: os.open(path, flags, mode)) as stream:
        stream.write(data)
        stream.flush()
        if target is not None:
            _copy_rights(target, temporary)
        os.fsync(stream.fileno())


def _copy_rights(old: Path, new: Path) -> None:
    was, now = old.stat(), new.stat()
    if hasattr(os, "chown") and (was.st_uid, was.st_gid) != (now.st_uid, now.st_gid):
        os.chown(new, was.st_uid, was.st_gid)
    shutil.copystat(old, new)
    changed_ns = max(time.time_ns() - _SETTLED_NS, was.st_mtime_ns + 1)
    os.utime(new, ns=(was.st_atime_ns, changed_ns))


def _swap(temporary: Path, target: Path) -> os.stat_result:
    written = temporary.stat()
    temporary.replace(target)
    _sync_folder(target.parent)
    found = target.stat()
    # had another program been quicker, its file must not pass for ours
    is_ours = os.path.samestat(found, written) and _state(found) == _state(written)
    return found if is_ours else written


def _state(found: os.stat_result) -> tuple[int, int]:
    return found.st_size, found.st_mtime_ns


def _sync_folder(folder: Path) -> None:
    """Let the new name survive a power cut, where folders can be synchronised."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):  # either way the file is whole, the old or the new
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _error_of(path: bytes, operation: str, error: OSError) -> FacedexError:
    reason = error.strerror or str(error)
    if error.errno in _DISK_FAULTS:
        return StorageFault(f"cannot {operation} {display_path(path)}: {reason}")
    kind = "unreadable" if operation == "read" else "unwritable"
    return MetadataError(path, operation, reason, kind)
