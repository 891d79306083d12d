"""What EXIF says of a photo: orientation, when it was taken, with which camera.

EXIF is written by thousands of programs, and none of it may stop a scan: every parser here is
guarded, and what cannot be read is simply not known.
"""

from __future__ import annotations

import io
import logging
import re
import struct
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from facedex.geometry import ORIENTATION_MAPS

if TYPE_CHECKING:
    from PIL.Image import Image

_ORIENTATION = 0x0112
_DATE = re.compile(r"(\d{4})[:\-/.](\d\d)[:\-/.](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
# what parsers of hostile bytes raise; a real bug of ours elsewhere is not hidden by this
_PARSER_FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)


def find_orientation(image: Image) -> int | None:
    """Return the EXIF orientation of an opened image, 1 to 8; None if absent or invalid."""
    try:
        value = image.getexif().get(_ORIENTATION)
        return int(value) if value is not None and int(value) in ORIENTATION_MAPS else None
    except _PARSER_FAILURES:
        return None


def read_orientation(image: Image) -> int:
    """Return the EXIF orientation of an opened image, 1 to 8; 1 where it is absent or invalid."""
    return find_orientation(image) or 1


def read_taken_and_camera(data: bytes) -> tuple[int | None, str | None]:
    """Return when the photo was taken (microseconds UTC) and the camera's name, where known.

    EXIF dates have no zone unless OffsetTime is there: without it the camera's clock is taken as
    UTC, so that the order of photos is right.
    """
    import exifread

    logging.getLogger("exifread").setLevel(logging.CRITICAL)  # its findings are not the user's
    try:
        # details=False: MakerNotes of a few bytes can otherwise keep exifread busy for ever
        tags = exifread.process_file(io.BytesIO(data), details=False, strict=False)
        return _taken_us(tags), _camera(tags)
    except _PARSER_FAILURES:
        return None, None


def _text(tags: dict[str, Any], key: str) -> str:
    return str(tags[key]).replace("\0", "").strip() if key in tags else ""


def _camera(tags: dict[str, Any]) -> str | None:
    make, model = _text(tags, "Image Make"), _text(tags, "Image Model")
    name = model if model.casefold().startswith(make.casefold()) else f"{make} {model}"
    printable = "".join(c for c in name if c.isprintable()).strip()
    return printable[:200] or None


def _taken_us(tags: dict[str, Any]) -> int | None:
    for key, offset_key in (
        ("EXIF DateTimeOriginal", "EXIF OffsetTimeOriginal"),
        ("EXIF DateTimeDigitized", "EXIF OffsetTimeDigitized"),
        ("Image DateTime", "EXIF OffsetTime"),
    ):
        found = _DATE.match(_text(tags, key))
        if found is None:
            continue
        try:
            year, month, day, hour, minute, second = (int(part) for part in found.groups())
            zone = _zone(tags, offset_key)
            taken = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        except ValueError:  # 0000:00:00 and the like
            continue
        return int(taken.timestamp()) * 1_000_000
    return None


def _zone(tags: dict[str, Any], key: str) -> timezone:
    found = _OFFSET.fullmatch(_text(tags, key))
    if found is None:
        return UTC
    minutes = int(found[2]) * 60 + int(found[3])
    if minutes >= 24 * 60:  # meaningless: as good as none
        return UTC
    return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes))
