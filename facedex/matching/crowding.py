"""How crowded it is around a group: a network tells some kinds of faces apart less well than others.

Where many different people lie near each other, the same distance says less. So what lies around a
group, but not so near that it may be the same person, makes the group's distances larger. Faces of
one person would count as a crowd themselves: so groups are counted, not faces, and only those
beyond ``crowd_near``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facedex.matching.neighbours import Edges
    from facedex.matching.thresholds import GroupRule


def crowding(edges: Edges, n_groups: int, rule: GroupRule) -> NDArray[np.float64]:
    """Return what the surroundings add to each group's squared distances, float64 (n_groups,).

    The mean over the ``crowd_size`` nearest neighbours beyond ``crowd_near`` of how much nearer
    than ``crowd_far`` they are, in squares, times ``crowd_weight``. Neighbours that do not exist
    count as being at ``crowd_far``, so in a small library nothing is added.

    Parameters
    ----------
    edges : values without crowding.
    """
    around = edges.value >= rule.crowd_near**2
    a, b, value = edges.a[around], edges.b[around], edges.value[around]
    group = np.concatenate([a, b])
    value = np.concatenate([value, value])
    order = np.lexsort((value, group))
    group, value = group[order], value[order]
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    rank = np.arange(len(group)) - np.repeat(starts, np.diff(starts, append=len(group)))
    counted = rank < rule.crowd_size
    nearness = np.maximum(rule.crowd_far**2 - value[counted], 0)
    total = np.zeros(n_groups)
    np.add.at(total, group[counted], nearness)
    total *= rule.crowd_weight / rule.crowd_size
    return total
