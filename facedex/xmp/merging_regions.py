"""The face regions of a packet, in the MWG's schema and Microsoft's, brought up to date."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from facedex.geometry import box_to_mwg, box_to_stored, iou
from facedex.naming.same_face import pair_best_first
from facedex.xmp import schemas
from facedex.xmp.editing import UnmergeableError
from facedex.xmp.frames import judge_frame
from facedex.xmp.rdf import append, array_of, drop, holder, indent, put, remove, struct, value
from facedex.xmp.regions import (
    applied_to,
    clean_name,
    is_face,
    is_same_face,
    mp_items,
    mwg_items,
    read_mp,
    read_mwg,
)
from facedex.xmp.traces import RegionTrace, find_trace
from facedex.xmp.tree import Element

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from facedex.types import Box
    from facedex.xmp.editing import PacketEdit
    from facedex.xmp.regions import Size, XmpRegion
    from facedex.xmp.traces import Traces

DECIMALS = 9  # the most that Picasa reads
_SAME_EDGE = 1e-6
_TURNED = "others drew its regions on the picture turned upright"


class Merged(NamedTuple):
    """What became of the regions of one schema.

    Attributes
    ----------
    renamed : names that others had given to regions that now bear another.
    traces : what of the regions facedex wrote.
    """

    renamed: set[str]
    traces: tuple[RegionTrace, ...]


def merge_mwg(
    edit: PacketEdit, wanted: list[XmpRegion], size: Size, traces: Traces, orientation: int
) -> Merged:
    """Bring the MWG regions up to date.

    Raises
    ------
    UnmergeableError
        If others drew regions on a picture of another shape, or on the picture turned upright.
    """
    regions = edit.find(schemas.REGIONS)
    if regions is None:
        if not wanted:
            return Merged(set(), ())
        regions = edit.add(Element(schemas.REGIONS, _resource()))
        _set_size(regions, size)
    listed = _field(regions, schemas.REGION_LIST)
    old_size = applied_to(regions)
    frame = judge_frame(old_size, size)
    is_other = frame == "other"
    faces = [item for item in mwg_items(regions) if is_face(item)]
    items = _Items(edit, regions, array_of(listed, schemas.BAG), _set_mwg)
    items.place(faces, lambda item: _read_placed(item, old_size), traces)
    items.refuse_turned(wanted, orientation)
    if frame == "swapped" and orientation >= 5 and wanted and items.has_others(wanted):
        raise UnmergeableError(_TURNED)
    items.take_out([] if is_other else wanted)
    if wanted and is_other and mwg_items(regions):
        shapes = " but ".join(f"{width} x {height}" for width, height in (size, old_size or size))
        raise UnmergeableError(f"the picture is {shapes} when its regions were drawn")
    items.put_in(wanted)
    # regions of others may be of the picture turned, as long as nobody says that they are not
    is_doubtful = orientation != 1 and items.has_others(wanted)
    if wanted and old_size != size and not is_doubtful:
        edit.change(regions)
        _normalise(regions, old_size)
        _set_size(regions, size)
    items.tidy()
    return items.merged()


def merge_mp(edit: PacketEdit, wanted: list[XmpRegion], traces: Traces, orientation: int) -> Merged:
    """Bring Microsoft's regions up to date.

    Raises
    ------
    UnmergeableError
        If others drew regions on the picture turned upright.
    """
    info = edit.find(schemas.MP_INFO)
    if info is None:
        if not wanted:
            return Merged(set(), ())
        info = edit.add(Element(schemas.MP_INFO, _resource()))
    listed = _field(info, schemas.MP_REGIONS)
    items = _Items(edit, info, array_of(listed, schemas.BAG), _set_mp)
    items.place(mp_items(info), read_mp, traces)
    items.refuse_turned(wanted, orientation)
    items.take_out(wanted)
    items.put_in([replace(region, schema="mp") for region in wanted])
    items.tidy()
    return items.merged()


def names_of_regions(edit: PacketEdit) -> set[str]:
    """Return the names that the regions of the packet bear now."""
    regions, info = edit.find(schemas.REGIONS), edit.find(schemas.MP_INFO)
    mwg = [] if regions is None else mwg_items(regions)
    mp = [] if info is None else mp_items(info)
    names = [value(item, schemas.REGION_NAME) for item in mwg]
    return {clean_name(name) for name in [*names, *(value(i, schemas.MP_NAME) for i in mp)]}


class _Items:
    """The items of a list of regions while they change."""

    def __init__(
        self,
        edit: PacketEdit,
        owner: Element,
        array: Element,
        write: Callable[[Element, XmpRegion], None],
    ) -> None:
        self._edit = edit
        self._owner = owner
        self._array = array
        self._write = write
        self._placed: list[tuple[Element, XmpRegion]] = []
        self._ours: dict[int, RegionTrace] = {}
        self._renamed: set[str] = set()
        self._traces: list[RegionTrace] = []
        self._has_lost = False

    def place(
        self, items: Iterable[Element], read: Callable[[Element], XmpRegion], traces: Traces
    ) -> None:
        """Take the items that mark a place; the others are left as they are."""
        for item in items:
            try:
                region = read(item)
            except ValueError:
                continue
            self._placed.append((item, region))
            trace = find_trace(region, traces)
            if trace is not None and trace not in self._ours.values():
                self._ours[id(item)] = trace

    def refuse_turned(self, wanted: list[XmpRegion], orientation: int) -> None:
        """Refuse regions that others drew on the picture turned upright.

        Each would be added once more.

        Raises
        ------
        UnmergeableError
        """
        for item, old in self._placed:
            if id(item) in self._ours or not old.name:
                continue
            same = [one for one in wanted if one.name.casefold() == old.name.casefold()]
            stored = replace(old, box=box_to_stored(old.box, orientation))
            if not any(is_same_face(one, old) for one in same) and any(
                is_same_face(one, stored) for one in same
            ):
                raise UnmergeableError(_TURNED)

    def has_others(self, wanted: list[XmpRegion]) -> bool:
        """Tell whether there are regions of others that are none of the wanted ones."""
        claimed = {id(item) for item, _old in _claim(self._placed, wanted).values()}
        return any(id(i) not in self._ours and id(i) not in claimed for i, _old in self._placed)

    def take_out(self, wanted: list[XmpRegion]) -> None:
        """Undo what facedex wrote and no wanted region claims."""
        claimed = {id(item) for item, _old in _claim(self._placed, wanted).values()}
        for item, region in list(self._placed):
            trace = self._ours.get(id(item))
            if trace is None or id(item) in claimed:
                continue
            self._edit.change(self._owner)
            self._placed.remove((item, region))
            if trace.old is None:
                remove(self._array, item)
                self._has_lost = True
            else:
                self._write(item, trace.old)

    def put_in(self, wanted: list[XmpRegion]) -> None:
        """Give each wanted region its item, an old one that marks it or a new one."""
        claimed = _claim(self._placed, wanted)
        for region in wanted:
            if id(region) not in claimed:
                item = Element(schemas.LI, _resource())
                self._write(item, region)
                append(self._array, indent(item, "      "))
                self._edit.change(self._owner)
                self._traces.append(RegionTrace(region))
                continue
            item, old = claimed[id(region)]
            trace = self._ours.get(id(item))
            if old.name == region.name and _is_near(old.box, region.box):
                self._traces += [] if trace is None else [trace]
                continue
            self._write(item, region)
            self._edit.change(self._owner)
            self._traces.append(RegionTrace(region, old if trace is None else trace.old))
            if trace is None and old.name != region.name:
                self._renamed.add(old.name)

    def tidy(self) -> None:
        """Take the whole property out if facedex's regions were all that it held."""
        if self._has_lost and not self._array.children:
            self._edit.remove(self._owner)

    def merged(self) -> Merged:
        """Return what became of them."""
        return Merged(self._renamed, tuple(self._traces))


