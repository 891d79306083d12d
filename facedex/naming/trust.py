"""Whose word counts: one order of all who name faces, and one of what they can say.

Each source of names has a number of this order (``plugins/name_sources.py``); a further one takes
any of those between.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from facedex.types import FaceState, Source

if TYPE_CHECKING:
    from facedex.types import Assignment


class Trust(IntEnum):
    """How far a word counts: the smaller number wins. Between two there is room for others.

    Picasa's inis are its truth and its database lags behind them; XMP may have been written by any
    program at any time. A program's guess counts least.
    """

    USER = 0
    PICASA_INI = 10
    PICASA_DATABASE = 20
    DIGIKAM = 30
    XMP = 40
    TAKEOUT = 50
    PROGRAM = 90


_SOURCES = {
    Source.USER: Trust.USER,
    Source.PICASA: Trust.PICASA_INI,
    Source.DIGIKAM: Trust.DIGIKAM,
    Source.XMP: Trust.XMP,
    Source.AUTO: Trust.PROGRAM,
}
# of one source's words of a face and a person, the first of these counts
_STATES = (
    FaceState.CONFIRMED,
    FaceState.IGNORED,
    FaceState.REJECTED,
    FaceState.SUGGESTED,
    FaceState.UNKNOWN,
)


def trust_in_source(source: Source) -> int:
    """Return how far the words of a source count; the smaller number wins."""
    return _SOURCES[source]


def strength(word: Assignment) -> tuple[int, int, float]:
    """Return a key that sorts the word that counts most first: by who, then what, then how near."""
    return _SOURCES[word.source], _STATES.index(word.state), word.distance or 0.0
