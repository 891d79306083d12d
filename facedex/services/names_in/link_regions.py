"""Which photo a region is about: an ini's section, a sidecar's photo, a path in a database."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from facedex.db import faces, files, regions, sources
from facedex.imaging.formats import (
    MOVIE_SUFFIXES,
    RAW_SUFFIXES,
    FileKind,
    classify,
    suffix,
    usual_suffix,
)
from facedex.naming.same_face import is_on_face
from facedex.paths import folder_of
from facedex.picasa.names import FilenameIndex
from facedex.services.names_in.sources import registry
from facedex.types import DRAWN_ORIGINS
from facedex.xmp.sidecars import find_sidecars, is_short

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from facedex.db.connection import Connection
    from facedex.db.regions import Mention
    from facedex.types import Box, FileId, PhotoId, RootId

Found = tuple["FileId", "PhotoId | None"]
FindBeside = Callable[[bytes, "Mapping[str, Any]"], "Sequence[bytes]"]


def link_regions(db: Connection) -> dict[FileId, int]:
    """Find the file and photo of every region and note; in a transaction.

    Returns the orientation that a sidecar names for a file, where one does.
    """
    regions.link_own_photos(db)
    packets = {one.source_id: one.details for one in sources.list_sources(db, "xmp")}
    folders = _Folders(db, {key: one.get("sidecar_for", "") for key, one in packets.items()})
    named = {key: one["orientation"] for key, one in packets.items()}
    orientations: dict[FileId, int] = {}
    folders.look_beside_documents()
    for mention in regions.mentions(db):
        found = folders.find(mention)
        if found is None:
            regions.orphan_mention(db, mention)
            continue
        file_id, photo_id = found
        regions.link_mention(db, mention, file_id, photo_id)
        if mention.kind == "xmp" and named[mention.source_id] is not None:
            orientations.setdefault(file_id, named[mention.source_id])
    return orientations


class _Folder:
    """The files of one folder, found by the names that other programs use for them."""

    def __init__(self, entries: Iterable[tuple[FileId, bytes, PhotoId | None]]) -> None:
        self._entries = {name: (file_id, photo_id) for file_id, name, photo_id in entries}
        self._index = FilenameIndex(self._entries)

    @property
    def names(self) -> Iterable[bytes]:
        """The names of all its files."""
        return self._entries

    def entry(self, name: bytes) -> Found:
        """Return the file of exactly this name."""
        return self._entries[name]

    def find(self, name: str) -> Found | None:
        """Return the file of this name, by Picasa's rules."""
        found = self._index.find(name)
        return None if found is None else self._entries[found]

    def find_by_sidecar(self, sidecar: bytes, extension: str) -> list[Found]:
        """Return the photos whose sidecar this may be; of a RAW and its JPEG, the RAW.

        ``extension`` is that of the file which it says it is of, maybe a movie; ``""`` for none.
        """
        names = self._by_sidecar.get(sidecar, [])
        if extension and any(is_short(name, sidecar) for name in names):
            wanted = usual_suffix(b"." + os.fsencode(extension.lstrip(".").lower()))
            return [self._entries[name] for name in names if usual_suffix(suffix(name)) == wanted]
        raws = [name for name in names if suffix(name) in RAW_SUFFIXES]
        found = [self._entries[name] for name in (raws[:1] or names)]
        return [one for one in found if one[1] is not None] or found

    def may_be_a_movies(self, sidecar: bytes) -> bool:
        """Tell whether a sidecar is called after a movie, and after a photo by its stem only."""
        photos = self._by_sidecar.get(sidecar, ())
        stem = sidecar[: -len(suffix(sidecar))].lower()
        return stem in self._movies and any(is_short(photo, sidecar) for photo in photos)

    @cached_property
    def _movies(self) -> set[bytes]:
        """The names of its movies, in lower case, with and without their extension."""
        movies = {name.lower() for name in self._entries if suffix(name) in MOVIE_SUFFIXES}
        return movies | {movie[: -len(suffix(movie))] for movie in movies}

    @cached_property
    def _by_sidecar(self) -> dict[bytes, list[bytes]]:
        sidecars = [name for name in self._entries if suffix(name) == b".xmp"]
        lower: dict[bytes, list[bytes]] = {}
        for name in sidecars:
            lower.setdefault(name.lower(), []).append(name)
        photos = [name for name in self._entries if classify(name, b"") is FileKind.PHOTO]
        photos.sort(key=lambda name: (suffix(name) not in RAW_SUFFIXES, name))
        found: dict[bytes, list[bytes]] = {}
        for photo in photos:
            for candidate in _candidates(photo, lower):
                found.setdefault(candidate, []).append(photo)
        return found


