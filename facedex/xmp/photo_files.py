"""Photos' own files: whether one may be written into, and what is then to become of it.

docs/decisions/014-xmp-in-files.md says why. What is refused here goes into a sidecar.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from facedex.errors import MetadataError
from facedex.imaging.formats import SNIFF_BYTES, sniff
from facedex.imaging.hashes import content_hash, image_hash
from facedex.xmp.editing import UnmergeableError
from facedex.xmp.embedding import WRITABLE, embed_faces
from facedex.xmp.files import Replacement, read_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.xmp.merging import NamedFace
    from facedex.xmp.regions import Size
    from facedex.xmp.traces import Traces


class Scanned(NamedTuple):
    """What the last scan knew of a photo's file.

    ``size`` is (width, height) of the stored pixels, ``orientation`` EXIF's.
    """

    format: str
    size: Size
    content_hash: bytes
    image_hash: bytes
    orientation: int = 1


def find_refusal(path: bytes, image_format: str) -> str | None:
    """Return why a photo's own file must not be written into, as far as its name tells, or None."""
    if image_format not in WRITABLE:
        return f"{image_format} files are not written into"
    try:
        found = Path(os.fsdecode(path)).lstat()
    except OSError:
        return None  # reading it tells
    if not stat.S_ISREG(found.st_mode):
        return "it is a link, not a file of its own"
    if found.st_nlink > 1:
        return f"it is one file under {found.st_nlink} names (hard links), which writing would part"
    if not found.st_mode & stat.S_IWUSR or not os.access(path, os.W_OK):
        return "it is read-only"
    return None


def plan_photo(
    path: bytes, scanned: Scanned, faces: Sequence[NamedFace], traces: Traces
) -> tuple[Replacement, Traces]:
    """Return what is to become of a photo's file, and what of it facedex then wrote.

    The new bytes were read back: they hold the faces, what others wrote, and the picture that was
    scanned.

    Parameters
    ----------
    traces : what facedex left in it before; what of that is not among the faces is taken out.

    Raises
    ------
    MetadataError
        If it cannot be read, or is not what was scanned.
    UnmergeableError
        If it cannot take the faces without loss; a sidecar can.
    """
    old = read_bytes(path)
    if old is None or content_hash(old) != scanned.content_hash:
        raise MetadataError(path, "write", "it changed since the last scan", "changed")
    new, left = embed_faces(old, faces, scanned.size, traces, scanned.orientation)
    found = sniff(new[:SNIFF_BYTES])
    if found != scanned.format or image_hash(new, found) != scanned.image_hash:
        raise UnmergeableError("its picture cannot be told from the rest of the file")
    return Replacement(path, old, new), left
