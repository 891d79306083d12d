"""What the IPTC Extension stores of people: regions of any shape, and descriptions of people.

A region is a rectangle by its top left corner and size, a circle by its centre and a radius that is
a share of the width, or a polygon by its corners; in 0..1 (``relative``) or in pixels of the
picture. Whom it shows is in its own ``PersonInImage`` or ``PersonInImageWDetails``, else in its
name. Its type and role come from vocabularies, in which a region may also be an artwork, a product,
or the part to be cropped. Source: "IPTC Photo Metadata Standard" 2019.1 and later, sections "Image
Region" and "Region Boundary structure"; cv.iptc.org/newscodes/imageregiontype and imageregionrole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.types import Box
from facedex.xmp.rdf import items, struct, texts, value
from facedex.xmp.regions import clean_name, complete, number, region_of, round_region
from facedex.xmp.schemas import (
    BOUNDARY,
    BOUNDARY_H,
    BOUNDARY_RADIUS,
    BOUNDARY_SHAPE,
    BOUNDARY_UNIT,
    BOUNDARY_VERTICES,
    BOUNDARY_W,
    BOUNDARY_X,
    BOUNDARY_Y,
    IDENTIFIERS,
    IPTC_NAME,
    IPTC_ROLE,
    IPTC_TYPE,
    PERSON_DETAILS,
    PERSON_IN_IMAGE,
    PERSON_NAME,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facedex.xmp.regions import Size, XmpRegion
    from facedex.xmp.tree import Element

_PEOPLE_TYPES = {"human", "person", "people", "face"}
_OTHER_ROLES = ("crop", "copyright", "composite")
_MAX_VERTICES = 1000
_WHOLE = 0.9  # of the picture: a region that is all of it says nothing of the place


def image_people(item: Element) -> list[str]:
    """Return whom a region shows; none where it shows something else than people."""
    listed = [
        *_texts_of(item, PERSON_IN_IMAGE),
        *(name for one in _structs(item, PERSON_DETAILS) for name in person_names(one)),
    ]
    names = [name for text in listed if (name := clean_name(text))]
    if names or not _may_be_person(item):
        return names
    name = clean_name(value(item, IPTC_NAME))
    return [name] if name else []


def is_image_face(item: Element) -> bool:
    """Tell whether a region may be a face: it says who, or that it is a human, or nothing."""
    return _may_be_person(item) or bool(image_people(item))


def read_image_region(item: Element, name: str, size: Size | None) -> XmpRegion | None:
    """Return the place of a region that shows one person; None where it is the whole picture.

    Raises
    ------
    ValueError
        If it has no area inside the picture; the message says why.
    """
    boundary = struct(item, BOUNDARY)
    if boundary is None:
        raise ValueError("it has no boundary")
    shape = value(boundary, BOUNDARY_SHAPE).casefold()
    unit = value(boundary, BOUNDARY_UNIT).casefold()
    if unit not in {"", "relative", "pixel", "pixels"}:
        raise ValueError(f"its boundary is in {unit[:40]!r}")
    is_pixels = unit.startswith("pixel")
    if shape == "circle":
        x, y, radius = _numbers(boundary, BOUNDARY_X, BOUNDARY_Y, BOUNDARY_RADIUS)
        region = round_region(x, y, 2 * radius, name, "iptc", is_pixels=is_pixels, size=size)
    else:
        if shape == "polygon":
            box = _around(boundary)
        elif shape in {"", "rectangle"}:
            x, y, w, h = _numbers(boundary, BOUNDARY_X, BOUNDARY_Y, BOUNDARY_W, BOUNDARY_H)
            box = Box(x, y, x + w, y + h)
        else:
            raise ValueError(f"its boundary is a {shape[:40]!r}")
        region = region_of(box, name, "iptc", is_pixels=is_pixels, size=size)
    is_whole = region.measure == "relative" and region.box.area > _WHOLE
    return None if is_whole else region


def person_names(details: Element) -> list[str]:
    """Return the name of a described person, the first of its languages, if there is one."""
    name = value(details, PERSON_NAME)
    return [name] if name else []


def _numbers(boundary: Element, *names: str) -> list[float]:
    return complete([number(value(boundary, name)) for name in names], "its boundary is no shape")


def _around(boundary: Element) -> Box:
    corners = [
        _numbers(corner, BOUNDARY_X, BOUNDARY_Y)
        for corner in _structs(boundary, BOUNDARY_VERTICES)[:_MAX_VERTICES]
    ]
    if not corners:
        raise ValueError("its boundary has no corners")
    across, down = zip(*corners, strict=True)
    return Box(min(across), min(down), max(across), max(down))


def _may_be_person(item: Element) -> bool:
    types = set(_terms(item, IPTC_TYPE))
    if types:
        return bool(types & _PEOPLE_TYPES)
    roles = list(_terms(item, IPTC_ROLE))
    return not any(other in role for role in roles for other in _OTHER_ROLES)


def _terms(item: Element, name: str) -> Iterator[str]:
    """Yield the ends of the identifiers of vocabularies' terms, and their names, in lower case."""
    for entity in _structs(item, name):
        for identifier in IDENTIFIERS:
            for text in _texts_of(entity, identifier):
                yield text.rstrip("/").rpartition("/")[2].casefold()
        if name := value(entity, IPTC_NAME):
            yield name.casefold()


def _structs(owner: Element, name: str) -> list[Element]:
    listed = struct(owner, name)
    return [] if listed is None else items(listed)


def _texts_of(owner: Element, name: str) -> list[str]:
    listed = struct(owner, name)
    return [value(owner, name)] if listed is None else texts(listed)
