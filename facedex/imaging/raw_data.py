"""Where a RAW file keeps what the sensor saw, apart from its metadata and previews.

Structures: TIFF 6.0 with SubIFDs (DNG, NEF, CR2, ARW, PEF and most others; Olympus' ORF differs in
its magic number only), ISO base media boxes (CR3), Fujifilm's RAF header.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIFF_MAGIC = {42, 0x4F52, 0x5352}  # the last two are Olympus'
_SUBFILE_TYPE, _WIDTH, _HEIGHT, _COMPRESSION, _SUB_IFDS = 254, 256, 257, 259, 330
_STRIPS = (273, 279)  # offsets, byte counts
_TILES = (324, 325)
_WANTED = {_SUBFILE_TYPE, _WIDTH, _HEIGHT, _COMPRESSION, _SUB_IFDS, *_STRIPS, *_TILES}
_LETTER = {1: "B", 3: "H", 4: "I", 13: "I"}  # BYTE, SHORT, LONG, IFD
_MAX_IFDS = 64
_MAX_VALUES = 1 << 18  # of one tag: a 100-megapixel file in small tiles has some ten thousand
# the smallest share of a file that its sensor data take; less means that they were not recognised
_LEAST_SHARE = 8

Ifd = dict[int, tuple[int, ...]]


class BrokenStructureError(Exception):
    """The container does not say where its picture is."""


class _Picture(NamedTuple):
    n_bytes: int
    shape: bytes
    pieces: list[tuple[int, int]]


def raw_picture(data: bytes) -> Iterator[bytes | memoryview]:
    """Yield the sensor's data: of the file's largest picture that is not marked as a preview.

    So a rating, a keyword or an orientation written into a DNG, and previews made anew, change
    nothing. CR3 keeps its previews with them. Of Panasonic's RW2, Sigma's X3F, Canon's CRW and
    Minolta's MRW, into which nobody writes tags, the place is not looked for.

    Raises
    ------
    BrokenStructureError
        If it is none of those formats or does not say where its picture is.
    """
    if data.startswith(b"FUJIFILMCCD-RAW"):
        yield from _raf_picture(data)
    elif data[4:12] == b"ftypcrx ":
        yield from _cr3_picture(data)
    else:
        yield from _tiff_picture(data)


def _piece(data: bytes, at: int, n_bytes: int) -> memoryview:
    if not 0 < at < at + n_bytes <= len(data):
        raise BrokenStructureError
    return memoryview(data)[at : at + n_bytes]


def _raf_picture(data: bytes) -> Iterator[memoryview]:
    if len(data) < 108:
        raise BrokenStructureError
    yield _piece(data, *struct.unpack_from(">II", data, 100))


def _cr3_picture(data: bytes) -> Iterator[memoryview]:
    """Yield the payload of every ``mdat`` box: samples of all tracks, and no metadata."""
    at, found = 0, False
    while at + 16 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        head = 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif size == 0:  # to the end of the file
            size = len(data) - at
        if size < head:
            raise BrokenStructureError
        if kind == b"mdat":
            found = True
            yield _piece(data, at + head, size - head)
        at += size
    if not found:
        raise BrokenStructureError


def _tiff_picture(data: bytes) -> Iterator[bytes | memoryview]:
    pictures = [
        picture
        for ifd in _iter_ifds(data)
        for picture in (_find_picture(ifd, _STRIPS), _find_picture(ifd, _TILES))
        if picture is not None
    ]
    largest = max(pictures, key=lambda picture: picture.n_bytes, default=None)
    if largest is None or largest.n_bytes * _LEAST_SHARE < len(data):
        raise BrokenStructureError
    yield largest.shape
    for at, n_bytes in largest.pieces:
        yield _piece(data, at, n_bytes)


def _find_picture(ifd: Ifd, tags: tuple[int, int]) -> _Picture | None:
    offsets, counts = ifd.get(tags[0], ()), ifd.get(tags[1], ())
    is_preview = ifd.get(_SUBFILE_TYPE, (0,))[0] & 1
    if is_preview or not counts or len(offsets) != len(counts):
        return None
    # equal data of another shape, all black for instance, are another picture
    shape = [ifd.get(tag, (0,))[0] for tag in (_WIDTH, _HEIGHT, _COMPRESSION)]
    pieces = list(zip(offsets, counts, strict=True))
    return _Picture(sum(counts), struct.pack("<3I", *shape), pieces)


def _iter_ifds(data: bytes) -> Iterator[Ifd]:
    """Yield every directory of a TIFF: the chain from the header, and SubIFDs."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if (
        order is None
        or len(data) < 8
        or struct.unpack_from(order + "H", data, 2)[0] not in _TIFF_MAGIC
    ):
        raise BrokenStructureError
    waiting = [struct.unpack_from(order + "I", data, 4)[0]]
    seen: set[int] = set()
    while waiting and len(seen) < _MAX_IFDS:
        at = waiting.pop()
        if at == 0 or at in seen:
            continue
        seen.add(at)
        try:
            ifd, following = _read_ifd(data, order, at)
        except struct.error:  # it points outside the file
            raise BrokenStructureError from None
        waiting += [following, *ifd.get(_SUB_IFDS, ())[:_MAX_IFDS]]
        yield ifd


def _read_ifd(data: bytes, order: str, at: int) -> tuple[Ifd, int]:
    """Return a directory's wanted entries and the offset of the next directory, 0 for none."""
    n_entries = struct.unpack_from(order + "H", data, at)[0]
    ifd: Ifd = {}
    for entry in range(at + 2, at + 2 + 12 * n_entries, 12):
        tag, kind, count = struct.unpack_from(order + "HHI", data, entry)
        if tag not in _WANTED or kind not in _LETTER or not 0 < count <= _MAX_VALUES:
            continue
        values = f"{order}{count}{_LETTER[kind]}"
        where = entry + 8
        if struct.calcsize(values) > 4:
            where = struct.unpack_from(order + "I", data, where)[0]
        ifd[tag] = struct.unpack_from(values, data, where)
    # Olympus and others leave out the offset that should follow
    after = at + 2 + 12 * n_entries
    following = struct.unpack_from(order + "I", data, after)[0] if after + 4 <= len(data) else 0
    return ifd, following
