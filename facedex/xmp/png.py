"""XMP in PNG files: an iTXt chunk. Sources.

The PNG specification (W3C), XMP specification part 3.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

from facedex.xmp.tree import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"XML:com.adobe.xmp\0"
_SEALS = {b"caBX", b"dSIG"}  # content credentials (C2PA) and signatures, of the file's bytes


class PngChunk(NamedTuple):
    """A chunk; ``data[start:end]`` is all of it, length and checksum included."""

    kind: bytes
    start: int
    end: int
    is_xmp: bool


def read_png(data: bytes) -> list[bytes]:
    """Return the packets of a PNG file.

    Raises
    ------
    ValueError
        If one cannot be unpacked.
    """
    packets: list[bytes] = []
    for chunk in _chunks(data):
        if chunk.is_xmp:
            left = MAX_BYTES - sum(map(len, packets))
            packets.append(_text(data[chunk.start + 8 : chunk.end - 4], left))
    return packets


def with_png_packet(data: bytes, packet: bytes) -> bytes:
    """Return the PNG with ``packet`` in the place of its own, else before its image data.

    All other bytes stay as they are.

    Raises
    ------
    ValueError
        If it cannot be followed to its end, or is signed.
    """
    found = list(_chunks(data))
    kinds = {chunk.kind for chunk in found}
    if not kinds >= {b"IHDR", b"IDAT", b"IEND"} or found[-1].end > len(data):
        raise ValueError("its structure cannot be followed to the end")
    if kinds & _SEALS:
        raise ValueError("it is signed, and a change would break the seal")
    old = next((chunk for chunk in found if chunk.is_xmp), None)
    image = next(chunk for chunk in found if chunk.kind == b"IDAT")
    start, end = (image.start, image.start) if old is None else (old.start, old.end)
    body = b"iTXt" + _KEYWORD + b"\0\0\0\0" + packet
    size, check = len(body) - 4, zlib.crc32(body)
    chunk = size.to_bytes(4, "big") + body + check.to_bytes(4, "big")
    return data[:start] + chunk + data[end:]


def png_rest(data: bytes) -> list[bytes]:
    """Return all that is not the packet: the other chunks, and what follows the last one."""
    found = list(_chunks(data))
    after = found[-1].end if found else 0
    return [data[chunk.start : chunk.end] for chunk in found if not chunk.is_xmp] + [data[after:]]


def _chunks(data: bytes) -> Iterator[PngChunk]:
    """Yield the chunks up to IEND, or to where the file breaks off."""
    at = len(_SIGNATURE)
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        yield PngChunk(kind, at, end, kind == b"iTXt" and data.startswith(_KEYWORD, at + 8))
        if kind == b"IEND":
            return
        at = end


def _text(body: bytes, most: int) -> bytes:
    """Return an iTXt chunk's text: after keyword and two flags, language and translated keyword."""
    body = body[len(_KEYWORD) :]
    is_compressed = body[:1] == b"\x01"
    parts = body[2:].split(b"\0", 2)
    if len(parts) < 3:
        raise ValueError("the XMP chunk is incomplete")
    if not is_compressed:
        return parts[2]
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(parts[2], max(1, most))
    except zlib.error as error:
        raise ValueError(f"the XMP chunk is damaged ({error})") from error
    if unpacker.unconsumed_tail or len(text) > most:
        raise ValueError(f"the XMP chunk has over {MAX_BYTES} bytes")
    return text
