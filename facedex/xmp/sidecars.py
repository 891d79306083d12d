"""The ``.xmp`` files beside photos: which belong to one, and writing them without loss.

Two names are in use: ``photo.jpg.xmp`` (digiKam, darktable) and ``photo.xmp`` (Adobe). The second
belongs to every photo of that stem, a RAW and its JPEG.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from facedex.errors import FacedexError, MetadataError, StorageFault
from facedex.imaging.formats import FileKind, classify, suffix
from facedex.paths import display_path
from facedex.xmp.editing import UnmergeableError
from facedex.xmp.merging import NamedFace, check_faces, merge_faces
from facedex.xmp.reading import read_facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from facedex.xmp.regions import Size

_SUFFIX = b".xmp"
_DISK_FAULTS = {errno.ENOSPC, errno.EDQUOT, errno.EIO}


def find_sidecars(photo: bytes, folder_names: Iterable[bytes]) -> list[bytes]:
    """Return the sidecars of a photo among the names of its folder, in any case of letters.

    The one with the photo's whole name comes first: where the two contradict, it is the closer.
    """
    wanted = [name.lower() for name in _sidecar_names(photo)]
    found = [name for name in folder_names if name.lower() in wanted]
    return sorted(found, key=lambda name: (wanted.index(name.lower()), name))


def sidecar_to_write(photo: bytes, folder_names: Iterable[bytes]) -> bytes:
    """Return the name of the sidecar that takes a photo's faces, there or not yet.

    ``photo.xmp`` only where it exists and no other photo of the folder shares it.
    """
    names = list(folder_names)
    whole, short = _sidecar_names(photo)
    for name in find_sidecars(photo, names):
        if name.lower() == whole.lower() or not _is_shared(photo, short, names):
            return name
    return whole


def by_stem(folder_names: Iterable[bytes]) -> dict[bytes, list[bytes]]:
    """Return the names of a folder by what stands before their extension, lower-case."""
    found = defaultdict(list)
    for name in folder_names:
        found[_stem(name).lower()].append(name)
    return dict(found)


def names_near(photo: bytes, names_by_stem: Mapping[bytes, list[bytes]]) -> list[bytes]:
    """Return those of a folder's names (:func:`by_stem`) that matter for a photo's sidecars.

    In a folder of many photos, asking for each among all names would take the square of them.
    """
    stems = {photo.lower(), _stem(photo).lower()}
    return [name for stem in stems for name in names_by_stem.get(stem, ())]


def _sidecar_names(photo: bytes) -> tuple[bytes, bytes]:
    return photo + _SUFFIX, _stem(photo) + _SUFFIX


def _stem(name: bytes) -> bytes:
    return name[: len(name) - len(suffix(name))]


def _is_shared(photo: bytes, short: bytes, names: list[bytes]) -> bool:
    return any(
        name.lower() != photo.lower()
        and _sidecar_names(name)[1].lower() == short.lower()
        and classify(name, b"") is FileKind.PHOTO
        for name in names
    )


def write_sidecar(
    path: bytes, faces: Sequence[NamedFace], size: Size, *, is_dry_run: bool = False
) -> bool:
    """Write faces into a sidecar, merged with what it holds; tell whether it changed.

    Parameters
    ----------
    size : (width, height) of the photo's stored pixels.
    is_dry_run : only tell whether it would change, after the same checks.

    Raises
    ------
    MetadataError
        If it cannot be written, or not without loss; then it is as it was.
    StorageFault
        If the disk is full or failing; it is as it was.
    """
    old = _read(path)
    try:
        new = merge_faces(old, faces, size)
        if new == old:
            return False
        check_faces(read_facts(old or b""), read_facts(new), faces)
    except UnmergeableError as error:
        raise MetadataError(path, "write", str(error), "unmergeable") from error
    if not is_dry_run:
        replace_file(path, old, new)
    return True


def replace_file(path: bytes, old: bytes | None, new: bytes) -> None:
    """Put ``new`` in a file's place: whole or not at all, read back, with the old one's rights.

    Parameters
    ----------
    old : what the file held when ``new`` was made from it; None if it was not there.

    Raises
    ------
    MetadataError
        If the file holds something else by now, the system refuses, or the disk gives back other
        bytes than were written; then the file is as it was.
    StorageFault
        If the disk is full or failing; the file is as it was.
    """
    target = Path(os.fsdecode(path)).resolve()
    temporary = target.with_name(f".facedex-{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as stream:
            stream.write(new)
            stream.flush()
            os.fsync(stream.fileno())
        if temporary.read_bytes() != new:
            raise MetadataError(path, "write", "the disk gave back other bytes", "unwritable")
        if _read(path) != old:
            raise MetadataError(path, "write", "another program changed it meanwhile", "changed")
        if old is not None:
            shutil.copymode(target, temporary)
        temporary.replace(target)
    except OSError as error:
        raise _said(path, "write", error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _read(path: bytes) -> bytes | None:
    try:
        return Path(os.fsdecode(path)).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _said(path, "read", error) from error


def _said(path: bytes, operation: str, error: OSError) -> FacedexError:
    reason = error.strerror or str(error)
    if error.errno in _DISK_FAULTS:
        return StorageFault(f"cannot {operation} {display_path(path)}: {reason}")
    kind = "unreadable" if operation == "read" else "unwritable"
    return MetadataError(path, operation, reason, kind)
