"""Telling what a file is from its first bytes and its name, without decoding it."""

from __future__ import annotations

from enum import StrEnum


class FileKind(StrEnum):
    """What the scan does with a file."""

    PHOTO = "photo"  # decoded and searched for faces
    UNSUPPORTED = "unsupported"  # a picture of a format that facedex does not read
    OTHER = "other"  # hashed only


# the formats that may be decoded, in Pillow's names; nothing else is ever opened
DECODABLE = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "HEIF", "AVIF")
RAW = "RAW"  # a camera's own format, whichever
SNIFF_BYTES = 32

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"heif"}
_AVIF_BRANDS = {b"avif", b"avis"}
_PHOTO_SUFFIXES = {
    b".jpg", b".jpeg", b".jpe", b".jfif", b".mpo", b".png", b".webp", b".tif", b".tiff", b".gif",
    b".bmp", b".dib", b".heic", b".heif", b".hif", b".avif",
}  # fmt: skip
RAW_SUFFIXES = {
    b".dng", b".nef", b".nrw", b".cr2", b".cr3", b".crw", b".arw", b".sr2", b".srf", b".orf",
    b".rw2", b".raf", b".pef", b".srw", b".x3f", b".3fr", b".erf", b".kdc", b".dcr", b".mrw",
    b".raw", b".rwl", b".iiq",
}  # fmt: skip
# what only RAW files begin with: Fujifilm, Olympus, Panasonic, Sigma, Canon's oldest, Minolta
_RAW_MAGIC = (
    b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"II\x1a\0\0\0HEAPCCDR",
    b"\0MRM",
)  # fmt: skip
# they stand beside photos, and their sidecars and companions say nothing of these
MOVIE_SUFFIXES = {
    b".mov", b".mp4", b".m4v", b".mp", b".avi", b".mkv", b".mpg", b".mpeg", b".mts", b".m2ts",
    b".3gp", b".3g2", b".wmv", b".webm",
}  # fmt: skip
_UNSUPPORTED_SUFFIXES = {b".psd", b".jp2", b".j2k", b".jxl", b".tga", b".pcx", b".ppm", b".pgm"}


_SAME_SUFFIXES = {
    b".jpeg": b".jpg", b".jpe": b".jpg", b".jfif": b".jpg", b".tiff": b".tif", b".dib": b".bmp",
    b".heif": b".heic", b".hif": b".heic",
}  # fmt: skip


def usual_suffix(ending: bytes) -> bytes:
    """Return the most usual one of the suffixes of a format: ``.jpg`` of ``.jpeg``."""
    return _SAME_SUFFIXES.get(ending, ending)


def suffix(name: bytes) -> bytes:
    """Return the lower-case extension of a file name with its dot, or nothing."""
    base = name.rsplit(b"/", 1)[-1]
    dot = base.rfind(b".")
    return base[dot:].lower() if dot > 0 else b""


def stem(name: bytes) -> bytes:
    """Return a photo's file name without its extensions, lower-case: what companions share.

    ``IMG_1.CR2``, ``img_1.jpg`` and ``IMG_1.CR2.jpg``, as converters write it, have one stem.
    """
    base = name.rsplit(b"/", 1)[-1].lower()
    while (ending := suffix(base)) in RAW_SUFFIXES or ending in _PHOTO_SUFFIXES:
        base = base[: -len(ending)]
    return base


def sniff(head: bytes) -> str | None:
    """Return Pillow's name of the format that the first bytes announce, ``RAW``, or None.

    Most RAW files begin like any TIFF: :func:`photo_format` asks their name too.
    """
    if head.startswith(_RAW_MAGIC) or head[4:12] == b"ftypcrx " or _is_cr2(head):
        return RAW
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith((b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")):
        return "TIFF"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith(b"BM") and head[6:10] == b"\0\0\0\0":
        return "BMP"
    if head[4:8] == b"ftyp":
        # mif1 and msf1 say only "an image in ISO boxes"; the other brands follow
        brands = {head[i : i + 4] for i in (8, *range(16, len(head) - 3, 4))}
        if head[8:12] in _AVIF_BRANDS or (brands & _AVIF_BRANDS and not brands & {b"heic"}):
            return "AVIF"
        if head[8:12] in _HEIF_BRANDS:
            return "HEIF"
    return None


def _is_cr2(head: bytes) -> bool:
    return head.startswith(b"II*\0") and head[8:10] == b"CR"


def photo_format(name: bytes, head: bytes) -> str | None:
    """Return what the bytes are to be opened as: ``RAW``, one of ``DECODABLE``, or None.

    The bytes decide: a JPEG named as a RAW file is a JPEG. Where they say nothing, or TIFF, which
    most RAW files are in their shell, a RAW file's name makes it one.
    """
    found = sniff(head)
    return RAW if suffix(name) in RAW_SUFFIXES and found in {None, "TIFF"} else found


def classify(name: bytes, head: bytes) -> FileKind:
    """Return what to do with a file of this name that begins with ``head``.

    The bytes decide; the name only where they say nothing, and for RAW files. A file named as a
    photo whose bytes are something else is a PHOTO, so that decoding it fails with a reason instead
    of leaving it out in silence.
    """
    ending = suffix(name)
    if photo_format(name, head) is not None or ending in _PHOTO_SUFFIXES:
        return FileKind.PHOTO
    if ending in _UNSUPPORTED_SUFFIXES:
        return FileKind.UNSUPPORTED
    return FileKind.OTHER
