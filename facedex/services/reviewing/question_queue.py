"""The review queue: what to ask next, so that each answer names as many faces as it can.

What an answer is worth is the number of faces that it is expected to name, per click. There are
three questions: are these suggestions right, a page at a time; are these two one person; and who is
this group.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facedex.db import catalog, decisions, faces, matching, people, review_faces, runs
from facedex.db.library import get_meta
from facedex.matching.group_means import Unit, Units
from facedex.matching.likeness import Likeness
from facedex.services.recognising.encoder_facts import find_facts
from facedex.services.recognising.metric_choice import plain_metric
from facedex.services.reviewing.questions import (
    PAGE,
    Question,
    chance_of,
    page_of,
    skip_key,
    spread,
)
from facedex.types import ClusterId, FaceId, PersonId

if TYPE_CHECKING:
    from facedex.db.connection import Connection
    from facedex.services.reviewing.questions import Kind, Token

# typing a name takes about as long as two answers of yes or no
_NAMING = 0.5
# two groups or two people that become one: no face gets a name, but the next name counts for both
_JOINING = 0.3
_CANDIDATES = 8
# units whose likenesses are computed at once, and how many times before an answer is given
_BATCH = 16
_BATCHES = 2


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the heaps hold: a question about a unit, or what it is worth at most until weighed."""

    worth: float
    key: int
    version: int
    kind: Kind = "who"
    other: int = 0
    probability: float = 0.0


