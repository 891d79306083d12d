"""How a mixed cluster falls into parts, by the distances between its faces alone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from facedex.db import faces
from facedex.db.library import get_meta
from facedex.matching.parts import nearest_to_mean, part_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.db.connection import Connection
    from facedex.types import FaceId


def find_parts(
    db: Connection, face_ids: Sequence[FaceId], n_parts: int | None = None
) -> list[list[FaceId]]:
    """Return the parts that faces fall into by average linkage, the largest first.

    Parameters
    ----------
    n_parts : how many; None: what :func:`facedex.matching.parts.part_labels` finds.

    Returns
    -------
    Lists that hold every face once, in the order given; those without encoding are with the largest
    part. One list where there is nothing to tell apart.
    """
    encoded, vectors = faces.vectors_of(db, face_ids, get_meta(db, "model") or "")
    if len(encoded) < 2:
        return [list(face_ids)]
    labels = dict(zip(encoded, part_labels(vectors, n_parts).tolist(), strict=True))
    sizes = Counter(labels.values())
    order = sorted(sizes, key=lambda label: (-sizes[label], label))
    parts: dict[int, list[FaceId]] = {label: [] for label in order}
    for face_id in face_ids:
        parts[labels.get(face_id, order[0])].append(face_id)
    return list(parts.values())


def middle_face(db: Connection, face_ids: Sequence[FaceId]) -> FaceId:
    """Return the face nearest to the mean of all: it stands for them."""
    encoded, vectors = faces.vectors_of(db, face_ids, get_meta(db, "model") or "")
    if not encoded:
        return min(face_ids)
    return encoded[nearest_to_mean(vectors)]
