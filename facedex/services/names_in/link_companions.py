"""Companions: a RAW and the picture beside it show the same moment, and so the same people.

Who a face is holds for the same face on the companion. Both have the name, so either file may go;
one of them, the lead, is shown, counted and matched. See docs/decisions/009-raw-companions.md.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from facedex.db import companions, faces, photos
from facedex.db.connection import transaction
from facedex.geometry import box_to_upright, iou, upright_size
from facedex.imaging.formats import RAW, stem
from facedex.matching.metric import stored_distance
from facedex.naming import words
from facedex.naming.same_face import is_one_face, pair_best_first
from facedex.services.recognising.encoder_facts import find_facts

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from facedex.db.companions import HeldPhoto
    from facedex.db.connection import Connection
    from facedex.naming.encoder import EncoderFacts
    from facedex.types import Box, FaceId, PhotoId

_BATCH_PHOTOS = 64
_CLOCK_S = 2  # a RAW and its JPEG may be stamped a second apart
_ZONE_STEP_S = 900  # one of the two may lack its time zone: zones differ by quarters of an hour
_ZONES_S = 26 * 3600
_SAME_SIZE = 0.03
_CAMERA_FORMATS = {"JPEG", "MPO", "HEIF"}  # what cameras write beside a RAW


def link_companions(db: Connection, model_id: str, should_stop: Callable[[], bool]) -> None:
    """Find companions by their names, pair their faces, and give both the words of either.

    Only photos whose faces have changed since are compared. It can be stopped at any moment.
    """
    with transaction(db):
        companions.set_companions(db, _find_leads(db))
    encoder = find_facts(db, model_id)
    after = 0
    while (todo := companions.unpaired_after(db, after, _BATCH_PHOTOS)) and not should_stop():
        with transaction(db):
            for photo_id, lead_id in todo:
                _pair_faces(db, photo_id, lead_id, model_id, encoder)
                companions.set_paired(db, photo_id)
        after = todo[-1][0]
    with transaction(db):
        for face_id, lead_face in companions.disagreeing_twins(db):
            if not _agree(db, face_id, lead_face):
                companions.drop_twin(db, face_id)


# ---- photos


def _find_leads(db: Connection) -> dict[PhotoId, PhotoId]:
    """Return companion -> lead, for every photo that has one beside it."""
    if not companions.has_photo_of(db, RAW):
        return {}
    beside: dict[tuple[int, bytes, bytes], list[HeldPhoto]] = defaultdict(list)
    there: set[PhotoId] = set()
    for held in companions.iter_held(db):
        folder = held.relpath[: held.relpath.rfind(b"/") + 1]
        beside[held.root_id, folder, stem(held.relpath)].append(held)
        if held.is_there:
            there.add(held.photo_id)
    rank = partial(_rank, there)
    lead_of: dict[PhotoId, HeldPhoto] = {}
    for group in beside.values():
        moment = _one_moment(group, rank)
        lead = min(moment, key=rank, default=None)
        for other in moment:
            if lead is not None and other.photo_id != lead.photo_id:
                known = lead_of.get(other.photo_id, lead)
                lead_of[other.photo_id] = min(known, lead, key=rank)
    return {photo_id: _first_lead(lead_of, photo_id) for photo_id in lead_of}


def _rank(there: set[PhotoId], held: HeldPhoto) -> tuple[bool, bool, bool, int]:
    """Return what makes a photo the lead, smallest first: it is there, finished, a camera's own."""
    is_there = held.photo_id in there
    return not is_there, held.format == RAW, held.format not in _CAMERA_FORMATS, held.photo_id


def _one_moment(
    group: list[HeldPhoto], rank: Callable[[HeldPhoto], tuple[bool, bool, bool, int]]
) -> list[HeldPhoto]:
    """Return the RAW photos of those of one name, and the best finished picture of their moment."""
    first = next((held for held in group if held.format == RAW), None)
    if first is None:
        return []
    same = [held for held in group if _is_same_moment(held, first)]
    finished = sorted((held for held in same if held.format != RAW), key=rank)
    return [*(held for held in same if held.format == RAW), *finished[:1]]


