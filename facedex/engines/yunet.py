"""Decode what YuNet sees: a small network that looks at the whole photo at once.

Source: OpenCV's ``FaceDetectorYN`` (modules/objdetect/src/face_detect.cpp): of each cell, score =
sqrt(class * object), middle = (cell + offset) * stride, side = exp(value) * stride. The landmarks are
left alone: the encoder needs those of dlib's predictor.
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


@dataclass(frozen=True, slots=True, eq=False)
class Proposals:
    """Faces that YuNet sees, in pixels of the image that it was given; best score first, unless said.

    Attributes
    ----------
    boxes : float32 (n, 4): left, top, right, bottom; may leave the image.
    scores : float32 (n,), 0..1.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    def scaled(self, x: float, y: float) -> Proposals:
        """Return the proposals on an image that is ``x`` times as wide and ``y`` times as high."""
        return Proposals(self.boxes * np.array([x, y, x, y], np.float32), self.scores)


def padded(images: NDArray[np.uint8], side_multiple: int = SIDE_MULTIPLE_PX) -> NDArray[np.uint8]:
    """Return the network's input, (b, h, w, 3): black below and beside, to a multiple of the side."""
    height, width = images.shape[1:3]
    below, beside = -height % side_multiple, -width % side_multiple
    return np.pad(images, ((0, 0), (0, below), (0, beside), (0, 0)))


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
    middles = (places + cells[seen, 2:4]) * strides
    half_sides = np.exp(cells[seen, 4:6]) * strides / 2
    boxes = np.concatenate([middles - half_sides, middles + half_sides], axis=1)
    return Proposals(boxes, scores[seen])


def suppress(proposals: Proposals, most_iou: float, at_most: int) -> Proposals:
    """Return the best of each face, ``at_most`` of them; ``proposals`` come best first."""
    kept: list[int] = []
    left = np.arange(len(proposals))
    while left.size and len(kept) < at_most:
        best, left = left[0], left[1:]
        kept.append(int(best))
        left = left[ious(proposals.boxes[best], proposals.boxes[left]) <= most_iou]
    return Proposals(proposals.boxes[kept], proposals.scores[kept])


def ious(box: NDArray[np.float32], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the shared over the joint area of one box with each of ``boxes``."""
    inner = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = np.prod(np.clip(inner, 0, None), axis=1)
    joint = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) + np.prod(box[2:] - box[:2]) - shared
    return np.asarray(shared / np.maximum(joint, 1e-9), np.float32)


@lru_cache(maxsize=64)
def _grid(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (column, row), float32 (n, 2), and stride, (n, 1), of every cell."""
    places, strides = [], []
    for stride in STRIDES:
        rows, columns = np.mgrid[: height // stride, : width // stride]
        places.append(np.stack([columns.ravel(), rows.ravel()], axis=1))
        strides.append(np.full((rows.size, 1), stride))
    return np.concatenate(places).astype(np.float32), np.concatenate(strides).astype(np.float32)
