"""Groups that grow, or are made anew, by the ids that clusters have: what each face goes to.

An id above 0 is a cluster that there is, 0 is none, and one below 0 a group that is new.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from facedex.matching.clustering import ALONE, group_unknown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facedex.naming.encoder import GroupRule


class Changes(NamedTuple):
    """What grouping anew changes.

    Attributes
    ----------
    n_faces : faces that were compared.
    n_groups_before, n_groups_after : groups of these.
    n_merged : groups afterwards that hold faces of several groups from before.
    n_split : groups from before whose faces are not all together afterwards.
    n_moved : faces that leave a group for another, or for none.
    n_joined : faces that were in no group and are in one afterwards.
    """

    n_faces: int
    n_groups_before: int
    n_groups_after: int
    n_merged: int
    n_split: int
    n_moved: int
    n_joined: int


def grown_groups(
    encodings: NDArray[np.float32],
    photos: NDArray[np.int64],
    rule: GroupRule,
    clusters: NDArray[np.int64],
    apart: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the cluster of each face, int64 (n,), after those that have none could join.

    Parameters
    ----------
    clusters : int64 (n,), the cluster that each is in; it stays there.
    apart : see :func:`~facedex.matching.clustering.group_unknown`.
    """
    there = np.unique(clusters[clusters > 0])
    labels = group_unknown(encodings, photos, rule, _placed(clusters, there), apart=apart)
    return np.append(np.concatenate([there, -1 - np.arange(len(labels))]), 0)[labels]


def new_groups(
    encodings: NDArray[np.float32],
    photos: NDArray[np.int64],
    rule: GroupRule,
    clusters: NDArray[np.int64],
    staying: NDArray[np.int64],
    apart: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the cluster of each face, int64 (n,), if they had all come at once.

    A group has the id of the one from before that it shares most faces with.

    Parameters
    ----------
    staying : ids, ascending, of clusters whose faces stay where they are.
    """
    placed = _placed(clusters, staying)
    labels = group_unknown(encodings, photos, replace(rule, pair_cut=rule.cut), placed, apart=apart)
    return _named_as_before(labels, clusters, staying)


def count_changes(before: NDArray[np.int64], after: NDArray[np.int64]) -> Changes:
    """Return what changes where faces go from some clusters to others."""
    was, goes = before > 0, after != 0
    from_to = np.unique(np.stack([before, after], axis=1)[was], axis=0)
    return Changes(
        n_faces=len(before),
        n_groups_before=len(np.unique(before[was])),
        n_groups_after=len(np.unique(after[goes])),
        n_merged=_several(from_to[from_to[:, 1] != 0, 1]),
        n_split=_several(from_to[:, 0]),
        n_moved=int((was & (before != after)).sum()),
        n_joined=int((~was & goes).sum()),
    )


def _placed(clusters: NDArray[np.int64], staying: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place of each face's cluster in ``staying``; ``ALONE`` where it is not there."""
    placed = np.searchsorted(staying, clusters)
    placed[~np.isin(clusters, staying)] = ALONE
    return placed


def _several(values: NDArray[np.int64]) -> int:
    """Return how many values occur more than once."""
    return int((np.unique(values, return_counts=True)[1] > 1).sum())


def _named_as_before(
    labels: NDArray[np.int64], before: NDArray[np.int64], staying: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return where each face goes; a new group has the id of the old one it shares most with."""
    name = np.append(np.concatenate([staying, -1 - np.arange(len(labels))]), 0)
    both = (labels >= len(staying)) & (before > 0) & ~np.isin(before, staying)
    shared, counts = np.unique(
        np.stack([labels[both], before[both]], axis=1), axis=0, return_counts=True
    )
    taken: set[int] = set()
    for at in np.argsort(-counts, kind="stable").tolist():
        label, old = shared[at].tolist()
        if name[label] < 0 and old not in taken:
            name[label] = old
            taken.add(old)
    after: NDArray[np.int64] = name[labels]
    return after
