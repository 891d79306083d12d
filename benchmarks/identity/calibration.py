"""How sure the suggestions are, and whether they are right as often as they say.

    python benchmarks/identity/calibration.py [--write] [--png FILE] [--own]

LFW's people are split in two halves by a hash of the name. Face types and likelihood ratios are
fitted on one half and asked about the other, whose people had no part in anything, and the other
way round: some of them are known by 1, 2, 3, 5 or 8 labels, all others are strangers. What
facedex/naming/encoder.py holds is fitted in the same way on everybody, and the types in assets/ on
the first half. The ratios against look-alikes are fitted on the stranger's face that is nearest to
each known person. What is sure is shown apart, as the matcher gives it and as it would be without
that limit, in libraries of few and of many known people, and of look-alikes alone. --write puts the
types there and prints the coefficients; otherwise it is checked that they are these. --own shows
what the correction by a library's own labels does, with the half asked about as the library.
"""

from __future__ import annotations

import argparse
import itertools
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from lfw_faces import COUNTS, PROJECT, Faces, draw, halves, load_faces, wrong_names
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2

from facedex.matching.audit import own_calibration
from facedex.matching.calibration import (
    SHIPPED,
    Calibration,
    fit_calibration,
    known_share,
    limited,
    prior_log_odds,
)
from facedex.matching.metric import distances
from facedex.matching.metrics import FaceTypes, Metric, fit_metric
from facedex.naming.encoder import ODDS_WHEN_FITTED, Coefficients
from facedex.services.recognising.metric_choice import load_types
from facedex.types import SURE, MetricName

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Trial = tuple[Metric, Calibration, Faces]
Trials = list[Trial]
Pairs = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]
"""Distances, label counts, whether it is one person, and weights."""

N_TYPES = 32
MIN_PEOPLE = 8
FLOOR = 0.25
FIT_COUNTS = (1, 2, 3, 4, 5, 6, 8, 12)
REPEATS = 6
KNOWN = (1, 3, 10, 50, 500)
NEAR = 0.8  # of the median distance: pairs beyond it, of one person or two, are not fitted on
EDGES = (0, 0.02, 0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999, 1)


def fit_types(faces: Faces) -> FaceTypes:
    """Return the directions of k-means centres of the people's means, each of ``MIN_PEOPLE``."""
    points = Metric(MetricName.UNIT, is_unit=True).transform(faces.encodings)
    unique, slots = np.unique(faces.people, return_inverse=True)
    means = np.zeros((len(unique), points.shape[1]))
    np.add.at(means, slots, points)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    centres, of_person = kmeans2(means, N_TYPES, iter=60, minit="++", seed=0)
    centres = centres[np.bincount(of_person, minlength=N_TYPES) >= MIN_PEOPLE]
    vectors = (centres / np.linalg.norm(centres, axis=1, keepdims=True)).astype(np.float32)
    return FaceTypes(vectors, float(np.quantile((points @ vectors.T).max(axis=1), FLOOR)))


def fit_shipped(name: MetricName, faces: Faces) -> Calibration:
    """Fit on pairs of faces and drawn centroids; every number of labels weighs the same.

    Only near pairs are fitted on, of one person and of two: nothing is decided far away, and the
    few faces there that do not look like their person would make the ratio too flat where it
    matters. What a metric learns is learned from one half of these people for the other: distances
    of the very faces that types or weights were made of are not those of new faces.
    """
    found = _fit(name, faces, _pairs)
    return replace(found, look_alike=_fit(name, faces, _look_alikes).coefficients)


def _fit(
    name: MetricName, faces: Faces, pairs_of: Callable[[Metric, Faces, int, int], Pairs]
) -> Calibration:
    first = faces.people % 2 == 0
    found = []
    for learned, paired in (
        (faces.of(first), faces.of(~first)),
        (faces.of(~first), faces.of(first)),
    ):
        metric = fit_metric(name, learned.encodings, learned.people, fit_types(learned))
        found += [
            pairs_of(metric, paired, n_labels, seed)
            for n_labels in FIT_COUNTS
            for seed in range(REPEATS)
        ]
    distances_, counts, same, weights = (np.concatenate(part) for part in zip(*found, strict=True))
    return fit_calibration(distances_, counts, same, weights / len(found))


def _pairs(metric: Metric, faces: Faces, n_labels: int, seed: int) -> Pairs:
    """Return all near pairs."""
    tile, same = _compared(metric, faces, n_labels, seed)
    kept = tile < NEAR * np.median(tile)
    weight = np.where(same, 1 / same.sum(), ODDS_WHEN_FITTED / (~same).sum())
    return tile[kept], np.full(kept.sum(), float(n_labels)), same[kept], weight[kept]


def _look_alikes(metric: Metric, faces: Faces, n_labels: int, seed: int) -> Pairs:
    """Return all pairs of one person, and of each person the nearest face of another.

    Without those whose names are known to be wrong: some are one person under two names.
    """
    faces = faces.of(~np.isin(faces.people, wrong_people()))
    tile, same = _compared(metric, faces, n_labels, seed)
    own, nearest = tile[same], np.where(same, np.inf, tile).min(axis=0)
    n_own, n_nearest = len(own), len(nearest)
    return (
        np.append(own, nearest),
        np.full(n_own + n_nearest, float(n_labels)),
        np.arange(n_own + n_nearest) < n_own,
        np.repeat((1 / n_own, ODDS_WHEN_FITTED / n_nearest), (n_own, n_nearest)),
    )


