"""Faces written into a JPEG file: its XMP changes, its picture does not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from facedex.imaging.hashes import image_hash
from facedex.xmp import schemas
from facedex.xmp.editing import UnmergeableError
from facedex.xmp.jpeg import MAX_PAYLOAD, STANDARD, read_jpeg, with_standard_packet
from facedex.xmp.merging import NamedFace, check_faces, merge_faces
from facedex.xmp.rdf import properties
from facedex.xmp.reading import read_facts
from facedex.xmp.tree import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.xmp.regions import Size

_WRITTEN = (
    schemas.REGIONS,
    schemas.MP_INFO,
    schemas.PERSON_IN_IMAGE,
    schemas.SUBJECT,
    *(name for tags in schemas.TAG_LISTS for name in tags.names),
)
_PADDING = re.compile(rb"\s+(?=<\?xpacket end)")


def embed_faces(data: bytes, faces: Sequence[NamedFace], size: Size) -> bytes:
    """Return a JPEG file's bytes with these faces in its XMP packet, read back and checked.

    Everything outside the packet stays, so :func:`facedex.imaging.hashes.image_hash` is the same.

    Parameters
    ----------
    size : (width, height) of the stored pixels.

    Raises
    ------
    UnmergeableError
        If it is no JPEG, or cannot take the faces without loss: the packet is damaged or would not
        fit, or the file holds several pictures. A sidecar can take them.
    ValueError
        If a face has no name or no area inside the picture.
    """
    packets = read_jpeg(data)
    if packets.problems:
        raise UnmergeableError(f"its XMP cannot be read whole: {packets.problems[0]}")
    for packet in packets.extended.values():
        root = parse(packet).root
        if root is not None and any(properties(root, *_WRITTEN)):
            raise UnmergeableError("its regions or keywords stand in an extended packet")
    old = packets.standard[0] if packets.standard else None
    new = merge_faces(old, faces, size)
    if new == old:
        return data
    try:
        embedded = with_standard_packet(data, _fitting(new))
    except ValueError as error:
        raise UnmergeableError(str(error)) from error
    if image_hash(embedded, "JPEG") != image_hash(data, "JPEG"):
        raise UnmergeableError("its structure cannot be followed to the end of the picture")
    check_faces(read_facts(data), read_facts(embedded), faces)
    return embedded


def _fitting(packet: bytes) -> bytes:
    """Return the packet without its padding where it would not fit otherwise."""
    if len(STANDARD) + len(packet) <= MAX_PAYLOAD:
        return packet
    return _PADDING.sub(b"\n", packet)
