"""One face region of a packet, in the MWG's schema or Microsoft's.

MWG: an area by its centre and size, ``normalized`` to 0..1 or in pixels of ``AppliedToDimensions``;
types are Face, Pet, Focus and BarCode ("Guidelines for Handling Image Metadata" 2.0, section 5.9).
A circle has a diameter instead of a size, ``normalized`` to the shorter side of the picture, as the
Family History Metadata Working Group reads it (github.com/fhmwg/current-tags: "in the smaller of
the units"); a point has neither. Microsoft: ``"x, y, w, h"`` by the top left corner, 0..1 ("People
Tagging Overview"). Both are relative to the stored pixels; :mod:`facedex.xmp.frames` judges whether
they are meant so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from facedex.geometry import clip_box, contains_center
from facedex.naming.same_face import is_same_region
from facedex.spelling import is_nobody, name_key, tidy_name
from facedex.types import Box
from facedex.xmp.rdf import ARRAYS, find_child, items, struct, value
from facedex.xmp.schemas import (
    APPLIED_TO,
    AREA,
    AREA_D,
    AREA_H,
    AREA_UNIT,
    AREA_W,
    AREA_X,
    AREA_Y,
    DIM_H,
    DIM_W,
    LI,
    MP_NAME,
    MP_RECTANGLE,
    MP_REGIONS,
    REGION_LIST,
    REGION_NAME,
    REGION_TYPE,
)
from facedex.xmp.tree import COMMENT

if TYPE_CHECKING:
    from facedex.xmp.tree import Element

Size = tuple[int, int]

MAX_NAME_CHARS = 500
_NUMBER = re.compile(r"[+-]?(?:\d{1,20}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?", re.ASCII)

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
OTHER_TYPES = {"pet", "focus", "barcode"}  # of the specification
Schema = Literal["mwg", "mp", "acdsee", "iptc"]
Measure = Literal["relative", "circle", "circle-of-shorter-side", "pixels", "point"]
_PIXELS_ACROSS = (
    1 << 16
)  # of the picture that pixels are counted on until the photo's size is known
_AREA_NUMBERS = (AREA_X, AREA_Y, AREA_W, AREA_H, AREA_D)
_POINT = 0.005  # half the side of the square that stands for a point


@dataclass(frozen=True, slots=True)
class XmpRegion:
    """A face that a packet marks.

    Attributes
    ----------
    box : as written, clipped to the picture, but for circles: relative to the stored pixels, by all
        schemas.
    name : ``""`` where it has none.
    schema : where it stands; a face in several is told once, as the first of them.
    measure : what the box needs to be a place on a photo, see :func:`box_on`.
    """

    box: Box
    name: str
    schema: Schema
    measure: Measure = "relative"


def clean_name(text: str) -> str:
    """Return a name as it is compared and written; ``""`` where it is nobody's."""
    name = clean_text(text)
    return "" if is_nobody(name) else name


def clean_text(text: str) -> str:
    """Return a keyword as it is compared and written."""
    return tidy_name(_NOT_XML.sub("", text))[:MAX_NAME_CHARS].strip()


def measured_text(measure: Measure, numbers: str) -> str:
    """Return the text of a box (``v1_regions.rect``), which says what its numbers are shares of."""
    return numbers if measure == "relative" else f"{measure} {numbers}"


def measure_of(text: str) -> Measure:
    """Return the measure of a text that :func:`measured_text` made."""
    found = text.partition(" ")[0]
    return next((each for each in get_args(Measure) if each == found), "relative")


def box_on(box: Box, measure: Measure, size: Size) -> Box:
    """Return a region's box on a photo of ``size`` pixels, which may reach beyond it.

    A circle's width and height depend on the shape of the photo, and pixels on its size.
    """
    width, height = size
    if measure == "pixels":
        across, down = _PIXELS_ACROSS / width, _PIXELS_ACROSS / height
        return Box(box.x0 * across, box.y0 * down, box.x1 * across, box.y1 * down)
    if measure in {"circle", "circle-of-shorter-side"}:
        unit = width if measure == "circle" else min(width, height)
        (x, y), radius = box.center, box.width / 2 * unit
        return Box(x - radius / width, y - radius / height, x + radius / width, y + radius / height)
    return box


def is_same_face(one: XmpRegion, other: XmpRegion) -> bool:
    """Tell whether two regions mark one face.

    They do where they overlap by half. With the same name it is enough that one's middle lies in
    the other, for programs frame a face tightly or with the whole head.
    """
    if is_same_region(one.box, other.box):
        return True
    return (
        bool(one.name)
        and name_key(one.name) == name_key(other.name)
        and (contains_center(one.box, other.box) or contains_center(other.box, one.box))
    )


def mwg_items(regions: Element) -> list[Element]:
    """Return the items of an ``mwg-rs:Regions`` property, of whatever type."""
    return _items(struct(regions, REGION_LIST))


def mp_items(info: Element) -> list[Element]:
    """Return the items of an ``MP:RegionInfo`` property."""
    return _items(struct(info, MP_REGIONS))


def _items(listed: Element | None) -> list[Element]:
    return [] if listed is None else items(listed)


def list_problem(owner: Element) -> str | None:
    """Return what is wrong with the list of a property of either schema, or None."""
    listed = struct(owner, REGION_LIST) or struct(owner, MP_REGIONS)
    array = None if listed is None else find_child(listed, *ARRAYS)
    if array is None:
        return "there is no list"
    is_sound = all(child.name in {LI, COMMENT} for child in array.children)
    return None if is_sound else "not all parts of the list are items"


