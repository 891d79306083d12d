"""Measure recall, precision and time of the detection strategies on labelled photos.

    python benchmarks/detection.py [DATA] --strategy cnn hog --working-size 1600 --every 1

DATA is the data folder (default: FACEDEX_TEST_DATA, else ../shared/data/dev beside the project);
``detection/images.csv`` and ``boxes.csv`` say where the faces are. A labelled face is found when a
detection covers it with IoU >= 0.35 (dlib's boxes are squares, the labels are tall), each detection
serving one face. A detection is false when it finds no face and touches no labelled box, scored
or not (``invalid`` boxes are not scored): a worse-placed box counts as a miss, not as two errors.
"""

import argparse
import csv
import os
import statistics
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from facedex.engines.engine import create_engine
from facedex.geometry import clip_box, iou
from facedex.paths import model_cache
from facedex.types import Box, Detection, DetectorName, EngineConfig, RuntimeName

LEAST_IOU = 0.35
TOUCHING_IOU = 0.05
BANDS = (0.02, 0.04, 0.08, 0.16)
BAND_NAMES = ("<2 %", "2-4 %", "4-8 %", "8-16 %", ">16 %")


@dataclass(frozen=True)
class Label:
    box: Box
    is_scored: bool
    band: int


@dataclass
class Tally:
    found: list[int] = field(default_factory=lambda: [0] * len(BAND_NAMES))
    labelled: list[int] = field(default_factory=lambda: [0] * len(BAND_NAMES))
    true: int = 0
    false: int = 0
    seconds: list[float] = field(default_factory=list)


def load_labels(folder: Path) -> dict[str, list[Label]]:
    """Return the labels of each image; the size of a face is the root of its area."""
    with (folder / "images.csv").open() as stream:
        sizes = {r["file"]: (int(r["width"]), int(r["height"])) for r in csv.DictReader(stream)}
    labels: dict[str, list[Label]] = {file: [] for file in sizes}
    with (folder / "boxes.csv").open() as stream:
        for row in csv.DictReader(stream):
            width, height = sizes[row["file"]]
            x, y, w, h = (float(row[key]) for key in "xywh")
            band = sum((w * h) ** 0.5 / max(width, height) >= limit for limit in BANDS)
            box = Box(x / width, y / height, (x + w) / width, (y + h) / height)
            labels[row["file"]].append(Label(box, row["invalid"] != "1", band))
    return labels


def score(tally: Tally, labels: list[Label], detections: list[Detection]) -> None:
    """Match labels and detections by falling IoU and count."""
    boxes = [clip_box(each.box) for each in detections]
    pairs = [
        (iou(label.box, b), i, j) for i, label in enumerate(labels) for j, b in enumerate(boxes)
    ]
    label_done: set[int] = set()
    box_done: set[int] = set()
    for overlap, i, j in sorted(pairs, reverse=True):
        if overlap >= LEAST_IOU and i not in label_done and j not in box_done:
            label_done.add(i)
            box_done.add(j)
    touched = {j for overlap, _, j in pairs if overlap > TOUCHING_IOU}
    for i, label in enumerate(labels):
        if label.is_scored:
            tally.labelled[label.band] += 1
            tally.found[label.band] += i in label_done
    tally.true += len(box_done)
    tally.false += len(set(range(len(boxes))) - box_done - touched)


def print_table(tallies: dict[str, Tally], working_size: int, n_photos: int) -> None:
    any_tally = next(iter(tallies.values()))
    counts = ", ".join(f"{n}: {c}" for n, c in zip(BAND_NAMES, any_tally.labelled, strict=True))
    print(f"{n_photos} photos at {working_size} px, IoU >= {LEAST_IOU}; faces {counts}")
    print("| strategy | precision | recall |", " | ".join(BAND_NAMES), "| s a photo |")
    print("|---" * (4 + len(BAND_NAMES)) + "|")
    for name, tally in tallies.items():
        precision = tally.true / max(1, tally.true + tally.false)
        total = sum(tally.found) / max(1, sum(tally.labelled))
        bands = [f / max(1, n) for f, n in zip(tally.found, tally.labelled, strict=True)]
        cells = [f"{value:.3f}" for value in (precision, total, *bands)]
        print(f"| {name} |", " | ".join(cells), f"| {statistics.median(tally.seconds):.3f} |")


def default_data() -> Path:
    named = os.environ.get("FACEDEX_TEST_DATA")
    return Path(named) if named else Path(__file__).parents[2] / "shared" / "data" / "dev"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, default=default_data())
    parser.add_argument("--strategy", nargs="+", default=[n.value for n in DetectorName])
    parser.add_argument("--working-size", type=int, default=1600)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, help="take every n-th photo")
    parser.add_argument("--runtime", default="onnxruntime")
    args = parser.parse_args()
    folder = args.data / "detection"
    if not (folder / "images.csv").is_file():
        sys.exit(f"no detection/images.csv in {args.data}")
    labels = load_labels(folder)
    files = sorted(labels)[:: args.every]
    tallies: dict[str, Tally] = defaultdict(Tally)
    for name in args.strategy:
        config = EngineConfig(
            DetectorName(name), RuntimeName(args.runtime), args.working_size, args.threads
        )
        engine = create_engine(config, model_cache())
        for file in files:
            with Image.open(folder / file) as picture:
                image = np.array(picture.convert("RGB"))
            start = time.perf_counter()
            detections = engine.detect(image)
            tallies[name].seconds.append(time.perf_counter() - start)
            score(tallies[name], labels[file], detections)
        engine.close()
    print_table(tallies, args.working_size, len(files))


if __name__ == "__main__":
    main()
