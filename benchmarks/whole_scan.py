"""Time whole scans of 12-megapixel photos, beside decoding alone and beside face_recognition.

    python benchmarks/whole_scan.py [DATA] [--photos 300] [--grain 5] [--rounds 3] [--chart
    FILE.svg] [--json FILE]

DATA is the data folder (default: FACEDEX_TEST_DATA, else ../shared/data/dev beside the project).
Its photos of detection/ are enlarged to 12 megapixels (JPEG, quality 90), with grain: an enlarged
photo alone is so smooth that its file is a third of a camera's and decoded in half the time. Then,
in turn, round by round:

    decoding         Pillow, JPEG draft at half size, on all cores: no scan can be faster facedex
    scan     cascade and cnn, in float32 and in the precision that is chosen by itself; each time a
    whole process with a new library; converted models are there already face_recognition HOG and
    CNN at 1600 px with encodings, a few photos a round, one process as in scripts; the CNN without
    upsampling, which would take it four times as long

Medians over the rounds, and the largest peak of memory (of all processes, shared pages counted
once). Ratios of processor time are little disturbed by other work on the machine; the chart shows
ratios only.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from facedex.config import load_settings
from facedex.pipeline.open_run import prepare_engine
from facedex.progress import NullSink
from facedex.services.bench.child import Cost, PeakMemory
from facedex.services.bench.scan import measure_decoding, measure_scan

MEGAPIXELS = 12.0
REFERENCE_PX = 1600
GRAIN = 5.0  # grey levels: 0.25 bytes a pixel, as the album's camera originals have in the median
FLOOR = "decoding alone"
FR_CNN, FR_HOG = "face_recognition, CNN", "face_recognition, HOG"
SCANS: dict[str, dict[str, Any]] = {
    "facedex scan, cascade": {},
    "facedex scan, cascade, float32": {"precision": "f32"},
    "facedex scan, CNN": {"detector": "cnn"},
    "facedex scan, CNN, float32": {"detector": "cnn", "precision": "f32"},
}
REFERENCES = {FR_HOG: ("hog", 1, 4), FR_CNN: ("cnn", 0, 1)}  # model, upsampling, photos a round
PATIENCE_S = 3600.0


@dataclass(frozen=True)
class Run:
    """One thing measured once."""

    cost: Cost
    n_faces: int | None = None
    peak_bytes: int | None = None


@dataclass(frozen=True)
class Line:
    """The medians of one thing's runs; rates are photos a second."""

    name: str
    rate: float
    processor_s: float
    n_faces: int | None
    peak_bytes: int | None


def enlarge(source: Path, target: Path, n_photos: int, grain: float) -> list[Path]:
    """Write ``n_photos`` photos of 12 megapixels; when all were taken, mirrored ones follow.

    ``grain`` is the spread of the noise in their brightness, in grey levels.
    """
    files = sorted(source.glob("*.jpg"))
    if not files:
        sys.exit(f"no photos in {source}")
    target.mkdir()

    def write(number: int) -> Path:
        path = target / f"{number:04}.jpg"
        with Image.open(files[number % len(files)]) as image:
            photo = image.convert("RGB")
        if number // len(files) % 2:
            photo = ImageOps.mirror(photo)
        factor = (MEGAPIXELS * 1e6 / (photo.width * photo.height)) ** 0.5
        size = round(photo.width * factor), round(photo.height * factor)
        pixels = np.asarray(photo.resize(size, Image.Resampling.BICUBIC)).astype(np.float32)
        noise = np.random.default_rng(number).standard_normal(pixels.shape[:2], np.float32)
        pixels += grain * noise[..., np.newaxis]
        Image.fromarray(pixels.round().clip(0, 255).astype(np.uint8)).save(path, quality=90)
        return path

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(write, range(n_photos)))


