"""A drawn face for the self-test: facedex ships no photo, and the CNN takes this for a face."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OVERSAMPLING = 4
_BACKGROUND, _NECK = (90, 110, 130), (205, 160, 135)
# middle and radii in shares of the side, and colour: hair, skin, eyes, nose, mouth
_ELLIPSES: tuple[tuple[float, float, float, float, tuple[int, int, int]], ...] = (
    (0.5, 0.5, 0.27, 0.36, (60, 40, 30)),
    (0.5, 0.55, 0.23, 0.31, (222, 176, 150)),
    (0.4, 0.475, 0.055, 0.018, (110, 75, 60)),
    (0.4, 0.51, 0.045, 0.022, (245, 240, 235)),
    (0.4, 0.51, 0.02, 0.02, (50, 35, 30)),
    (0.6, 0.475, 0.055, 0.018, (110, 75, 60)),
    (0.6, 0.51, 0.045, 0.022, (245, 240, 235)),
    (0.6, 0.51, 0.02, 0.02, (50, 35, 30)),
    (0.5, 0.62, 0.035, 0.02, (180, 125, 105)),
    (0.5, 0.57, 0.015, 0.05, (235, 190, 165)),
    (0.5, 0.71, 0.08, 0.022, (170, 80, 80)),
    (0.5, 0.705, 0.075, 0.006, (110, 40, 40)),
)


def drawn_face(side_px: int) -> NDArray[np.uint8]:
    """Return a frontal face, uint8 (side, side, 3) RGB, a little over half as wide as that."""
    side = side_px * _OVERSAMPLING
    picture = Image.new("RGB", (side, side), _BACKGROUND)
    draw = ImageDraw.Draw(picture)
    for x, y, rx, ry, colour in _ELLIPSES:
        edges = ((x - rx) * side, (y - ry) * side, (x + rx) * side, (y + ry) * side)
        draw.ellipse(edges, fill=colour)
    draw.rectangle((0.42 * side, 0.84 * side, 0.58 * side, side), fill=_NECK)
    soft = picture.filter(ImageFilter.GaussianBlur(side / 120))
    return np.array(soft.resize((side_px, side_px), Image.Resampling.LANCZOS))
