"""The two hashes of a file: of all its bytes, and of its picture without the metadata.

A program that writes a tag, a rating or an orientation into a file changes the first and not the
second. Structures: JPEG ISO/IEC 10918-1 annex B, PNG (W3C, chunks), WebP (RIFF container); RAW
files: raw_data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from blake3 import blake3

from facedex.imaging.formats import RAW
from facedex.imaging.raw_data import BrokenStructureError, raw_picture

if TYPE_CHECKING:
    from collections.abc import Iterator

_PNG_PICTURE = {b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"acTL", b"fcTL", b"fdAT"}
_WEBP_PICTURE = {b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"}


def content_hash(data: bytes) -> bytes:
    """Return the BLAKE3 digest, 32 bytes, of the whole file."""
    return blake3(data).digest()


def image_hash(data: bytes, image_format: str) -> bytes:
    """Return a BLAKE3 digest, 32 bytes, that metadata does not change.

    For JPEG, PNG and WebP only what decides the pixels is hashed, for RAW files what the sensor saw
    (:func:`facedex.imaging.raw_data.raw_picture` says of which); of other formats, and of a file
    whose structure cannot be followed, all bytes. The digest says which of them it is, so a
    picture's data never equals another file's whole.
    """
    parts = {
        "JPEG": _jpeg_picture,
        "PNG": _png_picture,
        "WEBP": _webp_picture,
        RAW: raw_picture,
    }.get(image_format)
    if parts is not None:
        hasher = blake3(f"facedex picture {image_format}".encode())
        try:
            for part in parts(data):
                hasher.update(part)
        except BrokenStructureError:
            pass
        else:
            return hasher.digest()
    return blake3(b"facedex file " + content_hash(data)).digest()


def _jpeg_picture(data: bytes) -> Iterator[bytes | memoryview]:
    """Yield the segments of the first image, without APPn and comments.

    APP14 stays: Adobe's colour transform in it changes the pixels. What follows the end-of-image
    marker (an MPO's other pictures, an appended video) is left out.
    """
    view = memoryview(data)
    at = 2
    while True:
        while data[at : at + 2] == b"\xff\xff":  # fill bytes
            at += 1
        if at + 4 > len(data) or data[at] != 0xFF:
            raise BrokenStructureError
        marker = data[at + 1]
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end < at + 4:
            raise BrokenStructureError
        if marker == 0xDA:
            break
        if marker == 0xEE or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            yield view[at:end]
        at = end
    yield view[at : jpeg_end(data, at)]


def jpeg_end(data: bytes, scan: int) -> int:
    """Return the offset of the end-of-image marker after ``scan``, or the file's end.

    Inside entropy-coded data FF is always followed by 00 or a restart marker, and progressive
    files have tables between their scans: so the first FF D9 at a marker's place ends the image.
    """
    at = scan
    while (at := data.find(b"\xff", at)) != -1 and at + 1 < len(data):
        marker = data[at + 1]
        if marker == 0xD9:
            return at
        if marker == 0xFF:
            at += 1
        elif marker == 0 or 0xD0 <= marker <= 0xD7:
            at += 2
        else:
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return len(data)


def _png_picture(data: bytes) -> Iterator[bytes | memoryview]:
    view = memoryview(data)
    at = 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        if kind == b"IEND":
            return
        if kind in _PNG_PICTURE:
            # data may be cut into IDAT chunks differently: names of those are not hashed
            if kind != b"IDAT":
                yield kind
            yield view[at + 8 : at + 8 + size]
        at += 12 + size
    raise BrokenStructureError


def _webp_picture(data: bytes) -> Iterator[bytes | memoryview]:
    view = memoryview(data)
    at = 12
    found = False
    while at + 8 <= len(data):
        kind = data[at : at + 4]
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if kind in _WEBP_PICTURE:
            found = True
            yield kind
            yield view[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    if not found:
        raise BrokenStructureError
