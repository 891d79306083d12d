"""Memory that processes share, without a name: it goes with the last of them."""

from __future__ import annotations

import math
import mmap
import os
import sys
import tempfile
from multiprocessing import reduction
from typing import TYPE_CHECKING, Any

import numpy as np

from facedex.plugins.runtime import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

# A page counts only once it is written to, save on Windows, which sets all aside at once.
SLOT_BYTES = (64 if sys.platform == "win32" else 256) << 20
_ALIGNMENT = 64

Place = list[Any]
"""Where an array lies in a slot: its dtype, its shape and its first byte."""


if sys.platform == "win32":

    class SharedBlock:
        """``size`` bytes of zeros. Other processes get it as an argument of their start."""

        def __init__(self, size: int, name: str | None = None) -> None:
            self._size = size
            self._name = name or f"facedex-{os.urandom(16).hex()}"
            self._map = mmap.mmap(-1, size, self._name)

        def __reduce__(self) -> tuple[Callable[..., SharedBlock], tuple[int, str]]:
            return SharedBlock, (self._size, self._name)

        def bytes(self) -> NDArray[np.uint8]:
            """Return all of it."""
            return np.frombuffer(self._map, np.uint8)

else:

    class SharedBlock:
        """``size`` bytes of zeros. Other processes get it as an argument of their start."""

        def __init__(self, size: int, handle: int | None = None) -> None:
            self._size = size
            self._handle = _nameless_file(size) if handle is None else handle

        def __reduce__(self) -> tuple[Callable[..., SharedBlock], tuple[int, Any]]:
            return _attached, (self._size, reduction.DupFd(self._handle))

        def __del__(self) -> None:
            os.close(self._handle)

        def bytes(self) -> NDArray[np.uint8]:
            """Return all of it; the array outlives the block."""
            return np.frombuffer(mmap.mmap(self._handle, self._size), np.uint8)

    def _attached(size: int, handle: Any) -> SharedBlock:
        return SharedBlock(size, handle.detach())

    def _nameless_file(size: int) -> int:
        """Return a file in memory, or else one that has lost its name already."""
        if sys.platform == "linux":
            handle = os.memfd_create("facedex")
        else:
            with tempfile.TemporaryFile(prefix="facedex-") as stream:
                handle = os.dup(stream.fileno())
        os.ftruncate(handle, size)
        return handle


class Slot:
    """Arrays in a block that one worker and the device's process use in turn."""

    def __init__(self, block: SharedBlock) -> None:
        self._bytes = block.bytes()

    def put(self, arrays: Sequence[NDArray[Any]]) -> list[Place]:
        """Copy arrays into the block, over what was there; return their places.

        Raises
        ------
        DeviceError
            If they do not fit; smaller batches may.
        """
        places: list[Place] = []
        at = 0
        for array in arrays:
            if at + array.nbytes > len(self._bytes):
                sizes = f"{array.nbytes >> 20} MB, and {len(self._bytes) >> 20} MB are shared"
                raise DeviceError(f"an array has {sizes} with its process", is_out_of_memory=True)
            places.append([array.dtype.str, list(array.shape), at])
            np.copyto(self._view(places[-1]), array)
            at += -(-array.nbytes // _ALIGNMENT) * _ALIGNMENT
        return places

    def views(self, places: Sequence[Place]) -> list[NDArray[Any]]:
        """Return the arrays at places, valid until the next ``put`` of either side."""
        return [self._view(place) for place in places]

    def _view(self, place: Place) -> NDArray[Any]:
        name, shape, at = place
        dtype = np.dtype(name)
        end = at + math.prod(shape) * dtype.itemsize
        return self._bytes[at:end].view(dtype).reshape(shape)
