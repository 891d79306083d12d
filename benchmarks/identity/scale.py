"""Grouping many faces: time, memory, quality, on made-up encodings with the statistics of LFW's:

    python benchmarks/identity/scale.py 10000 100000 1000000 [--exact] [--threads 2]

A made-up person's mean lies between a real one and a draw with the covariance of the real means;
faces scatter around it as LFW's do around theirs, some people more than others, one face in ten
half as far again, and who has many faces has several looks. Half of the people are seen once, a few
thousands of times. Two or three of them are on a photo. Each size is grouped in a process of its
own, whose peak memory is reported. --exact adds exact average linkage, as long as that takes.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from agreement import agreement
from lfw_faces import load_faces
from rivals import unit

from facedex.matching import neighbours as near
from facedex.matching.clustering import group_unknown
from facedex.matching.linkage import average_linkage
from facedex.naming.encoder import DLIB

if TYPE_CHECKING:
    from numpy.typing import NDArray

RULE = DLIB.group_rule
EXACT_CUT = 0.36  # the best of exact average linkage for LFW: grouping.py --rivals
MOST_FACES = 5000
BETWEEN_REAL_AND_DRAWN = 0.35
LOOKS_SHARE = 0.3
PROBES = 2000


class Likeness:
    """The covariances that made-up faces are drawn with."""

    def __init__(self) -> None:
        encodings, names = load_faces()
        x = unit(encodings).astype(np.float64)
        _, people, counts = np.unique(names, return_inverse=True, return_counts=True)
        self.means = np.zeros((len(counts), x.shape[1]))
        np.add.at(self.means, people, x)
        self.means /= counts[:, None]
        many = counts[people] > 1
        apart = (x - self.means[people]) * np.sqrt(counts / np.maximum(counts - 1, 1))[people, None]
        within = np.cov(apart[many].T)
        self.means = self.means[counts > 1]
        self.middle = self.means.mean(axis=0)
        self.between = np.linalg.cholesky(np.cov(self.means.T) + 1e-9 * np.eye(x.shape[1]))
        self.within = np.linalg.cholesky(within + 1e-9 * np.eye(x.shape[1])).astype(np.float32)

    def people(self, n: int, rng: np.random.Generator) -> NDArray[np.float32]:
        real = self.means[rng.integers(0, len(self.means), size=n)] - self.middle
        drawn = rng.normal(size=real.shape) @ self.between.T
        share = BETWEEN_REAL_AND_DRAWN
        mixed = self.middle + np.sqrt(1 - share) * real + np.sqrt(share) * drawn
        return mixed.astype(np.float32)

    def faces(
        self, people: NDArray[np.int64], seed: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return encodings and looks of these people's faces, in their order."""
        rng = np.random.default_rng(seed)
        n_people = int(people.max()) + 1
        means = self.people(n_people, rng)
        scatter = np.exp(rng.normal(size=n_people) * 0.12).astype(np.float32)
        looks = 1 + np.bincount(people, minlength=n_people) // 200
        first_look = np.cumsum(looks) - looks
        offsets = rng.normal(size=(int(looks.sum()), means.shape[1])).astype(np.float32)
        offsets = offsets @ self.within.T * np.float32(np.sqrt(LOOKS_SHARE))
        look = first_look[people] + (rng.random(len(people)) * looks[people]).astype(np.int64)
        out = np.empty((len(people), means.shape[1]), dtype=np.float32)
        for start in range(0, len(people), 65536):
            part = slice(start, start + 65536)
            who = people[part]
            step = rng.standard_normal(size=(len(who), means.shape[1]), dtype=np.float32)
            step = step @ self.within.T * np.float32(np.sqrt(1 - LOOKS_SHARE))
            step *= np.where(rng.random(len(who)) < 0.1, 1.5, 1.0).astype(np.float32)[:, None]
            out[part] = unit(means[who] + scatter[who, None] * (offsets[look[part]] + step))
        return out, look


