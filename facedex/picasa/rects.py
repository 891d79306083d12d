"""Picasa's rectangles, and one item of its ``faces=`` line: ``rect64(<hex>),<contact id>``.

Picasa prints both numbers with ``%llx``, so leading zeros are missing from either. The rectangle is
four 16-bit values (left, top, right, bottom) in 65535ths of the picture's sides.
"""

from __future__ import annotations

from typing import NamedTuple

from facedex.geometry import box_from_rect64
from facedex.types import Box, PicasaFace

_HEX_DIGITS = frozenset("0123456789abcdef")


class PicasaRect(NamedTuple):
    """A rectangle as Picasa wrote it, ``rect_hex`` padded to 16 digits, and mended if suspect."""

    box: Box
    rect_hex: str
    is_suspect: bool


def pad_hex64(text: str) -> str | None:
    """Return ``text`` as 16 lower-case hex digits; None unless it is 1 to 16 hex digits."""
    digits = text.lower()
    if not 1 <= len(digits) <= 16 or not _HEX_DIGITS.issuperset(digits):
        return None
    return digits.zfill(16)


def parse_rect(text: str) -> PicasaRect:
    """Return the rectangle of ``rect64(<hex>)``.

    Raises
    ------
    ValueError
        If it is malformed or has no area; the message says which.
    """
    head, closing, tail = text.partition(")")
    word, opening, digits = head.partition("(")
    if not (opening and closing) or word.strip().lower() != "rect64" or tail.strip():
        raise ValueError("not a rect64(...)")
    return rect_from_hex(digits.strip())


def rect_from_hex(digits: str) -> PicasaRect:
    """Return the rectangle of 1 to 16 hex digits.

    An edge just past the far border wraps at 16 bits and comes out left of (above) its opposite; it
    is put back onto the border and the rectangle marked suspect.

    Raises
    ------
    ValueError
        If they are not 1 to 16 hex digits or the rectangle has no area; the message says which.
    """
    rect_hex = pad_hex64(digits)
    if rect_hex is None:
        raise ValueError("the rectangle is not 1 to 16 hex digits")
    written = box_from_rect64(rect_hex)
    box = _unwrap(written)
    if box.area == 0:
        raise ValueError("the rectangle has no area")
    return PicasaRect(box, rect_hex, is_suspect=box != written)


def parse_face(item: str) -> PicasaFace:
    """Return the face of one item, ``rect64(<hex>),<contact id>``, which holds no ``;``.

    Raises
    ------
    ValueError
        If the item is malformed or its rectangle has no area; the message says which.
    """
    head, closing, tail = item.partition(")")
    rect = parse_rect(head + closing)
    contact_id = _parse_contact_id(tail.strip())
    return PicasaFace(rect.box, rect.rect_hex, contact_id, rect.is_suspect)


def _parse_contact_id(tail: str) -> str:
    if tail and not tail.startswith(","):
        raise ValueError("no comma after the rectangle")
    digits = tail[1:].strip()
    if not digits:
        return ""
    contact_id = pad_hex64(digits)
    if contact_id is None:
        raise ValueError("the contact id is not 1 to 16 hex digits")
    return contact_id


def _unwrap(box: Box) -> Box:
    # 65536 added to a wrapped edge always lies past 65535, so mending and clamping give the border
    x1 = 1.0 if box.x1 < box.x0 else box.x1
    y1 = 1.0 if box.y1 < box.y0 else box.y1
    return Box(box.x0, box.y0, x1, y1)
