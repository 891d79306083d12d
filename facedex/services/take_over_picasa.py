"""Taking over what the owner told Picasa: every named rectangle becomes a confirmed face."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facedex.db import cache, faces, files, people, photos, regions
from facedex.db.connection import transaction
from facedex.db.faces import Assignment, NewFace
from facedex.geometry import clip_box, iou
from facedex.imaging.formats import RAW_SUFFIXES, suffix
from facedex.paths import display_path, join
from facedex.picasa.frames import place_region
from facedex.picasa.ini import is_unnamed_contact
from facedex.picasa.names import (
    ContactBook,
    FilenameIndex,
)
from facedex.pipeline.messages import EncodeJob, EncodeResult
from facedex.pipeline.store import SAME_FACE_IOU, is_same_place
from facedex.pipeline.supervisor import Task
from facedex.services.picasa_files import ContactPeople, contact_book, library_inis, read_inis
from facedex.types import FaceState, PicasaFace, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from facedex.db.connection import Connection
    from facedex.db.faces import StoredFace
    from facedex.db.files import FileRef
    from facedex.db.regions import Region
    from facedex.pipeline.store import Store
    from facedex.pipeline.supervisor import Pool
    from facedex.types import Box, FaceId, PersonId, PhotoId, RootId


def take_over_picasa(
    store: Store, pool: Pool, contacts_xml: Path | None, should_stop: Callable[[], bool]
) -> None:
    """Read the Picasa inis that changed and give every named rectangle its face.

    A rectangle is matched to a face that was found there, else encoded inside itself, else kept as
    a named box without encoding. What the user decided in facedex is never changed. Doing it again
    changes nothing.

    Raises
    ------
    UsageError
        If ``contacts_xml`` cannot be read.
    """
    db = store.db
    inis = library_inis(db)
    if not inis:
        return
    read_inis(db, inis, store.sink)
    book = contact_book(db, inis, contacts_xml)
    with transaction(db):
        _link_to_photos(db)
        unplaced = _name_and_match(db, book)
    _encode_rest(store, pool, unplaced, should_stop)


def _link_to_photos(db: Connection) -> None:
    """Find the file and photo of every rectangle, by Picasa's rules for names."""
    by_folder: dict[tuple[RootId, bytes], list[Region]] = defaultdict(list)
    for region in regions.list_regions(db):
        by_folder[region.root_id, region.folder].append(region)
    for (root_id, folder), in_folder in by_folder.items():
        present = {
            name: (file_id, photo_id)
            for file_id, name, photo_id in files.find_in_folder(db, root_id, folder)
        }
        index = FilenameIndex(list(present))
        for region in in_folder:
            name = index.find(region.filename)
            if name is None:
                # a photo that has gone since keeps its face; one never seen is an orphan
                if region.photo_id is None:
                    regions.settle_region(db, region.region_id, "orphaned")
                continue
            file_id, photo_id = present[name]
            if photo_id != region.photo_id or region.status == "orphaned":
                regions.link_region(db, region.region_id, file_id, photo_id)


def _name_and_match(db: Connection, book: ContactBook) -> dict[PhotoId, list[_Named]]:
    """Confirm the faces that rectangles name; return the rectangles without a face, by photo."""
    roots = {root.root_id: root.path for root in files.list_roots(db)}
    persons = ContactPeople(db, book)
    by_photo: dict[PhotoId, list[_Named]] = defaultdict(list)
    for region in regions.list_regions(db):
        if is_unnamed_contact(region.contact_id):
            regions.settle_region(db, region.region_id, "unnamed")
            continue
        person_id = persons.of(join(roots[region.root_id], region.folder), region.contact_id)
        if region.photo_id is None:
            status = region.status if region.status == "orphaned" else "unencodable"
            regions.settle_region(db, region.region_id, status, None, person_id)
            continue
        named = _place(db, region.photo_id, region, person_id)
        by_photo[region.photo_id].append(named)
    unplaced = {
        photo_id: left
        for photo_id, on_photo in by_photo.items()
        if (left := _match_photo(db, photo_id, on_photo))
    }
    people.drop_spent_placeholders(db)
    return unplaced


@dataclass(frozen=True, slots=True)
class _Named:
    """A rectangle that names somebody, in the stored-pixel frame of its photo."""

    region: Region
    person_id: PersonId
    box: Box
    frame: str


def _place(db: Connection, photo_id: PhotoId, region: Region, person_id: PersonId) -> _Named:
    """Place a rectangle in the stored pixels.

    Where its numbers fit the swapped grid, by chance or because the photo was turned since, a face
    that was found where they stand as written, and none where they would be turned to, decides.
    """
    photo = photos.get_photo(db, photo_id)
    placed = place_region(
        PicasaFace(region.box, region.rect_hex, region.contact_id),
        (photo.width_px, photo.height_px),
        is_raw=suffix(os.fsencode(region.filename)) in RAW_SUFFIXES,
        orientation=photo.orientation,
        rotate=region.rotate,
    )
    written = clip_box(region.box)
    is_doubtful = placed.frame == "swapped" and not _is_on_face(db, photo_id, placed.box)
    if is_doubtful and _is_on_face(db, photo_id, written):
        return _Named(region, person_id, written, "unknown")
    return _Named(region, person_id, placed.box, placed.frame)


