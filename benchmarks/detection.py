"""Measure recall, precision and time of the detection strategies on labelled photos.

    python benchmarks/detection.py [DATA] --strategy cascade cascade-thorough cnn hog --every 1

DATA is the data folder (default: FACEDEX_TEST_DATA, else ../shared/data/dev beside the project);
``detection/images.csv`` and ``boxes.csv`` say where the faces are. A labelled face is found when a
detection covers it with IoU >= 0.35 (dlib's boxes are squares, the labels are tall), each detection
serving one face. A detection is false when it finds no face and touches no labelled box, scored or
not (``invalid`` boxes are not scored): a worse-placed box counts as a miss, not as two errors.
``album/album.csv`` says on which photos there are no people; what is found there is false, too.
``--show-false FOLDER`` writes what was counted as false: many of these are faces without a label.
``unlabelled_faces.csv`` lists those that were looked at and do show one (blurred, dark, cut off, in
a picture on the wall; no drawn ones): "looked" is the precision without them. With ``--turned``
every photo lies on a side or stands on its head, as a checksum of its name has it.
"""

import argparse
import csv
import os
import statistics
import sys
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image

from facedex.engines.engine import create_engine
from facedex.errors import DecodeError
from facedex.geometry import EXIF_OF_TURNS, box_to_upright, clip_box, iou, pixels_to_upright
from facedex.imaging.decode import open_photo
from facedex.paths import model_cache
from facedex.types import Box, Detection, DetectorName, EngineConfig, Precision

LEAST_IOU = 0.35
TOUCHING_IOU = 0.05
BANDS = (0.02, 0.04, 0.08, 0.16)
BAND_NAMES = ("<2 %", "2-4 %", "4-8 %", "8-16 %", ">16 %")
# of faces from 4 % on: smaller ones are nearly all blurred
MARKS = {"turned": ("pose", "1"), "occluded": ("occlusion", "12"), "blurred": ("blur", "2")}
LEAST_MARKED_BAND = 2
THOROUGH = "cascade-thorough"
NAMES = (DetectorName.CASCADE.value, THOROUGH, *(n.value for n in list(DetectorName)[1:]))


@dataclass(frozen=True)
class Label:
    """A labelled face; ``groups`` are its size band and its marks."""

    box: Box
    is_scored: bool
    groups: tuple[str, ...]


@dataclass
class Tally:
    found: dict[str, list[bool]] = field(default_factory=dict)
    true: int = 0
    unlabelled: int = 0
    false: list[tuple[str, Box]] = field(default_factory=list)
    on_empty: int = 0
    n_empty: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.true / max(1, self.true + len(self.false))

    @property
    def precision_looked(self) -> float:
        return self.true / max(1, self.true + len(self.false) - self.unlabelled)

    def recall(self, group: str) -> float:
        found = self.found.get(group, [])
        return sum(found) / max(1, len(found))


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
            marks = [
                mark
                for mark, (column, values) in MARKS.items()
                if band >= LEAST_MARKED_BAND and row[column] and row[column] in values
            ]
            box = Box(x / width, y / height, (x + w) / width, (y + h) / height)
            groups = ("all", BAND_NAMES[band], *marks)
            labels[row["file"]].append(Label(box, row["invalid"] != "1", groups))
    return labels


def load_unlabelled() -> dict[str, list[Box]]:
    """Return the faces without a label that were looked at, of each image."""
    found: dict[str, list[Box]] = {}
    with Path(__file__).with_name("unlabelled_faces.csv").open() as stream:
        for row in csv.DictReader(stream):
            box = Box(*(float(row[key]) for key in ("x0", "y0", "x1", "y1")))
            found.setdefault(row["file"], []).append(box)
    return found


def turn_of(file: str) -> int:
    """Return how ``--turned`` turns a photo, as EXIF has it: 3, 6 or 8."""
    return EXIF_OF_TURNS[1 + zlib.crc32(file.encode()) % 3]


def score(
    tally: Tally,
    file: str,
    labels: list[Label],
    detections: list[Detection],
    unlabelled: Sequence[Box] = (),
) -> None:
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
        for group in label.groups if label.is_scored else ():
            tally.found.setdefault(group, []).append(i in label_done)
    tally.true += len(box_done)
    false = [boxes[j] for j in range(len(boxes)) if j not in box_done | touched]
    tally.false += [(file, box) for box in false]
    tally.unlabelled += sum(
        any(iou(box, each) > TOUCHING_IOU for each in unlabelled) for box in false
    )


