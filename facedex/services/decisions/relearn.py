"""Relearning: every decision again, on another model's faces or in a fresh library.

Faces are found by uuid, else by image hash and place. A named face that no detector finds here
becomes a named box, and what names a photo that is not here is counted, so that no name is lost
unseen. What was decided here stands. All of it is one step of the journal.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from facedex.db import faces, pairs, people, photos, snapshots
from facedex.db.connection import LIBRARY_NAME, transaction, translated
from facedex.db.library import get_meta, open_library, scan_lock
from facedex.db.portable_decisions import open_other, read_decided
from facedex.errors import UsageError
from facedex.geometry import iou
from facedex.naming import words
from facedex.naming.same_face import is_one_face, pair_best_first
from facedex.services.decisions.face_words import apply_rule
from facedex.services.decisions.journal import Recording
from facedex.services.decisions.steps import find_face, needs_box, words_of
from facedex.services.recognising.encode_named import encode_named
from facedex.services.recognising.match_faces import match_faces
from facedex.spelling import name_key
from facedex.types import Box, Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from facedex.db.connection import Connection
    from facedex.db.decisions import Step
    from facedex.db.faces import StoredFace
    from facedex.db.portable_decisions import PortableDecisions
    from facedex.progress import ProgressSink
    from facedex.types import ClusterId, FaceId, PersonId, ScanOptions

Fate = Literal["same", "named", "box", "kept", "absent"]


@dataclass(slots=True)
class RelearnReport:
    """What became of every face with a word on it; the first five numbers are all of them.

    Attributes
    ----------
    n_same : known here as it was.
    n_named : found here, and named as it was.
    n_boxes : found by no detector here, and added as a named box.
    n_kept : decided otherwise here, which stands.
    n_absent : on photos that are not here, or only rejected and not found.
    n_people : people who were not here before.
    n_encoded, n_unencodable : named faces that the model had not encoded, and now has or cannot.
    n_suggested : suggestions after comparing anew.
    """

    n_same: int = 0
    n_named: int = 0
    n_boxes: int = 0
    n_kept: int = 0
    n_absent: int = 0
    n_people: int = 0
    n_encoded: int = 0
    n_unencodable: int = 0
    n_suggested: int = 0


@dataclass(frozen=True, slots=True)
class _Found:
    """A decided face, and where it is here."""

    key: Step
    state: Step
    fate: Fate
    face_id: FaceId | None = None


def relearn(
    directory: Path,
    options: ScanOptions,
    sink: ProgressSink,
    should_stop: Callable[[], bool],
    *,
    other: Path | None = None,
    is_dry_run: bool = False,
) -> RelearnReport:
    """Bring every decision of a library, or of ``other``, to the faces of the one in ``directory``.

    Parameters
    ----------
    other : a library.db, or its folder, that is only read; None: the library's own journal.
    is_dry_run : only tell what would be done; nothing is written.

    Raises
    ------
    UsageError, EnvironmentFault
    """
    if other is not None and _is_same_file(other, directory):
        raise UsageError("that is this library; without --from it relearns from its own journal")
    with scan_lock(directory), contextlib.ExitStack() as stack:
        db = open_library(directory)
        stack.callback(db.close)
        source = db
        if other is not None:
            source = open_other(other)
            stack.callback(source.close)
        with translated(db.filename):
            decided = read_decided(source)
            if is_dry_run:
                return _counted(_plan(db, decided))
            report = _apply(db, decided)
            model = get_meta(db, "model")
            if model is not None:
                report.n_encoded, report.n_unencodable = encode_named(
                    directory, db, model, options, sink, should_stop
                )
                report.n_suggested = match_faces(db, model).n_suggested
    return report


def _is_same_file(other: Path, directory: Path) -> bool:
    file = other / LIBRARY_NAME if other.is_dir() else other
    own = directory / LIBRARY_NAME
    return file.exists() and own.exists() and file.samefile(own)


# ---- finding the faces


def _plan(db: Connection, decided: PortableDecisions) -> list[_Found]:
    """Return where each decided face is here, photo by photo; nothing is written."""
    found: list[_Found] = []
    by_image = sorted(decided.faces.values(), key=lambda entry: entry[0]["image"])
    for image, entries in groupby(by_image, key=lambda entry: entry[0]["image"]):
        photo = photos.find_photo(db, bytes.fromhex(image))
        on_photo = list(entries)
        if photo is None:
            found += [_Found(key, state, "absent") for key, state in on_photo]
            continue
        there = faces.faces_of_photo(db, photo.photo_id)
        places = _places([key for key, _state in on_photo], there)
        for index, (key, state) in enumerate(on_photo):
            found.append(_judge(db, key, state, places.get(index)))
    return found


def _places(keys: list[Step], there: list[StoredFace]) -> dict[int, FaceId]:
    """Return which face each key means: by its uuid, else by its place; each at most once."""
    by_uuid = {face.uuid: face.face_id for face in there}
    places = {
        index: by_uuid[key["face"]] for index, key in enumerate(keys) if key["face"] in by_uuid
    }
    known = set(places.values())
    overlaps = (
        (-iou(box, face.box), index, face.face_id)
        for index, box in enumerate(Box(*key["box"]) for key in keys)
        for face in there
        if index not in places and face.face_id not in known and is_one_face(box, face.box)
    )
    return places | pair_best_first(overlaps)


def _judge(db: Connection, key: Step, state: Step, face_id: FaceId | None) -> _Found:
    if face_id is None:
        return _Found(key, state, "box" if needs_box(state) else "absent")
    if _meaning(snapshots.face_state(db, face_id)) == _meaning(state):
        return _Found(key, state, "same", face_id)
    is_decided = words.is_decided(faces.assignments(db, face_id))
    return _Found(key, state, "kept" if is_decided else "named", face_id)


def _meaning(state: Step) -> set[tuple[str | None, str]]:
    """Return (name, state) of all words but a program's: names are the same in all libraries."""
    return {
        (None if name is None else name_key(name), is_now)
        for _uuid, name, is_now, source, *_rest in state["said"]
        if source != Source.AUTO
    }


