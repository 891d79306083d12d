"""Reading the ``.xmp`` files beside photos that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db import sources
from facedex.pipeline.store_xmp import save_xmp
from facedex.services.names_in.changed_files import read_changed
from facedex.xmp.reading import XmpFacts, read_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.db.connection import Connection
    from facedex.db.sources import Document
    from facedex.progress import ProgressSink

MAX_SIDECAR_BYTES = 64 << 20


def read_sidecars(db: Connection, sink: ProgressSink) -> None:
    """Read the sidecars whose bytes are not those in the database."""

    def take(sidecar: Document, data: bytes) -> Sequence[str]:
        facts = (
            read_facts(data)
            if len(data) <= MAX_SIDECAR_BYTES
            else XmpFacts(problems=(f"not read: it is over {MAX_SIDECAR_BYTES >> 20} MB",))
        )
        save_xmp(db, sidecar.file_id, sidecar.content_hash, facts)
        return facts.problems

    read_changed(
        db,
        sources.documents(db, ".xmp"),
        sink,
        phase="Reading sidecars",
        stage="xmp",
        limit=MAX_SIDECAR_BYTES,
        take=take,
    )
