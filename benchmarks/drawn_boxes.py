"""Measure what boxes that people drew tell: on faces that the detector misses, and on background.

    python benchmarks/drawn_boxes.py [DATA] [--every 3]

DATA is the data folder, as in detection.py. First, the labelled faces of the detection photos,
framed loosely as people do, and squares of background of the same sizes: in how many does a
detector see a face when it looks again inside the box (``fit_box``), and of what quality are the
encodings. Then LFW photos spoilt as in quality.py: whether the face in the drawn box is recognised
among the means of the others, by what is seen in the box and by quality. The floor in
``naming/encoder.py`` rests on these.
"""

import argparse
import csv
import itertools
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from detection import default_data, load_labels
from numpy.typing import NDArray
from PIL import Image
from quality import LEAST_PHOTOS, WAYS, spoil

from facedex.engines.engine import Engine, create_engine
from facedex.geometry import clip_box, iou
from facedex.naming.encoder import DLIB
from facedex.naming.same_face import is_on_face
from facedex.paths import model_cache
from facedex.types import Box, EngineConfig

LFW_BOX = Box(0.288, 0.24, 0.712, 0.76)  # as Picasa draws it, with hair and chin
N_CLEAN, N_WAYS, N_BACKGROUND, LEAST_PX = 4, 3, 6, 16
USUAL_DISTANCE = 0.332  # docs/benchmarks.md, Face quality
QUALITIES = (0.0, DLIB.quality_floor, 0.3, 0.5, 0.7, 0.9, 1.001)


@dataclass(frozen=True)
class Encoded:
    """What a drawn box gave; ``is_found`` tells whether the detector finds the face by itself."""

    is_found: bool
    is_seen: bool
    quality: float
    encoding: NDArray[np.float32]


def encode(engine: Engine, image: NDArray[np.uint8], box: Box, *, is_found: bool) -> Encoded | None:
    """Return what a box gives, or None where it is too small."""
    place = engine.fit_box_from_region(image, box)
    if place is None:
        return None
    [face] = engine.encode(image, [place])
    assert face.quality is not None
    return Encoded(is_found, place.is_seen, face.quality, face.encoding)


def loose(face: Box, rng: random.Random) -> Box:
    """Return a box around a face as somebody may draw it."""
    share, (x, y) = rng.uniform(1.15, 1.5), face.center
    x, y = x + rng.uniform(-0.1, 0.1) * face.width, y + rng.uniform(-0.1, 0.1) * face.height
    half_w, half_h = face.width * share / 2, face.height * share / 2
    return clip_box(Box(x - half_w, y - half_h, x + half_w, y + half_h))


def background(faces: list[Box], size: tuple[int, int], rng: random.Random) -> list[Box]:
    """Return boxes of 32 to 315 pixels that keep away from all faces."""
    away = [
        Box(f.x0 - f.width / 2, f.y0 - f.height / 2, f.x1 + f.width / 2, f.y1 + f.height / 2)
        for f in faces
    ]
    found: list[Box] = []
    for _ in range(50 * N_BACKGROUND):
        side = 2 ** rng.uniform(5, 8.3)
        w, h = side / size[0], side * rng.uniform(1, 1.3) / size[1]
        if max(w, h) < 1 and len(found) < N_BACKGROUND:
            x, y = rng.uniform(0, 1 - w), rng.uniform(0, 1 - h)
            box = Box(x, y, x + w, y + h)
            found += [] if any(iou(box, each) > 0 for each in away) else [box]
    return found


