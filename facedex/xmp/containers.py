"""Where a photo's file keeps its XMP packets. Nothing is decoded.

Sources: XMP specification part 3 (TIFF; the others are in their modules); for a sidecar the whole
file is the packet.
"""

from __future__ import annotations

import codecs
import struct
from typing import TYPE_CHECKING, NamedTuple

from facedex.imaging.formats import SNIFF_BYTES, sniff
from facedex.xmp.isobmff import read_isobmff
from facedex.xmp.jpeg import read_jpeg
from facedex.xmp.png import read_png
from facedex.xmp.webp import read_webp

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIFF_XMP = 700
_TIFF_MAGIC = {42, 43, 0x4F52, 0x5352}  # TIFF, BigTIFF, and Olympus' RAW files
_MAX_IFDS = 8
_BYTE_TYPES = {1, 2, 7}
_SIDECAR_STARTS = (
    b"<", b"<\0", b"\0<", b"\0\0\0<",
    codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE,
)  # fmt: skip


class Packets(NamedTuple):
    """The packets of a file.

    Attributes
    ----------
    main : in file order.
    extended : GUID to a JPEG's extended packet.
    problems : one line of text for each that could not be had.
    """

    main: list[bytes]
    extended: dict[str, bytes]
    problems: list[str]


def find_packets(data: bytes) -> Packets:
    """Return the XMP packets of a photo's or sidecar's bytes; never fails.

    JPEG, PNG, WebP, TIFF and what is built like it (DNG, NEF, CR2, ARW), HEIC, AVIF, CR3.
    """
    if is_sidecar(data):
        return Packets([data], {}, [])
    kind = sniff(data[:SNIFF_BYTES])
    if kind == "JPEG":
        jpeg = read_jpeg(data)
        return Packets(jpeg.standard, jpeg.extended, jpeg.problems)
    reader = {"PNG": read_png, "WEBP": read_webp}.get(kind or "")
    if data[4:8] == b"ftyp":
        reader = read_isobmff
    elif data[:2] in {b"II", b"MM"}:
        reader = _read_tiff
    if reader is None:
        return Packets([], {}, [])
    try:
        return Packets(reader(data), {}, [])
    except ValueError as error:
        return Packets([], {}, [str(error)])


def is_sidecar(data: bytes) -> bool:
    """Tell whether these bytes are a packet by themselves: XML in any encoding of Unicode."""
    head = data[:64].removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n")
    return head.startswith(_SIDECAR_STARTS)


def _read_tiff(data: bytes) -> list[bytes]:
    order = "<" if data[:2] == b"II" else ">"
    try:
        return list(_tiff_packets(data, order))
    except struct.error as error:
        raise ValueError("its tags cannot be followed") from error


def _tiff_packets(data: bytes, order: str) -> Iterator[bytes]:
    (magic,) = struct.unpack_from(f"{order}H", data, 2)
    if magic not in _TIFF_MAGIC:
        return
    is_big = magic == 43
    # per table: count of entries, an entry (tag, type, count, value or offset), next table
    count_form, entry_form, link_form = ("Q", "HHQQ", "Q") if is_big else ("H", "HHII", "I")
    (at,) = struct.unpack_from(order + link_form, data, 8 if is_big else 4)
    seen: set[int] = set()
    while at and at not in seen and len(seen) < _MAX_IFDS:
        seen.add(at)
        (n_entries,) = struct.unpack_from(order + count_form, data, at)
        at += struct.calcsize(order + count_form)
        size = struct.calcsize(order + entry_form)
        table = data[at : at + n_entries * size]
        if len(table) < n_entries * size:
            raise struct.error
        for tag, kind, n_bytes, offset in struct.iter_unpack(order + entry_form, table):
            if tag == _TIFF_XMP and kind in _BYTE_TYPES:
                if offset + n_bytes > len(data):
                    raise ValueError("its XMP lies outside the file")
                yield data[offset : offset + n_bytes]
                break  # a table has a tag once
        (at,) = struct.unpack_from(order + link_form, data, at + n_entries * size)
