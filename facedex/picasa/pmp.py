"""Read one column of Picasa's database: a ``.pmp`` file.

Format, little-endian: u32 0x3fcccccd, u16 type, u16 0x1332, u32 2, u16 type, u16 0x1332, u32 count,
then the values: types 0 and 6 are texts that end with NUL, 1 and 7 u32, 2 f64, 3 u8, 4 u64, 5 u16.
The columns of a table differ in length: a row past a column's end has the type's empty value.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from facedex.picasa.ini import decode_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facedex.picasa.problems import Problems

MAX_DB3_BYTES = 200_000_000
MAX_ROWS = 2_000_000
ColumnKind = Literal["text", "integer", "real"]

_HEADER = struct.Struct("<IHHIHHI")
_MAGIC = 0x3FCCCCCD
_MARK = 0x1332
_VERSION = 2
_TEXT_TYPES = (0, 6)
_NUMBER_TYPES = {1: "<u4", 2: "<f8", 3: "u1", 4: "<u8", 5: "<u2", 7: "<u4"}


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column's values by row; of one of the two sorts, the other is empty.

    Attributes
    ----------
    texts : as they stand in the file.
    numbers : unsigned integers or float64, (n,).
    """

    texts: Sequence[bytes] = ()
    numbers: NDArray[np.generic] = field(default_factory=lambda: np.zeros(0))

    def __len__(self) -> int:
        return len(self.texts) or len(self.numbers)

    def text(self, row: int) -> str:
        """Return a row's text, ``""`` where there is none."""
        return decode_text(self.texts[row]) if row < len(self.texts) else ""

    def integer(self, row: int) -> int:
        """Return a row's number, 0 where there is none."""
        return int(self.numbers[row]) if row < len(self.numbers) else 0

    def real(self, row: int) -> float:
        """Return a row's number, 0 where there is none; it may be infinite or no number."""
        return float(self.numbers[row]) if row < len(self.numbers) else 0.0


def parse_pmp(data: bytes, kind: ColumnKind, problems: Problems) -> Column:
    """Return the values of a ``.pmp`` file; what could be read of a damaged one.

    An empty column if the header is wrong, the type is not of ``kind``, or the file is larger than
    ``MAX_DB3_BYTES``; ``MAX_ROWS`` values at most.
    """
    if len(data) > MAX_DB3_BYTES:
        problems.add(f"not read: over {MAX_DB3_BYTES} bytes")
        return Column()
    if len(data) < _HEADER.size:
        problems.add(f"not read: {len(data)} bytes are no column")
        return Column()
    magic, type_, mark, version, type_again, mark_again, count = _HEADER.unpack_from(data)
    if (magic, mark, version, mark_again) != (_MAGIC, _MARK, _VERSION, _MARK):
        problems.add("not read: no column's header")
        return Column()
    if type_ != type_again or _kind_of(type_) != kind:
        problems.add(f"not read: of type {type_} and {type_again}, not {kind}")
        return Column()
    if count > MAX_ROWS:
        problems.add(f"{count} values, of which the first {MAX_ROWS} are read")
        count = MAX_ROWS
    if kind == "text":
        return Column(texts=_texts(data, count, problems))
    return Column(numbers=_numbers(data, _NUMBER_TYPES[type_], count, problems))


def _kind_of(type_: int) -> ColumnKind | None:
    if type_ in _TEXT_TYPES:
        return "text"
    if type_ not in _NUMBER_TYPES:
        return None
    return "real" if _NUMBER_TYPES[type_] == "<f8" else "integer"


def _texts(data: bytes, count: int, problems: Problems) -> list[bytes]:
    # what is behind the last NUL is no value: nothing, or a text that was cut off
    *texts, rest = data[_HEADER.size :].split(b"\0", count)
    _compare(len(texts), count, bool(rest), problems)
    return texts


def _numbers(data: bytes, dtype: str, count: int, problems: Problems) -> NDArray[np.generic]:
    width = np.dtype(dtype).itemsize
    room = len(data) - _HEADER.size
    n_values = min(count, room // width)
    _compare(n_values, count, room > n_values * width, problems)
    return np.frombuffer(data, dtype, n_values, _HEADER.size)


def _compare(n_values: int, count: int, is_more: bool, problems: Problems) -> None:
    if n_values < count:
        problems.add(f"cut off: {n_values} values of {count}")
    elif is_more and count < MAX_ROWS:
        problems.add(f"more bytes than its {count} values take")
