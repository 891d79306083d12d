"""Changing the words about a face: read them, apply a rule of ``naming/words.py``, write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db import faces
from facedex.naming.words import confirmed, lasting

if TYPE_CHECKING:
    from collections.abc import Callable

    from facedex.db.connection import Connection
    from facedex.naming.words import Words
    from facedex.types import FaceId


def apply_rule(db: Connection, face_id: FaceId, rule: Callable[[Words], Words]) -> Words:
    """Give a face the words that a rule makes of its own; return these. Inside a transaction.

    A face that is its person's no more leaves that person's cluster.
    """
    before = faces.assignments(db, face_id)
    after = rule(before)
    if after != before:
        faces.set_assignments(db, face_id, after)
        if confirmed(before) is not None and confirmed(after) is None:
            faces.set_cluster(db, face_id, None)
    return after


def copy_to_twin(db: Connection, face_id: FaceId, twin: FaceId) -> None:
    """Give the same face on a companion the words of a face but suggestions, and its cluster."""
    shared = lasting(faces.assignments(db, face_id))
    if set(shared) != set(lasting(faces.assignments(db, twin))):
        faces.set_assignments(db, twin, shared)
    faces.set_cluster(db, twin, faces.cluster_of(db, face_id))
