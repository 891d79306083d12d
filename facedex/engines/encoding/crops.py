"""Average a face's encoding over several crops: its chip, the mirror image, slightly shifted chips.

As dlib's jitter does, but the same at every call. benchmarks/lfw_protocol.py measures what it
gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facedex.engines.models.onnx_graphs import CHIP_PX

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SHIFT_PX = 3
# (right, down, is mirrored) of each crop
_CROPS: dict[int, tuple[tuple[int, int, bool], ...]] = {
    1: ((0, 0, False),),
    2: ((0, 0, False), (0, 0, True)),
    5: (
        (0, 0, False),
        (0, 0, True),
        (-SHIFT_PX, -SHIFT_PX, False),
        (SHIFT_PX, SHIFT_PX, False),
        (SHIFT_PX, -SHIFT_PX, True),
    ),
}
_SUFFIXES = {1: "", 2: "-mirror", 5: "-5crops"}


def model_suffix(n_crops: int) -> str:
    """Return what the model's id ends with: means over other crops are other encodings."""
    return _SUFFIXES[n_crops]


def margin_px(n_crops: int) -> int:
    """Return how much larger than the encoder's input a chip must be on every side."""
    return max(max(abs(x), abs(y)) for x, y, _ in _CROPS[n_crops])


def cut_crops(chips: NDArray[np.uint8], n_crops: int) -> NDArray[np.uint8]:
    """Return uint8 (n faces * n_crops, 150, 150, 3), a face's crops one after the other.

    Parameters
    ----------
    chips : uint8 (n faces, side, side, 3), with ``margin_px(n_crops)`` more on every side.
    """
    margin = margin_px(n_crops)
    assert chips.shape[1] == CHIP_PX + 2 * margin
    if n_crops == 1:
        return chips
    crops = np.empty((len(chips), n_crops, CHIP_PX, CHIP_PX, 3), np.uint8)
    for number, (x, y, is_mirrored) in enumerate(_CROPS[n_crops]):
        left, top = margin + x, margin + y
        crop = chips[:, top : top + CHIP_PX, left : left + CHIP_PX]
        crops[:, number] = crop[:, :, ::-1] if is_mirrored else crop
    return crops.reshape(-1, CHIP_PX, CHIP_PX, 3)


def encode_faces(
    encode_chips: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    chips: NDArray[np.uint8],
    n_crops: int,
) -> NDArray[np.float32]:
    """Return each crop's, float32 (n faces, n_crops, d), not normalised; a face's is their mean."""
    encodings = encode_chips(cut_crops(chips, n_crops))
    return encodings.reshape(len(chips), n_crops, encodings.shape[1])


def mirror_distances(encodings: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Return the distance between each chip's encoding and its mirror image's, float32 (n faces,).

    ``encodings`` is what :func:`encode_faces` returns; None where only the chip is encoded.
    """
    if encodings.shape[1] == 1:
        return None
    distances: NDArray[np.float32] = np.linalg.norm(encodings[:, 0] - encodings[:, 1], axis=1)
    return distances
