"""dlib as a runtime: the reference, which executes its own networks and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dlib

from facedex.engines.runtimes.base import DLIB_TARGET, Survey
from facedex.engines.runtimes.onnx_runtime import OnnxSession
from facedex.types import RuntimeName

if TYPE_CHECKING:
    from pathlib import Path

    from facedex.engines.runtimes.base import Target


class DlibRuntime:
    """dlib. Its networks are :class:`~facedex.engines.runtimes.dlib_networks.DlibNetworks`."""

    name = RuntimeName.DLIB

    def survey(self) -> Survey:
        """Return the one target that there is; it has to be asked for by name."""
        return Survey(str(dlib.__version__), (DLIB_TARGET,))

    def open(
        self, model: bytes, target: Target, threads: int, cache_dir: Path | None = None
    ) -> OnnxSession:
        """Load an ONNX graph, which dlib cannot run: ONNX Runtime does, on the processor."""
        del target, cache_dir
        return OnnxSession(model, threads)
