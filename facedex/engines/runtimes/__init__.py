"""Run dlib's networks on ONNX Runtime, OpenVINO or PyTorch, or in dlib itself as the reference.

A runtime changes how fast faces are found, never which: the parity tests hold those that compute in
float32 to the same boxes and encodings.
"""

from facedex.engines.runtimes.base import (
    CPU_TARGET,
    DLIB_TARGET,
    DeviceError,
    ModelSession,
    Networks,
    Runtime,
    Survey,
    Target,
)
from facedex.engines.runtimes.dlib_networks import DlibNetworks
from facedex.engines.runtimes.networks import (
    CHIPS_PER_BATCH,
    ENCODING_DIM,
    LEAST_SIDE_PX,
    NMS_RULE,
    WINDOW_PX,
    OnnxNetworks,
    SessionNetworks,
)
from facedex.engines.runtimes.onnx_runtime import CPU_PROVIDER, OnnxRuntime, OnnxSession
from facedex.engines.runtimes.registry import get_runtime, open_networks, own_runtimes

__all__ = [
    "CHIPS_PER_BATCH",
    "CPU_PROVIDER",
    "CPU_TARGET",
    "DLIB_TARGET",
    "ENCODING_DIM",
    "LEAST_SIDE_PX",
    "NMS_RULE",
    "WINDOW_PX",
    "DeviceError",
    "DlibNetworks",
    "ModelSession",
    "Networks",
    "OnnxNetworks",
    "OnnxRuntime",
    "OnnxSession",
    "Runtime",
    "SessionNetworks",
    "Survey",
    "Target",
    "get_runtime",
    "open_networks",
    "own_runtimes",
]
