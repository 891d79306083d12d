"""Ask dlib's detector about single places: a few small crops instead of a pyramid of the photo.

The detector looks for faces that fill 80 pixels of its input. A crop brings the face that was proposed
to about that size, and only the cells around its middle count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from facedex.engines.dat_layers import RGB_MEAN
from facedex.engines.mmod import CELL_OFFSET_PX, CELL_STRIDE_PX
from facedex.engines.onnx_graphs import PIXEL_SCALE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from facedex.engines.runtimes.base import ModelSession

CROP_PX = 128
FACE_PX = (70.0, 84.0, 100.0)  # what the proposed face measures in its three crops
WINDOW_PX = 80
REACH_CELLS = 3
N_CELLS = 13  # the detector's answer to a crop
MIDDLE_CELL_PX = CELL_OFFSET_PX + CELL_STRIDE_PX * (N_CELLS // 2) + 0.5 - CROP_PX / 2
CROPS_PER_BATCH = 24
_REDUCING_GAP = 1.5
_OUTSIDE = tuple(round(mean) for mean in RGB_MEAN)  # what the network takes for nothing


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What the detector says of each place.

    Attributes
    ----------
    scores : float32 (n,): the best of the cells near the middle, of all crops.
    boxes : float32 (n, 4): its box, a square: left, top, right, bottom in pixels of the photo.
    """

    scores: NDArray[np.float32]
    boxes: NDArray[np.float32]


class Confirmer:
    """dlib's detector on a runtime, for crops. For one thread at a time.

    Parameters
    ----------
    open_session : loads the network; called when it is first needed.
    """

    def __init__(self, open_session: Callable[[], ModelSession]) -> None:
        self._open_session = open_session

    def ask(
        self, photo: Image.Image, places: NDArray[np.float32], *, is_mirrored: bool = False
    ) -> Answers:
        """Return what the detector says of ``places``, float32 (n, 4) boxes in pixels of ``photo``.

        ``is_mirrored`` shows it the mirror image of each crop: a second opinion. Boxes are those of
        the photo all the same.
        """
        middles = ((places[:, :2] + places[:, 2:]) / 2).astype(np.float32)
        areas = np.prod(places[:, 2:] - places[:, :2], axis=1)
        sides = np.sqrt(np.maximum(areas, 1.0)).astype(np.float32)
        crops = np.empty((len(places), len(FACE_PX), CROP_PX, CROP_PX, 3), np.uint8)
        for crop, middle, side in zip(crops, middles, sides, strict=True):
            _cut(photo, float(middle[0]), float(middle[1]), float(side), crop)
        if is_mirrored:
            crops = crops[:, :, :, ::-1]
        cells = self._run(crops.reshape(-1, CROP_PX, CROP_PX, 3))
        if is_mirrored:
            cells = cells[:, :, ::-1]
        cells = cells.reshape(len(places), len(FACE_PX), *cells.shape[1:])
        return _best(cells, middles, sides, -1.0 if is_mirrored else 1.0)

    def _run(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the scores of the cells around the middle, (n, 7, 7)."""
        answers = []
        session = self._open_session()
        for start in range(0, len(crops), CROPS_PER_BATCH):
            batch = crops[start : start + CROPS_PER_BATCH]
            planes = np.zeros((len(batch), 3, CROP_PX, CROP_PX), np.float32)
            for channel, mean in enumerate(RGB_MEAN):
                np.subtract(batch[..., channel], np.float32(mean), out=planes[:, channel])
            planes *= np.float32(PIXEL_SCALE)
            if session.side_multiple > 1:  # each new shape may be compiled
                missing = CROPS_PER_BATCH - len(batch)
                planes = np.pad(planes, ((0, missing), (0, 0), (0, 0), (0, 0)))
            answers.append(session.run(planes)[: len(batch), 0])
        none = np.empty((0, N_CELLS, N_CELLS), np.float32)
        cells = np.concatenate(answers) if answers else none
        near = slice(N_CELLS // 2 - REACH_CELLS, N_CELLS // 2 + REACH_CELLS + 1)
        return cells[:, near, near]


def _cut(photo: Image.Image, x: float, y: float, side: float, out: NDArray[np.uint8]) -> None:
    """Fill ``out``, uint8 (crops, 128, 128, 3), with the surroundings of a face at each size."""
    reach = side * CROP_PX / min(FACE_PX) / 2
    left, top = int(np.floor(x - reach)), int(np.floor(y - reach))
    right, bottom = int(np.ceil(x + reach)), int(np.ceil(y + reach))
    inside = max(left, 0), max(top, 0), min(right, photo.width), min(bottom, photo.height)
    around = photo.crop(inside)
    if inside != (left, top, right, bottom):
        whole = Image.new("RGB", (right - left, bottom - top), _OUTSIDE)
        whole.paste(around, (inside[0] - left, inside[1] - top))
        around = whole
    for number, face_px in enumerate(FACE_PX):
        half = side * CROP_PX / face_px / 2
        square = x - left - half, y - top - half, x - left + half, y - top + half
        out[number] = np.asarray(
            around.resize(
                (CROP_PX, CROP_PX),
                Image.Resampling.BILINEAR,
                box=_within(square, around.size),
                reducing_gap=_REDUCING_GAP,
            )
        )


def _within(
    square: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Return the square without what rounding puts outside."""
    return (
        max(0.0, square[0]),
        max(0.0, square[1]),
        min(size[0], square[2]),
        min(size[1], square[3]),
    )


def _best(
    cells: NDArray[np.float32],
    middles: NDArray[np.float32],
    sides: NDArray[np.float32],
    x_sign: float,
) -> Answers:
    """Return the best cell of each place: its score and its box. ``cells`` is (n, crops, 7, 7).

    The middle cell looks at a point 1.5 pixels left of and above the crop's middle; ``x_sign`` is -1
    where the crop was mirrored.
    """
    n, n_crops, rows, columns = cells.shape
    flat = cells.reshape(n, n_crops * rows * columns)
    best = np.argmax(flat, axis=1)
    crop, cell = np.divmod(best, rows * columns)
    row, column = np.divmod(cell, columns)
    px = sides / np.asarray(FACE_PX, np.float32)[crop]  # photo pixels a crop pixel
    off = (np.stack([column, row], axis=1) - REACH_CELLS) * CELL_STRIDE_PX
    centres = middles + (off + MIDDLE_CELL_PX * np.array([x_sign, 1.0])) * px[:, np.newaxis]
    half = (WINDOW_PX / 2 * px)[:, np.newaxis]
    boxes = np.concatenate([centres - half, centres + half], axis=1).astype(np.float32)
    return Answers(flat[np.arange(n), best], boxes)
