"""Suggestions for a library's faces, held ready to be brought up to date after every decision.

``learn`` compares every open face with every known person. ``update`` does it for what changed
since: the people whose faces came or went with all faces, and the faces that became open with all
people. What it leads to depends only on what is decided by then: after any decisions it is what
``learn`` would say. How many people there are, and how likely a face is a known person's at all,
count in steps (``calibration``), so all faces are weighed anew only when a step is taken.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from facedex.matching.calibration import MOST_UNSURE, known_share, prior_log_odds
from facedex.matching.constraints import is_among, is_possible, pair_keys
from facedex.matching.known_people import KnownPeople
from facedex.matching.matcher import Candidates, find_candidates, ratio_sums, settle
from facedex.matching.metric import squared_lengths

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    from facedex.matching.calibration import Calibration
    from facedex.matching.known_people import Faces
    from facedex.matching.matcher import Suggestions
    from facedex.matching.metrics import Metric
    from facedex.matching.rules import Rules

APART_LOG_RATIO = 5.0
"""A person's faces fall apart into modes where two would be e^5 times likelier one person's than
not: at 0.36 to 0.38 of unit vectors. Any cut from 0.36 to 0.45 leaves LFW's people whole and tells
two of them apart who bear one name (benchmarks/identity/open_set.py)."""


class Recogniser:
    """Suggestions for the faces of one model; not to be used by two threads at once."""

    def __init__(self, metric: Metric, calibration: Calibration, faces: Faces) -> None:
        self._calibration = calibration
        self._faces = faces
        points = metric.transform(faces.encodings)
        self._probes = metric.probes(points)
        self._squared = squared_lengths(self._probes)
        apart = float(calibration.reach(APART_LOG_RATIO, np.ones(1))[0])
        self._people = KnownPeople(metric, points, faces, apart)
        self._candidates = Candidates.joined(())
        self._least_people = 0
        self._ratio_sums = np.zeros(len(points))
        self._prior = 0.0
        self._rules: Rules | None = None

    def learn(self, rules: Rules) -> Suggestions:
        """Compare all faces with all people; return every suggestion."""
        self._rules = rules
        self._people.learn(rules.person)
        return self._settle_all(rules)

    def update(
        self, rules: Rules, faces: Collection[int] = (), people: Collection[int] = ()
    ) -> tuple[NDArray[np.int64], Suggestions]:
        """Follow what was decided since ``learn``; return the faces that are settled anew, and how.

        A face of the first that is not in the second has no suggestion. Among the first are also
        ``faces``, by their index, and those that may be one of ``people``.
        """
        before, self._rules = self._rules, rules
        assert before is not None, "nothing was learned yet"
        changed = np.flatnonzero(
            (before.person != rules.person) | (before.is_ignored != rules.is_ignored)
        )
        touched = self._rebuild(changed, before, rules)
        everybody = np.arange(len(self._probes), dtype=np.int64)
        if _rounded_down(len(self._people)) != self._least_people:
            return everybody, self._settle_all(rules)
        affected = self._compare_again(changed, touched, before, rules)
        if len(faces) or len(people):
            affected[self._candidates.faces[np.isin(self._candidates.people, list(people))]] = True
            affected[list(faces)] = True
            affected = np.isin(self._faces.photos, self._faces.photos[affected])
        allowed = self._allowed(self._candidates.where(affected[self._candidates.faces]), rules)
        if self._weigh(allowed, affected, rules):
            return everybody, self._settle(self._allowed(self._candidates, rules))
        return np.flatnonzero(affected), self._settle(allowed)

    def _settle_all(self, rules: Rules) -> Suggestions:
        """Find all candidates anew."""
        self._least_people = _rounded_down(len(self._people))
        self._candidates = self._find(self._people.everybody(), rules)
        allowed = self._allowed(self._candidates, rules)
        self._weigh(allowed, np.ones(len(self._probes), dtype=np.bool_), rules)
        return self._settle(allowed)

    def _settle(self, allowed: Candidates) -> Suggestions:
        """Settle; what rests on poor encodings is never sure, how far off is not in a distance."""
        found = settle(allowed, self._faces.photos, self._prior)
        is_poor = self._people.rests_on_poor(found.faces, found.people)
        capped = np.where(
            is_poor, np.minimum(found.probabilities, MOST_UNSURE), found.probabilities
        )
        return found._replace(probabilities=capped)

    def _weigh(self, allowed: Candidates, affected: NDArray[np.bool_], rules: Rules) -> bool:
        """Estimate the prior; tell whether it is another one now.

        ``allowed`` are all candidates of the affected faces that no rule forbids.
        """
        sums = ratio_sums(allowed, len(affected))
        self._ratio_sums[affected] = sums[affected]
        n_people = len(self._people)
        share = known_share(self._ratio_sums[rules.is_open] / max(n_people, 1))
        before, self._prior = self._prior, prior_log_odds(share, n_people)
        return before != self._prior

    def _compare_again(
        self, changed: NDArray[np.int64], touched: list[int], before: Rules, rules: Rules
    ) -> NDArray[np.bool_]:
        """Find anew what depends on these faces and people; return the faces it can matter to."""
        opened = changed[rules.is_open[changed]]
        stale = np.isin(self._candidates.people, touched)
        stale |= np.isin(self._candidates.faces, changed)
        redated = [
            person
            for person in before.lifetimes.keys() | rules.lifetimes.keys()
            if before.lifetimes.get(person) != rules.lifetimes.get(person)
        ]
        fresh = [self._find(touched, rules)]
        if len(opened):
            others = set(self._people.everybody()).difference(touched)
            fresh.append(self._find(others, rules, opened))
        faces = (
            changed,
            self._candidates.faces[stale | np.isin(self._candidates.people, redated)],
            np.setxor1d(before.rejected, rules.rejected) >> 32,
            *(each.faces for each in fresh),
        )
        photos = np.union1d(
            self._faces.photos[np.concatenate(faces)],
            np.setxor1d(before.confirmed_on, rules.confirmed_on) >> 32,
        )
        self._candidates = Candidates.joined([self._candidates.where(~stale), *fresh])
        affected: NDArray[np.bool_] = np.isin(self._faces.photos, photos)
        return affected

    def _rebuild(self, changed: NDArray[np.int64], before: Rules, rules: Rules) -> list[int]:
        """Build the people anew whose faces came or went; return them."""
        was, now = before.person[changed], rules.person[changed]
        moved = was != now
        touched = [int(p) for p in np.union1d(was[moved], now[moved]) if p]
        for person_id in touched:
            self._people.rebuild(person_id, np.flatnonzero(rules.person == person_id))
        return touched

    def _find(
        self, person_ids: Iterable[int], rules: Rules, rows: NDArray[np.int64] | None = None
    ) -> Candidates:
        """Return the open faces, of all or of ``rows``, that may be one of these people."""
        every = slice(None) if rows is None else rows
        found = find_candidates(
            self._probes[every],
            self._faces.taken_us[every],
            self._people.gallery(person_ids),
            self._calibration,
            self._least_people,
            squared=self._squared[every],
        )
        if rows is not None:
            found = replace(found, faces=rows[found.faces])
        return found.where(rules.is_open[found.faces])

    def _allowed(self, candidates: Candidates, rules: Rules) -> Candidates:
        """Return the candidates that no rule forbids."""
        faces, people = candidates.faces, candidates.people
        is_out = is_among(pair_keys(faces, people), rules.rejected)
        is_out |= is_among(pair_keys(self._faces.photos[faces], people), rules.confirmed_on)
        if rules.lifetimes:
            spans = np.array([rules.lifetimes[p] for p in sorted(rules.lifetimes)])
            dated = np.array(sorted(rules.lifetimes))
            place = np.minimum(np.searchsorted(dated, people), len(dated) - 1)
            first_us, last_us = spans[place].T
            possible = is_possible(self._faces.taken_us[faces], first_us, last_us)
            is_out |= (dated[place] == people) & ~possible
        return candidates.where(~is_out)


def _rounded_down(n_people: int) -> int:
    """Return the greatest power of two that is not more: how near a candidate is goes by it."""
    return 1 << max(n_people.bit_length() - 1, 0)
