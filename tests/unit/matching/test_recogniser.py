import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facedex.matching.calibration import SHIPPED
from facedex.matching.constraints import key_set, lifetime_us
from facedex.matching.known_people import Faces
from facedex.matching.metrics import fit_metric
from facedex.matching.recogniser import Recogniser
from facedex.matching.rules import Rules
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
    _, found = matcher.update(rules(labelled(people, 1, 2, 5)))
    assert named(found) == {2: 1, 3: 1, 6: 2, 7: 2, 18: 5, 19: 5}


def test_one_more_face_of_somebody_is_compared_with_those_near_them_only(make_faces):
    encodings, people = make_faces(60, 4, spread=0.012)
    matcher = recogniser(faces_of(encodings))
    person = labelled(people + 1, *range(1, 31))
    matcher.learn(rules(person))
    person = person.copy()
    person[2] = 1
    affected, found = matcher.update(rules(person))
    assert set(affected.tolist()) == {2, 3}
    assert named(found) == {3: 1}


def test_a_new_date_is_taken_in(album):
    encodings, people = album
    matcher = recogniser(faces_of(encodings, taken=np.full(24, 1e15)))
    matcher.learn(rules(labelled(people, 1, 2)))
    lives = {1: lifetime_us("2010", None)}
    affected, found = matcher.update(rules(labelled(people, 1, 2), lifetimes=lives))
    assert {2, 3} <= set(affected.tolist())
    assert not {2, 3} & set(named(found))


def drawn_library(rng, n=48, n_people=6):
    """Faces of people of whom two look alike and one looks two ways; some faces are poor."""
    middles = rng.normal(size=(n_people + 1, 16))
    middles[1] = middles[0] + rng.normal(size=16) * 0.35
    people = rng.integers(1, n_people + 1, size=n)
    looks = np.where((people == 3) & (rng.uniform(size=n) < 0.5), n_people + 1, people)
    noise = rng.uniform(0.05, 0.8, size=(n, 1)) * rng.normal(size=(n, 16))
    encodings = (middles[looks - 1] + noise).astype(np.float32)
    encodings[rng.integers(n)] = encodings[rng.integers(n)]
    faces = Faces(
        encodings,
        rng.integers(0, n // 2, size=n),
        rng.uniform(0, 1e15, size=n),
        rng.uniform(0, 1, size=n),
    )
    return faces, people


def decided(rng, faces, person):
    n = len(person)
    ignored = (
        rng.choice(np.flatnonzero(person == 0), 3, replace=False) if (person == 0).any() else []
    )
    rejected = [(int(rng.integers(n)), int(rng.integers(1, 7))) for _ in range(3)]
    lives = {int(rng.integers(1, 7)): (float(rng.uniform(0, 1e15)), np.inf)}
    on = [(int(faces.photos[i]), int(person[i])) for i in np.flatnonzero(person)]
    return rules(person, ignored, rejected, on, lives)


def by_face(suggestions):
    return {face: rest for face, *rest in zip(*map(np.ndarray.tolist, suggestions), strict=True)}


def assert_same(here, there):
    assert here.keys() == there.keys()
    for face, (person, distance, probability) in here.items():
        assert there[face][0] == person
        np.testing.assert_allclose(there[face][1:], [distance, probability], rtol=0, atol=1e-6)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_after_any_decisions_the_update_is_what_comparing_all_would_say(seed):
    rng = np.random.default_rng(seed)
    faces, people = drawn_library(rng)
    person = np.where(rng.uniform(size=48) < rng.uniform(0, 0.6), people, 0)
    grown = recogniser(faces)
    shown = by_face(grown.learn(decided(rng, faces, person)))
    for _ in range(6):
        person = person.copy()
        if rng.uniform() < 0.3:  # a merge, or a person given up
            person[person == rng.integers(1, 7)] = rng.integers(0, 7)
        changed = rng.choice(48, rng.integers(1, 9), replace=False)
        to = rng.uniform(size=len(changed))
        anybody = rng.integers(1, 8, size=len(changed))
        person[changed] = np.where(to < 0.5, people[changed], np.where(to < 0.7, anybody, 0))
        limits = decided(rng, faces, person)
        affected, found = grown.update(limits)
        for face in affected.tolist():
            shown.pop(face, None)
        shown |= by_face(found)
        assert_same(shown, by_face(recogniser(faces).learn(limits)))


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_the_rows_says_nothing(seed):
    rng = np.random.default_rng(seed)
    faces, people = drawn_library(rng)
    person = np.where(rng.uniform(size=48) < 0.4, people, 0)
    order = rng.permutation(48)
    turned = Faces(
        faces.encodings[order], faces.photos[order], faces.taken_us[order], faces.quality[order]
    )
    here = by_face(recogniser(faces).learn(rules(person)))
    there = by_face(recogniser(turned).learn(rules(person[order])))
    assert_same(here, {int(order[face]): found for face, found in there.items()})
