"""The questions of a review, and what makes two of them the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from facedex.db import faces, people, review_faces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.db.connection import Connection
    from facedex.types import ClusterId, FaceId, PersonId

PAGE = 30
"""Suggestions that one question shows."""

BESIDE = 12
"""Known faces that are shown beside those asked about."""

_UNKNOWN_PROBABILITY = 0.9

Kind = Literal["suggested", "same", "who"]
Token = tuple[str, int]
"""``("person", id)``, or ``("unit", key)`` of what nobody has named."""


@dataclass(frozen=True, slots=True)
class Question:
    """One item of the queue.

    Attributes
    ----------
    kind : ``suggested``, are these faces ``person_name``? ``same``, are they the same person as
        those beside? ``who``, who is this?
    face_ids : what an answer decides on.
    beside : some faces to compare with, of ``person_id`` or of ``other_cluster_id``.
    cluster_id : the unknown group that ``face_ids`` are, None for a lone face or a person's faces.
    person_id, person_name : who it may be.
    other_cluster_id : the other unknown group, of two.
    merged_id, merged_name : whose ``face_ids`` are, where two people may be one.
    probability : that the answer is yes; None for ``who``.
    worth : faces that an answer is expected to name, per click.
    """

    kind: Kind
    face_ids: tuple[FaceId, ...]
    worth: float
    beside: tuple[FaceId, ...] = ()
    cluster_id: ClusterId | None = None
    person_id: PersonId | None = None
    person_name: str | None = None
    other_cluster_id: ClusterId | None = None
    merged_id: PersonId | None = None
    merged_name: str | None = None
    probability: float | None = None


def page_of(db: Connection, person_id: PersonId) -> Question:
    """Return the question about the surest suggestions of a person, who has some."""
    page = review_faces.surest_suggestions(db, person_id, PAGE)
    worth = sum(chance_of(probability) for _face, probability in page)
    return Question(
        "suggested",
        tuple(face_id for face_id, _probability in page),
        worth,
        spread(faces.confirmed_faces(db, person_id)),
        person_id=person_id,
        person_name=people.get_person(db, person_id).name,
        probability=worth / len(page),
    )


def chance_of(probability: float | None) -> float:
    """Return how likely a suggestion is right; not every one says so."""
    return _UNKNOWN_PROBABILITY if probability is None else probability


def skip_key(question: Question) -> tuple[object, ...]:
    """Return what tells a question from others; with more faces it is another one."""
    n = len(question.face_ids)
    if question.kind == "suggested":
        return "suggested", question.person_id, n
    one = ("unit", question.cluster_id or -question.face_ids[0])
    if question.merged_id:
        one = ("person", question.merged_id)
    if question.kind == "who":
        return "who", one, n
    if question.person_id:
        return "same", frozenset((one, ("person", question.person_id))), n
    return "same", frozenset((one, ("unit", question.other_cluster_id))), n


def spread(face_ids: Sequence[FaceId]) -> tuple[FaceId, ...]:
    """Return at most ``BESIDE`` faces from all over a list."""
    step = max(1, -(-len(face_ids) // BESIDE))
    return tuple(face_ids[::step])