def _candidates(photo: bytes, sidecars: dict[bytes, list[bytes]]) -> list[bytes]:
    stem = photo[: len(photo) - len(suffix(photo))]
    near = [n for key in (photo, stem) for n in sidecars.get(key.lower() + b".xmp", ())]
    return find_sidecars(photo, near)


class _Folders:
    """Every folder of the library that is asked about, looked at once."""

    def __init__(self, db: Connection, sidecar_for: Mapping[int, str]) -> None:
        self._db = db
        self._sidecar_for = sidecar_for
        self._seen: dict[tuple[RootId, bytes], _Folder] = {}
        self._beside: dict[int, dict[str, Found]] = {}

    def look_beside_documents(self) -> None:
        """Find the photos of the documents whose source knows itself which they are.

        The first is the document's own; of the others the same is said.
        """
        for named, source in registry.sidecar_sources():
            details = {
                one.source_id: one.details for one in sources.list_sources(self._db, named.kind)
            }
            finders: dict[_Folder, FindBeside] = {}
            for mention in regions.mentions(self._db) if details else ():
                if mention.source_id not in details or mention.photo_name:
                    continue
                folder = self._folder_of(mention)
                if folder not in finders:
                    finders[folder] = source.open_folder(folder.names)
                name = mention.relpath.rpartition(b"/")[2]
                self._store_beside(mention, finders[folder](name, details[mention.source_id]))

    def _store_beside(self, mention: Mention, photos: Sequence[bytes]) -> None:
        folder = self._folder_of(mention)
        said_of = ["", *(os.fsdecode(photo) for photo in photos[1:])]
        self._beside[mention.source_id] = {
            name: folder.entry(photo) for name, photo in zip(said_of, photos, strict=False)
        }
        regions.repeat_for_photos(self._db, mention.source_id, said_of[1:])

    def find(self, mention: Mention) -> Found | None:
        """Return the file and photo that a source tells of; None if they are not there."""
        if mention.source_id in self._beside:
            return self._beside[mention.source_id].get(mention.photo_name)
        if mention.root_id is None:
            return self._find_path(mention.photo_name)
        folder = self._folder_of(mention)
        if mention.kind == "xmp":
            extension = self._sidecar_for.get(mention.source_id, "")
            name = mention.relpath.rpartition(b"/")[2]
            found = folder.find_by_sidecar(name, extension)
            if not extension and folder.may_be_a_movies(name):
                return self._by_faces(mention, found)
            return found[0] if len(found) == 1 else self._by_faces(mention, found)
        return folder.find(mention.photo_name)

    def _by_faces(self, mention: Mention, found: list[Found]) -> Found | None:
        """Return the one of these photos on whose faces most regions of a sidecar lie, if any."""
        if not found:
            return None
        boxes = regions.boxes_of(self._db, mention.source_id)
        hits = [self._n_on_faces(boxes, photo_id) for _file_id, photo_id in found]
        is_clear = max(hits) > 0 and hits.count(max(hits)) == 1
        return found[hits.index(max(hits))] if is_clear else None

    def _n_on_faces(self, boxes: Sequence[Box], photo_id: PhotoId | None) -> int:
        there = [] if photo_id is None else faces.faces_of_photo(self._db, photo_id)
        detected = [face.box for face in there if face.origin not in DRAWN_ORIGINS]
        return sum(any(is_on_face(box, face) for face in detected) for box in boxes)

    def _find_path(self, path: str) -> Found | None:
        """Return the file at a path that another program wrote: the case of letters may differ."""
        folder, _slash, name = path.rpartition("/")
        for root_id, relfolder in self._by_path.get(f"{folder}/".casefold(), ()):
            found = self._folder(root_id, relfolder).find(name)
            if found is not None:
                return found
        return None

    @cached_property
    def _by_path(self) -> dict[str, list[tuple[RootId, bytes]]]:
        paths = {root.root_id: root.path.rstrip(b"/") + b"/" for root in files.list_roots(self._db)}
        found: dict[str, list[tuple[RootId, bytes]]] = {}
        for root_id, folder in sorted(files.list_folders(self._db)):
            whole = os.fsdecode(paths[root_id] + folder).casefold()
            found.setdefault(whole, []).append((root_id, folder))
        return found

    def _folder_of(self, mention: Mention) -> _Folder:
        assert mention.root_id is not None  # a document lies in a folder
        return self._folder(mention.root_id, folder_of(mention.relpath))

    def _folder(self, root_id: RootId, folder: bytes) -> _Folder:
        key = root_id, folder
        if key not in self._seen:
            self._seen[key] = _Folder(files.find_in_folder(self._db, root_id, folder))
        return self._seen[key]
