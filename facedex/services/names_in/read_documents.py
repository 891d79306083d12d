"""Reading the documents of every source of names that lie beside photos and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db import regions, sources
from facedex.services.names_in.changed_files import read_changed
from facedex.services.names_in.sources.registry import document_sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.db.connection import Connection
    from facedex.db.sources import Document
    from facedex.plugins.name_sources import DocumentSource
    from facedex.progress import ProgressSink


def read_documents(db: Connection, sink: ProgressSink) -> None:
    """Store what those documents say whose bytes are not those in the database."""
    for named, source in document_sources():
        _read_changed(db, named.kind, source, sink)


def _read_changed(db: Connection, kind: str, source: DocumentSource, sink: ProgressSink) -> None:
    def save(document: Document, data: bytes) -> Sequence[str]:
        text = source.read(document.relpath, data)
        source_id = sources.save_source(
            db,
            kind if text.is_document else sources.NO_DOCUMENT,
            text.facts,
            file_id=document.file_id,
            content_hash=document.content_hash,
        )
        regions.save_regions(db, source_id, text.regions)
        sources.save_notes(db, source_id, text.notes)
        return text.facts.problems

    there = sources.documents(db, source.ending)
    read_changed(
        db,
        [one for one in there if source.is_document(one.relpath)],
        sink,
        phase=source.phase,
        stage=source.stage,
        limit=source.limit_bytes,
        take=save,
    )
