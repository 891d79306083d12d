"""What a decision changed, for whoever shows the library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facedex.db import faces, people
from facedex.services.decisions.steps import find_face

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from facedex.db.connection import Connection
    from facedex.db.decisions import Step
    from facedex.types import ClusterId, FaceId, PersonId


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision, undo or redo; false where it changed nothing.

    Attributes
    ----------
    summary : what was done, in words to show: ``Named 3 faces Ada``.
    faces : the faces of which something else is said now, or that are in another cluster.
    people : those who changed themselves, and those of whom something is said of one of the faces.
    groups : the clusters whose faces or whose person changed; some of them may be gone.
    """

    summary: str = ""
    faces: tuple[FaceId, ...] = ()
    people: tuple[PersonId, ...] = ()
    groups: tuple[ClusterId, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.summary)

    def joined(self, other: Decided) -> Decided:
        """Return what both changed, with the words of the later one, ``other``."""
        return Decided(
            other.summary or self.summary,
            tuple(dict.fromkeys((*self.faces, *other.faces))),
            tuple(dict.fromkeys((*self.people, *other.people))),
            tuple(dict.fromkeys((*self.groups, *other.groups))),
        )


NOTHING = Decided()


def make_decided(
    db: Connection, summary: str, face_ids: Sequence[FaceId], steps: Iterable[Step]
) -> Decided:
    """Return what the steps of an entry of the journal changed, back or forth."""
    known: dict[str, PersonId] = {}  # the ids of people who may be gone
    person_uuids: set[str | None] = set()
    groups: set[ClusterId | None] = set()
    for step in steps:
        states = [state for state in (step["before"], step["after"]) if state]
        if "face" in step:
            person_uuids.update(word[0] for state in states for word in state["said"])
            groups.update(state["cluster"] for state in states)
        elif "person" in step:
            person_uuids.add(step["person"])
            known.update((step["person"], state["id"]) for state in states if "id" in state)
        elif "cluster" in step:
            groups.add(step["cluster"])
            person_uuids.update(state["person"] for state in states)
        elif step["pair"] == "people":
            person_uuids.update((step["a"], step["b"]))
        else:
            groups.update(_cluster_of(db, step[side]) for side in ("a", "b"))
    found = (known.get(each) or people.find_by_uuid(db, each) for each in person_uuids if each)
    return Decided(
        summary,
        tuple(face_ids),
        tuple(sorted(each for each in found if each is not None)),
        tuple(sorted(each for each in groups if each is not None)),
    )


def _cluster_of(db: Connection, key: Step) -> ClusterId | None:
    face_id = find_face(db, key)
    return None if face_id is None else faces.cluster_of(db, face_id)
