"""A dry run: what a scan would take over from Picasa's inis and from sidecars, without a library.

The same steps as in a scan, in a library that is thrown away, but for the search: photos that are
named are opened for their size only, and none is searched for faces.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from blake3 import blake3

from facedex.db import files, photos, regions
from facedex.db.connection import transaction
from facedex.db.library import open_library
from facedex.errors import ItemError
from facedex.imaging.decode import open_photo
from facedex.paths import display_path
from facedex.pipeline.reading import MAX_PHOTO_BYTES
from facedex.pipeline.scan_run import ScanCounts
from facedex.services.names_in.changed_files import read_small
from facedex.services.names_in.take_over_names import read_elsewhere, settle_regions
from facedex.services.scanning.walk_roots import add_roots, walk_root
from facedex.services.telling.ledger import make_ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from facedex.db.connection import Connection
    from facedex.db.files import FileRef
    from facedex.progress import ProgressSink
    from facedex.services.telling.ledger import Ledger
    from facedex.types import PhotoFacts

_NAMING = (b".ini", b".xmp")
_HEAD_BYTES = 1 << 20
_PAGE = 1000


def preview_names(
    folders: Sequence[Path],
    contacts_xml: Path | None,
    sink: ProgressSink,
    should_stop: Callable[[], bool],
) -> Ledger:
    """Return the ledger that a first scan of ``folders`` would begin with; nothing is kept.

    What waits for the search counts as pending. What photos' own XMP says is not looked at.

    Raises
    ------
    UsageError
        If a folder is not there, or ``contacts_xml`` cannot be read.
    """
    with (
        tempfile.TemporaryDirectory(prefix="facedex-preview-") as made,
        contextlib.closing(open_library(Path(made), "NORMAL")) as db,
    ):
        for root in add_roots(db, folders):
            walk_root(db, root, (), ScanCounts(), sink, should_stop)
        with transaction(db):
            _note_files(db)
        read_elsewhere(db, contacts_xml, sink)
        _open_named(db, sink, should_stop)
        with transaction(db):
            settle_regions(db)
        return make_ledger(db)


def _note_files(db: Connection) -> None:
    """Take every file as read; only those that name people are."""
    for file in _pending(db):
        content = file.path
        if file.path.lower().endswith(_NAMING):
            with contextlib.suppress(OSError):
                content = read_small(file.path, 64 << 20)
        files.set_read(db, file.file_id, time.time_ns(), blake3(content).digest(), None, None)


def _pending(db: Connection) -> Iterator[FileRef]:
    after = 0
    while page := files.pending_after(db, after, _PAGE):
        yield from page
        after = page[-1].file_id


def _open_named(db: Connection, sink: ProgressSink, should_stop: Callable[[], bool]) -> None:
    """Read the size of each photo that somebody is named on."""
    named = regions.files_without_photo(db)
    sink.started("Looking at named photos", len(named))
    for file in named:
        if should_stop():
            break
        sink.advanced(1, display_path(file.path))
        try:
            facts = _facts(file.path)
        except (ItemError, OSError):
            continue  # it stays a file without a photo: the ledger counts it as unencodable
        name = blake3(file.path).digest()
        with transaction(db):
            photo_id = photos.add_photo(db, name, facts)
            files.set_read(db, file.file_id, time.time_ns(), name, photo_id, facts.orientation)
    sink.finished()


def _facts(path: bytes) -> PhotoFacts:
    head = read_small(path, _HEAD_BYTES)
    try:
        with open_photo(head, path) as photo:
            return photo.facts
    except ItemError:
        if len(head) < _HEAD_BYTES:
            raise
    with open_photo(read_small(path, MAX_PHOTO_BYTES), path) as photo:
        return photo.facts
