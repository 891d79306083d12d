"""Who is recognised, and how few strangers are taken for somebody, with few labels a person.

    python benchmarks/identity/open_set.py

LFW's people are split in two halves by a hash of the name: types and weights come from one, the
figures from the other. Known are its people with more than 8 photos, by 1, 2, 3, 5 or 8 labels;
their other photos are to be recognised, and everybody else is a stranger. Printed is the share of
the known people's photos whose best person is the right one, at the cut at which 1 % and 0.1 % of
the strangers are taken for somebody: for every metric, and for the nearest single face instead of
a centroid. Then what several modes a person do for people who look the same all their life, and
for two people under one name, as child and adult are to the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from lfw_faces import COUNTS, Draw, Faces, draw, halves, load_faces

from facedex.matching.calibration import SHIPPED
from facedex.matching.metric import distances
from facedex.matching.metrics import Metric, fit_metric
from facedex.matching.modes import split_modes
from facedex.services.recognising.metric_choice import load_types
from facedex.types import MetricName

if TYPE_CHECKING:
    from numpy.typing import NDArray

REPEATS = 20
SHARES = (0.01, 0.001)
CUTS = (0.30, 0.34, 0.36, 0.38, 0.40, 0.45, 0.50)
MANY = 16


def rates(
    genuine: NDArray[np.float64], is_right: NDArray[np.bool_], strangers: NDArray[np.float64]
) -> list[float]:
    """Return the share of right answers within the cut of each share of strangers."""
    return [float((is_right & (genuine <= np.quantile(strangers, s))).mean()) for s in SHARES]


def open_set(metric: Metric, faces: Faces, n_labels: int, *, by_face: bool = False) -> list[float]:
    points = metric.transform(faces.encodings)
    probes = metric.probes(points)
    found: list[tuple[NDArray[np.float64], ...]] = []
    strangers = []
    for seed in range(REPEATS):
        drawn = draw(faces.people, n_labels, seed, max(COUNTS))
        near, right = _nearest(metric, points, probes, faces, drawn, drawn.probes, by_face=by_face)
        found.append((near, right))
        strangers.append(
            _nearest(metric, points, probes, faces, drawn, drawn.strangers, by_face=by_face)[0]
        )
    genuine, is_right = (np.concatenate(part) for part in zip(*found, strict=True))
    return rates(genuine, is_right.astype(np.bool_), np.concatenate(strangers))


def _nearest(
    metric: Metric,
    points: NDArray[np.float32],
    probes: NDArray[np.float32],
    faces: Faces,
    drawn: Draw,
    rows: NDArray[np.int64],
    *,
    by_face: bool,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    if by_face:
        targets, owners = (
            points[drawn.labels.ravel()],
            np.repeat(drawn.known, drawn.labels.shape[1]),
        )
    else:
        targets, owners = points[drawn.labels].mean(axis=1, dtype=np.float32), drawn.known
    tile = distances(probes[rows], metric.targets(targets))
    best = tile.argmin(axis=1)
    return tile.min(axis=1).astype(np.float64), owners[best] == faces.people[rows]


def modes_figures(metric: Metric, faces: Faces) -> None:
    """Print how people fall apart at several cuts, and what that does to recognition."""
    points = metric.transform(faces.encodings)
    people, counts = np.unique(faces.people, return_counts=True)
    known = people[counts > MANY]
    print(f"\n{len(known)} people with more than {MANY} photos, {MANY} labels each")
    print(
        "| cut | with one mode | at 1 % / 0.1 % | two under one name told apart | at 1 % / 0.1 % |"
    )
    print("|---|---|---|---|---|")
    for cut in (None, *CUTS):
        alone, paired, n_whole, n_apart, n_pairs = [], [], 0, 0, 0
        for seed in range(4):
            drawn = draw(faces.people, MANY, seed, MANY)
            n_whole += sum(_labels(points[rows], cut).max() == 0 for rows in drawn.labels)
            alone.append(_with_modes(metric, points, faces, drawn, cut, drawn.labels, drawn.known))
            order = np.random.default_rng(seed).permutation(len(known))[: len(known) // 2 * 2]
            first, second = order[::2], order[1::2]
            half = MANY // 2
            both = np.hstack((drawn.labels[first, :half], drawn.labels[second, :half]))
            for rows in both:
                labels = _labels(points[rows], cut)
                is_pure = len(set(labels[:half])) == len(set(labels[half:])) == 1
                n_apart += int(is_pure and labels[0] != labels[-1])
            n_pairs += len(both)
            name_of = faces.people.copy()
            for one, other in zip(drawn.known[first], drawn.known[second], strict=True):
                name_of[name_of == other] = one
            merged = Faces(faces.encodings, name_of)
            paired.append(_with_modes(metric, points, merged, drawn, cut, both, drawn.known[first]))
        one, two = np.mean(alone, axis=0), np.mean(paired, axis=0)
        print(
            f"| {cut or 'one mode'} | {n_whole / 4 / len(known):.0%} | {one[0]:.1%} / {one[1]:.1%}"
            f" | {n_apart / n_pairs:.0%} | {two[0]:.1%} / {two[1]:.1%} |"
        )


def _labels(points: NDArray[np.float32], cut: float | None) -> NDArray[np.int64]:
    return np.zeros(len(points), dtype=np.int64) if cut is None else split_modes(points, cut)


def _with_modes(
    metric: Metric,
    points: NDArray[np.float32],
    faces: Faces,
    drawn: Draw,
    cut: float | None,
    rows_of: NDArray[np.int64],
    names: NDArray[np.int64],
) -> list[float]:
    means, owners, counts = [], [], []
    for slot, rows in enumerate(rows_of):
        labels = _labels(points[rows], cut)
        for mode in range(labels.max() + 1):
            means.append(points[rows[labels == mode]].mean(axis=0))
            owners.append(slot)
            counts.append(float((labels == mode).sum()))
    targets = metric.targets(np.array(means, dtype=np.float32))
    slots = np.array(owners)
    shares = np.log(np.bincount(slots))[slots]

    def scores(rows: NDArray[np.int64]) -> NDArray[np.float64]:
        tile = distances(metric.probes(points[rows]), targets).astype(np.float64)
        ratios = SHIPPED[metric.name].log_ratios(tile, np.array(counts)) - shares
        starts = np.flatnonzero(np.diff(slots, prepend=-1))
        together: NDArray[np.float64] = np.logaddexp.reduceat(ratios, starts, axis=1)
        return together

    others = drawn.probes[np.isin(faces.people[drawn.probes], names)]
    genuine, strangers = scores(others), scores(drawn.strangers)
    is_right = names[genuine.argmax(axis=1)] == faces.people[others]
    return rates(-genuine.max(axis=1), is_right, -strangers.max(axis=1))


def main() -> None:
    choose, report = halves(*load_faces())
    n_known = len(draw(report.people, 1, 0, max(COUNTS)).known)
    print(f"{len(report.people)} faces, {n_known} known people; recall at 1 % / 0.1 % of strangers")
    print("| metric | " + " | ".join(f"{n} labels" for n in COUNTS) + " |")
    print("|---|" + "---|" * len(COUNTS))
    for name in MetricName:
        metric = fit_metric(name, choose.encodings, choose.people, load_types())
        cells = [open_set(metric, report, n) for n in COUNTS]
        print(
            f"| {name} | " + " | ".join(f"{a:.1%} / {b:.1%}" for a, b in cells) + " |", flush=True
        )
    cells = [open_set(metric, report, n, by_face=True) for n in COUNTS]
    print(f"| {name}, nearest face | " + " | ".join(f"{a:.1%} / {b:.1%}" for a, b in cells) + " |")
    modes_figures(metric, report)


if __name__ == "__main__":
    main()
