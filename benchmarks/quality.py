"""Fit face quality to recognition: which faces are still recognised when they are made worse?

    python benchmarks/quality.py [DATA] [--fit]

DATA is the data folder, as in detection.py. Seven LFW photos of each person with five and more,
each as it is and spoilt in two ways out of six: smaller, blurred, darker, turned in the picture,
covered by a square, or the first, the second and the turn together. A face is recognised if its
encoding is nearest to its own person's mean (of the other photos as they are), and as near as 98 %
of the faces as they are. Prints how many are, by bins of quality, and the mean quality of the
labelled faces of the detection photos. With ``--fit`` the weights for
``engines/encoding/quality.py``, and the bins as each fifth of the people has them with the weights
of the others.
"""

import argparse
import csv
import itertools
import zlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from detection import LEAST_IOU, default_data
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy.optimize import brentq, minimize

from facedex.engines.dlib_cnn.working_image import rect_from_box
from facedex.engines.encoding.chips import FaceAligner
from facedex.engines.encoding.crops import encode_faces, mirror_distances
from facedex.engines.encoding.quality import (
    LEAST_SIDE_PX,
    MOST_SCORE,
    MOST_SIDE_PX,
    NOT_FOUND,
    PICTURE,
    SCORE_BIAS,
    SCORE_WEIGHT,
    face_quality,
    picture_quality,
    sharpness,
)
from facedex.engines.engine import Engine, create_engine
from facedex.engines.runtimes import OnnxNetworks
from facedex.geometry import iou
from facedex.paths import model_cache
from facedex.types import Box, DeviceName, EngineConfig, Precision, RuntimeName

LEAST_PHOTOS, PHOTOS_A_PERSON, SPOILT_A_PHOTO = 5, 7, 2
USUAL_SHARE = 0.98
N_PARTS = 5
BINS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.001)
CENTRAL_FACE = Box(0.32, 0.32, 0.68, 0.68)  # where LFW's alignment puts it
WAYS = ("smaller", "blurred", "darker", "turned", "covered", "mixed")


@dataclass(frozen=True)
class Face:
    """A face as the engine has it; ``score`` is ``NOT_FOUND`` where it was not found."""

    person: str
    photo: str
    way: str
    encoding: NDArray[np.float32]
    sharpness: float
    size: float
    mirror: float
    score: float
    of_picture: float


class Faces:
    """Finds and encodes the face in the middle of a photo."""

    def __init__(self) -> None:
        config = EngineConfig(
            runtime=RuntimeName.ONNXRUNTIME, device=DeviceName.CPU, precision=Precision.F32
        )
        self.engine: Engine = create_engine(config, model_cache())
        self._networks = OnnxNetworks(model_cache(), 1)
        self._aligner = FaceAligner()

    def look(self, picture: Image.Image, person: str, photo: str, way: str) -> Face:
        image = np.asarray(picture)
        near = [d for d in self.engine.detect(image) if _off_middle(d.box) < 0.4]
        found = min(near, key=lambda d: _off_middle(d.box), default=None)
        rect = rect_from_box(found.box if found else CENTRAL_FACE, *image.shape[:2])
        chips = self._aligner.align(image, [rect]).chips
        by_crop = encode_faces(self._networks.encode_chips, chips, 2)
        mirror = mirror_distances(by_crop)
        side = np.array([np.sqrt(rect.area)], np.float32)
        mean = by_crop.mean(axis=1)[0]
        return Face(
            person,
            photo,
            way,
            mean / np.linalg.norm(mean),
            float(sharpness(chips)[0]),
            float(np.log2(np.clip(side[0], LEAST_SIDE_PX, MOST_SIDE_PX))),
            float(mirror[0]),
            found.score if found else NOT_FOUND,
            float(picture_quality(side, chips, mirror)[0]),
        )


def _off_middle(box: Box) -> float:
    return abs(box.center[0] - 0.5) + abs(box.center[1] - 0.5)


