"""Walking a root: every regular file under it, by bytes, without leaving it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from facedex.paths import is_temporary, join
from facedex.types import FileStat

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

# Folders that hold no photos of the owner: thumbnails of a NAS, versions, trash, indexes, and the
# untouched originals that Picasa keeps beside the photos it saved.
PICASA_ORIGINALS = b".picasaoriginals"
SKIPPED_FOLDERS = frozenset(
    {
        b"@eadir", b".spotlight-v100", b".stversions", b".trash", b".trashes", b".fseventsd",
        b"$recycle.bin", b"system volume information", PICASA_ORIGINALS, b"_vti_cnf",
        b".appledouble", b".git", b"#recycle", b".thumbnails", b".dtrash",
    }
)  # fmt: skip
_CACHE_TAG = b"CACHEDIR.TAG"
_CACHE_SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55"
FileIdentity = tuple[int, int]


@dataclass
class Walk:
    """What one walk could not see; fill it by iterating :func:`walk`.

    Attributes
    ----------
    unreadable : (relative path, reason) of folders and files that could not be listed or examined.
        What the library knows beneath them must not be taken for gone.
    """

    unreadable: list[tuple[bytes, str]] = field(default_factory=list)


def walk(root: bytes, state: Walk, own_files: Collection[FileIdentity] = ()) -> Iterator[FileStat]:
    """Yield the regular files under ``root`` in byte order of their names, folder by folder.

    Links are not followed; FIFOs, sockets and devices are left out, as are ``SKIPPED_FOLDERS`` and
    folders with a CACHEDIR.TAG and what a killed export left. Nothing is opened but such a tag.

    Parameters
    ----------
    own_files : (device, inode) of facedex's own database files: even to open and close them would
        drop SQLite's locks (POSIX), so they are not part of any library.
    """
    folders = [b""]
    while folders:
        folder = folders.pop()
        entries = _list(root, folder, state)
        if entries is None or _is_cache(root, folder, entries):
            continue
        below = []
        for entry in entries:
            relpath = folder + entry.name
            try:
                found = entry.stat(follow_symlinks=False)
            except OSError as exc:
                state.unreadable.append((relpath, exc.strerror or str(exc)))
                continue
            if stat.S_ISDIR(found.st_mode):
                if entry.name.lower() not in SKIPPED_FOLDERS:
                    below.append(relpath + b"/")
                elif entry.name.lower() == PICASA_ORIGINALS:
                    yield from _recipes(root, relpath + b"/", state)
            elif (
                stat.S_ISREG(found.st_mode)
                and (found.st_dev, found.st_ino) not in own_files
                and not is_temporary(entry.name)
            ):
                yield file_stat(relpath, found)
        folders.extend(reversed(below))


def _recipes(root: bytes, folder: bytes, state: Walk) -> Iterator[FileStat]:
    """Yield the ini of a folder of originals: how Picasa made the photos beside the folder."""
    for entry in _list(root, folder, state) or ():
        if entry.name.lower() == b".picasa.ini" and entry.is_file(follow_symlinks=False):
            yield file_stat(folder + entry.name, entry.stat(follow_symlinks=False))


def file_stat(relpath: bytes, found: os.stat_result) -> FileStat:
    """Return what ``os.stat`` says of a file as ours."""
    return FileStat(
        relpath,
        found.st_size,
        found.st_mtime_ns,
        found.st_ctime_ns,
        # SQLite integers are signed; some file systems use all 64 bits
        found.st_ino & 0x7FFF_FFFF_FFFF_FFFF,
        found.st_nlink,
    )


def is_root_there(root: bytes) -> bool:
    """Tell whether a root can be opened and holds anything: an unmounted disk's folder is empty."""
    try:
        with os.scandir(root) as listing:
            return next(listing, None) is not None
    except OSError:
        return False


def _list(root: bytes, folder: bytes, state: Walk) -> list[os.DirEntry[bytes]] | None:
    try:
        with os.scandir(join(root, folder)) as listing:
            return sorted(listing, key=lambda entry: entry.name)
    except OSError as exc:
        state.unreadable.append((folder.rstrip(b"/"), exc.strerror or str(exc)))
        return None


def _is_cache(root: bytes, folder: bytes, entries: list[os.DirEntry[bytes]]) -> bool:
    """Tell whether the folder is marked as a cache (bford.info/cachedir)."""
    if not any(e.name == _CACHE_TAG and e.is_file(follow_symlinks=False) for e in entries):
        return False
    try:
        tag = os.open(join(root, folder + _CACHE_TAG), os.O_RDONLY)
        try:
            return os.read(tag, len(_CACHE_SIGNATURE)) == _CACHE_SIGNATURE
        finally:
            os.close(tag)
    except OSError:
        return False
