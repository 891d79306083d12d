"""Groups of faces that belong to nobody yet: grown, never rebuilt.

A face that lies in a cluster stays there: only faces without one are passed in. They first join
the existing unknown clusters that are near enough; the rest is grouped by average linkage; what
stays alone is given back ungrouped, to be passed in again together with the next new faces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facedex.matching.centroids import build_centroids, to_table
from facedex.matching.linkage import average_linkage
from facedex.matching.metric import TILE, iter_whole_photos, measured, near, weighted

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

ALONE = -1
"""The label of a face that is in no group."""


def group_unknown(
    encodings: NDArray[np.float32],
    weights: NDArray[np.float32] | None,
    existing_centroids: NDArray[np.float32],
    cut: float,
    attach_cut: float,
    photo_ids: NDArray[np.int64],
    *,
    taken: AbstractSet[tuple[int, int]] = frozenset(),
    block: int = TILE,
) -> NDArray[np.int64]:
    """Return the unknown cluster of each face, int64 (n,).

    Two faces of one photo never share a cluster: where linkage put them together, the one nearest
    to the group's mean stays and the others go to the nearest other new group within
    ``attach_cut`` that has no face of the photo, or stay alone.

    Parameters
    ----------
    encodings : float32 (n, d), faces that have neither a person nor a cluster.
    weights : float32 (d,) of ``element_weights``; None: all one.
    existing_centroids : float32 (k, d), of the unknown clusters, not weighted.
    cut : root-mean-square distance up to which average linkage merges.
    attach_cut : distance up to which a face joins a centroid.
    photo_ids : int (n,), the photo of each face.
    taken : (photo id, existing cluster index) of faces that the existing clusters already hold.
    block : rows and columns of a distance tile; it bounds the memory and changes no label.

    Returns
    -------
    0..k-1: that existing cluster. k and up: a new group, numbered by its first face. ``ALONE`` (-1):
    in none. Memory beside the input: about four copies of ``encodings`` and a few tiles.
    """
    photos = np.asarray(photo_ids)
    if len(photos) != len(encodings):
        raise ValueError("need one photo for each face")
    x, y = weighted(encodings, weights), weighted(existing_centroids, weights)
    labels = _attached(x, y, attach_cut, photos, set(taken), block)
    rest = np.flatnonzero(labels == ALONE)
    labels[rest] = _new_groups(x[rest], cut, attach_cut, photos[rest], block)
    new = labels[rest] != ALONE
    labels[rest[new]] += len(y)
    return labels


def _new_groups(
    x: NDArray[np.float32], cut: float, attach_cut: float, photos: NDArray[np.int64], block: int
) -> NDArray[np.int64]:
    """Return groups 0, 1, ... of two faces and more, numbered by their first face."""
    groups = _numbered(average_linkage(x, cut, block=block))
    means = _means(x, groups)
    evicted = _evicted(x, groups, means, photos)
    groups[evicted] = ALONE
    groups = _numbered(groups)
    means = _means(x, groups)
    held = {(int(photos[i]), int(groups[i])) for i in np.flatnonzero(groups != ALONE)}
    groups[evicted] = _attached(x[evicted], means, attach_cut, photos[evicted], held, block)
    return _numbered(groups)


def _attached(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    cut: float,
    photos: NDArray[np.int64],
    taken: set[tuple[int, int]],
    block: int,
) -> NDArray[np.int64]:
    """Return for each face the nearest centroid that it may join, else ``ALONE``.

    On each photo the nearest pairs go first; each adds its (photo, centroid) to ``taken``.
    """
    labels = np.full(len(x), ALONE, dtype=np.int64)
    cuts = np.full(len(y), cut, dtype=np.float64)
    for batch in iter_whole_photos(photos):
        pairs = near(x[batch], y, cuts, block=block)
        for at in np.lexsort((pairs.columns, pairs.rows, pairs.distances)).tolist():
            face, centroid = int(batch[pairs.rows[at]]), int(pairs.columns[at])
            key = (int(photos[face]), centroid)
            if labels[face] == ALONE and key not in taken:
                labels[face] = centroid
                taken.add(key)
    return labels


def _evicted(
    x: NDArray[np.float32],
    groups: NDArray[np.int64],
    means: NDArray[np.float32],
    photos: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the faces that must leave: all but the nearest to the mean, by group and photo."""
    faces = np.flatnonzero(groups != ALONE)
    distances = measured(x, means, faces, groups[faces])
    order = np.lexsort((faces, distances, photos[faces], groups[faces]))
    faces = faces[order]
    again = np.zeros(len(faces), dtype=np.bool_)
    again[1:] = (np.diff(groups[faces]) == 0) & (np.diff(photos[faces]) == 0)
    return faces[again]


def _numbered(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the groups of two and more as 0, 1, ... by first face; all else is ``ALONE``."""
    _, first, slots, counts = np.unique(
        groups, return_index=True, return_inverse=True, return_counts=True
    )
    real = (counts > 1) & (groups[first] != ALONE)
    number = np.full(len(first), ALONE, dtype=np.int64)
    by_first = np.flatnonzero(real)[np.argsort(first[real], kind="stable")]
    number[by_first] = np.arange(len(by_first))
    return number[slots]


def _means(x: NDArray[np.float32], groups: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the mean of each group 0, 1, ..., float32 (g, d)."""
    return to_table(build_centroids(x, groups), x.shape[1]).means
