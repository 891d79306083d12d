"""The first part of a scan: what is on disk, compared with what the library knows."""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING

from facedex.db import files, issues, photos
from facedex.db.connection import transaction
from facedex.errors import RootOffline, UsageError
from facedex.paths import display_path
from facedex.scan.changes import Change, KnownFile, compare, timestamp_slack_ns
from facedex.scan.walker import Walk, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from facedex.db.connection import Connection
    from facedex.db.files import FileRow, Root
    from facedex.pipeline.scan_run import ScanCounts
    from facedex.progress import ProgressSink
    from facedex.types import FileId, FileStat, PhotoId

log = logging.getLogger(__name__)
_BATCH_FILES = 512  # rows of a few dozen bytes: written much faster than photos
_BATCH_S = 1.0


def check_folder(folder: Path) -> None:
    """Raise ``UsageError`` unless there is a folder of this name."""
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise UsageError(f"{folder} {what}; name the folder that holds your photos")


def add_roots(db: Connection, folders: Sequence[Path]) -> list[Root]:
    """Remember folders as roots and return the roots that cover them.

    A folder inside a root that is known is covered by it; a folder around known roots takes them
    over, with everything that is known of their files.
    """
    covering = []
    for folder in folders:
        check_folder(folder)
        path = os.fsencode(folder.resolve())
        with transaction(db):
            covering.append(_covering_root(db, path))
    return list(dict.fromkeys(covering))


def _covering_root(db: Connection, path: bytes) -> Root:
    known = files.list_roots(db)
    for root in known:
        if path == root.path or path.startswith(root.path.rstrip(b"/") + b"/"):
            return root
    root_id = files.ensure_root(db, path)
    below = path.rstrip(b"/") + b"/"
    for inner in known:
        if inner.path.startswith(below):
            files.absorb_root(db, inner, root_id, inner.path[len(below) :] + b"/")
    return next(root for root in files.list_roots(db) if root.root_id == root_id)


def check_online(db: Connection, root: Root) -> None:
    """Mark the root online, or raise.

    Raises
    ------
    RootOffline
        If the folder is not there, or is empty although the library knows files in it: then a disk
        is not mounted, and no row of it is changed.
    """
    problem = _offline_reason(db, root)
    with transaction(db):
        files.set_root_state(db, root.root_id, "offline" if problem else "online")
    if problem:
        raise RootOffline(
            f"{display_path(root.path)} {problem}",
            "Mount the disk and scan again; everything known of its photos is kept",
        )


def _offline_reason(db: Connection, root: Root) -> str:
    try:
        with os.scandir(root.path) as listing:
            if next(listing, None) is not None:
                return ""
    except OSError as exc:
        return f"cannot be opened ({exc.strerror})"
    return "is empty" if files.count_files(db, root.root_id) else ""


def walk_root(
    db: Connection,
    root: Root,
    own_files: Collection[tuple[int, int]],
    counts: ScanCounts,
    sink: ProgressSink,
    should_stop: Callable[[], bool],
) -> bool:
    """Note every new and changed file of a root as waiting to be read, and every one that is gone.

    Returns False if it was stopped; nothing is taken for gone then.
    """
    state = Walk()
    seen: set[FileId] = set()
    slack_ns = timestamp_slack_ns(root.path)
    sink.started(f"Looking through {display_path(root.path)}", None)
    for batch in _batches(walk(root.path, state, own_files)):
        with transaction(db):
            known = files.find_files(db, root.root_id, [each.relpath for each in batch])
            for found in batch:
                row = known.get(found.relpath)
                seen.add(_note(db, root, found, row, slack_ns, counts))
        sink.advanced(len(batch), display_path(batch[-1].relpath))
        if should_stop():
            return False
    with transaction(db):
        issues.set_walk_issues(db, root.root_id, state.unreadable)
        counts.gone += _mark_gone(db, root, seen, state)
        files.finish_root(db, root.root_id)
    for relpath, reason in state.unreadable:
        sink.problem(root.path + b"/" + relpath, "walk", "denied", reason)
    sink.finished()
    return True


def _batches(found: Iterable[FileStat]) -> Iterator[list[FileStat]]:
    batch: list[FileStat] = []
    began = time.monotonic()
    for one in found:
        batch.append(one)
        if len(batch) >= _BATCH_FILES or time.monotonic() - began > _BATCH_S:
            yield batch
            batch, began = [], time.monotonic()
    if batch:
        yield batch


def _note(
    db: Connection,
    root: Root,
    found: FileStat,
    row: FileRow | None,
    slack_ns: int,
    counts: ScanCounts,
) -> FileId:
    if row is None:
        return files.add_file(db, root.root_id, found)
    if row.state == "pending" and row.stat == found:
        return row.file_id
    known = KnownFile(row.stat, row.hashed_ns)
    change, reason = compare(found, known, slack_ns)
    if change is Change.UNCHANGED:
        counts.unchanged += 1
        if row.state == "missing":
            files.mark_seen(db, row)
            _refresh(db, row.photo_id)
    else:
        log.debug("%s: %s", display_path(found.relpath), reason)
        files.mark_pending(db, row.file_id, found)
    return row.file_id


def _mark_gone(db: Connection, root: Root, seen: set[FileId], state: Walk) -> int:
    hidden = tuple(relpath + b"/" for relpath, _reason in state.unreadable if relpath)
    unknown = {relpath for relpath, _reason in state.unreadable}
    if b"" in unknown:  # the root itself could not be listed
        return 0
    gone = [
        (file_id, photo_id)
        for file_id, relpath, photo_id in files.iter_known(db, root.root_id)
        if file_id not in seen and relpath not in unknown and not relpath.startswith(hidden)
    ]
    for file_id, photo_id in gone:
        files.mark_missing(db, file_id)
        _refresh(db, photo_id)
    return len(gone)


def _refresh(db: Connection, photo_id: PhotoId | None) -> None:
    """Let a photo be turned as the files that are there say now."""
    if photo_id is not None:
        photos.refresh_orientation(db, photo_id)
