"""How a HEIC says that it is to be turned: by properties of its primary picture, not by EXIF.

``irot`` turns by quarters against the clock, ``imir`` exchanges top and bottom (0) or left and
right (1), in the order in which the picture has them (ISO/IEC 23008-12, 6.5.10 and 6.5.12). libheif
applies them while it decodes; programs that read the coded picture, as ExifTool and digiKam do,
count regions in it as it was before.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from facedex.geometry import EXIF_OF_TURNS, combined_orientation
from facedex.imaging.iso_boxes import Reader, iter_boxes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facedex.imaging.iso_boxes import IsoBox

_MAX_ASSOCIATIONS = 50_000
_MIRRORED = (4, 2)  # as EXIF numbers them, by imir's axis


def heif_turn(data: bytes) -> int | None:
    """Return how a decoder turns the coded picture, as EXIF numbers it; None if nothing says so."""
    try:
        found = list(_properties(data))
    except (struct.error, IndexError):
        return None  # damaged tables: libheif would not follow them either
    turn = None
    for kind, value in found:
        one = EXIF_OF_TURNS[-value % 4] if kind == b"irot" else _MIRRORED[value & 1]
        turn = combined_orientation(turn or 1, one)
    return turn


def _properties(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield the primary picture's ``irot`` and ``imir`` with their values, in order."""
    meta = next((box for box in iter_boxes(data, 0, len(data)) if box.kind == b"meta"), None)
    if meta is None:
        return
    inside = {box.kind: box for box in iter_boxes(data, meta.start + 4, meta.end)}
    if b"pitm" not in inside or b"iprp" not in inside:
        return
    primary = _primary_item(data, inside[b"pitm"])
    lists = list(iter_boxes(data, inside[b"iprp"].start, inside[b"iprp"].end))
    properties = [p for box in lists if box.kind == b"ipco" for p in _inner(data, box)]
    for box in lists:
        if box.kind != b"ipma":
            continue
        for number in _associated(data, box, primary):
            if 1 <= number <= len(properties):
                found = properties[number - 1]
                if found.kind in {b"irot", b"imir"} and found.start < found.end:
                    yield found.kind, data[found.start]


def _inner(data: bytes, box: IsoBox) -> Iterator[IsoBox]:
    return iter_boxes(data, box.start, box.end)


def _primary_item(data: bytes, pitm: IsoBox) -> int:
    reader = Reader(data, pitm.start, pitm.end)
    version = reader.take(1)
    reader.take(3)
    return reader.take(2 if version == 0 else 4)


def _associated(data: bytes, ipma: IsoBox, wanted: int) -> Iterator[int]:
    """Yield the numbers of an item's properties, counted from 1."""
    reader = Reader(data, ipma.start, ipma.end)
    version = reader.take(1)
    size = 2 if reader.take(3) & 1 else 1  # of a number, with one bit for "essential"
    n_left = _MAX_ASSOCIATIONS
    for _ in range(reader.take(4)):
        item = reader.take(2 if version < 1 else 4)
        n_properties = reader.take(1)
        n_left -= n_properties + 1
        if n_left < 0:
            raise IndexError
        for _ in range(n_properties):
            number = reader.take(size) & (0x7FFF if size == 2 else 0x7F)
            if item == wanted:
                yield number
