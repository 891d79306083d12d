"""XMP in files of ISO base media boxes: HEIC, AVIF, Canon's CR3.

Sources: ISO/IEC 14496-12, sections 8.11.3 (iloc) and 8.11.6 (iinf); XMP specification part 3 (the
uuid box).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from facedex.imaging.iso_boxes import Reader, iter_boxes
from facedex.xmp.tree import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facedex.imaging.iso_boxes import IsoBox

_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_MIME = b"application/rdf+xml\0"
_MAX_ITEMS = 10_000
_MAX_EXTENTS = 50_000  # of all items together


def read_isobmff(data: bytes) -> list[bytes]:
    """Return the packets of a file of boxes, an item of type ``mime`` or a box of its own.

    Raises
    ------
    ValueError
        If the tables that say where the items lie cannot be followed.
    """
    try:
        return list(_packets(data))
    except (struct.error, IndexError) as error:
        raise ValueError("its boxes cannot be followed") from error


def _packets(data: bytes) -> Iterator[bytes]:
    for box in iter_boxes(data, 0, len(data)):
        if box.kind == b"uuid" and data[box.start : box.start + 16] == _XMP_UUID:
            yield data[box.start + 16 : box.end]
        elif box.kind == b"meta":
            yield from _meta_packets(data, box)


def _meta_packets(data: bytes, meta: IsoBox) -> Iterator[bytes]:
    inside = {box.kind: box for box in iter_boxes(data, meta.start + 4, meta.end)}
    if b"iinf" not in inside or b"iloc" not in inside:
        return
    wanted = set(_xmp_items(data, inside[b"iinf"]))
    if not wanted:
        return
    idat = inside.get(b"idat")
    for item, construction, extents in _locations(data, inside[b"iloc"]):
        if item not in wanted or construction > 1 or (construction == 1 and idat is None):
            continue
        base, end = (idat.start, idat.end) if construction == 1 and idat else (0, len(data))
        spans = [(base + at, base + at + size) for at, size in extents]
        if sum(size for _at, size in extents) > MAX_BYTES:
            raise ValueError(f"its XMP has over {MAX_BYTES} bytes")
        if all(base <= at <= to <= end for at, to in spans):
            yield b"".join(data[at:to] for at, to in spans)
        else:
            raise ValueError("its XMP lies outside the file")


def _xmp_items(data: bytes, iinf: IsoBox) -> Iterator[int]:
    version = data[iinf.start]
    entries = iinf.start + (6 if version == 0 else 8)
    for box in iter_boxes(data, entries, iinf.end):
        if box.kind != b"infe" or data[box.start] < 2:
            continue
        is_wide = data[box.start] > 2
        at = box.start + 4
        item = int.from_bytes(data[at : at + (4 if is_wide else 2)], "big")
        at += (4 if is_wide else 2) + 2
        # the type, then a name and the content's type, each ended by a zero
        if data[at : at + 4] == b"mime" and _MIME in data[at + 4 : box.end] + b"\0":
            yield item


def _locations(data: bytes, iloc: IsoBox) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Yield each item's id, construction method, and extents as (offset, size)."""
    reader = Reader(data, iloc.start, iloc.end)
    version = reader.take(1)
    reader.take(3)
    sizes = reader.take(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version in {1, 2} else 0
    id_size = 2 if version < 2 else 4
    n_left = _MAX_EXTENTS
    for _ in range(min(_MAX_ITEMS, reader.take(id_size))):
        item = reader.take(id_size)
        construction = reader.take(2) & 15 if version in {1, 2} else 0
        reader.take(2)  # which file: this one
        base = reader.take(base_size)
        extents = []
        n_extents = reader.take(2)
        n_left -= n_extents
        if n_left < 0:
            raise IndexError
        for _ in range(n_extents):
            reader.take(index_size)
            at = base + reader.take(offset_size)
            extents.append((at, reader.take(length_size)))
        yield item, construction, extents
