import numpy as np
import pytest

from facedex.db.review_faces import UnitFaces
from facedex.matching.group_means import Units
from facedex.matching.likeness import DLIB_RESNET
from facedex.services.recognising.metric_choice import load_types, plain_metric

DLIB = plain_metric("dlib-resnet-v1-any")


def lookalikes(n_units=40, seed=0):
    """Faces of units around one of the types, where looking like everybody counts."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 6, size=n_units)
    key = np.where(sizes > 1, 1, -1) * np.arange(1, n_units + 1)
    middles = load_types().vectors[0] + rng.normal(size=(n_units, 128)) * 0.02
    unit = np.repeat(np.arange(n_units), sizes)
    encoding = middles[unit] + rng.normal(size=(len(unit), 128)) * 0.01
    face = np.arange(1, len(unit) + 1)
    return UnitFaces(face, face, key[unit], 0 * face, (1.4 * encoding).astype(np.float32))


def only(found, keys):
    kept = np.isin(found.unit, keys)
    return UnitFaces(*(getattr(found, name)[kept] for name in UnitFaces.__slots__))


@pytest.fixture
def filled():
    found = lookalikes()
    units = Units(DLIB, DLIB_RESNET)
    units.replace((), found)
    return units, found


def expected(found, key):
    """The chances with all other units, one by one."""
    points = DLIB.transform(found.encoding)
    keys = np.unique(found.unit)
    rows = {int(k): points[found.unit == k] for k in keys}
    mine = rows[key].mean(axis=0, keepdims=True)
    chances = {}
    for other in keys[keys != key].tolist():
        theirs = rows[other].mean(axis=0, keepdims=True)
        squared = np.square(DLIB.probes(mine) - DLIB.targets(theirs)).sum()
        chance = DLIB_RESNET.chances(squared, len(rows[key]), len(rows[other]), len(keys))
        chances[other] = float(chance)
    return {other: chance for other, chance in chances.items() if chance >= 0.02}


def test_chances_are_those_of_the_means_by_the_metric(filled):
    units, found = filled
    keys = np.unique(found.unit).tolist()
    n_found = 0
    for key, others in zip(keys, units.alike(keys), strict=True):
        assert {u.key: chance for chance, u in others} == pytest.approx(
            expected(found, key), rel=1e-3
        )
        chances = [chance for chance, _unit in others]
        assert chances == sorted(chances, reverse=True)
        n_found += len(others)
    assert n_found > 20


def test_a_unit_that_went_is_like_nobody(filled):
    units, found = filled
    keys = np.unique(found.unit).tolist()
    [others] = units.alike(keys[:1])
    gone = others[0][1].key
    units.replace([gone], only(found, []))
    assert gone not in {unit.key for _chance, unit in units.alike(keys[:1])[0]}
    # its place in the table is taken by another one
    units.replace([gone], only(found, [gone]))
    kept = {unit.key: chance for chance, unit in units.alike(keys[:1])[0]}
    assert kept == pytest.approx({unit.key: chance for chance, unit in others})


def test_a_unit_that_grew_is_measured_by_its_new_size(filled):
    units, found = filled
    key = int(found.unit[0])
    rest = found.unit != key
    twice = UnitFaces(
        *(
            np.concatenate([column, column[~rest]])
            for column in (getattr(found, name) for name in UnitFaces.__slots__)
        )
    )
    units.replace([key], only(twice, [key]))
    [others] = units.alike([key])
    assert {u.key: chance for chance, u in others} == pytest.approx(expected(twice, key), rel=1e-3)


def test_without_a_likeness_nobody_is_like_another():
    found = lookalikes()
    units = Units(DLIB, None)
    units.replace((), found)
    keys = np.unique(found.unit).tolist()
    assert units.alike(keys) == [[] for _ in keys]
    assert Units(DLIB, DLIB_RESNET).alike([]) == []
