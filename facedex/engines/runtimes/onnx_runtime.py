"""ONNX Runtime: the processor, and whatever execution providers the installed package brings."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as states

from facedex.engines.runtimes.base import CPU_TARGET, Survey, Target, device_errors
from facedex.types import DeviceName, Precision, RuntimeName

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

CPU_PROVIDER = "CPUExecutionProvider"
_PROVIDERS = {
    "CUDAExecutionProvider": DeviceName.CUDA,
    "TensorrtExecutionProvider": DeviceName.TENSORRT,
    "ROCMExecutionProvider": DeviceName.ROCM,
    "MIGraphXExecutionProvider": DeviceName.MIGRAPHX,
    "DmlExecutionProvider": DeviceName.DIRECTML,
    "CoreMLExecutionProvider": DeviceName.COREML,
    "WebGpuExecutionProvider": DeviceName.WEBGPU,
    "OpenVINOExecutionProvider": DeviceName.OPENVINO,
    CPU_PROVIDER: DeviceName.CPU,
}
_PROVIDER_OF = {device: provider for provider, device in _PROVIDERS.items()}
_OWN_F16 = {DeviceName.TENSORRT, DeviceName.MIGRAPHX, DeviceName.OPENVINO}
_COMPILES_PER_SHAPE = {
    DeviceName.TENSORRT,
    DeviceName.MIGRAPHX,
    DeviceName.COREML,
    DeviceName.OPENVINO,
}
_BUCKET_PX = 256
_FAILURES: tuple[type[Exception], ...] = (
    RuntimeError,
    states.Fail,
    states.RuntimeException,
    states.EPFail,
    states.EngineError,
    states.NotImplemented,
)


class OnnxSession:
    """A network on ONNX Runtime.

    The memory arena is on: without it every run faults its buffers in again (a fifth of the time).
    On the processor all sessions share one, as they never run at once: alone, each would keep its
    largest buffers. Memory patterns are off: they are planned for one input size, and photos come
    in many.
    """

    def __init__(
        self,
        model: bytes,
        threads: int,
        target: Target = CPU_TARGET,
        cache_dir: Path | None = None,
    ) -> None:
        self._target = target
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_mem_pattern = False
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if target.device is DeviceName.CPU:
            _share_arena()
            options.add_session_config_entry("session.use_env_allocators", "1")
        onnxruntime.disable_telemetry_events()
        wanted = _PROVIDER_OF[target.device]
        with device_errors(target, *_FAILURES):
            if wanted not in onnxruntime.get_available_providers():
                raise RuntimeError(f"{wanted} is not installed")
            self._session: Any = onnxruntime.InferenceSession(
                model, options, providers=provider_list(target, cache_dir)
            )
            if target.device.is_accelerator:
                # ONNX Runtime goes on without a provider that cannot start, and only logs it
                first = self._session.get_providers()[0]
                if first != wanted:
                    raise RuntimeError(f"{wanted} could not start; {first} took its place")
        self._inputs = tuple(each.name for each in self._session.get_inputs())

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs, in order."""
        return self._inputs

    @property
    def side_multiple(self) -> int:
        """1 where any shape is as good as another."""
        return _BUCKET_PX if self._target.device in _COMPILES_PER_SHAPE else 1

    def run(self, *inputs: NDArray[Any]) -> NDArray[np.float32]:
        """Return the output for one batch."""
        feed = dict(zip(self._inputs, inputs, strict=True))
        with device_errors(self._target, *_FAILURES):
            output: NDArray[np.float32] = self._session.run(None, feed)[0]
        return output

    def close(self) -> None:
        """Free the network; it cannot be run afterwards."""
        self._session = None


@lru_cache(maxsize=1)
def _share_arena() -> None:
    """Make the processor's arena for the sessions of this process that ask for a shared one."""
    arena = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR
    memory = onnxruntime.OrtMemoryInfo("Cpu", arena, 0, onnxruntime.OrtMemType.DEFAULT)
    onnxruntime.create_and_register_allocator(memory, None)


def provider_list(target: Target, cache_dir: Path | None) -> list[Any]:
    """Return the providers for ``target`` with their options; the processor takes what is left.

    TF32 is off: its ten bits of mantissa move boxes.
    """
    if target.device is DeviceName.CPU:
        return [CPU_PROVIDER]
    is_half = target.precision is Precision.F16
    options: dict[str, str] = {}
    match target.device:
        case DeviceName.CUDA:
            options = {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"}
        case DeviceName.ROCM:
            options = {"miopen_conv_exhaustive_search": "0"}
        case DeviceName.TENSORRT:
            options = {"trt_fp16_enable": str(int(is_half))}
            if cache_dir is not None:
                options |= {
                    "trt_engine_cache_enable": "1",
                    "trt_engine_cache_path": str(cache_dir),
                }
        case DeviceName.MIGRAPHX:
            options = {"migraphx_fp16_enable": str(int(is_half))}
        case DeviceName.OPENVINO:
            options = {"device_type": "AUTO", "precision": "FP16" if is_half else "FP32"}
        case _:
            pass
    return [(_PROVIDER_OF[target.device], options), CPU_PROVIDER]


class OnnxRuntime:
    """ONNX Runtime, whichever of its packages is installed.

    Parameters
    ----------
    list_providers : what the package holds, which says nothing of the hardware.
    """

    name = RuntimeName.ONNXRUNTIME

    def __init__(
        self, list_providers: Callable[[], Sequence[str]] = onnxruntime.get_available_providers
    ) -> None:
        self._list_providers = list_providers

    @cached_property
    def _providers(self) -> list[str]:
        return list(self._list_providers())

    def survey(self) -> Survey:
        """Return a target for each provider and each precision that it computes in by itself."""
        targets, unused = [CPU_TARGET], []
        for provider in self._providers:
            device = _PROVIDERS.get(provider)
            if device is None:
                unused.append((provider, _why_unused(provider)))
            elif device.is_accelerator:
                targets.append(Target(self.name, device, Precision.F32))
                if device in _OWN_F16:
                    targets.append(Target(self.name, device, Precision.F16))
        return Survey(str(onnxruntime.__version__), tuple(targets), tuple(unused))

    def open(
        self, model: bytes, target: Target, threads: int, cache_dir: Path | None = None
    ) -> OnnxSession:
        """Load an ONNX graph on the provider of ``target.device``."""
        return OnnxSession(model, threads, target, cache_dir)


def _why_unused(provider: str) -> str:
    if provider == "AzureExecutionProvider":
        return "sends data to a network service"
    return "facedex does not know this provider"