def run_scan(flags: dict[str, Any], photos: Path) -> Run:
    """Scan a folder once, into a library that is new."""
    settings = load_settings(**flags)
    prepare_engine(settings.engine(), NullSink())
    with tempfile.TemporaryDirectory(prefix="facedex-whole-scan-") as work:
        scan = measure_scan(settings, photos, Path(work) / "scan", PATIENCE_S, NullSink())
    return Run(scan.cost, scan.n_faces, scan.peak_memory_bytes)


def run_reference(name: str, photos: list[Path]) -> Run:
    """Let face_recognition look at some photos, in a process of its own."""
    model, upsampling, _n = REFERENCES[name]
    command = [sys.executable, "-W", "ignore", __file__, "--reference", model, str(upsampling)]
    child = subprocess.Popen([*command, *map(str, photos)], stdout=subprocess.PIPE, text=True)
    with child, PeakMemory(child.pid) as peak:
        said, _ = child.communicate()
    if child.returncode:
        sys.exit(f"{name} ended with code {child.returncode}")
    times = json.loads(said)
    cost = Cost(len(photos), times["wall_s"], times["processor_s"])
    return Run(cost, None, peak.peak_bytes)


def reference(model: str, upsampling: int, photos: list[Path]) -> None:
    """Do what a script with face_recognition does, and print what it took (in the child)."""
    import face_recognition

    blank = np.zeros((100, 100, 3), np.uint8)
    face_recognition.face_locations(blank, 0, model)  # loads the models
    face_recognition.face_encodings(blank, [(10, 90, 90, 10)])
    processor, began = time.process_time(), time.perf_counter()
    for path in photos:
        with Image.open(path) as image:
            photo = image.convert("RGB")
        factor = REFERENCE_PX / max(photo.size)
        size = round(photo.width * factor), round(photo.height * factor)
        pixels = np.array(photo.resize(size, Image.Resampling.BICUBIC))
        places = face_recognition.face_locations(pixels, upsampling, model)
        face_recognition.face_encodings(pixels, places)
    wall = time.perf_counter() - began
    print(json.dumps({"wall_s": wall, "processor_s": time.process_time() - processor}))


def measure(photos: list[Path], n_rounds: int) -> list[Line]:
    """Run everything in turn, ``n_rounds`` times."""
    runs: dict[str, list[Run]] = {name: [] for name in (FLOOR, *SCANS, *REFERENCES)}
    cores = os.cpu_count() or 1
    for number in range(n_rounds):
        print(f"round {number + 1} of {n_rounds}", file=sys.stderr, flush=True)
        runs[FLOOR].append(Run(measure_decoding(photos, cores, PATIENCE_S, NullSink())))
        for name, flags in SCANS.items():
            runs[name].append(run_scan(flags, photos[0].parent))
        for name, (_model, _upsampling, n_photos) in REFERENCES.items():
            some = [photos[(number * n_photos + i) * 7 % len(photos)] for i in range(n_photos)]
            runs[name].append(run_reference(name, some))
    return [median_line(name, each) for name, each in runs.items()]


def median_line(name: str, runs: list[Run]) -> Line:
    """Return the medians of rates and processor times, and the largest peak."""
    peaks = [run.peak_bytes for run in runs if run.peak_bytes is not None]
    return Line(
        name,
        statistics.median(run.cost.photos_per_s for run in runs),
        statistics.median(run.cost.processor_s_per_photo or 0.0 for run in runs),
        runs[0].n_faces,
        max(peaks, default=None),
    )


def show(lines: list[Line]) -> None:
    """Print the table, ratios first."""
    of = {line.name: line for line in lines}
    floor, cnn, hog = of[FLOOR], of[FR_CNN], of[FR_HOG]
    print(
        "| | of decoding's rate | by processor time | x face_recognition CNN | by processor time"
        " | x face_recognition HOG | by processor time | photos a second | processor s a photo"
        " | faces | peak memory, MB |"
    )
    print("|" + "---|" * 11)
    for line in lines:
        cells = [
            line.name,
            f"{line.rate / floor.rate:.1%}",
            f"{floor.processor_s / line.processor_s:.1%}",
            f"{line.rate / cnn.rate:.1f}",
            f"{cnn.processor_s / line.processor_s:.1f}",
            f"{line.rate / hog.rate:.1f}",
            f"{hog.processor_s / line.processor_s:.1f}",
            f"{line.rate:.3g}",
            f"{line.processor_s:.3f}",
            "" if line.n_faces is None else f"{line.n_faces}",
            "" if line.peak_bytes is None else f"{line.peak_bytes / 1e6:.0f}",
        ]
        print("| " + " | ".join(cells) + " |")


