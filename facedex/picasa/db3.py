"""What Picasa's database says of faces and people: its tables put together.

The rows of ``imagedata`` are the entries of ``thumbindex.db``; a face is a row of its own, and its
``personalbumid`` the row of the person in ``albumdata``. Among those albums are one for faces that
nobody has named and one for ignored faces.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from facedex.picasa.db3_people import NOBODY, FaceAlbum, FaceKind, contact_names, read_people
from facedex.picasa.ini import is_unnamed_contact
from facedex.picasa.pmp import Column, ColumnKind
from facedex.picasa.rects import parse_face, parse_rect, rect_from_hex
from facedex.picasa.section import split_items

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from facedex.picasa.problems import Problems
    from facedex.picasa.thumbindex import ThumbEntry
    from facedex.types import Box

# the columns that are read of the table of files and faces, by what they must hold
IMAGE_COLUMNS: dict[str, ColumnKind] = {
    "facerect": "integer",
    "crop64": "integer",
    "personalbumid": "integer",
    "personalbumrecs": "integer",
    "personalbumrecs2": "integer",
    "tagdate": "real",
    "deferredface": "text",
    "deferredregion": "text",
}

_SCANNED = 1  # a facerect that is no rectangle: the photo was searched
_OLE_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
_OLE_MAX_DAYS = 2_958_465  # the year 9999
_NEXT_REGION = re.compile(r";(?=\s*rect64\s*\()", re.IGNORECASE)
_EMPTY = Column()


@dataclass(frozen=True, slots=True)
class Db3Face:
    """A face of a photo.

    Attributes
    ----------
    box : as in a ``faces=`` line: of the stored pixels, of RAW files of the upright picture.
    rect_hex : 16 lower-case hex digits, as in a ``faces=`` line.
    kind : a suggestion is Picasa's own and was not confirmed.
    contact_id : 16 hex digits; ``""`` where no person is meant or the database has no id.
    name : the person's; ``""`` where no person is meant or the database has no name.
    tagged_at : when it was named. Picasa noted the time of day without its zone: it is given as
        UTC.
    is_suspect : the rectangle wrapped at 16 bits and was mended.
    """

    box: Box
    rect_hex: str
    kind: FaceKind
    contact_id: str = ""
    name: str = ""
    tagged_at: datetime | None = None
    is_suspect: bool = False


@dataclass(frozen=True, slots=True)
class Db3Photo:
    """A file that Picasa knew.

    Attributes
    ----------
    path : absolute, as Picasa wrote it.
    faces : those that Picasa had found or been shown.
    deferred : those that it had read from an ini or a photo's XMP and not looked at yet.
    """

    path: str
    faces: tuple[Db3Face, ...] = ()
    deferred: tuple[Db3Face, ...] = ()


@dataclass(frozen=True, slots=True)
class PicasaDb:
    """What Picasa's database says.

    Attributes
    ----------
    photos : every file, in the database's order, those without faces too.
    persons : contact id (16 hex digits) to name.
    problems : one line of text for each thing that could not be used.
    """

    photos: tuple[Db3Photo, ...] = ()
    persons: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def build_db(
    entries: Sequence[ThumbEntry],
    images: Mapping[str, Column],
    albums: Mapping[str, Column],
    problems: Problems,
) -> PicasaDb:
    """Return what the tables say together.

    Parameters
    ----------
    images, albums : columns by name; one that is not there has only empty values.
    problems : gets what could not be used; the result has all of its lines.
    """
    face_albums = read_people(albums, problems)
    persons = contact_names(face_albums, problems)
    paths = dict(_iter_paths(entries, problems))
    faces = _Faces(images, face_albums, problems).by_photo(entries, paths)
    photos = tuple(
        Db3Photo(
            path, tuple(faces.get(row, ())), tuple(_iter_deferred(images, row, persons, problems))
        )
        for row, path in paths.items()
    )
    return PicasaDb(photos, persons, problems.lines())


def _iter_paths(entries: Sequence[ThumbEntry], problems: Problems) -> Iterator[tuple[int, str]]:
    """Yield the row and the absolute path of every file."""
    for row, entry in enumerate(entries):
        if entry.owner is None or not entry.is_file:
            continue
        if entry.owner < len(entries) and entries[entry.owner].is_folder:
            yield row, _join(entries[entry.owner].name, entry.name)
        else:
            problems.add(f"row {row} is a file in no folder", entry.name)


def _join(folder: str, name: str) -> str:
    if folder.endswith(("/", "\\")):
        return folder + name
    is_posix = folder.startswith("/") and "\\" not in folder
    return folder + ("/" if is_posix else "\\") + name


class _Faces:
    """Reads the rows of faces."""

    def __init__(
        self, images: Mapping[str, Column], face_albums: Mapping[int, FaceAlbum], problems: Problems
    ) -> None:
        self._columns = {name: images.get(name, _EMPTY) for name in IMAGE_COLUMNS}
        self._albums = face_albums
        self._problems = problems

    def by_photo(
        self, entries: Sequence[ThumbEntry], paths: Mapping[int, str]
    ) -> defaultdict[int, list[Db3Face]]:
        """Return the faces by their photo's row."""
        found: defaultdict[int, list[Db3Face]] = defaultdict(list)
        for row, entry in enumerate(entries):
            if entry.owner is None or not entry.is_face:
                continue
            if entry.owner not in paths:
                self._problems.add(f"row {row} is a face on no photo")
                continue
            try:
                found[entry.owner].append(self._face(row))
            except ValueError as error:
                self._problems.add(f"row {row}: {error}")
        return found

    def _face(self, row: int) -> Db3Face:
        value = self._columns["facerect"].integer(row)
        if value <= _SCANNED:
            value = self._columns["crop64"].integer(row)
        rect = rect_from_hex(f"{value:x}")
        album = self._album(row)
        return Db3Face(
            rect.box,
            rect.rect_hex,
            album.kind,
            album.contact_id,
            album.name,
            _ole_time(self._columns["tagdate"].real(row)),
            rect.is_suspect,
        )

    def _album(self, row: int) -> FaceAlbum:
        album_row = self._columns["personalbumid"].integer(row)
        album = self._albums.get(album_row, NOBODY)
        if album_row and album_row not in self._albums:
            self._problems.add(
                f"row {row} is a face of album {album_row}, which is not one of faces"
            )
        if album.kind != "unnamed":
            return album
        for column in ("personalbumrecs2", "personalbumrecs"):  # of the newer templates first
            other = self._albums.get(self._columns[column].integer(row), NOBODY)
            if other.kind == "named":
                return FaceAlbum("suggested", other.contact_id, other.name)
        return album


