"""Storing what the XMP of a photo or of a sidecar says of faces and people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db import regions, sources
from facedex.db.regions import NewRegion
from facedex.db.sources import NewNote, SourceFacts
from facedex.plugins.name_sources import DocumentText
from facedex.xmp.reading import XmpFacts
from facedex.xmp.regions import measured_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facedex.db.connection import Connection
    from facedex.types import Box, FileId


def save_xmp(db: Connection, file_id: FileId, content_hash: bytes, facts: XmpFacts | None) -> None:
    """Store what a file's XMP says now; None, nothing at all, withdraws what it said before."""
    if facts is None:
        if sources.find_source(db, file_id=file_id) is None:
            return
        facts = XmpFacts()
    text = text_of_xmp(facts)
    source_id = sources.save_source(
        db, "xmp", text.facts, file_id=file_id, content_hash=content_hash
    )
    regions.save_regions(db, source_id, text.regions)
    sources.save_notes(db, source_id, text.notes)


def text_of_xmp(facts: XmpFacts) -> DocumentText:
    """Return the facts of a packet as any source of names has them."""
    of_itself = SourceFacts(
        problems=facts.problems,
        details={
            "applied_to": facts.applied_to,
            "orientation": facts.orientation,
            "n_other_regions": facts.n_other_regions,
            "sidecar_for": facts.sidecar_for,
        },
    )
    return DocumentText(of_itself, list(_regions(facts)), [NewNote("", keywords=facts.keywords)])


def _regions(facts: XmpFacts) -> Iterator[NewRegion]:
    for region in facts.regions:
        yield NewRegion(
            "",
            measured_text(region.measure, _as_text(region.box)),
            region.box,
            name=region.name,
            said="named" if region.name else "unnamed",
        )
    for name in facts.names:
        yield NewRegion("", "", None, name=name)


def _as_text(box: Box) -> str:
    return " ".join(f"{value:.9f}" for value in (box.x0, box.y0, box.x1, box.y1))
