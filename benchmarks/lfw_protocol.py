"""Measure the encoder on LFW's pairs: accuracy and time with 1, 2 and 5 crops of each face.

    python benchmarks/lfw_protocol.py [DATA] --crops 1 2 5 --detector cnn --precision f32

DATA is the data folder (default: FACEDEX_TEST_DATA, else ../shared/data/dev beside the project);
``identities/lfw-pairs.csv`` holds the folds. Of each photo the face nearest the middle counts; a
photo without one is a zero vector, as wrong as it gets. The threshold of a fold is the best of the
other folds'. Plain: Euclidean distance of the encodings as they are; normalised: of unit vectors.
With ``--turned`` every photo lies on a side or stands on its head, as a checksum of its name has
it.
"""

import argparse
import csv
import time
from pathlib import Path

import numpy as np
from detection import default_data, turn_of
from numpy.typing import NDArray
from PIL import Image

from facedex.engines.choosing.devices import choose_target
from facedex.engines.dlib_cnn.working_image import rect_from_box
from facedex.engines.encoding.chips import FaceAligner
from facedex.engines.encoding.crops import encode_faces, margin_px
from facedex.engines.engine import create_engine
from facedex.engines.models.onnx_graphs import CHIP_PX
from facedex.engines.runtimes import open_networks
from facedex.geometry import box_to_upright, pixels_to_upright
from facedex.paths import model_cache
from facedex.types import DeviceName, EngineConfig, Precision, RuntimeName

MARGIN_PX = margin_px(5)
BATCH = 64


def cut_chips(
    config: EngineConfig, folder: Path, files: list[str], *, is_turned: bool
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.bool_]]:
    """Return each photo's chip, with and without margin, and whether it has a face.

    Prints how many faces are taken for lying as they do.
    """
    engine, aligner = create_engine(config, model_cache()), FaceAligner()
    side = CHIP_PX + 2 * MARGIN_PX
    chips = np.zeros((len(files), CHIP_PX, CHIP_PX, 3), np.uint8)
    wide = np.zeros((len(files), side, side, 3), np.uint8)
    has_face = np.zeros(len(files), np.bool_)
    n_right = 0
    for at, file in enumerate(files):
        with Image.open(folder / file) as picture:
            image = np.array(picture.convert("RGB"))
        turn = turn_of(file) if is_turned else 1
        image = pixels_to_upright(image, turn)
        found = engine.detect(image)
        if not found:
            continue
        face = min(found, key=lambda f: abs(f.box.center[0] - 0.5) + abs(f.box.center[1] - 0.5))
        n_right += face.orientation == {1: 1, 3: 3, 6: 8, 8: 6}[turn]  # what undoes it
        image = pixels_to_upright(image, face.orientation)
        rects = [rect_from_box(box_to_upright(face.box, face.orientation), *image.shape[:2])]
        chips[at] = aligner.align(image, rects).chips[0]
        wide[at] = aligner.align(image, rects, MARGIN_PX).chips[0]
        has_face[at] = True
        if at % 500 == 499:
            print(f"  {at + 1} of {len(files)} photos", flush=True)
    print(f"the right way up: {n_right} of {has_face.sum()}")
    engine.close()
    return chips, wide, has_face


def accuracy(
    distances: NDArray[np.float32], same: NDArray[np.bool_], fold: NDArray[np.int64]
) -> float:
    shares = []
    for number in np.unique(fold):
        others = fold != number
        near, far = (np.sort(distances[others & wanted]) for wanted in (same, ~same))
        cuts = np.unique(distances[others])
        right = np.searchsorted(near, cuts) + len(far) - np.searchsorted(far, cuts)
        cut = cuts[right.argmax()]
        shares.append(float(((distances[~others] < cut) == same[~others]).mean()))
    return float(np.mean(shares))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, default=default_data())
    parser.add_argument("--crops", nargs="+", type=int, default=[1, 2, 5])
    parser.add_argument("--detector", default=EngineConfig().detector)
    parser.add_argument("--turned", action="store_true", help="turn the photos")
    parser.add_argument("--plugins", type=Path, help="folder of plugins")
    parser.add_argument("--runtime", default=RuntimeName.AUTO.value)
    parser.add_argument("--device", type=DeviceName, default=DeviceName.AUTO)
    parser.add_argument("--precision", type=Precision, default=Precision.AUTO)
    args = parser.parse_args()
    config = EngineConfig(
        args.detector,
        args.runtime,
        device=args.device,
        precision=args.precision,
        plugins_dir=args.plugins,
    )
    folder = args.data / "identities"
    with (folder / "lfw-pairs.csv").open(newline="", encoding="utf-8") as stream:
        pairs = list(csv.DictReader(stream))
    files = sorted({pair[key] for pair in pairs for key in ("file1", "file2")})
    index = {file: at for at, file in enumerate(files)}
    a, b = (np.array([index[pair[key]] for pair in pairs]) for key in ("file1", "file2"))
    same = np.array([pair["same"] == "1" for pair in pairs])
    fold = np.array([int(pair["fold"]) for pair in pairs])

    chips, wide, has_face = cut_chips(config, folder, files, is_turned=args.turned)
    target = choose_target(config, model_cache())
    networks = open_networks(target, model_cache(), config.threads)
    networks.encode_chips(chips[:1])
    print(f"{len(pairs)} pairs, {len(files)} photos, {int((~has_face).sum())} without a face;")
    print(f"{config.detector} and encoder on {target}")
    print("| crops | plain | normalised | mean norm | ms a face |")
    print("|---|---|---|---|---|")
    for n_crops in args.crops:
        start = time.perf_counter()
        encodings = np.concatenate(
            [
                encode_faces(
                    networks.encode_chips,
                    (wide if margin_px(n_crops) else chips)[at : at + BATCH],
                    n_crops,
                ).mean(axis=1)
                for at in range(0, len(files), BATCH)
            ]
        )
        milliseconds = 1000 * (time.perf_counter() - start) / len(files)
        encodings[~has_face] = 0
        norms = np.linalg.norm(encodings, axis=1, keepdims=True)
        unit = encodings / np.maximum(norms, 1e-9)
        plain, normalised = (
            accuracy(np.linalg.norm(each[a] - each[b], axis=1), same, fold)
            for each in (encodings, unit)
        )
        norm = float(norms[has_face].mean())
        print(f"| {n_crops} | {plain:.4f} | {normalised:.4f} | {norm:.3f} | {milliseconds:.2f} |")


if __name__ == "__main__":
    main()
