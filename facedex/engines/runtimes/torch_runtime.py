"""PyTorch: NVIDIA and AMD graphics processors, Apple's and Intel's, and the processor.

The ONNX graphs are executed node by node with PyTorch's own functions, so nothing else is needed.
"""

from __future__ import annotations

import importlib
import importlib.util
from functools import cached_property
from typing import TYPE_CHECKING, Any

from facedex.engines.models.onnx_reader import read_graph
from facedex.engines.runtimes.base import Survey, Target, device_errors
from facedex.engines.runtimes.torch_ops import OPERATIONS
from facedex.types import DeviceName, Precision, RuntimeName

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_HALF = {Precision.BF16: "bfloat16", Precision.F16: "float16"}
_NAMES = {DeviceName.ROCM: "cuda"}  # PyTorch's ROCm build answers to CUDA's name


def import_torch() -> Any:
    """Return the module, with TF32 off: its ten bits of mantissa move boxes.

    Raises
    ------
    ImportError, OSError
        If PyTorch is absent or its libraries cannot be loaded.
    """
    torch = importlib.import_module("torch")
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    return torch


class TorchSession:
    """A network on PyTorch."""

    def __init__(self, torch: Any, model: bytes, target: Target, threads: int) -> None:
        self._torch = torch
        self._target = target
        self._device = _NAMES.get(target.device, target.device.value)
        if target.device is DeviceName.CPU:
            torch.set_num_threads(threads)
        self._graph = read_graph(model)
        with device_errors(target, RuntimeError, AssertionError):
            # shapes and the like are read on the way: whole numbers stay where Python is
            self._constants = {
                name: torch.from_numpy(array.copy()).to(
                    self._device if array.dtype.kind == "f" else "cpu"
                )
                for name, array in self._graph.constants.items()
            }

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs, in order."""
        return tuple(self._graph.inputs)

    @property
    def side_multiple(self) -> int:
        """1: kernels are chosen, not compiled."""
        return 1

    def run(self, *inputs: NDArray[Any]) -> NDArray[np.float32]:
        """Return the output for one batch."""
        with device_errors(self._target, RuntimeError, AssertionError):
            return self._run(inputs)

    def _run(self, inputs: tuple[NDArray[Any], ...]) -> NDArray[np.float32]:
        torch = self._torch
        values = dict(self._constants)
        for name, array in zip(self._graph.inputs, inputs, strict=True):
            values[name] = torch.tensor(array, device=self._device)
        half = _HALF.get(self._target.precision)
        dtype = getattr(torch, half or "bfloat16")
        with (
            torch.inference_mode(),
            torch.autocast(self._device, dtype=dtype, enabled=half is not None),
        ):
            for node in self._graph.nodes:
                given = [values[name] if name else None for name in node.inputs]
                values[node.outputs[0]] = OPERATIONS[node.op](torch, node.attributes, *given)
            result = values[self._graph.outputs[0]]
            output: NDArray[np.float32] = result.float().cpu().numpy()
        return output

    def close(self) -> None:
        """Free the network; it cannot be run afterwards."""
        self._constants.clear()


class TorchRuntime:
    """PyTorch, where it is installed.

    Parameters
    ----------
    load : returns the module; a test gives its own.
    """

    name = RuntimeName.TORCH

    def __init__(self, load: Callable[[], Any] = import_torch) -> None:
        self._load = load

    @cached_property
    def _torch(self) -> Any:
        return self._load()

    def survey(self) -> Survey:
        """Return a target for each device and each precision that the device computes in."""
        if self._load is import_torch and importlib.util.find_spec("torch") is None:
            return Survey(None, unused=(("torch", "not installed: pip install 'facedex[torch]'"),))
        try:
            torch = self._torch
        except (ImportError, OSError) as exc:
            return Survey(None, unused=(("torch", f"cannot be loaded: {exc}"),))
        targets = [
            Target(self.name, device, precision)
            for device in (*_accelerators(torch), DeviceName.CPU)
            for precision in _precisions(torch, device)
        ]
        return Survey(str(torch.__version__), tuple(targets))

    def open(
        self, model: bytes, target: Target, threads: int, cache_dir: Path | None = None
    ) -> TorchSession:
        """Load an ONNX graph."""
        del cache_dir
        return TorchSession(self._torch, model, target, threads)


def _accelerators(torch: Any) -> list[DeviceName]:
    found = []
    if torch.cuda.is_available():
        found.append(DeviceName.ROCM if torch.version.hip else DeviceName.CUDA)
    if torch.backends.mps.is_available():
        found.append(DeviceName.MPS)
    if torch.xpu.is_available():
        found.append(DeviceName.XPU)
    return found


def _precisions(torch: Any, device: DeviceName) -> list[Precision]:
    if device is DeviceName.CPU:
        return [Precision.F32, Precision.BF16]
    if device in {DeviceName.CUDA, DeviceName.ROCM} and not torch.cuda.is_bf16_supported():
        return [Precision.F32, Precision.F16]
    return [Precision.F32, Precision.BF16, Precision.F16]
