"""How a mixed cluster falls into parts, by the distances between its faces alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facedex.db import faces
from facedex.db.library import get_meta
from facedex.matching.linkage import average_linkage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facedex.db.connection import Connection
    from facedex.types import FaceId

MOST_PARTS = 8
# above this a matrix of all distances is too large; faces this near are surely one person's
_MOST_POINTS = 4000
_SURELY_ONE = 0.3


def find_parts(
    db: Connection, face_ids: Sequence[FaceId], n_parts: int | None = None
) -> list[list[FaceId]]:
    """Return the parts that faces fall into by average linkage, the largest first.

    Parameters
    ----------
    n_parts : how many; None: between 2 and ``MOST_PARTS``, where the tree of merges has its widest
        gap.

    Returns
    -------
    Lists that hold every face once, in the order given; those without encoding are with the largest
    part. One list where there is nothing to tell apart.
    """
    encoded, vectors = faces.vectors_of(db, face_ids, get_meta(db, "model") or "")
    if len(encoded) < 2:
        return [list(face_ids)]
    labels = dict(zip(encoded, _labels(unit(vectors), n_parts).tolist(), strict=True))
    sizes = np.bincount(list(labels.values()))
    order = sorted(range(len(sizes)), key=lambda label: (-sizes[label], label))
    parts: dict[int, list[FaceId]] = {label: [] for label in order if sizes[label]}
    for face_id in face_ids:
        parts[labels.get(face_id, order[0])].append(face_id)
    return list(parts.values())


def middle_face(db: Connection, face_ids: Sequence[FaceId]) -> FaceId:
    """Return the face nearest to the mean of all: it stands for them."""
    encoded, vectors = faces.vectors_of(db, face_ids, get_meta(db, "model") or "")
    if not encoded:
        return min(face_ids)
    x = unit(vectors)
    return encoded[int((x @ x.mean(axis=0)).argmax())]


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the vectors (n, d) at length 1, as float32."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled


def _labels(x: NDArray[np.float32], n_parts: int | None) -> NDArray[np.int64]:
    """Return the part of each row, numbered by first row."""
    from scipy.cluster.hierarchy import fcluster, linkage

    points, point_of = x, np.arange(len(x))
    if len(x) > _MOST_POINTS:
        _, point_of = np.unique(average_linkage(x, _SURELY_ONE), return_inverse=True)
        sums = np.zeros((int(point_of.max()) + 1, x.shape[1]), dtype=np.float32)
        np.add.at(sums, point_of, x)
        points = unit(sums)
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