def _counted(found: list[_Found]) -> RelearnReport:
    fates = [each.fate for each in found]
    return RelearnReport(
        fates.count("same"), fates.count("named"), fates.count("box"), fates.count("kept"),
        fates.count("absent"),
    )  # fmt: skip


# ---- naming them


def _apply(db: Connection, decided: PortableDecisions) -> RelearnReport:
    with transaction(db):
        record = Recording(db)
        found = _plan(db, decided)
        report = _counted(found)
        known = _Known(record, decided)
        for each in found:
            if each.fate in {"named", "box"}:
                _restore(record, known, each)
        for key in decided.pairs:
            _restore_pair(record, known, key)
        report.n_people = known.n_added
        record.write("relearn", lambda n: f"Relearned {n}")
    return report


class _Known:
    """Who another library's people are here: by uuid, contact or name; else they are added."""

    def __init__(self, record: Recording, decided: PortableDecisions) -> None:
        self._record = record
        self._decided = decided
        self._here: dict[str, PersonId] = {}
        self._homes: dict[tuple[PersonId, int], ClusterId] = {}
        self.n_added = 0
        for person_uuid, state in decided.people.items():
            if not state["is_placeholder"]:
                self.of(person_uuid, state["name"])

    def of(self, person_uuid: str, name: str) -> PersonId:
        """Return a person of the other library here, with the facts that were known there.

        ``name`` is what somebody was called who was there no more.
        """
        if person_uuid not in self._here:
            state = self._decided.people.get(person_uuid)
            name = name if state is None else state["name"]
            person_id = self._find(person_uuid, name, state)
            if person_id is None:
                person_id = self._record.add_person(name, person_uuid)
                self.n_added += 1
            self._here[person_uuid] = person_id
            if state is not None:
                self._add_facts(person_id, state)
        return self._here[person_uuid]

    def home(self, person_id: PersonId, cluster_there: int | None) -> ClusterId:
        """Return the cluster for a face: the looks that were apart there stay apart here."""
        key = person_id, cluster_there or 0
        if key not in self._homes:
            is_first = all(person_id != other for other, _cluster in self._homes)
            self._homes[key] = (
                self._record.home(person_id) if is_first else self._record.add_cluster(person_id)
            )
        return self._homes[key]

    def _find(self, person_uuid: str, name: str, state: Step | None) -> PersonId | None:
        db = self._record.db
        if state is None:
            return people.find_by_uuid(db, person_uuid) or people.find_by_name(db, name)
        by_contact = (people.find_contact(db, each) for each in state["contacts"])
        candidates = (
            people.find_by_uuid(db, person_uuid), *by_contact, people.find_by_name(db, name)
        )  # fmt: skip
        # two people of one name there must not become one here
        taken = set(self._here.values())
        return next((each for each in candidates if each is not None and each not in taken), None)

    def _add_facts(self, person_id: PersonId, state: Step) -> None:
        db = self._record.db
        self._record.note_person(person_id)
        here = people.get_person(db, person_id)
        if here.is_placeholder and not state["is_placeholder"]:
            people.rename_person(db, person_id, state["name"])
        people.set_dates(db, person_id, here.born or state["born"], here.died or state["died"])
        aliases = {*people.aliases(db, person_id), *state["aliases"]}
        if name_key(here.name) != name_key(state["name"]):
            aliases.add(state["name"])
        people.set_aliases(db, person_id, aliases - {people.get_person(db, person_id).name})
        for contact_id, name in state["contacts"].items():
            if people.find_contact(db, contact_id) is None:
                people.set_contact(db, contact_id, person_id, name)


def _restore(record: Recording, known: _Known, found: _Found) -> None:
    db, face_id = record.db, found.face_id
    if face_id is None:
        face_id = snapshots.add_box(db, found.key)
        assert face_id is not None  # a box is planned only where its photo is
        record.note_new_face(face_id)
    else:
        record.note_face(face_id)
    there = words.lasting(words_of(found.state, known.of))
    apply_rule(db, face_id, partial(words.relearned, there=there))
    if words.settled(there) is not None:
        who = words.confirmed(there)
        home = None if who is None else known.home(who, found.state["cluster"])
        faces.set_cluster(db, face_id, home)


def _restore_pair(record: Recording, known: _Known, key: Step) -> None:
    """Remember here that two are not one, where both are here."""
    db = record.db
    a: int | None
    b: int | None
    if key["pair"] == "people":
        a, b = (known.of(key[side], "") for side in ("a", "b"))
    else:
        a, b = (find_face(db, key[side]) for side in ("a", "b"))
    if a is not None and b is not None and a != b:
        record.note_pair(pairs.RejectedPair(key["pair"], a, b))
        pairs.set_rejected(db, key["pair"], a, b, is_rejected=True)
