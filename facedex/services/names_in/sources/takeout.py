"""Google Takeout as a source of names: who is on a photo, but not where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facedex.db.regions import NewRegion
from facedex.db.sources import SourceFacts
from facedex.naming.trust import Trust
from facedex.plugins.name_sources import DocumentText
from facedex.takeout.naming import TakeoutFolder, is_movie, is_named_as_takeout
from facedex.takeout.reading import MAX_JSON_BYTES, read_facts
from facedex.types import NoPlace, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from facedex.db.regions import Region
    from facedex.db.sources import SourceRow
    from facedex.types import Box, PhotoShape


class TakeoutSource:
    """The JSON files of an export of Google Photos."""

    kind = "takeout"
    title = "Google Takeout"
    source = Source.XMP  # it names photos only: no face is ever stored as named by it
    trust = Trust.TAKEOUT
    is_written_here = False
    ending = ".json"
    phase = "Reading JSON files"
    stage = "takeout"
    limit_bytes = MAX_JSON_BYTES

    def is_document(self, relpath: bytes) -> bool:
        """Tell that every JSON is looked at: its content says whether it is Google's."""
        del relpath
        return True

    def read(self, relpath: bytes, data: bytes) -> DocumentText:
        """Return whom a JSON names; one that is another program's is no document."""
        name = relpath.rpartition(b"/")[2]
        try:
            facts = read_facts(data)
        except ValueError as error:
            is_expected = is_named_as_takeout(name)
            problems = (str(error),) if is_expected else ()
            return DocumentText(SourceFacts(problems=problems), is_document=is_expected)
        if facts is None:
            return DocumentText(SourceFacts(), is_document=False)
        names = () if is_movie(facts.title) else facts.names
        details = {"title": facts.title} if names else {}
        said = [NewRegion("", "", None, name=each) for each in names]
        return DocumentText(SourceFacts({}, facts.problems, details), said)

    def open_folder(
        self, names: Iterable[bytes]
    ) -> Callable[[bytes, Mapping[str, Any]], Sequence[bytes]]:
        """Return what finds the photos of a JSON among the names of its folder."""
        folder = TakeoutFolder(names)
        return lambda document, details: folder.photos_of(document, details.get("title", ""))

    def open(self, documents: Sequence[SourceRow]) -> _NoPlacer:
        """Return what places nothing: Takeout tells no place."""
        del documents
        return _NoPlacer()


class _NoPlacer:
    def place(
        self, regions: Sequence[Region], photo: PhotoShape, detected: Sequence[Box]
    ) -> list[NoPlace]:
        """Return that each is a name of the whole photo."""
        del photo, detected
        return [NoPlace("unstated") for _ in regions]
