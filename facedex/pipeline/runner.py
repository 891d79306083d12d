"""Feeding workers from the database's queries and storing what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db import files, photos
from facedex.paths import display_path
from facedex.pipeline.edited_photos import carry_over
from facedex.pipeline.messages import ScanJob, ScanResult
from facedex.pipeline.supervisor import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from facedex.db.files import FileRef
    from facedex.pipeline.store import Store
    from facedex.pipeline.supervisor import Pool
    from facedex.types import PhotoId

_PAGE = 256


def read_pending(store: Store, pool: Pool, should_stop: Callable[[], bool]) -> None:
    """Read every file that waits for it: hash it and search it for faces if its image is new.

    When all are read, edited photos get the names they had.
    """

    def tasks() -> Iterator[Task[FileRef]]:
        after = 0
        while page := files.pending_after(store.db, after, _PAGE):
            for file in page:
                yield Task(file, ScanJob(file.path, file.turn), file.attempts)
            after = page[-1].file_id

    def died(file: FileRef) -> None:
        files.count_attempt(store.db, file.file_id)

    store.sink.started("Reading", files.count_pending(store.db))
    for task, result in pool.run(tasks(), store.wants, died, should_stop):
        assert isinstance(result, ScanResult)
        store.add(task.item, result)
        store.sink.advanced(1, display_path(task.item.path), len(result.faces or ()))
    store.flush()
    if not should_stop():
        carry_over(store.db, store.model_id)
    store.sink.finished()


def search_undone(store: Store, pool: Pool, should_stop: Callable[[], bool]) -> None:
    """Search the photos that this engine and encoder have not done: new ones, or they were turned.

    All files have been read before.
    """
    total = photos.count_undone(store.db, store.engine_id, store.model_id)
    if not total:
        return

    def tasks() -> Iterator[Task[tuple[PhotoId, FileRef]]]:
        after = 0
        while page := photos.undone_after(store.db, after, store.engine_id, store.model_id, _PAGE):
            for photo_id in page:
                file = files.file_of_photo(store.db, photo_id)
                if file is not None:
                    yield Task((photo_id, file), ScanJob(file.path, file.turn), file.attempts)
            after = page[-1]

    def died(item: tuple[PhotoId, FileRef]) -> None:
        files.count_attempt(store.db, item[1].file_id)

    store.sink.started("Searching", total)
    for task, result in pool.run(tasks(), lambda _image: True, died, should_stop):
        assert isinstance(result, ScanResult)
        photo_id, file = task.item
        store.add(file, result, photo_id)
        store.sink.advanced(1, display_path(file.path), len(result.faces or ()))
    store.flush()
    carry_over(store.db, store.model_id)
    store.sink.finished()
