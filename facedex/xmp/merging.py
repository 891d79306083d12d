"""Adding named faces to a packet, in every form that other programs look for.

A face becomes an MWG region, a Microsoft region, a person in the image, a keyword, and a path under
``People`` in the lists that digiKam, Lightroom and Windows show. Only the properties that change are
written anew, with all that they hold; every other byte of the packet stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facedex.geometry import box_to_mwg, clip_box, iou
from facedex.xmp import schemas
from facedex.xmp.editing import PacketEdit, UnmergeableError
from facedex.xmp.frames import judge_frame
from facedex.xmp.rdf import (
    ARRAYS,
    append,
    find_child,
    holder,
    indent,
    put,
    struct,
    text_of,
    value,
)
from facedex.xmp.regions import (
    XmpRegion,
    applied_to,
    clean_name,
    is_face,
    is_same_face,
    mp_items,
    mwg_items,
    read_mp,
    read_mwg,
)
from facedex.xmp.tree import Element

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from facedex.types import Box
    from facedex.xmp.reading import XmpFacts
    from facedex.xmp.regions import Size

DECIMALS = 9  # the most that Picasa reads
_NEW_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    " </rdf:RDF>\n"
    "</x:xmpmeta>\n"
    '<?xpacket end="w"?>\n'
).encode()
_SAME_EDGE = 1e-6


@dataclass(frozen=True, slots=True)
class NamedFace:
    """A face to be written: a person's name and the box in the stored-pixel frame, 0..1."""

    name: str
    box: Box


def merge_faces(packet: bytes | None, faces: Sequence[NamedFace], size: Size) -> bytes:
    """Return the packet with these faces in it; None starts a new packet.

    A region that marks one of the faces gets its name and box and keeps its other fields; if that
    renames it, the old name's keywords go unless another region bears it. Everything else stays.
    Merging the same faces again changes nothing.

    Parameters
    ----------
    size : (width, height) of the stored pixels, for ``AppliedToDimensions``.

    Raises
    ------
    UnmergeableError
        If the packet is damaged, or its regions were made for a picture of another shape.
    ValueError
        If a face has no name or no area inside the picture.
    """
    wanted = [_region_of(face) for face in faces]
    edit = PacketEdit(_NEW_PACKET if packet is None else packet)
    if not wanted:
        return edit.result()
    renamed = _merge_mwg(edit, wanted, size) | _merge_mp(edit, wanted)
    bearers = _names_of_regions(edit)
    gone = {name for name in renamed if name not in bearers}
    names = list(dict.fromkeys(region.name for region in wanted))
    _merge_names(edit, (schemas.PERSON_IN_IMAGE,), schemas.BAG, names, gone)
    _merge_names(edit, (schemas.SUBJECT,), schemas.BAG, names, gone)
    for tags in schemas.TAG_LISTS:
        _merge_names(
            edit,
            tags.names,
            tags.container,
            _paths(names, tags.separator),
            set(_paths(gone, tags.separator)),
        )
    return edit.result()


def find_flaw(face: NamedFace) -> str | None:
    """Return why a face cannot be written at all, or None."""
    try:
        _region_of(face)
    except ValueError as error:
        return str(error)
    return None


def check_faces(before: XmpFacts, after: XmpFacts, faces: Sequence[NamedFace]) -> None:
    """Check what was read back: it has the faces, every region of before, and no new problem.

    Raises
    ------
    UnmergeableError
        If it has not; the message says what is amiss.
    """
    if new := [problem for problem in after.problems if problem not in before.problems]:
        raise UnmergeableError(f"what was written reads back with a problem: {new[0]}")
    wanted = [_region_of(face) for face in faces]
    kept = [old for old in before.regions if not any(is_same_face(old, face) for face in wanted)]
    for region in [*wanted, *kept]:
        if not any(r.name == region.name and is_same_face(r, region) for r in after.regions):
            raise UnmergeableError("a face does not read back after it was written")


