"""Carrying names over when a photo was edited in place: cropped, brightened, turned without loss.

Its image data are new, so it is another photo; but the owner named the people in it, and no name may be
lost by that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facedex.db import faces, photos
from facedex.geometry import iou

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facedex.db.connection import Connection
    from facedex.db.faces import StoredFace
    from facedex.types import FaceId, PhotoId

# one face before and after an edit; siblings on one photo are farther apart than this
SAME_FACE_DISTANCE = 0.35
_SAME_PLACE_IOU = 0.5


def carry_over(db: Connection, edited: PhotoId, now: PhotoId, model_id: str) -> None:
    """Give the faces of ``now`` what people said of the same faces of ``edited``; in a transaction.

    ``edited`` is a photo that no file holds any more. The same face is the nearest encoding, else, where
    there is none, the same place. What finds no face stays with the old photo.
    """
    said = [face for face in faces.faces_of_photo(db, edited) if face.is_settled]
    free = [face for face in faces.faces_of_photo(db, now) if not face.is_settled]
    if not said or not free:
        return
    pairs = _by_encoding(db, said, free, model_id)
    if _is_same_shape(db, edited, now):
        pairs |= _by_place(
            [face for face in said if face.face_id not in pairs],
            [face for face in free if face.face_id not in pairs.values()],
        )
    for old_id, new_id in pairs.items():
        faces.become(db, old_id, new_id)


def _by_encoding(
    db: Connection, said: list[StoredFace], free: list[StoredFace], model_id: str
) -> dict[FaceId, FaceId]:
    before = {f.face_id: faces.find_encoding(db, f.face_id, model_id) for f in said}
    after = {f.face_id: faces.find_encoding(db, f.face_id, model_id) for f in free}
    near = sorted(
        (float(np.linalg.norm(a - b)), old_id, new_id)
        for old_id, a in before.items()
        for new_id, b in after.items()
        if a is not None and b is not None
    )
    return one_to_one(entry for entry in near if entry[0] <= SAME_FACE_DISTANCE)


def _by_place(said: list[StoredFace], free: list[StoredFace]) -> dict[FaceId, FaceId]:
    overlaps = sorted((-iou(a.box, b.box), a.face_id, b.face_id) for a in said for b in free)
    return one_to_one(entry for entry in overlaps if -entry[0] >= _SAME_PLACE_IOU)


def one_to_one(ranked: Iterable[tuple[float, FaceId, FaceId]]) -> dict[FaceId, FaceId]:
    """Return pairs, the first of ``ranked`` first, in which no face comes twice."""
    pairs: dict[FaceId, FaceId] = {}
    for _rank, old_id, new_id in ranked:
        if old_id not in pairs and new_id not in pairs.values():
            pairs[old_id] = new_id
    return pairs


def _is_same_shape(db: Connection, a: PhotoId, b: PhotoId) -> bool:
    one, other = photos.get_photo(db, a), photos.get_photo(db, b)
    ratio = (one.width_px * other.height_px) / (one.height_px * other.width_px)
    return abs(ratio - 1) < 0.01 and one.orientation == other.orientation
