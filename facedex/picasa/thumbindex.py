"""Read ``thumbindex.db``: which file, folder or face each row of Picasa's database is.

Format, little-endian: u32 0x40466666, u32 count; an entry is a name that ends with NUL, u64 when it
was taken, u64 when it was modified, u32 size, u32 type, u16 flags, u32 row of what it belongs to. A
folder has its whole path for a name and belongs to nothing (0xffffffff), a file belongs to its
folder. A face has no name and belongs to its photo; what was deleted has no name and belongs to
nothing. An entry's number is its row in the table ``imagedata``.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from facedex.picasa.ini import decode_text
from facedex.picasa.pmp import MAX_DB3_BYTES, MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.picasa.problems import Problems

_HEADER = struct.Struct("<II")
_MAGIC = 0x40466666
_ENTRY = struct.Struct("<QQIIHI")
_NOTHING = 0xFFFFFFFF
_FACE_TYPE = 1001
_MAX_NAME_BYTES = 1024  # of Windows' 260 characters, in UTF-8


class ThumbEntry(NamedTuple):
    """One row: ``owner`` is the row that it belongs to, None if it belongs to nothing."""

    name: str
    type: int
    owner: int | None

    @property
    def is_folder(self) -> bool:
        """Whether the name is a folder's path."""
        return bool(self.name) and self.owner is None

    @property
    def is_file(self) -> bool:
        """Whether the name is that of a file in the folder ``owner``."""
        return bool(self.name) and self.owner is not None

    @property
    def is_face(self) -> bool:
        """Whether it is a face of the photo ``owner``."""
        return self.type == _FACE_TYPE and not self.name and self.owner is not None


def parse_thumbindex(data: bytes, problems: Problems) -> list[ThumbEntry]:
    """Return the entries by row; what could be read of a damaged file.

    None if the header is wrong or the file larger than ``MAX_DB3_BYTES``; ``MAX_ROWS`` at most.
    """
    if len(data) > MAX_DB3_BYTES:
        problems.add(f"not read: over {MAX_DB3_BYTES} bytes")
        return []
    if len(data) < _HEADER.size or _HEADER.unpack_from(data)[0] != _MAGIC:
        problems.add("not read: no index's header")
        return []
    count = _HEADER.unpack_from(data)[1]
    entries: list[ThumbEntry] = []
    at = _HEADER.size
    while len(entries) < min(count, MAX_ROWS):
        end = data.find(b"\0", at)
        if end < 0 or end + 1 + _ENTRY.size > len(data):
            break
        entries.append(_entry(data[at:end], _ENTRY.unpack_from(data, end + 1), problems))
        at = end + 1 + _ENTRY.size
    if len(entries) < count:
        problems.add(f"cut off: {len(entries)} entries of {count}")
    elif at < len(data):
        problems.add(f"more bytes than its {count} entries take")
    return entries


def _entry(name: bytes, values: Sequence[int], problems: Problems) -> ThumbEntry:
    _taken, _modified, _size, type_, _flags, owner = values
    if len(name) > _MAX_NAME_BYTES:
        problems.add(f"a name of {len(name)} bytes", decode_text(name[:_MAX_NAME_BYTES]))
        return ThumbEntry("", 0, None)
    return ThumbEntry(decode_text(name), type_, None if owner == _NOTHING else owner)