def _region_of(face: NamedFace) -> XmpRegion:
    name, box = clean_name(face.name), clip_box(face.box)
    if not name:
        raise ValueError("a face to be written has no name")
    if round(box.width, DECIMALS) <= 0 or round(box.height, DECIMALS) <= 0:
        raise ValueError("a face to be written has no area inside the picture")
    return XmpRegion(box, name, "mwg")


def _merge_mwg(edit: PacketEdit, wanted: list[XmpRegion], size: Size) -> set[str]:
    """Write the MWG regions; return the names that were replaced."""
    regions = edit.find(schemas.REGIONS)
    if regions is None:
        regions = edit.add(Element(schemas.REGIONS, _resource()))
    old_size = applied_to(regions)
    faces = [item for item in mwg_items(regions) if is_face(item)]
    placed = _placed(faces, lambda item: read_mwg(item, old_size))
    if mwg_items(regions) and judge_frame(old_size, size) == "other":
        shapes = " but ".join(f"{width} x {height}" for width, height in (size, old_size or size))
        raise UnmergeableError(f"the picture is {shapes} when its regions were drawn")
    listed = struct(regions, schemas.REGION_LIST)
    if listed is None:
        listed = Element(schemas.REGION_LIST)
    renamed = _merge_items(edit, regions, _array(listed, schemas.BAG), placed, wanted, _set_mwg)
    if old_size != size:
        edit.change(regions)
        _normalise(regions, old_size)
        _set_size(regions, size)
    if struct(regions, schemas.REGION_LIST) is None:
        append(holder(regions), listed)
    return renamed


def _merge_mp(edit: PacketEdit, wanted: list[XmpRegion]) -> set[str]:
    """Write Microsoft's regions; return the names that were replaced."""
    info = edit.find(schemas.MP_INFO)
    if info is None:
        info = edit.add(Element(schemas.MP_INFO, _resource()))
    listed = struct(info, schemas.MP_REGIONS)
    if listed is None:
        listed = Element(schemas.MP_REGIONS)
        append(holder(info), listed)
    placed = _placed(mp_items(info), read_mp)
    return _merge_items(edit, info, _array(listed, schemas.BAG), placed, wanted, _set_mp)


def _merge_items(
    edit: PacketEdit,
    owner: Element,
    array: Element,
    placed: list[tuple[Element, XmpRegion]],
    wanted: list[XmpRegion],
    write: Callable[[Element, XmpRegion], None],
) -> set[str]:
    """Give each wanted face its item, an old one that marks it or a new one."""
    renamed = set()
    claimed = _claim(placed, wanted)
    for region in wanted:
        if id(region) not in claimed:
            item = Element(schemas.LI, _resource())
            write(item, region)
            append(array, indent(item, "      "))
            edit.change(owner)
            continue
        item, old = claimed[id(region)]
        if old.name == region.name and _is_near(old.box, region.box):
            continue
        write(item, region)
        edit.change(owner)
        if old.name and old.name != region.name:
            renamed.add(old.name)
    return renamed


def _claim(
    placed: list[tuple[Element, XmpRegion]], wanted: list[XmpRegion]
) -> dict[int, tuple[Element, XmpRegion]]:
    """Return the old item of each wanted region (by ``id``) that marks the same face.

    Those with the same name choose first, then those that overlap most.
    """
    pairs = [(region, old) for region in wanted for old in placed if is_same_face(region, old[1])]
    pairs.sort(key=lambda p: (p[0].name == p[1][1].name, iou(p[0].box, p[1][1].box)), reverse=True)
    claimed: dict[int, tuple[Element, XmpRegion]] = {}
    taken: set[int] = set()
    for region, old in pairs:
        if id(region) not in claimed and id(old[0]) not in taken:
            claimed[id(region)] = old
            taken.add(id(old[0]))
    return claimed


def _placed(
    items: Iterable[Element], read: Callable[[Element], XmpRegion]
) -> list[tuple[Element, XmpRegion]]:
    """Return the items that mark a place, with it; the others are left as they are."""
    found = []
    for item in items:
        try:
            found.append((item, read(item)))
        except ValueError:
            continue
    return found


def _set_mwg(item: Element, region: XmpRegion) -> None:
    put(item, schemas.REGION_NAME, region.name)
    put(item, schemas.REGION_TYPE, "Face")
    _set_area(item, region.box)