@cache
def wrong_people() -> NDArray[np.int64]:
    """Return the numbers of the people of whom LFW has a wrong name."""
    return np.flatnonzero(np.isin(np.unique(load_faces()[1]), wrong_names()))


def _compared(
    metric: Metric, faces: Faces, n_labels: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the distances of unlabelled faces and drawn people, and which are one person."""
    drawn = draw(faces.people, n_labels, seed, n_labels)
    points = metric.transform(faces.encodings)
    targets = metric.targets(points[drawn.labels].mean(axis=1, dtype=np.float32))
    others = np.concatenate((drawn.probes, drawn.strangers))
    tile = distances(metric.probes(points[others]), targets).astype(np.float64)
    return tile, faces.people[others][:, None] == drawn.known


def answers(
    metric: Metric,
    calibration: Calibration,
    faces: Faces,
    n_labels: int,
    seed: int,
    more_than: int,
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return each unlabelled face's best probability, if it is right, if it is known."""
    drawn = draw(faces.people, n_labels, seed, more_than)
    points = metric.transform(faces.encodings)
    targets = metric.targets(points[drawn.labels].mean(axis=1, dtype=np.float32))
    others = np.concatenate((drawn.probes, drawn.strangers))
    tile = distances(metric.probes(points[others]), targets).astype(np.float64)
    ratios = np.exp(calibration.log_ratios(tile, np.full(tile.shape[1], float(n_labels))))
    prior = np.exp(prior_log_odds(known_share(ratios.mean(axis=1)), len(drawn.known)))
    posterior = prior * ratios / (1 + prior * ratios.sum(axis=1, keepdims=True))
    best = posterior.argmax(axis=1)
    each = np.arange(len(others))
    count = np.array(float(n_labels))
    look_alike = calibration.look_alike_log_ratios(tile[each, best], count)
    is_right = drawn.known[best] == faces.people[others]
    is_known = np.arange(len(others)) < len(drawn.probes)
    return limited(posterior[each, best], look_alike), is_right, is_known


def trial(name: MetricName, learned: Faces, asked_about: Faces) -> Trial:
    """Learn everything from one half of the people, to be asked about the other."""
    metric = fit_metric(name, learned.encodings, learned.people, fit_types(learned))
    return metric, fit_shipped(name, learned), asked_about


def corrected(each: Trial) -> Trial:
    """Let the shipped calibration be corrected by the faces of the half that is asked about."""
    metric, _, faces = each
    nobody = np.empty(0, dtype=np.int64)
    own = own_calibration(
        metric.name, faces.encodings, faces.people, metric.types, faces.encodings[:0], nobody
    )
    print(f"slope {own.slope:.2f}, shift {own.shift:.2f}")
    return metric, own, faces


def asked(
    trials: Trials, counts: Sequence[int], more_than: int = max(COUNTS)
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the ``answers`` of all trials, numbers of labels and seeds together."""
    runs = [
        answers(metric, calibration, faces, n_labels, seed, more_than)
        for metric, calibration, faces in trials
        for n_labels in counts
        for seed in range(REPEATS)
    ]
    p, is_right, is_known = (np.concatenate(parts) for parts in zip(*runs, strict=True))
    return p, is_right, is_known


def bins(p: NDArray[np.float64]) -> list[NDArray[np.bool_]]:
    """Return which probabilities lie between each pair of ``EDGES``."""
    pairs = itertools.pairwise(EDGES)
    return [(p >= low) & ((p < high) | (high == 1)) for low, high in pairs]


def expected_error(p: NDArray[np.float64], is_right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error over the bins of ``EDGES``."""
    used = [inside for inside in bins(p) if inside.any()]
    off = [inside.sum() * abs(p[inside].mean() - is_right[inside].mean()) for inside in used]
    return float(sum(off) / len(p))


def print_reliability(trials: Trials) -> None:
    """Print both halves together, and what is right of each alone."""
    print("| probability | faces | said | right | of the first half | of the second |")
    print("|---|---|---|---|---|---|")
    p, is_right, _ = asked(trials, COUNTS)
    alone = [asked([each], COUNTS)[:2] for each in reversed(trials)]
    for number, (low, high) in enumerate(itertools.pairwise(EDGES)):
        inside = bins(p)[number]
        apart = [right[bins(said)[number]].mean() for said, right in alone]
        print(
            f"| {low:.3f} to {high:.3f} | {inside.sum()} | {p[inside].mean():.4f} |"
            f" {is_right[inside].mean():.4f} | {apart[0]:.4f} | {apart[1]:.4f} |"
        )


def print_by_people(trials: Trials) -> None:
    """Print what more known people do: all who have a face more than labels."""
    print("| labels | known people | expected error | at 50 %: recall | precision | at 99.5 % |")
    print("|---|---|---|---|---|---|")
    for n_labels in COUNTS:
        for more_than in sorted({max(COUNTS), n_labels}, reverse=True):
            known = [len(draw(faces.people, 1, 0, more_than).known) for _, _, faces in trials]
            p, is_right, is_known = asked(trials, [n_labels], more_than)
            said, sure = p >= 0.5, p >= 0.995
            print(
                f"| {n_labels} | {known[0]} and {known[1]} | {expected_error(p, is_right):.2%} |"
                f" {(said & is_right)[is_known].mean():.1%} | {is_right[said].mean():.1%} |"
                f" {is_right[sure].mean():.2%} of {sure[is_known].mean():.0%} |"
            )


def print_sure(trials: Trials) -> None:
    """Print what is sure by the number of people who share the prior, of everybody's look-alike.

    Each known person is taken alone, with their own faces and the stranger's nearest to them; a
    half of all faces is taken for known people's. Own faces and look-alikes are those of a library
    of any size, so the prior alone says how many people there are.
    """
    print("| labels | known people | own faces sure | unlimited | look-alikes sure | unlimited |")
    print("|---|---|---|---|---|---|")
    for n_labels in COUNTS:
        count = np.array(float(n_labels))
        for n_people in KNOWN:
            found = []
            for metric, calibration, faces in trials:
                for seed in range(REPEATS):
                    at, _, is_own, _ = _look_alikes(metric, faces, n_labels, seed)
                    odds = calibration.log_ratios(at, count) + prior_log_odds(0.5, n_people)
                    p = 1 / (1 + np.exp(-odds))
                    look_alike = calibration.look_alike_log_ratios(at, count)
                    found.append((limited(p, look_alike) >= SURE, p >= SURE, is_own))
            sure, unlimited, is_own = (np.concatenate(part) for part in zip(*found, strict=True))
            print(
                f"| {n_labels} | {n_people} | {sure[is_own].mean():.1%} |"
                f" {unlimited[is_own].mean():.1%} | {sure[~is_own].mean():.2%} |"
                f" {unlimited[~is_own].mean():.2%} |"
            )


def draw_png(path: Path, p: NDArray[np.float64], is_right: NDArray[np.bool_]) -> None:
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    edges = np.linspace(0, 1, 21)
    bins = np.clip(np.digitize(p, edges) - 1, 0, 19)
    used = np.unique(bins)
    said = [p[bins == b].mean() for b in used]
    right = [is_right[bins == b].mean() for b in used]
    figure, axes = plt.subplots(figsize=(4, 4))
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axes.plot(said, right, marker="o")
    axes.set(xlabel="said", ylabel="right", title="Best suggestion of a face")
    figure.savefig(path, dpi=120, bbox_inches="tight")


def is_as_shipped(fitted: Coefficients | None, shipped: Coefficients | None) -> bool:
    """Tell whether two ratios are one but for rounding."""
    assert fitted is not None
    assert shipped is not None
    return np.allclose(fitted, shipped, rtol=1e-3, atol=2e-3)


def check_shipped(choose: Faces, *, is_writing: bool) -> None:
    """Write the types and print the coefficients, or tell that those shipped are others."""
    types, shipped = fit_types(choose), load_types()
    if is_writing:
        np.save(PROJECT / "assets" / "face_types.npy", types.vectors)
        print(f"{len(types.vectors)} types, floor {types.floor:.4f}")
    else:
        assert np.allclose(shipped.vectors, types.vectors, atol=1e-3)
    encodings, names = load_faces()
    people = np.unique(names, return_inverse=True)[1].astype(np.int64)
    for name in MetricName:
        found = fit_shipped(name, Faces(encodings, people))
        if is_writing:
            for ratio in (found.coefficients, found.look_alike or ()):
                print(name, ", ".join(f"{each:.3f}" for each in ratio))
        else:
            assert is_as_shipped(found.coefficients, SHIPPED[name].coefficients), name
            assert is_as_shipped(found.look_alike, SHIPPED[name].look_alike), name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--png", type=Path)
    parser.add_argument("--own", action="store_true")
    options = parser.parse_args()
    one, other = halves(*load_faces())
    check_shipped(one, is_writing=options.write)
    print("| metric | expected error | at 50 %: recall | precision | strangers suggested |")
    print("|---|---|---|---|---|")
    for name in MetricName:
        trials = [trial(name, one, other), trial(name, other, one)]
        p, is_right, is_known = asked(trials, COUNTS)
        said = p >= 0.5
        print(
            f"| {name} | {expected_error(p, is_right):.2%} |"
            f" {(said & is_right)[is_known].mean():.1%} | {is_right[said].mean():.1%} |"
            f" {said[~is_known].mean():.2%} |",
            flush=True,
        )
    # the last is the default
    print()
    print_reliability(trials)
    print()
    print_by_people(trials)
    print()
    print_sure(trials)
    if options.own:
        print()
        print_by_people([corrected(each) for each in trials])
    if options.png:
        draw_png(options.png, p, is_right)


if __name__ == "__main__":
    main()