def _is_same_moment(a: HeldPhoto, b: HeldPhoto) -> bool:
    """Tell whether the clocks agree: cameras begin their numbers anew, and names come again."""
    if a.taken_us is None or b.taken_us is None:
        return True
    apart_s = abs(a.taken_us - b.taken_us) / 1e6
    off_s = (apart_s + _CLOCK_S) % _ZONE_STEP_S
    return apart_s <= _ZONES_S + _CLOCK_S and off_s <= 2 * _CLOCK_S


def _first_lead(lead_of: dict[PhotoId, HeldPhoto], photo_id: PhotoId) -> PhotoId:
    """Return the lead that follows no other; each has a lower rank, so there is an end."""
    while photo_id in lead_of:
        photo_id = lead_of[photo_id].photo_id
    return photo_id


# ---- faces


@dataclass(frozen=True, slots=True)
class _Face:
    face_id: FaceId
    box: Box  # upright
    encoding: NDArray[np.float32] | None


def _pair_faces(
    db: Connection,
    photo_id: PhotoId,
    lead_id: PhotoId,
    model_id: str,
    encoder: EncoderFacts | None,
) -> None:
    companions.drop_twins(db, photo_id)
    mine, leads = (_faces(db, each, model_id) for each in (photo_id, lead_id))
    is_same_frame = _is_same_size(db, photo_id, lead_id)
    ranked = (
        rank
        for a in mine
        for b in leads
        if (rank := _likeness(a, b, encoder, is_same_frame=is_same_frame)) is not None
    )
    for face_id, lead_face in pair_best_first(ranked).items():
        if _agree(db, face_id, lead_face):
            companions.add_twin(db, face_id, lead_face)


def _faces(db: Connection, photo_id: PhotoId, model_id: str) -> list[_Face]:
    orientation = photos.get_photo(db, photo_id).orientation
    return [
        _Face(
            face.face_id,
            box_to_upright(face.box, orientation),
            faces.find_encoding(db, face.face_id, model_id),
        )
        for face in faces.faces_of_photo(db, photo_id)
    ]


def _is_same_size(db: Connection, a: PhotoId, b: PhotoId) -> bool:
    """Tell whether two photos are upright pictures of one size, so that places can be compared.

    A picture that was cropped, even to the same shape, has fewer pixels.
    """
    sizes = [
        upright_size(photo.width_px, photo.height_px, photo.orientation)
        for photo in (photos.get_photo(db, a), photos.get_photo(db, b))
    ]
    return all(abs(one / other - 1) < _SAME_SIZE for one, other in zip(*sizes, strict=True))


def _likeness(
    a: _Face, b: _Face, encoder: EncoderFacts | None, *, is_same_frame: bool
) -> tuple[float, FaceId, FaceId] | None:
    """Return how to rank a pair, smaller first; None if these are not the same face.

    In the same place on pictures of one size, only a face that cannot be the same is refused. Where
    nobody knows what a distance means, places alone decide.
    """
    overlap = iou(a.box, b.box) if is_same_frame else 0.0
    is_in_place = is_same_frame and is_one_face(a.box, b.box)
    if encoder is None or a.encoding is None or b.encoding is None:
        return (-overlap, a.face_id, b.face_id) if is_in_place else None
    distance = stored_distance(a.encoding, b.encoding)
    is_near = encoder.may_be_same_face if is_in_place else encoder.is_same_face
    if not is_near(distance):
        return None
    return distance / encoder.other_face - overlap, a.face_id, b.face_id


def _agree(db: Connection, face_id: FaceId, lead_id: FaceId) -> bool:
    """Give both faces the words of either; False, and nothing changes, if they contradict."""
    own, of_lead = faces.assignments(db, face_id), faces.assignments(db, lead_id)
    both = words.union(of_lead, own)
    if both is None:
        return False
    # the cluster of a person, where one of the two is in one; else a group of unknown faces
    is_lead_first = words.confirmed(of_lead) is not None or words.confirmed(both) is None
    first, second = (lead_id, face_id) if is_lead_first else (face_id, lead_id)
    cluster = faces.cluster_of(db, first) or faces.cluster_of(db, second)
    for each, before in ((lead_id, of_lead), (face_id, own)):
        if set(words.lasting(before)) != set(both):
            faces.set_assignments(db, each, both)
        faces.set_cluster(db, each, cluster)
    return True
