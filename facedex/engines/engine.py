"""The face engine: a detection strategy, dlib's landmarks and chips, and the encoder on a runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.engines.cascade import QUICK, THOROUGH, Cascade
from facedex.engines.cascade import VERSION as CASCADE_VERSION
from facedex.engines.chips import FaceAligner
from facedex.engines.confirmer import Confirmer
from facedex.engines.crops import encode_faces, margin_px, model_suffix
from facedex.engines.devices import networks_for
from facedex.engines.hog import HOG_ID, HogDetector
from facedex.engines.lazy import Lazy
from facedex.engines.model_files import ModelName
from facedex.engines.proposer import Proposer
from facedex.engines.regions import fit_box
from facedex.engines.runtimes import LEAST_SIDE_PX, Networks
from facedex.engines.strategies import STRATEGIES, Detectors
from facedex.engines.working_image import box_from_rect, rect_from_box, working_image
from facedex.types import Box, Detection, DetectorName, EncodedFace, EngineConfig

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from facedex.engines.mmod import PixelRect, ScoredRect

_CNN_ID = f"mmod-{ModelName.DETECTOR.sha256[:8]}"
_CASCADE_ID = f"yunet-{ModelName.PROPOSER.sha256[:8]}+{_CNN_ID}/v{CASCADE_VERSION}"
_DETECTOR_IDS = {
    DetectorName.CASCADE: _CASCADE_ID,
    DetectorName.CNN: _CNN_ID,
    DetectorName.HOG: HOG_ID,
    DetectorName.HOG_THEN_CNN: f"{HOG_ID}+{_CNN_ID}",
    DetectorName.BOTH: f"{HOG_ID}+{_CNN_ID}",
}


class DlibFaceEngine:
    """dlib's detectors and encoder; satisfies :class:`facedex.types.FaceEngine`.

    Networks are loaded at their first use. One engine serves one thread at a time; threads and
    processes that work side by side each make their own.
    """

    def __init__(self, config: EngineConfig, networks: Networks) -> None:
        self._config = config
        self._networks = networks
        self._hog = Lazy(HogDetector)
        self._aligner = Lazy(FaceAligner)
        self._cascade = Cascade(
            Proposer(lambda: networks.session(ModelName.PROPOSER)),
            Confirmer(lambda: networks.session(ModelName.DETECTOR)),
            THOROUGH if config.is_thorough else QUICK,
        )
        self._detectors = Detectors(self._find_by_cascade, networks.find_faces, self._find_by_hog)

    @property
    def engine_id(self) -> str:
        """Strategy, working size and detectors; never the runtime, which changes no face."""
        detector = self._config.detector
        is_thorough = self._config.is_thorough and detector is DetectorName.CASCADE
        name = f"{detector.value}-thorough" if is_thorough else detector.value
        return f"{name}@{self._config.search_size}/{_DETECTOR_IDS[detector]}"

    @property
    def model_id(self) -> str:
        """The encoder's weights, and how many crops are averaged; never the runtime's precision."""
        suffix = model_suffix(self._config.encode_crops)
        return f"dlib-resnet-v1-{ModelName.ENCODER.sha256[:8]}{suffix}"

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Return the faces in ``image``, uint8 (h, w, 3) RGB upright, of any size.

        Boxes may reach outside the image. The best score comes first; with ``both``, the CNN's
        faces come before HOG's, whose scores cannot be compared with theirs.
        """
        detector = self._config.detector
        if detector is DetectorName.CASCADE:
            searched = image  # it makes its own sizes, and cuts faces from all there is
        else:
            searched = working_image(image, self._config.search_size)
        height, width = searched.shape[:2]
        if min(height, width) < LEAST_SIDE_PX:
            return []
        return [
            Detection(box_from_rect(each.rect, height, width), each.score, each.detector)
            for each in STRATEGIES[detector](self._detectors, searched)
        ]

    def encode(self, image: NDArray[np.uint8], boxes: Sequence[Box]) -> list[EncodedFace]:
        """Return landmarks and encoding of each box of ``image``, uint8 (h, w, 3) RGB upright.

        ``image`` may be larger than the one that was searched: chips are cut from what is given.
        """
        height, width = image.shape[:2]
        return self.encode_rects(image, [rect_from_box(box, height, width) for box in boxes])

    def encode_rects(
        self, image: NDArray[np.uint8], rects: Sequence[PixelRect]
    ) -> list[EncodedFace]:
        """Return landmarks (0..1) and encoding of each pixel rectangle.

        With one crop a face they are as dlib computes them.
        """
        if not rects:
            return []
        n_crops = self._config.encode_crops
        aligned = self._aligner.get().align(image, rects, margin_px(n_crops))
        aligned.landmarks[:] /= (image.shape[1], image.shape[0])
        encodings = encode_faces(self._networks.encode_chips, aligned.chips, n_crops)
        return [
            EncodedFace(landmarks, encoding)
            for landmarks, encoding in zip(aligned.landmarks, encodings, strict=True)
        ]

    def fit_box_from_region(self, image: NDArray[np.uint8], region: Box) -> Box | None:
        """Return the box to encode for a loose rectangle that a person drew around a face.

        None where no encoding makes sense; see :func:`facedex.engines.regions.fit_box`.
        """
        return fit_box(image, region, self._networks.find_faces, self._hog.get().find_faces)

    def close(self) -> None:
        """Free the networks; they are loaded again when they are needed again."""
        self._networks.close()
        self._hog.take()
        self._aligner.take()

    def _find_by_cascade(self, image: NDArray[np.uint8]) -> list[ScoredRect]:
        return self._cascade.find_faces(image, self._config.search_size)

    def _find_by_hog(self, image: NDArray[np.uint8]) -> list[ScoredRect]:
        return self._hog.get().find_faces(image)


def create_engine(config: EngineConfig, cache_dir: Path) -> DlibFaceEngine:
    """Return the engine that ``config`` describes; converted networks are kept in ``cache_dir``."""
    return DlibFaceEngine(config, networks_for(config, cache_dir))
