"""Faces written into a photo's own file: its XMP changes, its picture does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from facedex.imaging.formats import SNIFF_BYTES, sniff
from facedex.imaging.hashes import image_hash
from facedex.xmp import schemas
from facedex.xmp.containers import find_packets
from facedex.xmp.editing import UnmergeableError
from facedex.xmp.jpeg import MAX_PAYLOAD, STANDARD, jpeg_rest, with_standard_packet
from facedex.xmp.merging import check_faces, update_packet
from facedex.xmp.png import png_rest, with_png_packet
from facedex.xmp.rdf import properties
from facedex.xmp.reading import read_facts
from facedex.xmp.traces import NO_TRACES, Traces
from facedex.xmp.tree import parse
from facedex.xmp.webp import webp_rest, with_webp_packet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from facedex.xmp.containers import Packets
    from facedex.xmp.merging import NamedFace
    from facedex.xmp.regions import Size

_WRITTEN = (
    schemas.REGIONS,
    schemas.MP_INFO,
    schemas.PERSON_IN_IMAGE,
    schemas.SUBJECT,
    *(name for tags in schemas.TAG_LISTS for name in tags.names),
)
_TRAILER = b"<?xpacket end"


class _Container(NamedTuple):
    """How a format holds a packet.

    ``put`` returns a file's bytes with another packet, or raises ``ValueError``; ``rest`` returns
    the parts of a file that no packet changes.
    """

    put: Callable[[bytes, bytes], bytes]
    rest: Callable[[bytes], list[bytes]]


_CONTAINERS = {
    "JPEG": _Container(with_standard_packet, jpeg_rest),
    "PNG": _Container(with_png_packet, png_rest),
    "WEBP": _Container(with_webp_packet, webp_rest),
}
WRITABLE = frozenset(_CONTAINERS)
"""The formats that faces are written into (docs/decisions/014-xmp-in-files.md)."""


class Embedded(NamedTuple):
    """A photo's bytes with faces in them, and what of that is facedex's."""

    data: bytes
    traces: Traces


def embed_faces(
    data: bytes,
    faces: Sequence[NamedFace],
    size: Size,
    traces: Traces = NO_TRACES,
    orientation: int = 1,
) -> Embedded:
    """Return a photo's bytes with these faces in its XMP packet, read back and checked.

    Everything outside the packet stays, so :func:`facedex.imaging.hashes.image_hash` is the same.

    Parameters
    ----------
    size : (width, height) of the stored pixels.
    traces : what facedex left in it before; what of that is no longer among the faces goes.
    orientation : the photo's, as EXIF has it.

    Raises
    ------
    UnmergeableError
        If its format is not among ``WRITABLE``, or it cannot take the faces without loss: the
        packet is damaged or would not fit, or the file holds several pictures. A sidecar can take
        them.
    ValueError
        If a face has no name or no area inside the picture.
    """
    kind = sniff(data[:SNIFF_BYTES])
    if kind is None or kind not in _CONTAINERS:
        raise UnmergeableError(f"its format ({kind or 'unknown'}) is not written into")
    packets = find_packets(data)
    _check_packets(packets)
    old = packets.main[0] if packets.main else None
    if old is None and not faces:
        return Embedded(data, NO_TRACES)
    update = update_packet(old, faces, size, traces, orientation)
    if update.packet == old:
        return Embedded(data, update.traces)
    packet = _fitting(update.packet) if kind == "JPEG" else update.packet
    try:
        new = _CONTAINERS[kind].put(data, packet)
    except ValueError as error:
        raise UnmergeableError(str(error)) from error
    _check(kind, data, new)
    check_faces(read_facts(data), read_facts(new), faces, traces)
    return Embedded(new, update.traces)


def _check_packets(packets: Packets) -> None:
    if packets.problems:
        raise UnmergeableError(f"its XMP cannot be read whole: {packets.problems[0]}")
    if len(packets.main) > 1:
        raise UnmergeableError("it holds more than one XMP packet")
    for packet in packets.extended.values():
        root = parse(packet).root
        if root is not None and any(properties(root, *_WRITTEN)):
            raise UnmergeableError("its regions or keywords stand in an extended packet")


def _check(kind: str, old: bytes, new: bytes) -> None:
    """Check that the picture and every other part of the file are what they were."""
    rest = _CONTAINERS[kind].rest
    if image_hash(new, kind) != image_hash(old, kind) or rest(new) != rest(old):
        raise UnmergeableError("its structure cannot be followed to the end of the picture")


def _fitting(packet: bytes) -> bytes:
    """Return the packet without its padding where it would not fit otherwise."""
    if len(STANDARD) + len(packet) <= MAX_PAYLOAD:
        return packet
    at = packet.rfind(_TRAILER)
    return packet if at < 0 else packet[:at].rstrip() + b"\n" + packet[at:]
