import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facedex.matching.constraints import (
    is_among,
    is_possible,
    key_set,
    lifetime_us,
    one_each,
    pair_keys,
)

DAY = 86_400e6


def us(text):
    return np.datetime64(text, "us").astype(np.int64).astype(float)


@pytest.mark.parametrize(
    ("born", "too_early", "early_enough"),
    [
        ("1980", "1979-12-30", "1980-01-01"),
        ("1980-03", "1980-02-28", "1980-03-01"),
        ("1980-03-21", "1980-03-19", "1980-03-21"),
    ],
)
def test_nobody_is_on_a_photo_before_their_birth(born, too_early, early_enough):
    first, last = np.array([lifetime_us(born, None)]).T
    assert not is_possible(np.array([us(too_early)]), first, last)[0]
    assert is_possible(np.array([us(early_enough)]), first, last)[0]
    assert last[0] == np.inf


@pytest.mark.parametrize(
    ("died", "still", "too_late"),
    [
        ("2000", "2001-12-30", "2002-01-05"),
        ("2000-02", "2001-02-27", "2001-03-05"),
        ("2000-02-10", "2001-02-09", "2001-02-15"),
    ],
)
def test_nobody_is_on_a_photo_more_than_a_year_after_their_death(died, still, too_late):
    first, last = np.array([lifetime_us(None, died)]).T
    assert is_possible(np.array([us(still)]), first, last)[0]
    assert not is_possible(np.array([us(too_late)]), first, last)[0]
    assert first[0] == -np.inf


def test_a_photo_without_a_time_may_show_anybody():
    first, last = np.array([lifetime_us("1980", "1990")]).T
    assert is_possible(np.array([np.nan]), first, last)[0]


@pytest.mark.parametrize("text", ["", "80", "1980-3", "1980-13", "1980-02-30", "spring 1980"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ValueError, match=r"date|month|day"):
        lifetime_us(text, None)


@given(st.sets(st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1)), max_size=30))
def test_keys_tell_pairs_apart(pairs):
    keys = key_set(pairs)
    assert len(keys) == len(pairs)
    wanted = np.array([*pairs, (5, 6)], dtype=np.int64).reshape(-1, 2)
    found = is_among(pair_keys(wanted[:, 0], wanted[:, 1]), keys)
    assert found[:-1].all()
    assert found[-1] == ((5, 6) in pairs)


def best_by_trying(gain):
    """Return the greatest sum of gains of any way to pair faces with people."""
    faces, people = gain.shape
    best = 0.0
    for chosen in itertools.product(range(-1, people), repeat=faces):
        named = [person for person in chosen if person >= 0]
        if len(named) == len(set(named)):
            best = max(best, sum(gain[f, p] for f, p in enumerate(chosen) if p >= 0))
    return best


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_no_other_choice_on_a_photo_is_better(seed):
    rng = np.random.default_rng(seed)
    n_photos, options, truth = 3, [], 0.0
    for photo in range(n_photos):
        gain = np.round(rng.normal(size=(rng.integers(1, 4), rng.integers(1, 4))), 2)
        truth += best_by_trying(gain)
        options += [(photo, photo * 10 + f, p, gain[f, p]) for f, p in np.ndindex(*gain.shape)]
    photos, faces, people, gains = (
        np.array(column)
        for column in zip(*(options[i] for i in rng.permutation(len(options))), strict=True)
    )
    chosen = one_each(photos, faces, people, gains)
    assert gains[chosen].sum() == pytest.approx(truth)
    assert len(set(faces[chosen])) == len(chosen)
    assert len(set(zip(photos[chosen], people[chosen], strict=True))) == len(chosen)
    assert (np.diff(faces[chosen]) > 0).all()


def test_no_options_give_no_choice():
    none = np.empty(0, np.int64)
    assert len(one_each(none, none, none, np.empty(0))) == 0
