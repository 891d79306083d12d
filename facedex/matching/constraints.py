"""What cannot be, however alike two faces are.

Two faces of one photo are not one person; what the owner rejected is not proposed again; nobody is
on a photo taken before their birth, or more than a year after their death (the year is for wakes,
slow scanners and wrong clocks). A photo without a date may show anybody.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

SLACK_AFTER_DEATH_DAYS = 366
_ZONES_DAYS = 1  # dates of photos and of people are local ones, of two unknown places
_DAY_US = 86_400_000_000
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


def lifetime_us(born: str | None, died: str | None) -> tuple[float, float]:
    """Return between which moments a photo can show somebody, in microseconds since 1970 UTC.

    Parameters
    ----------
    born, died : ISO dates, ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``; None is unknown.

    Raises
    ------
    ValueError
        If one is no date.
    """
    first, last = -np.inf, np.inf
    if born is not None:
        first = _span_us(born)[0] - _ZONES_DAYS * _DAY_US
    if died is not None:
        last = _span_us(died)[1] + (SLACK_AFTER_DEATH_DAYS + _ZONES_DAYS) * _DAY_US
    return first, last


def _span_us(text: str) -> tuple[float, float]:
    """Return the first and the last moment of a day, a month or a year."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError(f"not a date: {text!r} (YYYY, YYYY-MM or YYYY-MM-DD)")
    year, month, day = (None if part is None else int(part) for part in found.groups())
    assert year is not None
    begin = datetime(year, month or 1, day or 1, tzinfo=UTC)
    last_month = month or 12
    last_day = day or calendar.monthrange(year, last_month)[1]
    end = datetime(year, last_month, last_day, tzinfo=UTC)
    return begin.timestamp() * 1e6, end.timestamp() * 1e6 + _DAY_US


def is_possible(
    taken_us: NDArray[np.float64], first_us: NDArray[np.float64], last_us: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Tell for each pair whether the photo's time lies in the person's; NaN does."""
    return ~((taken_us < first_us) | (taken_us > last_us))


def pair_keys(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return one number for each pair of two ids below 2^31."""
    return (a.astype(np.int64) << 32) | b


def key_set(pairs: Iterable[tuple[int, int]]) -> NDArray[np.int64]:
    """Return the keys of pairs of ids, sorted."""
    numbers = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    return np.unique(pair_keys(numbers[:, 0], numbers[:, 1]))


def is_among(keys: NDArray[np.int64], sorted_keys: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which keys are in ``sorted_keys``."""
    if not len(sorted_keys):
        return np.zeros(len(keys), dtype=np.bool_)
    place = np.minimum(np.searchsorted(sorted_keys, keys), len(sorted_keys) - 1)
    found: NDArray[np.bool_] = sorted_keys[place] == keys
    return found


def one_each(
    photos: NDArray[np.int64],
    faces: NDArray[np.int64],
    people: NDArray[np.int64],
    gains: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Choose options so that no face, and no person on one photo, is chosen twice.

    On each photo the gains of what is chosen add up to the most there can be. Only options of a
    gain above 0 are chosen; of equal ones that of the lower face, then of the lower person.

    Parameters
    ----------
    photos, faces, people, gains : (p,), of each option: face ``faces[i]``, which is on photo
        ``photos[i]``, is person ``people[i]``; no pair comes twice.

    Returns
    -------
    int64: the indices of the chosen options, by face.
    """
    options = np.flatnonzero(gains > 0)
    order = options[np.lexsort((people[options], -gains[options], faces[options]))]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = np.diff(faces[order]) != 0
    best = order[first]
    _, slots, counts = np.unique(
        pair_keys(photos[best], people[best]), return_inverse=True, return_counts=True
    )
    disputed = np.unique(photos[best[counts[slots] > 1]])
    settled = best[~np.isin(photos[best], disputed)]
    contested = options[np.isin(photos[options], disputed)]
    contested = contested[np.argsort(photos[contested], kind="stable")]
    parts = np.split(contested, np.flatnonzero(np.diff(photos[contested])) + 1)
    chosen = [settled, *(_best_whole(part, faces, people, gains) for part in parts if len(part))]
    together = np.concatenate(chosen)
    return together[np.argsort(faces[together], kind="stable")]


def _best_whole(
    options: NDArray[np.int64],
    faces: NDArray[np.int64],
    people: NDArray[np.int64],
    gains: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return the options of one photo with the greatest sum of gains."""
    from scipy.optimize import linear_sum_assignment

    rows, row = np.unique(faces[options], return_inverse=True)
    columns, column = np.unique(people[options], return_inverse=True)
    gain = np.zeros((len(rows), len(columns)))
    place = np.full(gain.shape, -1, dtype=np.int64)
    gain[row, column] = gains[options]
    place[row, column] = options
    chosen: NDArray[np.int64] = place[linear_sum_assignment(gain, maximize=True)]
    return chosen[chosen >= 0]
