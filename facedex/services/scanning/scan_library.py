"""A scan from beginning to end: look, read, search, take over who is named elsewhere, match."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from facedex.db import files, issues, photos, runs
from facedex.db.connection import LIBRARY_NAME, transaction, translated
from facedex.db.library import open_library, own_identities, scan_lock, set_meta
from facedex.errors import RootOffline, UsageError
from facedex.paths import display_path
from facedex.pipeline.open_run import open_run, prepare_engine
from facedex.pipeline.runner import read_pending, search_undone
from facedex.services.decisions.decide_sure import count_sure
from facedex.services.names_in.link_companions import link_companions
from facedex.services.names_in.take_over_names import read_elsewhere, take_over_names
from facedex.services.recognising.drawn_boxes import judge_drawn_boxes
from facedex.services.recognising.match_faces import match_faces
from facedex.services.scanning import search_settings
from facedex.services.scanning.retry_raw import retry_raw
from facedex.services.scanning.walk_roots import add_roots, check_folder, check_online, walk_root
from facedex.types import SURE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from facedex.db.files import Root
    from facedex.pipeline.scan_run import ScanCounts, ScanRun
    from facedex.progress import ProgressSink
    from facedex.types import ScanOptions


_NO_FOLDER = (
    "no folder has been scanned yet; name the one that holds your photos: facedex scan FOLDER"
)


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
    with (
        scan_lock(directory),
        contextlib.closing(open_library(directory, "NORMAL")) as db,
        translated(db.filename),
        open_run(directory, db, options, engine, sink, should_stop) as run,
    ):
        return _scan(directory, run, options)


def _scan(directory: Path, run: ScanRun, options: ScanOptions) -> ScanReport:
    db = run.db
    roots = add_roots(db, options.folders) if options.folders else files.list_roots(db)
    if not roots:
        raise UsageError(_NO_FOLDER)
    search_settings.keep(db, options.engine)
    run_id = runs.start_run(db, run.engine_id)
    scan = _Scan(directory, options, run, roots, ScanReport("failed", run.counts))
    try:
        for step in _STEPS:
            if run.should_stop():
                break
            step(scan)
        _check_roots_again(scan)
        scan.report.outcome = "stopped" if run.should_stop() else "done"
    finally:
        scan.report.n_problems = issues.count_problems(db)
        runs.finish_run(db, run_id, scan.report.outcome, asdict(scan.report))
    return scan.report


# ---- the steps; each leaves the library sound, and does nothing again that is done


@dataclass(frozen=True, slots=True)
class _Scan:
    directory: Path
    options: ScanOptions
    run: ScanRun
    roots: Sequence[Root]
    report: ScanReport


def _read_again(scan: _Scan) -> None:
    """Let unchanged files be read again of which more can be known now."""
    retry_raw(scan.run.db)
    with transaction(scan.run.db):
        files.read_unturned_again(scan.run.db)


def _walk(scan: _Scan) -> None:
    run = scan.run
    for root in scan.roots:
        if run.should_stop():
            return
        if _is_online(scan, root):
            own_files = own_identities(scan.directory)
            walk_root(run.db, root, own_files, run.counts, run.sink, run.should_stop)


def _read(scan: _Scan) -> None:
    read_pending(scan.run)


def _read_names(scan: _Scan) -> None:
    read_elsewhere(scan.run.db, scan.options.contacts_xml, scan.run.sink)


def _search(scan: _Scan) -> None:
    search_undone(scan.run)


def _take_over_names(scan: _Scan) -> None:
    take_over_names(scan.run)


def _judge_drawn_boxes(scan: _Scan) -> None:
    judge_drawn_boxes(scan.run)


def _drop_photos_without_files(scan: _Scan) -> None:
    with transaction(scan.run.db):
        photos.drop_unheld(scan.run.db)


def _link_companions(scan: _Scan) -> None:
    link_companions(scan.run.db, scan.run.model_id, scan.run.should_stop)


def _match(scan: _Scan) -> None:
    run, report = scan.run, scan.report
    run.sink.started("Matching faces", None)
    set_meta(run.db, "model", run.model_id)
    matched = match_faces(run.db, run.model_id)
    report.n_suggested, report.n_grouped = matched.n_suggested, matched.n_grouped
    report.n_sure = count_sure(run.db, SURE).n_faces
    run.sink.finished()


_STEPS: tuple[Callable[[_Scan], None], ...] = (
    _read_again,
    _walk,
    _read,
    _read_names,
    _search,
    _take_over_names,
    _judge_drawn_boxes,
    _drop_photos_without_files,
    _link_companions,
    _match,
)


def _check_roots_again(scan: _Scan) -> None:
    """Report which disks went away during the scan."""
    for root in scan.roots:
        if display_path(root.path) not in scan.report.offline:
            _is_online(scan, root)


def _is_online(scan: _Scan, root: Root) -> bool:
    try:
        check_online(scan.run.db, root)
    except RootOffline as exc:
        scan.report.offline.append(display_path(root.path))
        scan.run.sink.problem(root.path, "walk", "offline", str(exc))
        return False
    return True
