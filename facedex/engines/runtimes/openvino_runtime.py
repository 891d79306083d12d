"""OpenVINO: processors (in bfloat16 where they have it), Intel's GPUs and NPUs."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from functools import cached_property
from importlib import metadata
from typing import TYPE_CHECKING, Any

from facedex.engines.runtimes.base import Survey, Target, device_errors
from facedex.types import DeviceName, Precision, RuntimeName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_DEVICES = {"CPU": DeviceName.CPU, "GPU": DeviceName.GPU, "NPU": DeviceName.NPU}
_PRECISIONS = {"FP32": Precision.F32, "BF16": Precision.BF16, "FP16": Precision.F16}
_HINTS = {Precision.F32: "f32", Precision.BF16: "bf16", Precision.F16: "f16"}
_BUCKET_PX = 256
_CONVERTER = "openvino.tools.ovc"


@contextlib.contextmanager
def _without_converter() -> Iterator[None]:
    """Keep OpenVINO's model converter from being imported: that alone reports over the network.

    ``openvino/__init__.py`` goes on without it. Whoever imports it later, for itself, still can.
    """
    if "openvino" in sys.modules or _CONVERTER in sys.modules:
        yield
        return
    sys.modules[_CONVERTER] = None  # type: ignore[assignment]  # None: not there
    try:
        yield
    finally:
        del sys.modules[_CONVERTER]


def make_core() -> Any:
    """Return OpenVINO's ``Core``.

    Raises
    ------
    ImportError, RuntimeError
        If OpenVINO is absent or broken.
    """
    with _without_converter():
        import openvino
    return openvino.Core()


class OpenVinoSession:
    """A network on OpenVINO, compiled once for inputs of any size where the device allows it."""

    def __init__(self, core: Any, model: bytes, target: Target, threads: int) -> None:
        self._target = target
        with device_errors(target, RuntimeError):
            compiled = core.compile_model(
                core.read_model(model), target.device.value.upper(), properties(target, threads)
            )
            self._request: Any = compiled.create_infer_request()
        self._inputs = tuple(each.get_any_name() for each in compiled.inputs)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs, in order."""
        return self._inputs

    @property
    def side_multiple(self) -> int:
        """1 on the processor, which takes any shape as it comes."""
        return _BUCKET_PX if self._target.device.is_accelerator else 1

    def run(self, *inputs: NDArray[Any]) -> NDArray[np.float32]:
        """Return the output for one batch."""
        with device_errors(self._target, RuntimeError):
            results = self._request.infer(list(inputs), share_inputs=True)
        output: NDArray[np.float32] = results[0]
        return output

    def close(self) -> None:
        """Free the network; it cannot be run afterwards."""
        self._request = None


def properties(target: Target, threads: int) -> dict[str, Any]:
    """Return how a network is compiled.

    Pinning is off: every worker process would pin its threads to the same first cores.
    """
    wanted: dict[str, Any] = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": _HINTS[target.precision],
    }
    if target.device is DeviceName.CPU:
        wanted |= {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "ENABLE_CPU_PINNING": False,
            "CPU_RUNTIME_CACHE_CAPACITY": 256,
        }
    if target.device is DeviceName.NPU:  # it computes in float16 and takes no such hint
        del wanted["INFERENCE_PRECISION_HINT"]
    return wanted


class OpenVinoRuntime:
    """OpenVINO, where it is installed.

    Parameters
    ----------
    new_core : makes OpenVINO's ``Core``; a test gives its own.
    """

    name = RuntimeName.OPENVINO

    def __init__(self, new_core: Callable[[], Any] = make_core) -> None:
        self._new_core = new_core

    @cached_property
    def _core(self) -> Any:
        return self._new_core()

    def survey(self) -> Survey:
        """Return a target for each device and each precision that the device computes in."""
        if self._new_core is make_core and importlib.util.find_spec("openvino") is None:
            return Survey(None, unused=(("openvino", "not installed: pip install openvino"),))
        try:
            core = self._core
            targets = [
                Target(self.name, device, precision)
                for found in core.available_devices
                for device in (_DEVICES.get(found.split(".")[0]),)
                if device is not None
                for precision in _precisions(core, found, device)
            ]
        except (ImportError, RuntimeError) as exc:
            return Survey(None, unused=(("openvino", f"cannot be loaded: {exc}"),))
        return Survey(_version(), tuple(dict.fromkeys(targets)))

    def open(
        self, model: bytes, target: Target, threads: int, cache_dir: Path | None = None
    ) -> OpenVinoSession:
        """Load an ONNX graph. Nothing is kept: compiling takes a fraction of a second."""
        del cache_dir
        return OpenVinoSession(self._core, model, target, threads)


def _precisions(core: Any, found: str, device: DeviceName) -> list[Precision]:
    if device is DeviceName.NPU:
        return [Precision.F16]
    capabilities = core.get_property(found, "OPTIMIZATION_CAPABILITIES")
    return [ours for theirs, ours in _PRECISIONS.items() if theirs in capabilities]


def _version() -> str:
    try:
        return metadata.version("openvino")
    except metadata.PackageNotFoundError:
        return "of an unknown version"
