"""Run dlib's networks: on ONNX Runtime, or in dlib itself as the reference.

A runtime changes how fast faces are found, never which: the parity tests hold both to the same
boxes and encodings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import dlib
import numpy as np
import onnxruntime

from facedex.engines.lazy import Lazy
from facedex.engines.mmod import OverlapRule, PixelRect, ScoredRect, find_faces
from facedex.engines.model_cache import load_onnx
from facedex.engines.model_files import ModelName, get_model
from facedex.engines.onnx_graphs import CHIP_PX, resize_graph
from facedex.engines.pyramid import CanvasBuilder
from facedex.types import RuntimeName

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

ENCODING_DIM = 128
CHIPS_PER_BATCH = 32
CPU_PROVIDER = "CPUExecutionProvider"
LEAST_SIDE_PX = 16  # a narrower image holds no face, and may be too small for the convolutions

# of the detector's file; test_dat_reader holds them to it
WINDOW_PX = 80
NMS_RULE = OverlapRule(iou=0.3382761351109955, covered=1.0)


class ModelSession(Protocol):
    """A loaded network with one output."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs, in order."""

    def run(self, *inputs: NDArray[Any]) -> NDArray[np.float32]:
        """Return the output for one batch."""

    def close(self) -> None:
        """Free the network; it cannot be run afterwards."""


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


class OnnxSession:
    """A network on ONNX Runtime's CPU provider.

    The memory arena is on: without it every run faults its buffers in again (a fifth of the time).
    Memory patterns are off: they are planned for one input size, and photos come in many.
    """

    def __init__(self, model: bytes, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_mem_pattern = False
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        onnxruntime.disable_telemetry_events()
        self._session: Any = onnxruntime.InferenceSession(model, options, providers=[CPU_PROVIDER])
        self._inputs = tuple(each.name for each in self._session.get_inputs())

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs, in order."""
        return self._inputs

    def run(self, *inputs: NDArray[Any]) -> NDArray[np.float32]:
        """Return the output for one batch."""
        feed = dict(zip(self._inputs, inputs, strict=True))
        output: NDArray[np.float32] = self._session.run(None, feed)[0]
        return output

    def close(self) -> None:
        """Free the network; it cannot be run afterwards."""
        self._session = None


class OnnxNetworks:
    """dlib's networks, converted and run on ONNX Runtime. For one thread at a time."""

    def __init__(self, cache_dir: Path, threads: int) -> None:
        def session(name: ModelName) -> Callable[[], ModelSession]:
            return lambda: OnnxSession(load_onnx(name, cache_dir), threads)

        self._detector = Lazy(session(ModelName.DETECTOR))
        self._encoder = Lazy(session(ModelName.ENCODER))
        self._proposer = Lazy(session(ModelName.PROPOSER))
        self._resizer = Lazy[ModelSession](lambda: OnnxSession(resize_graph(), threads))
        self._canvases = Lazy(lambda: CanvasBuilder(self._resize))

    def find_faces(self, image: NDArray[np.uint8], threshold: float = 0.0) -> list[ScoredRect]:
        """Return the CNN's faces in ``image``, uint8 (h, w, 3) RGB, as it is; best score first."""
        size = image.shape[0], image.shape[1]
        if min(size) < LEAST_SIDE_PX:
            return []
        canvas = self._canvases.get().build(image)
        scores = self._detector.get().run(canvas)[0, 0]
        return find_faces(scores, size, WINDOW_PX, NMS_RULE, threshold)

    def encode_chips(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32 (n, 128) of ``chips``, uint8 (n, 150, 150, 3) RGB; n may be 0."""
        encodings = np.empty((len(chips), ENCODING_DIM), np.float32)
        for start in range(0, len(chips), CHIPS_PER_BATCH):
            batch = slice(start, start + CHIPS_PER_BATCH)
            encodings[batch] = self._encoder.get().run(chips[batch])
        return encodings

    def session(self, name: ModelName) -> ModelSession:
        """Return a network to be run as it is: the proposer, or the detector on crops."""
        lazy = self._proposer if name is ModelName.PROPOSER else self._detector
        return lazy.get()

    def close(self) -> None:
        """Free the networks and the canvas."""
        self._canvases.take()
        for lazy in (self._detector, self._encoder, self._proposer, self._resizer):
            session = lazy.take()
            if session is not None:
                session.close()

    def _resize(self, planes: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
        size = np.array([*planes.shape[:2], height, width], np.int64)
        return self._resizer.get().run(planes, size)


class DlibNetworks:
    """dlib's own implementation: the reference, twenty and more times slower.

    dlib has no proposer and takes no crops, so ``session`` gives ONNX Runtime's.
    """

    def __init__(self, cache_dir: Path, threads: int) -> None:
        self._onnx = OnnxNetworks(cache_dir, threads)
        self._detector = Lazy[Any](
            lambda: dlib.cnn_face_detection_model_v1(str(get_model(ModelName.DETECTOR).path))
        )
        self._encoder = Lazy[Any](
            lambda: dlib.face_recognition_model_v1(str(get_model(ModelName.ENCODER).path))
        )

    def find_faces(self, image: NDArray[np.uint8], threshold: float = 0.0) -> list[ScoredRect]:
        """Return the CNN's faces, best score first; dlib itself never shows scores below 0."""
        found = self._detector.get()(np.ascontiguousarray(image), 0)
        return [
            ScoredRect(PixelRect(r.left(), r.top(), r.right(), r.bottom()), each.confidence)
            for each in found
            for r in (each.rect,)
            if each.confidence > threshold
        ]

    def encode_chips(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32 (n, 128) of ``chips``, uint8 (n, 150, 150, 3) RGB; n may be 0."""
        if len(chips) == 0:
            return np.empty((0, ENCODING_DIM), np.float32)
        assert chips.shape[1:] == (CHIP_PX, CHIP_PX, 3)
        encode = self._encoder.get().compute_face_descriptor
        return np.array([encode(np.ascontiguousarray(chip)) for chip in chips], np.float32)

    def session(self, name: ModelName) -> ModelSession:
        """Return a network to be run as it is: the proposer, or the detector on crops."""
        return self._onnx.session(name)

    def close(self) -> None:
        """Free all networks."""
        self._detector.take()
        self._encoder.take()
        self._onnx.close()


def open_networks(runtime: RuntimeName, cache_dir: Path, threads: int) -> Networks:
    """Return the networks on ``runtime``; nothing is loaded yet."""
    if runtime is RuntimeName.DLIB:
        return DlibNetworks(cache_dir, threads)
    return OnnxNetworks(cache_dir, threads)
