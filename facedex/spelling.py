"""How people's names are spelled, in every script: what of a text is the name, and who is nobody.

Joiners (ZWJ, ZWNJ) belong to the spelling of many scripts and of emoji, and stay; they do not make
another person. Marks of direction only say how a text is laid out, and are no part of a name.
Source: Unicode Standard Annex 9 (directional formatting characters) and section 23.2 (joiners).
"""

from __future__ import annotations

import re
import unicodedata

ZWNJ, ZWJ = "\u200c", "\u200d"
JOINERS = frozenset((ZWNJ, ZWJ))
# marks (LRM, RLM, ALM), embeddings and overrides, isolates
DIRECTION_MARKS = frozenset(
    "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = ISOLATES = "\u2068", "\u2069"
_RIGHT_TO_LEFT = frozenset(("R", "AL", "AN"))
_TAGS = range(0xE0020, 0xE0080)  # of flags such as Wales'
# what programs put around a word that is no name: _UNKNOWN_, <unknown>, (unnamed), [no name]
_AROUND = "_<>()[]{}*-.,:;!?\"'#~/\\| \u2026\u2013\u2014\u00ab\u00bb\u201c\u201d"
_PICASA_NOBODY = re.compile("0{16}|f{16}")
_NOBODIES = frozenset(
    each.strip()
    for each in """
    unknown|unconfirmed|ignored|unnamed|untagged|unidentified|unrecognized|unrecognised
    unassigned|unknown person|unknown people|unknown face|unknown faces|unnamed person
    unnamed people|unnamed face|unnamed faces|unidentified person|unconfirmed face
    unconfirmed faces|ignored person|ignored people|ignored face|ignored faces|ignore|no name
    noname|nobody|not a person|not a face|none|null|n/a|unbekannt|unbekannte person|unbestätigt
    ignoriert|ohne namen|unbenannt|inconnu|inconnue|non confirmé|ignoré|sans nom|desconocido
    desconocida|sin confirmar|ignorado|sin nombre|sconosciuto|sconosciuta|non confermato
    ignorato|senza nome|onbekend|niet bevestigd|genegeerd|desconhecido|não confirmado
    """.replace("\n", "|").split("|")
    if each.strip()
)


def tidy_name(text: str) -> str:
    """Return a name composed, in single blanks, without control characters, marks of direction.

    Joiners stay between letters, for there they belong to the spelling; at either end they join
    nothing.
    """
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(_kept(c) for c in composed).split()).strip(ZWNJ + ZWJ + " ")


def name_key(name: str) -> str:
    """Return what makes two spellings one name.

    Case, the encoding of accents, spaces, joiners and marks of direction do not make another
    person.
    """
    bare = "".join(c for c in name if c not in JOINERS and c not in DIRECTION_MARKS)
    # folding can decompose, as of U+0130
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", bare).casefold())
    return " ".join(folded.split())


def search_key(text: str) -> str:
    """Return what a name is searched by: its key, without accents."""
    bare = unicodedata.normalize("NFKD", name_key(text))
    return "".join(c for c in bare if not unicodedata.combining(c))


def is_nobody(name: str) -> bool:
    """Tell whether a name is only what programs write for a face that has none.

    So are ``_UNKNOWN_``, digiKam's ``Unconfirmed`` and ``Ignored``, ``?``, Picasa's id of nobody,
    nothing.
    """
    bare = name_key(name).strip(_AROUND).replace("_", " ")
    return not bare or " ".join(bare.split()) in _NOBODIES or bool(_PICASA_NOBODY.fullmatch(bare))


def isolated(text: str) -> str:
    """Return text for a place among other text, whose order it must not change.

    Text that runs from right to left, or has marks of direction, is set apart by an isolate; the
    marks that could reach beyond it are left out.
    """
    is_directed = any(
        c in DIRECTION_MARKS or unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in text
    )
    if not is_directed:
        return text
    bare = "".join(c for c in text if c not in DIRECTION_MARKS)
    return f"{_FIRST_STRONG_ISOLATE}{bare}{_POP_ISOLATE}"


def is_shown(character: str) -> bool:
    """Tell whether a terminal or window may get a character: it prints, joins, makes a flag."""
    return character.isprintable() or character in JOINERS or ord(character) in _TAGS


def _kept(character: str) -> str:
    if character in DIRECTION_MARKS:
        return ""
    return character if is_shown(character) else " "
