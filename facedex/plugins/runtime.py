"""What a runtime is: something that opens ONNX graphs on a device and runs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from facedex.types import DeviceName, Precision

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how networks are executed; ``runtime`` is its name."""

    runtime: str
    device: DeviceName
    precision: Precision

    def __str__(self) -> str:
        """Return the three names with blanks between them."""
        return f"{self.runtime} {self.device.value} {self.precision.value}"

    @classmethod
    def parse(cls, text: str) -> Target:
        """Return the target that ``str`` wrote."""
        runtime, device, precision = text.split(" ")
        return cls(runtime, DeviceName(device), Precision(precision))


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


@runtime_checkable
class Runtime(Protocol):
    """Opens networks; stateless, and cheap to make: it imports its library when it needs it."""

    @property
    def name(self) -> str:
        """What ``--runtime`` takes: lower-case letters, digits and hyphens."""

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
