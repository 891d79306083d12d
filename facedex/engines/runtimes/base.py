"""What a runtime is: something that opens ONNX graphs on a device and runs them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from facedex.types import DeviceName, Precision, RuntimeName

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from facedex.engines.mmod import ScoredRect
    from facedex.engines.model_files import ModelName

_OUT_OF_MEMORY = (
    "out of memory",
    "out_of_memory",
    "failed to allocate",
    "allocation failed",
    "cl_mem_object_allocation_failure",
    "cl_out_of_resources",
    "bad_alloc",
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how networks are executed."""

    runtime: RuntimeName
    device: DeviceName
    precision: Precision

    def __str__(self) -> str:
        """Return the three names with blanks between them."""
        return f"{self.runtime.value} {self.device.value} {self.precision.value}"

    @classmethod
    def parse(cls, text: str) -> Target:
        """Return the target that ``str`` wrote."""
        runtime, device, precision = text.split(" ")
        return cls(RuntimeName(runtime), DeviceName(device), Precision(precision))


CPU_TARGET = Target(RuntimeName.ONNXRUNTIME, DeviceName.CPU, Precision.F32)
DLIB_TARGET = Target(RuntimeName.DLIB, DeviceName.CPU, Precision.F32)


@dataclass(frozen=True, slots=True)
class Survey:
    """What a runtime offers on this machine.

    Attributes
    ----------
    version : None where it is not installed.
    targets : what it can open, the safest first.
    unused : (name, reason) of what is there and not offered; or why the runtime itself is not.
    """

    version: str | None
    targets: tuple[Target, ...] = ()
    unused: tuple[tuple[str, str], ...] = ()


class DeviceError(RuntimeError):
    """A device other than the processor could not do its work."""

    def __init__(self, message: str, *, is_out_of_memory: bool) -> None:
        super().__init__(message)
        self.is_out_of_memory = is_out_of_memory


class ModelSession(Protocol):
    """A loaded network with one output."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs, in order."""

    @property
    def side_multiple(self) -> int:
        """Images are best given in sides of this multiple: each new shape may be compiled."""

    def run(self, *inputs: NDArray[Any]) -> NDArray[np.float32]:
        """Return the output for one batch.

        Raises
        ------
        DeviceError
            If a device other than the processor fails.
        """

    def close(self) -> None:
        """Free the network; it cannot be run afterwards."""


class Runtime(Protocol):
    """Opens networks; stateless."""

    @property
    def name(self) -> RuntimeName:
        """Its name."""

    def survey(self) -> Survey:
        """Return what it offers here; never raises for what is missing or broken."""

    def open(
        self, model: bytes, target: Target, threads: int, cache_dir: Path | None = None
    ) -> ModelSession:
        """Load an ONNX graph; what is compiled for a device may be kept in ``cache_dir``.

        Raises
        ------
        DeviceError
            If a device other than the processor fails.
        """


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
