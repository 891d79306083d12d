"""Giving a face the name that another program gave it; what the user said of it stands."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from facedex.db import faces, people
from facedex.naming import words
from facedex.services.decisions.face_words import apply_rule

if TYPE_CHECKING:
    from facedex.db.connection import Connection
    from facedex.types import FaceId, PersonId, Source


def name_face(db: Connection, face_id: FaceId, person_id: PersonId, source: Source) -> bool:
    """Confirm a face as the person whom a source names; tell whether it is that person's now."""
    before = faces.assignments(db, face_id)
    rule = partial(words.name_from, person_id=person_id, source=source)
    after = apply_rule(db, face_id, rule)
    if after != before:
        home = people.main_cluster(db, person_id) or people.add_cluster(db, person_id)
        faces.set_cluster(db, face_id, home)
    return words.confirmed(after) == person_id


def ignore_face(db: Connection, face_id: FaceId, source: Source) -> bool:
    """Put a face aside of which nobody has said anything; tell whether it is aside now."""
    return words.is_ignored(apply_rule(db, face_id, partial(words.ignore_from, source=source)))
