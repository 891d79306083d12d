r"""Taking over Picasa's contacts and its database, whose paths are those of another machine.

A folder as Picasa wrote it (``D:\Photos``) means one here. Where the user does not say which, the
library's own files tell: the same names below the same folders.
"""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
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

    from facedex.db.ledger import Outcomes
    from facedex.picasa.db3 import PicasaDb
    from facedex.progress import ProgressSink
    from facedex.types import ScanOptions
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


@dataclass(frozen=True, slots=True)
class PicasaPlan:
    """What is there of Picasa, and which folders here its own are taken for.

    Attributes
    ----------
    folder : of its database; None where there are only contacts.
    contacts : lists of contacts, the newest first.
    matches : each of the database's folders with the one here.
    table : those that are known or proposed, Picasa's folder to the one here.
    is_proposed : whether somebody should look at ``matches`` first, as not all were given.
    """

    folder: Path | None
    database: PicasaDb | None
    contacts: tuple[Path, ...]
    matches: tuple[FolderMatch, ...] = ()
    table: Mapping[str, str] = field(default_factory=dict)
    is_proposed: bool = False


@dataclass(frozen=True, slots=True)
class PicasaImport:
    """What became of the database's faces, or None.

    And how many people got a name from contacts alone.
    """

    outcomes: Outcomes | None
    n_named: int = 0


def plan_import(directory: Path, home: Path | None, given: Mapping[str, str]) -> PicasaPlan:
    """Return what there is to take over, and what Picasa's folders seem to mean here.

    Parameters
    ----------
    home : the database's folder, or one in which it has a usual place: a user's home, or a copy of
        Picasa's data; None looks in the own home.
    given : folders as Picasa wrote them, to folders here.

    Raises
    ------
    UsageError
        If there is no library, or nothing of Picasa's.
    """
    folder = _find_database(home or Path.home()) or home
    if folder is None:
        contacts = tuple(p for each in usual_profiles(Path.home()) for p in each.contacts)
        there = tuple(path for path in contacts if path.is_file())
        if not there:
            raise UsageError(
                "Picasa's database is not in its usual places; name its folder: --db3 DIR"
            )
        return PicasaPlan(None, None, there)
    if not _is_database(folder):
        raise UsageError(
            f"{folder} holds no {INDEX_NAME}, so it is not Picasa's database; it is the folder db3"
            r" in Picasa's data, on Windows in %LocalAppData%\Google\Picasa2"
        )
    database = read_db3(folder)
    matches = _match_folders(directory, database, given)
    return PicasaPlan(
        folder,
        database,
        tuple(path for path in PicasaProfile(folder.parent).contacts if path.is_file()),
        tuple(matches),
        {match.folder: match.here for match in matches if match.here} | dict(given),
        any(match.here and not _is_given(match.here, given) for match in matches),
    )


def run_import(
    directory: Path,
    plan: PicasaPlan,
    options: ScanOptions,
    sink: ProgressSink,
    should_stop: Callable[[], bool],
    *,
    is_dry_run: bool = False,
) -> PicasaImport:
    """Take over what ``plan`` found, the contacts with it; a dry run keeps nothing.

    Raises
    ------
    UsageError
        If there is no library, a list of contacts cannot be read, or a dry run has no database to
        try.
    EnvironmentFault
    """
    if plan.folder is None or plan.database is None:
        if is_dry_run:
            raise UsageError("there are only Picasa's contacts, and these have no dry run")
        return PicasaImport(None, _import_contacts(directory, plan.contacts))
    if not is_dry_run:
        with scan_lock(directory), contextlib.closing(open_library(directory)) as db:
            for path in plan.contacts:
                read_contacts(db, path)
    database = plan.database
    facts = SourceFacts(database.persons, database.problems, {"map": dict(plan.table)})
    regions = list(_regions(database, plan.table))
    source = Database("db3", plan.folder.absolute(), facts, regions)
    return PicasaImport(
        take_in_database(directory, source, options, sink, should_stop, is_dry_run=is_dry_run)
    )


def _find_database(home: Path) -> Path | None:
    if _is_database(home):
        return home
    return next((p.db3 for p in usual_profiles(home) if _is_database(p.db3)), None)


def _is_database(folder: Path) -> bool:
    try:
        return any(path.name.casefold() == INDEX_NAME for path in folder.iterdir())
    except OSError:
        return False


def _is_given(here: str, given: Mapping[str, str]) -> bool:
    return any(here.startswith(folder) for folder in given.values())


def _import_contacts(directory: Path, paths: Sequence[Path]) -> int:
    """Return how many people who had only an id have a name now."""
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


def _match_folders(
    directory: Path, database: PicasaDb, table: Mapping[str, str]
) -> list[FolderMatch]:
    """Return the folders of a database with those here; those of ``table`` as they are given."""
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
