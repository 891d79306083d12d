"""One face region of a packet, in the MWG's schema or Microsoft's.

MWG: an area by its centre and size, ``normalized`` to 0..1 or in pixels of ``AppliedToDimensions``;
types are Face, Pet, Focus and BarCode ("Guidelines for Handling Image Metadata" 2.0, section 5.9).
Microsoft: ``"x, y, w, h"`` by the top left corner, 0..1 ("People Tagging Overview"). Both are
relative to the stored pixels; :mod:`facedex.xmp.frames` judges whether they are meant so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from facedex.geometry import box_from_mwg, clip_box, contains_center
from facedex.naming.same_face import is_same_region
from facedex.types import Box
from facedex.xmp.rdf import ARRAYS, find_child, items, struct, value
from facedex.xmp.schemas import (
    APPLIED_TO,
    AREA,
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
_NOBODY = "f" * 16  # Picasa's contact id for a face without a name; programs wrote it as the name


@dataclass(frozen=True, slots=True)
class XmpRegion:
    """A face that a packet marks.

    Attributes
    ----------
    box : as written, clipped to the picture: relative to the stored pixels, by both schemas.
    name : ``""`` where it has none.
    schema : where it stands; a face in both is told once, as ``"mwg"``.
    """

    box: Box
    name: str
    schema: Literal["mwg", "mp"]


def clean_name(text: str) -> str:
    """Return a name as it is compared and written: no control characters, single blanks."""
    name = " ".join(_NOT_XML.sub("", text).split())[:MAX_NAME_CHARS].strip()
    return "" if name.lower() == _NOBODY else name


def is_same_face(one: XmpRegion, other: XmpRegion) -> bool:
    """Tell whether two regions mark one face.

    They do where they overlap by half. With the same name it is enough that one's middle lies in the
    other, for programs frame a face tightly or with the whole head.
    """
    if is_same_region(one.box, other.box):
        return True
    return (
        bool(one.name)
        and one.name.casefold() == other.name.casefold()
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
    """Return the (width, height) in pixels that an ``mwg-rs:Regions`` was made for, if it says so."""
    size = struct(regions, APPLIED_TO)
    if size is None:
        return None
    width, height = (_number(value(size, name)) for name in (DIM_W, DIM_H))
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
    numbers = [_number(value(area, name)) for name in (AREA_X, AREA_Y, AREA_W, AREA_H)]
    x, y, w, h = _complete(numbers, "its area is no rectangle")
    unit = value(area, AREA_UNIT).casefold()
    if unit in {"pixel", "pixels"}:
        if size is None:
            raise ValueError("its area is in pixels of an unknown size")
        x, y, w, h = x / size[0], y / size[1], w / size[0], h / size[1]
    elif unit not in {"", "normalized", "normalised"}:
        raise ValueError(f"its area is in {unit[:40]!r}")
    box = _inside(box_from_mwg(x, y, w, h), w, h)
    return XmpRegion(box, clean_name(value(item, REGION_NAME)), "mwg")


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
    numbers = [_number(part.strip()) for part in rectangle[:200].split(",")]
    if len(numbers) != 4:
        raise ValueError("its rectangle is not four numbers")
    x, y, w, h = _complete(numbers, "its rectangle is not four numbers")
    box = _inside(Box(x, y, x + w, y + h), w, h)
    return XmpRegion(box, clean_name(value(item, MP_NAME)), "mp")


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _complete(numbers: list[float | None], otherwise: str) -> list[float]:
    found = [number for number in numbers if number is not None]
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