def applied_to(regions: Element) -> Size | None:
    """Return the pixel size that an ``mwg-rs:Regions`` was made for, if it says so."""
    size = struct(regions, APPLIED_TO)
    return None if size is None else picture_size(value(size, DIM_W), value(size, DIM_H))


def picture_size(width_text: str, height_text: str) -> Size | None:
    """Return (width, height) in pixels, or None where they cannot be those of a picture."""
    width, height = number(width_text), number(height_text)
    if not width or not height or min(width, height) < 1 or max(width, height) > 1_000_000:
        return None
    return round(width), round(height)


def is_face(item: Element) -> bool:
    """Tell whether an MWG item marks a face: its type says so, or nothing."""
    return value(item, REGION_TYPE).casefold() in {"", "face"}


def read_mwg(item: Element, size: Size | None) -> XmpRegion:
    """Return the region of an MWG item; ``size`` is what it applies to.

    Raises
    ------
    ValueError
        If it has no rectangle inside the picture; the message says why.
    """
    area = struct(item, AREA)
    if area is None:
        raise ValueError("it has no area")
    x, y, w, h, d = (number(value(area, name)) for name in _AREA_NUMBERS)
    unit = value(area, AREA_UNIT).casefold()
    if unit not in {"", "normalized", "normalised", "pixel", "pixels"}:
        raise ValueError(f"its area is in {unit[:40]!r}")
    x, y = complete([x, y], "its area is no rectangle")
    name, is_pixels = clean_name(value(item, REGION_NAME)), unit.startswith("pixel")
    if w is None and h is None:
        measure: Measure = "circle-of-shorter-side"
        return round_region(x, y, d, name, "mwg", measure, is_pixels=is_pixels, size=size)
    w, h = complete([w, h], "its area is no rectangle")
    box = Box(x - w / 2, y - h / 2, x + w / 2, y + h / 2)
    return region_of(box, name, "mwg", is_pixels=is_pixels, size=size)


def region_of(
    box: Box, name: str, schema: Schema, *, is_pixels: bool = False, size: Size | None = None
) -> XmpRegion:
    """Return the region of a rectangle as it is written.

    Parameters
    ----------
    is_pixels : the box is in pixels of a picture of ``size``; None is the photo itself.

    Raises
    ------
    ValueError
        If it has no area inside the picture; the message says why.
    """
    measure: Measure = "pixels" if is_pixels and size is None else "relative"
    if is_pixels:
        width, height = size or (_PIXELS_ACROSS, _PIXELS_ACROSS)
        box = Box(box.x0 / width, box.y0 / height, box.x1 / width, box.y1 / height)
    return XmpRegion(_inside(box, box.width, box.height), name, schema, measure)


def round_region(
    x: float,
    y: float,
    diameter: float | None,
    name: str,
    schema: Schema,
    measure: Measure = "circle",
    *,
    is_pixels: bool = False,
    size: Size | None = None,
) -> XmpRegion:
    """Return the region of a circle, or of a point where there is no diameter.

    Parameters
    ----------
    measure : what the diameter is a share of, if it is not in pixels; a ``circle``'s is of the
        width.

    Raises
    ------
    ValueError
        If it has no area inside the picture, or is a point in pixels of an unknown size.
    """
    if diameter is None:
        if is_pixels:
            if size is None:
                raise ValueError("it is a point in pixels of an unknown size")
            x, y = x / size[0], y / size[1]
        square = Box(x - _POINT, y - _POINT, x + _POINT, y + _POINT)
        return XmpRegion(_inside(square, 1, 1), name, schema, "point")
    radius = diameter / 2
    square = Box(x - radius, y - radius, x + radius, y + radius)
    if is_pixels:
        return region_of(square, name, schema, is_pixels=True, size=size)
    if size is not None:
        return region_of(box_on(square, measure, size), name, schema)
    _inside(square, diameter, diameter)
    return XmpRegion(square, name, schema, measure)  # clipped, it would have another middle


def read_mp(item: Element) -> XmpRegion:
    """Return the region of a Microsoft item.

    Raises
    ------
    ValueError
        If it has no rectangle inside the picture; the message says why.
    """
    rectangle = value(item, MP_RECTANGLE)
    if not rectangle:
        raise ValueError("it has no rectangle")
    numbers = [number(part.strip()) for part in rectangle[:200].split(",")]
    if len(numbers) != 4:
        raise ValueError("its rectangle is not four numbers")
    x, y, w, h = complete(numbers, "its rectangle is not four numbers")
    box = _inside(Box(x, y, x + w, y + h), w, h)
    return XmpRegion(box, clean_name(value(item, MP_NAME)), "mp")


def number(text: str) -> float | None:
    """Return a number as XMP writes it, or None if the text is none."""
    return float(text) if _NUMBER.fullmatch(text) else None


def complete(numbers: list[float | None], otherwise: str) -> list[float]:
    """Return the numbers; raises ``ValueError`` with the message where one is missing."""
    found = [one for one in numbers if one is not None]
    if len(found) < len(numbers):
        raise ValueError(otherwise)
    return found


def _inside(box: Box, width: float, height: float) -> Box:
    if width <= 0 or height <= 0:
        raise ValueError("its rectangle has no area")
    clipped = clip_box(box)
    if clipped.width <= 0 or clipped.height <= 0:
        raise ValueError("its rectangle lies outside the picture")
    return clipped
