"""The folders on this machine that digiKam's album roots may be.

digiKam names a root by its volume and the folder on it (``CollectionManager::Private`` in its
``core/libs/database/collection``): ``volumeid:?path=`` and ``networkshareid:?mountpath=`` say where
it is, percent-encoded; ``volumeid:?uuid=`` and ``?label=`` leave open where the volume is mounted.
Then it may be the same folder of any volume that a folder of the library is on.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from facedex.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from facedex.digikam.database import AlbumRoot

_SAYS_WHERE = frozenset({"path", "mountpath"})


def possible_folders(
    roots: Sequence[AlbumRoot],
    library_folders: Sequence[Path],
    table: Mapping[str, Path],
    is_mount: Callable[[Path], bool] = os.path.ismount,
) -> dict[int, tuple[Path, ...]]:
    """Return the folders that each root may be, by its id; none where nothing tells.

    Parameters
    ----------
    library_folders : the folders that facedex has scanned, absolute. What has nothing to do with
        any of them is left out.
    table : what the user says: a root's label, or its folder or one above it as digiKam names it,
        to a folder here. It goes before everything else.

    Raises
    ------
    UsageError
        If an entry of ``table`` means no root, or a label several.
    """
    _check_table(roots, table)
    volumes = {_mount_point(folder, is_mount) for folder in library_folders}
    found = {}
    for root in roots:
        mapped = mapped_folder(root, table)
        maybe = [mapped] if mapped is not None else _on_volumes(root, volumes)
        found[root.root_id] = tuple(
            dict.fromkeys(
                path
                for path in maybe
                if any(path.is_relative_to(f) or f.is_relative_to(path) for f in library_folders)
            )
        )
    return found


def digikam_folders(root: AlbumRoot) -> tuple[str, ...]:
    """Return the root's folder as digiKam names it, on its volume where it does not say more.

    A network share may have several.
    """
    inside = root.specific_path.rstrip("/")
    where = [value.rstrip("/") for key, value in _parameters(root) if key in _SAYS_WHERE]
    return tuple((volume + inside) or "/" for volume in where or [""])


def describe(root: AlbumRoot) -> str:
    """Return a root's label and folder, as a message names it."""
    folder = digikam_folders(root)[0]
    return f"{root.label} ({folder})" if root.label else folder


def _parameters(root: AlbumRoot) -> Iterator[tuple[str, str]]:
    for item in root.identifier.partition("?")[2].split("&"):
        key, _, value = item.partition("=")
        yield key, unquote(value)


def _on_volumes(root: AlbumRoot, volumes: set[Path]) -> list[Path]:
    folders = digikam_folders(root)
    if not any(key in _SAYS_WHERE for key, _value in _parameters(root)):
        return [volume / folder.strip("/") for volume in sorted(volumes) for folder in folders]
    # the library knows its folders without symbolic links
    named = [Path(folder) for folder in folders]
    return [*named, *(path.resolve() for path in named)]


def _mount_point(folder: Path, is_mount: Callable[[Path], bool]) -> Path:
    return next((path for path in (folder, *folder.parents) if is_mount(path)), Path(folder.anchor))


def mapped_folder(root: AlbumRoot, table: Mapping[str, Path]) -> Path | None:
    """Return the folder that the table gives a root: by its label, else by the longest folder."""
    for key, folder in table.items():
        if _is_label(root, key):
            return folder
    for key in sorted(table, key=len, reverse=True):
        for theirs in digikam_folders(root):
            rest = _below(key, theirs)
            if rest is not None:
                return table[key] / rest
    return None


def _is_label(root: AlbumRoot, key: str) -> bool:
    return bool(root.label) and root.label.casefold() == key.casefold()


def _below(folder: str, path: str) -> str | None:
    """Return ``path`` relative to ``folder``, ``""`` for itself, None if it does not lie in it."""
    upper, lower = (text.replace("\\", "/").rstrip("/") + "/" for text in (folder, path))
    return lower[len(upper) : -1] if lower.startswith(upper) else None


def _check_table(roots: Sequence[AlbumRoot], table: Mapping[str, Path]) -> None:
    for key in table:
        labelled = [root for root in roots if _is_label(root, key)]
        if len(labelled) > 1:
            several = ", ".join(digikam_folders(root)[0] for root in labelled)
            raise UsageError(f"digiKam has several collections {key!r}; name the folder: {several}")
        folders = (folder for root in roots for folder in digikam_folders(root))
        if not labelled and not any(_below(key, folder) is not None for folder in folders):
            there = ", ".join(map(describe, roots)) or "none"
            raise UsageError(f"digiKam has no collection {key!r}; there are: {there}")
