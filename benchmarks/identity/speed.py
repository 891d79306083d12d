"""How fast matching is, and how fast a decision shows in the suggestions.

    python benchmarks/identity/speed.py

Faces are drawn, so that none of a real person is needed: people around random directions, as far
apart as LFW's. First 100,000 new faces against 5,000 known people, with NumPy's product of the two
matrices alone as the floor. Then a library of 100,000 faces in a real database: a decision is made
and the suggestions are brought up to date, as the window does it; printed are the median and the
worst of some decisions, and the parts. Times are wall-clock; on a busy machine read the ratio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facedex.db.connection import transaction
from facedex.db.library import open_library, set_meta
from facedex.matching.calibration import SHIPPED
from facedex.matching.constraints import key_set
from facedex.matching.known_people import Faces
from facedex.matching.metrics import fit_metric
from facedex.matching.recogniser import Recogniser
from facedex.matching.rules import Rules
from facedex.services.decisions import decide_faces
from facedex.services.decisions.follow_decisions import Follower
from facedex.services.recognising.metric_choice import load_types
from facedex.types import FaceId, MetricName

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

N_FACES, N_PEOPLE = 100_000, 5_000
MODEL = "dlib-resnet-v1-55533b28-mirror"
WITHIN = 0.022  # a person's faces lie about 0.3 of unit length apart, as LFW's do
LOW_RANK = 24  # people's directions fill few dimensions, as LFW's do: strangers lie 0.56 apart


def draw_faces(
    rng: np.random.Generator, people: NDArray[np.int64], n_people: int
) -> NDArray[np.float32]:
    """Return encodings of these people, those of one near each other, of norm 1.4."""
    common = load_types().vectors.mean(axis=0)
    spread = rng.normal(size=(LOW_RANK, 128)) / np.sqrt(128)
    middles = 0.92 * common + 0.5 * (rng.normal(size=(n_people, LOW_RANK)) @ spread) / np.sqrt(6)
    faces = middles[people] + rng.normal(size=(len(people), 128)) * WITHIN
    return (1.42 * faces / np.linalg.norm(faces, axis=1, keepdims=True)).astype(np.float32)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return wall-clock and processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def match_new_faces() -> None:
    """Print the times of a whole match and of the product alone."""
    rng = np.random.default_rng(0)
    known = np.arange(N_PEOPLE)
    new = rng.integers(0, 2 * N_PEOPLE, size=N_FACES)  # half of them are of strangers
    people = np.concatenate((known, new))
    encodings = draw_faces(rng, people, 2 * N_PEOPLE)
    n = len(people)
    person = np.concatenate((known + 1, np.zeros(N_FACES, np.int64)))
    nowhere = np.full(n, np.nan)
    rules = Rules(person, np.zeros(n, np.bool_), key_set([]), key_set([]))
    metric = fit_metric(MetricName.TYPICALITY, encodings[:100], person[:100], load_types())
    found = None

    def work() -> None:
        nonlocal found
        faces = Faces(encodings, np.arange(n), nowhere, nowhere)
        matcher = Recogniser(metric, SHIPPED[MetricName.TYPICALITY], faces)
        found = matcher.learn(rules)

    def floor() -> None:
        for start in range(0, N_FACES, 2048):
            encodings[N_PEOPLE + start : N_PEOPLE + start + 2048] @ encodings[:N_PEOPLE].T

    floors, works = [], []
    for _ in range(3):
        floors.append(timed(floor))
        works.append(timed(work))
    assert found is not None
    right = people[found.faces] + 1 == found.people
    print(
        f"{N_FACES:,} new faces, {N_PEOPLE:,} people: {len(right):,} suggestions,"
        f" {right.mean():.1%} right"
    )
    for name, times in (("product alone", floors), ("all of it", works)):
        wall, processor = (statistics.median(column) for column in zip(*times, strict=True))
        print(f"  {name:14} {wall:6.2f} s, {processor:6.2f} s of processor time")


def make_library(directory: Path, n_people: int, n_labels: int) -> list[FaceId]:
    """Fill a library with ``N_FACES`` faces, some of them named; return the open ones."""
    rng = np.random.default_rng(1)
    people = np.sort(rng.integers(0, 2 * n_people, size=N_FACES))
    encodings = draw_faces(rng, people, 2 * n_people)
    db = open_library(directory, "NORMAL")
    first = np.concatenate(([0], np.flatnonzero(np.diff(people)) + 1))
    start = dict(zip(people[first].tolist(), first.tolist(), strict=True))
    is_label = [p < n_people and at - start[p] < n_labels for at, p in enumerate(people.tolist())]
    with transaction(db):
        set_meta(db, "model", MODEL)
        db.executemany(
            "INSERT INTO photo (id, image_hash, format, width_px, height_px, orientation, taken_us)"
            " VALUES (?, ?, 'JPEG', 4000, 3000, 1, ?)",
            ((at + 1, at.to_bytes(32, "big"), at * 10**9) for at in range(N_FACES)),
        )
        db.execute("INSERT INTO root (id, path, path_text, added_us) VALUES (1, x'2f', '/', 0)")
        db.executemany(
            "INSERT INTO file (root_id, relpath, relpath_text, path_is_lossy, size_bytes, mtime_ns,"
            " ctime_ns, inode, n_links, photo_id, state, first_seen_us)"
            " VALUES (1, CAST(?1 AS BLOB), ?1, 0, 1, 0, 0, ?2, 1, ?2, 'present', 0)",
            ((str(at + 1), at + 1) for at in range(N_FACES)),
        )
        db.executemany(
            "INSERT INTO face (id, uuid, photo_id, x0, y0, x1, y1, origin, created_us)"
            " VALUES (?1, ?2, ?1, 0.1, 0.1, 0.5, 0.5, 'cnn', 0)",
            ((at + 1, str(at)) for at in range(N_FACES)),
        )
        db.executemany(
            "INSERT INTO encoding VALUES (?, ?, 128, ?)",
            ((at + 1, MODEL, encodings[at].tobytes()) for at in range(N_FACES)),
        )
        db.executemany(
            "INSERT INTO person (id, uuid, name, created_us) VALUES (?1, ?2, ?2, 0)",
            ((p + 1, f"Person {p}") for p in range(n_people)),
        )
        db.executemany(
            "INSERT INTO assignment (face_id, person_id, state, source, at_us)"
            " VALUES (?, ?, 'confirmed', 'user', 0)",
            ((at + 1, int(people[at]) + 1) for at in range(N_FACES) if is_label[at]),
        )
    db.close()
    return [FaceId(at + 1) for at in range(N_FACES) if not is_label[at]]


def follow_decisions(n_people: int, n_labels: int, n_decisions: int) -> None:
    """Print how long the suggestions take to follow single decisions."""
    with tempfile.TemporaryDirectory(prefix="facedex-speed-") as work:
        make_library(Path(work), n_people, n_labels)
        db = open_library(Path(work))
        follower = Follower()
        wall, processor = timed(lambda: follower.catch_up(db))
        print(f"library of {N_FACES:,} faces, {n_people:,} people with {n_labels} labels each")
        print(f"  learning everything {wall:.2f} s, {processor:.2f} s of processor time")
        rng = np.random.default_rng(2)
        suggested = [
            FaceId(face) for (face,) in db.execute("SELECT face_id FROM v1_suggestions ORDER BY 1")
        ]
        chosen = rng.choice(np.array(suggested), n_decisions, replace=False).tolist()
        acts: list[tuple[str, Callable[[FaceId], object]]] = [
            ("confirm", lambda face: decide_faces.confirm(db, [face])),
            ("undo", lambda _face: decide_faces.undo(db)),
            ("reject", lambda face: decide_faces.reject(db, [face])),
            ("name anew", lambda face: decide_faces.name_faces(db, [face], f"New {face}")),
        ]
        for name, act in acts:
            times = []
            for face in chosen:
                if name == "undo":
                    decide_faces.confirm(db, [face])
                    follower.catch_up(db)
                act(face)
                times.append(timed(lambda: follower.catch_up(db)))
            wall = [1000 * each[0] for each in times]
            processor_ms = 1000 * statistics.median(each[1] for each in times)
            print(
                f"  {name:10} median {statistics.median(wall):5.1f} ms, worst {max(wall):5.1f} ms,"
                f" processor {processor_ms:5.1f} ms"
            )
        db.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--decisions", type=int, default=15)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores")
    match_new_faces()
    follow_decisions(500, 20, options.decisions)


if __name__ == "__main__":
    main()
