"""Small RAW files for tests, made from any picture: nothing here comes from a camera.

A DNG with an uncompressed colour filter array (DNG 1.4, TIFF 6.0), with or without embedded
previews, in every orientation; and the outer shells of CR3 and RAF, as far as hashing looks into
them.
"""

import struct
from dataclasses import dataclass

import numpy as np

_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _SRATIONAL = 1, 2, 3, 4, 5, 10
_SIZES = {_BYTE: 1, _ASCII: 1, _SHORT: 2, _LONG: 4, _RATIONAL: 8, _SRATIONAL: 8}
_WHITE = 16383
# CIE XYZ (D65) to linear sRGB: so the "camera" sees the picture's own colours
_XYZ_TO_SRGB = (3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570)


@dataclass(frozen=True)
class Preview:
    """An embedded JPEG with the size that its tags give."""

    jpeg: bytes
    width_px: int
    height_px: int


def mosaic(image) -> np.ndarray:
    """Return what a sensor behind an RGGB filter would count, uint16 (h, w)."""
    linear = (np.asarray(image.convert("RGB")) / 255.0) ** 2.2
    counts = (linear * _WHITE).round().astype(np.uint16)
    bayer = counts[:, :, 1].copy()
    bayer[0::2, 0::2] = counts[0::2, 0::2, 0]
    bayer[1::2, 1::2] = counts[1::2, 1::2, 2]
    return bayer


def dng(
    image,
    orientation=1,
    *,
    previews=(),
    margin_px=0,
    crop=None,
    tags=(),
    taken="2020:06:01 12:00:00",
    order="<",
) -> bytes:
    """Return a DNG whose stored pixels are ``image``.

    Parameters
    ----------
    previews : :class:`Preview`, each in a SubIFD.
    margin_px : masked pixels around the active area, on every side.
    crop : (left, top, width, height) within the active area, as DefaultCropOrigin and -Size say.
    tags : more entries of the first IFD: (tag, type, values).
    """
    width, height = image.size
    sensor = np.pad(mosaic(image), margin_px)
    data = sensor.astype(order + "u2").tobytes()
    main = [
        *_picture_tags(sensor.shape[1], sensor.shape[0], 0, len(data)),
        (258, _SHORT, [16]), (259, _SHORT, [1]), (262, _SHORT, [32803]), (277, _SHORT, [1]),
        (271, _ASCII, b"Test\0"), (272, _ASCII, b"Test Camera\0"),
        (274, _SHORT, [orientation]),
        (33421, _SHORT, [2, 2]), (33422, _BYTE, bytes([0, 1, 1, 2])),
        (50706, _BYTE, bytes([1, 4, 0, 0])), (50708, _ASCII, b"Test Camera\0"),
        (50714, _SHORT, [0]), (50717, _SHORT, [_WHITE]),
        (50721, _SRATIONAL, [n for v in _XYZ_TO_SRGB for n in (round(v * 10000), 10000)]),
        (50728, _RATIONAL, [1, 1] * 3), (50778, _SHORT, [21]),
        (50829, _LONG, [margin_px, margin_px, margin_px + height, margin_px + width]),
        *tags,
    ]  # fmt: skip
    if crop is not None:
        main += [(50719, _LONG, list(crop[:2])), (50720, _LONG, list(crop[2:]))]
    exif = [(36867, _ASCII, taken.encode() + b"\0")] if taken else []
    subs = [
        (
            [
                *_picture_tags(preview.width_px, preview.height_px, 1, len(preview.jpeg)),
                (258, _SHORT, [8, 8, 8]), (259, _SHORT, [7]), (262, _SHORT, [6]),
                (277, _SHORT, [3]),
            ],
            preview.jpeg,
        )
        for preview in previews
    ]  # fmt: skip
    return _tiff(order, main, data, subs, exif)


