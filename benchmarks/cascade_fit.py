"""Fit the weights of the cascade on labelled photos, and show what they find on photos left out.

    python benchmarks/cascade_fit.py [DATA] [--thorough] [--precision 0.99]

DATA is the data folder, as in detection.py. The photos fall into ten parts by a checksum of their
names; what is printed of each part is found with the weights of the other nine. Proposals that
touch a label without covering it, and faces that nobody labelled (``unlabelled_faces.csv``, each
one looked at), teach nothing. Prints the weights of all photos as they stand in
``engines/finding/cascade.py``; their cut, which the biases hold, is the one at which the parts have
the precision asked for.

Faces that lie on a side or stand on their head look to the networks, in the photo turned, as
upright ones do in the photo as it is. There are two dozen in these photos, so the upright ones
teach what a face looks like, at the one size at which turned ones are looked for, and what is seen
in turned photos teaches what is none. One turned face to ``UPRIGHT_TO_TURNED`` upright ones is
assumed.
"""

import argparse
import math
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
from facedex.engines.dlib_cnn.rects import PixelRect, ScoredRect, suppress_overlaps
from facedex.engines.dlib_cnn.working_image import box_from_rect, rect_from_box
from facedex.engines.finding.cascade import (
    QUICK,
    SAME_BUT_TURNED,
    SAME_FACE,
    SURELY_FACE,
    SURELY_NONE,
    THOROUGH,
    Cascade,
    Preset,
    Signs,
    face_boxes,
    find_pairs,
    settle,
)
from facedex.engines.finding.confirmer import Answers, Confirmer
from facedex.engines.finding.proposer import Proposer
from facedex.engines.models.model_files import ModelName
from facedex.engines.runtimes.networks import OnnxNetworks
from facedex.geometry import clip_box, iou
from facedex.paths import model_cache
from facedex.plugins.specs import WHOLE_PHOTO_SIZE
from facedex.types import Box, Detection

N_PARTS = 10
RIDGE = 1.0
SURE_CLOSE = 1.7  # log-odds from which the cascade seldom asks dlib, and so keeps YuNet's box
IS_NONE, IS_FACE, TEACHES_NOTHING = 0, 1, -1
UPRIGHT_TO_TURNED = 50
SMALLEST, CLOSE, DETECTOR = 0, -3, -1  # columns of the signs

Pair = tuple[NDArray[np.float64], NDArray[np.float64]]  # the weights of a Judgement, biases last