class QuestionQueue:
    """The queue over one library, for any thread with its own connection.

    Units are read once and then brought up to date from the journal. How alike two are is computed
    when one comes near the head of the queue: the first question does not wait for the last.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._built: tuple[str, int, int] | None = None
        self._units = Units(plain_metric(""), None)
        self._floor = 0.0
        self._weighed: list[tuple[float, int, _Entry]] = []
        self._to_weigh: list[tuple[float, int, _Entry]] = []
        self._numbers = itertools.count()
        self._versions: dict[int, int] = {}
        self._of_person: dict[int, set[int]] = {}
        self._rejected: set[frozenset[Token]] = set()
        self._skipped: set[tuple[object, ...]] = set()
        self._seen = (0, 0)
        self._is_fresh = False

    def questions(self, db: Connection, n: int) -> list[Question]:
        """Return the ``n`` questions that are worth most, the best first."""
        with self._lock:
            self._catch_up(db)
            found = self._find(db, n)
            if not found and not self._is_fresh:
                # suggestions that were computed anew may have let faces go, which no journal tells
                self._build(db)
                found = self._find(db, n)
            return found

    def _find(self, db: Connection, n: int) -> list[Question]:
        found = self._waiting(db, n)
        taken: list[_Entry] = []
        try:
            while len(taken) < n and (entry := self._pop()) is not None:
                question = self._question(db, entry)
                if question is not None:
                    found.append(question)
                    taken.append(entry)
        finally:
            for entry in taken:
                self._push(self._weighed, entry)
        return sorted(found, key=lambda question: -question.worth)[:n]

    def skip(self, question: Question) -> None:
        """Ask this no more, until there are more faces on one side or the library is closed."""
        with self._lock:
            self._skipped.add(skip_key(question))
            if question.kind != "suggested":
                keys = [question.cluster_id or -question.face_ids[0]]
                if question.merged_id is not None:
                    keys = sorted(self._of_person.get(question.merged_id, ()))
                for key in keys:
                    self._bump(key)

    # keeping up with the library

    def _catch_up(self, db: Connection) -> None:
        if self._built != _made_of(db):
            self._build(db)
            return
        cluster, decision = seen = review_faces.newest_cluster(db), decisions.last_id(db)
        if seen != self._seen:
            touched = set(range(self._seen[0] + 1, cluster + 1))
            parted: set[int] = set()
            for step in decisions.steps_since(db, self._seen[1]):
                touched |= _touched(db, step)
                parted |= self._parted(db, step)
            self._seen = cluster, decision
            self._is_fresh = False
            self._reload(db, touched)
            for key in parted:
                self._bump(key)

    def _parted(self, db: Connection, step: decisions.Step) -> set[int]:
        """Return the units of two people whom a step parts, or parts no more."""
        if step.get("pair") != "people":
            return set()
        found = [people.find_by_uuid(db, step[side]) for side in ("a", "b")]
        return {key for person_id in found for key in self._of_person.get(person_id or 0, ())}

    def _build(self, db: Connection) -> None:
        """Read every unit."""
        self._built = _made_of(db)
        self._seen = review_faces.newest_cluster(db), decisions.last_id(db)
        self._is_fresh = True
        model_id = self._built[0]
        facts = find_facts(db, model_id)
        likeness = None if facts is None else Likeness(*facts.likeness)
        self._floor = 0.0 if facts is None else facts.quality_floor
        self._units = Units(plain_metric(model_id), likeness)
        self._of_person.clear()
        self._weighed.clear()
        self._to_weigh.clear()
        self._take(db, set(), review_faces.load_units(db, model_id, self._floor))

    def _reload(self, db: Connection, keys: set[int]) -> None:
        """Read some units anew; what looks like them may be worth more or less now."""
        assert self._built is not None  # a review catches up before anything else
        found = review_faces.load_units(db, self._built[0], self._floor, keys)
        # a face that joined a cluster is a unit of its own no more
        keys = keys.union(found.unit.tolist(), (-found.face).tolist())
        changed = [key for key in self._take(db, keys, found) if key > 0]
        for start in range(0, len(changed), _BATCH):
            for others in self._units.alike(changed[start : start + _BATCH]):
                for _chance, other in others[:_CANDIDATES]:
                    self._bump(other.key)

    def _take(self, db: Connection, keys: set[int], found: review_faces.UnitFaces) -> set[int]:
        for key in keys:
            gone = self._units.by_key.get(key)
            if gone is not None:
                self._of_person[gone.person].discard(key)
        changed = self._units.replace(keys, found)
        for key in changed:
            self._of_person.setdefault(self._units.by_key[key].person, set()).add(key)
        self._rejected = _rejected(db, self._units)
        for key in changed:
            self._bump(key)
        return changed

    def _bump(self, key: int) -> None:
        """Have a unit weighed anew; what was found of it before is stale."""
        self._versions[key] = version = self._versions.get(key, 0) + 1
        unit = self._units.by_key.get(key)
        if unit is not None:
            most = unit.n_faces * (_JOINING if unit.person else 1.0)
            self._push(self._to_weigh, _Entry(most, key, version))

    # the heaps

    def _push(self, heap: list[tuple[float, int, _Entry]], entry: _Entry) -> None:
        heapq.heappush(heap, (-entry.worth, next(self._numbers), entry))

    def _drop_stale(self, heap: list[tuple[float, int, _Entry]]) -> None:
        while heap:
            entry = heap[0][2]
            if entry.key in self._units.by_key and self._versions[entry.key] == entry.version:
                return
            heapq.heappop(heap)

    def _pop(self) -> _Entry | None:
        """Take the best question that is known, having weighed the most promising other units."""
        n_batches = 0
        while True:
            self._drop_stale(self._weighed)
            self._drop_stale(self._to_weigh)
            if not self._to_weigh or (self._weighed and n_batches == _BATCHES):
                break
            if self._weighed and self._weighed[0][0] <= self._to_weigh[0][0]:
                break
            self._weigh_some()
            n_batches += 1
        return heapq.heappop(self._weighed)[2] if self._weighed else None

    def _weigh_some(self) -> None:
        chosen: list[Unit] = []
        while self._to_weigh and len(chosen) < _BATCH:
            _, _, entry = heapq.heappop(self._to_weigh)
            chosen.append(self._units.by_key[entry.key])
            self._drop_stale(self._to_weigh)
        for unit, others in zip(chosen, self._units.alike([u.key for u in chosen]), strict=True):
            best = self._best(unit, others)
            if best is not None:
                self._push(self._weighed, best)

    def _best(self, unit: Unit, others: list[tuple[float, Unit]]) -> _Entry | None:
        """Return the best question about a unit, or None if there is none."""
        version = self._versions[unit.key]
        best: _Entry | None = None
        if not unit.person and ("who", _token(unit), unit.n_faces) not in self._skipped:
            best = _Entry(_NAMING * unit.n_faces, unit.key, version, "who")
        for chance, other in others[:_CANDIDATES]:
            worth = _worth(unit, other, chance)
            if worth > (best.worth if best else 0.0) and self._may_be_one(unit, other):
                best = _Entry(worth, unit.key, version, "same", other.key, chance)
        return best

    def _may_be_one(self, unit: Unit, other: Unit) -> bool:
        pair = frozenset((_token(unit), _token(other)))
        if pair in self._rejected or ("same", pair, unit.n_faces) in self._skipped:
            return False
        # nobody stands twice on a photo
        mine, theirs = self._parts(unit), self._parts(other)
        return not any(a.photos & b.photos for a in mine for b in theirs)

    def _parts(self, unit: Unit) -> list[Unit]:
        keys = self._of_person[unit.person] if unit.person else {unit.key}
        return [self._units.by_key[key] for key in keys]

    # questions

    def _waiting(self, db: Connection, n: int) -> list[Question]:
        """Return the questions about suggestions, as many as may be among the best ``n``."""
        found: list[Question] = []
        waiting = review_faces.list_waiting(db)
        most = {
            each: min(each.n_faces, PAGE) * chance_of(each.probability)
            for each in waiting
            if ("suggested", each.person_id, min(each.n_faces, PAGE)) not in self._skipped
        }
        for each in sorted(most, key=lambda each: (-most[each], each.person_id)):
            if len(found) >= n and most[each] <= sorted(q.worth for q in found)[-n]:
                break
            found.append(page_of(db, each.person_id))
        return found

    def _question(self, db: Connection, entry: _Entry) -> Question | None:
        """Return an entry as a question; None, and the unit is read anew, if its faces changed."""
        unit = self._units.by_key[entry.key]
        asked = _faces_of(db, unit)
        if not unit.person and len(asked) != unit.n_faces and self._has_changed(db, unit):
            return None
        cluster_id = ClusterId(unit.key) if unit.key > 0 and not unit.person else None
        if entry.kind != "same":
            return Question("who", asked, entry.worth, cluster_id=cluster_id)
        other = self._units.by_key.get(entry.other)
        if other is None:
            self._bump(entry.key)  # its faces were named or set aside: there is another question
            return None
        return Question(
            "same",
            asked,
            entry.worth,
            spread(_faces_of(db, other)),
            cluster_id=cluster_id,
            person_id=PersonId(other.person) if other.person else None,
            person_name=_name_of(db, other),
            other_cluster_id=None if other.person else ClusterId(other.key),
            merged_id=PersonId(unit.person) if unit.person else None,
            merged_name=_name_of(db, unit),
            probability=entry.probability,
        )

    def _has_changed(self, db: Connection, unit: Unit) -> bool:
        """Read a unit anew; tell whether a scan or a comparison added faces to it, or took some."""
        self._reload(db, {unit.key})
        now = self._units.by_key.get(unit.key)
        return now is None or now.n_faces != unit.n_faces


def _made_of(db: Connection) -> tuple[str, int, int]:
    """Return what says, if it changes, that any face may have come or gone: model, scan, match."""
    return get_meta(db, "model") or "", runs.last_id(db), matching.n_matches(db)


def _worth(unit: Unit, other: Unit, chance: float) -> float:
    """Return how many faces a question about two is expected to name; 0 where it is none."""
    if not unit.person and other.person:
        return chance * unit.n_faces
    is_smaller = (unit.n_faces, -unit.key) <= (other.n_faces, -other.key)
    is_pair = bool(unit.person) == bool(other.person) and unit.key > 0 and other.key > 0
    if is_pair and is_smaller and (not unit.person or unit.person != other.person):
        return _JOINING * chance * unit.n_faces
    return 0.0


def _token(unit: Unit) -> Token:
    return ("person", unit.person) if unit.person else ("unit", unit.key)


def _touched(db: Connection, step: decisions.Step) -> set[int]:
    """Return the units that a step of the journal may have changed."""
    if "cluster" in step:
        return {step["cluster"]}
    if step.get("pair") == "faces":
        found = [faces.find_by_uuid(db, step[side]["face"]) for side in ("a", "b")]
        return {-face_id for face_id in found if face_id is not None}
    if "face" not in step:
        return set()
    keys = {state["cluster"] for state in (step["before"], step["after"]) if state} - {None}
    face_id = faces.find_by_uuid(db, step["face"])
    return keys if face_id is None else keys | {-face_id}


def _rejected(db: Connection, known: Units) -> set[frozenset[Token]]:
    """Return whom the user said not to be one, as pairs of tokens."""
    found: set[frozenset[Token]] = set()
    for key, person, n in review_faces.rejected_people(db):
        unit = known.by_key.get(key)
        # faces that joined the group since say nothing
        if unit is not None and 2 * n >= unit.n_faces:
            found.add(frozenset((("unit", key), ("person", person))))
    for person_a, unit_a, person_b, unit_b in review_faces.rejected_pairs(db):
        a = ("person", person_a) if person_a else ("unit", unit_a)
        b = ("person", person_b) if person_b else ("unit", unit_b)
        found.add(frozenset((a, b)))
    return found


def _name_of(db: Connection, unit: Unit) -> str | None:
    return people.get_person(db, PersonId(unit.person)).name if unit.person else None


def _faces_of(db: Connection, unit: Unit) -> tuple[FaceId, ...]:
    if unit.person:
        return tuple(faces.confirmed_faces(db, PersonId(unit.person)))
    if unit.key < 0:
        return (FaceId(-unit.key),)
    return tuple(catalog.group_faces(db, ClusterId(unit.key)))