def empty_photos(album: Path, size: int) -> list[np.ndarray]:
    """Return the album's photos without people that can be decoded, as a scan sees them."""
    photos = []
    with (album / "album.csv").open() as stream:
        rows = [row for row in csv.DictReader(stream) if row["people"].startswith("no")]
    for row in rows:
        path = album / row["file"]
        try:
            with open_photo(path.read_bytes(), os.fsencode(path)) as photo:
                photos.append(photo.pixels(size))
        except DecodeError:
            print(f"not decoded: {row['file']}", file=sys.stderr)
    return photos


def print_table(tallies: dict[str, Tally], n_photos: int) -> None:
    groups = ["all", *BAND_NAMES, *MARKS]
    any_tally = next(iter(tallies.values()))
    counts = ", ".join(f"{group}: {len(any_tally.found.get(group, []))}" for group in groups)
    print(
        f"{n_photos} photos, IoU >= {LEAST_IOU}; faces {counts}; {any_tally.n_empty} without people"
    )
    print(
        "| strategy | precision | looked |",
        " | ".join(groups),
        "| false in 100 empty | s a photo |",
    )
    print("|---" * (5 + len(groups)) + "|")
    for name, tally in tallies.items():
        shares = (tally.precision, tally.precision_looked, *(tally.recall(g) for g in groups))
        cells = [f"{value:.3f}" for value in shares]
        empty = 100 * tally.on_empty / max(1, tally.n_empty)
        print(f"| {name} |", " | ".join(cells), end=" | ")
        seconds = f"{statistics.median(tally.seconds):.3f}" if tally.seconds else ""
        print(f"{empty:.0f} | {seconds} |")


def show_false(folder: Path, data: Path, tally: Tally) -> None:
    """Write the surroundings of each false detection."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (file, box) in enumerate(tally.false):
        with Image.open(data / file) as picture:
            grown = (
                box.x0 - box.width,
                box.y0 - box.height,
                box.x1 + box.width,
                box.y1 + box.height,
            )
            edges = [round(edge * picture.size[i % 2]) for i, edge in enumerate(grown)]
            picture.convert("RGB").crop(tuple(edges)).save(folder / f"{number:03}.png")


def default_data() -> Path:
    named = os.environ.get("FACEDEX_TEST_DATA")
    return Path(named) if named else Path(__file__).parents[2] / "shared" / "data" / "dev"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, default=default_data())
    parser.add_argument("--strategy", nargs="+", default=NAMES, help="or a plugin's detector")
    parser.add_argument("--plugins", type=Path, help="folder of plugins")
    parser.add_argument("--working-size", type=int, help="default: each strategy's own")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, help="take every n-th photo")
    parser.add_argument("--runtime", default="onnxruntime")
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--turned", action="store_true", help="turn the photos")
    parser.add_argument("--show-false", type=Path, metavar="FOLDER")
    args = parser.parse_args()
    folder = args.data / "detection"
    if args.turned and args.show_false:
        parser.error("--show-false shows photos as they are")
    if not (folder / "images.csv").is_file():
        sys.exit(f"no detection/images.csv in {args.data}")
    labels, unlabelled = load_labels(folder), load_unlabelled()
    files = sorted(labels)[:: args.every]
    tallies: dict[str, Tally] = {}
    for name in args.strategy:
        config = EngineConfig(
            name.removesuffix("-thorough"),
            args.runtime,
            args.working_size,
            args.threads,
            precision=Precision(args.precision),
            is_thorough=name.endswith("-thorough"),
            plugins_dir=args.plugins,
        )
        engine = create_engine(config, model_cache())
        tally = tallies[name] = Tally()
        for file in files:
            with Image.open(folder / file) as picture:
                image = np.array(picture.convert("RGB"))
            turn = turn_of(file) if args.turned else 1
            image = pixels_to_upright(image, turn)
            start = time.perf_counter()
            detections = engine.detect(image)
            tally.seconds.append(time.perf_counter() - start)
            turned = [replace(each, box=box_to_upright(each.box, turn)) for each in labels[file]]
            more = [box_to_upright(box, turn) for box in unlabelled.get(file, [])]
            score(tally, file, turned, detections, more)
        empty = empty_photos(args.data / "album", engine.decode_size)
        tally.n_empty = len(empty)
        tally.on_empty = sum(len(engine.detect(photo)) for photo in empty)
        engine.close()
        if args.show_false:
            show_false(args.show_false / name, folder, tally)
    print_table(tallies, len(files))


if __name__ == "__main__":
    main()
