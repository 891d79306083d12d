"""XMP in WebP files: a chunk of its own, announced in the file's first one.

Source: WebP container specification and VP8's frame header (RFC 6386, 9.1); a file without the
first chunk, ``VP8X``, must get one before it may hold metadata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER = b"VP8X"
_HAS_XMP, _HAS_ALPHA = 0x04, 0x10
_SEALS = {b"C2PA"}  # content credentials, of the file's bytes


class WebpChunk(NamedTuple):
    """A chunk; ``data[start:end]`` is all of it, the padding byte included."""

    kind: bytes
    start: int
    end: int
    payload: bytes


def read_webp(data: bytes) -> list[bytes]:
    """Return the packets of a WebP file."""
    return [chunk.payload for chunk in _chunks(data) if chunk.kind == b"XMP "]


def with_webp_packet(data: bytes, packet: bytes) -> bytes:
    """Return the WebP with ``packet`` in the place of its own, else at its end.

    Only the file's size and, in its first chunk, the sign that there is XMP change beside it.

    Raises
    ------
    ValueError
        If it cannot be followed to its end, or is signed.
    """
    found = list(_chunks(data))
    size = int.from_bytes(data[4:8], "little") + 8
    if not found or found[-1].end != len(data) or size != len(data):
        raise ValueError("its structure cannot be followed to the end")
    if any(chunk.kind in _SEALS for chunk in found):
        raise ValueError("it is signed, and a change would break the seal")
    parts = [_announced(found[0]), *(data[c.start : c.end] for c in found if c.kind != _HEADER)]
    new = _chunk(b"XMP ", packet)
    place = next((i for i, part in enumerate(parts) if part.startswith(b"XMP ")), None)
    if place is None:
        parts.append(new)
    else:
        parts[place] = new
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def webp_rest(data: bytes) -> list[bytes]:
    """Return all chunks that are not the packet and do not announce it."""
    return [
        data[chunk.start : chunk.end]
        for chunk in _chunks(data)
        if chunk.kind not in {b"XMP ", _HEADER}
    ]


def _chunks(data: bytes) -> Iterator[WebpChunk]:
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + size + size % 2
        yield WebpChunk(data[at : at + 4], at, end, data[at + 8 : at + 8 + size])
        at = end


def _chunk(kind: bytes, payload: bytes) -> bytes:
    return kind + len(payload).to_bytes(4, "little") + payload + b"\0" * (len(payload) % 2)


def _announced(first: WebpChunk) -> bytes:
    """Return the first chunk that says that there is XMP."""
    if first.kind == _HEADER:
        if len(first.payload) != 10:
            raise ValueError("its first chunk is damaged")
        return _chunk(_HEADER, bytes([first.payload[0] | _HAS_XMP]) + first.payload[1:])
    width, height, has_alpha = _canvas(first)
    flags = _HAS_XMP | (_HAS_ALPHA if has_alpha else 0)
    sides = b"".join((side - 1).to_bytes(3, "little") for side in (width, height))
    return _chunk(_HEADER, bytes([flags, 0, 0, 0]) + sides)


def _canvas(image: WebpChunk) -> tuple[int, int, bool]:
    """Return (width, height, whether pixels may be transparent) of the only image of a file."""
    data = image.payload
    if image.kind == b"VP8 " and data[3:6] == b"\x9d\x01\x2a" and len(data) >= 10:
        width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        has_alpha = False
    elif image.kind == b"VP8L" and data[:1] == b"\x2f" and len(data) >= 5:
        bits = int.from_bytes(data[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        has_alpha = bool(bits >> 28 & 1)
    else:
        raise ValueError("its structure cannot be followed to the end")
    if not width or not height:
        raise ValueError("its structure cannot be followed to the end")
    return width, height, has_alpha
