"""Measure detection and encoding of every runtime against dlib's, in one run, as ratios.

    python benchmarks/engine_speed.py [DATA] --long-side 1024 1600 --photos 3 --threads 1

DATA is the data folder (default: FACEDEX_TEST_DATA, else ../shared/data/dev beside the project).
All take the same pixels in turn, photo by photo, run by run, so that a busy machine disturbs each
as much; each is warmed up on every size first. Medians are printed, and the time and the memory
that a fresh process needs to its first face.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facedex.engines.choosing.drawn_face import drawn_face
from facedex.engines.choosing.selftest import survey_in_child
from facedex.engines.encoding.chips import FaceAligner
from facedex.engines.runtimes import DLIB_TARGET, Networks, Target, open_networks
from facedex.paths import model_cache

Image8 = NDArray[np.uint8]
Times = dict[Target, list[float]]


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


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


def detection(networks: dict[Target, Networks], photos: list[Image8], n_runs: int) -> Times:
    times: Times = {target: [] for target in networks}
    networks[DLIB_TARGET].find_faces(photos[0][:100, :100])
    for photo in photos:
        calls = {target: partial(each.find_faces, photo) for target, each in networks.items()}
        runs: Times = {target: [] for target in networks}
        for run in range(n_runs + 1):
            for target, call in calls.items():
                if target != DLIB_TARGET or run == 1:
                    runs[target].append(seconds(call))
        for target, each in runs.items():
            times[target].append(statistics.median(each[1:] or each))
    return times


def encoding(networks: dict[Target, Networks], chips: Image8, n_chips: int, n_runs: int) -> Times:
    batch: Image8 = np.resize(chips, (n_chips, *chips.shape[1:]))
    times: Times = {target: [] for target in networks}
    for _ in range(n_runs + 1):
        for target, each in networks.items():
            times[target].append(seconds(partial(each.encode_chips, batch)) / n_chips)
    return {target: each[1:] for target, each in times.items()}


def show(what: str, times: Times) -> None:
    base = statistics.median(times[DLIB_TARGET])
    for target, each in times.items():
        median = statistics.median(each)
        print(f"| {what} | {target} | {1000 * median:.1f} | {base / median:.1f} |", flush=True)


def show_start_up(targets: list[Target], threads: int) -> None:
    """Print what fresh processes need to their first faces."""
    print("| 32 encodings and the faces of 1000 x 800 px, fresh process | s | peak memory, MB |")
    print("|---|---|---|")
    for target in targets:
        command = [sys.executable, __file__, "--first-face", str(target), "--threads", str(threads)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        print(done.stdout, end="", flush=True)


def first_face(target: Target, threads: int) -> None:
    start = time.perf_counter()
    networks = open_networks(target, model_cache(), threads)
    photo = np.tile(drawn_face(200), (4, 5, 1))
    networks.find_faces(photo)
    networks.encode_chips(np.zeros((32, 150, 150, 3), np.uint8))
    elapsed = time.perf_counter() - start
    print(f"| {target} | {elapsed:.2f} | {peak_memory_mb():.0f} |")


def peak_memory_mb() -> float:
    """Return this process's peak; getrusage would show its parent's where that is larger."""
    status = Path("/proc/self/status")
    if status.exists():
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(fields["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def main() -> None:
    named = os.environ.get("FACEDEX_TEST_DATA")
    beside = Path(__file__).parents[2] / "shared" / "data" / "dev"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, default=Path(named) if named else beside)
    parser.add_argument("--long-side", type=int, nargs="+", default=[1024, 1600])
    parser.add_argument("--photos", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5, help="runs of ours; dlib runs once a photo")
    parser.add_argument("--target", nargs="+", type=Target.parse, help="default: all that are here")
    parser.add_argument("--only-start", action="store_true", help="start-up and memory alone")
    parser.add_argument("--first-face", type=Target.parse, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.first_face:
        first_face(args.first_face, args.threads)
        return
    targets = args.target or [t for each in survey_in_child().values() for t in each.targets]
    networks = {
        target: open_networks(target, model_cache(), args.threads)
        for target in (*targets, DLIB_TARGET)
    }
    if args.only_start:
        show_start_up(list(networks), args.threads)
        return
    print(
        f"{args.photos} photos, {args.threads} thread(s) but dlib's one; x: dlib's time over ours"
    )
    print("| what | target | ms | x |")
    print("|---|---|---|---|")
    chips = np.empty((0, 150, 150, 3), np.uint8)
    for long_side in args.long_side:
        photos = load_photos(args.data / "detection" / "images", args.photos, long_side)
        show(f"CNN at {long_side} px, a photo", detection(networks, photos, args.runs))
        found = [[each.rect for each in networks[targets[0]].find_faces(p)] for p in photos]
        cut = [FaceAligner().align(p, rects).chips for p, rects in zip(photos, found, strict=True)]
        chips = np.concatenate([chips, *cut])
    if len(chips) == 0:
        sys.exit("no faces in these photos")
    for n_chips in (1, 32):
        show(
            f"encoding, {n_chips} at a time, a face", encoding(networks, chips, n_chips, args.runs)
        )
    show_start_up(list(networks), args.threads)


if __name__ == "__main__":
    main()
