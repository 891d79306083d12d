"""facedex's own runtimes, and the networks on a runtime."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from facedex.engines.runtimes.dlib_networks import DlibNetworks
from facedex.engines.runtimes.dlib_runtime import DlibRuntime
from facedex.engines.runtimes.networks import SessionNetworks
from facedex.engines.runtimes.onnx_runtime import OnnxRuntime
from facedex.engines.runtimes.openvino_runtime import OpenVinoRuntime
from facedex.engines.runtimes.torch_runtime import TorchRuntime
from facedex.types import RuntimeName

if TYPE_CHECKING:
    from pathlib import Path

    from facedex.engines.runtimes.base import Networks, Runtime, Target


@lru_cache(maxsize=1)
def own_runtimes() -> tuple[Runtime, ...]:
    """Return facedex's own runtimes, one object each."""
    return OnnxRuntime(), OpenVinoRuntime(), TorchRuntime(), DlibRuntime()


def get_runtime(name: str) -> Runtime:
    """Return facedex's own runtime of that name."""
    return next(each for each in own_runtimes() if each.name == name)


def open_networks(
    target: Target, cache_dir: Path, threads: int, runtime: Runtime | None = None
) -> Networks:
    """Return dlib's networks on ``target``; nothing is loaded yet.

    ``runtime`` is that of the target; it may be left out where it is one of facedex's own.
    """
    if target.runtime == RuntimeName.DLIB:
        return DlibNetworks(cache_dir, threads)
    return SessionNetworks(runtime or get_runtime(target.runtime), target, cache_dir, threads)
