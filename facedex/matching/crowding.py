"""How crowded it is around a group.

A network tells some kinds of faces apart less well than others.

Where many different people lie near each other, the same distance says less. So what lies around a
group, but not so near that it may be the same person, makes the group's distances larger. Faces of
one person would count as a crowd themselves. So groups are counted, not faces; only those beyond
``crowd_near``; and no group that has the same large group within the cut: what lies around hundreds
of faces of somebody is mostly more of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facedex.matching.neighbours import Edges
    from facedex.naming.encoder import GroupRule

_LARGE = 100


def crowding(edges: Edges, sizes: NDArray[np.float64], rule: GroupRule) -> NDArray[np.float64]:
    """Return what the surroundings add to each group's squared distances, float64 (g,).

    The mean over the ``crowd_size`` nearest neighbours that count of how much nearer than
    ``crowd_far`` they are, in squares, times ``crowd_weight``. Neighbours that do not exist count
    as being at ``crowd_far``, so in a small library nothing is added.

    Parameters
    ----------
    edges : values without crowding.
    sizes : float64 (g,), the faces of each group.
    """
    star = _stars(edges, sizes, rule)
    counts = (edges.value >= rule.crowd_near**2) & (star[edges.a] != star[edges.b])
    a, b, value = edges.a[counts], edges.b[counts], edges.value[counts]
    group, value = np.concatenate([a, b]), np.concatenate([value, value])
    order = np.lexsort((value, group))
    group, value = group[order], value[order]
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    rank = np.arange(len(group)) - np.repeat(starts, np.diff(starts, append=len(group)))
    counted = rank < rule.crowd_size
    nearness = np.maximum(rule.crowd_far**2 - value[counted], 0)
    total = np.zeros(len(sizes))
    np.add.at(total, group[counted], nearness)
    total *= rule.crowd_weight / rule.crowd_size
    return total


def _stars(edges: Edges, sizes: NDArray[np.float64], rule: GroupRule) -> NDArray[np.int64]:
    """Return for each group the large and larger one nearest within the cut, and so on.

    Or itself.
    """
    star = np.arange(len(sizes), dtype=np.int64)
    within = edges.value <= rule.cut**2
    a, b, value = edges.a[within], edges.b[within], edges.value[within]
    group, other = np.concatenate([a, b]), np.concatenate([b, a])
    value = np.concatenate([value, value])
    larger = (sizes[other] >= _LARGE) & (sizes[other] > sizes[group])
    group, other, value = group[larger], other[larger], value[larger]
    nearest_last = np.argsort(-value, kind="stable")
    star[group[nearest_last]] = other[nearest_last]
    while (star != star[star]).any():
        star = star[star]
    return star
