"""Scan an unchanged library of 100,000 files again, against a bare walk over the same files.

    python benchmarks/rescan.py [--files 100000] [--folders 1000] [--runs 5] [--keep FOLDER]

Generates small JPEGs, each a picture of its own, and scans them once with the installed command.
Then, in turn: a walk with os.scandir and stat, a scan in which nothing has changed, and a scan of a
library of one file, which is what start-up costs. Prints the medians of wall and processor time and
the ratio

    (scan of the unchanged library - start-up) / bare walk

Processor times are little disturbed by other work on the machine. ``--keep`` leaves files and
library in a folder and uses what is there, so that a second run begins at once.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE_PX = 16
AGE_S = 3600


@dataclass(frozen=True)
class Cost:
    """Seconds of one run: by the clock, and of the processor, child processes included."""

    wall_s: float
    processor_s: float


def measured(work: Callable[[], object]) -> Cost:
    """Return what ``work`` costs."""
    processor, start = _processor_s(), time.perf_counter()
    work()
    return Cost(time.perf_counter() - start, _processor_s() - processor)


def _processor_s() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def make_photos(root: Path, n_files: int, n_folders: int) -> None:
    """Write JPEGs of about a kilobyte, last modified an hour ago, spread over folders."""
    noise = np.random.default_rng(1)
    modified = time.time() - AGE_S
    for number in range(n_files):
        folder = root / f"{number % n_folders:04}"
        folder.mkdir(parents=True, exist_ok=True)
        pixels = noise.integers(0, 256, (SIDE_PX, SIDE_PX, 3), np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=75)
        path = folder / f"IMG_{number:06}.JPG"
        path.write_bytes(buffer.getvalue())
        os.utime(path, (modified, modified))


def bare_walk(root: Path) -> int:
    """Return the number of files below ``root``, each with its stat."""
    n_files = 0
    folders = [os.fsencode(root)]
    while folders:
        with os.scandir(folders.pop()) as listing:
            for entry in listing:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    entry.stat(follow_symlinks=False)
                    n_files += 1
    return n_files


def scan(library: Path, photos: Path) -> str:
    """Return what `facedex scan` says at its end."""
    command = [sys.executable, "-m", "facedex", "--library", str(library), "scan", str(photos)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"facedex scan ended with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout


def rescan(library: Path, photos: Path, n_files: int) -> None:
    """Scan again; nothing may have changed."""
    said = scan(library, photos)
    if f"{n_files:,} unchanged" not in said or "Files: 0 read" not in said:
        sys.exit(f"not every file was unchanged:\n{said}")


def run(work: Path, n_files: int, n_folders: int, n_runs: int) -> None:
    """Make what is missing, measure in turn, print."""
    photos, library = work / "photos", work / "library"
    small, small_library = work / "one", work / "one-library"
    if not library.exists():
        print(f"making {n_files:,} files", file=sys.stderr)
        make_photos(photos, n_files, n_folders)
        make_photos(small, 1, 1)
        scan(small_library, small)
        first = measured(lambda: scan(library, photos))
        print(
            f"first scan: {first.wall_s:.0f} s, {n_files / first.wall_s:.0f} files a second;"
            f" processor time {first.processor_s:.0f} s"
        )
    if bare_walk(photos) != n_files:
        sys.exit(f"{photos} does not hold {n_files:,} files")
    walks, scans, starts = [], [], []
    for _ in range(n_runs):
        walks.append(measured(lambda: bare_walk(photos)))
        scans.append(measured(lambda: rescan(library, photos, n_files)))
        starts.append(measured(lambda: rescan(small_library, small, 1)))
    show(n_files, n_runs, walks, scans, starts)


def show(
    n_files: int, n_runs: int, walks: list[Cost], scans: list[Cost], starts: list[Cost]
) -> None:
    """Print the medians and the ratio of each kind of time."""
    print(f"{n_files:,} unchanged files, medians of {n_runs} runs in turn")
    print("| | bare walk | scan again | start-up | (scan - start-up) / walk |")
    print("|---|---|---|---|---|")
    for name, field in (("wall", "wall_s"), ("processor", "processor_s")):
        walk, again, start = (
            statistics.median(getattr(cost, field) for cost in costs)
            for costs in (walks, scans, starts)
        )
        ratio = (again - start) / walk
        print(f"| {name} | {walk:.2f} s | {again:.2f} s | {start:.2f} s | {ratio:.1f} |")


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--folders", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="work here and leave it")
    options = parser.parse_args()
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
        run(options.keep, options.files, options.folders, options.runs)
        return
    with tempfile.TemporaryDirectory(prefix="facedex-rescan-") as work:
        run(Path(work), options.files, options.folders, options.runs)


if __name__ == "__main__":
    main()
