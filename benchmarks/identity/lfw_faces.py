"""What the benchmarks of recognition share: encoded LFW faces, halves by person, draws of labels.

Encodings are made by the package's own engine, once, and cached in the temporary folder by the
engine's id.
"""

from __future__ import annotations

import csv
import hashlib
import math
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from facedex.types import EngineConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facedex.types import FaceEngine

PROJECT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("FACEDEX_TEST_DATA", PROJECT.parent / "shared" / "data" / "dev"))
COUNTS = (1, 2, 3, 5, 8)


@dataclass(frozen=True)
class Faces:
    """float32 (n, 128) and the number of each face's person."""

    encodings: NDArray[np.float32]
    people: NDArray[np.int64]

    def of(self, chosen: NDArray[np.bool_]) -> Faces:
        return Faces(self.encodings[chosen], self.people[chosen])


def load_faces(data: Path = DATA) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    """Return encodings and names of all LFW photos: of each the face nearest the middle."""
    from facedex.engines.engine import create_engine
    from facedex.paths import model_cache

    engine = create_engine(EngineConfig(), model_cache())
    version = hashlib.sha256(f"{engine.engine_id} {engine.model_id}".encode()).hexdigest()[:12]
    cache = Path(tempfile.gettempdir()) / f"facedex-lfw-{version}.npz"
    if not cache.exists():
        encodings, names = _encode_all(engine, data)
        np.savez(cache, encodings=encodings, names=names)
    engine.close()
    with np.load(cache) as saved:
        return saved["encodings"], saved["names"]


def wrong_names(data: Path = DATA) -> list[str]:
    """Return the people of whom LFW's errata name a photo, and one who is there under two names."""
    with (data / "identities" / "lfw-errata.csv").open(newline="", encoding="utf-8") as file:
        return ["Hasan_Wirayuda", *(row["file"].split("/")[1] for row in csv.DictReader(file))]


def _encode_all(engine: FaceEngine, data: Path) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    with (data / "identities" / "identities.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["set"] == "lfw"]
    encodings, names = [], []
    for row in rows:
        with Image.open(data / "identities" / row["file"]) as image:
            pixels = np.asarray(image.convert("RGB"))
        places = [each.place for each in engine.detect(pixels)]
        if places:
            middle = min(places, key=lambda place: math.dist(place.box.center, (0.5, 0.5)))
            encodings.append(engine.encode(pixels, [middle])[0].encoding)
            names.append(row["person"])
    print(f"no face in {len(rows) - len(names)} of {len(rows)} photos")
    return np.array(encodings, dtype=np.float32), np.array(names)


def halves(encodings: NDArray[np.float32], names: NDArray[np.str_]) -> tuple[Faces, Faces]:
    """Split people in two by a hash of the name: one half to choose on, one to report on."""
    unique, people = np.unique(names, return_inverse=True)
    odd = np.array([hashlib.sha256(name.encode()).digest()[0] % 2 == 1 for name in unique])
    everyone = Faces(encodings, people.astype(np.int64))
    return everyone.of(~odd[people]), everyone.of(odd[people])


@dataclass(frozen=True)
class Draw:
    """Some people with labels, their other faces, and everybody else: indices of faces."""

    known: NDArray[np.int64]  # (k,) people
    labels: NDArray[np.int64]  # (k, n)
    probes: NDArray[np.int64]
    strangers: NDArray[np.int64]


def draw(people: NDArray[np.int64], n_labels: int, seed: int, more_than: int) -> Draw:
    """Draw ``n_labels`` faces of everybody who has more than ``more_than``."""
    rng = np.random.default_rng((n_labels, seed))
    unique, counts = np.unique(people, return_counts=True)
    known = unique[counts > more_than]
    labels = np.array(
        [rng.choice(np.flatnonzero(people == p), n_labels, replace=False) for p in known]
    )
    is_known = np.isin(people, known)
    probes = np.setdiff1d(np.flatnonzero(is_known), labels)
    return Draw(known, labels, probes, np.flatnonzero(~is_known))
