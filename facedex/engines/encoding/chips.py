"""Find five landmarks in a face box and cut the aligned chip that the encoder reads.

Both are dlib's own code on the CPU, so chips are equal to dlib's to the bit. The chip is a
similarity transform onto a five-point template (dlib/image_transforms/interpolation.h,
``get_face_chip_details``), 150 pixels with a padding of 0.25. Each chip is cut by itself: dlib
shares one image pyramid among faces that are cut together, and then a face's chip could depend on
its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dlib
import numpy as np

from facedex.engines.models.model_files import ModelName, get_model
from facedex.engines.models.onnx_graphs import CHIP_PX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facedex.engines.dlib_cnn.rects import PixelRect

CHIP_PADDING = 0.25
N_LANDMARKS = 5


@dataclass(frozen=True, slots=True, eq=False)
class AlignedFaces:
    """What was cut out of one image.

    Attributes
    ----------
    landmarks : float32 (n, 5, 2), pixels (x, y) of the image.
    chips : uint8 (n, 150, 150, 3) RGB; larger by twice the margin that was asked for.
    """

    landmarks: NDArray[np.float32]
    chips: NDArray[np.uint8]


class FaceAligner:
    """dlib's 5-point shape predictor and its chips.

    Raises
    ------
    ModelMissing
        When made, if the predictor's file is absent or not the one expected.
    """

    def __init__(self) -> None:
        path = get_model(ModelName.LANDMARKS).path
        self._predictor: Any = dlib.shape_predictor(str(path))

    def align(
        self, image: NDArray[np.uint8], rects: Sequence[PixelRect], margin_px: int = 0
    ) -> AlignedFaces:
        """Return landmarks and chips of the faces in ``rects``, which may leave the image.

        A margin shows more around the face, at the same scale.
        """
        pixels = np.ascontiguousarray(image)
        side_px = CHIP_PX + 2 * margin_px
        padding = CHIP_PADDING + margin_px * (1 + 2 * CHIP_PADDING) / CHIP_PX
        landmarks = np.empty((len(rects), N_LANDMARKS, 2), np.float32)
        chips = np.empty((len(rects), side_px, side_px, 3), np.uint8)
        for number, rect in enumerate(rects):
            around = dlib.rectangle(rect.left, rect.top, rect.right, rect.bottom)
            shape = self._predictor(pixels, around)
            landmarks[number] = [(point.x, point.y) for point in shape.parts()]
            chips[number] = dlib.get_face_chip(pixels, shape, side_px, padding)
        return AlignedFaces(landmarks, chips)
