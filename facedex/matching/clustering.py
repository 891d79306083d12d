"""Groups of faces that belong to nobody yet: grown, never rebuilt.

A face that lies in a group stays there. Faces without one take part in an agglomeration in which
the groups that are there are whole from the start and are never merged with each other: so a face
joins what is there, or others that are new, whichever is nearer. Two faces of one photo never share
a group. What stays alone is passed in again together with the next new faces; so do, where groups
are there already, two faces that are not very near each other: whom a third joins is surer then,
and what is placed once cannot be taken back.

First what is surely one person is merged, then, with the crowding around the groups known, all up
to the rule's cut. After each round of merges the neighbours of the means are looked for again: so a
group of any size is found by what it is as a whole, not by the few nearest faces of each face.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facedex.matching.agglomeration import Groups, kept_groups, merge_near
from facedex.matching.crowding import crowding
from facedex.matching.neighbours import EXACT_PAIRS, Edges, neighbours

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facedex.naming.encoder import GroupRule

ALONE = -1
"""The label of a face that is in no group."""

# groups merge with their nearest; the crowd around them takes up to 20 more to tell
_NEIGHBOURS = 16
_NEIGHBOURS_AND_CROWD = 40
_ORDER_BY = 4


def group_unknown(
    encodings: NDArray[np.float32],
    photo_ids: NDArray[np.int64],
    rule: GroupRule,
    placed: NDArray[np.int64] | None = None,
    *,
    apart: NDArray[np.int64] | None = None,
    exact_pairs: int = EXACT_PAIRS,
) -> NDArray[np.int64]:
    """Return the group of each face, int64 (n,).

    Parameters
    ----------
    encodings : float32 (n, d), faces that have no person; those that are not finite stay as they
        are.
    photo_ids : int (n,), the photo of each face.
    placed : int64 (n,), the group that each face is in already, 0..k-1, or ``ALONE``; None: none
        is.
    apart : int64 (p, 2), pairs of faces that must not be put into one group; None: none.
    exact_pairs : see :func:`facedex.matching.neighbours.neighbours`.

    Returns
    -------
    0..k-1 : that group; faces that were placed keep theirs. k and up: a new group of two faces or
    more, numbered by its first face. ``ALONE`` (-1): in none.
    """
    photos = np.asarray(photo_ids)
    labels = np.full(len(encodings), ALONE) if placed is None else np.array(placed, dtype=np.int64)
    if len(photos) != len(encodings) or len(labels) != len(encodings):
        raise ValueError("need one photo and one place for each face")
    if not len(labels):
        return labels
    n_placed = int(labels.max()) + 1
    points = _comparable(encodings, rule)
    usable = np.flatnonzero(np.isfinite(points).all(axis=1))
    # in an order of their own, so that rounding and ties cannot depend on the order of the faces
    usable = usable[np.lexsort(points[usable, _ORDER_BY - 1 :: -1].T)]
    is_loose = labels[usable] == ALONE
    known, slots = np.unique(labels[usable], return_inverse=True)
    slots -= len(known) - (n_known := int((known != ALONE).sum()))
    slots[is_loose] = n_known + np.arange(is_loose.sum())
    slot_of = np.full(len(labels), ALONE, dtype=np.int64)
    slot_of[usable] = slots
    said_apart = slot_of[np.empty((0, 2), np.int64) if apart is None else apart]
    said_apart = said_apart[(said_apart != ALONE).all(axis=1)]
    # the only reference goes on, so that its memory can be freed on the way
    groups = [Groups.of_faces(points, usable, slots, photos[usable], n_known, said_apart)]
    del points
    home, merged = _merge_all(groups.pop(), rule, exact_pairs)
    slots = home[slots[is_loose]]
    loose = usable[is_loose]
    if n_known:
        is_pair = (merged.sizes == 2) & ~merged.is_placed
        waits = is_pair & (4 * merged.spreads > rule.pair_cut**2)
        loose, slots = loose[~waits[slots]], slots[~waits[slots]]
    joined = slots < n_known
    labels[loose] = n_placed + slots
    labels[loose[joined]] = known[len(known) - n_known :][slots[joined]]
    return _numbered(labels, n_placed)


def _merge_all(
    groups: Groups, rule: GroupRule, exact_pairs: int
) -> tuple[NDArray[np.int64], Groups]:
    """Return for each group which it ends up in, and those; placed groups keep their numbers."""
    home = np.arange(len(groups), dtype=np.int64)
    for cut, look in ((rule.strict, _near), (rule.cut, _near_in_a_crowd)):
        changed = ~groups.is_placed
        while changed.any():
            edges = look(groups, np.flatnonzero(changed), rule, exact_pairs)
            slots, changed = merge_near(groups, edges, cut**2, rule)
            alive = np.unique(slots)
            number = np.full(len(groups), ALONE, dtype=np.int64)
            number[alive] = np.arange(len(alive))
            home = number[slots][home]
            groups, changed = kept_groups(groups, alive), changed[alive]
    return home, groups


def _near(groups: Groups, of: NDArray[np.int64], rule: GroupRule, exact_pairs: int) -> Edges:
    """Return the pairs up to the strict cut."""
    heights = groups.heights(rule)
    reach = rule.strict**2 + rule.slack
    return neighbours(groups.means, heights, reach, _NEIGHBOURS, of=of, exact_pairs=exact_pairs)


def _near_in_a_crowd(
    groups: Groups, of: NDArray[np.int64], rule: GroupRule, exact_pairs: int
) -> Edges:
    """Return the pairs up to the cut.

    The crowding of ``of``, and of what is near, is taken anew.
    """
    groups.crowding[of] = 0
    reach = max(rule.cut**2 + rule.slack, rule.crowd_far**2)
    heights = groups.heights(rule) - groups.crowding
    edges = neighbours(
        groups.means, heights, reach, _NEIGHBOURS_AND_CROWD, of=of, exact_pairs=exact_pairs
    )
    near = edges.value <= rule.cut**2 + rule.slack
    is_new = np.zeros(len(groups), dtype=np.bool_)
    is_new[edges.a[near]] = is_new[edges.b[near]] = True
    is_new[of] = False
    ends = np.flatnonzero(is_new)
    around = neighbours(
        groups.means, heights, reach, _NEIGHBOURS_AND_CROWD, of=ends, exact_pairs=exact_pairs
    )
    groups.crowding[of] = crowding(edges, groups.sizes, rule)[of]
    groups.crowding[ends] = crowding(around, groups.sizes, rule)[ends]
    value = edges.value + (groups.crowding[edges.a] + groups.crowding[edges.b]).astype(np.float32)
    kept = value <= rule.cut**2 + rule.slack
    return Edges(edges.a[kept], edges.b[kept], value[kept])


def _numbered(labels: NDArray[np.int64], n_placed: int) -> NDArray[np.int64]:
    """Return the new groups of two and more numbered by first face; a face alone is ``ALONE``."""
    _, first, slots, counts = np.unique(
        labels, return_index=True, return_inverse=True, return_counts=True
    )
    known = labels[first]
    number = np.where(known < n_placed, known, ALONE)
    real = np.flatnonzero((counts > 1) & (known >= n_placed))
    number[real[np.argsort(first[real])]] = n_placed + np.arange(len(real))
    return number[slots]


def _comparable(encodings: NDArray[np.float32], rule: GroupRule) -> NDArray[np.float32]:
    """Return the encodings as they are compared; those of length 0 come out not finite."""
    if not rule.unit_length:
        return encodings
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        lengths = np.sqrt(np.einsum("ij,ij->i", encodings, encodings))
        scaled: NDArray[np.float32] = encodings / lengths[:, None]
    return scaled
