"""Every conversion of boxes, points and orientations. Pure functions, nothing else converts.

Frames: *stored* is the pixel grid in the file; *upright* is what a person sees after EXIF
orientation 1 to 8 is applied. Sources of the conventions: facts of EXIF 2.3 (Orientation), Picasa's
rect64 (four 16-bit values, 65535 is the far edge) and the MWG face regions (centre and size).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facedex.types import Box, PhotoShape

if TYPE_CHECKING:
    from numpy.typing import NDArray

# orientation -> (xx, xy, x1, yx, yy, y1): upright = (xx*x + xy*y + x1, yx*x + yy*y + y1)
ORIENTATION_MAPS: dict[int, tuple[int, int, int, int, int, int]] = {
    1: (1, 0, 0, 0, 1, 0),
    2: (-1, 0, 1, 0, 1, 0),
    3: (-1, 0, 1, 0, -1, 1),
    4: (1, 0, 0, 0, -1, 1),
    5: (0, 1, 0, 1, 0, 0),
    6: (0, -1, 1, 1, 0, 0),
    7: (0, -1, 1, -1, 0, 1),
    8: (0, 1, 0, -1, 0, 1),
}
# the orientation that undoes each one: only the two quarter turns are not their own inverse
_INVERSE = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
# the orientation that 0 to 3 clockwise quarter turns are
EXIF_OF_TURNS = (1, 6, 3, 8)
RECT64_MAX = 65535


def valid_orientation(value: int | None) -> int:
    """Return ``value`` if it is 1 to 8, else 1: 0, 9 and others occur and mean nothing."""
    return value if value in ORIENTATION_MAPS else 1


def own_or_turn(orientation: int, turn: int) -> int:
    """Return a file's own EXIF orientation, or ``turn`` where the file says nothing (1)."""
    return turn if orientation == 1 else orientation


def combined_orientation(first: int, then: int) -> int:
    """Return the orientation that turns a picture as two do, one after the other.

    All are 1 to 8.
    """
    ax, ay, ac, bx, by, bc = ORIENTATION_MAPS[first]
    xx, xy, xc, yx, yy, yc = ORIENTATION_MAPS[then]
    both = (
        xx * ax + xy * bx, xx * ay + xy * by, xx * ac + xy * bc + xc,
        yx * ax + yy * bx, yx * ay + yy * by, yx * ac + yy * bc + yc,
    )  # fmt: skip
    return next(number for number, one in ORIENTATION_MAPS.items() if one == both)


def swaps_sides(orientation: int) -> bool:
    """Tell whether the upright image's width is the stored image's height."""
    return orientation >= 5


def upright_size(width_px: int, height_px: int, orientation: int) -> tuple[int, int]:
    """Return (width, height) of the upright image, in pixels, for a stored size."""
    return (height_px, width_px) if swaps_sides(orientation) else (width_px, height_px)


def coded_shape(width_px: int, height_px: int, orientation: int, decoder_turn: int) -> PhotoShape:
    """Return the picture that a file codes, of which its decoder makes stored pixels of this size.

    Boxes go from it to the stored pixels by ``box_to_upright(box, decoder_turn)``, and back by
    ``box_to_stored``.
    """
    size = upright_size(width_px, height_px, decoder_turn)
    turned = combined_orientation(decoder_turn, orientation)
    return PhotoShape(size, turned, is_turned_by_decoder=decoder_turn != 1)


def _map_box(box: Box, orientation: int) -> Box:
    xx, xy, xc, yx, yy, yc = ORIENTATION_MAPS[orientation]
    ax, bx = (xx * x + xy * y + xc for x, y in ((box.x0, box.y0), (box.x1, box.y1)))
    ay, by = (yx * x + yy * y + yc for x, y in ((box.x0, box.y0), (box.x1, box.y1)))
    return Box(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))


def box_to_upright(box: Box, orientation: int) -> Box:
    """Return a stored-frame ``box`` in the upright frame; ``orientation`` is 1 to 8."""
    return _map_box(box, orientation)


def box_to_stored(box: Box, orientation: int) -> Box:
    """Return an upright ``box`` in the stored-pixel frame; ``orientation`` is 1 to 8."""
    return _map_box(box, _INVERSE[orientation])


