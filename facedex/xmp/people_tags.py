"""Who is in a picture, without a place: lists of people, and tags under a root for people."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from facedex.spelling import is_nobody
from facedex.xmp.acdsee import category_paths
from facedex.xmp.iptc import person_names
from facedex.xmp.rdf import descriptions, items, properties, texts
from facedex.xmp.schemas import (
    ACDSEE_CATEGORIES,
    PEOPLE_LISTS,
    PEOPLE_ROOTS,
    PERSON_DETAILS,
    SUBJECT,
    TAG_LISTS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from facedex.xmp.tree import Element


def listed_people(root: Element) -> Iterator[str]:
    """Yield the names of all lists and tags of a packet, as written."""
    yield from texts_of(root, *PEOPLE_LISTS)
    for details in properties(root, PERSON_DETAILS):
        for person in items(details):
            yield from person_names(person)
    for tags in TAG_LISTS:
        yield from people_of_paths(texts_of(root, *tags.names), tags.separator)
    for text in texts_of(root, ACDSEE_CATEGORIES):
        yield from _people_among(list(category_paths(text)))
    # some programs write the whole path of a tag among the keywords
    subjects = list(texts_of(root, SUBJECT))
    for separator in "|/":
        yield from people_of_paths(subjects, separator)


def people_of_paths(paths: Iterable[str], separator: str) -> list[str]:
    """Return the people among hierarchical keywords: the ends of the paths under a root for people.

    A path that another one goes on from is a group, not a person.
    """
    return _people_among([tuple(part.strip() for part in path.split(separator)) for path in paths])


def _people_among(paths: list[tuple[str, ...]]) -> list[str]:
    # in order, a path stands right before those that go on from it
    groups = {a for a, b in pairwise(sorted(set(paths))) if b[: len(a)] == a}
    return [
        path[-1]
        for path in paths
        if len(path) > 1
        and path[0].casefold() in PEOPLE_ROOTS
        and not is_nobody(path[-1])
        and path not in groups
    ]


def texts_of(root: Element, *names: str) -> Iterator[str]:
    """Yield the simple values of a packet's properties of these names, in any form."""
    for description in descriptions(root):
        yield from (
            text for name in names if (text := description.attributes.get(name, "").strip())
        )
    for element in properties(root, *names):
        yield from texts(element)
