"""Measure detection and encoding of our runtime against dlib's, in one run, as ratios.

    python benchmarks/engine_speed.py [DATA] --long-side 1024 --photos 5 --threads 1

DATA is the data folder (default: FACEDEX_TEST_DATA, else ../shared/data/dev beside the project).
Both runtimes take the same pixels in turn, photo by photo, so that a busy machine disturbs both;
each is warmed up on every size first. The medians over photos are printed.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facedex.engines.chips import FaceAligner
from facedex.engines.runtimes import CHIPS_PER_BATCH, DlibNetworks, Networks, OnnxNetworks
from facedex.paths import model_cache

Image8 = NDArray[np.uint8]


def seconds(call: Callable[[], object], n_runs: int = 1) -> float:
    """Return the median time of a call."""
    times = []
    for _ in range(n_runs):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def load_photos(folder: Path, n_photos: int, long_side: int) -> list[Image8]:
    files = sorted(folder.glob("*.jpg"))
    if not files:
        sys.exit(f"no photos in {folder}")
    photos = []
    for path in files[:: max(1, len(files) // n_photos)][:n_photos]:
        with Image.open(path) as picture:
            image = picture.convert("RGB")
        scale = long_side / max(image.size)
        size = (round(image.width * scale), round(image.height * scale))
        photos.append(np.array(image.resize(size, Image.Resampling.BICUBIC)))
    return photos


def detection(ours: Networks, dlib_: Networks, photos: list[Image8], n_runs: int) -> None:
    mine, theirs = [], []
    dlib_.find_faces(photos[0][:100, :100])
    for photo in photos:
        ours.find_faces(photo)
        mine.append(seconds(partial(ours.find_faces, photo), n_runs))
        theirs.append(seconds(partial(dlib_.find_faces, photo)))
    show("CNN detection, per photo", mine, theirs)


def encoding(ours: Networks, dlib_: Networks, photos: list[Image8], n_runs: int) -> None:
    aligner = FaceAligner()
    faces = [(photo, [each.rect for each in ours.find_faces(photo)]) for photo in photos]
    chips = np.concatenate([aligner.align(photo, rects).chips for photo, rects in faces])
    if len(chips) == 0:
        sys.exit("no faces in these photos")
    cutting = seconds(lambda: [aligner.align(photo, rects) for photo, rects in faces], n_runs)
    print(f"landmarks and chips: {1000 * cutting / len(chips):.2f} ms a face ({len(chips)} faces)")
    for n_chips in (1, CHIPS_PER_BATCH):
        batch: Image8 = np.resize(chips, (n_chips, *chips.shape[1:]))
        mine, theirs = (
            [seconds(partial(networks.encode_chips, batch)) / n_chips for _ in range(n_runs + 1)]
            for networks in (ours, dlib_)
        )
        show(f"encoding, per face, {n_chips} at a time", mine[1:], theirs[1:])


def show(what: str, mine: list[float], theirs: list[float]) -> None:
    a, b = statistics.median(mine), statistics.median(theirs)
    print(f"{what}: ours {1000 * a:.1f} ms, dlib {1000 * b:.1f} ms, ratio {b / a:.1f}")


def main() -> None:
    named = os.environ.get("FACEDEX_TEST_DATA")
    beside = Path(__file__).parents[2] / "shared" / "data" / "dev"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, default=Path(named) if named else beside)
    parser.add_argument("--long-side", type=int, default=1024)
    parser.add_argument("--photos", type=int, default=5)
    parser.add_argument("--runs", type=int, default=5, help="runs of ours; dlib runs once a photo")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    photos = load_photos(args.data / "detection" / "images", args.photos, args.long_side)
    ours: Networks = OnnxNetworks(model_cache(), args.threads)
    reference: Networks = DlibNetworks()
    print(f"{len(photos)} photos, long side {args.long_side} px, {args.threads} thread(s)")
    detection(ours, reference, photos, args.runs)
    encoding(ours, reference, photos, args.runs)


if __name__ == "__main__":
    main()
