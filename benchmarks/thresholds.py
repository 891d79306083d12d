"""Choose and report the cuts of facedex.matching on LFW photos, by hand:

    python benchmarks/thresholds.py [--data DIR] [--crops 2] [--hog] [--plain]

People are split in two halves by name: cuts and weights are chosen on one, figures are reported on
the other. Encodings are cached in the temporary folder.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facedex.matching.centroids import build_centroids, to_table
from facedex.matching.clustering import group_unknown
from facedex.matching.metric import distances, element_weights
from facedex.matching.thresholds import DLIB_RESNET, Thresholds, threshold_for
from facedex.types import EngineConfig

PROJECT = Path(__file__).resolve().parent.parent
COUNTS = (1, 2, 3, 5, 8)
REPEATS = 20
FPIR = 0.008

Encoder = Callable[[NDArray[np.uint8]], NDArray[np.float32] | None]


@dataclass(frozen=True)
class Faces:
    encodings: NDArray[np.float32]
    people: NDArray[np.int64]

    def of(self, chosen: NDArray[np.bool_]) -> Faces:
        return Faces(self.encodings[chosen], self.people[chosen])


# --- encodings -----------------------------------------------------------------------------------


def hog_encoder() -> Encoder:
    import dlib

    spec = importlib.util.find_spec("face_recognition_models")
    assert spec
    assert spec.submodule_search_locations
    models = Path(spec.submodule_search_locations[0]) / "models"
    detector = dlib.get_frontal_face_detector()
    landmarks = dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
    network = dlib.face_recognition_model_v1(
        str(models / "dlib_face_recognition_resnet_model_v1.dat")
    )

    def encode(image: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        boxes = detector(image, 1)
        if not boxes:
            return None
        height, width = image.shape[:2]
        box = min(
            boxes,
            key=lambda b: (b.center().x - width / 2) ** 2 + (b.center().y - height / 2) ** 2,
        )
        return np.array(
            network.compute_face_descriptor(image, landmarks(image, box)), dtype=np.float32
        )

    return encode


def engine_encoder(n_crops: int) -> Encoder:
    from facedex.engines.engine import create_engine
    from facedex.paths import model_cache

    engine = create_engine(EngineConfig(encode_crops=n_crops), model_cache())

    def encode(image: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        found = engine.detect(image)
        if not found:
            return None
        middle = min(
            (each.box for each in found),
            key=lambda box: (box.center[0] - 0.5) ** 2 + (box.center[1] - 0.5) ** 2,
        )
        return engine.encode(image, [middle])[0].encoding

    return encode


def load_faces(data: Path, n_crops: int) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    """Return encodings and names; ``n_crops`` 0: by dlib's HOG detector and encoder."""
    name = f"{EngineConfig().detector}-{n_crops}" if n_crops else "hog"
    cache = Path(tempfile.gettempdir()) / f"facedex-thresholds-{name}.npz"
    if not cache.exists():
        encodings, names = encode_all(data, engine_encoder(n_crops) if n_crops else hog_encoder())
        np.savez(cache, encodings=encodings, names=names)
    with np.load(cache) as saved:
        return saved["encodings"], saved["names"]


