"""Encoding named faces that the detector missed: people are recognised by them too."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from facedex.db import cache, faces, files
from facedex.db.connection import transaction
from facedex.pipeline.messages import EncodeJob, EncodeResult
from facedex.pipeline.open_run import open_run, prepare_engine_of
from facedex.pipeline.scan_run import run_jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from facedex.db.connection import Connection
    from facedex.db.files import FileRef
    from facedex.pipeline.messages import FoundFace
    from facedex.progress import ProgressSink
    from facedex.types import Box, FaceId, PhotoId, ScanOptions


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
    engine = prepare_engine_of(model, options.engine, sink)
    with open_run(directory, db, options, engine, sink, should_stop) as run:
        work = encode_jobs(db, todo)
        title = "Encoding named faces"
        for photo_id, _file, result in run_jobs(run, title, len(todo), work, EncodeResult):
            encoded = [run.usable(found) for found in result.faces]
            cache.save_thumbnails(run.cache, _store(db, model, todo[photo_id], encoded, result))
            n_here = sum(found is not None for found in encoded)
            n_done, n_not = n_done + n_here, n_not + len(result.faces) - n_here
    return n_done, n_not


def encode_jobs(
    db: Connection, todo: dict[PhotoId, list[tuple[FaceId, Box]]]
) -> Iterator[tuple[PhotoId, FileRef, EncodeJob]]:
    """Yield what a worker is to encode of each photo that has a file."""
    for photo_id, entries in todo.items():
        file = files.file_of_photo(db, photo_id)
        if file is not None:
            yield photo_id, file, EncodeJob(file.path, tuple(box for _, box in entries), file.turn)


def _store(
    db: Connection,
    model: str,
    entries: list[tuple[FaceId, Box]],
    encoded: list[FoundFace | None],
    result: EncodeResult,
) -> list[tuple[str, bytes]]:
    with transaction(db):
        for (face_id, _box), found in zip(entries, encoded, strict=True):
            if found is not None:
                faces.set_encoding(
                    db, face_id, model, found.landmarks, found.encoding, found.quality
                )
    uuids = [faces.uuid_of(db, face_id) for face_id, _box in entries]
    # a photo that could not be read has no thumbnails
    return [(u, jpeg) for u, jpeg in zip(uuids, result.thumbnails, strict=False) if u is not None]
