"""Encoding named faces that the detector missed: people are recognised by them too."""

from __future__ import annotations

import contextlib
from itertools import groupby
from typing import TYPE_CHECKING

from facedex.db import cache, faces, files
from facedex.db.cache import open_cache
from facedex.db.connection import transaction
from facedex.errors import UsageError
from facedex.paths import display_path
from facedex.pipeline.messages import EncodeJob, EncodeResult
from facedex.pipeline.supervisor import Task
from facedex.services.scanning.scan_library import ScanOptions, make_pool, prepare_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from facedex.db.connection import Connection
    from facedex.pipeline.supervisor import Pool
    from facedex.progress import ProgressSink
    from facedex.types import Box, FaceId, PhotoId


def encode_named(
    directory: Path,
    db: Connection,
    model: str,
    options: ScanOptions,
    sink: ProgressSink,
    should_stop: Callable[[], bool],
) -> tuple[int, int]:
    """Encode the named faces that ``model``, the library's, has not encoded.

    Returns how many it has encoded, and of how many too little is seen.

    Raises
    ------
    UsageError
        If the settings ask for another model.
    """
    todo = {
        photo_id: [(face_id, box) for _photo, face_id, box in entries]
        for photo_id, entries in groupby(faces.unencoded_named(db, model), key=lambda row: row[0])
    }
    n_done = n_not = 0
    if not todo:
        return n_done, n_not
    engine = prepare_engine(options.engine, sink)
    if engine.model_id != model:
        raise UsageError(
            f"the faces are encoded by {model}, and the settings ask for {engine.model_id};"
            " run facedex scan first"
        )
    with (
        contextlib.closing(make_pool(options, engine.target)) as pool,
        contextlib.closing(open_cache(directory)) as cache_db,
    ):
        sink.started("Encoding named faces", len(todo))
        for photo_id, result in _encoded(db, pool, todo, sink, should_stop):
            cache.save_thumbnails(cache_db, _store(db, model, todo[photo_id], result))
            n_here = sum(found is not None for found in result.faces)
            n_done, n_not = n_done + n_here, n_not + len(result.faces) - n_here
        sink.finished()
    return n_done, n_not


def _encoded(
    db: Connection,
    pool: Pool,
    todo: dict[PhotoId, list[tuple[FaceId, Box]]],
    sink: ProgressSink,
    should_stop: Callable[[], bool],
) -> Iterator[tuple[PhotoId, EncodeResult]]:
    def tasks() -> Iterator[Task[tuple[PhotoId, files.FileRef]]]:
        for photo_id, entries in todo.items():
            file = files.file_of_photo(db, photo_id)
            if file is not None:
                boxes = tuple(box for _face, box in entries)
                yield Task((photo_id, file), EncodeJob(file.path, boxes, file.turn), file.attempts)

    def died(item: tuple[PhotoId, files.FileRef]) -> None:
        files.count_attempt(db, item[1].file_id)

    for task, result in pool.run(tasks(), lambda _image: True, died, should_stop):
        assert isinstance(result, EncodeResult)
        photo_id, file = task.item
        yield photo_id, result
        sink.advanced(1, display_path(file.path), len(result.faces))


def _store(
    db: Connection,
    model: str,
    entries: list[tuple[FaceId, Box]],
    result: EncodeResult,
) -> list[tuple[str, bytes]]:
    with transaction(db):
        for (face_id, _box), found in zip(entries, result.faces, strict=True):
            if found is not None:
                faces.set_encoding(
                    db, face_id, model, found.landmarks, found.encoding, found.quality
                )
    uuids = [faces.uuid_of(db, face_id) for face_id, _box in entries]
    # a photo that could not be read has no thumbnails
    return [(u, jpeg) for u, jpeg in zip(uuids, result.thumbnails, strict=False) if u is not None]
