"""Small pictures and what can be done to their files: segments, chunks, metadata."""

import io
import struct
import zlib

import numpy as np
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener(thumbnails=False)

# what each format may do to a flat colour, in levels
TOLERANCE = {"JPEG": 8, "WEBP": 12, "HEIF": 24, "AVIF": 16, "PNG": 0, "TIFF": 0, "BMP": 0, "GIF": 0}


def quarters(width=64, height=48):
    """A picture whose quarters differ, so that every turn and flip of it shows."""
    pixels = np.empty((height, width, 3), np.uint8)
    top, left = height // 2, width // 2
    pixels[:top, :left] = (220, 30, 30)
    pixels[:top, left:] = (30, 200, 30)
    pixels[top:, :left] = (30, 30, 220)
    pixels[top:, left:] = (230, 230, 60)
    return pixels


def noise(width=64, height=48, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


def saved(picture, image_format="JPEG", **options):
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    out = io.BytesIO()
    image.save(out, image_format, **options)
    return out.getvalue()


def exif_of(tags, in_exif_ifd=()):
    exif = Image.Exif()
    for tag, value in tags.items():
        exif[tag] = value
    if in_exif_ifd:
        exif.get_ifd(0x8769).update(in_exif_ifd)
    return exif


def quadrant_colours(pixels):
    """The colours in the middle of the four quarters: top left, top right, bottom left and
    right."""
    height, width = pixels.shape[:2]
    spots = ((1, 1), (1, 3), (3, 1), (3, 3))
    return [tuple(int(v) for v in pixels[height * y // 4, width * x // 4]) for y, x in spots]


def jpeg_segment(marker, payload):
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload


def with_segment(jpeg, marker, payload):
    """The JPEG with a segment put directly behind its start."""
    return jpeg[:2] + jpeg_segment(marker, payload) + jpeg[2:]


def png_chunk(kind, payload):
    crc = zlib.crc32(kind + payload)
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", crc)


def png_chunks(png):
    at = 8
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        at += 12 + size


def png_of(chunks):
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, data) for kind, data in chunks)


def bomb_png(width, height):
    """A small PNG of this many black pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packer = zlib.compressobj(9)
    line = b"\0" * (width * 3 + 1)
    data = b"".join(packer.compress(line) for _ in range(height)) + packer.flush()
    return png_of([(b"IHDR", header), (b"IDAT", data), (b"IEND", b"")])


def makernote_bomb():
    """A JPEG whose MakerNote of 60 bytes claims to hold a thousand million values."""
    ifd0 = struct.pack("<2sHI", b"II", 42, 8) + struct.pack("<HHHIII", 1, 0x8769, 4, 1, 26, 0)
    exif_ifd = struct.pack("<HHHIII", 1, 0x927C, 7, 1_006_641_184, 60, 0)
    tiff = ifd0 + exif_ifd
    return with_segment(saved(quarters()), 0xE1, b"Exif\0\0" + tiff.ljust(60, b"\0") + bytes(64))
