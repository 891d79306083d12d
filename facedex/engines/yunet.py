"""Propose faces with YuNet: a small network that looks at the whole photo at once.

Source: OpenCV's ``FaceDetectorYN`` (modules/objdetect/src/face_detect.cpp) for the decoding of the
cells: score = sqrt(class * object), middle = (cell + offset) * stride, side = exp(value) * stride.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from facedex.engines.yunet_graph import STRIDES

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE_MULTIPLE_PX = 32
N_POINTS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Proposals:
    """Faces that YuNet sees, best score first, in pixels of the image that it was given.

    Attributes
    ----------
    boxes : float32 (n, 4): left, top, right, bottom; may leave the image.
    scores : float32 (n,), 0..1.
    points : float32 (n, 5, 2) x and y: the person's right eye, left eye, nose tip, right and left
        corner of the mouth.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    points: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, which: NDArray[np.intp] | slice) -> Proposals:
        """Return some of them, in the order of ``which``."""
        return Proposals(self.boxes[which], self.scores[which], self.points[which])

    def scaled(self, x: float, y: float) -> Proposals:
        """Return the proposals on an image that is ``x`` times as wide and ``y`` times as high."""
        factors = np.array([x, y], np.float32)
        return Proposals(self.boxes * np.tile(factors, 2), self.scores, self.points * factors)


def padded(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the network's input, (1, h, w, 3): black rows and columns up to a multiple of 32."""
    height, width = image.shape[:2]
    below, beside = -height % SIDE_MULTIPLE_PX, -width % SIDE_MULTIPLE_PX
    return np.pad(image, ((0, below), (0, beside), (0, 0)))[np.newaxis]


def decode_cells(
    cells: NDArray[np.float32], height: int, width: int, threshold: float
) -> Proposals:
    """Return what the cells see with a score above ``threshold``, best score first.

    Parameters
    ----------
    cells : float32 (n, 16), the network's answer for an input of ``height`` x ``width`` pixels.
    """
    scores = np.sqrt(np.clip(cells[:, 0], 0, 1) * np.clip(cells[:, 1], 0, 1))
    seen = np.flatnonzero(scores > threshold)
    seen = seen[np.argsort(-scores[seen], kind="stable")]
    places, strides = (array[seen] for array in _grid(height, width))
    values = cells[seen]
    middles = (places + values[:, 2:4]) * strides
    sides = np.exp(values[:, 4:6]) * strides
    points = (places[:, np.newaxis] + values[:, 6:].reshape(-1, N_POINTS, 2)) * strides[:, np.newaxis]
    boxes = np.concatenate([middles - sides / 2, middles + sides / 2], axis=1)
    return Proposals(boxes, scores[seen], points)


@lru_cache(maxsize=64)
def _grid(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (column, row), float32 (n, 2), and stride, (n, 1), of every cell."""
    places, strides = [], []
    for stride in STRIDES:
        rows, columns = np.mgrid[: height // stride, : width // stride]
        places.append(np.stack([columns.ravel(), rows.ravel()], axis=1))
        strides.append(np.full((rows.size, 1), stride))
    return np.concatenate(places).astype(np.float32), np.concatenate(strides).astype(np.float32)


def ious(box: NDArray[np.float32], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the shared over the joint area of one box with each of ``boxes``."""
    shared = np.prod(
        np.clip(np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2]), 0, None),
        axis=1,
    )
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    joint = areas + np.prod(box[2:] - box[:2]) - shared
    return np.asarray(shared / np.maximum(joint, 1e-9), np.float32)


def suppress(proposals: Proposals, most_iou: float, at_most: int) -> Proposals:
    """Return the best of each face, ``at_most`` of them; ``proposals`` come best first."""
    kept: list[int] = []
    left = np.arange(len(proposals))
    while left.size and len(kept) < at_most:
        best, left = left[0], left[1:]
        kept.append(int(best))
        left = left[ious(proposals.boxes[best], proposals.boxes[left]) <= most_iou]
    return proposals.take(np.array(kept, np.intp))
