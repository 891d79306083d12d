"""What ACDSee stores of people: face regions, and categories.

Its regions are the MWG's in a namespace of its own, with two areas, by centre and size in 0..1:
``DLYArea``, as it was drawn, and ``ALGArea``, as ACDSee found it. A name whose ``NameAssignType``
is ``denied`` is one that the user refused. Categories are a small XML document in a text. Source:
exiftool's acdsee.config, and digiKam's files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.types import Box
from facedex.xmp.rdf import items, struct, value
from facedex.xmp.regions import clean_name, complete, number, picture_size, region_of
from facedex.xmp.schemas import (
    ACDSEE_APPLIED_TO,
    ACDSEE_AREAS,
    ACDSEE_ASSIGNED,
    ACDSEE_CORNERS,
    ACDSEE_DIM_H,
    ACDSEE_DIM_W,
    ACDSEE_LIST,
    ACDSEE_NAME,
    ACDSEE_TYPE,
)
from facedex.xmp.tree import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facedex.xmp.regions import Size, XmpRegion
    from facedex.xmp.tree import Element

_MAX_DEPTH = 20


def acdsee_items(regions: Element) -> list[Element]:
    """Return the items of an ``acdsee-rs:Regions`` property."""
    listed = struct(regions, ACDSEE_LIST)
    return [] if listed is None else items(listed)


def acdsee_applied_to(regions: Element) -> Size | None:
    """Return the (width, height) in pixels that the regions were made for, if they say so."""
    size = struct(regions, ACDSEE_APPLIED_TO)
    if size is None:
        return None
    width, height = (
        next((text for name in names if (text := value(size, name))), "")
        for names in (ACDSEE_DIM_W, ACDSEE_DIM_H)
    )
    return picture_size(width, height)


def is_acdsee_face(item: Element) -> bool:
    """Tell whether an item marks a face: its type says so, or nothing."""
    return value(item, ACDSEE_TYPE).casefold() in {"", "face"}


def acdsee_name(item: Element) -> str:
    """Return whom an item names; ``""`` where that was denied."""
    is_denied = value(item, ACDSEE_ASSIGNED).casefold() == "denied"
    return "" if is_denied else clean_name(value(item, ACDSEE_NAME))


def read_acdsee(item: Element) -> XmpRegion:
    """Return the region of an item.

    Raises
    ------
    ValueError
        If it has no rectangle inside the picture; the message says why.
    """
    areas = [area for name in ACDSEE_AREAS if (area := struct(item, name)) is not None]
    if not areas:
        raise ValueError("it has no area")
    numbers = [number(value(areas[0], name)) for name in ACDSEE_CORNERS]
    x, y, w, h = complete(numbers, "its area is no rectangle")
    box = Box(x - w / 2, y - h / 2, x + w / 2, y + h / 2)
    return region_of(box, acdsee_name(item), "acdsee")


def category_paths(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the assigned categories, as paths from the outermost; of damaged ones what is whole.

    ``<Categories><Category Assigned="0">People<Category
    Assigned="1">Ann</Category></Category></Categories>``
    """
    root = parse(text.encode()).root
    if root is not None:
        for child in root.children:
            yield from _paths(child, ())


def _paths(category: Element, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    path = (*above, category.text.strip())
    if category.attributes.get("Assigned") == "1":
        yield path
    if len(path) < _MAX_DEPTH:
        for child in category.children:
            yield from _paths(child, path)