def encode_all(data: Path, encoder: Encoder) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    with (data / "identities" / "identities.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["set"] == "lfw"]
    encodings, names = [], []
    for at, row in enumerate(rows):
        with Image.open(data / "identities" / row["file"]) as image:
            encoding = encoder(np.asarray(image.convert("RGB")))
        if encoding is not None:
            encodings.append(encoding)
            names.append(row["person"])
        if at % 500 == 499:
            print(f"  encoded {at + 1} of {len(rows)}", flush=True)
    print(f"  no face in {len(rows) - len(names)} of {len(rows)} photos")
    return np.array(encodings, dtype=np.float32), np.array(names)


def halves(encodings: NDArray[np.float32], names: NDArray[np.str_]) -> tuple[Faces, Faces]:
    """Split people in two by a hash of the name: one half to choose on, one to report on."""
    unique, people = np.unique(names, return_inverse=True)
    odd = np.array([hashlib.sha256(name.encode()).digest()[0] % 2 == 1 for name in unique])
    everyone = Faces(encodings, people.astype(np.int64))
    return everyone.of(~odd[people]), everyone.of(odd[people])


# --- suggestions, open set -----------------------------------------------------------------------


@dataclass(frozen=True)
class OpenSet:
    """Nearest distances of one label count over all draws."""

    genuine: NDArray[np.float32]  # distance of known people's other faces; inf: wrong person
    strangers: NDArray[np.float32]
    n_known: int

    def cut_at(self, fpir: float) -> float:
        return float(np.quantile(self.strangers, fpir))

    def tpir(self, cut: float) -> float:
        return float((self.genuine <= cut).mean())

    def fpir(self, cut: float) -> float:
        return float((self.strangers <= cut).mean())


def open_set(
    faces: Faces, weights: NDArray[np.float32] | None, n_labels: int, more_than: int = max(COUNTS)
) -> OpenSet:
    """Known: people with more than ``more_than`` faces. Strangers: everybody else."""
    people, counts = np.unique(faces.people, return_counts=True)
    known = people[counts > more_than]
    strangers = faces.encodings[~np.isin(faces.people, known)]
    genuine, impostor = [], []
    for repeat in range(REPEATS):
        labelled = draw(faces.people, known, n_labels, np.random.default_rng(repeat))
        gallery = to_table(build_centroids(faces.encodings[labelled], faces.people[labelled]), 128)
        probe = faces.of(
            np.isin(faces.people, known) & ~np.isin(np.arange(len(faces.people)), labelled)
        )
        all_distances = distances(probe.encodings, gallery.means, weights)
        right = gallery.cluster_ids[all_distances.argmin(axis=1)] == probe.people
        genuine.append(np.where(right, all_distances.min(axis=1), np.inf))
        impostor.append(distances(strangers, gallery.means, weights).min(axis=1))
    return OpenSet(np.concatenate(genuine), np.concatenate(impostor), len(known))


def draw(
    people: NDArray[np.int64],
    known: NDArray[np.int64],
    n_labels: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Draw ``n_labels`` faces of each known person."""
    return np.concatenate(
        [rng.choice(np.flatnonzero(people == person), n_labels, replace=False) for person in known]
    )


def suggestion_figures(
    choose: Faces, report: Faces, weights: NDArray[np.float32] | None
) -> tuple[float, ...]:
    print(
        "labels  cut (chosen)   reported with it: TPIR  FPIR    reported at its own FPIR: cut  TPIR"
    )
    cuts = []
    for n_labels in COUNTS:
        cut = open_set(choose, weights, n_labels).cut_at(FPIR)
        held = open_set(report, weights, n_labels)
        own = held.cut_at(FPIR)
        print(
            f"{n_labels:6d}  {cut:.4f} {held.tpir(cut):24.1%} {held.fpir(cut):6.2%}"
            f" {own:33.4f} {held.tpir(own):6.1%}"
        )
        cuts.append(round(cut, 3))
    return tuple(cuts)


def default_figures(report: Faces, weights: NDArray[np.float32] | None) -> None:
    """What the cuts of the package give, and how more known people mean more false suggestions."""
    print(
        "labels  default cut   known people  TPIR  FPIR   with all who have a face more: known  TPIR  FPIR"
    )
    for n_labels in COUNTS:
        cut = threshold_for(n_labels)
        few, many = (
            open_set(report, weights, n_labels, least) for least in (max(COUNTS), n_labels)
        )
        print(
            f"{n_labels:6d} {cut:12.3f} {few.n_known:14d} {few.tpir(cut):6.1%} {few.fpir(cut):6.2%}"
            f" {many.n_known:34d} {many.tpir(cut):6.1%} {many.fpir(cut):6.2%}"
        )


# --- groups --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Agreement:
    pair_precision: float
    pair_recall: float
    bcubed_precision: float
    bcubed_recall: float
    n_groups: int

    def __str__(self) -> str:
        pair = f_measure(self.pair_precision, self.pair_recall)
        bcubed = f_measure(self.bcubed_precision, self.bcubed_recall)
        return (
            f"pairs P {self.pair_precision:.3f} R {self.pair_recall:.3f} F {pair:.3f}   "
            f"BCubed P {self.bcubed_precision:.3f} R {self.bcubed_recall:.3f} F {bcubed:.3f}   "
            f"{self.n_groups} groups"
        )


def f_measure(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall)


def agreement(labels: NDArray[np.int64], people: NDArray[np.int64]) -> Agreement:
    """Compare groups with people; a face that is alone is a group of its own."""
    alone = labels < 0
    groups = np.where(alone, labels.max() + 1 + np.arange(len(labels)), labels)
    _, groups = np.unique(groups, return_inverse=True)
    _, people = np.unique(people, return_inverse=True)
    _, cell, both = np.unique(
        groups * (people.max() + 1) + people, return_inverse=True, return_counts=True
    )
    in_group, of_person = np.bincount(groups), np.bincount(people)

    def pairs(counts: NDArray[np.int64]) -> int:
        return int((counts * (counts - 1) // 2).sum())

    return Agreement(
        pairs(both) / max(pairs(in_group), 1),
        pairs(both) / max(pairs(of_person), 1),
        float((both[cell] / in_group[groups]).mean()),
        float((both[cell] / of_person[people]).mean()),
        len(np.unique(labels[~alone])),
    )


def grow(
    faces: Faces, weights: NDArray[np.float32] | None, cuts: Thresholds, batch: int
) -> NDArray[np.int64]:
    """Group the faces as a library does that gets ``batch`` new photos at a time."""
    labels = np.full(len(faces.people), -1, dtype=np.int64)
    for seen in batches(len(labels), batch):
        table = to_table(build_centroids(faces.encodings, labels), 128)
        todo = seen[labels[seen] < 0]
        labels[todo] = group_unknown(
            faces.encodings[todo], weights, table.means, cuts.group_cut, cuts.attach_cut, todo
        )
    return labels


def batches(n: int, batch: int) -> Iterator[NDArray[np.int64]]:
    order = np.random.default_rng(0).permutation(n)
    for end in range(batch, n + batch, batch):
        yield np.sort(order[:end])


def group_figures(choose: Faces, report: Faces, weights: NDArray[np.float32] | None) -> None:
    none = np.empty((0, 128), dtype=np.float32)
    for name, faces in (("choosing", choose), ("reporting", report)):
        print(
            f"groups, {name} half: {len(faces.people)} faces, {len(np.unique(faces.people))} people"
        )
        photos = np.arange(len(faces.people))
        for cut in np.arange(0.48, 0.605, 0.01):
            labels = group_unknown(faces.encodings, weights, none, cut, 0.0, photos)
            print(f"  cut {cut:.2f}   {agreement(labels, faces.people)}")


def growth_figures(choose: Faces, report: Faces, weights: NDArray[np.float32] | None) -> None:
    for name, faces in (("choosing", choose), ("reporting", report)):
        print(f"growth, {name} half, 100 photos at a time, group cut {DLIB_RESNET.group_cut}")
        for attach in np.arange(0.40, 0.49, 0.01):
            cuts = Thresholds((1,), (0.0,), DLIB_RESNET.group_cut, float(attach))
            labels = grow(faces, weights, cuts, 100)
            print(f"  attach {attach:.2f}   {agreement(labels, faces.people)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("FACEDEX_TEST_DATA", PROJECT.parent / "shared" / "data" / "dev")
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--crops", type=int, default=EngineConfig().encode_crops)
    parser.add_argument("--hog", action="store_true", help="dlib's HOG detector and encoder")
    parser.add_argument("--plain", action="store_true", help="all weights one")
    options = parser.parse_args()
    choose, report = halves(*load_faces(options.data, 0 if options.hog else options.crops))
    weights = None if options.plain else element_weights(choose.encodings)
    cuts = suggestion_figures(choose, report, weights)
    print(f"cuts for {COUNTS} labels: {cuts}")
    default_figures(report, weights)
    group_figures(choose, report, weights)
    growth_figures(choose, report, weights)


if __name__ == "__main__":
    main()
