"""Taking over the names in a digiKam database; it is only read."""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facedex.db import ledger, sources
from facedex.db.connection import LIBRARY_NAME
from facedex.db.library import open_library
from facedex.db.sources import SourceFacts
from facedex.digikam.database import find_database, read_digikam
from facedex.errors import UsageError
from facedex.paths import display_path
from facedex.services.names_in.digikam_places import DigikamPlaces
from facedex.services.names_in.import_database import Database, take_in_database
from facedex.services.names_in.sources.digikam import digikam_regions
from facedex.spelling import name_key
from facedex.types import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from facedex.db.connection import Connection
    from facedex.db.ledger import Outcomes
    from facedex.db.regions import NewRegion
    from facedex.digikam.database import DigikamLibrary
    from facedex.progress import ProgressSink
    from facedex.services.names_in.digikam_places import Collection
    from facedex.types import ScanOptions


@dataclass(frozen=True, slots=True)
class DigikamReport:
    """What a digiKam database says, and what it changed here.

    Attributes
    ----------
    collections : digiKam's folders, and where they are here.
    outcomes : what became, or in a dry run would become, of every face and name.
    n_removed : faces and names on photos that were removed in digiKam, which are not taken over.
    n_repeated : rows that say again what others say. n_bad : rows that could not be used;
        ``problems`` has a line for each.
    n_people, n_faces : people and faces that are other than before; 0 in a dry run.
    namesakes : tags of several people who are called alike, which are one person here.
    """

    schema: int
    collections: tuple[Collection, ...]
    outcomes: Outcomes
    n_removed: int
    n_repeated: int
    n_bad: int
    problems: tuple[str, ...]
    n_people: int
    n_faces: int
    namesakes: tuple[tuple[str, ...], ...]


def import_digikam(
    directory: Path,
    database: Path,
    table: Mapping[str, Path],
    options: ScanOptions,
    sink: ProgressSink,
    should_stop: Callable[[], bool],
    *,
    is_dry_run: bool = False,
) -> DigikamReport:
    """Take over what a digiKam database says of people into the library in ``directory``.

    What was named in digiKam is confirmed, what was ignored there is ignored, and digiKam's guesses
    are left alone. What the user decided in facedex is never changed. Doing it again changes
    nothing.

    Parameters
    ----------
    database : digikam4.db or its folder. It is only read, also while digiKam runs.
    table : a collection's label, or its folder in digiKam, to its folder here. It is remembered.
    is_dry_run : only tell what would be done.

    Raises
    ------
    UsageError
        If there is no library, the database is not understood, or nothing tells where its photos
        are.
    EnvironmentFault
    """
    if not (directory / LIBRARY_NAME).is_file():
        raise UsageError("there is no library yet; scan the photos first: facedex scan FOLDER")
    file = find_database(database).resolve()
    if os.fsencode(display_path(os.fsencode(file))) != os.fsencode(file):
        raise UsageError(f"{file} has a name that is no text; copy it elsewhere first")
    sink.started("Reading digiKam's database", None)
    library = read_digikam(file)
    sink.finished()
    with contextlib.closing(open_library(directory)) as db:
        contents, collections = _prepare(db, file, library, table)
        before = ledger.taken_over(db, Source.DIGIKAM)
        outcomes = _outcomes_if_known(db, contents)
    if outcomes is None or outcomes.pending:
        outcomes = take_in_database(
            directory, contents, options, sink, should_stop, is_dry_run=is_dry_run
        )
    with contextlib.closing(open_library(directory)) as db:
        after = ledger.taken_over(db, Source.DIGIKAM)
    return DigikamReport(
        library.schema,
        collections,
        outcomes,
        library.n_removed,
        library.n_repeated,
        library.n_bad,
        library.problems,
        len(after.people ^ before.people),
        len({face_id for face_id, _person in after.faces ^ before.faces}),
        _namesakes(library),
    )


def _prepare(
    db: Connection, file: Path, library: DigikamLibrary, table: Mapping[str, Path]
) -> tuple[Database, tuple[Collection, ...]]:
    """Return the database with the paths of this machine, and where its collections are."""
    known = sources.find_source(db, path=str(file))
    remembered = {} if known is None else known.details.get("folders", {})
    places = DigikamPlaces(db, library, table, remembered)
    regions = [
        region
        for photo in library.photos
        for region in digikam_regions(photo, places.photo_name(photo))
    ]
    details = {"said": _digest(regions), "folders": places.folders()}
    facts = SourceFacts(problems=library.problems, details=details)
    return Database("digikam", file, facts, regions), places.collections()


def _namesakes(library: DigikamLibrary) -> tuple[tuple[str, ...], ...]:
    paths: dict[str, set[str]] = {}
    for photo in library.photos:
        for face in photo.faces:
            if face.said == "named":
                paths.setdefault(name_key(face.name), set()).add(face.tag_path)
    return tuple(tuple(sorted(paths[key])) for key in sorted(paths) if len(paths[key]) > 1)


def _digest(regions: Sequence[NewRegion]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for region in regions:
        written = (region.photo_name, region.rect, region.name, region.said)
        digest.update(repr(written).encode())
    return digest.hexdigest()


def _outcomes_if_known(db: Connection, contents: Database) -> Outcomes | None:
    """Return what became of a database that says what it said the last time, or None."""
    known = sources.find_source(db, path=str(contents.path))
    if known is None or known.details != contents.facts.details:
        return None
    return ledger.of_source(db, known.source_id)
