"""A net under what is read: properties that seem to tell of people and that nothing here reads.

A property tells of people if it is called after them and holds a text, or if it holds a name beside
an area. It is only counted, for somebody to see that there is more in the file than was taken over.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from facedex.spelling import is_nobody
from facedex.xmp.rdf import descriptions
from facedex.xmp.schemas import READ_HERE, TELL_OF_NOBODY, XML, local_name, namespace_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from facedex.xmp.tree import Element, ParsedPacket

MAX_DEPTH = 30
_WORDS = re.compile("[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PEOPLE = {"people", "person", "persons", "face", "faces"}
_NAME = {"name", "names", "person", "persons", "people", "label", "title", "tag", "who"}
# what is true of people, or of faces, and is no name
_NO_NAME = {
    "id",
    "ids",
    "uuid",
    "guid",
    "uid",
    "count",
    "number",
    "version",
    "type",
    "unit",
    "date",
    "heard",
}
_AREAS = {"area", "areas", "rect", "rectangle", "rectangles", "bounds", "box", "boundary", "bbox",
          "region", "regions", "coordinates", "position"}  # fmt: skip
_CORNERS = ({"x", "y"}, {"left", "top"}, {"x0", "y0"}, {"x1", "y1"}, {"xmin", "ymin"}, {"cx", "cy"})
_LETTER = re.compile(r"[^\W\d_]")
_IS_CODE = re.compile(r"(?=.*\d)[0-9A-Fa-f{}-]{8,}|[a-z][a-z0-9+.-]*:\S*|true|false", re.IGNORECASE)


def find_not_understood(document: ParsedPacket) -> list[str]:
    """Return a line of text for each property that tells of people and is not read."""
    if document.root is None:
        return []
    found: Counter[str] = Counter()
    for description in descriptions(document.root):
        for name, text in description.attributes.items():
            if not _is_left_out(name) and _is_about_people(name) and _may_be_name(text):
                found[name] += 1
        for child in description.children:
            if not _is_left_out(child.name):
                found[child.name] += _n_people(child)
    return [
        f"not understood: {_shown(name, document.prefixes)} seems to tell of people ({n})"
        for name, n in found.items()
        if n
    ]


def _is_left_out(name: str) -> bool:
    return name in READ_HERE or namespace_of(name) in TELL_OF_NOBODY


def _n_people(element: Element) -> int:
    """Return how many people a property seems to tell of."""
    if _is_about_people(element.name):
        return sum(_may_be_name(text) for text in _plain_texts(element))
    return sum(_is_named_area(part) for part in _parts(element))


def _is_about_people(name: str) -> bool:
    words = _words(name)
    return bool(words & _PEOPLE) and not words & _NO_NAME


def _is_named_area(part: Element) -> bool:
    """Tell whether a structure has a field that is a name and one that is an area, side by side."""
    fields = {**part.attributes, **{c.name: c.text for c in part.children}}
    named = any(
        _words(name) & _NAME and not _words(name) & _NO_NAME and _has_name(part, name, text)
        for name, text in fields.items()
    )
    names = {local_name(name).casefold() for name in fields}
    return named and (
        any(corners <= names for corners in _CORNERS)
        or any(_words(name) & _AREAS for name in fields)
    )


def _has_name(part: Element, name: str, text: str) -> bool:
    below = [t for child in part.children if child.name == name for t in _plain_texts(child)]
    return any(_may_be_name(each) for each in [text, *below])


def _parts(element: Element, depth: int = 0) -> Iterator[Element]:
    yield element
    if depth < MAX_DEPTH:
        for child in element.children:
            yield from _parts(child, depth + 1)


def _plain_texts(element: Element) -> Iterator[str]:
    """Yield the texts that may be names: an element's own, its items', its fields called so."""
    for part in _parts(element):
        yield part.text
        for name, text in part.attributes.items():
            if namespace_of(name) != XML and _words(name) & _NAME and not _words(name) & _NO_NAME:
                yield text


def _may_be_name(text: str) -> bool:
    stripped = text.strip()
    return (
        bool(_LETTER.search(stripped))
        and not _IS_CODE.fullmatch(stripped)
        and not is_nobody(stripped)
    )


def _words(name: str) -> set[str]:
    return {word.casefold() for word in _WORDS.findall(local_name(name))}


def _shown(name: str, prefixes: Mapping[str, str]) -> str:
    prefix = prefixes.get(namespace_of(name), "")
    return f"{prefix}:{local_name(name)}" if prefix else local_name(name)