def with_rating(data: bytes) -> bytes:
    """Return the TIFF-like file as an editor leaves it that wrote an XMP packet and moved the IFD.

    The first IFD is written anew at the end, with the packet; the picture's data stay in place.
    """
    order = "<" if data[:2] == b"II" else ">"
    at = struct.unpack_from(order + "I", data, 4)[0]
    count = struct.unpack_from(order + "H", data, at)[0]
    entries = [data[at + 2 + 12 * i : at + 14 + 12 * i] for i in range(count)]
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><xmp:Rating>5</xmp:Rating></x:xmpmeta>'
    packet_at = len(data)
    entries.append(struct.pack(order + "HHII", 700, _BYTE, len(xmp), packet_at))
    entries.sort(key=lambda entry: struct.unpack_from(order + "H", entry)[0])
    directory = struct.pack(order + "H", count + 1) + b"".join(entries) + bytes(4)
    moved = data[:4] + struct.pack(order + "I", packet_at + len(xmp)) + data[8:]
    return moved + xmp + directory


def cr3(picture: bytes, metadata: bytes) -> bytes:
    """Return the shell of a Canon CR3: ISO boxes with the metadata apart from the pictures."""
    boxes = ((b"ftyp", b"crx \0\0\0\1crx isom"), (b"moov", metadata), (b"mdat", picture))
    return b"".join(struct.pack(">I", len(body) + 8) + kind + body for kind, body in boxes)


def raf(sensor: bytes, jpeg: bytes) -> bytes:
    """Return the shell of a Fujifilm RAF: a preview that holds the metadata, then the sensor's
    data."""
    head = b"FUJIFILMCCD-RAW 0201FF".ljust(84, b"\0")
    jpeg_at = 160
    header_at = jpeg_at + len(jpeg)
    numbers = (jpeg_at, len(jpeg), header_at, 4, header_at + 4, len(sensor))
    return (head + struct.pack(">6I", *numbers)).ljust(jpeg_at, b"\0") + jpeg + bytes(4) + sensor


def _picture_tags(width, height, subfile_type, n_bytes):
    return [
        (254, _LONG, [subfile_type]), (256, _LONG, [width]), (257, _LONG, [height]),
        (273, _LONG, [0]), (278, _LONG, [height]), (279, _LONG, [n_bytes]),
    ]  # fmt: skip


def _tiff(order, main, data, subs, exif) -> bytes:
    """Lay out: header, picture data, sub-IFDs, EXIF, the first IFD."""
    magic = b"II*\0" if order == "<" else b"MM\0*"
    out = bytearray(magic + bytes(4))

    def place(blob):
        out.extend(bytes(len(out) % 2))
        at = len(out)
        out.extend(blob)
        return at

    def write(entries):
        packed = []
        for tag, kind, values in sorted(entries, key=lambda entry: entry[0]):
            body = values if isinstance(values, bytes) else _numbers(order, kind, values)
            count = len(body) // _SIZES[kind]
            inline = body.ljust(4, b"\0") if len(body) <= 4 else None
            where = inline or struct.pack(order + "I", place(body))
            packed.append(struct.pack(order + "HHI", tag, kind, count) + where)
        return place(struct.pack(order + "H", len(packed)) + b"".join(packed) + bytes(4))

    def with_data(entries, blob):
        at = place(blob)
        return [(t, k, [at] if t == 273 else v) for t, k, v in entries]

    main = with_data(main, data)
    if subs:
        main.append((330, _LONG, [write(with_data(*sub)) for sub in subs]))
    if exif:
        main.append((34665, _LONG, [write(exif)]))
    first = write(main)
    out[4:8] = struct.pack(order + "I", first)
    return bytes(out)


def _numbers(order, kind, values) -> bytes:
    letter = {_BYTE: "B", _SHORT: "H", _LONG: "I", _RATIONAL: "I", _SRATIONAL: "i"}[kind]
    return struct.pack(f"{order}{len(values)}{letter}", *values)
