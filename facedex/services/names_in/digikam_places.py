"""Where digiKam's collections and photos are in the library."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from facedex.db import files
from facedex.digikam.roots import describe, digikam_folders, mapped_folder, possible_folders
from facedex.errors import UsageError
from facedex.paths import display_path
from facedex.picasa.names import FilenameIndex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from facedex.db.connection import Connection
    from facedex.digikam.database import AlbumRoot, DigikamLibrary, DigikamPhoto

_FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")


@dataclass(frozen=True, slots=True)
class Collection:
    """One of digiKam's collections.

    Attributes
    ----------
    name : its label and folder, as digiKam has them.
    folder : where it is here; None if nothing tells.
    n_photos : the photos that digiKam shows in it. n_told : those with a face or a person.
    n_found : of these, those that are in the library.
    """

    name: str
    folder: str | None
    n_photos: int
    n_told: int
    n_found: int


class DigikamPlaces:
    """The folders of digiKam's collections here, and the paths of its photos.

    Parameters
    ----------
    table : what the user says, see :func:`facedex.digikam.roots.possible_folders`.
    remembered : the folders of the last time, as :meth:`folders` gave them.

    Raises
    ------
    UsageError
        If ``table`` names no collection or a folder that is not in the library, or if nothing
        tells where any of the collections is that tell of somebody.
    """

    def __init__(
        self,
        db: Connection,
        library: DigikamLibrary,
        table: Mapping[str, Path],
        remembered: Mapping[str, str],
    ) -> None:
        self._roots = {root.root_id: root for root in library.roots}
        self._photos: dict[int, list[DigikamPhoto]] = {root_id: [] for root_id in self._roots}
        for photo in library.photos:
            self._photos[photo.root_id].append(photo)
        self._files = _Files(db)
        for folder in table.values():
            if not self._is_known(folder):
                raise UsageError(
                    f"{folder} is not in the library; scan it first: facedex scan {folder}"
                )
        possible = possible_folders(library.roots, self._files.folders, table)
        self._folders: dict[int, Path] = {}
        for root_id, root in self._roots.items():
            chosen = self._choose(root, possible[root_id], table, remembered)
            if chosen is not None:
                self._folders[root_id] = chosen
        told = [root for root_id, root in self._roots.items() if self._photos[root_id]]
        if told and not any(root.root_id in self._folders for root in told):
            raise UsageError(_say_unknown(told))

    def folders(self) -> dict[str, str]:
        """Return the folders that were found, to be remembered."""
        return {_key(self._roots[root_id]): str(path) for root_id, path in self._folders.items()}

    def photo_name(self, photo: DigikamPhoto) -> str:
        """Return a photo's path here; where its collection is not known, what digiKam calls it."""
        folder = self._folders.get(photo.root_id)
        if folder is None:
            theirs = digikam_folders(self._roots[photo.root_id])[0].rstrip("/")
            return f"digiKam:{theirs}/{photo.relpath}"
        return self._files.find(folder, photo.relpath)[0]

    def collections(self) -> tuple[Collection, ...]:
        """Return the collections with how many of their photos are here."""
        return tuple(self._collection(root) for root in self._roots.values())

    def _collection(self, root: AlbumRoot) -> Collection:
        folder, n_told = self._folders.get(root.root_id), len(self._photos[root.root_id])
        if folder is None:
            return Collection(describe(root), None, root.n_photos, n_told, 0)
        n_found = self._n_found(root, folder)
        return Collection(describe(root), str(folder), root.n_photos, n_told, n_found)

    def _choose(
        self,
        root: AlbumRoot,
        possible: Sequence[Path],
        table: Mapping[str, Path],
        remembered: Mapping[str, str],
    ) -> Path | None:
        """Return where a collection is: of several folders, the one that has most of its photos."""
        last = remembered.get(_key(root))
        if last is not None and mapped_folder(root, table) is None and self._is_known(Path(last)):
            return Path(last)
        best = Counter({path: self._n_found(root, path) for path in possible}).most_common(2)
        if not best or (len(best) == 2 and best[0][1] == best[1][1]):
            return None
        return best[0][0]

    def _is_known(self, folder: Path) -> bool:
        known = self._files.folders
        return any(folder.is_relative_to(one) or one.is_relative_to(folder) for one in known)

    def _n_found(self, root: AlbumRoot, folder: Path) -> int:
        photos = self._photos[root.root_id]
        return sum(self._files.find(folder, photo.relpath)[1] for photo in photos)


def _key(root: AlbumRoot) -> str:
    return root.identifier + root.specific_path


def _say_unknown(roots: Sequence[AlbumRoot]) -> str:
    lacking = ", ".join(f"{describe(root)}, {root.n_photos:,} photos" for root in roots)
    key = roots[0].label or digikam_folders(roots[0])[0]
    return (
        f"none of digiKam's collections is in a folder of the library ({lacking}); scan their"
        f" folders, or say where they are: --map {key!r}=FOLDER"
    )


class _Files:
    """The files of the library, by folder; a folder is looked at once.

    ``folders`` are the library's own; one whose path is no text cannot hold what digiKam names.
    """

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._roots = {}
        for root in files.list_roots(db):
            text = display_path(root.path)
            if os.fsencode(text) == root.path:
                self._roots[Path(text)] = root.root_id
        self.folders = tuple(self._roots)
        self._seen: dict[Path, FilenameIndex] = {}

    def find(self, folder: Path, relpath: str) -> tuple[str, bool]:
        """Return a photo's path and whether it is in the library.

        Folders may be written in another normal form of Unicode, as a Mac does.
        """
        for form in dict.fromkeys((relpath, *(unicodedata.normalize(f, relpath) for f in _FORMS))):
            above, _, name = form.rpartition("/")
            if self._index(folder / above).find(name) is not None:
                return str(folder / form), True
        return str(folder / relpath), False

    def _index(self, folder: Path) -> FilenameIndex:
        if folder not in self._seen:
            self._seen[folder] = FilenameIndex(self._names(folder))
        return self._seen[folder]

    def _names(self, folder: Path) -> Iterator[bytes]:
        for path, root_id in self._roots.items():
            if folder.is_relative_to(path):
                inner = folder.relative_to(path).as_posix()
                relfolder = b"" if inner == "." else os.fsencode(inner) + b"/"
                for _file, name, _photo in files.find_in_folder(self._db, root_id, relfolder):
                    yield name
