"""Walking files of ISO base media boxes (HEIC, AVIF, CR3): ISO/IEC 14496-12, section 4.2."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_BOXES = 10_000


class IsoBox(NamedTuple):
    """A box's four letters, and where its content begins and ends."""

    kind: bytes
    start: int
    end: int


def iter_boxes(data: bytes, at: int, end: int) -> Iterator[IsoBox]:
    """Yield the boxes between two offsets; of a file that breaks off, those that are whole.

    Raises
    ------
    struct.error
        If a box breaks off inside its own head.
    """
    for _ in range(_MAX_BOXES):
        if at + 8 > end:
            return
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        stop = end if size == 0 else at + size
        if not at + head <= stop <= end:  # broken off: what is before it counts
            return
        yield IsoBox(kind, at + head, stop)
        at = stop


class Reader:
    """Takes big-endian numbers off a box, one after another; raises ``IndexError`` at its end."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self._data, self._at, self._end = data, at, end

    def take(self, size: int) -> int:
        """Return the next number of ``size`` bytes."""
        if self._at + size > self._end:
            raise IndexError
        self._at += size
        return int.from_bytes(self._data[self._at - size : self._at], "big")
