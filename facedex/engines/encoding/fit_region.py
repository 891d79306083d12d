"""Fit a detector-like box to a loose rectangle that a person drew around a face.

The encoder's chips depend on landmarks, and those on a box of the kind that a detector gives.
Picasa's rectangles go from the hair to the chin and are 1.3 to 1.6 times as large. So the face is
looked for again, in a crop around the rectangle and at the size that the detectors see best; where
they see nothing, the rectangle is shrunk. Who drew it knew a face that lies on its side, too: where
none is surely seen upright, the crop is turned.

The constants were measured on LFW photos, whose faces have a known place (rectangle 106 x 130
pixels, mmod's box 96 in the median, and 0.93 of HOG's).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from facedex.engines.dlib_cnn.working_image import resize_image
from facedex.geometry import edges_to_stored, pixels_to_upright
from facedex.types import Box, FacePlace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from facedex.engines.dlib_cnn.rects import ScoredRect

LEAST_REGION_PX = 16
LEAST_INSIDE = 0.5
BOX_SHARE = 0.82
SEARCH_SHARE = 1.0
FACE_SIDES_PX = (95.0, 150.0)
CNN_THRESHOLD = -0.6
TURNED_THRESHOLD = 0.0  # dlib's own
SURELY_UPRIGHT = 1.0  # every other face that lies on a side scores above 0, one in ten above this
TURNS = (6, 8, 3)
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
    """A square in pixels of the whole image: middle and side; how sure, and how the face lies."""

    x: float
    y: float
    side: float
    score: float = 0.0
    orientation: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class _Crop:
    """A region's surroundings, resampled: crop pixel ``p`` is pixel ``p / scale + origin``."""

    pixels: NDArray[np.uint8]
    left: int
    top: int
    scale_x: float
    scale_y: float

    def faces(
        self, detect: ThresholdDetector, threshold: float, orientation: int = 1
    ) -> list[_Square]:
        """Return what a detector sees in the crop, turned as ``orientation`` says."""
        turned = pixels_to_upright(self.pixels, orientation)
        return [self._square(each, orientation) for each in detect(turned, threshold)]

    def _square(self, found: ScoredRect, orientation: int) -> _Square:
        height, width = self.pixels.shape[:2]
        size = (height, width) if orientation in {6, 8} else (width, height)
        rect = found.rect
        edges = np.array([[rect.left, rect.top, rect.right + 1, rect.bottom + 1]], np.float32)
        [stored] = edges_to_stored(edges / np.tile(size, 2), orientation)
        x0, y0, x1, y1 = (float(edge) for edge in stored * np.tile([width, height], 2))
        x, y = (x0 + x1) / 2 / self.scale_x + self.left, (y0 + y1) / 2 / self.scale_y + self.top
        side = math.sqrt((x1 - x0) / self.scale_x * (y1 - y0) / self.scale_y)
        return _Square(x, y, side, found.score, orientation)


def fit_box(
    image: NDArray[np.uint8], region: Box, cnn: ThresholdDetector, hog: ThresholdDetector
) -> FacePlace | None:
    """Return what to encode for ``region``, or None where no encoding makes sense.

    The CNN is asked first, at two sizes, then about the crop turned, then HOG; of the faces that
    lie about where the region says, the one nearest to its middle is taken. Else the answer is an
    upright square around the region's middle, ``BOX_SHARE`` of the mean of its sides, in which
    nothing is seen.

    Parameters
    ----------
    image : uint8 (h, w, 3) RGB upright; the larger, the better the crop.
    region : 0..1 of ``image``, upright.

    Returns
    -------
    FacePlace or None
        A square of pixels, which may leave the image. None where the region is under 16 pixels
        wide or high or lies by half outside the image.
    """
    height, width = image.shape[:2]
    if not _is_usable(region, height, width):
        return None
    x, y = region.center
    side = math.sqrt(region.width * width * region.height * height)
    guess = _Square(x * width, y * height, BOX_SHARE * side)
    seen = _search(image, guess, side, cnn, hog)
    square = seen or guess
    half = square.side / 2
    box = Box(
        (square.x - half) / width,
        (square.y - half) / height,
        (square.x + half) / width,
        (square.y + half) / height,
    )
    return FacePlace(box, square.orientation, is_seen=seen is not None)


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
    seen = (_nearest(crop.faces(cnn, CNN_THRESHOLD), guess) for crop in crops)
    upright = next((square for square in seen if square is not None), None)
    if upright is not None and upright.score > SURELY_UPRIGHT:
        return upright
    turned = [
        square
        for crop in crops
        for turn in TURNS
        if (square := _nearest(crop.faces(cnn, TURNED_THRESHOLD, turn), guess)) is not None
    ]
    sightings = [*([] if upright is None else [upright]), *turned]
    if sightings:
        return max(sightings, key=lambda square: square.score)
    return _nearest(map(_as_mmod, crops[-1].faces(hog, HOG_THRESHOLD)), guess)


def _as_mmod(square: _Square) -> _Square:
    """Return one of HOG's squares as the CNN would draw it."""
    rise = HOG_TO_MMOD_RISE * square.side
    return replace(square, y=square.y - rise, side=square.side * HOG_TO_MMOD)


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
