"""A library in memory with drawn faces: what the window talks to in tests."""

from __future__ import annotations

import copy
import io
import threading
import unicodedata
from dataclasses import dataclass, field, replace
from functools import lru_cache

from PIL import Image, ImageDraw

from facedex.errors import RootOffline, UsageError
from facedex.services.decisions.decide_people import MergePreview
from facedex.services.decisions.decide_sure import SHOWN, SureSuggestions
from facedex.services.decisions.decided import NOTHING, Decided
from facedex.services.reviewing.questions import Question
from facedex.services.telling.records import FaceRow, GroupRow, PersonRow, PhotoRow, Shelf
from facedex.types import Box, FaceState, Source
from facedex.viewer import text as words

SKINS = ("#f2c9a5", "#d9a066", "#a86f42", "#7a4b2a", "#f6dcc4")
HAIRS = ("#2b1d14", "#8a5a2b", "#d8b45a", "#5d5d66", "#a33b20")
SHIRTS = ("#4a6fa5", "#7a9e7e", "#c06c84", "#e0a458", "#6c5b7b", "#3d5a6c")


def folded(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in bare if not unicodedata.combining(each))


def draw_head(draw: ImageDraw.ImageDraw, box, who: int) -> None:
    """Draw a cartoon head that fills ``box`` (left, top, right, bottom)."""
    left, top, right, bottom = box
    w, h = right - left, bottom - top
    skin, hair = SKINS[who % 5], HAIRS[(who // 5 + who) % 5]

    def at(x0, y0, x1, y1):
        return (left + x0 * w, top + y0 * h, left + x1 * w, top + y1 * h)

    draw.ellipse(at(0.02, -0.08, 0.98, 0.75), fill=hair)
    if who % 3 == 0:
        draw.rectangle(at(0.02, 0.3, 0.98, 0.95), fill=hair)
    draw.ellipse(at(0.1, 0.05, 0.9, 1.0), fill=skin)
    draw.chord(at(0.08, -0.02, 0.92, 0.55), 180, 360, fill=hair)
    for x in (0.34, 0.66):
        draw.ellipse(at(x - 0.08, 0.42, x + 0.08, 0.52), fill="white")
        draw.ellipse(at(x - 0.035, 0.435, x + 0.035, 0.505), fill="#222")
        if who % 4 == 1:
            draw.ellipse(
                at(x - 0.13, 0.37, x + 0.13, 0.58), outline="#222", width=max(1, int(w / 50))
            )
    draw.line(at(0.5, 0.52, 0.47, 0.66), fill="#00000055", width=max(1, int(w / 50)))
    draw.arc(at(0.33, 0.6, 0.67, 0.84), 20, 160, fill="#7a2d2d", width=max(2, int(w / 28)))


def to_jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


@lru_cache(maxsize=512)
def thumbnail_jpeg(who: int, shade: int) -> bytes:
    image = Image.new("RGB", (160, 160), (200 - shade * 9, 214 - shade * 5, 222 - shade * 7))
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 125, 140, 220), fill=SHIRTS[who % 6])
    draw_head(draw, (36, 28, 124, 138), who)
    return to_jpeg(image)


@dataclass
class Face:
    """The facts of one fake face."""

    face_id: int
    photo_id: int
    who: int
    box: Box
    state: FaceState = FaceState.UNKNOWN
    person_id: int | None = None
    source: Source | None = None
    distance: float | None = None
    cluster_id: int | None = None
    probability: float | None = None


