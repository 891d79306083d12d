"""Suggestions: which person each unlabelled face is likely to be, and how likely.

Nothing here can change a label: what goes in are the faces without one, what comes out are
proposals for them.

A face is compared with the modes of the known people (``modes``). ``Candidates`` holds what lies
near enough to matter; constraints take away what cannot be; ``settle`` weighs the rest against each
other and against the face being a stranger's. The probability that face f is person p is

    pi_p R_fp / (pi_0 + sum_q pi_q R_fq)

with R the likelihood ratio of the distance, pi_q the prior of each known person and pi_0 that of a
stranger (``calibration``); the highest are limited by what look-alikes allow. So a face between two
people is neither of them surely, and the more people are known, the nearer a face must be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from facedex.matching.calibration import limited
from facedex.matching.constraints import one_each, pair_keys
from facedex.matching.metric import TILE, near
from facedex.matching.modes import mode_shares

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from facedex.matching.calibration import Calibration
    from facedex.matching.modes import Gallery

MIN_PROBABILITY = 0.5
"""A person is suggested who is likelier than everybody else and no one together."""

_MARGIN = 3.2  # with the greatest known share a ratio this far below log(people) gives 0.48


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Pairs of a face and a person that are near enough to matter.

    Attributes
    ----------
    faces, people : int64 (p,): index of the face, id of the person; no pair comes twice.
    log_ratios : float64 (p,), over all modes of the person.
    distances : float64 (p,), to the person's likeliest mode.
    look_alike_log_ratios : float64 (p,), of that mode.
    """

    faces: NDArray[np.int64]
    people: NDArray[np.int64]
    log_ratios: NDArray[np.float64]
    distances: NDArray[np.float64]
    look_alike_log_ratios: NDArray[np.float64]

    @classmethod
    def joined(cls, parts: Iterable[Candidates]) -> Self:
        """Return the pairs of all parts; sorted only within each."""
        chosen = list(parts)
        return cls(
            np.concatenate([np.empty(0, np.int64), *(part.faces for part in chosen)]),
            np.concatenate([np.empty(0, np.int64), *(part.people for part in chosen)]),
            np.concatenate([np.empty(0), *(part.log_ratios for part in chosen)]),
            np.concatenate([np.empty(0), *(part.distances for part in chosen)]),
            np.concatenate([np.empty(0), *(part.look_alike_log_ratios for part in chosen)]),
        )

    def where(self, kept: NDArray[np.bool_]) -> Candidates:
        """Return the pairs that are ``kept``."""
        return Candidates(
            self.faces[kept],
            self.people[kept],
            self.log_ratios[kept],
            self.distances[kept],
            self.look_alike_log_ratios[kept],
        )


class Suggestions(NamedTuple):
    """At most one person for each face and one face for each person and photo, by face index."""

    faces: NDArray[np.int64]
    people: NDArray[np.int64]
    distances: NDArray[np.float64]
    probabilities: NDArray[np.float64]


def find_candidates(
    probes: NDArray[np.float32],
    taken_us: NDArray[np.float64],
    gallery: Gallery,
    calibration: Calibration,
    n_people: int,
    *,
    squared: NDArray[np.float32] | None = None,
    block: int = TILE,
) -> Candidates:
    """Return every pair of a face and a person that could become a suggestion, by face and person.

    Parameters
    ----------
    probes : float32 (n, d), ``Metric.probes`` of the faces without a label.
    taken_us : float64 (n,), when their photos were taken; NaN where that is unknown.
    gallery : the modes to compare with; of some or of all known people.
    calibration : of the gallery's metric.
    n_people : how many people are known in all, at least; with fewer, more pairs are returned.
    squared : ``squared_lengths(probes)``, where the caller has them.
    block : faces and modes of a tile; it bounds the memory and changes no answer.
    """
    least = float(np.log(max(n_people, 1))) - _MARGIN
    reach = calibration.reach(least, gallery.n_labels)
    rows, columns, distances = near(probes, gallery.targets, reach, squared=squared, block=block)
    ratios = calibration.log_ratios(distances, gallery.n_labels[columns])
    ratios = ratios + np.log(mode_shares(gallery, columns, taken_us[rows]))
    people = gallery.people[columns]
    order = np.lexsort((columns, -ratios, people, rows))
    rows, people, ratios = rows[order], people[order], ratios[order]
    starts = np.flatnonzero(np.diff(pair_keys(rows, people), prepend=-1))
    if len(starts) < len(order):
        ratios = np.logaddexp.reduceat(ratios, starts)
    likeliest = order[starts]
    return Candidates(
        rows[starts],
        people[starts],
        ratios,
        distances[likeliest],
        calibration.look_alike_log_ratios(
            distances[likeliest], gallery.n_labels[columns[likeliest]]
        ),
    )


def ratio_sums(candidates: Candidates, n_faces: int) -> NDArray[np.float64]:
    """Return each face's sum of likelihood ratios over all people, for ``known_share``."""
    ratios = np.exp(candidates.log_ratios)
    sums = np.bincount(candidates.faces, weights=ratios, minlength=n_faces)
    return sums.astype(np.float64, copy=False)


def settle(
    candidates: Candidates,
    photo_ids: NDArray[np.int64],
    prior_log_odds: float,
    *,
    min_probability: float = MIN_PROBABILITY,
) -> Suggestions:
    """Return the suggestions: on each photo the likeliest whole, then what is likely enough of it.

    Parameters
    ----------
    candidates : without what the constraints forbid.
    photo_ids : int (n,), the photo of each face.
    prior_log_odds : of one known person against a stranger, before looking.
    """
    gains = candidates.log_ratios + prior_log_odds
    photos = np.asarray(photo_ids)[candidates.faces]
    chosen = one_each(photos, candidates.faces, candidates.people, gains)
    open_pair = ~_is_taken(photos, candidates, chosen)
    odds = np.exp(gains) * open_pair
    sums = np.bincount(candidates.faces, weights=odds, minlength=len(photo_ids))
    faces = candidates.faces[chosen]
    probabilities = limited(
        np.exp(gains[chosen]) / (1 + sums[faces]), candidates.look_alike_log_ratios[chosen]
    )
    likely = probabilities >= min_probability
    chosen = chosen[likely]
    return Suggestions(
        faces[likely],
        candidates.people[chosen],
        candidates.distances[chosen],
        probabilities[likely],
    )


def _is_taken(
    photos: NDArray[np.int64], candidates: Candidates, chosen: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell which pairs are of a person whom another face of the photo was given."""
    keys = pair_keys(photos, candidates.people)
    taken: NDArray[np.bool_] = np.isin(keys, keys[chosen])
    taken[chosen] = False
    return taken
