"""dlib's rectangles in whole pixels, and which of several on the same face remains.

Source: dlib/geometry/rectangle.h, image_processing/box_overlap_testing.h (davisking/dlib @
3d40bf579).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PixelRect:
    """dlib's rectangle: integer pixels, right and bottom edge included; may leave the image."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def area(self) -> int:
        """Number of pixels; 0 for an empty rectangle."""
        return max(0, self.right - self.left + 1) * max(0, self.bottom - self.top + 1)

    def intersection(self, other: PixelRect) -> PixelRect:
        """Return the pixels in both."""
        return PixelRect(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def hull(self, other: PixelRect) -> PixelRect:
        """Return the smallest rectangle around both."""
        return PixelRect(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True, slots=True)
class ScoredRect:
    """A detection in pixels; a larger score is surer, ``orientation`` as EXIF has it."""

    rect: PixelRect
    score: float
    orientation: int = 1


@dataclass(frozen=True, slots=True)
class OverlapRule:
    """When two boxes are the same face.

    Attributes
    ----------
    iou : limit of the shared area over the area of the box around both (not over their union).
    covered : limit of the shared area over the area of either.
    """

    iou: float
    covered: float

    def is_same(self, a: PixelRect, b: PixelRect) -> bool:
        """Tell whether the overlap of ``a`` and ``b`` is above a limit."""
        shared = a.intersection(b).area
        if shared == 0:
            return False
        around = a.hull(b).area
        least = min(a.area, b.area)
        return shared / around > self.iou or shared / least > self.covered


def suppress_overlaps(
    found: list[ScoredRect], rule: OverlapRule, turned_rule: OverlapRule | None = None
) -> list[ScoredRect]:
    """Return the best of each face, best score first.

    ``turned_rule`` is that of two that do not lie the same way, if another one.
    """
    kept: list[ScoredRect] = []
    for candidate in sorted(found, key=lambda each: each.score, reverse=True):
        rules = (
            rule if candidate.orientation == other.orientation else turned_rule or rule
            for other in kept
        )
        pairs = zip(rules, kept, strict=True)
        if not any(each.is_same(candidate.rect, other.rect) for each, other in pairs):
            kept.append(candidate)
    return kept