def _set_area(item: Element, box: Box) -> None:
    area = struct(item, schemas.AREA)
    if area is None:
        area = Element(schemas.AREA, _resource())
        append(holder(item), area)
    names = (schemas.AREA_X, schemas.AREA_Y, schemas.AREA_W, schemas.AREA_H)
    for name, number in zip(names, box_to_mwg(box), strict=True):
        put(area, name, _decimal(number))
    put(area, schemas.AREA_UNIT, "normalized")


def _set_mp(item: Element, region: XmpRegion) -> None:
    box = region.box
    numbers = (box.x0, box.y0, box.width, box.height)
    put(item, schemas.MP_RECTANGLE, ", ".join(_decimal(number) for number in numbers))
    put(item, schemas.MP_NAME, region.name)


def _normalise(regions: Element, size: Size | None) -> None:
    """Write areas in pixels as shares, for the size that they count in is about to change."""
    for item in mwg_items(regions):
        area = struct(item, schemas.AREA)
        if area is None or not value(area, schemas.AREA_UNIT).casefold().startswith("pixel"):
            continue
        try:
            _set_area(item, read_mwg(item, size).box)
        except ValueError as error:
            raise UnmergeableError(f"a region in pixels cannot be kept: {error}") from error


def _set_size(regions: Element, size: Size) -> None:
    dimensions = struct(regions, schemas.APPLIED_TO)
    if dimensions is None:
        dimensions = Element(schemas.APPLIED_TO, _resource())
        append(holder(regions), dimensions)
    put(dimensions, schemas.DIM_W, str(size[0]))
    put(dimensions, schemas.DIM_H, str(size[1]))
    put(dimensions, schemas.DIM_UNIT, "pixel")


def _names_of_regions(edit: PacketEdit) -> set[str]:
    """Return the names that the regions of the packet bear now."""
    regions, info = edit.find(schemas.REGIONS), edit.find(schemas.MP_INFO)
    mwg = [] if regions is None else mwg_items(regions)
    mp = [] if info is None else mp_items(info)
    names = [value(item, schemas.REGION_NAME) for item in mwg]
    return {clean_name(name) for name in [*names, *(value(i, schemas.MP_NAME) for i in mp)]}


def _merge_names(
    edit: PacketEdit, names: tuple[str, ...], container: str, wanted: list[str], gone: set[str]
) -> None:
    """Add the wanted texts to a list of texts and take those that are gone out of it."""
    listed = edit.find(*names)
    if listed is None:
        if not wanted:
            return
        listed = edit.add(Element(names[0]))
    array = _array(listed, container)
    known = {item: clean_name(text_of(item)) for item in array.children if item.name == schemas.LI}
    for item in [item for item, text in known.items() if text in gone]:
        array.children.remove(item)
        edit.change(listed)
    for text in wanted:
        if text not in known.values():
            append(array, Element(schemas.LI, text=text))
            edit.change(listed)


def _array(listed: Element, container: str) -> Element:
    """Return a property's array; one that holds a plain text, or nothing, gets one."""
    found = find_child(listed, *ARRAYS)
    if found is None:
        found = Element(container)
        if listed.text.strip():
            found.children.append(Element(schemas.LI, text=listed.text.strip()))
        listed.text = ""
        listed.children.append(found)
    return found


def _paths(names: Iterable[str], separator: str) -> list[str]:
    """Return names as keywords under ``People``; one with the separator in it would be two."""
    return [f"{schemas.PEOPLE_ROOT}{separator}{name}" for name in names if separator not in name]


def _resource() -> dict[str, str]:
    return {schemas.PARSE_TYPE: "Resource"}


def _decimal(number: float) -> str:
    """Return a share with at most nine decimals and no exponent."""
    text = f"{number:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _is_near(one: Box, other: Box) -> bool:
    pairs = ((one.x0, other.x0), (one.y0, other.y0), (one.x1, other.x1), (one.y1, other.y1))
    return all(abs(a - b) <= _SAME_EDGE for a, b in pairs)
