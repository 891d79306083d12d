"""What a JSON of Google Takeout says; whatever else lies there costs nothing."""

import json

import pytest

from facedex.takeout.reading import MAX_JSON_BYTES, TakeoutFacts, read_facts

TAKEN = {"photoTakenTime": {"timestamp": "1561912312"}}


def said(**fields):
    return json.dumps({"title": "a.jpg", **fields}).encode()


def named(*names):
    return said(people=[{"name": name} for name in names])


def test_people_are_named_once_and_nobodies_not_at_all():
    data = named("Ann", "Bob  Ray", "ann", "Unknown", "", "_UNKNOWN_")
    assert read_facts(data) == TakeoutFacts("a.jpg", ("Ann", "Bob Ray"))


@pytest.mark.parametrize(
    "data",
    [
        said(**TAKEN),
        said(url="https://photos.google.com/photo/AF1Q"),
        b"\xef\xbb\xbf" + said(**TAKEN),
        said(people=[{}], **TAKEN),
    ],
)
def test_a_photo_on_which_nobody_is_named_is_read_too(data):
    assert read_facts(data) == TakeoutFacts("a.jpg")


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b"1",
        b"null",
        b'{"title": "Holidays"}',
        b'{"title": "A film", "url": "https://example.org/"}',
        b'{"people": [{"name": "Ann"}]}',
        b'{"title": 1, "people": []}',
    ],
)
def test_other_programs_json_is_not_googles(data):
    assert read_facts(data) is None


@pytest.mark.parametrize(
    ("people", "names", "n_problems"),
    [
        ("Ann", (), 1),
        (None, (), 1),
        ({"name": "Ann"}, (), 1),
        (["Ann", {"name": "Bob"}], ("Bob",), 1),
        ([{"name": 1}, {"name": "Bob"}, {"name": ["Ann"]}], ("Bob",), 1),
        ([{"name": None}], (), 1),
        ([{"name": "A" * 10**5}], ("A" * 500,), 0),
        ([{"name": "A\x00n\u200en"}], ("A nn",), 0),
    ],
)
def test_what_is_no_name_is_counted_and_costs_no_other(people, names, n_problems):
    facts = read_facts(said(people=people))
    assert (facts.names, len(facts.problems)) == (names, n_problems)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"title": "a.jpg", "people"',
        b"\xff\xfe\x00",
        b"[" * 10**5,
        b'{"title":' * 10**5,
        b'{"title": ' + b"9" * 10**5 + b"}",
        b" " * (MAX_JSON_BYTES + 1),
    ],
)
def test_damage_is_said_and_never_a_failure(data):
    with pytest.raises(ValueError, match="not read"):
        read_facts(data)


def test_half_a_character_can_be_stored():
    facts = read_facts(b'{"title": "a\\ud800.jpg", "people": [{"name": "An\\ud800n"}]}')
    assert (facts.title.encode(), facts.names) == (b"a?.jpg", ("An n",))
