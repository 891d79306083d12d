"""How many faces a decision names: an owner who knows the truth answers the review queue, by hand:

    python benchmarks/identity/review.py [--data DIR] [--named N] [--parts | --speed N]

Libraries are made from LFW photos (whole pipeline, encodings cached in the temporary folder as
lfw_faces.py leaves them), with nobody named, or with N faces of each person named, as a library
from Picasa begins. Everything goes through the services: matching, the queue, the answers, the
journal. Where more than a page of suggestions is 99.5 % sure, the owner confirms them all as one
decision, after a look at the least sure 60. --parts shows how mixed clusters fall apart instead,
--speed the time that a question takes in a library of N made-up faces.
"""

import argparse
import hashlib
import os
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from lfw_faces import PROJECT, load_faces
from numpy.typing import NDArray

from facedex.db import faces, files, photos
from facedex.db.connection import transaction
from facedex.db.library import open_library, set_meta
from facedex.services.library import Library
from facedex.services.reviewing.questions import PAGE, Question
from facedex.types import SURE, Box, FaceId, FileStat, PhotoFacts

MODEL = "dlib-resnet-v1-55533b28-mirror"
MARKS = (50, 100, 250, 500)
REMATCH_EVERY = 10


def make_library(
    folder: Path, encodings: NDArray[np.float32], photo_of: NDArray[np.int64]
) -> list[FaceId]:
    """Fill a new library with one face for each encoding."""
    db = open_library(folder, "NORMAL")
    made: list[FaceId] = []
    with transaction(db):
        set_meta(db, "model", MODEL)
        root = files.ensure_root(db, os.fsencode(folder / "photos"))
        photo_ids = {}
        for at, (encoding, photo) in enumerate(zip(encodings, photo_of.tolist(), strict=True)):
            if photo not in photo_ids:
                image = hashlib.sha256(str(photo).encode()).digest()
                photo_ids[photo] = photos.add_photo(db, image, PhotoFacts("JPEG", 1000, 1000))
                stat = FileStat(b"%d.jpg" % photo, 1, 1, 1, photo + 1, 1)
                file_id = files.add_file(db, root, stat)
                files.set_read(db, file_id, 10**18, image, photo_ids[photo], 1)
            x = 0.1 * (at % 9)
            face = faces.NewFace(Box(x, 0.1, x + 0.09, 0.3), "cnn", 1.0, None, encoding)
            made.append(faces.add_face(db, photo_ids[photo], face, "benchmark", MODEL))
    db.close()
    return made


# --- an owner who knows everybody
# ------------------------------------------------------------------


class Owner:
    def __init__(self, library: Library, truth: dict[FaceId, str]) -> None:
        self.library = library
        self.truth = truth
        self.asked: Counter[str] = Counter()
        self.yes: Counter[str] = Counter()

    def decide(self) -> bool:
        """Confirm what is sure where that is more than a page, else answer a question."""
        sure = self.library.look.count_sure(SURE)
        if sure.n_faces > PAGE:
            names = {
                row.face_id: row.person_name for row in self.library.look.faces(sure.least_sure)
            }
            wrong = {face for face, name in names.items() if name != self.truth[face]}
            self.library.decide.confirm_sure(SURE, wrong=wrong)
            self.asked["sure"] += 1
            return True
        questions = self.library.review.questions()
        if questions:
            self.answer(questions[0])
        return bool(questions)

    def answer(self, question: Question) -> None:
        self.asked[question.kind] += 1
        who = Counter(self.truth[face] for face in question.face_ids).most_common(1)[0][0]
        if question.kind == "suggested":
            who = question.person_name or ""
        wrong = {face for face in question.face_ids if self.truth[face] != who}
        if question.kind == "who":
            self.library.review.answer_name(question, who, wrong)
        elif question.kind == "suggested" or who == self._other(question):
            self.yes[question.kind] += 1
            self.library.review.answer_yes(question, wrong)
        else:
            self.library.review.answer_no(question)

    def _other(self, question: Question) -> str:
        if question.person_name is not None:
            return question.person_name
        return Counter(self.truth[face] for face in question.beside).most_common(1)[0][0]


def count_named(library: Library, truth: dict[FaceId, str]) -> tuple[int, int]:
    """Return how many faces have their name, and how many another's: confirmed as sure, unseen."""
    named = library.look.find_faces(None, "confirmed", 1_000_000)
    n_wrong = sum(row.person_name != truth[row.face_id] for row in named)
    return len(named) - n_wrong, n_wrong


def name_some(library: Library, truth: dict[FaceId, str], n_each: int) -> None:
    """Name the first faces of everybody, as another program's user did."""
    first: dict[str, list[FaceId]] = {}
    for face, name in truth.items():
        first.setdefault(name, []).append(face)
    for name, faces_of in first.items():
        library.decide.name_faces(faces_of[:n_each], name)


