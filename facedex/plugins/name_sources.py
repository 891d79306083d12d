"""What a source of names is: other programs' files and databases that say who is where on a photo.

A source says under which name its documents are stored, whose word they are, how a document is
read, and where its regions lie on a photo. Everything else, which person is meant, which photo,
what becomes of a region, is the same for all sources.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from facedex.db.regions import NewRegion, Region
    from facedex.db.sources import NewNote, SourceFacts, SourceRow
    from facedex.types import Box, NoPlace, PhotoShape, Place, Source


class RegionPlacer(Protocol):
    """Places what the documents of one source say."""

    def place(
        self, regions: Sequence[Region], photo: PhotoShape, detected: Sequence[Box]
    ) -> Sequence[Place | NoPlace]:
        """Return where each region lies.

        Parameters
        ----------
        regions : those with a box that one document has for one file; at least one.
        photo : the size of that file's stored pixels, and the orientation that turns them upright.
        detected : the faces that a detector found on the photo, in the stored-pixel frame: the
            evidence.
        """


class NameSource(Protocol):
    """One kind of documents that name people."""

    @property
    def kind(self) -> str:
        """Names the kind in the library (``v1_regions.source``); never changes."""

    @property
    def title(self) -> str:
        """What people call it."""

    @property
    def source(self) -> Source:
        """Whose word it is: a name that it gives is stored as said by them."""

    @property
    def trust(self) -> int:
        """How far its word counts where two name one face differently; see ``naming/trust.py``."""

    @property
    def is_written_here(self) -> bool:
        """Whether facedex writes such documents too: what it wrote itself is no news."""

    def open(self, documents: Sequence[SourceRow]) -> RegionPlacer:
        """Return what places the regions of all its documents; their ``details`` are as stored."""


@dataclass(frozen=True, slots=True)
class DocumentText:
    """What a document says: of itself, of faces and people, and of photos besides.

    A file that turns out to be something else is no document: it is not read again as it is, and
    counted nowhere.
    """

    facts: SourceFacts
    regions: Sequence[NewRegion] = ()
    notes: Sequence[NewNote] = ()
    is_document: bool = True


@runtime_checkable
class DocumentSource(Protocol):
    """A source whose documents are files beside photos; a scan reads those that changed."""

    @property
    def ending(self) -> str:
        """How the names of its files end, in lower case, without ``%`` and ``_``."""

    @property
    def phase(self) -> str:
        """What the user is told while they are read."""

    @property
    def stage(self) -> str:
        """Where a problem with one of them is filed (``v1_problems.stage``)."""

    @property
    def limit_bytes(self) -> int:
        """Of a longer file one byte more is read, so that it can be refused."""

    def is_document(self, relpath: bytes) -> bool:
        """Tell whether a file that ends so is one of its documents."""

    def read(self, relpath: bytes, data: bytes) -> DocumentText:
        """Return a document's content; never fails: what is not understood is a problem of it."""


@runtime_checkable
class SidecarSource(Protocol):
    """A source whose documents do not name their photos (``NewRegion.photo_name`` is ``""``).

    Each is about one or several photos beside it, as the source knows.
    """

    def open_folder(
        self, names: Iterable[bytes]
    ) -> Callable[[bytes, Mapping[str, Any]], Sequence[bytes]]:
        """Return a function that finds the photos of a document among the files of its folder.

        It is asked with a document's name and its ``details``, and returns names of the folder.
        """
