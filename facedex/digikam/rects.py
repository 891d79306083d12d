"""A rectangle of digiKam's with what it noted of the photo, as one text that the library keeps."""

from __future__ import annotations

import re
from dataclasses import dataclass

from facedex.digikam.database_faces import DigikamRect

_FORM = re.compile(r"(-?\d+),(-?\d+),(\d+),(\d+) of (\d+)x(\d+)(?: turned (\d))?")


@dataclass(frozen=True, slots=True)
class NotedRect:
    """A rectangle in pixels of a photo as digiKam shows it.

    Attributes
    ----------
    size : (width, height) of the photo's stored pixels.
    orientation : that digiKam has for the photo, 1 to 8; None if it goes by the file.
    """

    rect: DigikamRect
    size: tuple[int, int]
    orientation: int | None


def to_text(noted: NotedRect) -> str:
    """Return it as ``left,top,width,height of WIDTHxHEIGHT turned ORIENTATION``."""
    rect, (width, height) = noted.rect, noted.size
    text = f"{rect.left},{rect.top},{rect.width},{rect.height} of {width}x{height}"
    return text if noted.orientation is None else f"{text} turned {noted.orientation}"


def from_text(text: str) -> NotedRect:
    """Return what :func:`to_text` wrote; raises ``ValueError`` for anything else."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"not a rectangle of digiKam's: {text!r}")
    left, top, width, height, photo_width, photo_height = map(int, found.groups()[:6])
    return NotedRect(
        DigikamRect(left, top, width, height),
        (photo_width, photo_height),
        None if found[7] is None else int(found[7]),
    )
