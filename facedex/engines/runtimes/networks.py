"""dlib's networks, converted and run as sessions of a runtime."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from facedex.engines.dlib_cnn.bands import cut_into_bands
from facedex.engines.dlib_cnn.cells import n_cells
from facedex.engines.dlib_cnn.mmod import find_faces
from facedex.engines.dlib_cnn.pyramid import CanvasBuilder, tiled_layout
from facedex.engines.dlib_cnn.rects import OverlapRule, ScoredRect
from facedex.engines.models.model_cache import load_onnx
from facedex.engines.models.model_files import ModelName
from facedex.engines.models.onnx_graphs import resize_graph
from facedex.engines.runtimes.base import CPU_TARGET, ModelSession, Target
from facedex.engines.runtimes.fallback_session import CarefulSession
from facedex.engines.runtimes.lazy import Lazy
from facedex.engines.runtimes.onnx_runtime import OnnxRuntime, OnnxSession
from facedex.types import DeviceName, Precision

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from facedex.engines.runtimes.base import Runtime

ENCODING_DIM = 128
CHIPS_PER_BATCH = 32
LEAST_SIDE_PX = 16  # a narrower image holds no face, and may be too small for the convolutions

# of the detector's file; test_dat_reader holds them to it
WINDOW_PX = 80
NMS_RULE = OverlapRule(iou=0.3382761351109955, covered=1.0)


class SessionNetworks:
    """Detector and encoder as sessions on ``target``. For one thread at a time.

    A device that fails is given up, with a warning, and the processor takes over.

    Parameters
    ----------
    has_fallback : False lets the device's :class:`DeviceError` through.
    """

    def __init__(
        self,
        runtime: Runtime,
        target: Target,
        cache_dir: Path,
        threads: int,
        *,
        has_fallback: bool = True,
    ) -> None:
        self._runtime = runtime
        self._target = target
        self._cache_dir = cache_dir
        self._threads = threads
        self._has_fallback = has_fallback
        self._sessions = {
            name: Lazy(partial(self._open, name))
            for name in (ModelName.PROPOSER, ModelName.DETECTOR, ModelName.ENCODER)
        }
        # on the processor whatever the target: levels come one from the other, with little to
        # compute
        self._resizer = Lazy[ModelSession](lambda: OnnxSession(resize_graph(), threads))
        self._canvases = Lazy(lambda: CanvasBuilder(self._resize))

    def find_faces(self, image: NDArray[np.uint8], threshold: float = 0.0) -> list[ScoredRect]:
        """Return the CNN's faces in ``image``, uint8 (h, w, 3) RGB, as it is; best score first."""
        size = image.shape[0], image.shape[1]
        if min(size) < LEAST_SIDE_PX:
            return []
        layout = tiled_layout(*size)
        bands = cut_into_bands(layout.height, layout.width)
        canvases = self._canvases.get().build(image, bands)
        scores = [
            band.own(self.score_canvas(canvas))
            for band, canvas in zip(bands, canvases, strict=True)
        ]
        return find_faces(np.concatenate(scores), size, WINDOW_PX, NMS_RULE, threshold)

    def score_canvas(self, canvas: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the detector's answer, float32 (rows, columns), for a canvas (1, 3, h, w)."""
        detector = self.session(ModelName.DETECTOR)
        height, width = canvas.shape[2:]
        below, beside = -height % detector.side_multiple, -width % detector.side_multiple
        if below or beside:
            canvas = np.pad(canvas, ((0, 0), (0, 0), (0, below), (0, beside)))
        scores: NDArray[np.float32] = detector.run(canvas)[0, 0]
        return scores[: n_cells(height), : n_cells(width)]

    def encode_chips(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32 (n, 128) of ``chips``, uint8 (n, 150, 150, 3) RGB; n may be 0."""
        encodings = np.empty((len(chips), ENCODING_DIM), np.float32)
        for start in range(0, len(chips), CHIPS_PER_BATCH):
            batch = chips[start : start + CHIPS_PER_BATCH]
            encodings[start : start + len(batch)] = self._encode_batch(batch)
        return encodings

    def _encode_batch(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        encoder = self.session(ModelName.ENCODER)
        missing = CHIPS_PER_BATCH - len(batch) if encoder.side_multiple > 1 else 0
        if missing == 0:
            return encoder.run(batch)
        full = np.pad(batch, ((0, missing), (0, 0), (0, 0), (0, 0)))
        return encoder.run(full)[: len(batch)]

    def session(self, name: ModelName) -> ModelSession:
        """Return a network to be run as it is: the proposer, or the detector on crops."""
        return self._sessions[name].get()

    def close(self) -> None:
        """Free the networks and the canvas."""
        self._canvases.take()
        for lazy in (*self._sessions.values(), self._resizer):
            session = lazy.take()
            if session is not None:
                session.close()

    def _open(self, name: ModelName) -> ModelSession:
        target = proposer_target(self._target) if name is ModelName.PROPOSER else self._target
        runtime = self._runtime if target.runtime == self._runtime.name else OnnxRuntime()
        model = load_onnx(name, self._cache_dir, is_blocked=target == CPU_TARGET)

        def on_device() -> ModelSession:
            return runtime.open(model, target, self._threads, self._cache_dir)

        def on_processor() -> ModelSession:
            return OnnxSession(load_onnx(name, self._cache_dir), self._threads)

        if self._has_fallback and target.device.is_accelerator:
            return CarefulSession(on_device, on_processor, target)
        return on_device()

    def _resize(self, planes: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
        size = np.array([*planes.shape[:2], height, width], np.int64)
        return self._resizer.get().run(planes, size)


def proposer_target(target: Target) -> Target:
    """Return where the proposer runs: in float32, as half precision costs it faces.

    docs/decisions/007-precision.md has the measurements. On the processor ONNX Runtime is the
    faster one for it; a neural processor computes in float16 only.
    """
    if target.precision is Precision.F32:
        return target
    if target.device in {DeviceName.CPU, DeviceName.NPU}:
        return CPU_TARGET
    return replace(target, precision=Precision.F32)


class OnnxNetworks(SessionNetworks):
    """The networks on ONNX Runtime's processor provider in float32."""

    def __init__(self, cache_dir: Path, threads: int) -> None:
        super().__init__(OnnxRuntime(), CPU_TARGET, cache_dir, threads)