@dataclass(frozen=True)
class Candidates:
    """What is known of a photo's candidates; the last column of ``signs`` is dlib's score."""

    boxes: list[Box]
    rects: list[PixelRect]
    said: Signs
    signs: NDArray[np.float64]
    truth: NDArray[np.int64]

    @property
    def is_upright(self) -> NDArray[np.bool_]:
        return ~self.said.is_turned


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
    answers = confirmer.ask(pictures, signs.places, signs.orientations)
    columns = [signs.sizes, signs.close[:, None], signs.is_large[:, None], answers.scores[:, None]]
    height, width = image.shape[:2]
    scores = np.where(signs.close < SURE_CLOSE, answers.scores, np.nan).astype(np.float32)
    squares = face_boxes(signs, Answers(scores, answers.boxes), max(height, width))
    edges = squares / np.array([width, height, width, height])
    boxes = [Box(*map(float, each)) for each in edges]
    return Candidates(
        [clip_box(box) for box in boxes],
        [rect_from_box(box, height, width) for box in boxes],
        signs,
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


def odds_of(photo: Candidates, upright: Pair, turned: Pair, cut: float) -> NDArray[np.float64]:
    """Return the cascade's log-odds over the cut: the second opinion only in doubt."""
    is_upright = photo.is_upright
    odds = np.empty(len(photo.signs))
    for first, second, which, least in ((*upright, is_upright, cut), (*turned, ~is_upright, 0.0)):
        signs = photo.signs[which]
        some = signs[:, :-1] @ first[:-1] + first[-1] - least
        is_in_doubt = (some > SURELY_NONE) & (some < SURELY_FACE)
        some[is_in_doubt] = signs[is_in_doubt] @ second[:-1] + second[-1] - least
        odds[which] = some
    pairs = find_pairs(photo.said, odds)
    return settle(photo.said, odds, photo.signs[:, DETECTOR].astype(np.float32), pairs)


def fit_all(photos: list[Candidates], least_turned_odds: float) -> tuple[Pair, Pair]:
    """Return the weights of upright and of turned faces."""
    signs = np.concatenate([each.signs for each in photos])
    truth = np.concatenate([each.truth for each in photos])
    is_upright = np.concatenate([each.is_upright for each in photos])
    used = is_upright & (truth != TEACHES_NOTHING)
    is_face = truth[used] == IS_FACE
    upright = fit(signs[used][:, :-1], is_face), fit(signs[used], is_face)
    used = is_upright & (truth == IS_FACE) & (signs[:, SMALLEST] > least_turned_odds)
    used |= ~is_upright & (truth == IS_NONE)
    known = np.zeros_like(signs)
    known[:, [SMALLEST, CLOSE, DETECTOR]] = signs[:, [SMALLEST, CLOSE, DETECTOR]]
    is_face = truth[used] == IS_FACE
    turned = fit(known[used][:, :-1], is_face), fit(known[used], is_face)
    for weights in turned:
        weights[-1] -= math.log(UPRIGHT_TO_TURNED)
    return upright, turned


def detections(
    photo: Candidates, odds: NDArray[np.float64], size: tuple[int, int]
) -> list[Detection]:
    found = [
        ScoredRect(rect, float(value), orientation)
        for rect, value, orientation in zip(photo.rects, odds, photo.said.orientations, strict=True)
        if value > 0
    ]
    return [
        Detection(box_from_rect(each.rect, *size), each.score, "cascade", each.orientation)
        for each in suppress_overlaps(found, SAME_FACE, SAME_BUT_TURNED)
    ]


def show_weights(
    name: str, weights: NDArray[np.float64], n_sizes: int, *, has_detector: bool
) -> None:
    sizes = ", ".join(f"{weight:.2f}" for weight in weights[:n_sizes])
    rest = [f"{weight:.2f}" for weight in weights[n_sizes:]]
    close, large, bias = rest[0], rest[1], rest[-1]
    detector = f", {rest[2]}" if has_detector else ""
    print(f"{name}: CascadeWeights(({sizes}), {close}, {large}, {bias}{detector})")


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
    least = preset.turned.least_score
    least_turned_odds = math.log(least / (1 - least))
    weights = [
        fit_all([photos[file] for file in photos if part[file] != number], least_turned_odds)
        for number in range(N_PARTS)
    ]

    def judged(cut: float) -> Tally:
        tally = Tally()
        for file, candidates in photos.items():
            odds = odds_of(candidates, *weights[part[file]], cut)
            found = detections(candidates, odds, sizes[file])
            score(tally, file, labels[file], found, unlabelled.get(file, []))
        return tally

    cuts = [float(cut) for cut in np.arange(-1.0, 3.0, 0.05)]
    cut = next((c for c in cuts if judged(c).precision_looked >= args.precision), cuts[-1])
    tally = judged(cut)
    upright, turned = fit_all(list(photos.values()), least_turned_odds)
    tally.n_empty = len(empty)
    tally.on_empty = sum(
        len(detections(each, odds_of(each, upright, turned, cut), size)) for each, size in empty
    )
    print(f"cut {cut:.2f}; each part with the weights of the others:")
    print_table({"cascade-thorough" if args.thorough else "cascade": tally}, len(photos))
    n_sizes = len(preset.shares)
    for name, pair, least in (("upright", upright, cut), ("turned", turned, 0.0)):
        for number, each in zip(("first", "second"), pair, strict=True):
            each[-1] -= least
            show_weights(f"{name}, {number}", each, n_sizes, has_detector=number == "second")


if __name__ == "__main__":
    main()