def spoil(picture: Image.Image, way: str, rng: np.random.Generator) -> Image.Image:
    """Return the picture made worse, by a random amount."""

    def between(least: float, most: float) -> float:
        return float(np.exp(rng.uniform(np.log(least), np.log(most))))

    def shrunk(share: float) -> Image.Image:
        size = tuple(max(8, round(side * share)) for side in picture.size)
        return picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)

    match way:
        case "smaller":
            return shrunk(between(0.12, 0.8))
        case "blurred":
            return picture.filter(ImageFilter.GaussianBlur(between(0.7, 9.0)))
        case "turned":
            return picture.rotate(rng.uniform(-75, 75), Image.Resampling.BILINEAR)
        case "darker":
            noise = rng.normal(0, 4, (picture.height, picture.width, 3))
            dark = np.asarray(picture) * between(0.03, 0.6) + noise
            return Image.fromarray(np.clip(dark, 0, 255).astype(np.uint8))
        case "covered":
            half, x, y = rng.uniform(5, 30), rng.uniform(75, 175), rng.uniform(75, 185)
            colour = tuple(int(value) for value in rng.integers(0, 255, 3))
            covered = picture.copy()
            ImageDraw.Draw(covered).rectangle((x - half, y - half, x + half, y + half), fill=colour)
            return covered
        case _:
            turned = shrunk(rng.uniform(0.2, 0.7)).rotate(
                rng.uniform(-35, 35), Image.Resampling.BILINEAR
            )
            return turned.filter(ImageFilter.GaussianBlur(rng.uniform(0.1, 2.0)))


