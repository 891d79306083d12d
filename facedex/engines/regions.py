"""Fit a detector-like box to a loose rectangle that a person drew around a face.

The encoder's chips depend on landmarks, and those on a box of the kind that a detector gives.
Picasa's rectangles go from the hair to the chin and are 1.3 to 1.6 times as large. So the face is
looked for again, in a crop around the rectangle and at the size that the detectors see best; where
they see nothing, the rectangle is shrunk.

The constants were measured on LFW photos, whose faces have a known place (rectangle 106 x 130
pixels, mmod's box 96 in the median, and 0.93 of HOG's).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from facedex.engines.working_image import resize_image
from facedex.types import Box

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from facedex.engines.mmod import PixelRect, ScoredRect

LEAST_REGION_PX = 16
LEAST_INSIDE = 0.5
BOX_SHARE = 0.82
SEARCH_SHARE = 1.0
FACE_SIDES_PX = (95.0, 150.0)
CNN_THRESHOLD = -0.6
HOG_THRESHOLD = -0.3
HOG_TO_MMOD = 0.93
HOG_TO_MMOD_RISE = 0.07
MAX_OFF_CENTRE = 0.35
SIDE_RATIOS = (0.5, 1.6)


class ThresholdDetector(Protocol):
    """A detector whose threshold can be lowered."""

    def __call__(self, image: NDArray[np.uint8], threshold: float = 0.0) -> list[ScoredRect]:
        """Return the faces with a score above ``threshold``, best first."""


@dataclass(frozen=True, slots=True)
class _Square:
    """A square in pixels of the whole image: its middle and side."""

    x: float
    y: float
    side: float


@dataclass(frozen=True, slots=True, eq=False)
class _Crop:
    """The surroundings of a region, resampled: crop pixel ``p`` is image pixel ``p / scale + origin``."""

    pixels: NDArray[np.uint8]
    left: int
    top: int
    scale_x: float
    scale_y: float

    def to_image(self, rect: PixelRect, grow: float, rise: float) -> _Square:
        """Return a detection on the image, grown and moved up by a share of its side."""
        width, height = rect.right - rect.left + 1, rect.bottom - rect.top + 1
        x = (rect.left + width / 2) / self.scale_x + self.left
        y = (rect.top + height / 2 - rise * height) / self.scale_y + self.top
        side = math.sqrt(width / self.scale_x * height / self.scale_y)
        return _Square(x, y, side * grow)


def fit_box(
    image: NDArray[np.uint8], region: Box, cnn: ThresholdDetector, hog: ThresholdDetector
) -> Box | None:
    """Return the box to encode for ``region``, or None where no encoding makes sense.

    The CNN is asked first, at two sizes, then HOG; of the faces that lie about where the region
    says, the one nearest to its middle is taken. Else the answer is a square around the region's
    middle, ``BOX_SHARE`` of the mean of its sides.

    Parameters
    ----------
    image : uint8 (h, w, 3) RGB upright; the larger, the better the crop.
    region : 0..1 of ``image``, upright.

    Returns
    -------
    Box or None
        A square of pixels, which may leave the image. None where the region is under 16 pixels
        wide or high or lies by half outside the image.
    """
    height, width = image.shape[:2]
    if not _is_usable(region, height, width):
        return None
    x, y = region.center
    side = math.sqrt(region.width * width * region.height * height)
    guess = _Square(x * width, y * height, BOX_SHARE * side)
    square = _search(image, guess, side, cnn, hog) or guess
    half = square.side / 2
    return Box(
        (square.x - half) / width,
        (square.y - half) / height,
        (square.x + half) / width,
        (square.y + half) / height,
    )


def _is_usable(region: Box, height: int, width: int) -> bool:
    if region.width * width < LEAST_REGION_PX or region.height * height < LEAST_REGION_PX:
        return False
    shown_x = min(1.0, region.x1) - max(0.0, region.x0)
    shown_y = min(1.0, region.y1) - max(0.0, region.y0)
    shown = max(0.0, shown_x) * max(0.0, shown_y)
    return shown >= LEAST_INSIDE * region.area


def _search(
    image: NDArray[np.uint8],
    guess: _Square,
    side: float,
    cnn: ThresholdDetector,
    hog: ThresholdDetector,
) -> _Square | None:
    """Return the face that a detector sees where ``guess`` says, or None."""
    crops = [_crop(image, guess, side, face_px) for face_px in FACE_SIDES_PX]
    for crop in crops:
        found = (crop.to_image(f.rect, 1.0, 0.0) for f in cnn(crop.pixels, CNN_THRESHOLD))
        square = _nearest(found, guess)
        if square is not None:
            return square
    crop = crops[-1]
    found = (
        crop.to_image(f.rect, HOG_TO_MMOD, HOG_TO_MMOD_RISE)
        for f in hog(crop.pixels, HOG_THRESHOLD)
    )
    return _nearest(found, guess)


def _crop(image: NDArray[np.uint8], guess: _Square, side: float, face_px: float) -> _Crop:
    """Return the surroundings of ``guess``, at which its side is ``face_px``."""
    height, width = image.shape[:2]
    reach = guess.side / 2 + SEARCH_SHARE * side / 2
    left, right = max(0, int(guess.x - reach)), min(width, math.ceil(guess.x + reach))
    top, bottom = max(0, int(guess.y - reach)), min(height, math.ceil(guess.y + reach))
    scale = face_px / guess.side
    new_width, new_height = (max(1, round(n * scale)) for n in (right - left, bottom - top))
    pixels = resize_image(image[top:bottom, left:right], new_height, new_width)
    return _Crop(pixels, left, top, new_width / (right - left), new_height / (bottom - top))


def _nearest(found: Iterable[_Square], guess: _Square) -> _Square | None:
    """Return the square nearest to ``guess``, of those of about its place and size."""
    least, most = (ratio * guess.side for ratio in SIDE_RATIOS)
    plausible = {
        math.hypot(each.x - guess.x, each.y - guess.y): each
        for each in found
        if least <= each.side <= most
    }
    distance = min(plausible, default=math.inf)
    return plausible[distance] if distance <= MAX_OFF_CENTRE * guess.side else None
