"""How well unknown faces are grouped, next to other ways, on LFW's photos:

    python benchmarks/identity/grouping.py [--fit] [--rivals] [--growth] [--scales]

(a) is everybody with two photos or more, (b) everybody, most of them seen once. --fit chooses the
rule on one half of the people, by a hash of the name, and reports the other half, in both
directions. --rivals gives every other way its own best cut on the very faces that are reported, for
(a) and (b) apart; the package's rule has one cut. HDBSCAN needs scikit-learn.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from agreement import agreement
from lfw_faces import Faces, halves, load_faces
from rivals import (
    chinese_whispers,
    components,
    dbscan,
    exact_average_linkage,
    first_match,
    hdbscan,
    leader,
    unit,
)

from facedex.matching.clustering import ALONE, group_unknown
from facedex.naming.encoder import DLIB

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rivals import Grouping

    from facedex.naming.encoder import GroupRule

RULE = DLIB.group_rule
CUTS = np.arange(0.34, 0.45, 0.005)
SEEDS = range(5)


def with_two(faces: Faces) -> Faces:
    return faces.of(np.bincount(faces.people)[faces.people] > 1)


def figures(labels: NDArray[np.int64], people: NDArray[np.int64]) -> NDArray[np.float64]:
    found = agreement(labels, people)
    return np.array([found.pair_f, found.bcubed_f])


def both(faces: Faces, rule: GroupRule) -> NDArray[np.float64]:
    """Return pairwise and BCubed F of (a) and of (b)."""
    return np.concatenate(
        [
            figures(group_unknown(each.encodings, np.arange(len(each.people)), rule), each.people)
            for each in (with_two(faces), faces)
        ]
    )


def row(name: str, values: NDArray[np.float64], note: str = "") -> None:
    a, b = values[:2], values[2:]
    print(
        f"| {name} | {a[0]:.1f} / {a[1]:.1f} |"
        + (f" {b[0]:.1f} / {b[1]:.1f} |" if len(b) else "")
        + f" {note} |",
        flush=True,
    )


# --- choosing the rule ---------------------------------------------------------------------------


def shapes() -> list[GroupRule]:
    return [
        replace(RULE, own_share=share, crowd_weight=weight, crowd_size=size)
        for share, weight, size in product((0.3, 0.5, 0.7), (0.0, 0.3, 0.5), (10, 20))
        if weight or size == 10
    ]


def fitted(faces: Faces) -> GroupRule:
    """Return the rule whose mean figure, over three neighbouring cuts, is best."""
    best = (0.0, RULE)
    for shape in shapes():
        start = 0.34 + 0.04 * shape.crowd_weight
        cuts = np.arange(start, start + 0.07, 0.005)
        means = np.array([both(faces, replace(shape, cut=float(c))).mean() for c in cuts])
        smooth = (means[:-2] + means[1:-1] + means[2:]) / 3
        at = int(smooth.argmax())
        best = max(best, (float(smooth[at]), replace(shape, cut=float(cuts[at + 1]))), key=first)
    return best[1]


def first(pair: tuple[float, GroupRule]) -> float:
    return pair[0]


def fit(one: Faces, other: Faces) -> None:
    print("\n| chosen on one half, reported on the other | (a) | (b) | rule |\n|---|---|---|---|")
    for choose, report in ((one, other), (other, one)):
        rule = fitted(choose)
        crowd = f"crowd {rule.crowd_weight} x {rule.crowd_size}"
        note = f"cut {rule.cut:.3f}, own share {rule.own_share}, {crowd}"
        row("held out", both(report, rule), note)
        row("the same half at the package's rule", both(report, RULE))


# --- other ways ----------------------------------------------------------------------------------


def at_best(grouping: Grouping, faces: Faces, cuts: NDArray[np.float64]) -> tuple[float, ...]:
    """Return the best pairwise F, the best BCubed F, each at its own cut."""
    found = [figures(grouping(faces.encodings, float(cut)), faces.people) for cut in cuts]
    return tuple(np.max(found, axis=0))


def rivals(faces: Faces) -> None:
    plain = np.arange(0.40, 0.62, 0.01)
    scaled = np.arange(0.28, 0.44, 0.01)
    ways: tuple[tuple[str, Grouping, NDArray[np.float64], bool], ...] = (
        ("average linkage, exact", exact_average_linkage, scaled, True),
        ("average linkage, exact, as encoded", exact_average_linkage, plain, False),
        ("face_recognition's 0.6, pairs joined", components, np.array([0.6]), False),
        ("face_recognition's 0.6, first match", first_match, np.array([0.6]), False),
        ("Chinese whispers (dlib)", chinese_whispers, plain, False),
        ("Chinese whispers (dlib), normalised", chinese_whispers, scaled, True),
        ("DBSCAN, core 1", dbscan(1), plain, False),
        ("DBSCAN, core 2, normalised", dbscan(2), scaled, True),
        ("DBSCAN, core 3, normalised", dbscan(3), scaled, True),
        ("DBSCAN, core 4", dbscan(4), plain, False),
        ("HDBSCAN, 1 to 3 samples, normalised", hdbscan, np.array([1, 2, 3]), True),
        ("origin's leader", leader, plain, False),
    )
    print("\n| way, at its own best cuts | (a) | (b) | |\n|---|---|---|---|")
    for name, grouping, cuts, is_unit in ways:
        start = time.process_time()
        found: list[float] = []
        for each in (with_two(faces), faces):
            x = unit(each.encodings) if is_unit else each.encodings
            found.extend(at_best(grouping, Faces(x, each.people), cuts))
        spent = (time.process_time() - start) / len(cuts)
        row(name, np.array(found), f"{spent:.1f} s of processor for a cut")


# --- sizes and growth ----------------------------------------------------------------------------


def scales(faces: Faces) -> None:
    print("\n| people of (a), same rule, mean of 5 draws | (a) | |\n|---|---|---|")
    everyone = with_two(faces)
    people = np.unique(everyone.people)
    for n in (45, 90, 181, 362, 725):
        drawn = []
        for seed in SEEDS:
            chosen = np.random.default_rng(seed).choice(people, n, replace=False)
            some = everyone.of(np.isin(everyone.people, chosen))
            labels = group_unknown(some.encodings, np.arange(len(some.people)), RULE)
            drawn.append(figures(labels, some.people))
        row(str(n), np.mean(drawn, axis=0), f"least {np.min(drawn):.1f}")


def growth(faces: Faces) -> None:
    print("\n| photos at a time | (a) | (b) | faces moved |\n|---|---|---|---|")
    for batch in (100, 500, 2000):
        found, moved = [], 0
        for each in (with_two(faces), faces):
            order = np.random.default_rng(0).permutation(len(each.people))
            x, people = each.encodings[order], each.people[order]
            labels = np.full(len(people), ALONE, dtype=np.int64)
            for end in range(batch, len(people) + batch, batch):
                before = labels[:end].copy()
                labels[:end] = group_unknown(x[:end], np.arange(len(before)), RULE, before)
                moved += int(((before != ALONE) & (before != labels[:end])).sum())
            found.append(figures(labels, people))
        row(str(batch), np.concatenate(found), str(moved))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for each in (fit, rivals, growth, scales):
        parser.add_argument(f"--{each.__name__}", action="store_true")
    options = parser.parse_args()
    encodings, names = load_faces()
    everyone = Faces(encodings, np.unique(names, return_inverse=True)[1].astype(np.int64))
    a = with_two(everyone)
    print(f"(a) {len(a.people)} faces of {len(np.unique(a.people))} people; (b)", end=" ")
    print(f"{len(everyone.people)} faces of {len(np.unique(everyone.people))} people\n")
    print("| pairwise F / BCubed F | (a) | (b) | |\n|---|---|---|---|")
    start = time.process_time()
    found = both(everyone, RULE)
    row("facedex", found, f"one cut; {time.process_time() - start:.1f} s of processor for both")
    for step in (-0.01, -0.005, 0.005, 0.01):
        row(f"cut {step:+.3f}", both(everyone, replace(RULE, cut=RULE.cut + step)))
    if options.rivals:
        rivals(everyone)
    if options.scales:
        scales(everyone)
    if options.growth:
        growth(everyone)
    if options.fit:
        fit(*halves(encodings, names))


if __name__ == "__main__":
    main()
