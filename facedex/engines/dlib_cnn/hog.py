"""Find faces with dlib's HOG detector (``get_frontal_face_detector``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dlib
import numpy as np

from facedex.engines.dlib_cnn.rects import PixelRect, ScoredRect

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOG_ID = "dlib-hog"


class HogDetector:
    """dlib's frontal detector; it sees faces of 80 pixels and more. It needs no model file."""

    def __init__(self) -> None:
        self._detector: Any = dlib.get_frontal_face_detector()

    def find_faces(self, image: NDArray[np.uint8], threshold: float = 0.0) -> list[ScoredRect]:
        """Return the faces in ``image``, uint8 (h, w, 3) RGB, as it is; best score first."""
        rects, scores, _ = self._detector.run(np.ascontiguousarray(image), 0, threshold)
        found = [
            ScoredRect(PixelRect(r.left(), r.top(), r.right(), r.bottom()), float(score))
            for r, score in zip(rects, scores, strict=True)
        ]
        return sorted(found, key=lambda each: each.score, reverse=True)
