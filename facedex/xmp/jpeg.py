"""XMP in JPEG files: the standard packet, the extended one, and where a packet may be put.

Source: XMP specification part 3, section 1.1.3; segments: ISO/IEC 10918-1, annex B.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from facedex.imaging.hashes import jpeg_end

if TYPE_CHECKING:
    from collections.abc import Iterator

STANDARD = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
MULTI_PICTURE = b"MPF\0"
MAX_PAYLOAD = 65533  # of a segment, after its two bytes of length
_APP0, APP1, APP2, _APP11 = 0xE0, 0xE1, 0xE2, 0xEB
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_GUID_CHARS = 32
_EXTENDED_HEAD = len(EXTENDED) + _GUID_CHARS + 8
_MAX_EXTENDED_BYTES = 16_000_000


class Segment(NamedTuple):
    """A segment before the image data; ``data[start:end]`` is all of it, marker included."""

    marker: int
    start: int
    end: int
    payload: bytes


class JpegPackets(NamedTuple):
    """The XMP of a JPEG file.

    Attributes
    ----------
    standard : the packets as they are; files with more than one occur.
    extended : GUID, 32 hex digits, to the packet that the standard one may name by it.
    problems : why a part could not be had.
    """

    standard: list[bytes]
    extended: dict[str, bytes]
    problems: list[str]


def segments(data: bytes) -> Iterator[Segment]:
    """Yield the segments up to the image data, as far as they can be followed."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in {_START_OF_SCAN, _END_OF_IMAGE} or not at + 4 <= end <= len(data):
            return
        yield Segment(marker, at, end, data[at + 4 : end])
        at = end


def read_jpeg(data: bytes) -> JpegPackets:
    """Return the packets of a JPEG file; never fails."""
    payloads = [segment.payload for segment in segments(data) if segment.marker == APP1]
    standard = [p.removeprefix(STANDARD) for p in payloads if p.startswith(STANDARD)]
    problems: list[str] = []
    extended = _join_extended([p for p in payloads if p.startswith(EXTENDED)], problems)
    return JpegPackets(standard, extended, problems)


def _join_extended(payloads: list[bytes], problems: list[str]) -> dict[str, bytes]:
    """Return the extended packets that are complete; their GUID is their MD5."""
    pieces: dict[str, dict[int, bytes]] = {}
    for payload in payloads:
        head = payload[len(EXTENDED) : _EXTENDED_HEAD]
        if len(head) < _GUID_CHARS + 8:
            problems.append("extended XMP: a piece without its head")
            continue
        guid = head[:_GUID_CHARS].decode("latin-1").upper()
        offset = int.from_bytes(head[-4:], "big")
        pieces.setdefault(guid, {})[offset] = payload[_EXTENDED_HEAD:]
    found = {}
    for guid, parts in pieces.items():
        whole = b"".join(parts[offset] for offset in sorted(parts))
        if len(whole) > _MAX_EXTENDED_BYTES:
            problems.append(f"extended XMP: {len(whole)} bytes, over {_MAX_EXTENDED_BYTES}")
        elif hashlib.md5(whole, usedforsecurity=False).hexdigest().upper() != guid:
            problems.append("extended XMP: incomplete or changed since it was written")
        else:
            found[guid] = whole
    return found


def with_standard_packet(data: bytes, packet: bytes) -> bytes:
    """Return the JPEG with ``packet`` in the place of its only one, else after its EXIF.

    All other bytes stay as they are.

    Raises
    ------
    ValueError
        If it cannot hold it: several pictures behind one another (what points to them counts
        bytes), a seal on the file's bytes (C2PA), or more than a segment takes.
    """
    payload = STANDARD + packet
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(
            f"the XMP packet has {len(packet)} bytes, more than a JPEG's segment takes"
        )
    found = list(segments(data))
    if any(s.marker == APP2 and s.payload.startswith(MULTI_PICTURE) for s in found):
        raise ValueError("it holds several pictures, whose index a changed length would break")
    behind = jpeg_end(data, found[-1].end if found else 2) + 2
    if data[behind:].lstrip(b"\0").startswith(b"\xff\xd8\xff"):
        raise ValueError("another picture is behind its own, which a changed length would lose")
    if any(s.marker == _APP11 and b"c2pa" in s.payload for s in found):  # content credentials
        raise ValueError("it is signed, and a change would break the seal")
    old = [s for s in found if s.marker == APP1 and s.payload.startswith(STANDARD)]
    start, end = (old[0].start, old[0].end) if old else _place(found)
    segment = bytes((0xFF, APP1)) + (len(payload) + 2).to_bytes(2, "big") + payload
    return data[:start] + segment + data[end:]


def jpeg_rest(data: bytes) -> list[bytes]:
    """Return all that is not the standard packet: the other segments, and what follows them."""
    found = list(segments(data))
    after = found[-1].end if found else 0
    others = [s for s in found if s.marker != APP1 or not s.payload.startswith(STANDARD)]
    return [data[s.start : s.end] for s in others] + [data[after:]]


def _place(found: list[Segment]) -> tuple[int, int]:
    """Return where a new packet goes: behind the leading JFIF and EXIF segments."""
    at = 2
    for segment in found:
        is_exif = segment.marker == APP1 and segment.payload.startswith(b"Exif\0")
        if segment.marker != _APP0 and not is_exif:
            break
        at = segment.end
    return at, at