def draw(lines: list[Line], path: Path, time_kind: str) -> None:
    """Write the chart: each rate as a share of decoding's, and over face_recognition's CNN."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams |= {"svg.hashsalt": "facedex", "svg.fonttype": "none", "font.size": 15}
    from matplotlib import pyplot as plt

    rate = {line.name: line.rate if time_kind == "wall" else 1 / line.processor_s for line in lines}
    shown = sorted(rate, key=lambda name: rate[name])
    shares = [100 * rate[name] / rate[FLOOR] for name in shown]
    figure, axes = plt.subplots(figsize=(11, 4.6), facecolor="#f7f9fb", layout="constrained")
    axes.set_facecolor("#f7f9fb")
    axes.barh(shown, shares, color=[_colour(name) for name in shown], height=0.68)
    for place, (name, share) in enumerate(zip(shown, shares, strict=True)):
        times = "" if name == FR_CNN else f"  ({_rounded(rate[name] / rate[FR_CNN])} x)"
        axes.text(share + 1, place, f"{_rounded(share)} %{times}", va="center", color="#123")
    second = "second" if time_kind == "wall" else "second of processor time"
    figure.suptitle(
        f"Photos a {second}, as a share of merely decoding them", x=0.01, ha="left", color="#123"
    )
    axes.set_xlabel("x: times as fast as face_recognition's CNN", color="#456", loc="left", size=13)
    axes.set_xlim(0, 125)
    axes.set_xticks([])
    axes.tick_params(length=0, labelcolor="#123")
    for spine in axes.spines.values():
        spine.set_visible(False)
    figure.savefig(path, metadata={"Date": None})


def _colour(name: str) -> str:
    if name == FLOOR:
        return "#b8c4d0"
    return "#2f6fb2" if name in SCANS else "#c2703d"


def _rounded(ratio: float) -> str:
    """Return a ratio to two digits: more would promise what another machine does not keep."""
    return f"{float(f'{ratio:.2g}'):g}"


def main() -> None:
    """Read the options and run."""
    if sys.argv[1:2] == ["--reference"]:
        reference(sys.argv[2], int(sys.argv[3]), [Path(name) for name in sys.argv[4:]])
        return
    named = os.environ.get("FACEDEX_TEST_DATA")
    beside = Path(__file__).parents[2] / "shared" / "data" / "dev"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, default=Path(named) if named else beside)
    parser.add_argument("--photos", type=int, default=300)
    parser.add_argument("--grain", type=float, default=GRAIN, metavar="LEVELS")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--chart", type=Path, metavar="FILE", help="write a chart as SVG")
    parser.add_argument(
        "--chart-by", choices=["wall", "processor"], default="wall", help="the time that it shows"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    parser.add_argument(
        "--from-json", type=Path, metavar="FILE", help="show figures written before"
    )
    options = parser.parse_args()
    if options.from_json:
        lines = [Line(**each) for each in json.loads(options.from_json.read_text())]
    else:
        with tempfile.TemporaryDirectory(prefix="facedex-photos-") as folder:
            source = options.data / "detection" / "images"
            photos = enlarge(source, Path(folder) / "photos", options.photos, options.grain)
            size = sum(path.stat().st_size for path in photos) / len(photos)
            print(f"{size / 1e6:.2f} MB a photo", file=sys.stderr)
            lines = measure(photos, options.rounds)
    show(lines)
    if options.chart:
        draw(lines, options.chart, options.chart_by)
    if options.json:
        options.json.write_text(json.dumps([vars(line) for line in lines], indent=2))


if __name__ == "__main__":
    main()