def simulate(
    title: str, encodings: NDArray[np.float32], names: NDArray[np.str_], n_named: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = make_library(Path(folder), encodings, np.arange(len(names)))
        truth = dict(zip(made, names.tolist(), strict=True))
        library = Library.open(Path(folder))
        name_some(library, truth, n_named)
        library.rematch()
        owner = Owner(library, truth)
        counts = sorted(Counter(names.tolist()).values(), reverse=True)
        at_first = sum(min(n, n_named) for n in counts)
        print(
            f"\n{title}: {len(names):,} faces of {len(counts):,} people,"
            f" {at_first:,} faces named before"
        )
        for done in range(1, MARKS[-1] + 1):
            if not owner.decide():
                print(f"  no question is left after {done - 1}")
                break
            if done % REMATCH_EVERY == 0:
                library.rematch()
            if done in MARKS:
                n, n_wrong = count_named(library, truth)
                best = sum(max(each - n_named, 0) for each in counts[:done]) + at_first
                print(
                    f"  {done:4d} decisions: {n / len(names):6.1%} of the faces have their name,"
                    f" {n_wrong} another's; one person a decision would be {best / len(names):6.1%}"
                )
        asked = ", ".join(
            f"{kind} {owner.asked[kind]} ({owner.yes[kind]} yes)" for kind in owner.asked
        )
        print(f"  asked: {asked}")
        library.close()


def show_curves(encodings: NDArray[np.float32], names: NDArray[np.str_], n_named: int) -> None:
    counts = Counter(names.tolist())
    by_size = [name for name, _n in sorted(counts.items(), key=lambda it: (-it[1], it[0]))]
    for title, chosen in (
        ("The 50 people with most photos", by_size[:50]),
        ("The 100 people with most photos", by_size[:100]),
        ("The 200 people with most photos", by_size[:200]),
        ("The 300 people with most photos", by_size[:300]),
        ("The 400 people with most photos", by_size[:400]),
        ("People with two photos or more", [name for name in by_size if counts[name] > 1]),
        ("Everybody", by_size),
    ):
        kept = np.isin(names, chosen)
        simulate(title, encodings[kept], names[kept], n_named)


# --- mixed clusters -------------------------------------------------------------------------------


def show_parts(encodings: NDArray[np.float32], names: NDArray[np.str_]) -> None:
    """Mix two people with five photos or more, 300 times, and look at the parts offered."""
    counts = Counter(names.tolist())
    people = sorted(name for name, n in counts.items() if n >= 5)
    rng = np.random.default_rng(1)
    n_pure, n_parts = 0, Counter[int]()
    with tempfile.TemporaryDirectory() as folder:
        made = np.array(make_library(Path(folder), encodings, np.arange(len(names))))
        library = Library.open(Path(folder))
        for _ in range(300):
            mixed = np.isin(names, rng.choice(people, 2, replace=False))
            truth = dict(zip(made[mixed].tolist(), names[mixed].tolist(), strict=True))
            parts = library.look.find_parts(made[mixed].tolist())
            n_parts[len(parts)] += 1
            n_pure += all(len({truth[face] for face in part}) == 1 for part in parts)
        library.close()
    print(
        f"every part is one person in {n_pure} of 300; number of parts: {sorted(n_parts.items())}"
    )


# --- the time of a question
# ------------------------------------------------------------------------


def time_questions(n_faces: int) -> None:
    rng = np.random.default_rng(0)
    # a third of the faces are strangers seen once
    sizes = np.minimum(rng.zipf(1.7, n_faces), 2000)
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), 2 * n_faces // 3)) + 1]
    sizes = np.concatenate([sizes, np.ones(n_faces // 3, np.int64)])
    who = np.repeat(np.arange(len(sizes)), sizes)[:n_faces]
    middles = rng.normal(size=(len(sizes), 128)).astype(np.float32)
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    encodings = middles[who] + rng.normal(size=(n_faces, 128)).astype(np.float32) * 0.02
    with tempfile.TemporaryDirectory() as folder:
        made = make_library(Path(folder), encodings, np.arange(n_faces))
        db = open_library(Path(folder), "NORMAL")
        with transaction(db):
            for person in np.unique(who[np.isin(who, np.flatnonzero(sizes > 1))]):
                db.execute("INSERT INTO cluster (id, created_us) VALUES (?, 0)", (int(person) + 1,))
            for face, person in zip(made, who.tolist(), strict=True):
                if sizes[person] > 1:
                    faces.set_cluster(db, face, person + 1)
        db.close()
        library = Library.open(Path(folder))
        truth = {face: f"Person {person}" for face, person in zip(made, who.tolist(), strict=True)}
        owner = Owner(library, truth)
        start = time.process_time(), time.perf_counter()
        library.review.questions()
        took = time.process_time() - start[0], time.perf_counter() - start[1]
        print(f"{n_faces:,} faces in {len(sizes):,} units")
        print(f"  first question: {took[0]:.2f} s of processor time, {took[1]:.2f} s")
        asking, answering = [], []
        for _ in range(200):
            start = time.process_time(), 0.0
            question = library.review.questions()[0]
            asking.append(time.process_time() - start[0])
            owner.answer(question)
            answering.append(time.process_time() - start[0] - asking[-1])
        for title, times in (("a question", asking), ("an answer", answering)):
            ms = np.sort(np.array(times)) * 1000
            print(
                f"  {title}: median {np.median(ms):.0f} ms,"
                f" 95 % below {ms[int(0.95 * len(ms))]:.0f} ms,"
                f" the slowest {ms[-1]:.0f} ms of processor time"
            )
        library.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=PROJECT.parent / "shared" / "data" / "dev")
    parser.add_argument("--named", type=int, default=0, metavar="N", help="faces named before")
    parser.add_argument("--parts", action="store_true")
    parser.add_argument("--speed", type=int, metavar="N")
    options = parser.parse_args()
    if options.speed:
        time_questions(options.speed)
        return
    encodings, names = load_faces(options.data)
    if options.parts:
        show_parts(encodings, names)
    else:
        show_curves(encodings, names, options.named)


if __name__ == "__main__":
    main()