def _claim(
    placed: list[tuple[Element, XmpRegion]], wanted: list[XmpRegion]
) -> dict[int, tuple[Element, XmpRegion]]:
    """Return the old item of each wanted region (by ``id``) that marks the same face.

    Those with the same name choose first, then those that overlap most.
    """
    pairs = pair_best_first(
        ((region.name != old.name, -iou(region.box, old.box)), number, place)
        for number, region in enumerate(wanted)
        for place, (_item, old) in enumerate(placed)
        if is_same_face(region, old)
    )
    return {id(wanted[number]): placed[place] for number, place in pairs.items()}


def _field(owner: Element, name: str) -> Element:
    """Return a structure's field that holds a list, there or made."""
    listed = struct(owner, name)
    if listed is None:
        listed = Element(name)
        append(holder(owner), listed)
    return listed


def _set_mwg(item: Element, region: XmpRegion) -> None:
    _set_name(item, schemas.REGION_NAME, region.name)
    put(item, schemas.REGION_TYPE, "Face")
    _set_area(item, region.box)


def _set_name(item: Element, field: str, name: str) -> None:
    if name:
        put(item, field, name)
    else:
        drop(item, field)


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
    _set_name(item, schemas.MP_NAME, region.name)


def _normalise(regions: Element, size: Size | None) -> None:
    """Write areas in pixels as shares, for the size that they count in is about to change."""
    for item in mwg_items(regions):
        area = struct(item, schemas.AREA)
        if area is None or not value(area, schemas.AREA_UNIT).casefold().startswith("pixel"):
            continue
        try:
            _set_area(item, _read_placed(item, size).box)
        except ValueError as error:
            raise UnmergeableError(f"a region in pixels cannot be kept: {error}") from error


def _read_placed(item: Element, size: Size | None) -> XmpRegion:
    """Return an item's region; raises ``ValueError`` where it is no rectangle of a known place."""
    region = read_mwg(item, size)
    if region.measure == "pixels":
        raise ValueError("its area is in pixels of an unknown size")
    if region.measure == "point":
        raise ValueError("its area is a point")
    return region


def _set_size(regions: Element, size: Size) -> None:
    dimensions = struct(regions, schemas.APPLIED_TO)
    if dimensions is None:
        dimensions = Element(schemas.APPLIED_TO, _resource())
        append(holder(regions), dimensions)
    put(dimensions, schemas.DIM_W, str(size[0]))
    put(dimensions, schemas.DIM_H, str(size[1]))
    put(dimensions, schemas.DIM_UNIT, "pixel")


def _resource() -> dict[str, str]:
    return {schemas.PARSE_TYPE: "Resource"}


def _decimal(number: float) -> str:
    """Return a share with at most nine decimals and no exponent."""
    text = f"{number:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _is_near(one: Box, other: Box) -> bool:
    pairs = ((one.x0, other.x0), (one.y0, other.y0), (one.x1, other.x1), (one.y1, other.y1))
    return all(abs(a - b) <= _SAME_EDGE for a, b in pairs)
