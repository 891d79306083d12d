"""Carrying names over when a photo was edited in place: cropped, brightened, turned without loss.

Its image data are new, so it is another photo; but the owner named the people in it, and no name
may be lost by that. What is to be carried is a query, so it does not matter when and how a photo's
faces came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db import faces, photos
from facedex.db.connection import transaction
from facedex.geometry import iou
from facedex.matching.metric import stored_distance
from facedex.naming.same_face import is_unmoved, pair_best_first

if TYPE_CHECKING:
    from facedex.db.connection import Connection
    from facedex.db.faces import StoredFace
    from facedex.db.photos import Replaced
    from facedex.naming.encoder import EncoderFacts
    from facedex.types import FaceId, PhotoId

_BATCH_PHOTOS = 64


def carry_over(db: Connection, model_id: str, encoder: EncoderFacts | None) -> None:
    """Give the photos of edited files what people said of the same faces before.

    To be called when no file waits to be read: only then it is known which photos no file holds any
    more. What finds no face stays with the old photo, until a file that held it shows that face
    again. ``encoder`` is what is true of the model; where nobody knows that, places alone decide.
    """
    replaced = photos.replaced_photos(db, model_id)
    for start in range(0, len(replaced), _BATCH_PHOTOS):
        with transaction(db):
            for one in replaced[start : start + _BATCH_PHOTOS]:
                _carry_faces(db, one, model_id, encoder)


def _carry_faces(
    db: Connection, one: Replaced, model_id: str, encoder: EncoderFacts | None
) -> None:
    """Let faces go from a photo to the one in its place.

    The same face is the nearest encoding; else, while the two are compared for the first time, the
    same place, unless the encodings are of two people.
    """
    said = [face for face in faces.faces_of_photo(db, one.photo_id) if face.is_settled]
    free = [face for face in faces.faces_of_photo(db, one.now) if not face.is_settled]
    distances = {} if encoder is None else _distances(db, said, free, model_id)
    pairs = pair_best_first(
        (distance, *pair)
        for pair, distance in distances.items()
        if encoder is not None and encoder.is_same_face(distance)
    )
    if not one.is_compared and _is_same_shape(db, one.photo_id, one.now):
        ruled_out = {
            pair
            for pair, distance in distances.items()
            if encoder is not None and not encoder.may_be_same_face(distance)
        }
        pairs |= _by_place(
            [face for face in said if face.face_id not in pairs],
            [face for face in free if face.face_id not in pairs.values()],
            ruled_out,
        )
    for old_id, new_id in pairs.items():
        faces.become(db, old_id, new_id)
    if pairs:  # the old photo lacks these faces now
        photos.forget_analysis(db, one.photo_id)
    photos.set_compared(db, one)


def _distances(
    db: Connection, said: list[StoredFace], free: list[StoredFace], model_id: str
) -> dict[tuple[FaceId, FaceId], float]:
    before = {f.face_id: faces.find_encoding(db, f.face_id, model_id) for f in said}
    after = {f.face_id: faces.find_encoding(db, f.face_id, model_id) for f in free}
    return {
        (old_id, new_id): stored_distance(a, b)
        for old_id, a in before.items()
        for new_id, b in after.items()
        if a is not None and b is not None
    }


def _by_place(
    said: list[StoredFace], free: list[StoredFace], ruled_out: set[tuple[FaceId, FaceId]]
) -> dict[FaceId, FaceId]:
    return pair_best_first(
        (-iou(a.box, b.box), a.face_id, b.face_id)
        for a in said
        for b in free
        if is_unmoved(a.box, b.box) and (a.face_id, b.face_id) not in ruled_out
    )


def _is_same_shape(db: Connection, a: PhotoId, b: PhotoId) -> bool:
    one, other = photos.get_photo(db, a), photos.get_photo(db, b)
    ratio = (one.width_px * other.height_px) / (one.height_px * other.width_px)
    return abs(ratio - 1) < 0.01 and one.orientation == other.orientation
