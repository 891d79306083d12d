"""Suggestions that follow what was decided, at once and without comparing everything anew."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from facedex.db import decisions, matching, people
from facedex.db.connection import transaction
from facedex.db.library import get_meta
from facedex.services.decisions.steps import find_face
from facedex.services.recognising.library_faces import load_faces, load_rules, make_recogniser
from facedex.services.recognising.match_faces import rows_to_store
from facedex.services.recognising.metric_choice import FITTED, load_choice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facedex.db.connection import Connection
    from facedex.db.faces import EncodedFaces
    from facedex.matching.recogniser import Recogniser

_SAME = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class _Learned:
    """A recogniser, its faces without their encodings, and what it was made of."""

    recogniser: Recogniser
    known: EncodedFaces
    made_of: tuple[object, ...]


class Follower:
    """Keeps a library's encodings in memory to bring its suggestions up to date; for any thread.

    What was decided is read from the library and compared with what was known before: it does not
    matter who decided it, or whether it was undone. After a scan, and with another metric, it
    learns everything again; what a running scan finds is suggested when it ends.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._learned: _Learned | None = None
        self._seen = 0

    def catch_up(self, db: Connection) -> int:
        """Bring the suggestions up to date; return how many faces' suggestions changed."""
        with self._lock:
            model_id = get_meta(db, "model")
            if model_id is None:
                return 0
            made_of = (
                model_id,
                matching.last_finished_run(db),
                matching.n_matches(db),
                load_choice(db, model_id),
                get_meta(db, FITTED),
            )
            learned = self._learned
            if learned is None or learned.made_of != made_of:
                return self._learn(db, model_id, made_of)
            face_ids = learned.known.face
            found = self._decided_and_undone(db, face_ids)
            rules = load_rules(db, learned.known)
            affected, suggested = learned.recogniser.update(rules, *found)
            is_all = len(affected) == len(face_ids)
            asked = None if is_all else face_ids[affected].tolist()
            return _store(db, asked, list(rows_to_store(face_ids, suggested)))

    def forget(self) -> None:
        """Learn everything again the next time."""
        with self._lock:
            self._learned = None

    def _decided_and_undone(
        self, db: Connection, face_ids: NDArray[np.int64]
    ) -> tuple[list[int], list[int]]:
        """Return the faces, by index, and people of all decisions, where there were several.

        What was decided and taken back changed nothing in the end, but suggestions went by it.
        """
        before, self._seen = self._seen, decisions.last_id(db)
        if self._seen <= before + 1:
            return [], []
        changed_faces: list[int] = []
        changed_people: list[int] = []
        for step in decisions.steps_since(db, before):
            if "face" in step:
                face_id = find_face(db, step)
                at = int(np.searchsorted(face_ids, face_id or 0))
                if at < len(face_ids) and face_ids[at] == face_id:
                    changed_faces.append(at)
            elif "person" in step:
                changed_people.append(people.find_by_uuid(db, step["person"]) or 0)
        return changed_faces, changed_people

    def _learn(self, db: Connection, model_id: str, made_of: tuple[object, ...]) -> int:
        self._seen = decisions.last_id(db)
        known = load_faces(db, model_id)
        recogniser = make_recogniser(db, model_id, known)
        suggested = recogniser.learn(load_rules(db, known))
        no_vectors = known.encoding[:0]
        self._learned = _Learned(recogniser, replace(known, encoding=no_vectors), made_of)
        return _store(db, None, list(rows_to_store(known.face, suggested)))


def _store(
    db: Connection, face_ids: list[int] | None, suggested: list[tuple[int, int, float, float]]
) -> int:
    """Write those suggestions of the faces, or of all, that are not there yet; return how many."""
    there = matching.stored_suggestions(db, face_ids)
    wanted = {face: (person, distance, p) for face, person, distance, p in suggested}
    changed = {
        face
        for face in there.keys() | wanted.keys()
        if not _is_same(there.get(face), wanted.get(face))
    }
    if changed:
        fresh = [each for each in suggested if each[0] in changed]
        weighed = [each for each in fresh if each[0] in there and there[each[0]][0] == each[1]]
        others = changed.difference(each[0] for each in weighed)
        with transaction(db):
            matching.weigh_suggestions(db, weighed)
            matching.replace_suggestions(db, others, (e for e in fresh if e[0] in others))
    return len(changed)


def _is_same(
    stored: tuple[int, float | None, float | None] | None, wanted: tuple[int, float, float] | None
) -> bool:
    if stored is None or wanted is None:
        return stored is wanted
    return stored[0] == wanted[0] and all(
        there is not None and abs(there - number) < _SAME
        for there, number in zip(stored[1:], wanted[1:], strict=True)
    )
