r"""Absolute paths as Picasa wrote them on another system, and the folders here that they mean.

Windows' paths (``D:\Photos\a.jpg``, ``\\server\share\a.jpg``, with either slash) are compared
without regard to case, and so are a Mac's (``/Volumes/Disk/a.jpg``). Parts of a path are the drive,
the server or ``""`` (of a path that begins with one slash), then the folders and the name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from facedex.picasa.db3 import PicasaDb

_Parts = tuple[str, ...]

_LONG = "//?/"  # Windows' mark of paths without a limit in length
_LONG_UNC = "//?/unc/"
# below these every folder is somebody's own, or a disk's
_SHARED = frozenset({"users", "documents and settings", "home", "volumes", "media", "mnt"})


def map_path(foreign_path: str, table: Mapping[str, str]) -> str | None:
    """Return the path here of one that Picasa wrote; None where the table has none.

    Parameters
    ----------
    foreign_path : absolute; one with ``..`` or NUL in it is refused with None.
    table : folders as Picasa wrote them, or longer or shorter ones, to folders here. The one with
        the most parts wins.
    """
    parts = _split(foreign_path)
    found: tuple[int, str] | None = None
    for prefix, local in table.items():
        wanted = _split(prefix)
        if wanted and _fold(parts[: len(wanted)]) == _fold(wanted):
            found = max(found or (0, ""), (len(wanted), local))
    if found is None:
        return None
    n_parts, local = found
    # one text, as a part with a colon would be another drive to Windows' paths
    return "/".join([local.rstrip("/\\"), *parts[n_parts:]]) or "/"


def path_prefixes(db: PicasaDb) -> list[tuple[str, int]]:
    r"""Return the folders to map, each with how many files of the database lie below it.

    For each drive or share it is the innermost folder that holds all of its files; but where that
    is one that several users or disks share, as ``C:\Users``, there is one for each folder in it.
    Those with most files come first.
    """
    counts: Counter[_Parts] = Counter()
    spelling: dict[_Parts, _Parts] = {}
    for photo in db.photos:
        folder = _split(photo.path)[:-1]
        if folder:
            counts[_fold(folder)] += 1
            spelling.setdefault(_fold(folder), folder)
    prefixes: list[tuple[str, int]] = []
    for top in _group(counts, 1):
        for n_parts, below in _useful(top):
            prefix = _join(spelling[below[0]][:n_parts])
            prefixes.append((prefix, sum(counts[folder] for folder in below)))
    return sorted(prefixes, key=lambda item: (-item[1], item[0]))


def _useful(folders: list[_Parts]) -> list[tuple[int, list[_Parts]]]:
    """Return the length of the folders' innermost common one, or of several that they fall into.

    Each comes with the folders that it holds.
    """
    first, last = min(folders), max(folders)
    pairs = zip(first, last, strict=False)
    n_equal = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    if len(last) == n_equal or not _is_shared(first[:n_equal], folders):
        return [(n_equal, folders)]
    return [useful for group in _group(folders, n_equal + 1) for useful in _useful(group)]


def _is_shared(common: _Parts, folders: Iterable[_Parts]) -> bool:
    if len(common) > 1:
        return len(common) == 2 and common[1] in _SHARED
    is_server = common[0].startswith("\\\\")
    return is_server or any(folder[1] in _SHARED for folder in folders if len(folder) > 1)


def _group(folders: Iterable[_Parts], n_parts: int) -> list[list[_Parts]]:
    groups: dict[_Parts, list[_Parts]] = defaultdict(list)
    for folder in folders:
        groups[folder[:n_parts]].append(folder)
    return list(groups.values())


def _split(path: str) -> _Parts:
    """Return a path's parts; none of one that is empty or refused."""
    is_posix = path.startswith("/") and not path.startswith("//")
    text = path if is_posix else path.replace("\\", "/")
    if text.casefold().startswith(_LONG_UNC):
        text = "//" + text[len(_LONG_UNC) :]
    text = text.removeprefix(_LONG)
    first = [""] if is_posix else []
    parts = [part for part in text.split("/") if part not in {"", "."}]
    if ".." in parts or "\0" in path:
        return ()
    if not is_posix and text.startswith("//") and parts:
        parts[0] = "\\\\" + parts[0]
    return tuple(first + parts)


def _fold(parts: _Parts) -> _Parts:
    return tuple(part.casefold() for part in parts)


def _join(parts: _Parts) -> str:
    separator = "\\" if parts[0] else "/"
    return separator.join(parts) + (separator if len(parts) == 1 else "")
