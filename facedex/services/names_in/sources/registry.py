"""Every source of names; another one is a module beside this one and a line in ``SOURCES``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.plugins.name_sources import DocumentSource, SidecarSource
from facedex.services.names_in.sources.digikam import DigikamSource
from facedex.services.names_in.sources.picasa import PicasaDatabaseSource, PicasaIniSource
from facedex.services.names_in.sources.takeout import TakeoutSource
from facedex.services.names_in.sources.xmp import XmpSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facedex.plugins.name_sources import NameSource

SOURCES: tuple[NameSource, ...] = (
    PicasaIniSource(),
    PicasaDatabaseSource(),
    DigikamSource(),
    XmpSource(),
    TakeoutSource(),
)


def source_of_kind(kind: str) -> NameSource:
    """Return the source of a kind; raises ``KeyError`` if there is none."""
    return {source.kind: source for source in SOURCES}[kind]


def document_sources() -> Iterator[tuple[NameSource, DocumentSource]]:
    """Yield the sources whose documents lie in the folders of photos, twice: as either."""
    for source in SOURCES:
        if isinstance(source, DocumentSource):
            yield source, source


def sidecar_sources() -> Iterator[tuple[NameSource, SidecarSource]]:
    """Yield the sources that say themselves which photos a document is about, twice: as either."""
    for source in SOURCES:
        if isinstance(source, SidecarSource):
            yield source, source
