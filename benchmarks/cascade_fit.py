"""Fit the weights of the cascade on labelled photos, and show what they find on photos left out.

    python benchmarks/cascade_fit.py [DATA] [--thorough] [--precision 0.99]

DATA is the data folder, as in detection.py. The photos fall into ten parts by a checksum of their
names; what is printed of each part is found with the weights of the other nine. Proposals that touch a
label without covering it, and faces that nobody labelled (``unlabelled_faces.csv``, each one looked
at), teach nothing. Prints the weights of all photos as they stand in ``engines/cascade.py``; their
cut, which the biases hold, is the one at which the parts have the precision asked for.
"""

import argparse
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from detection import (
    LEAST_IOU,
    TOUCHING_IOU,
    Label,
    Tally,
    default_data,
    empty_photos,
    load_labels,
    load_unlabelled,
    print_table,
    score,
)
from numpy.typing import NDArray
from PIL import Image
from scipy.optimize import minimize

from facedex.engines.builtin import CASCADE_SIZE, THOROUGH_SIZE
from facedex.engines.cascade import (
    QUICK,
    SAME_FACE,
    SURELY_FACE,
    SURELY_NONE,
    THOROUGH,
    Cascade,
    Preset,
    face_boxes,
)
from facedex.engines.confirmer import Answers, Confirmer
from facedex.engines.mmod import PixelRect, ScoredRect, suppress_overlaps
from facedex.engines.model_files import ModelName
from facedex.engines.proposer import Proposer
from facedex.engines.runtimes.networks import OnnxNetworks
from facedex.engines.working_image import box_from_rect, rect_from_box
from facedex.geometry import clip_box, iou
from facedex.paths import model_cache
from facedex.plugins.specs import WHOLE_PHOTO_SIZE
from facedex.types import Box, Detection

N_PARTS = 10
RIDGE = 1.0
SURE_CLOSE = 1.7  # log-odds from which the cascade seldom asks dlib, and so keeps YuNet's box
IS_NONE, IS_FACE, TEACHES_NOTHING = 0, 1, -1


@dataclass(frozen=True)
class Candidates:
    """What is known of a photo's candidates; the last column of ``signs`` is dlib's score."""

    boxes: list[Box]
    rects: list[PixelRect]
    signs: NDArray[np.float64]
    truth: NDArray[np.int64]


def truth_of(box: Box, labels: list[Label], unlabelled: list[Box]) -> int:
    overlaps = [iou(label.box, box) for label in labels]
    best = int(np.argmax(overlaps)) if overlaps else -1
    if best >= 0 and overlaps[best] >= LEAST_IOU:
        return IS_FACE if labels[best].is_scored else TEACHES_NOTHING
    is_near = best >= 0 and overlaps[best] > TOUCHING_IOU
    is_unlabelled = any(iou(box, each) > TOUCHING_IOU for each in unlabelled)
    return TEACHES_NOTHING if is_near or is_unlabelled else IS_NONE


def look(
    cascade: Cascade,
    confirmer: Confirmer,
    image: NDArray[np.uint8],
    working_size: int,
    truth: Callable[[Box], int],
) -> Candidates:
    pictures = cascade.pictures(image, working_size)
    signs = cascade.look(pictures)
    answers = confirmer.ask(pictures, signs.places)
    columns = [signs.sizes, signs.close[:, None], signs.is_large[:, None], answers.scores[:, None]]
    height, width = image.shape[:2]
    asked = np.flatnonzero(signs.close < SURE_CLOSE)
    some = Answers(answers.scores[asked], answers.boxes[asked])
    squares = face_boxes(signs, asked, some, max(height, width))
    edges = squares / np.array([width, height, width, height])
    boxes = [Box(*map(float, each)) for each in edges]
    return Candidates(
        [clip_box(box) for box in boxes],
        [rect_from_box(box, height, width) for box in boxes],
        np.concatenate(columns, axis=1).astype(np.float64),
        np.array([truth(clip_box(box)) for box in boxes], np.int64),
    )


