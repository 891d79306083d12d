"""The runtimes that facedex knows, and the networks on one of them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from facedex.engines.runtimes.dlib_networks import DlibNetworks
from facedex.engines.runtimes.networks import SessionNetworks
from facedex.engines.runtimes.onnx_runtime import OnnxRuntime
from facedex.engines.runtimes.openvino_runtime import OpenVinoRuntime
from facedex.engines.runtimes.torch_runtime import TorchRuntime
from facedex.types import RuntimeName

if TYPE_CHECKING:
    from pathlib import Path

    from facedex.engines.runtimes.base import Networks, Runtime, Target


@lru_cache(maxsize=1)
def all_runtimes() -> tuple[Runtime, ...]:
    """Return the runtimes that open ONNX graphs, one object each; dlib stands beside them."""
    return OnnxRuntime(), OpenVinoRuntime(), TorchRuntime()


def get_runtime(name: RuntimeName) -> Runtime:
    """Return the runtime of that name, which must be one that opens ONNX graphs."""
    return next(each for each in all_runtimes() if each.name is name)


def open_networks(target: Target, cache_dir: Path, threads: int) -> Networks:
    """Return the networks on ``target``; nothing is loaded yet."""
    if target.runtime is RuntimeName.DLIB:
        return DlibNetworks(cache_dir, threads)
    return SessionNetworks(get_runtime(target.runtime), target, cache_dir, threads)
