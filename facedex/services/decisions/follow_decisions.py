"""Suggestions that follow what was decided, at once and without comparing everything anew."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from facedex.db import faces, matching
from facedex.db.connection import transaction
from facedex.db.library import get_meta
from facedex.services.recognising.library_faces import load_rules, make_recogniser
from facedex.services.recognising.match_faces import rows_to_store
from facedex.services.recognising.metric_choice import load_choice

if TYPE_CHECKING:
    from facedex.db.connection import Connection
    from facedex.db.faces import EncodedFaces
    from facedex.matching.recogniser import Recogniser

_SAME = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class _Learned:
    """A recogniser, its faces without their encodings, and what it was made of."""

    recogniser: Recogniser
    known: EncodedFaces
    made_of: tuple[object, ...]


class Follower:
    """Keeps a library's encodings in memory to bring its suggestions up to date; for any thread.

    What was decided is read from the library and compared with what was known before: it does not
    matter who decided it, or whether it was undone. After a scan, and with another metric, it learns
    everything again; what a running scan finds is suggested when it ends.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._learned: _Learned | None = None

    def catch_up(self, db: Connection) -> int:
        """Bring the suggestions up to date; return how many faces' suggestions changed."""
        with self._lock:
            model_id = get_meta(db, "model")
            if model_id is None:
                return 0
            made_of = (model_id, matching.last_finished_run(db), load_choice(db, model_id))
            learned = self._learned
            if learned is None or learned.made_of != made_of:
                return self._learn(db, model_id, made_of)
            rules = load_rules(db, learned.known)
            affected, suggested = learned.recogniser.update(rules)
            face_ids = learned.known.face
            return _store(db, face_ids[affected].tolist(), list(rows_to_store(face_ids, suggested)))

    def forget(self) -> None:
        """Learn everything again the next time."""
        with self._lock:
            self._learned = None

    def _learn(self, db: Connection, model_id: str, made_of: tuple[object, ...]) -> int:
        known = faces.load_encoded(db, model_id)
        recogniser = make_recogniser(db, model_id, known)
        suggested = recogniser.learn(load_rules(db, known))
        no_vectors = known.encoding[:0]
        self._learned = _Learned(recogniser, replace(known, encoding=no_vectors), made_of)
        return _store(db, known.face.tolist(), list(rows_to_store(known.face, suggested)))


def _store(
    db: Connection, face_ids: list[int], suggested: list[tuple[int, int, float, float]]
) -> int:
    """Write those of the faces' suggestions that are not there yet; return how many changed."""
    there = matching.stored_suggestions(db, face_ids)
    wanted = {face: (person, probability) for face, person, _, probability in suggested}
    changed = {face for face in face_ids if not _is_same(there.get(face), wanted.get(face))}
    if changed:
        with transaction(db):
            fresh = (each for each in suggested if each[0] in changed)
            matching.replace_suggestions(db, changed, fresh)
    return len(changed)


def _is_same(one: tuple[int, float | None] | None, other: tuple[int, float | None] | None) -> bool:
    if one is None or other is None:
        return one is other
    return one[0] == other[0] and abs((one[1] or 0.0) - (other[1] or 0.0)) < _SAME