def _is_on_face(db: Connection, photo_id: PhotoId, box: Box) -> bool:
    return any(is_same_place(box, face.box) for face in faces.faces_of_photo(db, photo_id))


def _match_photo(
    db: Connection,
    photo_id: PhotoId,
    named: Sequence[_Named],
) -> list[_Named]:
    """Give rectangles the faces they lie on, best overlap first; return those left without."""
    there = faces.faces_of_photo(db, photo_id)
    pairs = sorted(
        (-iou(one.box, face.box), index, face.face_id)
        for index, one in enumerate(named)
        for face in there
        if iou(one.box, face.box) >= SAME_FACE_IOU or is_same_place(one.box, face.box)
    )
    face_of: dict[int, FaceId] = {}
    person_of: dict[FaceId, PersonId] = {}
    for _overlap, index, face_id in pairs:
        person_id = named[index].person_id
        if index not in face_of and person_of.setdefault(face_id, person_id) == person_id:
            face_of[index] = face_id
    for index, face_id in face_of.items():
        _settle(db, named[index], face_id)
    return [one for index, one in enumerate(named) if index not in face_of]


def _settle(db: Connection, named: _Named, face_id: FaceId) -> None:
    confirm_from_picasa(db, face_id, named.person_id)
    status = "encoded" if faces.has_encoding(db, face_id) else "unencodable"
    region_id = named.region.region_id
    regions.settle_region(db, region_id, status, named.frame, named.person_id, face_id)


def confirm_from_picasa(db: Connection, face_id: FaceId, person_id: PersonId) -> None:
    """Say that Picasa names the face; what the user said of it in facedex stands."""
    said = faces.assignments(db, face_id)
    if any(
        a.source is Source.USER
        and (a.person_id == person_id or a.state in {FaceState.CONFIRMED, FaceState.IGNORED})
        for a in said
    ):
        return
    mine = Assignment(person_id, FaceState.CONFIRMED, Source.PICASA)
    if mine in said:
        return
    kept = [a for a in said if a.source is Source.USER]
    faces.set_assignments(db, face_id, [*kept, mine])
    home = people.main_cluster(db, person_id) or people.add_cluster(db, person_id)
    faces.set_cluster(db, face_id, home)


def _encode_rest(
    store: Store,
    pool: Pool,
    unplaced: Mapping[PhotoId, Sequence[_Named]],
    should_stop: Callable[[], bool],
) -> None:
    """Encode the rectangles in which no face was found, and keep each as a named face."""
    if not unplaced:
        return
    store.sink.started("Encoding faces named in Picasa", len(unplaced))

    def tasks() -> Iterator[Task[tuple[PhotoId, FileRef]]]:
        for photo_id, entries in unplaced.items():
            file = files.file_of_photo(store.db, photo_id)
            if file is not None:
                boxes = tuple(one.box for one in entries)
                yield Task((photo_id, file), EncodeJob(file.path, boxes), file.attempts)

    def died(item: tuple[PhotoId, FileRef]) -> None:
        files.count_attempt(store.db, item[1].file_id)

    for task, result in pool.run(tasks(), lambda _image: True, died, should_stop):
        assert isinstance(result, EncodeResult)
        photo_id, file = task.item
        with transaction(store.db):
            thumbnails = _keep_regions(store, photo_id, unplaced[photo_id], result)
        cache.save_thumbnails(store.cache, thumbnails)
        store.sink.advanced(1, display_path(file.path), len(unplaced[photo_id]))
    store.sink.finished()


def _keep_regions(
    store: Store,
    photo_id: PhotoId,
    entries: Sequence[_Named],
    result: EncodeResult,
) -> list[tuple[str, bytes]]:
    db = store.db
    for one, found in zip(entries, result.faces, strict=True):
        if one.box.area <= 0:
            region_id = one.region.region_id
            regions.settle_region(db, region_id, "unencodable", one.frame, one.person_id)
            continue
        new = NewFace(one.box, "picasa")
        if found is not None:
            new = NewFace(one.box, "picasa", None, found.landmarks, found.encoding, found.quality)
        same = _same_named(faces.faces_of_photo(db, photo_id), one.box, one.person_id, db)
        face_id = same or faces.add_face(db, photo_id, new, store.engine_id, store.model_id)
        _settle(db, one, face_id)
    uuid_of = {face.box: face.uuid for face in faces.faces_of_photo(db, photo_id)}
    return [
        (uuid_of[one.box], jpeg)
        for one, jpeg in zip(entries, result.thumbnails, strict=False)
        if one.box in uuid_of
    ]


def _same_named(
    there: Sequence[StoredFace], box: Box, person_id: PersonId, db: Connection
) -> FaceId | None:
    """Return the face that another ini's rectangle already gave this person here, or None."""
    for face in there:
        if iou(face.box, box) > 0.5 and any(
            a.person_id == person_id and a.state is FaceState.CONFIRMED
            for a in faces.assignments(db, face.face_id)
        ):
            return face.face_id
    return None