def _ole_time(days: float) -> datetime | None:
    if not math.isfinite(days) or not 0 < days < _OLE_MAX_DAYS:
        return None
    return _OLE_EPOCH + timedelta(days=days)


def _iter_deferred(
    images: Mapping[str, Column], row: int, persons: Mapping[str, str], problems: Problems
) -> Iterator[Db3Face]:
    """Yield the faces of a photo that wait: of ``rect64(..),id;`` and of ``rect64(..),Name;``."""
    for item in split_items(images.get("deferredface", _EMPTY).text(row)):
        try:
            face = parse_face(item)
        except ValueError as error:
            problems.add(f"row {row}: deferred face: {error}", item)
            continue
        kind: FaceKind = "unnamed" if is_unnamed_contact(face.contact_id) else "named"
        contact_id = face.contact_id if kind == "named" else ""
        name = persons.get(contact_id, "")
        yield Db3Face(face.box, face.rect_hex, kind, contact_id, name, is_suspect=face.is_suspect)
    for item in _NEXT_REGION.split(images.get("deferredregion", _EMPTY).text(row)):
        if not item.strip(" ;"):
            continue
        try:
            yield _parse_region(item)
        except ValueError as error:
            problems.add(f"row {row}: deferred region: {error}", item)


def _parse_region(item: str) -> Db3Face:
    head, closing, tail = item.partition(")")
    rect = parse_rect(head + closing)
    between, _comma, name = tail.strip(" ;").partition(",")
    if between.strip():
        raise ValueError("no comma after the rectangle")
    name = name.strip()
    is_nobody = is_unnamed_contact(name)
    return Db3Face(
        rect.box,
        rect.rect_hex,
        "unnamed" if is_nobody else "named",
        name="" if is_nobody else name,
        is_suspect=rect.is_suspect,
    )
