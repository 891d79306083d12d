"""Fit the boxes of another detector to what dlib's detector sees.

dlib's landmarks and encoder were made for its detector's squares; boxes of another kind cost
recognition. The cascade does the same with YuNet's boxes, and most detectors draw theirs as YuNet
does, which learnt from the same labels (WIDER FACE).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from facedex.engines.finding.cascade import SEEN_BY_DETECTOR, dlib_squares
from facedex.types import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facedex.engines.finding.confirmer import Confirmer
    from facedex.types import FacePlace


def fit_to_dlib(
    image: NDArray[np.uint8], faces: Sequence[FacePlace], confirmer: Confirmer
) -> list[Box]:
    """Return the square that dlib's detector sees at each face, else one of its kind.

    ``image`` is uint8 (h, w, 3) RGB; boxes are 0..1 of it and may leave it.
    """
    if not faces:
        return []
    height, width = image.shape[:2]
    boxes, turns = [each.box for each in faces], [each.orientation for each in faces]
    scale = np.array([width, height, width, height], np.float32)
    places = np.array([(b.x0, b.y0, b.x1, b.y1) for b in boxes], np.float32) * scale
    answers = confirmer.ask([Image.fromarray(np.ascontiguousarray(image))], places, turns)
    is_seen = (answers.scores > SEEN_BY_DETECTOR)[:, np.newaxis]
    squares = np.where(is_seen, answers.boxes, dlib_squares(places))
    return [Box(*map(float, square)) for square in squares / scale]
