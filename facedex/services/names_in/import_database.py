"""Taking over the names of another program's database: Picasa's, digiKam's."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facedex.db import ledger, regions, sources
from facedex.db.connection import LIBRARY_NAME, transaction, translated
from facedex.db.library import get_meta, open_library, scan_lock
from facedex.errors import UsageError
from facedex.pipeline.open_run import open_run, prepare_engine_of
from facedex.services.names_in.link_companions import link_companions
from facedex.services.names_in.take_over_names import (
    encode_faceless,
    settle_in_batches,
    settle_regions,
)
from facedex.services.recognising.match_faces import match_faces

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from facedex.db.connection import Connection
    from facedex.db.ledger import Outcomes
    from facedex.db.regions import NewRegion
    from facedex.db.sources import SourceFacts
    from facedex.progress import ProgressSink
    from facedex.types import ScanOptions


@dataclass(frozen=True, slots=True)
class Database:
    """What another program's database says, with the paths of this machine.

    Attributes
    ----------
    path : of the database; taking it in again replaces what it said before.
    regions : ``photo_name`` is the photo's absolute path here, or as the database has it where no
        folder here is meant.
    """

    kind: str
    path: Path
    facts: SourceFacts
    regions: Sequence[NewRegion]


class _DryRunError(Exception):
    """Takes back a dry run."""


def take_in_database(
    directory: Path,
    database: Database,
    options: ScanOptions,
    sink: ProgressSink,
    should_stop: Callable[[], bool],
    *,
    is_dry_run: bool = False,
) -> Outcomes:
    """Take over the names of a database into the library in ``directory``.

    Return what became of them.

    A dry run says the same and keeps nothing; regions in which no face was found count as pending.
    What the user decided in facedex is never changed. Doing it again changes nothing.

    Raises
    ------
    UsageError
        If there is no library yet, or the settings ask for another model than its own.
    EnvironmentFault
    """
    if not (directory / LIBRARY_NAME).is_file():
        raise UsageError("there is no library yet; scan the photos first: facedex scan FOLDER")
    with (
        scan_lock(directory),
        contextlib.closing(open_library(directory, "NORMAL")) as db,
        translated(db.filename),
    ):
        if is_dry_run:
            return _try(db, database)
        engine = prepare_engine_of(get_meta(db, "model"), options.engine, sink)
        with transaction(db):
            _save(db, database)
        faceless = settle_in_batches(db, should_stop)
        with open_run(directory, db, options, engine, sink, should_stop) as run:
            encode_faceless(run, faceless)
        link_companions(db, engine.model_id, should_stop)
        match_faces(db, engine.model_id)
        return _outcomes(db, database)


def _try(db: Connection, database: Database) -> Outcomes:
    found: list[Outcomes] = []
    with contextlib.suppress(_DryRunError), transaction(db):
        _save(db, database)
        settle_regions(db)
        found.append(_outcomes(db, database))
        raise _DryRunError
    return found[0]


def _save(db: Connection, database: Database) -> None:
    source_id = sources.save_source(db, database.kind, database.facts, path=str(database.path))
    regions.save_regions(db, source_id, database.regions)


def _outcomes(db: Connection, database: Database) -> Outcomes:
    source = sources.find_source(db, path=str(database.path))
    assert source is not None
    return ledger.of_source(db, source.source_id)
