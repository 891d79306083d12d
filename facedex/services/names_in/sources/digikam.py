"""digiKam's database as a source of names: regions made of its rows, and placed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db.regions import NewRegion
from facedex.digikam.frames import place_faces
from facedex.digikam.rects import NotedRect, from_text, to_text
from facedex.geometry import box_from_xywh_px, clip_box, upright_size
from facedex.naming.trust import Trust
from facedex.spelling import is_nobody
from facedex.types import PhotoShape, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from facedex.db.regions import Region
    from facedex.db.sources import SourceRow
    from facedex.digikam.database import DigikamPhoto
    from facedex.types import Box, NoPlace, Place


def digikam_regions(photo: DigikamPhoto, photo_name: str) -> Iterator[NewRegion]:
    """Yield what digiKam says of a photo; ``photo_name`` is its path here.

    A rectangle on a photo whose size digiKam does not know says nothing of the place.
    """
    for face in photo.faces:
        says = "unnamed" if face.said == "named" and is_nobody(face.name) else face.said
        if face.rect is None or photo.size is None:
            yield NewRegion(photo_name, "", None, name=face.name, said=says)
            continue
        noted = NotedRect(face.rect, photo.size, photo.orientation)
        rect, shown = face.rect, upright_size(*photo.size, photo.orientation or 1)
        box = box_from_xywh_px(rect.left, rect.top, rect.width, rect.height, *shown)
        yield NewRegion(photo_name, to_text(noted), clip_box(box), name=face.name, said=says)


class DigikamSource:
    """A digiKam database; an import reads it."""

    kind = "digikam"
    title = "digiKam"
    source = Source.DIGIKAM
    trust = Trust.DIGIKAM
    is_written_here = False

    def open(self, documents: Sequence[SourceRow]) -> _DigikamPlacer:
        """Return what places digiKam's rectangles."""
        del documents  # each rectangle says itself of which picture it is
        return _DigikamPlacer()


class _DigikamPlacer:
    def place(
        self, regions: Sequence[Region], photo: PhotoShape, detected: Sequence[Box]
    ) -> list[Place | NoPlace]:
        """Return where the rectangles lie that digiKam has for one photo."""
        written = [from_text(region.rect) for region in regions]
        # of a HEIC that its boxes turn digiKam notes what EXIF says, and shows it as it is decoded
        orientation = None if photo.is_turned_by_decoder else written[0].orientation
        return place_faces(
            [one.rect for one in written],
            PhotoShape(written[0].size, photo.orientation if orientation is None else orientation),
            photo,
            detected,
        )