def make_faces(folder: Path, faces: Faces) -> list[Face]:
    """Return the faces of everybody, as they are and spoilt."""
    by_person: dict[str, list[str]] = defaultdict(list)
    with (folder / "identities.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["set"] == "lfw":
                by_person[row["person"]].append(row["file"])
    rng = np.random.default_rng(7)
    made = []
    for person, photos in sorted(by_person.items()):
        if len(photos) < LEAST_PHOTOS:
            continue
        for photo in rng.permutation(photos)[:PHOTOS_A_PERSON]:
            with Image.open(folder / photo) as opened:
                picture = opened.convert("RGB")
            made.append(faces.look(picture, person, photo, "as it is"))
            made += [
                faces.look(spoil(picture, str(way), rng), person, photo, str(way))
                for way in rng.choice(WAYS, SPOILT_A_PHOTO, replace=False)
            ]
    return made


def recognised(faces: list[Face]) -> NDArray[np.bool_]:
    """Return which faces are nearest to their own person, within the usual distance."""
    people = sorted({face.person for face in faces})
    number = {person: at for at, person in enumerate(people)}
    whose = np.array([number[face.person] for face in faces])
    encodings = np.stack([face.encoding for face in faces])
    is_clean = np.array([face.way == "as it is" for face in faces])
    clean_of = {face.photo: face.encoding for face in faces if face.way == "as it is"}
    sums = np.zeros((len(people), encodings.shape[1]), np.float32)
    np.add.at(sums, whose[is_clean], encodings[is_clean])
    means = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    distances = np.linalg.norm(encodings[:, np.newaxis] - means, axis=2)
    rows = np.arange(len(faces))
    others = sums[whose] - np.stack([clean_of[face.photo] for face in faces])
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    own = np.linalg.norm(encodings - others, axis=1)
    distances[rows, whose] = np.inf
    usual = np.quantile(own[is_clean], USUAL_SHARE)
    print(f"usual distance {usual:.3f}")
    return (own < usual) & (own < distances.min(axis=1))


def fit(signs: NDArray[np.float64], is_right: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return weights, none below 0, and the bias of a logistic regression."""
    mean, spread = signs.mean(axis=0), signs.std(axis=0)
    inputs = np.column_stack([(signs - mean) / spread, np.ones(len(signs))])
    sign = np.where(is_right, 1.0, -1.0)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (inputs @ weights)
        pull = -sign / (1 + np.exp(np.clip(margin, -50, 50)))
        ridge = np.append(weights[:-1], 0)
        return np.logaddexp(0, -margin).sum() + 0.5 * (ridge**2).sum(), inputs.T @ pull + ridge

    bounds = [(0, None)] * signs.shape[1] + [(None, None)]
    found = minimize(loss, np.zeros(len(bounds)), jac=True, method="L-BFGS-B", bounds=bounds).x
    weights = found[:-1] / spread
    return np.append(weights, found[-1] - weights @ mean)


def signs_of(faces: list[Face]) -> NDArray[np.float64]:
    """Return size, sharpness, likeness to the mirror image and the score's log-odds of each."""
    scores = np.clip([face.score for face in faces], NOT_FOUND, MOST_SCORE)
    pictures = np.array([(f.size, f.sharpness, -f.mirror) for f in faces])
    return np.column_stack([pictures, np.log(scores / (1 - scores))])


@dataclass(frozen=True)
class Fitted:
    """Weights of the picture's signs and, last, their bias; of the score, and what it adds."""

    picture: NDArray[np.float64]
    score: float
    score_bias: float

    def quality(self, faces: list[Face]) -> NDArray[np.float64]:
        signs = signs_of(faces)
        odds = signs[:, :-1] @ self.picture[:-1] + self.picture[-1]
        return 1 / (1 + np.exp(-odds - self.score * signs[:, -1] - self.score_bias))


def fit_all(faces: list[Face], is_right: NDArray[np.bool_]) -> Fitted:
    """Return the weights; where the score is not known, with the bias that fits found faces."""
    signs = signs_of(faces)
    weights = fit(signs, is_right)
    is_found = signs[:, -1] > 0
    of_picture = signs[is_found][:, :-1] @ weights[:-2]

    def excess(bias: float) -> float:
        return float(np.mean(1 / (1 + np.exp(-of_picture - bias))) - is_right[is_found].mean())

    bias = brentq(excess, -50, 50)
    return Fitted(np.append(weights[:-2], bias), float(weights[-2]), float(weights[-1] - bias))


def quality_by_others(faces: list[Face], is_right: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the quality that each fifth of the people has with the weights of the others."""
    part = np.array([zlib.crc32(face.person.encode()) % N_PARTS for face in faces])
    qualities = np.zeros(len(faces))
    for number in range(N_PARTS):
        others = [face for face, at in zip(faces, part, strict=True) if at != number]
        fitted = fit_all(others, is_right[part != number])
        qualities[part == number] = fitted.quality(faces)[part == number]
    return qualities


def print_bins(qualities: NDArray[np.float64], is_right: NDArray[np.bool_]) -> None:
    print("| quality | faces | recognised |")
    print("|---|---|---|")
    for least, most in itertools.pairwise(BINS):
        inside = (qualities >= least) & (qualities < most)
        share = f"{is_right[inside].mean():.3f}" if inside.any() else ""
        print(f"| {least:.2f} to {min(most, 1):.2f} | {inside.sum()} | {share} |")
    order = np.argsort(np.argsort(qualities))
    n_right = int(is_right.sum())
    above = order[is_right].mean() - (n_right - 1) / 2
    print(f"area under the curve {above / (len(is_right) - n_right):.3f}")


def print_labelled(folder: Path, engine: Engine) -> None:
    """Print the mean quality of found faces by what their labels say."""
    labels: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (folder / "boxes.csv").open() as stream:
        for row in csv.DictReader(stream):
            labels[row["file"]].append(row)
    by_label: dict[str, list[float]] = defaultdict(list)
    for file, rows in sorted(labels.items()):
        with Image.open(folder / file) as picture:
            image = np.asarray(picture.convert("RGB"))
        height, width = image.shape[:2]
        found = engine.detect(image)
        encoded = engine.encode(image, [each.place for each in found])
        for row in rows:
            x, y, w, h = (float(row[key]) for key in "xywh")
            box = Box(x / width, y / height, (x + w) / width, (y + h) / height)
            overlaps = [iou(box, each.box) for each in found]
            if not row["blur"] or not overlaps or max(overlaps) < LEAST_IOU:
                continue
            at = int(np.argmax(overlaps))
            of_picture = encoded[at].quality
            assert of_picture is not None
            quality = face_quality(of_picture, found[at].score)
            for key in ("blur", "pose", "occlusion"):
                by_label[f"{key} {row[key]}"].append(quality)
    print("| label | faces | mean quality | below 0.5 |")
    print("|---|---|---|---|")
    for label, values in sorted(by_label.items()):
        low = float(np.mean(np.array(values) < 0.5))
        print(f"| {label} | {len(values)} | {np.mean(values):.2f} | {low:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, default=default_data())
    parser.add_argument("--fit", action="store_true")
    args = parser.parse_args()
    finder = Faces()
    faces = make_faces(args.data / "identities", finder)
    is_right = recognised(faces)
    for way in ("as it is", *WAYS):
        chosen = np.array([face.way == way for face in faces])
        print(f"{way}: {chosen.sum()} faces, {is_right[chosen].mean():.3f} recognised")
    if args.fit:
        fitted = fit_all(faces, is_right)
        weights = ", ".join(f"{weight:.2f}" for weight in fitted.picture)
        print(f"PICTURE = QualityWeights({weights})  # is {PICTURE}")
        print(f"SCORE_WEIGHT, SCORE_BIAS = {fitted.score:.2f}, {fitted.score_bias:.2f}", end="")
        print(f"  # is {SCORE_WEIGHT}, {SCORE_BIAS}")
        print("each fifth of the people with the weights of the others:")
        print_bins(quality_by_others(faces, is_right), is_right)
    qualities = np.array([face_quality(face.of_picture, face.score) for face in faces])
    print("as shipped:")
    print_bins(qualities, is_right)
    print_labelled(args.data / "detection", finder.engine)


if __name__ == "__main__":
    main()
