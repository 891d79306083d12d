"""What the user decides: naming, confirming, rejecting, ignoring, and taking it back.

Each decision is one entry of the journal, with the state of every face before and after it. It wins
over everything that a program computed or another program said. What is decided of a face holds for the
same face on companions of its photo, the RAW beside a JPEG, and is in the same entry.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from facedex.db import catalog, companions, decisions, faces, people
from facedex.db.connection import transaction
from facedex.db.faces import Assignment
from facedex.errors import UsageError
from facedex.types import FaceState, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from facedex.db.connection import Connection
    from facedex.db.decisions import Step
    from facedex.types import ClusterId, FaceId, PersonId

_MAX_NAME = 200


def name_faces(db: Connection, face_ids: Sequence[FaceId], name: str) -> list[FaceId]:
    """Confirm faces as the person of this name, who is added if new; return those that changed.

    Raises
    ------
    UsageError
        If the name is empty or unreasonably long.
    """
    with transaction(db):
        person_id = _person(db, name)
        shown = people.get_person(db, person_id).name
        changed = _decide(
            db,
            "name",
            lambda n: f"Named {_count(n)} {shown}",
            face_ids,
            lambda face_id: _confirm(db, face_id, person_id),
        )
        if not changed:
            people.drop_unmentioned(db)
        return changed


def name_group(db: Connection, cluster_id: ClusterId, name: str) -> list[FaceId]:
    """Confirm all unknown faces of a group as one person; the group becomes a cluster of theirs."""
    with transaction(db):
        unknown = catalog.group_faces(db, cluster_id)
        if not unknown:
            return []
        person_id = _person(db, name)
        shown = people.get_person(db, person_id).name
        owner = people.cluster_person(db, cluster_id)
        people.set_cluster_person(db, cluster_id, person_id)
        uuids = [
            None if one is None else people.get_person(db, one).uuid for one in (owner, person_id)
        ]
        return _decide(
            db,
            "name",
            lambda n: f"Named {_count(n)} {shown}",
            unknown,
            lambda face_id: _confirm(db, face_id, person_id, cluster_id),
            [{"cluster": cluster_id, "before": uuids[0], "after": uuids[1]}],
        )


def confirm(db: Connection, face_ids: Sequence[FaceId]) -> list[FaceId]:
    """Confirm the person suggested for each face; faces without a suggestion stay as they are."""
    with transaction(db):
        leads = companions.leads_of(db, face_ids)
        best = {face_id: _suggested(db, face_id) for face_id in leads}

        def change(face_id: FaceId) -> None:
            person_id = best[face_id]
            if person_id is not None:
                _confirm(db, face_id, person_id)

        return _decide(db, "confirm", lambda n: f"Confirmed {_count(n)}", leads, change)


def reject(db: Connection, face_ids: Sequence[FaceId]) -> list[FaceId]:
    """Say of each face that it is not the person it is said to be; that is remembered for ever."""
    with transaction(db):
        return _decide(
            db,
            "reject",
            lambda n: f"Rejected the name of {_count(n)}",
            face_ids,
            lambda face_id: _reject(db, face_id),
        )


def ignore(db: Connection, face_ids: Sequence[FaceId]) -> list[FaceId]:
    """Put faces aside: they are nobody whom the user wants to name."""

    def change(face_id: FaceId) -> None:
        rejected = [a for a in faces.assignments(db, face_id) if a.state is FaceState.REJECTED]
        aside = Assignment(None, FaceState.IGNORED, Source.USER)
        faces.set_assignments(db, face_id, [*rejected, aside])

    with transaction(db):
        return _decide(db, "ignore", lambda n: f"Ignored {_count(n)}", face_ids, change)


def undo(db: Connection) -> str | None:
    """Take the last decision back; return what it was, or None if there is none left."""
    with transaction(db):
        done, _undone = decisions.undo_stacks(db)
        return _replay(db, "undo", done[-1], "before") if done else None


def redo(db: Connection) -> str | None:
    """Do again what was taken back last; return what it was, or None if there is nothing."""
    with transaction(db):
        _done, undone = decisions.undo_stacks(db)
        return _replay(db, "redo", undone[-1], "after") if undone else None


def _count(n: int) -> str:
    return "1 face" if n == 1 else f"{n:,} faces"


def _person(db: Connection, name: str) -> PersonId:
    cleaned = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    if not cleaned:
        raise UsageError("a person needs a name")
    if len(cleaned) > _MAX_NAME:
        raise UsageError(f"a name has at most {_MAX_NAME} letters")
    return people.find_by_name(db, cleaned) or people.add_person(db, cleaned)


def _suggested(db: Connection, face_id: FaceId) -> PersonId | None:
    guesses = [a for a in faces.assignments(db, face_id) if a.state is FaceState.SUGGESTED]
    best = min(guesses, key=lambda a: (a.distance or 0.0, a.person_id or 0), default=None)
    return None if best is None else best.person_id


def _confirm(
    db: Connection, face_id: FaceId, person_id: PersonId, cluster_id: ClusterId | None = None
) -> None:
    said = faces.assignments(db, face_id)
    mine = Assignment(person_id, FaceState.CONFIRMED, Source.USER)
    if mine in said:
        return
    rejected = [a for a in said if a.state is FaceState.REJECTED and a.person_id != person_id]
    # naming a face otherwise says also that it is not whom Picasa or a suggestion named
    refused = [
        replace(a, state=FaceState.REJECTED, source=Source.USER, distance=None, probability=None)
        for a in said
        if a.state is FaceState.CONFIRMED and a.person_id != person_id
    ]
    faces.set_assignments(db, face_id, [*rejected, *refused, mine])
    faces.set_cluster(db, face_id, cluster_id or people.main_cluster(db, person_id))


def _reject(db: Connection, face_id: FaceId) -> None:
    said = faces.assignments(db, face_id)
    named = [a for a in said if a.state in {FaceState.CONFIRMED, FaceState.SUGGESTED}]
    if not named:
        return
    kept = [a for a in said if a.state is FaceState.REJECTED]
    refused = [Assignment(a.person_id, FaceState.REJECTED, Source.USER) for a in named]
    faces.set_assignments(db, face_id, [*kept, *refused])
    if any(a.state is FaceState.CONFIRMED for a in named):
        faces.set_cluster(db, face_id, None)


def _decide(
    db: Connection,
    kind: str,
    summary: Callable[[int], str],
    face_ids: Sequence[FaceId],
    change: Callable[[FaceId], None],
    more_steps: Sequence[Step] = (),
) -> list[FaceId]:
    """Change faces and write the journal; inside a transaction. Returns the faces that changed.

    Of a face on several companions the lead's is changed and returned, and the others follow it.
    """
    steps: list[Step] = []
    changed: list[FaceId] = []
    for face_id in companions.leads_of(db, face_ids):
        if not faces.exists(db, face_id):
            continue
        step = _step(db, face_id, change)
        if step is not None:
            changed.append(face_id)
            followed = (
                _step(db, twin, partial(_follow, db, face_id))
                for twin in companions.twins_of(db, face_id)
            )
            steps += [step, *(each for each in followed if each is not None)]
    if changed:
        decisions.append(db, kind, summary(len(changed)), [*steps, *more_steps])
    return changed


def _step(db: Connection, face_id: FaceId, change: Callable[[FaceId], None]) -> Step | None:
    """Change a face; return the journal's step, or None if the face is as it was."""
    before = decisions.face_state(db, face_id)
    change(face_id)
    after = decisions.face_state(db, face_id)
    if before == after:
        return None
    return {**decisions.face_key(db, face_id), "before": before, "after": after}


