"""Every source of names; another one is a module beside this one and a line in ``SOURCES``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.plugins.name_sources import DocumentSource
from facedex.services.names_in.sources.digikam import DigikamSource
from facedex.services.names_in.sources.picasa import PicasaDatabaseSource, PicasaIniSource
from facedex.services.names_in.sources.xmp import XmpSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facedex.plugins.name_sources import NameSource

# whose word counts where two sources name one face differently, the most trusted first: Picasa's inis
# are its truth, its database lags behind them; XMP may have been written by any program at any time
SOURCES: tuple[NameSource, ...] = (
    PicasaIniSource(),
    PicasaDatabaseSource(),
    DigikamSource(),
    XmpSource(),
)


def source_of_kind(kind: str) -> NameSource:
    """Return the source of a kind; raises ``KeyError`` if there is none."""
    return {source.kind: source for source in SOURCES}[kind]


def trust_rank(kind: str) -> int:
    """Return how far down a kind stands in the order of trust; 0 is trusted most."""
    return [source.kind for source in SOURCES].index(kind)


def document_sources() -> Iterator[tuple[NameSource, DocumentSource]]:
    """Yield the sources whose documents lie in the folders of photos, twice: as either."""
    for source in SOURCES:
        if isinstance(source, DocumentSource):
            yield source, source
