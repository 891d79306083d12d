"""Finished pictures: what Pillow and libheif decode, to upright RGB pixels."""

from __future__ import annotations

import contextlib
import io
import struct
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFile

from facedex.geometry import pixels_to_upright, upright_size, valid_orientation
from facedex.imaging.exif import find_orientation, read_orientation, read_taken_and_camera
from facedex.imaging.formats import DECODABLE
from facedex.imaging.heif_turn import heif_turn
from facedex.types import PhotoFacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# The largest photo that is decoded. 108-megapixel phones exist; a 169-megapixel PNG of half a
# megabyte is a bomb.
MAX_PIXELS = 128_000_000
# raised by Pillow's plugins on broken files
PICTURE_FAILURES = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    EOFError,
    RuntimeError,
    struct.error,
)


class OpenedPicture:
    """A photo whose header has been read; the pixels are decoded when they are asked for.

    Use it inside :func:`open_picture`'s block only.
    """

    def __init__(self, image: Image.Image, data: bytes) -> None:
        self._image = image
        self._data = data
        self.facts = _read_facts(image, data)
        self.damage: str | None = None
        """Why only a part of the picture could be decoded, or None."""

    def pixels(self, min_long_side: int) -> NDArray[np.uint8]:
        """Decode to upright uint8 (h, w, 3) RGB, reduced by a whole factor where that is enough.

        The long side is at least ``min_long_side`` px, unless the photo is smaller, and less than
        twice that plus rounding. Of animations and multi-page files the first picture is taken. Of
        a JPEG that breaks off or holds damaged data the part that can be decoded is returned, the
        rest is grey, and ``damage`` says so: a photo from a failing disk still shows its people.
        """
        # orientation is applied here, once; Pillow has already turned a TIFF, and libheif a picture
        # whose boxes say so, whose EXIF then says nothing
        left = 1 if self._image.format == "TIFF" else self.facts.orientation
        return pixels_to_upright(self.stored_pixels(min_long_side), left)

    def find_orientation(self) -> int | None:
        """Return the orientation that the picture names itself, None if it names none."""
        return find_orientation(self._image)

    def stored_pixels(self, min_long_side: int) -> NDArray[np.uint8]:
        """Decode as :meth:`pixels` does, but do not turn; read-only."""
        image = self._image
        try:
            _load(image, min_long_side)
        except OSError as exc:
            if image.format not in {"JPEG", "MPO"}:
                raise
            self.damage = " ".join(str(exc).split())
            image = _load_damaged(self._data, min_long_side)
        factor = max(image.size) // min_long_side
        return np.asarray(_small_rgb(image, factor) if factor > 1 else _to_rgb(image))


@contextlib.contextmanager
def open_picture(data: bytes) -> Iterator[OpenedPicture]:
    """Open a picture's bytes; only the formats of ``DECODABLE``, by their content.

    What Pillow raises on broken files is raised here and in the picture's methods:
    :func:`facedex.imaging.decode.open_photo` says it in facedex's words.
    """
    _prepare()
    image = Image.open(io.BytesIO(data), formats=DECODABLE)
    try:
        yield OpenedPicture(image, data)
    finally:
        image.close()  # its pixels too, whoever still holds the opened picture


def _prepare() -> None:
    import pillow_heif

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # face_recognition, for one, switches it on
    if "HEIF" not in Image.OPEN:
        pillow_heif.register_heif_opener(thumbnails=False)
        pillow_heif.options.DECODE_THREADS = 1  # each worker has one core


def _load(image: Image.Image, min_long_side: int) -> None:
    if image.format in {"JPEG", "MPO"}:
        long_side = max(image.size)
        width, height = (max(1, side * min_long_side // long_side) for side in image.size)
        image.draft(None, (width, height))
    image.load()


def _load_damaged(data: bytes, min_long_side: int) -> Image.Image:
    # the switch is Pillow's and global; each worker decodes one photo at a time
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        image = Image.open(io.BytesIO(data), formats=DECODABLE)
        _load(image, min_long_side)
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    return image


def _read_facts(image: Image.Image, data: bytes) -> PhotoFacts:
    image_format = image.format or "?"
    orientation, decoder_turn = read_orientation(image), 1
    if image_format == "HEIF":
        orientation, decoder_turn = _heif_orientations(image, data)
    width, height = image.size
    if image_format == "TIFF":  # Pillow gives the upright size of these
        width, height = upright_size(width, height, orientation)
    taken_us, camera = read_taken_and_camera(_exif_block(image) or data)
    return PhotoFacts(image_format, width, height, orientation, taken_us, camera, decoder_turn)


def _heif_orientations(image: Image.Image, data: bytes) -> tuple[int, int]:
    """Return how a HEIC is still to be turned, and how libheif has turned it.

    Where its boxes say anything of turning, EXIF only says it again. Without (iPhones of 2017, and
    converters) EXIF alone tells; pillow_heif sets it to 1 there and puts it aside.
    """
    turn = heif_turn(data)
    if turn is not None:
        return 1, turn
    return valid_orientation(image.info.get("original_orientation")), 1


def _exif_block(image: Image.Image) -> bytes:
    """Return EXIF as Pillow found it, where exifread does not find its way to it, else nothing."""
    block = image.info.get("exif") if image.format in {"WEBP", "HEIF", "AVIF"} else None
    return block.removeprefix(b"Exif\0\0") if isinstance(block, bytes) else b""


def _small_rgb(image: Image.Image, factor: int) -> Image.Image:
    """Return 8-bit RGB reduced by ``factor``, before anything else where the mode allows it.

    A hundred megapixels are 400 MB in Pillow, and each step would make another copy of them.
    """
    is_plain = image.mode in {"L", "LA", "RGB", "RGBA", "CMYK"}
    if is_plain and "transparency" not in image.info:
        return _to_rgb(image.reduce(factor))
    return _to_rgb(image).reduce(factor)


def _to_rgb(image: Image.Image) -> Image.Image:
    """Return 8-bit RGB; transparent parts become white, 16-bit values are scaled, not clipped."""
    if image.mode == "RGB":
        return image
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        return _scaled_grey(image).convert("RGB")
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def _scaled_grey(image: Image.Image) -> Image.Image:
    values = np.asarray(image).astype(np.float32)
    top = 65535.0 if image.mode.startswith("I;16") else float(values.max(initial=1.0))
    scaled = values * (255.0 / top) if top > 255 else values
    return Image.fromarray(np.clip(scaled, 0, 255).astype(np.uint8))