def _map_points(points: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    xx, xy, xc, yx, yy, yc = ORIENTATION_MAPS[orientation]
    x, y = points[:, 0], points[:, 1]
    mapped = np.stack([xx * x + xy * y + xc, yx * x + yy * y + yc], axis=1)
    return mapped.astype(np.float32)


def points_to_upright(points: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """Return stored-frame points, float32 (n, 2) in 0..1, in the upright frame."""
    return _map_points(points, orientation)


def points_to_stored(points: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """Return upright points, float32 (n, 2) in 0..1, in the stored-pixel frame."""
    return _map_points(points, _INVERSE[orientation])


def face_orientation(landmarks_px: NDArray[np.float32]) -> int:
    """Return how an image is to be turned for a face to be upright: 1, 3, 6 or 8, as EXIF has it.

    Parameters
    ----------
    landmarks_px : float32 (5, 2), as :class:`facedex.types.EncodedFace` orders them, in pixels.
    """
    across = landmarks_px[:2].mean(axis=0) - landmarks_px[2:4].mean(axis=0)  # to the person's left
    quarter_turns = round(-float(np.degrees(np.arctan2(across[1], across[0]))) / 90) % 4
    return EXIF_OF_TURNS[quarter_turns]


def edges_to_stored(edges: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """Return upright boxes, float32 (n, 4), in the stored frame; left, top, right, bottom, 0..1."""
    corners = points_to_stored(edges.reshape(-1, 2), orientation).reshape(-1, 2, 2)
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)


def pixels_to_upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Return stored pixels, uint8 (h, w, 3), turned upright; a contiguous array."""
    # as one item a pixel: NumPy then moves three bytes at once, which halves the time
    whole_pixels = np.ascontiguousarray(pixels).view("V3")
    turned = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: a[::-1].transpose(1, 0, 2),
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: a[:, ::-1].transpose(1, 0, 2),
    }[orientation](whole_pixels)
    return np.ascontiguousarray(turned).view(np.uint8)


def box_from_css(
    top: int, right: int, bottom: int, left: int, width_px: int, height_px: int
) -> Box:
    """Return the box of face_recognition's (top, right, bottom, left) pixels."""
    return Box(left / width_px, top / height_px, right / width_px, bottom / height_px)


def box_to_css(box: Box, width_px: int, height_px: int) -> tuple[int, int, int, int]:
    """Return ``box`` as rounded (top, right, bottom, left) pixels."""
    return (
        round(box.y0 * height_px),
        round(box.x1 * width_px),
        round(box.y1 * height_px),
        round(box.x0 * width_px),
    )


def box_from_xywh_px(
    left: int, top: int, width: int, height: int, width_px: int, height_px: int
) -> Box:
    """Return the box of a rectangle in pixels of an image of ``width_px`` by ``height_px``."""
    return Box(
        left / width_px, top / height_px, (left + width) / width_px, (top + height) / height_px
    )


def box_from_mwg(x: float, y: float, w: float, h: float) -> Box:
    """Return the box of an MWG area: centre and size, 0..1."""
    return Box(x - w / 2, y - h / 2, x + w / 2, y + h / 2)


def box_to_mwg(box: Box) -> tuple[float, float, float, float]:
    """Return ``box`` as an MWG area (x, y, w, h): centre and size, 0..1."""
    return (*box.center, box.width, box.height)


def box_from_rect64(rect_hex: str) -> Box:
    """Return the box of a Picasa rect64: left, top, right, bottom as 16-bit shares of 65535.

    Leading zeros may be missing. Raises ``ValueError`` unless it is 1 to 16 hex digits.
    A right edge left of the left one (16-bit wrap) is returned as it is: the caller mends it.
    """
    if not 1 <= len(rect_hex) <= 16:
        raise ValueError(f"a rect64 has 1 to 16 hex digits, not {len(rect_hex)}")
    value = int(rect_hex, 16)
    if value < 0:
        raise ValueError("a rect64 has no sign")
    left, top, right, bottom = ((value >> shift) & 0xFFFF for shift in (48, 32, 16, 0))
    return Box(left / RECT64_MAX, top / RECT64_MAX, right / RECT64_MAX, bottom / RECT64_MAX)


def box_to_rect64(box: Box) -> str:
    """Return ``box`` as Picasa writes it: lower-case hex without leading zeros."""
    value = 0
    for share in (box.x0, box.y0, box.x1, box.y1):
        value = value << 16 | min(RECT64_MAX, max(0, round(share * RECT64_MAX)))
    return f"{value:x}"


def clip_box(box: Box) -> Box:
    """Return the part of ``box`` that lies inside the image."""
    x0, y0 = min(1.0, max(0.0, box.x0)), min(1.0, max(0.0, box.y0))
    return Box(x0, y0, max(x0, min(1.0, box.x1)), max(y0, min(1.0, box.y1)))


def box_in_part(box: Box, part: Box) -> Box:
    """Return ``box`` in 0..1 of the image's ``part``, which has an area; it may reach outside."""
    return Box(
        (box.x0 - part.x0) / part.width,
        (box.y0 - part.y0) / part.height,
        (box.x1 - part.x0) / part.width,
        (box.y1 - part.y0) / part.height,
    )


def box_moved(box: Box, scale: tuple[float, float], shift: tuple[float, float]) -> Box:
    """Return ``box`` scaled from the picture's corner and then shifted, each as (x, y)."""
    (sx, sy), (dx, dy) = scale, shift
    return Box(box.x0 * sx + dx, box.y0 * sy + dy, box.x1 * sx + dx, box.y1 * sy + dy)


def iou(a: Box, b: Box) -> float:
    """Return the area shared by two boxes over the area that they cover; 0 to 1."""
    w = min(a.x1, b.x1) - max(a.x0, b.x0)
    h = min(a.y1, b.y1) - max(a.y0, b.y0)
    covered = a.area + b.area - w * h
    if w <= 0 or h <= 0 or covered <= 0:  # areas near 1e-308 are lost in rounding
        return 0.0
    return w * h / covered


def contains_center(outer: Box, inner: Box) -> bool:
    """Tell whether the middle of ``inner`` lies inside ``outer``."""
    x, y = inner.center
    return outer.x0 <= x < outer.x1 and outer.y0 <= y < outer.y1
