"""What digiKam's database says of people: where its photos are, and who is on them.

The tables and columns are those of digiKam's ``core/data/database/dbconfig.xml.cmake.in``
(invent.kde.org/graphics/digikam), schema 6 to 17. A photo is ``AlbumRoots`` (volume and folder),
then ``Albums.relativePath`` (``/`` is the root itself), then ``Images.name``. ``ImageInformation``
has its stored size, and an orientation that is the file's until the user turns the photo in
digiKam.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facedex.db.foreign import ForeignRows, open_copy
from facedex.digikam.database_faces import read_faces
from facedex.digikam.database_schema import check_schema, check_tables
from facedex.errors import UsageError
from facedex.geometry import ORIENTATION_MAPS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facedex.digikam.database_faces import DigikamFace

DATABASE_NAME = "digikam4.db"
_REMOVED = (3, 4)  # Images.status: in the trash, gone; 1 is visible, 2 hidden
_IMAGE = 1  # Images.category; others are videos and sounds
_NOT_IN_PATHS = frozenset("\0\N{REPLACEMENT CHARACTER}")


@dataclass(frozen=True, slots=True)
class AlbumRoot:
    """A folder of albums; digiKam calls it a collection.

    Attributes
    ----------
    identifier : digiKam's name of the volume, as ``volumeid:?uuid=..`` or ``volumeid:?path=..``.
    specific_path : the folder on that volume, with a leading ``/``.
    n_photos : the photos that digiKam shows in it.
    """

    root_id: int
    label: str
    identifier: str
    specific_path: str
    n_photos: int


@dataclass(frozen=True, slots=True)
class DigikamPhoto:
    """A photo with faces.

    Attributes
    ----------
    relpath : below the album root, ``/`` between the parts, none at the start.
    size : (width, height) of the stored pixels; None where digiKam has not noted it.
    orientation : how digiKam turns it, 1 to 8; None where it goes by the file.
    """

    root_id: int
    relpath: str
    size: tuple[int, int] | None
    orientation: int | None
    faces: tuple[DigikamFace, ...]


@dataclass(frozen=True, slots=True)
class DigikamLibrary:
    """A digiKam database as it was read.

    Attributes
    ----------
    photos : those with a face or a person, by id.
    n_removed : faces and names on photos that were removed in digiKam; not among ``photos``.
    n_repeated : rows that say again what another one says.
    n_bad : rows that could not be used. problems : a line of text each; of very many, the first.
    """

    schema: int
    roots: tuple[AlbumRoot, ...]
    photos: tuple[DigikamPhoto, ...]
    n_removed: int
    n_repeated: int
    n_bad: int
    problems: tuple[str, ...]


def find_database(path: Path) -> Path:
    """Return the database that is meant by ``path``, a file or the folder of a ``digikam4.db``.

    Raises
    ------
    UsageError
        If there is none.
    """
    file = path / DATABASE_NAME if path.is_dir() else path
    if not file.is_file():
        raise UsageError(
            f"{file} does not exist; digiKam shows where its {DATABASE_NAME} is under Settings, "
            f"Configure digiKam, Database"
        )
    return file


def read_digikam(file: Path) -> DigikamLibrary:
    """Read digiKam's database; digiKam may be running.

    Raises
    ------
    UsageError
        If it cannot be read, is damaged, or is no database of digiKam that is understood.
    EnvironmentFault
        See :func:`facedex.db.foreign.open_copy`.
    """
    with open_copy(file) as db:
        rows = ForeignRows(db)
        check_tables(rows, file)
        return _read(rows, check_schema(rows, file))


def _read(rows: ForeignRows, schema: int) -> DigikamLibrary:
    found = read_faces(rows)
    left = dict(found.by_photo)
    roots = tuple(_read_roots(rows))
    photos: list[DigikamPhoto] = []
    n_removed = 0
    for row in rows.read(_PHOTOS):
        faces = left.pop(row[0], ())
        if not faces:
            continue
        if row[1] in _REMOVED or row[3] is None:
            n_removed += len(faces)
            continue
        photo = _photo(rows, row, faces)
        if photo is None or all(photo.root_id != root.root_id for root in roots):
            what = "has no usable path" if photo is None else "is in no album root"
            rows.bad(f"photo {row[0]} {what}", len(faces))
        else:
            photos.append(photo)
    for photo_id, faces in left.items():
        rows.bad(f"photo {photo_id} has faces but is not there", len(faces))
    return DigikamLibrary(
        schema, roots, tuple(photos), n_removed, found.n_repeated, rows.n_bad, tuple(rows.problems)
    )


_PHOTOS = (
    "SELECT i.id, i.status, CAST(i.name AS BLOB), a.albumRoot, CAST(a.relativePath AS BLOB),"
    " n.width, n.height, n.orientation FROM Images i LEFT JOIN Albums a ON a.id = i.album"
    " LEFT JOIN ImageInformation n ON n.imageid = i.id ORDER BY i.id"
)


def _photo(
    rows: ForeignRows, row: tuple[Any, ...], faces: tuple[DigikamFace, ...]
) -> DigikamPhoto | None:
    _photo_id, _status, stored_name, root_id, folder, width, height, orientation = row
    name = rows.text(stored_name)
    parts = [*(part for part in rows.text(folder).split("/") if part), name]
    relpath = "/".join(parts)
    if "/" in name or {"", ".", ".."} & set(parts) or _NOT_IN_PATHS & set(relpath):
        return None
    has_size = all(isinstance(side, int) and side > 0 for side in (width, height))
    return DigikamPhoto(
        root_id,
        relpath,
        (width, height) if has_size else None,
        orientation if orientation in ORIENTATION_MAPS else None,
        faces,
    )


def _read_roots(rows: ForeignRows) -> Iterator[AlbumRoot]:
    sql = (
        "SELECT r.id, CAST(r.label AS BLOB), CAST(r.identifier AS BLOB),"
        " CAST(r.specificPath AS BLOB), (SELECT count(*) FROM Images i JOIN Albums a"
        f" ON a.id = i.album WHERE a.albumRoot = r.id AND i.category = {_IMAGE}"
        f" AND i.status NOT IN {_REMOVED}) FROM AlbumRoots r ORDER BY r.id"
    )
    for root_id, label, identifier, specific_path, n_photos in rows.read(sql):
        yield AlbumRoot(
            root_id, rows.text(label), rows.text(identifier), rows.text(specific_path), n_photos
        )
