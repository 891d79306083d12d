"""Let one detector, or several together, look at a photo as it was decoded.

Each gets the photo at its own size, and its boxes are made fit for the encoder.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from facedex.engines.dlib_cnn.working_image import working_image
from facedex.engines.finding.foreign_boxes import fit_to_dlib
from facedex.engines.runtimes import LEAST_SIDE_PX
from facedex.plugins.guards import GuardedDetector

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from facedex.engines.finding.confirmer import Confirmer
    from facedex.engines.runtimes.engine_sessions import EngineTools
    from facedex.plugins.manager import Registered
    from facedex.plugins.specs import Detector, DetectorSpec
    from facedex.types import Box, Detection, EngineConfig

SAME_FACE_SHARE = 0.4


class Searcher:
    """A detector at its own size. For one thread at a time.

    Parameters
    ----------
    confirmer : shows what dlib's detector sees, where the encoder needs such boxes and the detector
        has others; else None.
    """

    def __init__(
        self, registered: Registered[DetectorSpec], tools: EngineTools, confirmer: Confirmer | None
    ) -> None:
        self._spec = registered.what
        self._confirmer = confirmer
        self.working_size = tools.working_size
        self.name = f"{self._spec.name}-thorough" if tools.is_thorough else self._spec.name
        self.detector: Detector = (
            self._spec.open(tools) if registered.is_own else GuardedDetector(registered, tools)
        )

    @property
    def decode_size(self) -> int:
        """Least long side in pixels to decode to: faces may be cut from more than is searched."""
        return max(self.working_size, self._spec.least_decode_size)

    def find_faces(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Return the faces in ``image``, uint8 (h, w, 3) RGB upright; best score first."""
        searched = image if self._spec.resizes_itself else working_image(image, self.working_size)
        if min(searched.shape[:2]) < LEAST_SIDE_PX:
            return []
        found = self.detector.detect(searched)
        if self._confirmer is None:
            return found
        boxes = fit_to_dlib(image, [each.place for each in found], self._confirmer)
        return [replace(each, box=box) for each, box in zip(found, boxes, strict=True)]


def tools_for(spec: DetectorSpec, config: EngineConfig, tools: EngineTools) -> EngineTools:
    """Return the tools with the size at which this detector looks; what is shared stays shared."""
    is_thorough = config.is_thorough and spec.thorough_size is not None
    size = spec.thorough_size if is_thorough and spec.thorough_size else spec.working_size
    return replace(tools, working_size=config.working_size or size, is_thorough=is_thorough)


def joined(found: Sequence[Sequence[Detection]]) -> list[Detection]:
    """Return each face once, as the first detector saw it that did.

    Scores of two detectors cannot be compared, so the order is by score within each only.
    """
    faces: list[Detection] = []
    for of_one in found:
        faces += [each for each in of_one if not any(_is_same(each.box, f.box) for f in faces)]
    return faces


def _is_same(a: Box, b: Box) -> bool:
    """Tell whether two boxes share more of the smaller one than those of two faces do."""
    width = min(a.x1, b.x1) - max(a.x0, b.x0)
    height = min(a.y1, b.y1) - max(a.y0, b.y0)
    return width > 0 < height and width * height > SAME_FACE_SHARE * min(a.area, b.area)
