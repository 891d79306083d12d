import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from facedex.pipeline import messages as m
from facedex.types import Box, PhotoFacts
from facedex.xmp.reading import XmpFacts
from facedex.xmp.regions import XmpRegion

numbers = st.floats(allow_nan=False, allow_infinity=False)
corners = st.floats(0, 1)
boxes = st.builds(Box, corners, corners, corners, corners)
integers = st.integers(0, 2**63 - 1)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
hashes = st.binary(min_size=32, max_size=32)
floats32 = st.floats(width=32, allow_nan=False)
found_faces = st.builds(
    m.FoundFace,
    box=boxes,
    origin=st.sampled_from(["cnn", "hog", "picasa"]),
    score=st.none() | numbers,
    landmarks=arrays(np.float32, (5, 2), elements=floats32),
    encoding=arrays(np.float32, (8,), elements=floats32),
    thumbnail=st.binary(max_size=50),
    quality=st.none() | corners,
)
problems = st.builds(m.Problem, texts, texts, texts, texts)
facts = st.builds(
    PhotoFacts,
    format=texts,
    width_px=st.integers(1, 10**6),
    height_px=st.integers(1, 10**6),
    orientation=st.integers(1, 8),
    taken_us=st.none() | st.integers(-(2**60), 2**60),
    camera=st.none() | texts,
)
xmp_regions = st.builds(XmpRegion, box=boxes, name=texts, schema=st.sampled_from(["mwg", "mp"]))
lines = st.lists(texts, max_size=3).map(tuple)
xmp_facts = st.builds(
    XmpFacts,
    regions=st.lists(xmp_regions, max_size=3).map(tuple),
    names=lines,
    keywords=lines,
    problems=lines,
    applied_to=st.none() | st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)),
    orientation=st.none() | st.integers(1, 8),
    n_other_regions=st.integers(0, 500),
)
said = st.one_of(
    st.just(m.Alive()),
    st.builds(m.SearchQuestion, hashes),
    st.builds(m.PreviewResult, st.binary(max_size=50), st.none() | problems),
    st.builds(
        m.EncodeResult,
        st.lists(st.none() | found_faces, max_size=3).map(tuple),
        st.lists(st.binary(max_size=20), max_size=3).map(tuple),
        st.none() | problems,
    ),
    st.builds(
        m.ScanResult,
        hashed_ns=integers,
        stat=st.none() | st.tuples(integers, integers, integers, integers),
        content_hash=st.none() | hashes,
        image_hash=st.none() | hashes,
        facts=st.none() | facts,
        faces=st.none() | st.lists(found_faces, max_size=3).map(tuple),
        problem=st.none() | problems,
        xmp=st.none() | xmp_facts,
    ),
)
paths = st.binary(min_size=1, max_size=100)
jobs = st.one_of(
    st.builds(m.ScanJob, paths, st.integers(1, 8)),
    st.builds(m.EncodeJob, paths, st.lists(boxes, max_size=3).map(tuple), st.integers(1, 8)),
    st.builds(m.PreviewJob, paths, st.integers(1, 10000), st.integers(1, 8)),
)


def plain(value):
    """The value with arrays as lists, so that it can be compared."""
    if dataclasses.is_dataclass(value):
        names = [each.name for each in dataclasses.fields(value)]
        return type(value).__name__, {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.tolist()
    return tuple(map(plain, value)) if isinstance(value, tuple) else value


@given(jobs)
def test_jobs_arrive_as_they_were_sent(job):
    assert m.job_from_bytes(m.job_to_bytes(job)) == job


@settings(deadline=None)
@given(said)
def test_messages_arrive_as_they_were_sent(message):
    assert plain(m.message_from_bytes(m.message_to_bytes(message))) == plain(message)


@settings(deadline=None)
@given(said)
def test_messages_are_json_lines(message):
    encoded = m.message_to_bytes(message)
    assert json.loads(encoded)["is"] == type(message).__name__
    assert b"\n" not in encoded


@given(jobs, problems)
def test_a_job_that_came_to_nothing_has_the_result_of_its_kind(job, problem):
    result = m.failed(job, problem)
    kinds = {"ScanJob": "ScanResult", "EncodeJob": "EncodeResult", "PreviewJob": "PreviewResult"}
    assert type(result).__name__ == kinds[type(job).__name__]
    assert result.problem == problem
    if isinstance(job, m.EncodeJob):
        assert result.faces == (None,) * len(job.boxes)


@pytest.mark.parametrize(
    "data",
    [
        b'{"is": "Pickle"}',
        b"not json",
        b"{}",
        b"[]",
        b'{"is": "ScanJob", "path": {"is": "bytes", "base64": ""}, "turn": 1}',
        b'{"is": "Alive", "is_not": 1}',
    ],
)
def test_anything_else_is_refused(data):
    with pytest.raises(m.MessageError):
        m.message_from_bytes(data)


def test_a_message_is_no_job():
    with pytest.raises(m.MessageError, match="Alive is no job"):
        m.job_from_bytes(m.message_to_bytes(m.Alive()))