def make(n: int, likeness: Likeness) -> tuple[NDArray[np.float32], ...]:
    """Return encodings, people and photos of ``n`` faces, in random order."""
    rng = np.random.default_rng(n)
    sizes = np.minimum(np.floor(1 / rng.random(n)), MOST_FACES).astype(np.int64)
    people = np.repeat(np.arange(n), sizes)[:n]
    encodings, _ = likeness.faces(people, n)
    order = rng.permutation(n)
    return encodings[order], people[order], on_photos(people[order], rng)


def on_photos(people: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return a photo for each face, of about two and a half faces, nobody twice on one."""
    photos = np.repeat(np.arange(len(people)), rng.integers(1, 5, size=len(people)))[: len(people)]
    _, again = np.unique(photos * len(people) + people, return_index=True)
    twice = np.setdiff1d(np.arange(len(people)), again)
    photos[twice] = len(people) + np.arange(len(twice))
    return photos


# --- one size, in a process of its own -----------------------------------------------------------


def measure(path: Path, has_exact: bool) -> None:
    encodings, people, photos = (np.load(path / f"{name}.npy") for name in NAMES)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    started = time.time(), time.process_time()
    labels = group_unknown(encodings, photos, RULE)
    report("grouped", labels, people, started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    held = labels >= 0
    twice = held.sum() - len(np.unique(np.stack([labels[held], photos[held]]), axis=1).T)
    print(f"  peak memory {peak:.0f} MiB ({before:.0f} with the encodings loaded);", end=" ")
    print(f"two faces of a photo in one group: {twice}", flush=True)
    if len(people) <= near.EXACT_PAIRS**0.5:
        started = time.time(), time.process_time()
        report("by cells", group_unknown(encodings, photos, RULE, exact_pairs=0), people, started)
    if has_exact:
        started = time.time(), time.process_time()
        report("exact average linkage", average_linkage(encodings, EXACT_CUT), people, started)
    print(f"  recall of the neighbours by cells: {recall(encodings):.4f}", flush=True)


def report(
    name: str, labels: NDArray[np.int64], people: NDArray[np.int64], started: tuple[float, float]
) -> None:
    wall, spent = time.time() - started[0], time.process_time() - started[1]
    found = agreement(labels, people)
    print(
        f"  {name}: pairs P {found.pair_precision:.1f} R {found.pair_recall:.1f}"
        f" F {found.pair_f:.1f}, BCubed P {found.bcubed_precision:.1f}"
        f" R {found.bcubed_recall:.1f} F {found.bcubed_f:.1f};"
        f" {spent:.0f} s of processor, {wall:.0f} s",
        flush=True,
    )


def recall(encodings: NDArray[np.float32]) -> float:
    """Return the share of the pairs up to the cut that cells find, of some faces' nearest."""
    some = np.sort(np.random.default_rng(0).choice(len(encodings), PROBES, replace=False))
    flat, most = np.zeros(len(encodings)), 40
    exact, cells = (
        near.neighbours(encodings, flat, RULE.cut**2, most, of=some, exact_pairs=limit)
        for limit in (len(encodings) ** 2, 0)
    )
    keys = [each.a * len(encodings) + each.b for each in (exact, cells)]
    return float(np.isin(keys[0], keys[1]).mean())


NAMES = ("encodings", "people", "photos")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.exact)
        return
    likeness = Likeness()
    for n in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            made = make(n, likeness)
            for name, array in zip(NAMES, made, strict=True):
                np.save(Path(folder) / f"{name}.npy", array)
            print(f"{n:,} faces of {len(np.unique(made[1])):,} people", flush=True)
            del made
            command = [sys.executable, __file__, "--measure", folder]
            command += ["--exact"] if options.exact else []
            threads = {"OPENBLAS_NUM_THREADS": str(options.threads)}
            subprocess.run(command, check=True, env={**os.environ, **threads})


if __name__ == "__main__":
    main()
