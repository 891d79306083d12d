"""facedex's own detectors: each a strategy on YuNet, dlib's CNN and dlib's HOG detector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.engines.dlib_cnn.hog import HOG_ID
from facedex.engines.dlib_cnn.working_image import box_from_rect
from facedex.engines.finding.cascade import QUICK, THOROUGH, Cascade
from facedex.engines.finding.cascade import VERSION as CASCADE_VERSION
from facedex.engines.finding.confirmer import Confirmer
from facedex.engines.finding.proposer import Proposer
from facedex.engines.finding.strategies import STRATEGIES, Detectors
from facedex.engines.models.model_cache import load_onnx
from facedex.engines.models.model_files import ModelName
from facedex.engines.runtimes.engine_sessions import dlib_networks, hog_detector
from facedex.types import Detection, DetectorName, RuntimeName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from facedex.engines.dlib_cnn.rects import ScoredRect
    from facedex.plugins.specs import Tools

CNN_ID = f"mmod-{ModelName.DETECTOR.sha256[:8]}"
CASCADE_ID = f"yunet-{ModelName.PROPOSER.sha256[:8]}+{CNN_ID}/v{CASCADE_VERSION}"
_IDS = {
    DetectorName.CASCADE: CASCADE_ID,
    DetectorName.CNN: CNN_ID,
    DetectorName.HOG: HOG_ID,
    DetectorName.HOG_THEN_CNN: f"{HOG_ID}+{CNN_ID}",
    DetectorName.BOTH: f"{HOG_ID}+{CNN_ID}",
}


class OwnDetector:
    """A strategy; satisfies :class:`facedex.plugins.specs.Detector`."""

    def __init__(self, name: DetectorName, tools: Tools) -> None:
        networks = tools.shared(dlib_networks)
        self._name = name
        self._tools = tools
        self._networks = networks
        self._hog = tools.shared(hog_detector)
        self._cascade = Cascade(
            Proposer(lambda: networks.session(ModelName.PROPOSER)),
            Confirmer(lambda: networks.session(ModelName.DETECTOR)),
            THOROUGH if tools.is_thorough else QUICK,
        )
        self._detectors = Detectors(self._find_by_cascade, networks.find_faces, self._find_by_hog)

    @property
    def detector_id(self) -> str:
        """The networks and the cascade's version; never the runtime, which changes no face."""
        return _IDS[self._name]

    def prepare(self) -> None:
        """Convert the networks that it may need, the CNN to fit boxes to rectangles, too."""
        if self._name == DetectorName.CASCADE:
            load_onnx(ModelName.PROPOSER, self._tools.cache_dir)
        elif self._tools.target.runtime == RuntimeName.DLIB:
            return
        load_onnx(ModelName.DETECTOR, self._tools.cache_dir)

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Return the faces in ``image``, uint8 (h, w, 3) RGB upright.

        The best score comes first; with ``both``, the CNN's faces come before HOG's, whose scores
        cannot be compared with theirs.
        """
        height, width = image.shape[:2]
        return [
            Detection(
                box_from_rect(each.rect, height, width), each.score, each.detector, each.orientation
            )
            for each in STRATEGIES[self._name](self._detectors, image)
        ]

    def close(self) -> None:
        """Free the networks; they are loaded again when they are needed again."""
        self._networks.close()
        self._hog.take()

    def _find_by_cascade(self, image: NDArray[np.uint8]) -> list[ScoredRect]:
        return self._cascade.find_faces(image, self._tools.working_size)

    def _find_by_hog(self, image: NDArray[np.uint8]) -> list[ScoredRect]:
        return self._hog.get().find_faces(image)
