"""dlib's own implementation of its networks: the reference, twenty and more times slower."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dlib
import numpy as np

from facedex.engines.dlib_cnn.rects import PixelRect, ScoredRect
from facedex.engines.models.model_files import ModelName, get_model
from facedex.engines.models.onnx_graphs import CHIP_PX
from facedex.engines.runtimes.lazy import Lazy
from facedex.engines.runtimes.networks import ENCODING_DIM, OnnxNetworks
from facedex.paths import model_cache

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from facedex.engines.runtimes.base import ModelSession


class DlibNetworks:
    """dlib's detector and encoder as dlib runs them.

    dlib has no proposer and takes no crops, so ``session`` gives ONNX Runtime's.

    Parameters
    ----------
    cache_dir : for converted networks, as only ``session`` needs them.
    """

    def __init__(self, cache_dir: Path | None = None, threads: int = 1) -> None:
        self._onnx = Lazy(lambda: OnnxNetworks(cache_dir or model_cache(), threads))
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
        return self._onnx.get().session(name)

    def close(self) -> None:
        """Free all networks."""
        self._detector.take()
        self._encoder.take()
        onnx = self._onnx.take()
        if onnx is not None:
            onnx.close()
