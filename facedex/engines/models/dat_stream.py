"""Read the primitive values of dlib's serialisation.

Source: dlib/serialize.h, float_details.h, cuda/tensor.h (davisking/dlib @ 3d40bf579). An int is a
control byte (bit 7: negative, low nibble: number of bytes) and a little-endian magnitude; a bool is
ASCII ``0`` or ``1``; a double is an int mantissa, then an int exponent of 2; a tensor is version 2,
four ints and raw little-endian float32.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SPECIAL_EXPONENTS = {32000: math.inf, 32001: -math.inf, 32002: math.nan}


class DatFormatError(ValueError):
    """The bytes are not the network that was expected."""


class DatStream:
    """A cursor over the bytes of a .dat file. Every read raises DatFormatError at the end."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self.offset = 0

    @property
    def n_left(self) -> int:
        """Bytes not read yet."""
        return len(self._data) - self.offset

    def take(self, n_bytes: int) -> memoryview:
        """Return the next bytes."""
        if n_bytes > self.n_left:
            raise DatFormatError(f"the file ends at byte {len(self._data)} inside a value")
        start, self.offset = self.offset, self.offset + n_bytes
        return self._data[start : self.offset]

    def integer(self) -> int:
        """Return a signed or unsigned integer of up to 8 bytes."""
        control = self.take(1)[0]
        n_bytes = control & 0x0F
        if control & 0x70 or n_bytes > 8:
            raise DatFormatError(f"no integer at byte {self.offset - 1}")
        value = int.from_bytes(self.take(n_bytes), "little")
        return -value if control & 0x80 else value

    def integers(self, n: int) -> tuple[int, ...]:
        """Return ``n`` integers."""
        return tuple(self.integer() for _ in range(n))

    def version(self, *known: int) -> int:
        """Return a version number, which must be one of ``known``."""
        value = self.integer()
        if value not in known:
            raise DatFormatError(f"version {value} at byte {self.offset}, expected {known}")
        return value

    def boolean(self) -> bool:
        """Return a bool."""
        char = bytes(self.take(1))
        if char not in (b"0", b"1"):
            raise DatFormatError(f"no bool at byte {self.offset - 1}")
        return char == b"1"

    def real(self) -> float:
        """Return a float or double."""
        mantissa, exponent = self.integers(2)
        special = _SPECIAL_EXPONENTS.get(exponent)
        return math.ldexp(mantissa, exponent) if special is None else special

    def reals(self, n: int) -> tuple[float, ...]:
        """Return ``n`` floats."""
        return tuple(self.real() for _ in range(n))

    def name(self, *known: str) -> str:
        """Return a string, which must be one of ``known``."""
        at = self.offset
        n_bytes = self.integer()
        if not 0 <= n_bytes <= 64:
            raise DatFormatError(f"no layer name at byte {at}")
        text = bytes(self.take(n_bytes)).decode("ascii", "replace")
        if text not in known:
            raise DatFormatError(f"{text!r} at byte {at}, expected {' or '.join(known)}")
        return text

    def tensor(self) -> NDArray[np.float32]:
        """Return a ``resizable_tensor``: float32 (n, k, nr, nc), native byte order, a copy."""
        self.version(2)
        shape = self.integers(4)
        raw = self.take(4 * math.prod(shape))
        return np.frombuffer(raw, dtype="<f4").astype(np.float32).reshape(shape)

    def alias(self) -> tuple[int, ...]:
        """Return the shape of an ``alias_tensor``, which holds no data."""
        self.version(1)
        return self.integers(4)
