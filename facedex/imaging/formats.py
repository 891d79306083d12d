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
_UNSUPPORTED_SUFFIXES = {b".psd", b".jp2", b".j2k", b".jxl", b".tga", b".pcx", b".ppm", b".pgm"}


def suffix(name: bytes) -> bytes:
    """Return the lower-case extension of a file name with its dot, or nothing."""
    base = name.rsplit(b"/", 1)[-1]
    dot = base.rfind(b".")
    return base[dot:].lower() if dot > 0 else b""


def sniff(head: bytes) -> str | None:
    """Return Pillow's name of the format that the first bytes announce, or None."""
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


def classify(name: bytes, head: bytes) -> FileKind:
    """Return what to do with a file of this name that begins with ``head``.

    The bytes decide; the name only where they say nothing, and for RAW files, which begin like a
    TIFF. A file named as a photo whose bytes are something else is a PHOTO, so that decoding it
    fails with a reason instead of leaving it out in silence.
    """
    ending = suffix(name)
    found = sniff(head)
    if ending in RAW_SUFFIXES and found != "JPEG":
        return FileKind.UNSUPPORTED
    if found is not None or ending in _PHOTO_SUFFIXES:
        return FileKind.PHOTO
    if ending in _UNSUPPORTED_SUFFIXES:
        return FileKind.UNSUPPORTED
    return FileKind.OTHER