@dataclass
class FakeLibrary:
    """The methods of ``facedex.services.library.Library``, without a disk."""

    names: dict[int, str] = field(default_factory=dict)
    by_id: dict[int, Face] = field(default_factory=dict)
    sizes: dict[int, tuple[int, int]] = field(default_factory=dict)
    pictures: dict[int, bytes] = field(default_factory=dict)
    offline: set[int] = field(default_factory=set)
    follows: dict = field(default_factory=dict)  # faces as the next decision leaves them
    calls: list[tuple[str, int]] = field(default_factory=list)  # name, thread
    fails: str = ""
    version: int = 1
    looks_like: dict[int, int] = field(default_factory=dict)  # group -> person
    skipped: list = field(default_factory=list)
    _undo: list = field(default_factory=list)
    _redo: list = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def add_photo(self, photo_id: int, size: tuple[int, int]) -> None:
        self.sizes[photo_id] = size

    def add_face(self, photo_id: int, who: int, box: Box, **facts) -> Face:
        face = Face(len(self.by_id) + 1, photo_id, who, box, **facts)
        self.by_id[face.face_id] = face
        return face

    def _called(self, name: str) -> None:
        self.calls.append((name, threading.get_ident()))

    def people(self):
        with self._lock:
            self._called("people")
            rows = []
            for person_id, name in self.names.items():
                states = [f.state for f in self.by_id.values() if f.person_id == person_id]
                n_confirmed = states.count(FaceState.CONFIRMED)
                n_suggested = states.count(FaceState.SUGGESTED)
                n = n_confirmed + n_suggested
                rows.append(PersonRow(person_id, name, n, n_confirmed, n_suggested))
            return sorted(rows, key=lambda row: folded(row.name))

    def unknown_groups(self):
        with self._lock:
            sizes: dict[int, int] = {}
            for face in self.by_id.values():
                if face.cluster_id is not None and face.state is FaceState.UNKNOWN:
                    sizes[face.cluster_id] = sizes.get(face.cluster_id, 0) + 1
            return [
                GroupRow(c, n) for c, n in sorted(sizes.items(), key=lambda it: (-it[1], it[0]))
            ]

    def n_ungrouped(self):
        return len(self._ids("ungrouped"))

    def n_ignored(self):
        return len(self._ids("ignored"))

    def _ids(self, kind):
        with self._lock:
            if kind == "ignored":
                return [i for i, f in self.by_id.items() if f.state is FaceState.IGNORED]
            return [
                i
                for i, f in self.by_id.items()
                if f.cluster_id is None and f.state in (FaceState.UNKNOWN, FaceState.REJECTED)
            ]

    def shelf_faces(self, shelf):
        with self._lock:
            self._called("shelf_faces")
            if shelf.kind == "group":
                return [
                    i
                    for i, f in self.by_id.items()
                    if f.cluster_id == shelf.cluster_id and f.state is FaceState.UNKNOWN
                ]
            if shelf.kind != "person":
                return self._ids(shelf.kind)
            mine = [f for f in self.by_id.values() if f.person_id == shelf.person_id]
            new = sorted(
                (f for f in mine if f.state is FaceState.SUGGESTED), key=lambda f: f.distance
            )
            return [f.face_id for f in new] + [
                f.face_id for f in mine if f.state is FaceState.CONFIRMED
            ]

    def faces(self, face_ids):
        with self._lock:
            self._called("faces")
            return [self._row(self.by_id[i]) for i in face_ids if i in self.by_id]

    def _row(self, face):
        name = self.names.get(face.person_id)
        path = f"/home/family/Pictures/Summer & sea/IMG_{2000 + face.photo_id}.jpg"
        return FaceRow(
            face.face_id, face.photo_id, face.person_id, name, face.state, face.source,
            face.box, path, face.distance, face.cluster_id, probability=face.probability,
        )  # fmt: skip

    def photo(self, photo_id):
        with self._lock:
            rows = tuple(self._row(f) for f in self.by_id.values() if f.photo_id == photo_id)
            w, h = self.sizes[photo_id]
            path = f"/home/family/Pictures/Summer & sea/IMG_{2000 + photo_id}.jpg"
            return PhotoRow(photo_id, path, w, h, 1_563_118_320_000_000, rows)

    def thumbnail(self, face_id):
        self._called("thumbnail")
        face = self.by_id[face_id]
        return thumbnail_jpeg(face.who, face_id % 6)

    def preview(self, photo_id, long_side_px):
        self._called("preview")
        if photo_id in self.offline:
            raise RootOffline("the folder /media/<b>disk</b> is not there", "Connect the disk")
        if photo_id in self.pictures:
            return self.pictures[photo_id]
        w, h = self.sizes[photo_id]
        scale = min(1.0, long_side_px / max(w, h))
        w, h = round(w * scale), round(h * scale)
        image = Image.new("RGB", (w, h), "#bcd7e6")
        draw = ImageDraw.Draw(image)
        draw.rectangle((0, h * 0.55, w, h), fill="#d9c79b")
        draw.rectangle((0, h * 0.45, w, h * 0.55), fill="#7fb0c8")
        for face in (f for f in self.by_id.values() if f.photo_id == photo_id):
            b = face.box
            x, r = (b.x0 + b.x1) / 2 * w, b.width * w
            draw.ellipse(
                (x - r, b.y1 * h - r * 0.2, x + r, b.y1 * h + r * 3), fill=SHIRTS[face.who % 6]
            )
            draw_head(draw, (b.x0 * w, b.y0 * h, b.x1 * w, b.y1 * h), face.who)
        return to_jpeg(image)

    def find_people(self, text, limit=10):
        self._called("find_people")
        key = folded(text)
        rows = [r for r in self.people() if any(w.startswith(key) for w in folded(r.name).split())]
        return rows[:limit]

    def _change(self, name, text, face_ids, **facts):
        """Change faces to the same facts; those that are so already stay."""
        moved = {i: facts for i in face_ids if replace(self.by_id[i], **facts) != self.by_id[i]}
        text = text.format(words.counted(len(moved), "face"))
        return self._move(name, text, moved, is_decision=bool(moved))

    def _person(self, name):
        for person_id, known in self.names.items():
            if known == name:
                return person_id
        person_id = max(self.names, default=0) + 1
        self.names[person_id] = name
        return person_id

    def name_faces(self, face_ids, name):
        with self._lock:
            person = self._person(name)
            return self._change(
                "name_faces", f"Named {{}} {words.one_line(name)}", face_ids,
                state=FaceState.CONFIRMED, person_id=person, source=Source.USER, cluster_id=None,
            )  # fmt: skip

    def name_group(self, cluster_id, name):
        ids = [i for i, f in self.by_id.items() if f.cluster_id == cluster_id]
        return self.name_faces(ids, name)

    def confirm(self, face_ids):
        ids = [i for i in face_ids if self.by_id[i].state is FaceState.SUGGESTED]
        return self._change(
            "confirm", "Confirmed {}", ids,
            state=FaceState.CONFIRMED, source=Source.USER,
        )  # fmt: skip

    def count_sure(self, least, person_ids=None):
        with self._lock:
            self._called("count_sure")
            sure = self._sure(least)
            ids = tuple(i for _p, i, _who in sure)
            n_people = len({who for _p, _i, who in sure})
            return SureSuggestions(
                least, len(ids), n_people, sum(1 - p for p, _i, _w in sure), ids[:SHOWN]
            )

    def _sure(self, least):
        return sorted(
            (f.probability, f.face_id, f.person_id)
            for f in self.by_id.values()
            if f.state is FaceState.SUGGESTED and (f.probability or 0) >= least
        )

    def confirm_sure(self, least, person_ids=None, wrong=(), counted=None):
        if counted is not None and counted != self.count_sure(least):
            raise UsageError("other suggestions are sure by now; look at them first")
        found = [i for _p, i, _who in self._sure(least)]
        named = {"state": FaceState.CONFIRMED, "source": Source.USER}
        refused = {"state": FaceState.REJECTED, "person_id": None, "source": None}
        moved = {i: refused if i in wrong else named for i in found}
        n = words.counted(len(found) - len(wrong), "face")
        also = f" and rejected {len(wrong)}" if wrong else ""
        text = f"Confirmed {n}{also}, at least {100 * least:.6g} % sure"
        return self._move("confirm_sure", text, moved)

    def reject(self, face_ids):
        return self._change(
            "reject", "Rejected the name of {}", face_ids,
            state=FaceState.REJECTED, person_id=None, source=None,
        )  # fmt: skip

    def ignore(self, face_ids):
        return self._change("ignore", "Ignored {}", face_ids,
                            state=FaceState.IGNORED, person_id=None)  # fmt: skip

    def confirm_group(self, cluster_id, person_id):
        return self.name_group(cluster_id, self.names[person_id])

    def _move(self, name, text, moved, names=None, *, is_decision=True):
        """Change faces one by one, as one step; ``moved`` is id -> facts."""
        with self._lock:
            self._called(name)
            if self.fails:
                raise RootOffline(self.fails)
            if not is_decision:
                return NOTHING
            before = {i: copy.copy(self.by_id[i]) for i in moved}
            self._undo.append((text, before, dict(self.names)))
            self._redo.clear()
            for i, facts in moved.items():
                self.by_id[i] = replace(self.by_id[i], **facts)
            others = {} if names is None else dict(self.names.items() ^ names.items())
            self.names = self.names if names is None else names
            return self._decided(text, before, others)

    def _decided(self, text, before, others):
        faces = [*before.values(), *(self.by_id[i] for i in before)]
        people = {*others, *(face.person_id for face in faces)} - {None}
        groups = {face.cluster_id for face in faces} - {None}
        return Decided(text, tuple(before), tuple(sorted(people)), tuple(sorted(groups)))

    def preview_merge(self, person_id, into_id):
        photos = [{f.photo_id for f in self.by_id.values() if f.person_id == each
                   and f.state is FaceState.CONFIRMED} for each in (person_id, into_id)]  # fmt: skip
        n = sum(f.person_id == person_id for f in self.by_id.values())
        return MergePreview(
            self.names[person_id], self.names[into_id], n, len(photos[0] & photos[1])
        )

    def merge_people(self, person_id, into_id):
        moved = {
            i: {"person_id": into_id} for i, f in self.by_id.items() if f.person_id == person_id
        }
        names = {each: name for each, name in self.names.items() if each != person_id}
        n = words.counted(len(moved), "face")
        text = f"Merged {self.names[person_id]}, {n}, into {self.names[into_id]}"
        return self._move("merge_people", text, moved, names)

    def rename_person(self, person_id, name):
        text, names = f"Renamed {self.names[person_id]} to {name}", self.names | {person_id: name}
        is_decision = names != self.names
        return self._move("rename_person", text, {}, names, is_decision=is_decision)

    def merge_groups(self, cluster_id, into_id):
        moved = {
            i: {"cluster_id": into_id} for i, f in self.by_id.items() if f.cluster_id == cluster_id
        }
        text = f"Merged two groups: {words.counted(len(moved), 'face')} moved"
        return self._move("merge_groups", text, moved)

    def find_parts(self, face_ids, n_parts=None):
        """Every second face is somebody else; with more parts, the first ones too."""
        n = n_parts or 2
        return [list(face_ids[place::n]) for place in range(min(n, len(face_ids)))]

    def split(self, parts):
        new = max((f.cluster_id or 0 for f in self.by_id.values()), default=0)
        moved = {
            i: {"cluster_id": new + number, "state": FaceState.UNKNOWN, "person_id": None}
            for number, part in enumerate(parts, start=1)
            for i in part
        }
        whole = {self.names.get(self.by_id[i].person_id, "a group") for i in moved}
        return self._move(
            "split", f"Split {words.counted(len(moved), 'face')} off {whole.pop()}", moved
        )

    def questions(self, n=1):
        with self._lock:
            self._called("questions")
            found = []
            for person in self.people():
                shelf = self.shelf_faces(Shelf("person", person_id=person.person_id))
                page, known = shelf[: person.n_suggested], shelf[person.n_suggested :]
                if page:
                    found.append(Question(
                        "suggested", tuple(page), 0.9 * len(page), tuple(known[:12]),
                        person_id=person.person_id, person_name=person.name, probability=0.9,
                    ))  # fmt: skip
            for group in self.unknown_groups():
                ids = tuple(self.shelf_faces(Shelf("group", cluster_id=group.cluster_id)))
                who = self.looks_like.get(group.cluster_id)
                if who is None:
                    found.append(Question("who", ids, len(ids) / 2, cluster_id=group.cluster_id))
                    continue
                known = [i for i, f in self.by_id.items()
                         if f.person_id == who and f.state is FaceState.CONFIRMED][:12]  # fmt: skip
                found.append(Question(
                    "same", ids, 0.8 * len(ids), tuple(known), cluster_id=group.cluster_id,
                    person_id=who, person_name=self.names[who], probability=0.8,
                ))  # fmt: skip
            left = [each for each in found if each.face_ids not in self.skipped]
            return sorted(left, key=lambda each: -each.worth)[:n]

    def skip(self, question):
        self.skipped.append(question.face_ids)

    def answer_yes(self, question, left_out=()):
        right = [i for i in question.face_ids if i not in left_out]
        moved = {i: {"state": FaceState.CONFIRMED, "person_id": question.person_id,
                     "source": Source.USER, "cluster_id": None} for i in right}  # fmt: skip
        if question.kind == "suggested":
            moved |= {i: {"state": FaceState.REJECTED, "person_id": None} for i in left_out}
        also = f" and rejected {len(left_out)}" if left_out and question.kind == "suggested" else ""
        text = f"Confirmed {words.counted(len(right), 'face')}{also} for {question.person_name}"
        return self._move("answer_yes", text, moved)

    def answer_no(self, question, left_out=()):
        if question.kind == "who":
            return self.ignore([i for i in question.face_ids if i not in left_out])
        text = (
            f"Rejected {question.person_name} for {words.counted(len(question.face_ids), 'face')}"
        )
        if question.kind == "same":
            del self.looks_like[question.cluster_id]
            return self._move("answer_no", text, {i: {} for i in question.face_ids})
        rejected = {"state": FaceState.REJECTED, "person_id": None}
        return self._move("answer_no", text, dict.fromkeys(question.face_ids, rejected))

    def answer_name(self, question, name, left_out=()):
        return self.name_faces([i for i in question.face_ids if i not in left_out], name)

    def _step(self, word, take, give):
        with self._lock:
            if not take:
                return NOTHING
            text, faces, names = take.pop()
            before = {i: self.by_id[i] for i in faces}
            give.append((text, before, dict(self.names)))
            others = dict(self.names.items() ^ names.items())
            self.by_id.update(faces)
            self.names = dict(names)
            return self._decided(f"{word}: {text}", before, others)

    def undo(self):
        return self._step("Undone", self._undo, self._redo)

    def redo(self):
        return self._step("Redone", self._redo, self._undo)

    def rematch(self):
        self._called("rematch")
        return 5

    def follow_decisions(self):
        """Change the faces in ``follows``, as if the decision said something about them."""
        self._called("follow_decisions")
        with self._lock:
            follows, self.follows = self.follows, {}
            self.by_id.update(follows)
            self.version += bool(follows)
        return len(follows)

    def data_version(self):
        return self.version

    def close(self):
        self._called("close")


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
    library.names = dict(enumerate(names, start=1))
    photo_id = 0

    def photo(*faces):
        nonlocal photo_id
        photo_id += 1
        library.add_photo(photo_id, (1600, 1200) if photo_id % 3 else (1200, 1600))
        for place, (who, facts) in enumerate(faces):
            w, h = library.sizes[photo_id]
            side = 0.17
            x = 0.08 + place * 0.23
            y = 0.22 + 0.05 * ((photo_id + place) % 3)
            library.add_face(photo_id, who, Box(x, y, x + side, y + side * 1.2 * w / h), **facts)

    def confirmed(person, source=Source.USER):
        return person, {"state": FaceState.CONFIRMED, "person_id": person, "source": source}

    def suggested(person, distance, probability):
        return person, {
            "state": FaceState.SUGGESTED, "person_id": person, "source": Source.AUTO,
            "distance": distance, "probability": probability,
        }  # fmt: skip

    def unknown(cluster):
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
    for number in range(1, n + 1):
        library.sizes[number] = (800, 600)
        box = Box(0.3, 0.2, 0.6, 0.7)
        library.by_id[number] = Face(number, number, number % 25, box, cluster_id=cluster_id)
    return library


def settle(qtbot, window) -> None:
    """Wait until the window has asked for nothing more."""
    qtbot.waitUntil(lambda: window.workers.is_idle, timeout=10_000)
    qtbot.wait(50)
    qtbot.waitUntil(lambda: window.workers.is_idle, timeout=10_000)
