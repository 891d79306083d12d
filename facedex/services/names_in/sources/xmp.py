"""XMP as a source of names: the packets in photos, which come with them, and sidecars."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from facedex.geometry import clip_box, contains_center
from facedex.naming.trust import Trust
from facedex.pipeline.store_xmp import text_of_xmp
from facedex.types import NoPlace, Place, Source, WithoutFace
from facedex.xmp.frames import place_regions, written_regions
from facedex.xmp.reading import XmpFacts, read_facts
from facedex.xmp.regions import XmpRegion, box_on, measure_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facedex.db.regions import Region
    from facedex.db.sources import SourceRow
    from facedex.plugins.name_sources import DocumentText
    from facedex.types import Box, PhotoShape
    from facedex.xmp.regions import Size

MAX_SIDECAR_BYTES = 64 << 20


class XmpSource:
    """Sidecars, and what photos' own XMP says."""

    kind = "xmp"
    title = "XMP tags"
    source = Source.XMP
    trust = Trust.XMP
    is_written_here = True
    ending = ".xmp"
    phase = "Reading sidecars"
    stage = "xmp"
    limit_bytes = MAX_SIDECAR_BYTES

    def is_document(self, relpath: bytes) -> bool:
        """Tell that every such file is read; which photo it is beside is seen later."""
        del relpath
        return True

    def read(self, relpath: bytes, data: bytes) -> DocumentText:
        """Return what a sidecar says."""
        del relpath
        if len(data) > MAX_SIDECAR_BYTES:
            problem = f"not read: it is over {MAX_SIDECAR_BYTES >> 20} MB"
            return text_of_xmp(XmpFacts(problems=(problem,)))
        return text_of_xmp(read_facts(data))

    def open(self, documents: Sequence[SourceRow]) -> _XmpPlacer:
        """Return what places the regions of XMP."""
        return _XmpPlacer({one.source_id: _details(one) for one in documents})


@dataclass(frozen=True, slots=True)
class _Details:
    """What a packet says of all its regions: see :class:`facedex.xmp.reading.XmpFacts`."""

    applied_to: Size | None
    orientation: int | None


def _details(document: SourceRow) -> _Details:
    size = document.details.get("applied_to")
    return _Details(
        None if size is None else (size[0], size[1]), document.details.get("orientation")
    )


class _XmpPlacer:
    def __init__(self, details: Mapping[int, _Details]) -> None:
        self._details = details

    def place(
        self, regions: Sequence[Region], photo: PhotoShape, detected: Sequence[Box]
    ) -> list[Place | NoPlace]:
        """Return where the regions of one packet lie."""
        details = self._details[regions[0].source_id]
        written = tuple(_on_photo(one, photo.size) for one in regions)
        facts = XmpFacts(written, applied_to=details.applied_to, orientation=details.orientation)
        boxes = replace(facts, regions=tuple(one for one in written if _is_box(one)))
        placed = iter(place_regions(boxes, photo, detected))
        claimed = written_regions(facts, photo).readings[0].frame
        places = [next(placed) if _is_box(one) else NoPlace(claimed) for one in written]
        if claimed == "other" or any(place.frame != claimed for place in places):
            return places  # nobody knows where the points went
        return [
            _around(one, claimed, detected) if one.measure == "point" else place
            for one, place in zip(written, places, strict=True)
        ]


def _on_photo(region: Region, size: Size) -> XmpRegion:
    assert region.box is not None
    measure = measure_of(region.rect)
    box = clip_box(box_on(region.box, measure, size))
    return XmpRegion(box, region.name, "mwg", measure)


def _is_box(region: XmpRegion) -> bool:
    """Tell whether a region is no point, and not in pixels beyond this photo."""
    return region.measure != "point" and region.box.area > 0


def _around(point: XmpRegion, frame: str, detected: Sequence[Box]) -> Place | NoPlace:
    """Return the place of a point: that of the smallest face found around it."""
    around = [face for face in detected if contains_center(face, point.box)]
    if not around:
        return NoPlace(frame)
    return Place(min(around, key=lambda face: face.area), frame, WithoutFace.NAME_ONLY)
