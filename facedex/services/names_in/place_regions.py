"""Giving the regions of one photo their faces: placing, settling contradictions, matching."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facedex.db import faces, people, photos, regions
from facedex.db.faces import Assignment
from facedex.geometry import clip_box, iou
from facedex.imaging.formats import RAW_SUFFIXES, suffix
from facedex.picasa.frames import place_region
from facedex.pipeline.store import SAME_FACE_IOU, is_same_place
from facedex.services.names_in.place_digikam import place_digikam
from facedex.types import FaceState, PicasaFace, Source
from facedex.xmp.frames import place_regions as place_xmp
from facedex.xmp.reading import XmpFacts
from facedex.xmp.regions import XmpRegion
from facedex.xmp.traces import find_trace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facedex.db.connection import Connection
    from facedex.db.faces import StoredFace
    from facedex.db.photos import Photo
    from facedex.db.regions import Region
    from facedex.services.names_in.picasa_files import Recipes
    from facedex.types import Box, FaceId, FileId, PersonId, PhotoId, Recipe
    from facedex.xmp.traces import Traces

# whose word counts where two sources name one face differently: Picasa's inis are its truth, its
# database lags behind them; the XMP may have been written by any program at any time
_TRUST = {"ini": 0, "db3": 1, "digikam": 2, "xmp": 3}
_SOURCE_OF = {
    "ini": Source.PICASA, "db3": Source.PICASA, "digikam": Source.DIGIKAM, "xmp": Source.XMP,
}  # fmt: skip
_SAME_REGION_IOU = 0.5
Place = tuple["Box", str]


@dataclass(frozen=True, slots=True)
class PlacedRegion:
    """A region in the stored-pixel frame of its photo; ``person_id`` None is an ignored face."""

    region: Region
    person_id: PersonId | None
    box: Box
    frame: str

    @property
    def source(self) -> Source:
        """Who says so."""
        return _SOURCE_OF[self.region.kind]


def settle_photo(
    db: Connection,
    photo_id: PhotoId,
    details: Mapping[int, Mapping[str, Any]],
    recipes: Recipes,
    own: Mapping[FileId, Sequence[Traces]],
) -> list[PlacedRegion]:
    """Confirm the faces that a photo's regions name; return the regions without a face.

    ``details`` are the sources', by id; ``own`` is what this library wrote itself, by the photo's file.
    What the user decided in facedex is never changed.
    """
    with_place: list[Region] = []
    for region in regions.regions_of_photo(db, photo_id):
        if _is_own(region, own):
            # read again, it would bring back a name that was taken back since
            regions.settle_region(db, region.region_id, "withdrawn")
        elif region.said in {"unnamed", "suggested"}:
            regions.settle_region(db, region.region_id, region.said)
        elif region.box is None:
            regions.settle_region(db, region.region_id, "unplaced")
        else:
            with_place.append(region)
    with_place.sort(key=lambda region: _TRUST[region.kind])
    found = faces.faces_of_photo(db, photo_id)
    photo = photos.get_photo(db, photo_id)
    placed = []
    boxes = _place_all(photo, with_place, details, recipes, [face.box for face in found])
    for region in with_place:
        place = boxes[region.region_id]
        if place is None:
            regions.settle_region(db, region.region_id, "unplaced", "other")
        else:
            person_id = region.person_id if region.said == "named" else None
            placed.append(PlacedRegion(region, person_id, *place))
    left = _match(db, found, _without_contradictions(db, placed))
    left = [one for one in left if not _needs_no_face(db, one, details)]
    for one in left:
        regions.settle_region(db, one.region.region_id, "pending", one.frame)
    return left


def _needs_no_face(
    db: Connection, one: PlacedRegion, details: Mapping[int, Mapping[str, Any]]
) -> bool:
    """Settle a rectangle in which no face is found and none is to be kept; tell whether it is one.

    Of what was put aside there is nothing to keep. Picasa's export may write rectangles of another size
    (in one real folder all of them).
    """
    is_export = bool(details[one.region.source_id].get("is_export"))
    if one.person_id is None or is_export:
        status = "ignored" if one.person_id is None else "unplaced"
        regions.settle_region(db, one.region.region_id, status, one.frame)
        return True
    return False


def _is_own(region: Region, own: Mapping[FileId, Sequence[Traces]]) -> bool:
    if region.kind != "xmp" or region.box is None or region.file_id is None:
        return False
    written = XmpRegion(region.box, region.name, "mwg")
    return any(find_trace(written, traces) is not None for traces in own.get(region.file_id, ()))


def _place_all(
    photo: Photo,
    with_place: Sequence[Region],
    details: Mapping[int, Mapping[str, Any]],
    recipes: Recipes,
    detected: Sequence[Box],
) -> dict[int, Place | None]:
    """Return the place of each region in the stored pixels; None if a crop has cut it off since."""
    places: dict[int, Place | None] = {}
    by_source: dict[int, list[Region]] = {}
    for region in with_place:
        by_source.setdefault(region.source_id, []).append(region)
    for source_id, of_source in by_source.items():
        if of_source[0].kind == "xmp":
            places |= _place_xmp(photo, of_source, details[source_id], detected)
        elif of_source[0].kind == "digikam":
            places |= place_digikam(photo, of_source, detected)
        else:
            for region in of_source:
                recipe = recipes.of(region)
                places[region.region_id] = _place_picasa(photo, region, recipe, detected)
    return places


def _box(region: Region) -> Box:
    assert region.box is not None
    return clip_box(region.box)


def _place_xmp(
    photo: Photo, of_source: Sequence[Region], details: Mapping[str, Any], detected: Sequence[Box]
) -> dict[int, Place | None]:
    written = tuple(XmpRegion(_box(region), region.name, "mwg") for region in of_source)
    size = details.get("applied_to")
    facts = XmpFacts(
        regions=written,
        applied_to=None if size is None else (size[0], size[1]),
        orientation=details.get("orientation"),
    )
    stored_size = photo.width_px, photo.height_px
    found = place_xmp(facts, stored_size, photo.orientation, detected)
    return {
        region.region_id: (clip_box(one.box), one.frame)
        for region, one in zip(of_source, found, strict=True)
    }


def _place_picasa(
    photo: Photo, region: Region, recipe: Recipe | None, detected: Sequence[Box]
) -> Place | None:
    """Place one of Picasa's rectangles.

    Where its numbers fit the swapped grid, by chance or because the photo was turned since, a face
    that was found where they stand as written, and none where they would be turned to, decides.
    """
    written = _box(region)
    placed = place_region(
        PicasaFace(written, region.rect, region.contact_id),
        (photo.width_px, photo.height_px),
        is_raw=suffix(os.fsencode(region.photo_name)) in RAW_SUFFIXES,
        orientation=photo.orientation,
        rotate=region.rotate,
        recipe=recipe,
    )
    if placed is None:
        return None
    is_doubtful = placed.frame == "swapped" and not _is_on_face(placed.box, detected)
    if is_doubtful and _is_on_face(written, detected):
        return written, "unknown"
    return placed.box, placed.frame


def _is_on_face(box: Box, detected: Sequence[Box]) -> bool:
    return any(is_same_place(box, face) for face in detected)


def _without_contradictions(db: Connection, placed: Sequence[PlacedRegion]) -> list[PlacedRegion]:
    """Leave out the regions that name a face otherwise than a source that is trusted more."""
    kept: list[PlacedRegion] = []
    for one in placed:
        if any(_contradict(one, other) for other in kept):
            regions.settle_region(db, one.region.region_id, "conflict", one.frame)
        else:
            kept.append(one)
    return kept


def _contradict(one: PlacedRegion, other: PlacedRegion) -> bool:
    # one source that draws two people in one place means two people
    return (
        one.region.source_id != other.region.source_id
        and one.person_id != other.person_id
        and iou(one.box, other.box) > _SAME_REGION_IOU
    )


def _match(
    db: Connection, found: Sequence[StoredFace], placed: Sequence[PlacedRegion]
) -> list[PlacedRegion]:
    """Give regions the faces they lie on, best overlap first; return those left without."""
    pairs = sorted(
        (-iou(one.box, face.box), index, face.face_id)
        for index, one in enumerate(placed)
        for face in found
        if iou(one.box, face.box) >= SAME_FACE_IOU or is_same_place(one.box, face.box)
    )
    face_of: dict[int, FaceId] = {}
    person_of: dict[FaceId, PersonId | None] = {}
    for _overlap, index, face_id in pairs:
        person_id = placed[index].person_id
        if index not in face_of and person_of.setdefault(face_id, person_id) == person_id:
            face_of[index] = face_id
    for index, face_id in face_of.items():
        settle_on_face(db, placed[index], face_id)
    return [one for index, one in enumerate(placed) if index not in face_of]


def settle_on_face(db: Connection, one: PlacedRegion, face_id: FaceId) -> None:
    """Let a region name a face, unless the user said otherwise."""
    region_id = one.region.region_id
    if one.person_id is None:
        status = "ignored" if _ignore(db, face_id, one.source) else "conflict"
        regions.settle_region(db, region_id, status, one.frame, face_id)
        return
    if not confirm(db, face_id, one.person_id, one.source):
        regions.settle_region(db, region_id, "conflict", one.frame, face_id)
        return
    status = "encoded" if faces.has_encoding(db, face_id) else "unencodable"
    regions.settle_region(db, region_id, status, one.frame, face_id)


def confirm(db: Connection, face_id: FaceId, person_id: PersonId, source: Source) -> bool:
    """Say that a source names the face; what the user said of it stands.

    Returns whether the face is that person's now.
    """
    said = faces.assignments(db, face_id)
    of_user = [a for a in said if a.source is Source.USER]
    for one in of_user:
        if one.state in {FaceState.CONFIRMED, FaceState.IGNORED}:
            return one.person_id == person_id
        if one.person_id == person_id:
            return False
    if any(a.person_id == person_id and a.state is FaceState.CONFIRMED for a in said):
        return True
    faces.set_assignments(
        db, face_id, [*of_user, Assignment(person_id, FaceState.CONFIRMED, source)]
    )
    home = people.main_cluster(db, person_id) or people.add_cluster(db, person_id)
    faces.set_cluster(db, face_id, home)
    return True


def _ignore(db: Connection, face_id: FaceId, source: Source) -> bool:
    """Put a face aside of which nobody has spoken; tell whether it is aside now."""
    said = faces.assignments(db, face_id)
    if all(a.source is Source.AUTO for a in said):
        faces.set_assignments(db, face_id, [Assignment(None, FaceState.IGNORED, source)])
        return True
    return any(a.state is FaceState.IGNORED for a in said)
