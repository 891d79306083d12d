"""Tables on a terminal are aligned, whatever script a name is written in."""

import io
import unicodedata

import pytest

from facedex.cli.context import print_table

ZWNJ, ZWJ = "\u200c", "\u200d"
RIGHT_TO_LEFT = "\u05e2\u05d3\u05d4"
NAMES = {
    "nothing": ("", 0),
    "Latin": ("Ann", 3),
    "CJK": ("\u5c71\u7530\u592a\u90ce", 8),
    "combining": ("Zoe\u0301 N\u0303a", 6),
    "Persian": (f"\u0645\u06cc{ZWNJ}\u062e", 3),
    "Sinhala": (f"\u0dc1\u0dca{ZWJ}\u0dbb", 2),  # two letters beside each other
    "half form": (f"\u0915\u094d{ZWJ} Rao", 5),
    "Hebrew": (RIGHT_TO_LEFT, 3),
    "emoji family": (f"\U0001f468{ZWJ}\U0001f469{ZWJ}\U0001f467", 2),
}


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.mark.parametrize("script", NAMES)
def test_the_next_column_begins_in_the_same_place(monkeypatch, script):
    name, width = NAMES[script]
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("TERM", "dumb")  # no colours
    print_table(("name", "faces"), [("x" * 12, 17), (name, 18)])
    _head, plain, other = terminal.getvalue().splitlines()
    column = plain.index("17")
    before = other[: other.index("18")]
    shown = before.rstrip().removeprefix("\u2068").removesuffix("\u2069")
    assert shown == name  # joiners are intact
    n_blanks = len(before) - len(before.rstrip())
    assert n_blanks == column - width


def test_a_name_that_runs_from_right_to_left_is_isolated(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    print_table(("name", "faces"), [(RIGHT_TO_LEFT, 18)])
    assert f"\u2068{RIGHT_TO_LEFT}\u2069" in terminal.getvalue()
    assert unicodedata.bidirectional(RIGHT_TO_LEFT[0]) == "R"
