"""Reading the files that name people and have changed: inis and sidecars."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from facedex.db.connection import transaction
from facedex.paths import display_path, join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from facedex.db.connection import Connection
    from facedex.db.sources import Document
    from facedex.progress import ProgressSink


def read_changed(
    db: Connection,
    documents: Sequence[Document],
    sink: ProgressSink,
    *,
    phase: str,
    stage: str,
    limit: int,
    take: Callable[[Document, bytes], Iterable[str]],
) -> None:
    """Read those of the documents whose bytes are not those in the database.

    Parameters
    ----------
    phase, stage : what the user is told.
    limit : bytes; of a longer file one byte more is read, so that it can be refused.
    take : keeps what a document says, in a transaction, and returns what it could not use.
    """
    changed = [one for one in documents if not one.is_read]
    if not changed:
        return
    sink.started(phase, len(changed))
    for document in changed:
        path = join(document.root, document.relpath)
        try:
            data = read_small(path, limit + 1)
        except OSError as exc:
            sink.problem(path, stage, "io", exc.strerror or str(exc))
            continue
        with transaction(db):
            problems = tuple(take(document, data))
        for problem in problems:
            sink.problem(path, stage, "content", problem)
        sink.advanced(1, display_path(path))
    sink.finished()


def read_small(path: bytes | Path, limit: int) -> bytes:
    """Return the first ``limit`` bytes of a file; raises ``OSError``."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        return file.read(limit)
