"""Taking over who is named elsewhere: every named region becomes a confirmed face."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db import cache, exports, faces, files, people, regions
from facedex.db.connection import transaction
from facedex.db.faces import NewFace
from facedex.naming.same_face import is_same_region
from facedex.naming.words import confirmed
from facedex.paths import join
from facedex.pipeline.messages import EncodeJob, EncodeResult
from facedex.pipeline.scan_run import run_jobs
from facedex.services.names_in.link_regions import link_regions
from facedex.services.names_in.named_people import NamedPeople
from facedex.services.names_in.picasa_files import contact_book, read_contacts
from facedex.services.names_in.place_regions import (
    open_sources,
    place_photo,
    settle_as_name,
    settle_on_face,
)
from facedex.services.names_in.read_documents import read_documents
from facedex.services.names_in.turn_photos import turn_photos
from facedex.types import POOR_QUALITY, WithoutFace
from facedex.xmp.traces import from_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from facedex.db.connection import Connection
    from facedex.db.faces import StoredFace
    from facedex.db.files import FileRef
    from facedex.pipeline.messages import FoundFace
    from facedex.pipeline.scan_run import ScanRun
    from facedex.progress import ProgressSink
    from facedex.services.names_in.place_regions import PlacedRegion
    from facedex.types import Box, FaceId, PersonId, PhotoId

    _Settle = Callable[[PhotoId], list[PlacedRegion]]

_BATCH_PHOTOS = 64


def read_elsewhere(db: Connection, contacts_xml: Path | None, sink: ProgressSink) -> None:
    """Read what changed in the documents beside photos, and turn photos as they say.

    What photos' own XMP says was read with the photos.

    Raises
    ------
    UsageError
        If ``contacts_xml`` cannot be read.
    """
    if contacts_xml is not None:
        read_contacts(db, contacts_xml)
    read_documents(db, sink)
    with transaction(db):
        turn_photos(db, link_regions(db))


def take_over_names(run: ScanRun) -> None:
    """Give every named region its face.

    A region is matched to a face that was found there, else encoded inside itself, else kept as a
    named box without encoding. What the user decided in facedex is never changed. Doing it again
    changes nothing.
    """
    encode_faceless(run, settle_in_batches(run.db, run.should_stop))


def settle_in_batches(
    db: Connection, should_stop: Callable[[], bool]
) -> dict[PhotoId, list[PlacedRegion]]:
    """Do as :func:`settle_regions` does, in short transactions: the window decides beside.

    What is left when it is stopped waits for the next scan.
    """
    with transaction(db):
        settle, waiting = _begin(db)
    faceless: dict[PhotoId, list[PlacedRegion]] = {}
    for start in range(0, len(waiting), _BATCH_PHOTOS):
        if should_stop():
            break
        with transaction(db):
            faceless |= _settle_all(settle, waiting[start : start + _BATCH_PHOTOS])
    with transaction(db):
        people.drop_spent_placeholders(db)
    return faceless


def settle_regions(db: Connection) -> dict[PhotoId, list[PlacedRegion]]:
    """Find photo, person and face of every region; return those without a face, by photo.

    In a transaction. Photos whose regions are settled, and which were not searched since, are left
    alone.
    """
    faceless = _settle_all(*_begin(db))
    people.drop_spent_placeholders(db)
    return faceless


def _begin(db: Connection) -> tuple[_Settle, list[PhotoId]]:
    """Say which photo and whom each region means.

    Return what settles a photo, and which photos wait.
    """
    link_regions(db)
    _name_regions(db)
    regions.settle_without_photo(db)
    placers = open_sources(db)
    own = {
        file_id: [from_json(one.traces) for one in written.values()]
        for file_id, written in exports.exported(db).items()
    }

    def settle(photo_id: PhotoId) -> list[PlacedRegion]:
        return place_photo(db, photo_id, placers, own)

    return settle, regions.photos_to_settle(db)


def _settle_all(settle: _Settle, photo_ids: Iterable[PhotoId]) -> dict[PhotoId, list[PlacedRegion]]:
    return {photo_id: left for photo_id in photo_ids if (left := settle(photo_id))}


def _name_regions(db: Connection) -> None:
    roots = {root.root_id: root.path for root in files.list_roots(db)}
    persons = NamedPeople(db, contact_book(db))
    for region in regions.list_regions(db):
        if region.said != "named":
            continue
        folder = b"" if region.root_id is None else join(roots[region.root_id], region.folder)
        person_id = persons.of(region, folder)
        if person_id != region.person_id:
            regions.name_region(db, region.region_id, person_id)


def encode_faceless(run: ScanRun, faceless: Mapping[PhotoId, Sequence[PlacedRegion]]) -> None:
    """Encode the regions in which no face was found, and keep each as a named face."""
    if not faceless:
        return
    title, work = "Encoding faces named elsewhere", _jobs(run.db, faceless)
    for photo_id, _file, result in run_jobs(run, title, len(faceless), work, EncodeResult):
        with transaction(run.db):
            thumbnails = _keep_regions(run, photo_id, faceless[photo_id], result)
        cache.save_thumbnails(run.cache, thumbnails)


def _jobs(
    db: Connection, faceless: Mapping[PhotoId, Sequence[PlacedRegion]]
) -> Iterator[tuple[PhotoId, FileRef, EncodeJob]]:
    for photo_id, entries in faceless.items():
        file = files.file_of_photo(db, photo_id)
        if file is not None:
            yield photo_id, file, EncodeJob(file.path, tuple(one.box for one in entries), file.turn)


def _keep_regions(
    run: ScanRun,
    photo_id: PhotoId,
    entries: Sequence[PlacedRegion],
    result: EncodeResult,
) -> list[tuple[str, bytes]]:
    db = run.db
    for one, found in zip(entries, result.faces, strict=True):
        assert one.person_id is not None  # only named regions are kept
        if one.box.area <= 0:
            regions.settle_region(db, one.region.region_id, "unencodable", one.frame)
            continue
        if one.place.without_face is WithoutFace.DRAW_IF_SEEN and not _is_seen(found):
            settle_as_name(db, one)
            continue
        new = NewFace(one.box, one.source)
        found = run.usable(found)
        if found is not None:
            new = NewFace(one.box, one.source, None, found.landmarks, found.encoding, found.quality)
        same = _same_named(faces.faces_of_photo(db, photo_id), one.box, one.person_id, db)
        face_id = same or faces.add_face(db, photo_id, new, run.engine_id, run.model_id)
        settle_on_face(db, one, face_id)
    uuid_of = {face.box: face.uuid for face in faces.faces_of_photo(db, photo_id)}
    return [
        (uuid_of[one.box], jpeg)
        for one, jpeg in zip(entries, result.thumbnails, strict=False)
        if one.box in uuid_of
    ]


def _is_seen(found: FoundFace | None) -> bool:
    return found is not None and (found.quality is None or found.quality >= POOR_QUALITY)


def _same_named(
    there: Sequence[StoredFace], box: Box, person_id: PersonId, db: Connection
) -> FaceId | None:
    """Return the face that another region already gave this person here, or None."""
    for face in there:
        is_theirs = confirmed(faces.assignments(db, face.face_id)) == person_id
        if is_theirs and is_same_region(face.box, box):
            return face.face_id
    return None