def look_at_boxes(engine: Engine, folder: Path, every: int) -> None:
    """Print what is seen in boxes on faces and on background."""
    rng = random.Random(5)
    given: dict[str, list[Encoded]] = defaultdict(list)
    for file, labels in sorted(load_labels(folder).items())[::every]:
        with Image.open(folder / file) as picture:
            image = np.asarray(picture.convert("RGB"))
        height, width = image.shape[:2]
        found = [each.box for each in engine.detect(image)]
        for label in labels:
            if not label.is_scored or label.box.width * width < LEAST_PX:
                continue
            box = loose(label.box, rng)
            is_found = any(is_on_face(box, each) for each in found)
            what = "face that is found" if is_found else "face that is missed"
            given[what] += filter(None, [encode(engine, image, box, is_found=is_found)])
        everything = [*found, *(label.box for label in labels)]
        for box in background(everything, (width, height), rng):
            given["background"] += filter(None, [encode(engine, image, box, is_found=False)])
    print("| box on a | boxes | a face is seen | mean quality of the picture |")
    print("|---|---|---|---|")
    for what, boxes in given.items():
        seen = sum(each.is_seen for each in boxes)
        mean = np.mean([each.quality for each in boxes])
        print(f"| {what} | {len(boxes)} | {seen} | {mean:.2f} |")


def look_at_people(engine: Engine, folder: Path) -> None:
    """Print how many of spoilt LFW faces are recognised by the box that was drawn around them."""
    by_person: dict[str, list[str]] = defaultdict(list)
    with (folder / "identities.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["set"] == "lfw":
                by_person[row["person"]].append(row["file"])
    rng = np.random.default_rng(11)
    means: list[NDArray[np.float32]] = []
    spoilt: list[tuple[int, Encoded]] = []
    for _person, photos in sorted(by_person.items()):
        if len(photos) < LEAST_PHOTOS:
            continue
        *clean, last = rng.permutation(photos)[: N_CLEAN + 1]
        pictures = [np.asarray(Image.open(folder / photo).convert("RGB")) for photo in clean]
        encoded = [encode(engine, image, LFW_BOX, is_found=True) for image in pictures]
        mean = np.mean([each.encoding for each in encoded if each and each.is_seen], axis=0)
        picture = Image.open(folder / last).convert("RGB")
        for way in rng.choice(WAYS, N_WAYS, replace=False):
            image = np.asarray(spoil(picture, str(way), rng))
            is_found = any(is_on_face(LFW_BOX, each.box) for each in engine.detect(image))
            face = encode(engine, image, LFW_BOX, is_found=is_found)
            spoilt += [] if face is None else [(len(means), face)]
        means.append(mean / np.linalg.norm(mean))
    is_right = recognised(np.stack(means), spoilt)
    print("| in the box | quality of the picture | faces | recognised |")
    print("|---|---|---|---|")
    seen = np.array([face.is_seen for _who, face in spoilt])
    quality = np.array([face.quality for _who, face in spoilt])
    for least, most in itertools.pairwise(QUALITIES):
        inside = seen & (quality >= least) & (quality < most)
        share = f"{is_right[inside].mean():.2f}" if inside.any() else ""
        print(f"| a face is seen | {least:.1f} to {min(most, 1):.1f} | {inside.sum()} | {share} |")
    print(f"| nothing is seen | any | {(~seen).sum()} | {is_right[~seen].mean():.2f} |")
    print(f"seen: {is_right[seen].mean():.3f} recognised, mean quality {quality[seen].mean():.3f}")


def recognised(means: NDArray[np.float32], spoilt: list[tuple[int, Encoded]]) -> NDArray[np.bool_]:
    """Return which faces are nearest to their own person, within the usual distance."""
    who = np.array([number for number, _face in spoilt])
    encodings = np.stack([face.encoding for _number, face in spoilt])
    encodings /= np.linalg.norm(encodings, axis=1, keepdims=True)
    distances = np.linalg.norm(encodings[:, np.newaxis] - means, axis=2)
    own = distances[np.arange(len(who)), who]
    nearest: NDArray[np.bool_] = (distances.argmin(axis=1) == who) & (own < USUAL_DISTANCE)
    return nearest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, default=default_data())
    parser.add_argument("--every", type=int, default=1, help="of the detection photos")
    args = parser.parse_args()
    engine = create_engine(EngineConfig(), model_cache())
    look_at_people(engine, args.data / "identities")
    look_at_boxes(engine, args.data / "detection", args.every)


if __name__ == "__main__":
    main()