def fit(signs: NDArray[np.float64], is_face: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return weights and, last, the bias of a logistic regression, ridge on the standardised."""
    mean, spread = signs.mean(axis=0), signs.std(axis=0) + 1e-9
    inputs = np.column_stack([(signs - mean) / spread, np.ones(len(signs))])
    sign = np.where(is_face, 1.0, -1.0)
    ridge = np.append(np.full(signs.shape[1], RIDGE), 0.0)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (inputs @ weights)
        value = np.logaddexp(0, -margin).sum() + 0.5 * (ridge * weights**2).sum()
        pull = -sign / (1 + np.exp(np.clip(margin, -50, 50)))
        return value, inputs.T @ pull + ridge * weights

    found = minimize(loss, np.zeros(inputs.shape[1]), jac=True, method="L-BFGS-B").x
    weights = found[:-1] / spread
    return np.append(weights, found[-1] - weights @ mean)


def odds_of(
    signs: NDArray[np.float64], both: tuple[NDArray[np.float64], NDArray[np.float64]], cut: float
) -> NDArray[np.float64]:
    """Return the log-odds over the cut as the cascade has them: the second opinion only in doubt."""
    first, second = both
    odds = signs[:, :-1] @ first[:-1] + first[-1] - cut
    is_in_doubt = (odds > SURELY_NONE) & (odds < SURELY_FACE)
    odds[is_in_doubt] = signs[is_in_doubt] @ second[:-1] + second[-1] - cut
    return odds


def fit_both(
    photos: list[Candidates],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    signs = np.concatenate([each.signs for each in photos])
    truth = np.concatenate([each.truth for each in photos])
    used = truth != TEACHES_NOTHING
    is_face = truth[used] == IS_FACE
    return fit(signs[used][:, :-1], is_face), fit(signs[used], is_face)


def detections(
    photo: Candidates, odds: NDArray[np.float64], size: tuple[int, int]
) -> list[Detection]:
    found = [
        ScoredRect(rect, float(value))
        for rect, value in zip(photo.rects, odds, strict=True)
        if value > 0
    ]
    return [
        Detection(box_from_rect(each.rect, *size), each.score, "cascade")
        for each in suppress_overlaps(found, SAME_FACE)
    ]


def show_weights(
    name: str, weights: NDArray[np.float64], n_sizes: int, *, has_detector: bool
) -> None:
    sizes = ", ".join(f"{weight:.2f}" for weight in weights[:n_sizes])
    rest = [f"{weight:.2f}" for weight in weights[n_sizes:]]
    close, large, bias = rest[0], rest[1], rest[-1]
    detector = f", {rest[2]}" if has_detector else ""
    print(f"{name}: Weights(({sizes}), {close}, {large}, {bias}{detector})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, default=default_data())
    parser.add_argument("--thorough", action="store_true")
    parser.add_argument(
        "--precision", type=float, default=0.99, help="of faces, unlabelled ones apart"
    )
    args = parser.parse_args()
    folder = args.data / "detection"
    preset: Preset = THOROUGH if args.thorough else QUICK
    working_size = THOROUGH_SIZE if args.thorough else CASCADE_SIZE
    networks = OnnxNetworks(model_cache(), 1)
    confirmer = Confirmer(lambda: networks.session(ModelName.DETECTOR))
    cascade = Cascade(Proposer(lambda: networks.session(ModelName.PROPOSER)), confirmer, preset)
    labels, unlabelled = load_labels(folder), load_unlabelled()
    photos: dict[str, Candidates] = {}
    sizes: dict[str, tuple[int, int]] = {}
    for file in sorted(labels):
        with Image.open(folder / file) as picture:
            image = np.array(picture.convert("RGB"))
        sizes[file] = image.shape[0], image.shape[1]
        photos[file] = look(
            cascade,
            confirmer,
            image,
            working_size,
            lambda box, file=file: truth_of(box, labels[file], unlabelled.get(file, [])),
        )
    empty = [
        (look(cascade, confirmer, image, working_size, lambda _: IS_NONE), image.shape[:2])
        for image in empty_photos(args.data / "album", WHOLE_PHOTO_SIZE)
    ]

    part = {file: zlib.crc32(file.encode()) % N_PARTS for file in photos}
    weights = [
        fit_both([photos[file] for file in photos if part[file] != number])
        for number in range(N_PARTS)
    ]

    def judged(cut: float) -> Tally:
        tally = Tally()
        for file, candidates in photos.items():
            odds = odds_of(candidates.signs, weights[part[file]], cut)
            found = detections(candidates, odds, sizes[file])
            score(tally, file, labels[file], found, unlabelled.get(file, []))
        return tally

    cuts = [float(cut) for cut in np.arange(-1.0, 3.0, 0.05)]
    cut = next((c for c in cuts if judged(c).precision_looked >= args.precision), cuts[-1])
    tally = judged(cut)
    both = fit_both(list(photos.values()))
    tally.n_empty = len(empty)
    tally.on_empty = sum(
        len(detections(each, odds_of(each.signs, both, cut), size)) for each, size in empty
    )
    print(f"cut {cut:.2f}; each part with the weights of the others:")
    print_table({"cascade-thorough" if args.thorough else "cascade": tally}, len(photos))
    n_sizes = len(preset.shares)
    for name, each in zip(("first", "second"), both, strict=True):
        each[-1] -= cut
        show_weights(name, each, n_sizes, has_detector=name == "second")


if __name__ == "__main__":
    main()
