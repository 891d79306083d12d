"""Names in every script: what is part of them, who is one person, who is nobody."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facedex.spelling import DIRECTION_MARKS, is_nobody, is_shown, isolated, name_key, tidy_name

MINA = "\u0645\u06cc\u200c\u0646\u0627"  # with a zero width non-joiner
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize("name", [MINA, f"Fam {FAMILY}", "\u0915\u094d\u200d\u0937", "O\u2019Neil"])
def test_joiners_are_part_of_the_spelling(name):
    assert tidy_name(name) == name
    assert all(is_shown(c) for c in name)


@pytest.mark.parametrize("mark", sorted(DIRECTION_MARKS))
def test_marks_of_direction_are_no_part_of_a_name(mark):
    assert tidy_name(f"{mark}Ann{mark} Lee{mark}") == "Ann Lee"
    assert name_key(f"{MINA}{mark}") == name_key(MINA)


def test_a_name_is_composed_and_without_control_characters():
    assert tidy_name("Zoe\u0308\x00\x1b \n Lee\u200b") == "Zo\xeb Lee"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (MINA, MINA.replace("\u200c", "")),
        ("Zoe\u0308", "ZO\xcb"),
        ("Ann  Lee", "ann lee\u200e"),
        ("\u0130pek", "\u0130PEK"),
    ],
)
def test_spellings_that_are_one_person(one, other):
    assert name_key(one) == name_key(other)


def test_accents_make_another_person():
    assert name_key("Zo\xeb") != name_key("Zoe")


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "_UNKNOWN_", "unknown", "UNKNOWN", "<Unknown>", "(unnamed)", "[No Name]", "?",
        "???",
        "Unconfirmed", "Ignored", "ignored\u200e", "Unknown Person", "unknown_person", "-",
        "f" * 16, "F" * 16,
        "0" * 16, "\u200c", "Unbekannt", "Inconnu", "...",
    ],
)  # fmt: skip
def test_what_programs_write_for_no_name_is_nobody(name):
    assert is_nobody(name)


@pytest.mark.parametrize(
    "name", ["Ann", "Noname Smith", "Al Unknown", "7", "\u2764", MINA, "Ig", "\u738b"]
)
def test_a_name_is_somebodys(name):
    assert not is_nobody(name)


def test_what_runs_from_right_to_left_is_set_apart():
    assert isolated("Ann") == "Ann"
    assert isolated(MINA) == f"\u2068{MINA}\u2069"
    # an override that is left open would turn all that follows
    assert isolated("a\u202egpj") == "\u2068agpj\u2069"


@given(st.text(max_size=30))
def test_a_tidy_name_stays_as_it_is(text):
    tidy = tidy_name(text)
    assert tidy_name(tidy) == tidy
    assert name_key(tidy) == name_key(text) or not all(
        map(is_shown, unicodedata.normalize("NFC", text))
    )
    assert not set(tidy) & DIRECTION_MARKS
