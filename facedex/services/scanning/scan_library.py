"""A scan from beginning to end: look, read, search, take over who is named elsewhere, match."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from facedex.db import files, issues, photos, runs
from facedex.db.cache import open_cache
from facedex.db.connection import LIBRARY_NAME, transaction, translated
from facedex.db.library import open_library, own_identities, scan_lock, set_meta
from facedex.errors import RootOffline, UsageError
from facedex.paths import display_path, model_cache
from facedex.pipeline.runner import read_pending, search_undone
from facedex.pipeline.store import Store
from facedex.pipeline.supervisor import InlinePool, SupervisedPool
from facedex.services.decisions.decide_sure import count_sure
from facedex.services.names_in.link_companions import link_companions
from facedex.services.names_in.take_over_names import read_elsewhere, take_over_names
from facedex.services.recognising.match_faces import match_faces
from facedex.services.recognising.model_thresholds import keep_thresholds
from facedex.services.scanning import search_settings
from facedex.services.scanning.retry_raw import retry_raw
from facedex.services.scanning.walk_roots import add_roots, check_folder, check_online, walk_root
from facedex.types import SURE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from facedex.db.files import Root
    from facedex.engines.engine import Engine
    from facedex.pipeline.store import ScanCounts
    from facedex.pipeline.supervisor import Pool
    from facedex.plugins.runtime import Target
    from facedex.progress import ProgressSink
    from facedex.types import EngineConfig


_NO_FOLDER = (
    "no folder has been scanned yet; name the one that holds your photos: facedex scan FOLDER"
)


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """How a scan is done.

    Attributes
    ----------
    folders : to be remembered as roots; empty: all roots that are remembered.
    n_workers : processes; 0 does everything in this one.
    contacts_xml : Picasa's, where the owner has it.
    """

    engine: EngineConfig
    folders: tuple[Path, ...] = ()
    n_workers: int = 0
    contacts_xml: Path | None = None


@dataclass
class ScanReport:
    """What a scan did, and what it left.

    ``outcome`` is ``done`` or ``stopped``; ``n_problems`` counts the files and folders of the
    library that cannot be read, whenever that was found out; ``n_sure`` the suggestions of which
    ``facedex confirm`` says that they are sure.
    """

    outcome: str
    counts: ScanCounts
    n_suggested: int = 0
    n_sure: int = 0
    n_grouped: int = 0
    n_problems: int = 0
    offline: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 done, 3 with files that could not be read, 5 with a root that is not there."""
        if self.offline:
            return RootOffline.exit_code
        return 3 if self.n_problems else 0


def scan_library(
    directory: Path,
    options: ScanOptions,
    sink: ProgressSink,
    should_stop: Callable[[], bool],
) -> ScanReport:
    """Bring the library in ``directory`` up to date with the folders.

    It can be stopped, or killed, at any moment: what is done is kept, and the next scan goes on.

    Raises
    ------
    UsageError, EnvironmentFault
    """
    # before the lock and the library: a mistyped folder must not create anything
    for folder in options.folders:
        check_folder(folder)
    if not options.folders and not (directory / LIBRARY_NAME).is_file():
        raise UsageError(_NO_FOLDER)
    engine = prepare_engine(options.engine, sink)
    with scan_lock(directory), contextlib.ExitStack() as stack:
        db = open_library(directory, "NORMAL")
        stack.callback(db.close)
        cache = open_cache(directory)
        stack.callback(cache.close)
        pool = make_pool(options, engine.target)
        stack.callback(pool.close)
        store = Store(db, cache, engine.engine_id, engine.model_id, sink)
        with translated(db.filename):
            keep_thresholds(db, engine.model_id, engine.thresholds)
            return _scan(directory, store, pool, options, should_stop)


def prepare_engine(config: EngineConfig, sink: ProgressSink) -> Engine:
    """Return the engine for its ids and its target; its networks are converted now, once for all workers."""
    from facedex.engines.engine import create_engine
    from facedex.engines.registry import all_engines

    all_engines(config.plugins_dir)  # a plugin that fails is said so, whether it is used or not
    sink.started("Preparing the face models", None)
    engine = create_engine(config, model_cache())
    engine.prepare()
    sink.finished()
    return engine


def make_pool(options: ScanOptions, target: Target) -> Pool:
    """Return what does the jobs: worker processes, or this one."""
    if options.n_workers == 0:
        return InlinePool(options.engine, model_cache(), target)
    return SupervisedPool(options.engine, model_cache(), options.n_workers, target=target)


def _scan(
    directory: Path,
    store: Store,
    pool: Pool,
    options: ScanOptions,
    should_stop: Callable[[], bool],
) -> ScanReport:
    db = store.db
    roots = add_roots(db, options.folders) if options.folders else files.list_roots(db)
    if not roots:
        raise UsageError(_NO_FOLDER)
    search_settings.keep(db, options.engine)
    run_id = runs.start_run(db, store.engine_id)
    report = ScanReport("failed", store.counts)
    try:
        _do_steps(directory, store, pool, options, should_stop, roots, report)
        _check_again(store, roots, report)
        report.outcome = "stopped" if should_stop() else "done"
    finally:
        report.n_problems = issues.count_problems(db)
        runs.finish_run(db, run_id, report.outcome, asdict(report))
    return report


def _check_again(store: Store, roots: Sequence[Root], report: ScanReport) -> None:
    """Say which disks went away during the scan."""
    for root in roots:
        if display_path(root.path) not in report.offline:
            _is_online(store, root, report)


def _is_online(store: Store, root: Root, report: ScanReport) -> bool:
    try:
        check_online(store.db, root)
    except RootOffline as exc:
        report.offline.append(display_path(root.path))
        store.sink.problem(root.path, "walk", "offline", str(exc))
        return False
    return True


def _do_steps(
    directory: Path,
    store: Store,
    pool: Pool,
    options: ScanOptions,
    should_stop: Callable[[], bool],
    roots: Sequence[Root],
    report: ScanReport,
) -> None:
    db = store.db
    retry_raw(db)
    for root in roots:
        if not _is_online(store, root, report):
            continue
        own_files = own_identities(directory)
        if not walk_root(db, root, own_files, store.counts, store.sink, should_stop):
            return
    read_pending(store, pool, should_stop)
    if should_stop():
        return
    read_elsewhere(db, options.contacts_xml, store.sink)
    search_undone(store, pool, should_stop)
    if should_stop():
        return
    take_over_names(store, pool, should_stop)
    if should_stop():
        return
    with transaction(db):
        photos.drop_unheld(db)
    link_companions(db, store.model_id, should_stop)
    if should_stop():
        return
    store.sink.started("Matching faces", None)
    set_meta(db, "model", store.model_id)
    matched = match_faces(db, store.model_id)
    report.n_suggested, report.n_grouped = matched.n_suggested, matched.n_grouped
    report.n_sure = count_sure(db, SURE).n_faces
    store.sink.finished()
