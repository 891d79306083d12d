"""Other ways to group faces, for comparison: what other programs do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from facedex.matching.linkage import average_linkage

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Grouping = Callable[[NDArray[np.float32], float], NDArray[np.int64]]


def unit(x: NDArray[np.float32]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = x / np.linalg.norm(x, axis=1, keepdims=True)
    return scaled


def near_pairs(x: NDArray[np.float32], cut: float) -> csr_matrix:
    """Return the graph of all pairs within ``cut``, itself left out, with the squared distances."""
    lengths = np.einsum("ij,ij->i", x, x)
    parts = []
    for start in range(0, len(x), 1024):
        tile = lengths[start : start + 1024, None] + lengths - 2 * x[start : start + 1024] @ x.T
        row, column = np.nonzero(tile <= cut**2)
        value = np.maximum(tile[row, column], 1e-12)
        other = row + start != column
        parts.append((row[other] + start, column[other], value[other]))
    rows, columns, values = (np.concatenate(each) for each in zip(*parts, strict=True))
    return coo_matrix((values, (rows, columns)), shape=(len(x), len(x))).tocsr()


def components(x: NDArray[np.float32], cut: float) -> NDArray[np.int64]:
    """Everybody within the cut of somebody: what the 0.6 rule gives when pairs are joined."""
    return connected_components(near_pairs(x, cut), directed=False)[1].astype(np.int64)


def first_match(x: NDArray[np.float32], cut: float) -> NDArray[np.int64]:
    """Each face goes to the first known face within the cut, else it becomes known."""
    labels = np.empty(len(x), dtype=np.int64)
    known: list[int] = []
    for at in range(len(x)):
        far = np.linalg.norm(x[known] - x[at], axis=1)
        hits = np.flatnonzero(far <= cut)
        if len(hits):
            labels[at] = hits[0]
        else:
            labels[at] = len(known)
            known.append(at)
    return labels


def leader(x: NDArray[np.float32], cut: float) -> NDArray[np.int64]:
    """Each face goes to the nearest group's average within the cut, which moves by a quarter."""
    labels = np.empty(len(x), dtype=np.int64)
    means = np.empty_like(x)
    n = 0
    for at in range(len(x)):
        far = np.linalg.norm(means[:n] - x[at], axis=1)
        if n and far.min() <= cut:
            labels[at] = far.argmin()
            means[labels[at]] = 0.75 * means[labels[at]] + 0.25 * x[at]
        else:
            labels[at] = n
            means[n] = x[at]
            n += 1
    return labels


def chinese_whispers(x: NDArray[np.float32], cut: float) -> NDArray[np.int64]:
    import dlib

    found = dlib.chinese_whispers_clustering([dlib.vector(row) for row in x.astype(float)], cut)
    return np.array(found, dtype=np.int64)


def dbscan(n_core: int) -> Grouping:
    def grouping(x: NDArray[np.float32], cut: float) -> NDArray[np.int64]:
        """Core faces have ``n_core`` within the cut, with themselves; others join one or none."""
        graph = near_pairs(x, cut)
        core = np.diff(graph.indptr) + 1 >= n_core
        inner = graph[core][:, core]
        labels = np.full(len(x), -1, dtype=np.int64)
        labels[core] = connected_components(inner, directed=False)[1]
        for at in np.flatnonzero(~core):
            near = graph.indices[graph.indptr[at] : graph.indptr[at + 1]]
            near = near[core[near]]
            if len(near):
                labels[at] = labels[near[0]]
        return labels

    return grouping


def hdbscan(x: NDArray[np.float32], min_samples: float) -> NDArray[np.int64]:
    from sklearn.cluster import HDBSCAN

    found = HDBSCAN(min_cluster_size=2, min_samples=int(min_samples), copy=True).fit_predict(x)
    return found.astype(np.int64)


def exact_average_linkage(x: NDArray[np.float32], cut: float) -> NDArray[np.int64]:
    return average_linkage(x, cut)
