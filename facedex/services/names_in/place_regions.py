"""Placing the regions of one photo: where they lie, who is right, which face they name."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from facedex.db import faces, files, photos, regions, sources
from facedex.geometry import box_to_stored, box_to_upright, coded_shape, iou
from facedex.naming.same_face import is_on_face, is_same_region, pair_best_first
from facedex.services.names_in.named_faces import ignore_face, name_face
from facedex.services.names_in.sources import registry
from facedex.types import DRAWN_ORIGINS, NoPlace, Place, Source, WithoutFace
from facedex.xmp.regions import XmpRegion
from facedex.xmp.traces import find_trace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facedex.db.connection import Connection
    from facedex.db.faces import StoredFace
    from facedex.db.photos import Photo
    from facedex.db.regions import Region
    from facedex.plugins.name_sources import RegionPlacer
    from facedex.types import Box, FaceId, FileId, PersonId, PhotoId, PhotoShape
    from facedex.xmp.traces import Traces

# what the user drew here is a face that somebody saw
_DRAWN_ELSEWHERE = DRAWN_ORIGINS - {"manual"}


@dataclass(frozen=True, slots=True)
class PlacedRegion:
    """A region and its place on its photo; ``person_id`` None is an ignored face.

    ``contradicted`` are the regions there that say otherwise and count less.
    """

    region: Region
    person_id: PersonId | None
    place: Place
    contradicted: list[PlacedRegion] = field(default_factory=list)

    @property
    def box(self) -> Box:
        """Where it lies, in the stored-pixel frame."""
        return self.place.box

    @property
    def frame(self) -> str:
        """How that was found."""
        return self.place.frame

    @property
    def source(self) -> Source:
        """Whose word it is."""
        return registry.source_of_kind(self.region.kind).source


def open_sources(db: Connection) -> dict[str, RegionPlacer]:
    """Return what places the regions of each kind of source, by kind."""
    return {
        source.kind: source.open(sources.list_sources(db, source.kind))
        for source in registry.SOURCES
    }


def place_photo(
    db: Connection,
    photo_id: PhotoId,
    placers: Mapping[str, RegionPlacer],
    own: Mapping[FileId, Sequence[Traces]],
) -> list[PlacedRegion]:
    """Confirm the faces that a photo's regions name; return the regions without a face.

    ``placers`` are :func:`open_sources`; ``own`` is what this library wrote itself, by the photo's
    file. What the user decided in facedex is never changed.
    """
    with_box: list[Region] = []
    for region in regions.regions_of_photo(db, photo_id):
        if region.kind not in placers:
            continue  # of a plugin that is not here now: what it said stays as it is
        if _is_own(region, own):
            # read again, it would bring back a name that was taken back since
            regions.settle_region(db, region.region_id, "withdrawn")
        elif region.said in {"unnamed", "suggested"}:
            regions.settle_region(db, region.region_id, region.said)
        elif region.said == "named" and region.person_id is None:
            regions.settle_region(db, region.region_id, "unnamed")  # what it says is nobody's name
        elif region.box is None:
            regions.settle_region(db, region.region_id, "unplaced")
        else:
            with_box.append(region)
    with_box.sort(key=lambda region: registry.source_of_kind(region.kind).trust)
    found = faces.faces_of_photo(db, photo_id)
    detected = [face.box for face in found if face.origin not in _DRAWN_ELSEWHERE]
    places = _place_all(db, photos.get_photo(db, photo_id), with_box, placers, detected)
    placed = []
    for region in with_box:
        place = places[region.region_id]
        if isinstance(place, NoPlace):
            _settle(db, region, "unplaced", place)
        else:
            person_id = region.person_id if region.said == "named" else None
            placed.append(PlacedRegion(region, person_id, place))
    left = _match(db, found, _without_contradictions(db, placed))
    left = [one for one in left if not _needs_no_face(db, one)]
    for one in left:
        _settle(db, one.region, "pending", one.place, one.region.face_id)
    _unlearn_boxes_left(db, photo_id, with_box, found)
    return left


def _settle(
    db: Connection,
    region: Region,
    status: str,
    place: Place | NoPlace,
    face_id: FaceId | None = None,
) -> None:
    regions.settle_region(db, region.region_id, status, place.frame, face_id, place.evidence)


def _needs_no_face(db: Connection, one: PlacedRegion) -> bool:
    """Mark a region in which no face is found and none is to be made; tell whether it is one.

    Of what was put aside there is nothing to store.
    """
    if one.person_id is not None and one.place.without_face is not WithoutFace.NAME_ONLY:
        return False
    _settle(db, one.region, "ignored" if one.person_id is None else "unplaced", one.place)
    return True


def _unlearn_boxes_left(
    db: Connection, photo_id: PhotoId, placed: Sequence[Region], found: Sequence[StoredFace]
) -> None:
    """Let nobody be recognised by a box that regions made a face of and now lie elsewhere.

    Its name stays, as it may be right, and so does whatever the user said of it.
    """
    were = {region.face_id for region in placed}
    boxes = {f.face_id for f in found if f.origin in _DRAWN_ELSEWHERE and f.face_id in were}
    if not boxes:
        return
    are = {region.face_id for region in regions.regions_of_photo(db, photo_id)}
    for face_id in boxes - are:
        if all(word.source is not Source.USER for word in faces.assignments(db, face_id)):
            faces.drop_encodings(db, face_id)


def _is_own(region: Region, own: Mapping[FileId, Sequence[Traces]]) -> bool:
    if region.box is None or region.file_id is None:
        return False
    if not registry.source_of_kind(region.kind).is_written_here:
        return False
    written = XmpRegion(region.box, region.name, "mwg")
    return any(find_trace(written, traces) is not None for traces in own.get(region.file_id, ()))


def _place_all(
    db: Connection,
    photo: Photo,
    with_box: Sequence[Region],
    placers: Mapping[str, RegionPlacer],
    detected: Sequence[Box],
) -> dict[int, Place | NoPlace]:
    """Return the place of each region, each document's placed together as its own file shows them.

    Other programs count in the picture that is coded in a file, before a decoder turns it.
    """
    turn = photo.decoder_turn
    seen = [box_to_stored(box, turn) for box in detected]
    groups: dict[tuple[int, FileId | None], list[Region]] = {}
    for region in with_box:
        groups.setdefault((region.source_id, region.file_id), []).append(region)
    places: dict[int, Place | NoPlace] = {}
    for (_source_id, file_id), group in groups.items():
        placer = placers[group[0].kind]
        found = placer.place(group, _coded_shape(db, photo, file_id), seen)
        for region, one in zip(group, found, strict=True):
            places[region.region_id] = _decoded(one, turn)
    return places


def _coded_shape(db: Connection, photo: Photo, file_id: FileId | None) -> PhotoShape:
    """Return the picture in a file: files of equal pixels may be turned differently."""
    turned = None if file_id is None else files.orientation_of(db, file_id)
    orientation = photo.orientation if turned is None else turned
    return coded_shape(photo.width_px, photo.height_px, orientation, photo.decoder_turn)


def _decoded(place: Place | NoPlace, turn: int) -> Place | NoPlace:
    """Return a place in the coded picture in the stored pixels, which a decoder has turned so."""
    if isinstance(place, NoPlace):
        return place
    return replace(place, box=box_to_upright(place.box, turn))


def _without_contradictions(db: Connection, placed: Sequence[PlacedRegion]) -> list[PlacedRegion]:
    """Leave out the regions that name a face otherwise than a source that is trusted more."""
    kept: list[PlacedRegion] = []
    for one in placed:
        stronger = next((other for other in kept if _contradict(one, other)), None)
        if stronger is not None:
            _settle(db, one.region, "conflict", one.place)
            stronger.contradicted.append(one)
        else:
            kept.append(one)
    return kept


def _contradict(one: PlacedRegion, other: PlacedRegion) -> bool:
    # one source that draws two people in one place means two people
    return (
        one.region.source_id != other.region.source_id
        and one.person_id != other.person_id
        and is_same_region(one.box, other.box)
    )


def _match(
    db: Connection, found: Sequence[StoredFace], placed: Sequence[PlacedRegion]
) -> list[PlacedRegion]:
    """Give regions the faces they lie on, best overlap first; return those left without."""
    overlaps = (
        (-iou(one.box, face.box), index, face.face_id)
        for index, one in enumerate(placed)
        for face in found
        if is_on_face(one.box, face.box)
    )
    # several regions may say the same of one face
    face_of = pair_best_first(
        overlaps, lambda first, other: placed[first].person_id == placed[other].person_id
    )
    for index, face_id in face_of.items():
        settle_on_face(db, placed[index], face_id)
    return [one for index, one in enumerate(placed) if index not in face_of]


def settle_on_face(db: Connection, one: PlacedRegion, face_id: FaceId) -> None:
    """Let a region name a face, unless the user said otherwise."""
    for other in one.contradicted:  # for the ledger, which tells who stands there
        _settle(db, other.region, "conflict", other.place, face_id)
    if one.person_id is None:
        status = "ignored" if ignore_face(db, face_id, one.source) else "conflict"
    elif not name_face(db, face_id, one.person_id, one.source):
        status = "conflict"
    else:
        status = "encoded" if faces.has_encoding(db, face_id) else "unencodable"
    _settle(db, one.region, status, one.place, face_id)


def settle_as_name(db: Connection, one: PlacedRegion) -> None:
    """Let a region's name stand for the whole photo."""
    _settle(db, one.region, "unplaced", one.place)
