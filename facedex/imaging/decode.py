"""From a file's bytes to upright RGB pixels, at no more than the size that is needed."""

from __future__ import annotations

import contextlib
import io
import struct
import warnings
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from facedex.errors import DecodeError
from facedex.geometry import pixels_to_upright, upright_size
from facedex.imaging.exif import read_orientation, read_taken_and_camera
from facedex.imaging.formats import DECODABLE, SNIFF_BYTES, sniff
from facedex.types import PhotoFacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# The largest photo that is decoded. 108-megapixel phones exist; a 169-megapixel PNG of half a
# megabyte is a bomb.
MAX_PIXELS = 128_000_000
# raised by Pillow's plugins on broken files
_DECODER_FAILURES = (
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


class OpenedPhoto:
    """A photo whose header has been read; the pixels are decoded when they are asked for.

    Use it inside :func:`open_photo`'s block only.
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
        twice that plus rounding. Of animations and multi-page files the first picture is taken. Of a
        JPEG that breaks off or holds damaged data the part that can be decoded is returned, the rest
        is grey, and ``damage`` says so: a photo from a failing disk still shows its people.
        """
        image = self._image
        try:
            _load(image, min_long_side)
        except OSError as exc:
            if image.format not in {"JPEG", "MPO"}:
                raise
            self.damage = " ".join(str(exc).split())
            image = _load_damaged(self._data, min_long_side)
        factor = max(image.size) // min_long_side
        rgb = _small_rgb(image, factor) if factor > 1 else _to_rgb(image)
        # orientation is applied here, once; Pillow has already turned a TIFF, libheif its pictures
        left = 1 if image.format == "TIFF" else self.facts.orientation
        return pixels_to_upright(np.asarray(rgb), left)


@contextlib.contextmanager
def open_photo(data: bytes, path: bytes) -> Iterator[OpenedPhoto]:
    """Open a photo's bytes; only the formats of ``DECODABLE``, by their content.

    Raises
    ------
    DecodeError
        Here or in :meth:`OpenedPhoto.pixels`, with kind ``too_large``, ``truncated``,
        ``unsupported`` or ``damaged``.
    """
    _prepare()
    with warnings.catch_warnings():
        # other warnings are about metadata, and the picture is there all the same
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(io.BytesIO(data), formats=DECODABLE)
            try:
                yield OpenedPhoto(image, data)
            finally:
                image.close()  # its pixels too, whoever still holds the opened photo
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
            limit = MAX_PIXELS // 1_000_000
            raise DecodeError(
                path, "decode", f"it has more than {limit} megapixels", "too_large"
            ) from exc
        except UnidentifiedImageError as exc:
            raise DecodeError(path, "decode", *_unidentified(data)) from exc
        except MemoryError as exc:
            raise DecodeError(
                path, "decode", "it needs more memory than a worker may use", "too_large"
            ) from exc
        except _DECODER_FAILURES as exc:
            kind = "truncated" if "truncated" in str(exc) else "damaged"
            reason = " ".join(str(exc).split()) or type(exc).__name__
            raise DecodeError(path, "decode", f"the image data is {kind} ({reason})", kind) from exc


def _prepare() -> None:
    import pillow_heif

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # face_recognition, for one, switches it on
    if "HEIF" not in Image.OPEN:
        pillow_heif.register_heif_opener(thumbnails=False)
        pillow_heif.options.DECODE_THREADS = 1  # each worker has one core


def _unidentified(data: bytes) -> tuple[str, str]:
    if not data:
        return "the file is empty", "damaged"
    announced = sniff(data[:SNIFF_BYTES])
    if announced:
        return f"it begins like {announced} but its header is damaged", "damaged"
    return "its content is not one of JPEG, PNG, WebP, TIFF, GIF, BMP, HEIC, AVIF", "unsupported"


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
    orientation = 1 if image_format == "HEIF" else read_orientation(image)
    width, height = image.size
    if image_format == "TIFF":  # Pillow gives the upright size of these
        width, height = upright_size(width, height, orientation)
    taken_us, camera = read_taken_and_camera(_exif_block(image) or data)
    return PhotoFacts(image_format, width, height, orientation, taken_us, camera)


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
