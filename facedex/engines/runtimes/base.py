"""What the runtimes have in common: the networks on one of them, and how devices fail.

What a runtime is, :mod:`facedex.plugins.runtime` says.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol

from facedex.plugins.runtime import DeviceError, ModelSession, Runtime, Survey, Target
from facedex.types import DeviceName, Precision, RuntimeName

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from facedex.engines.dlib_cnn.rects import ScoredRect
    from facedex.engines.models.model_files import ModelName

__all__ = [
    "CPU_TARGET",
    "DLIB_TARGET",
    "DeviceError",
    "ModelSession",
    "Networks",
    "Runtime",
    "Survey",
    "Target",
    "device_error",
    "device_errors",
]

_OUT_OF_MEMORY = (
    "out of memory",
    "out_of_memory",
    "failed to allocate",
    "allocation failed",
    "cl_mem_object_allocation_failure",
    "cl_out_of_resources",
    "bad_alloc",
)


CPU_TARGET = Target(RuntimeName.ONNXRUNTIME, DeviceName.CPU, Precision.F32)
DLIB_TARGET = Target(RuntimeName.DLIB, DeviceName.CPU, Precision.F32)


class Networks(Protocol):
    """Detector and encoder on one runtime; each is loaded at its first use."""

    def find_faces(self, image: NDArray[np.uint8], threshold: float = 0.0) -> list[ScoredRect]:
        """Return the CNN's faces in ``image``, uint8 (h, w, 3) RGB, as it is; best score first."""

    def encode_chips(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32 (n, 128) of ``chips``, uint8 (n, 150, 150, 3) RGB; n may be 0."""

    def session(self, name: ModelName) -> ModelSession:
        """Return a network to be run as it is: the proposer, or the detector on crops."""

    def close(self) -> None:
        """Free all networks."""


@contextlib.contextmanager
def device_errors(target: Target, *failures: type[Exception]) -> Iterator[None]:
    """Turn ``failures`` into :class:`DeviceError`, on any device but the processor."""
    try:
        yield
    except failures as exc:
        if not target.device.is_accelerator:
            raise
        raise device_error(exc) from exc


def device_error(exc: Exception) -> DeviceError:
    """Return the failure with whether the device's memory was too small."""
    message = str(exc).strip() or type(exc).__name__
    is_memory = any(mark in message.lower() for mark in _OUT_OF_MEMORY)
    return DeviceError(message.splitlines()[0][:300], is_out_of_memory=is_memory)
