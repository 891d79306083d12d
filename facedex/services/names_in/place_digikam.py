"""The regions of a photo that come from digiKam's database: made of its rows, and placed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db.regions import NewRegion
from facedex.digikam.frames import PhotoShape, place_faces
from facedex.digikam.rects import NotedRect, from_text, to_text
from facedex.geometry import box_from_xywh_px, clip_box, upright_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from facedex.db.photos import Photo
    from facedex.db.regions import Region
    from facedex.digikam.database import DigikamPhoto
    from facedex.types import Box


def digikam_regions(photo: DigikamPhoto, photo_name: str) -> Iterator[NewRegion]:
    """Yield what digiKam says of a photo; ``photo_name`` is its path here.

    A rectangle on a photo whose size digiKam does not know says nothing of the place.
    """
    for face in photo.faces:
        if face.rect is None or photo.size is None:
            yield NewRegion(photo_name, "", None, name=face.name, said=face.said)
            continue
        noted = NotedRect(face.rect, photo.size, photo.orientation)
        rect, shown = face.rect, upright_size(*photo.size, photo.orientation or 1)
        box = box_from_xywh_px(rect.left, rect.top, rect.width, rect.height, *shown)
        yield NewRegion(photo_name, to_text(noted), clip_box(box), name=face.name, said=face.said)


def place_digikam(
    photo: Photo, of_source: Sequence[Region], detected: Sequence[Box]
) -> dict[int, tuple[Box, str] | None]:
    """Return the place and the frame of a photo's regions, by their ids."""
    written = [from_text(region.rect) for region in of_source]
    orientation = written[0].orientation
    found = place_faces(
        [one.rect for one in written],
        PhotoShape(written[0].size, photo.orientation if orientation is None else orientation),
        PhotoShape((photo.width_px, photo.height_px), photo.orientation),
        detected,
    )
    return {
        region.region_id: (one.box, one.frame) for region, one in zip(of_source, found, strict=True)
    }
