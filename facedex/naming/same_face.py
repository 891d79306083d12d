"""What is the same face: the one table of places and overlaps, and pairing faces best first.

How far two boxes around one face agree depends on who drew them. Overlaps are intersection over
union, of boxes in the same frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from facedex.geometry import contains_center, iou

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from facedex.types import Box

FOUND_AGAIN_IOU = 0.4
"""Boxes of two searches: detectors differ by a third in size, neighbours' faces hardly overlap."""
AROUND_IOU = 0.25
"""A box that a person drew, with hair and chin, has up to three times the area of a detector's."""
SAME_REGION_IOU = 0.5
"""Two programs' regions, both loose or both tight; beyond it neither fits anybody else."""
UNMOVED_IOU = 0.5
"""A face before and after an edit that moved nothing, found by one detector.

The boxes shift little.
"""
REWRITTEN_IOU = 0.9
"""A region that a program read and wrote again: it only rounds to pixels."""

A = TypeVar("A")
B = TypeVar("B")


def is_found_again(before: Box, now: Box) -> bool:
    """Tell whether boxes of two searches are around one face."""
    return iou(before, now) >= FOUND_AGAIN_IOU


def is_around(drawn: Box, found: Box) -> bool:
    """Tell whether a detector's box shows the face that a person drew a looser box around."""
    return contains_center(drawn, found) and (
        iou(drawn, found) >= AROUND_IOU or contains_center(found, drawn)
    )


def is_on_face(drawn: Box, found: Box) -> bool:
    """Tell whether a region, loose or as tight as a detector's, is around a face that was found."""
    return is_found_again(drawn, found) or is_around(drawn, found)


def is_one_face(one: Box, other: Box) -> bool:
    """Tell whether two boxes are around one face, whoever of a person and a detector drew which."""
    return is_on_face(one, other) or is_around(other, one)


def is_same_region(one: Box, other: Box) -> bool:
    """Tell whether two programs' regions are around one face."""
    return iou(one, other) > SAME_REGION_IOU


def is_unmoved(before: Box, after: Box) -> bool:
    """Tell whether a face is where it was before an edit."""
    return iou(before, after) >= UNMOVED_IOU


def is_rewritten(written: Box, read: Box) -> bool:
    """Tell whether a region is the one that was written, but for rounding."""
    return iou(written, read) >= REWRITTEN_IOU


def pair_best_first(
    ranked: Iterable[tuple[Any, A, B]], may_share: Callable[[A, A], bool] | None = None
) -> dict[A, B]:
    """Return which ``b`` each ``a`` gets: the best pair first, nobody twice.

    Parameters
    ----------
    ranked : (rank, a, b), the smallest rank is best. Among equals the smallest a and then b is
        first, so the order in which they come does not matter.
    may_share : whether an ``a`` may have the same ``b`` as the one that got it first; None: never.
    """
    pairs: dict[A, B] = {}
    first_of: dict[B, A] = {}
    for _rank, a, b in sorted(ranked):
        if a in pairs:
            continue
        first = first_of.setdefault(b, a)
        if first == a or (may_share is not None and may_share(first, a)):
            pairs[a] = b
    return pairs
