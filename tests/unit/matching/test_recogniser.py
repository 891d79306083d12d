import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facedex.matching.calibration import SHIPPED
from facedex.matching.constraints import key_set, lifetime_us
from facedex.matching.known_people import Faces
from facedex.matching.metrics import fit_metric
from facedex.matching.recogniser import Recogniser, Rules
from facedex.types import MetricName

UNIT = fit_metric(MetricName.UNIT, np.empty((0, 128), np.float32), np.empty(0, np.int64))
NONE = key_set([])


def faces_of(encodings, photos=None, taken=None):
    n = len(encodings)
    return Faces(
        encodings,
        np.arange(n) if photos is None else np.array(photos),
        np.full(n, np.nan) if taken is None else np.array(taken, float),
        np.full(n, np.nan),
    )


def recogniser(faces):
    return Recogniser(UNIT, SHIPPED[MetricName.UNIT], faces)


def rules(person, ignored=(), rejected=(), confirmed_on=(), lifetimes=None):
    is_ignored = np.zeros(len(person), bool)
    is_ignored[list(ignored)] = True
    return Rules(
        np.array(person), is_ignored, key_set(rejected), key_set(confirmed_on), lifetimes or {}
    )


def named(suggestions):
    return dict(zip(suggestions.faces.tolist(), suggestions.people.tolist(), strict=True))


@pytest.fixture
def album(make_faces):
    """Six people, four faces each; of each the first two can be labelled."""
    encodings, people = make_faces(6, 4, spread=0.012)
    return encodings, people + 1


def labelled(people, *known):
    return np.where((np.arange(len(people)) % 4 < 2) & np.isin(people, known), people, 0)


def test_known_people_are_found_and_strangers_left_alone(album):
    encodings, people = album
    found = recogniser(faces_of(encodings)).learn(rules(labelled(people, 1, 2, 3)))
    assert named(found) == {i: p for i, p in enumerate(people) if p <= 3 and i % 4 > 1}
    assert (found.probabilities > 0.99).all()


def test_rejected_ignored_and_taken_ones_are_not_suggested(album):
    encodings, people = album
    photos = np.arange(24)
    photos[[2, 3]] = (
        100  # Two of person 1; person 1 is confirmed on photo 7 by a face without encoding
    )
    limits = rules(
        labelled(people, 1, 2, 3), ignored=[10], rejected=[(6, 2)], confirmed_on=[(7, 2)]
    )
    found = named(recogniser(faces_of(encodings, photos)).learn(limits))
    assert sorted(found) in ([2, 11], [3, 11])


def test_nobody_is_suggested_outside_their_life(album):
    encodings, people = album
    taken = np.full(24, np.nan)
    taken[2] = -1e15  # 1938
    taken[6] = 1e15  # 2001
    lives = {1: lifetime_us("1950", None), 2: lifetime_us(None, "1960")}
    found = named(
        recogniser(faces_of(encodings, taken=taken)).learn(
            rules(labelled(people, 1, 2), lifetimes=lives)
        )
    )
    assert found == {3: 1, 7: 2}


def test_update_before_learning_is_a_mistake(album):
    with pytest.raises(AssertionError, match="learned"):
        recogniser(faces_of(album[0])).update(rules(np.zeros(24, int)))


def test_naming_one_more_person_finds_their_other_faces_at_once(album):
    encodings, people = album
    matcher = recogniser(faces_of(encodings))
    matcher.learn(rules(labelled(people, 1, 2)))
    affected, found = matcher.update(rules(labelled(people, 1, 2, 5)))
    assert named(found) == {18: 5, 19: 5}
    assert set(affected.tolist()) == {16, 17, 18, 19}


def test_a_new_date_is_taken_in(album):
    encodings, people = album
    matcher = recogniser(faces_of(encodings, taken=np.full(24, 1e15)))
    matcher.learn(rules(labelled(people, 1, 2)))
    lives = {1: lifetime_us("2010", None)}
    affected, found = matcher.update(rules(labelled(people, 1, 2), lifetimes=lives))
    assert {2, 3} <= set(affected.tolist())
    assert not {2, 3} & set(named(found))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_after_any_decisions_the_update_is_what_comparing_all_would_say(seed):
    """Few labels a person: then modes are the same whether grown or built anew."""
    rng = np.random.default_rng(seed)
    middles = rng.normal(size=(6, 16))
    people = rng.integers(1, 7, size=40)
    encodings = (middles[people - 1] + rng.normal(size=(40, 16)) * 0.6).astype(np.float32)
    faces = faces_of(encodings, rng.integers(0, 25, size=40), rng.uniform(0, 1e15, size=40))

    def decided(person):
        ignored = rng.choice(40, 3, replace=False)
        rejected = [(int(rng.integers(40)), int(rng.integers(1, 7))) for _ in range(3)]
        lives = {int(rng.integers(1, 7)): (float(rng.uniform(0, 1e15)), np.inf)}
        on = [(int(faces.photos[i]), int(person[i])) for i in np.flatnonzero(person)]
        return rules(person, ignored, rejected, on, lives)

    person = np.where(rng.uniform(size=40) < 0.3, people, 0)
    person[rng.choice(40, 6, replace=False)] = np.arange(1, 7)  # everybody is known all along
    grown, shown = recogniser(faces), {}
    shown.update(named(grown.learn(decided(person))))
    for _ in range(4):
        person = person.copy()
        changed = rng.choice(40, 3, replace=False)
        person[changed] = np.where(rng.uniform(size=3) < 0.5, people[changed], 0)
        limits = decided(person)
        affected, found = grown.update(limits)
        for face in affected.tolist():
            shown.pop(face, None)
        shown.update(named(found))
    fresh = recogniser(faces)
    fresh.learn(limits)
    fresh._prior, fresh._n_people = grown._prior, grown._n_people
    everybody = fresh._people.everybody()
    fresh._candidates = fresh._find(everybody, limits)
    from facedex.matching.matcher import settle

    whole = settle(fresh._allowed(fresh._candidates, limits), faces.photos, grown._prior)
    assert shown == named(whole)
