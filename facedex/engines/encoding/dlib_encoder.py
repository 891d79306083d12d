"""dlib's encoder: landmarks and chips from dlib itself, the ResNet on a runtime."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from facedex.engines.dlib_cnn.working_image import rect_from_box
from facedex.engines.encoding.chips import FaceAligner
from facedex.engines.encoding.crops import encode_faces, margin_px, mirror_distances, model_suffix
from facedex.engines.encoding.quality import picture_quality
from facedex.engines.models.model_cache import load_onnx
from facedex.engines.models.model_files import ModelName
from facedex.engines.runtimes import ENCODING_DIM
from facedex.engines.runtimes.engine_sessions import dlib_networks
from facedex.engines.runtimes.lazy import Lazy
from facedex.types import EncodedFace, RuntimeName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facedex.engines.dlib_cnn.rects import PixelRect
    from facedex.plugins.specs import Tools
    from facedex.types import Box


class DlibEncoder:
    """The ResNet with 1, 2 or 5 crops a face; satisfies :class:`facedex.plugins.specs.Encoder`."""

    dim = ENCODING_DIM

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._networks = tools.shared(dlib_networks)
        self._aligner = Lazy(FaceAligner)

    @property
    def model_id(self) -> str:
        """The encoder's weights, and how many crops are averaged; never the runtime's precision."""
        suffix = model_suffix(self._tools.encode_crops)
        return f"dlib-resnet-v1-{ModelName.ENCODER.sha256[:8]}{suffix}"

    def prepare(self) -> None:
        """Convert the network, unless dlib runs it."""
        if self._tools.target.runtime != RuntimeName.DLIB:
            load_onnx(ModelName.ENCODER, self._tools.cache_dir)

    def encode(self, image: NDArray[np.uint8], boxes: Sequence[Box]) -> list[EncodedFace]:
        """Return landmarks and encoding of each box of ``image``, uint8 (h, w, 3) RGB upright."""
        height, width = image.shape[:2]
        return self.encode_rects(image, [rect_from_box(box, height, width) for box in boxes])

    def encode_rects(
        self, image: NDArray[np.uint8], rects: Sequence[PixelRect]
    ) -> list[EncodedFace]:
        """Return landmarks (0..1), encoding and quality of each pixel rectangle.

        With one crop a face the first two are as dlib computes them.
        """
        if not rects:
            return []
        n_crops = self._tools.encode_crops
        aligned = self._aligner.get().align(image, rects, margin_px(n_crops))
        aligned.landmarks[:] /= (image.shape[1], image.shape[0])
        by_crop = encode_faces(self._networks.encode_chips, aligned.chips, n_crops)
        sides_px = np.array([math.sqrt(rect.area) for rect in rects], np.float32)
        qualities = picture_quality(sides_px, aligned.chips, mirror_distances(by_crop))
        faces = zip(aligned.landmarks, by_crop.mean(axis=1), qualities, strict=True)
        return [
            EncodedFace(landmarks, encoding, float(quality))
            for landmarks, encoding, quality in faces
        ]

    def close(self) -> None:
        """Free the networks; they are loaded again when they are needed again."""
        self._networks.close()
        self._aligner.take()
