"""How mixed faces fall into parts, by the distances between them alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facedex.matching.linkage import average_linkage

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_PARTS = 8
# above this a matrix of all distances is too large; faces this near are surely one person's
_MOST_POINTS = 4000
_SURELY_ONE = 0.3


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the vectors (n, d) at length 1, as float32."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled


def nearest_to_mean(encodings: NDArray[np.float32]) -> int:
    """Return the index of the face that is nearest to the mean of all."""
    x = _unit(encodings)
    return int((x @ x.mean(axis=0)).argmax())


def part_labels(encodings: NDArray[np.float32], n_parts: int | None = None) -> NDArray[np.int64]:
    """Return the part of each face by average linkage, int64 (n,), numbered by first face.

    Parameters
    ----------
    n_parts : how many; None: between 2 and ``MOST_PARTS``, where the tree of merges has its widest
        gap.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    x = _unit(encodings)
    points, point_of = x, np.arange(len(x))
    if len(x) > _MOST_POINTS:
        _, point_of = np.unique(average_linkage(x, _SURELY_ONE), return_inverse=True)
        sums = np.zeros((int(point_of.max()) + 1, x.shape[1]), dtype=np.float32)
        np.add.at(sums, point_of, x)
        points = _unit(sums)
    if len(points) < 2:
        return np.zeros(len(x), dtype=np.int64)
    tree = linkage(points, "average")
    n = n_parts or _natural(tree[:, 2])
    found = fcluster(tree, n, "maxclust")[point_of]
    _, first, part = np.unique(found, return_index=True, return_inverse=True)
    numbered: NDArray[np.int64] = np.argsort(np.argsort(first))[part].astype(np.int64)
    return numbered


def _natural(heights: NDArray[np.float64]) -> int:
    """Return the number of parts, two or more, that the widest range of cuts gives.

    k parts are what any cut gives between the heights of the last merge but k - 1 and the next one.
    """
    top = heights[::-1][:MOST_PARTS]
    below = np.append(top[1:], 0.0) if len(heights) < MOST_PARTS else top[1:]
    return 2 + int((top[: len(below)] - below).argmax())
