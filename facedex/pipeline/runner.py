"""Feeding workers from the database's queries and storing what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db import files, photos
from facedex.pipeline.edited_photos import carry_over
from facedex.pipeline.messages import ScanJob, ScanResult
from facedex.pipeline.scan_run import run_jobs
from facedex.pipeline.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facedex.db.files import FileRef
    from facedex.pipeline.scan_run import ScanRun
    from facedex.types import PhotoId

_PAGE = 256


def read_pending(run: ScanRun) -> None:
    """Read every file that waits for it: hash it and search it for faces if its image is new.

    When all are read, edited photos get the names they had.
    """

    def work() -> Iterator[tuple[None, FileRef, ScanJob]]:
        after = 0
        while page := files.pending_after(run.db, after, _PAGE):
            for file in page:
                yield None, file, ScanJob(file.path, file.turn)
            after = page[-1].file_id

    store = Store(run)
    n_files = files.count_pending(run.db)
    for _, file, result in run_jobs(run, "Reading", n_files, work(), ScanResult, store.wants):
        store.add(file, result)
    store.flush()
    if not run.should_stop():
        carry_over(run.db, run.model_id, run.encoder)


def search_undone(run: ScanRun) -> None:
    """Search the photos that this engine and encoder have not done: new ones, or they were turned.

    All files have been read before.
    """
    n_photos = photos.count_undone(run.db, run.engine_id, run.model_id)
    if not n_photos:
        return

    def work() -> Iterator[tuple[PhotoId, FileRef, ScanJob]]:
        after = 0
        while page := photos.undone_after(run.db, after, run.engine_id, run.model_id, _PAGE):
            for photo_id in page:
                file = files.file_of_photo(run.db, photo_id)
                if file is not None:
                    yield photo_id, file, ScanJob(file.path, file.turn)
            after = page[-1]

    store = Store(run)
    for photo_id, file, result in run_jobs(run, "Searching", n_photos, work(), ScanResult):
        store.add(file, result, photo_id)
    store.flush()
    carry_over(run.db, run.model_id, run.encoder)