def _follow(db: Connection, face_id: FaceId, twin: FaceId) -> None:
    """Let the same face on a companion be what ``face_id`` is; suggestions are the lead's alone."""
    said = [a for a in faces.assignments(db, face_id) if a.source is not Source.AUTO]
    faces.set_assignments(db, twin, said)
    faces.set_cluster(db, twin, faces.cluster_of(db, face_id))


def _place(db: Connection, face_id: FaceId) -> None:
    """Give a confirmed face a cluster of its person: the one it had may have gone with an undo."""
    if decisions.face_state(db, face_id)["cluster"] is None:
        for said in faces.assignments(db, face_id):
            if said.state is FaceState.CONFIRMED and said.person_id is not None:
                faces.set_cluster(db, face_id, people.main_cluster(db, said.person_id))


def _replay(db: Connection, kind: str, decision_id: int, side: str) -> str:
    decision = decisions.get_decision(db, decision_id)
    restored: dict[FaceId, None] = {}
    for step in decision.steps:
        if "face" in step:
            face_id = decisions.find_face(db, step)
            if face_id is not None:
                decisions.restore_face(db, face_id, step[side])
                _place(db, face_id)
                restored[face_id] = None
        else:
            owner = step[side] and people.find_by_uuid(db, step[side])
            people.set_cluster_person(db, step["cluster"], owner or None)
    for face_id in restored:
        for twin in companions.twins_of(db, face_id):
            if twin not in restored:  # it became a twin after the decision
                _follow(db, face_id, twin)
    decisions.append(db, kind, decision.summary, [], decision_id)
    people.drop_unmentioned(db)
    return decision.summary
