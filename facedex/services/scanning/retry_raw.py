"""RAW files that could not be read are tried again when what reads them is another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db import files
from facedex.db.connection import transaction
from facedex.db.library import get_meta, set_meta
from facedex.imaging.formats import RAW_SUFFIXES, suffix
from facedex.imaging.raw import reader_version

if TYPE_CHECKING:
    from facedex.db.connection import Connection

_READER = "raw_reader"


def retry_raw(db: Connection) -> None:
    """Let RAW files with a problem be read again if rawpy is new, gone or of another version."""
    version = reader_version() or ""
    if (get_meta(db, _READER) or "") == version:
        return
    with transaction(db):
        for file_id, relpath in files.undecoded(db):
            if suffix(relpath) in RAW_SUFFIXES:
                files.read_again(db, file_id)
        set_meta(db, _READER, version)
