"""Decode what YuNet sees: a small network that looks at the whole photo at once.

Source: OpenCV's ``FaceDetectorYN`` (modules/objdetect/src/face_detect.cpp): of each cell, score =
sqrt(class * object), middle = (cell + offset) * stride, side = exp(value) * stride. The landmarks
are left alone: the encoder needs those of dlib's predictor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from facedex.engines.models.yunet_graph import STRIDES

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE_MULTIPLE_PX = 32


@dataclass(frozen=True, slots=True, eq=False)
class Proposals:
    """Faces that YuNet sees, in pixels of the image that it was given.

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
    """Return the network's input, (b, h, w, 3): black below and beside, to whole multiples."""
    n, height, width, channels = images.shape
    size = (n, height + -height % side_multiple, width + -width % side_multiple, channels)
    if size == images.shape:
        return images
    wider = np.zeros(size, np.uint8)  # np.pad takes six times as long
    wider[:, :height, :width] = images
    return wider


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
    kept = distinct(proposals.boxes, most_iou, at_most)
    return Proposals(proposals.boxes[kept], proposals.scores[kept])


def distinct(boxes: NDArray[np.float32], most_iou: float, at_most: int) -> list[int]:
    """Return which of ``boxes``, the best first, overlap no better one."""
    kept: list[int] = []
    left = np.arange(len(boxes))
    while left.size and len(kept) < at_most:
        best, left = left[0], left[1:]
        kept.append(int(best))
        left = left[ious(boxes[best : best + 1], boxes[left])[0] <= most_iou]
    return kept


def ious(boxes: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the IoU of each of ``boxes`` with each of ``others``, (m, n)."""
    some, more = boxes[:, np.newaxis], others[np.newaxis]
    inner = np.minimum(some[..., 2:], more[..., 2:]) - np.maximum(some[..., :2], more[..., :2])
    np.maximum(inner, 0, out=inner)
    shared = inner[..., 0] * inner[..., 1]
    joint = _areas(boxes)[:, np.newaxis] + _areas(others) - shared
    return np.asarray(shared / np.maximum(joint, np.float32(1e-9)), np.float32)


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    areas: NDArray[np.float32] = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return areas


@lru_cache(maxsize=64)
def _grid(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (column, row), float32 (n, 2), and stride, (n, 1), of every cell."""
    places, strides = [], []
    for stride in STRIDES:
        rows, columns = np.mgrid[: height // stride, : width // stride]
        places.append(np.stack([columns.ravel(), rows.ravel()], axis=1))
        strides.append(np.full((rows.size, 1), stride))
    return np.concatenate(places).astype(np.float32), np.concatenate(strides).astype(np.float32)
