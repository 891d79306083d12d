r"""Taking over Picasa's contacts and its database, whose paths are those of another machine.

A folder as Picasa wrote it (``D:\Photos``) means one here. Where the user does not say which, the library's
own files tell: the same names below the same folders.
"""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from facedex.db import files, people
from facedex.db.connection import LIBRARY_NAME, transaction
from facedex.db.library import open_library, scan_lock
from facedex.db.regions import NewRegion
from facedex.db.sources import SourceFacts
from facedex.errors import UsageError
from facedex.picasa.db3_files import INDEX_NAME, read_db3
from facedex.picasa.foreign_paths import map_path, path_prefixes
from facedex.picasa.profiles import PicasaProfile, usual_profiles
from facedex.services.names_in.import_database import Database, take_in_database
from facedex.services.names_in.picasa_files import read_contacts
from facedex.services.names_in.take_over_names import settle_regions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from facedex.db.ledger import Outcomes
    from facedex.picasa.db3 import PicasaDb
    from facedex.progress import ProgressSink
    from facedex.services.scanning.open_run import ScanOptions
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class FolderMatch:
    """A folder that Picasa knew, and the one here that seems to be meant, or None.

    ``n_photos`` of Picasa's lie in it; ``n_here`` of them are found in the library if it is meant.
    """

    folder: str
    here: str | None
    n_photos: int
    n_here: int


def find_database(home: Path) -> Path | None:
    """Return the folder of Picasa's database, or None.

    ``home`` is that folder, or one in which it has a usual place: a user's home, or a copy of Picasa's
    data.
    """
    if _is_database(home):
        return home
    return next((p.db3 for p in usual_profiles(home) if _is_database(p.db3)), None)


def find_contacts(home: Path) -> list[Path]:
    """Return the lists of contacts in Picasa's usual places under a home, the newest copy first."""
    return [path for p in usual_profiles(home) for path in p.contacts if path.is_file()]


def import_contacts(directory: Path, paths: Sequence[Path]) -> int:
    """Take over names of contacts alone; return how many people who had only an id have a name now.

    Raises
    ------
    UsageError
        If there is no library yet, or a list cannot be read.
    """
    _check_library(directory)
    with scan_lock(directory), contextlib.closing(open_library(directory)) as db:
        for path in paths:
            read_contacts(db, path)
        before = people.count_placeholders(db)
        with transaction(db):
            settle_regions(db)
        return before - people.count_placeholders(db)


def _check_library(directory: Path) -> None:
    if not (directory / LIBRARY_NAME).is_file():
        raise UsageError("there is no library yet; scan the photos first: facedex scan FOLDER")


def _is_database(folder: Path) -> bool:
    try:
        return any(path.name.casefold() == INDEX_NAME for path in folder.iterdir())
    except OSError:
        return False


def open_database(folder: Path) -> PicasaDb:
    """Return what the database in ``folder`` says.

    Raises
    ------
    UsageError
        If there is none.
    """
    if not _is_database(folder):
        raise UsageError(
            f"{folder} holds no {INDEX_NAME}, so it is not Picasa's database; it is the folder db3"
            r" in Picasa's data, on Windows in %LocalAppData%\Google\Picasa2"
        )
    return read_db3(folder)


def match_folders(
    directory: Path, database: PicasaDb, table: Mapping[str, str]
) -> list[FolderMatch]:
    """Return the folders of a database with the folders here, those of ``table`` as they are given."""
    known = _library_paths(directory)
    lower = {path.casefold() for path in known}
    matches = []
    for folder, n_photos in path_prefixes(database):
        below = [p.path for p in database.photos if map_path(p.path, {folder: ""}) is not None]
        is_given = map_path(folder, table) is not None or any(
            map_path(given, {folder: ""}) is not None for given in table
        )
        tried = dict(table) if is_given else _guess(folder, below, known)
        mapped = [map_path(path, tried) for path in below]
        n_here = sum(path is not None and path.casefold() in lower for path in mapped)
        here = map_path(folder, tried) if n_here or is_given else None
        matches.append(FolderMatch(folder, here, n_photos, n_here))
    return matches


def _library_paths(directory: Path) -> list[str]:
    _check_library(directory)
    with contextlib.closing(open_library(directory)) as db:
        return files.photo_paths(db)


def _guess(folder: str, below: list[str], known: list[str]) -> dict[str, str]:
    """Return where most of a folder's files would lie, by the longest equal ends of their paths."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for path in known:
        by_name[path.rpartition("/")[2].casefold()].append(path)
    votes: Counter[str] = Counter()
    for path in below:
        rest = map_path(path, {folder: ""})
        assert rest is not None
        tail = rest.casefold()
        name = tail.rpartition("/")[2]
        for candidate in by_name.get(name, ()):
            if candidate.casefold().endswith(tail):
                votes[candidate[: len(candidate) - len(tail)] or "/"] += 1
    return {folder: votes.most_common(1)[0][0]} if votes else {}


def import_database(
    directory: Path,
    folder: Path,
    database: PicasaDb,
    table: Mapping[str, str],
    options: ScanOptions,
    sink: ProgressSink,
    should_stop: Callable[[], bool],
    *,
    is_dry_run: bool = False,
) -> Outcomes:
    """Take over what Picasa's database says; return what became of its faces.

    ``table`` is from folders as Picasa wrote them to folders here. A dry run keeps nothing. The
    contacts beside the database are taken over with it.
    """
    if not is_dry_run:
        with scan_lock(directory), contextlib.closing(open_library(directory)) as db:
            for path in PicasaProfile(folder.parent).contacts:
                if path.is_file():
                    read_contacts(db, path)
    facts = SourceFacts(database.persons, database.problems, {"map": dict(table)})
    regions = list(_regions(database, table))
    said = Database("db3", folder.absolute(), facts, regions)
    return take_in_database(directory, said, options, sink, should_stop, is_dry_run=is_dry_run)


def _regions(database: PicasaDb, table: Mapping[str, str]) -> Iterator[NewRegion]:
    for photo in database.photos:
        here = map_path(photo.path, table) or photo.path
        for face in (*photo.faces, *photo.deferred):
            tagged_us = (
                None if face.tagged_at is None else (face.tagged_at - _EPOCH) // _MICROSECOND
            )
            yield NewRegion(
                here,
                face.rect_hex,
                face.box,
                face.contact_id,
                face.name,
                face.kind,
                tagged_us=tagged_us,
            )
