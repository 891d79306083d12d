"""A library in memory with drawn faces: what the window talks to in tests.

mypy checks that it does what the window asks of a library (``facedex.services.library.front_end``).
"""

from __future__ import annotations

import copy
import threading
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from drawn_faces import draw_photo, thumbnail_jpeg

from facedex.errors import RootOffline, UsageError
from facedex.services.decisions.decide_people import MergePreview
from facedex.services.decisions.decide_sure import SHOWN, SureSuggestions
from facedex.services.decisions.decided import NOTHING, Decided
from facedex.services.reviewing.questions import Question
from facedex.services.telling.records import FaceRow, GroupRow, PersonRow, PhotoRow, Shelf
from facedex.types import Box, ClusterId, FaceId, FaceState, PersonId, PhotoId, Source
from facedex.viewer.text import counted as in_words
from facedex.viewer.text import one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pytestqt.qtbot import QtBot

    from facedex.services.library.front_end import WindowLibrary
    from facedex.viewer.main_window import MainWindow

Facts = dict[str, Any]
Undo = tuple[str, dict[FaceId, "Face"], dict[PersonId, str]]
REFUSED: Facts = {"state": FaceState.REJECTED, "person_id": None, "source": None}


def folded(text: str) -> str:
    """Return text without accents and case."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in bare if not unicodedata.combining(each))


@dataclass
class Face:
    """The facts of one fake face."""

    face_id: FaceId
    photo_id: PhotoId
    who: int
    box: Box
    state: FaceState = FaceState.UNKNOWN
    person_id: PersonId | None = None
    source: Source | None = None
    distance: float | None = None
    cluster_id: ClusterId | None = None
    probability: float | None = None


@dataclass
class FakeLibrary:
    """A library without a disk; ``look``, ``decide`` and ``review`` work on what it holds."""

    names: dict[PersonId, str] = field(default_factory=dict)
    by_id: dict[FaceId, Face] = field(default_factory=dict)
    sizes: dict[PhotoId, tuple[int, int]] = field(default_factory=dict)
    pictures: dict[PhotoId, bytes] = field(default_factory=dict)
    offline: set[PhotoId] = field(default_factory=set)
    follows: dict[FaceId, Face] = field(default_factory=dict)  # as the next decision leaves them
    calls: list[tuple[str, int]] = field(default_factory=list)  # name, thread
    fails: str = ""
    version: int = 1
    looks_like: dict[ClusterId, PersonId] = field(default_factory=dict)
    skipped: list[tuple[FaceId, ...]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.look = FakeLooking(self)
        self.decide = FakeDeciding(self)
        self.review = FakeReview(self)

    def add_photo(self, photo_id: int, size: tuple[int, int]) -> None:
        """Add a photo without faces."""
        self.sizes[PhotoId(photo_id)] = size

    def add_face(self, photo_id: int, who: int, box: Box, **facts: Any) -> Face:
        """Add a face to a photo."""
        face = Face(FaceId(len(self.by_id) + 1), PhotoId(photo_id), who, box, **facts)
        self.by_id[face.face_id] = face
        return face

    def called(self, name: str) -> None:
        """Note a call and its thread."""
        self.calls.append((name, threading.get_ident()))

    def rematch(self) -> int:
        """Tell of five suggestions."""
        self.called("rematch")
        return 5

    def follow_decisions(self) -> int:
        """Change the faces in ``follows``, as if the decision said something about them."""
        self.called("follow_decisions")
        with self.lock:
            follows, self.follows = self.follows, {}
            self.by_id.update(follows)
            self.version += bool(follows)
        return len(follows)


class FakeLooking:
    """Reads a fake library."""

    def __init__(self, library: FakeLibrary) -> None:
        self._library = library

    def people(self) -> list[PersonRow]:
        """Return everybody, by name."""
        library = self._library
        with library.lock:
            library.called("people")
            rows = []
            for person_id, name in library.names.items():
                states = [f.state for f in library.by_id.values() if f.person_id == person_id]
                n_confirmed = states.count(FaceState.CONFIRMED)
                n_suggested = states.count(FaceState.SUGGESTED)
                n = n_confirmed + n_suggested
                rows.append(PersonRow(person_id, name, n, n_confirmed, n_suggested))
            return sorted(rows, key=lambda row: folded(row.name))

    def unknown_groups(self) -> list[GroupRow]:
        """Return the groups, the biggest first."""
        with self._library.lock:
            sizes: dict[ClusterId, int] = {}
            for face in self._library.by_id.values():
                if face.cluster_id is not None and face.state is FaceState.UNKNOWN:
                    sizes[face.cluster_id] = sizes.get(face.cluster_id, 0) + 1
            order = sorted(sizes.items(), key=lambda each: (-each[1], each[0]))
            return [GroupRow(cluster_id, n) for cluster_id, n in order]

    def n_ungrouped(self) -> int:
        """Return how many faces are in no group."""
        return len(self.shelf_faces(Shelf("ungrouped")))

    def n_ignored(self) -> int:
        """Return how many faces are ignored."""
        return len(self.shelf_faces(Shelf("ignored")))

    def shelf_faces(self, shelf: Shelf) -> list[FaceId]:
        """Return the faces of a shelf; the nearest suggestions first."""
        with self._library.lock:
            self._library.called("shelf_faces")
            faces = self._library.by_id.values()
            if shelf.kind == "group":
                found = [
                    f
                    for f in faces
                    if f.cluster_id == shelf.cluster_id and f.state is FaceState.UNKNOWN
                ]
            elif shelf.kind == "person":
                mine = [f for f in faces if f.person_id == shelf.person_id]
                new = [f for f in mine if f.state is FaceState.SUGGESTED]
                found = sorted(new, key=lambda f: f.distance or 0.0)
                found += [f for f in mine if f.state is FaceState.CONFIRMED]
            elif shelf.kind == "ignored":
                found = [f for f in faces if f.state is FaceState.IGNORED]
            else:
                unknown = (FaceState.UNKNOWN, FaceState.REJECTED)
                found = [f for f in faces if f.cluster_id is None and f.state in unknown]
            return [f.face_id for f in found]

    def faces(self, face_ids: Sequence[FaceId]) -> list[FaceRow]:
        """Return the rows of faces."""
        with self._library.lock:
            self._library.called("faces")
            by_id = self._library.by_id
            return [self._row(by_id[i]) for i in face_ids if i in by_id]

    def _row(self, face: Face) -> FaceRow:
        name = None if face.person_id is None else self._library.names.get(face.person_id)
        return FaceRow(
            face.face_id, face.photo_id, face.person_id, name, face.state, face.source,
            face.box, _path(face.photo_id), face.distance, face.cluster_id,
            probability=face.probability,
        )  # fmt: skip

    def photo(self, photo_id: PhotoId) -> PhotoRow:
        """Return a photo with its faces."""
        with self._library.lock:
            faces = self._library.by_id.values()
            rows = tuple(self._row(f) for f in faces if f.photo_id == photo_id)
            w, h = self._library.sizes[photo_id]
            return PhotoRow(photo_id, _path(photo_id), w, h, 1_563_118_320_000_000, rows)

    def thumbnail(self, face_id: FaceId) -> bytes | None:
        """Return a drawn head."""
        self._library.called("thumbnail")
        return thumbnail_jpeg(self._library.by_id[face_id].who, face_id % 6)

    def preview(self, photo_id: PhotoId, long_side_px: int) -> bytes:
        """Return a drawn photo."""
        library = self._library
        library.called("preview")
        if photo_id in library.offline:
            raise RootOffline("the folder /media/<b>disk</b> is not there", "Connect the disk")
        if photo_id in library.pictures:
            return library.pictures[photo_id]
        w, h = library.sizes[photo_id]
        scale = min(1.0, long_side_px / max(w, h))
        faces = [(f.who, f.box) for f in library.by_id.values() if f.photo_id == photo_id]
        return draw_photo((round(w * scale), round(h * scale)), faces)

    def find_people(self, text: str, limit: int = 10) -> list[PersonRow]:
        """Return people one of whose words begins so."""
        self._library.called("find_people")
        key = folded(text)
        rows = [r for r in self.people() if any(w.startswith(key) for w in folded(r.name).split())]
        return rows[:limit]

    def data_version(self) -> int:
        """Return the version that a test has set."""
        return self._library.version

    def preview_merge(self, person_id: PersonId, into_id: PersonId) -> MergePreview:
        """Return what merging would do."""
        faces = self._library.by_id.values()
        photos = [
            {f.photo_id for f in faces if f.person_id == each and f.state is FaceState.CONFIRMED}
            for each in (person_id, into_id)
        ]
        n = sum(f.person_id == person_id for f in faces)
        names = self._library.names
        return MergePreview(names[person_id], names[into_id], n, len(photos[0] & photos[1]))

    def count_sure(
        self, least: float, person_ids: Collection[PersonId] | None = None
    ) -> SureSuggestions:
        """Return the suggestions that are so sure."""
        with self._library.lock:
            self._library.called("count_sure")
            sure = self.sure_faces(least)
            n_wrong = sum(1 - (f.probability or 0) for f in sure)
            ids = tuple(f.face_id for f in sure)
            return SureSuggestions(
                least, len(sure), len({f.person_id for f in sure}), n_wrong, ids[:SHOWN]
            )

    def sure_faces(self, least: float) -> list[Face]:
        """Return the faces whose suggestions are so sure, the least sure first."""
        found = [
            f
            for f in self._library.by_id.values()
            if f.state is FaceState.SUGGESTED and (f.probability or 0) >= least
        ]
        return sorted(found, key=lambda f: (f.probability or 0, f.face_id))

    def find_parts(
        self, face_ids: Sequence[FaceId], n_parts: int | None = None
    ) -> list[list[FaceId]]:
        """Take it that every second face is somebody else; with more parts, the first ones too."""
        n = n_parts or 2
        return [list(face_ids[place::n]) for place in range(min(n, len(face_ids)))]


class FakeDeciding:
    """Decides on a fake library; one step each."""

    def __init__(self, library: FakeLibrary) -> None:
        self._library = library
        self._undo: list[Undo] = []
        self._redo: list[Undo] = []

    def name_faces(self, face_ids: Sequence[FaceId], name: str) -> Decided:
        """Name faces."""
        with self._library.lock:
            person = self._person(name)
            return self._change(
                "name_faces", f"Named {{}} {one_line(name)}", face_ids,
                state=FaceState.CONFIRMED, person_id=person, source=Source.USER, cluster_id=None,
            )  # fmt: skip

    def _person(self, name: str) -> PersonId:
        names = self._library.names
        known = next((person_id for person_id, each in names.items() if each == name), None)
        person_id = known or PersonId(max(names, default=0) + 1)
        names[person_id] = name
        return person_id

    def name_group(self, cluster_id: ClusterId, name: str) -> Decided:
        """Name a group."""
        faces = self._library.by_id.values()
        return self.name_faces([f.face_id for f in faces if f.cluster_id == cluster_id], name)

    def confirm(self, face_ids: Sequence[FaceId]) -> Decided:
        """Confirm suggestions."""
        by_id = self._library.by_id
        ids = [i for i in face_ids if by_id[i].state is FaceState.SUGGESTED]
        named: Facts = {"state": FaceState.CONFIRMED, "source": Source.USER}
        return self._change("confirm", "Confirmed {}", ids, **named)

    def confirm_group(self, cluster_id: ClusterId, person_id: PersonId) -> Decided:
        """Give a group to somebody."""
        return self.name_group(cluster_id, self._library.names[person_id])

    def confirm_sure(
        self,
        least: float,
        person_ids: Collection[PersonId] | None = None,
        wrong: Collection[FaceId] = (),
        counted: SureSuggestions | None = None,
    ) -> Decided:
        """Confirm what is sure."""
        look = self._library.look
        if counted is not None and counted != look.count_sure(least):
            raise UsageError("other suggestions are sure by now; look at them first")
        found = [f.face_id for f in look.sure_faces(least)]
        named: Facts = {"state": FaceState.CONFIRMED, "source": Source.USER}
        also = f" and rejected {len(wrong)}" if wrong else ""
        text = f"Confirmed {in_words(len(found) - len(wrong), 'face')}{also}"
        moved = {i: REFUSED if i in wrong else named for i in found}
        return self.move("confirm_sure", f"{text}, at least {100 * least:.6g} % sure", moved)

    def reject(self, face_ids: Sequence[FaceId]) -> Decided:
        """Reject names."""
        return self._change("reject", "Rejected the name of {}", face_ids, **REFUSED)

    def ignore(self, face_ids: Sequence[FaceId]) -> Decided:
        """Put faces aside."""
        aside: Facts = {"state": FaceState.IGNORED, "person_id": None}
        return self._change("ignore", "Ignored {}", face_ids, **aside)

    def merge_people(self, person_id: PersonId, into_id: PersonId) -> Decided:
        """Merge people."""
        names, by_id = self._library.names, self._library.by_id
        moved: dict[FaceId, Facts] = {
            i: {"person_id": into_id} for i, f in by_id.items() if f.person_id == person_id
        }
        text = f"Merged {names[person_id]}, {in_words(len(moved), 'face')}, into {names[into_id]}"
        rest = {each: name for each, name in names.items() if each != person_id}
        return self.move("merge_people", text, moved, rest)

    def rename_person(self, person_id: PersonId, name: str) -> Decided:
        """Rename somebody."""
        names = self._library.names
        text, new = f"Renamed {names[person_id]} to {name}", names | {person_id: name}
        return self.move("rename_person", text, {}, new, is_decision=new != names)

    def merge_groups(self, cluster_id: ClusterId, into_id: ClusterId) -> Decided:
        """Merge groups."""
        moved: dict[FaceId, Facts] = {
            i: {"cluster_id": into_id}
            for i, f in self._library.by_id.items()
            if f.cluster_id == cluster_id
        }
        text = f"Merged two groups: {in_words(len(moved), 'face')} moved"
        return self.move("merge_groups", text, moved)

    def split(self, parts: Sequence[Sequence[FaceId]]) -> Decided:
        """Take parts out."""
        by_id = self._library.by_id
        new = max((f.cluster_id or 0 for f in by_id.values()), default=0)
        moved: dict[FaceId, Facts] = {
            i: {"cluster_id": new + number, "state": FaceState.UNKNOWN, "person_id": None}
            for number, part in enumerate(parts, start=1)
            for i in part
        }
        person_id = by_id[parts[0][0]].person_id
        whole = "a group" if person_id is None else self._library.names[person_id]
        return self.move("split", f"Split {in_words(len(moved), 'face')} off {whole}", moved)

    def undo(self) -> Decided:
        """Undo."""
        return self._step("Undone", self._undo, self._redo)

    def redo(self) -> Decided:
        """Redo."""
        return self._step("Redone", self._redo, self._undo)

    def _step(self, word: str, take: list[Undo], give: list[Undo]) -> Decided:
        library = self._library
        with library.lock:
            if not take:
                return NOTHING
            text, faces, names = take.pop()
            before = {i: library.by_id[i] for i in faces}
            give.append((text, before, dict(library.names)))
            others = dict(library.names.items() ^ names.items())
            library.by_id.update(faces)
            library.names = dict(names)
            return self._decided(f"{word}: {text}", before, others)

    def _change(self, name: str, text: str, face_ids: Iterable[FaceId], **facts: Any) -> Decided:
        """Change faces to the same facts; those that are so already stay."""
        by_id = self._library.by_id
        moved = {i: facts for i in face_ids if replace(by_id[i], **facts) != by_id[i]}
        text = text.format(in_words(len(moved), "face"))
        return self.move(name, text, moved, is_decision=bool(moved))

    def move(
        self,
        name: str,
        text: str,
        moved: Mapping[FaceId, Facts],
        names: dict[PersonId, str] | None = None,
        *,
        is_decision: bool = True,
    ) -> Decided:
        """Change faces one by one, as one step."""
        library = self._library
        with library.lock:
            library.called(name)
            if library.fails:
                raise RootOffline(library.fails)
            if not is_decision:
                return NOTHING
            before = {i: copy.copy(library.by_id[i]) for i in moved}
            self._undo.append((text, before, dict(library.names)))
            self._redo.clear()
            for i, facts in moved.items():
                library.by_id[i] = replace(library.by_id[i], **facts)
            others = {} if names is None else dict(library.names.items() ^ names.items())
            library.names = library.names if names is None else names
            return self._decided(text, before, others)

    def _decided(
        self, text: str, before: Mapping[FaceId, Face], others: Collection[PersonId]
    ) -> Decided:
        faces = [*before.values(), *(self._library.by_id[i] for i in before)]
        people = {f.person_id for f in faces if f.person_id is not None}.union(others)
        groups = {f.cluster_id for f in faces if f.cluster_id is not None}
        return Decided(text, tuple(before), tuple(sorted(people)), tuple(sorted(groups)))


class FakeReview:
    """Asks about suggestions and groups of a fake library."""

    def __init__(self, library: FakeLibrary) -> None:
        self._library = library

    def questions(self, n: int = 1) -> list[Question]:
        """Return what to ask next."""
        library = self._library
        with library.lock:
            library.called("questions")
            found = [*self._about_people(), *map(self._about_group, library.look.unknown_groups())]
            left = [each for each in found if each.face_ids not in library.skipped]
            return sorted(left, key=lambda each: -each.worth)[:n]

    def _about_people(self) -> list[Question]:
        found = []
        for person in self._library.look.people():
            shelf = Shelf("person", person_id=person.person_id)
            ids = self._library.look.shelf_faces(shelf)
            page, known = ids[: person.n_suggested], ids[person.n_suggested :]
            if page:
                found.append(Question(
                    "suggested", tuple(page), 0.9 * len(page), tuple(known[:12]),
                    person_id=person.person_id, person_name=person.name, probability=0.9,
                ))  # fmt: skip
        return found

    def _about_group(self, group: GroupRow) -> Question:
        library = self._library
        ids = tuple(library.look.shelf_faces(Shelf("group", cluster_id=group.cluster_id)))
        who = library.looks_like.get(group.cluster_id)
        if who is None:
            return Question("who", ids, len(ids) / 2, cluster_id=group.cluster_id)
        faces = library.by_id.values()
        known = [f.face_id for f in faces if f.person_id == who and f.state is FaceState.CONFIRMED]
        return Question(
            "same", ids, 0.8 * len(ids), tuple(known[:12]), cluster_id=group.cluster_id,
            person_id=who, person_name=library.names[who], probability=0.8,
        )  # fmt: skip

    def skip(self, question: Question) -> None:
        """Ask no more."""
        self._library.skipped.append(question.face_ids)

    def answer_yes(self, question: Question, left_out: Collection[FaceId] = ()) -> Decided:
        """Confirm; of suggestions those left out are wrong."""
        right = [i for i in question.face_ids if i not in left_out]
        named: Facts = {"state": FaceState.CONFIRMED, "person_id": question.person_id,
                        "source": Source.USER, "cluster_id": None}  # fmt: skip
        moved = dict.fromkeys(right, named)
        text = f"Confirmed {in_words(len(right), 'face')}"
        if question.kind == "suggested" and left_out:
            moved |= dict.fromkeys(left_out, REFUSED)
            text += f" and rejected {len(left_out)}"
        return self._library.decide.move("answer_yes", f"{text} for {question.person_name}", moved)

    def answer_no(self, question: Question, left_out: Collection[FaceId] = ()) -> Decided:
        """Reject; who nobody knows is ignored."""
        library = self._library
        if question.kind == "who":
            return library.decide.ignore([i for i in question.face_ids if i not in left_out])
        text = f"Rejected {question.person_name} for {in_words(len(question.face_ids), 'face')}"
        moved = dict.fromkeys(question.face_ids, REFUSED)
        if question.kind == "same" and question.cluster_id is not None:
            del library.looks_like[question.cluster_id]
            moved = {i: {} for i in question.face_ids}
        return library.decide.move("answer_no", text, moved)

    def answer_name(
        self, question: Question, name: str, left_out: Collection[FaceId] = ()
    ) -> Decided:
        """Name those that are not left out."""
        right = [i for i in question.face_ids if i not in left_out]
        return self._library.decide.name_faces(right, name)


def _path(photo_id: PhotoId) -> str:
    return f"/home/family/Pictures/Summer & sea/IMG_{2000 + photo_id}.jpg"


def family() -> FakeLibrary:
    """Return a small library: people with suggestions, groups, single and ignored faces."""
    library = FakeLibrary()
    names = [
        "Anna",
        "Bert & Ernie",
        "Zoë Müller",
        "<b>Carla</b>",
        "Jürgen von der Lippe-Biesterfeld",
    ]
    library.names = {PersonId(number): name for number, name in enumerate(names, start=1)}
    photo_id = 0

    def photo(*faces: tuple[int, Facts]) -> None:
        nonlocal photo_id
        photo_id += 1
        w, h = size = (1600, 1200) if photo_id % 3 else (1200, 1600)
        library.add_photo(photo_id, size)
        for place, (who, facts) in enumerate(faces):
            side = 0.17
            x = 0.08 + place * 0.23
            y = 0.22 + 0.05 * ((photo_id + place) % 3)
            library.add_face(photo_id, who, Box(x, y, x + side, y + side * 1.2 * w / h), **facts)

    def confirmed(person: int, source: Source = Source.USER) -> tuple[int, Facts]:
        return person, {"state": FaceState.CONFIRMED, "person_id": person, "source": source}

    def suggested(person: int, distance: float, probability: float) -> tuple[int, Facts]:
        return person, {
            "state": FaceState.SUGGESTED, "person_id": person, "source": Source.AUTO,
            "distance": distance, "probability": probability,
        }  # fmt: skip

    def unknown(cluster: int | None) -> tuple[int, Facts]:
        return 5 + (cluster or photo_id % 7), {"cluster_id": cluster}

    for n in range(14):
        photo(confirmed(1), confirmed(2, Source.PICASA), unknown(1 + n % 3))
    for n in range(9):
        photo(
            suggested(1, 0.28 + n * 0.021, 0.998 - n * 0.05),
            confirmed(3, Source.XMP),
            unknown(1),
            unknown(None),
        )
    for n in range(4):
        photo(suggested(3, 0.35 + n * 0.03, 0.9 - n * 0.1), confirmed(4), confirmed(5), unknown(2))
    photo((9, {"state": FaceState.IGNORED}), (11, {"state": FaceState.IGNORED}))
    return library


def crowd(n: int, *, cluster_id: int | None = None) -> FakeLibrary:
    """Return a library of ``n`` unknown faces, one a photo."""
    library = FakeLibrary()
    group = None if cluster_id is None else ClusterId(cluster_id)
    for number in range(1, n + 1):
        library.add_photo(number, (800, 600))
        library.add_face(number, number % 25, Box(0.3, 0.2, 0.6, 0.7), cluster_id=group)
    return library


def as_window_library(library: FakeLibrary) -> WindowLibrary:
    """Return the fake as what it stands for; it is mypy that looks at this."""
    return library


def settle(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until the window has asked for nothing more."""
    qtbot.waitUntil(lambda: window.workers.is_idle, timeout=10_000)
    qtbot.wait(50)
    qtbot.waitUntil(lambda: window.workers.is_idle, timeout=10_000)
