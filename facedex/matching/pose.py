"""How a face is held, by its landmarks: the people of a pose are found and recognised alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

POSES = FRONTAL, TURNED, TILTED, UNCLEAR = "frontal", "turned to the side", "tilted", "unclear"

# the nose's place between the eyes: 0 in the middle, 0.5 below an eye's middle
_TURNED_OFFSET = 0.22
_TILTED_DEGREES = 25.0


def pose_of(landmarks: NDArray[np.float32], size: tuple[int, int]) -> str:
    """Return how a face is held, one of ``POSES``.

    Parameters
    ----------
    landmarks : float32 (5, 2) in 0..1 of the upright picture (``EncodedFace.landmarks``).
    size : the upright picture's width and height.
    """
    points = landmarks * np.array(size)
    left, right, nose = points[:2].mean(axis=0), points[2:4].mean(axis=0), points[4]
    across = left - right  # the person's left eye is at the right
    distance = float(np.hypot(*across))
    if distance == 0:
        return UNCLEAR
    if abs(np.degrees(np.arctan2(across[1], across[0]))) > _TILTED_DEGREES:
        return TILTED
    offset = float((nose - (left + right) / 2) @ across) / distance**2
    return TURNED if abs(offset) > _TURNED_OFFSET else FRONTAL
