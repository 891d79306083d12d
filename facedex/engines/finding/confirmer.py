"""Ask dlib's detector about single places: a few small crops instead of a pyramid of the photo.

The detector looks for faces that fill 80 pixels of its input. A crop brings the face that was
proposed to about that size, and only the cells around its middle count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facedex.engines.dlib_cnn.cells import CELL_OFFSET_PX, CELL_STRIDE_PX
from facedex.engines.finding.cutting import CROP_PX, cut_places, in_batches, sides_of
from facedex.engines.models.dat_layers import RGB_MEAN
from facedex.engines.models.onnx_graphs import PIXEL_SCALE
from facedex.geometry import points_to_stored

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from PIL import Image

    from facedex.engines.runtimes.base import ModelSession

FACE_PX = (74.0, 94.0)  # what the proposed face measures in its two crops
WINDOW_PX = 80
REACH_CELLS = 3
N_CELLS = 13  # the detector's answer to a crop
MIDDLE_CELL_PX = CELL_OFFSET_PX + CELL_STRIDE_PX * (N_CELLS // 2) + 0.5 - CROP_PX / 2


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The detector's answer for each place.

    Attributes
    ----------
    scores : float32 (n,): the best of the cells near the middle, of all crops.
    boxes : float32 (n, 4): its box, a square: left, top, right, bottom in pixels of the photo.
    """

    scores: NDArray[np.float32]
    boxes: NDArray[np.float32]

    def or_else(self, other: Answers) -> Answers:
        """Return these answers, and the other's where these are NaN."""
        is_missing = np.isnan(self.scores)
        return Answers(
            np.where(is_missing, other.scores, self.scores),
            np.where(is_missing[:, np.newaxis], other.boxes, self.boxes),
        )


class Confirmer:
    """dlib's detector on a runtime, for crops. For one thread at a time.

    Parameters
    ----------
    open_session : loads the network; called when it is first needed.
    """

    def __init__(self, open_session: Callable[[], ModelSession]) -> None:
        self._open_session = open_session

    def ask(
        self,
        pictures: Sequence[Image.Image],
        places: NDArray[np.float32],
        orientations: Sequence[int] | None = None,
    ) -> Answers:
        """Return the detector's answers for ``places``.

        Parameters
        ----------
        pictures : of one photo, the largest first, RGB.
        places : float32 (n, 4): boxes in pixels of the first.
        orientations : how to turn each place, as EXIF has it; None leaves all as they are.
        """
        if len(places) == 0:
            return Answers(np.empty(0, np.float32), np.empty((0, 4), np.float32))
        turns = orientations or [1] * len(places)
        crops = np.stack([cut_places(pictures, places, px, turns) for px in FACE_PX], axis=1)
        cells = self._run(crops.reshape(-1, CROP_PX, CROP_PX, 3))
        return _best(cells.reshape(len(places), len(FACE_PX), *cells.shape[1:]), places, turns)

    def _run(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the scores of the cells around the middle, (n, 7, 7)."""
        answers = []
        session = self._open_session()
        for batch in in_batches(crops, is_filled=session.side_multiple > 1):
            planes = np.empty((len(batch), 3, CROP_PX, CROP_PX), np.float32)
            for channel, mean in enumerate(RGB_MEAN):
                np.subtract(batch[..., channel], np.float32(mean), out=planes[:, channel])
            planes *= np.float32(PIXEL_SCALE)
            answers.append(session.run(planes)[:, 0])
        near = slice(N_CELLS // 2 - REACH_CELLS, N_CELLS // 2 + REACH_CELLS + 1)
        return np.concatenate(answers)[: len(crops), near, near]


def _best(cells: NDArray[np.float32], places: NDArray[np.float32], turns: Sequence[int]) -> Answers:
    """Return the best cell of each place: its score and its box. ``cells`` is (n, crops, 7, 7)."""
    n, n_crops, rows, columns = cells.shape
    flat = cells.reshape(n, n_crops * rows * columns)
    best = np.argmax(flat, axis=1)
    crop, cell = np.divmod(best, rows * columns)
    row, column = np.divmod(cell, columns)
    px = (sides_of(places) / np.asarray(FACE_PX, np.float32)[crop])[:, np.newaxis]  # of the photo
    off = (np.stack([column, row], axis=1) - REACH_CELLS) * CELL_STRIDE_PX + MIDDLE_CELL_PX
    turned = (off / CROP_PX + 0.5).astype(np.float32).reshape(n, 1, 2)  # 0..1 of the crop
    stored = [points_to_stored(point, turn)[0] for point, turn in zip(turned, turns, strict=True)]
    centres = (places[:, :2] + places[:, 2:]) / 2 + (np.array(stored) - 0.5) * CROP_PX * px
    half = WINDOW_PX / 2 * px
    boxes = np.concatenate([centres - half, centres + half], axis=1).astype(np.float32)
    return Answers(flat[np.arange(n), best], boxes)
