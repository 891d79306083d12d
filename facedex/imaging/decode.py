"""From a file's bytes to upright RGB pixels, at no more than the size that is needed."""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING, Protocol

from PIL import Image, UnidentifiedImageError

from facedex.errors import DecodeError
from facedex.imaging.formats import RAW, SNIFF_BYTES, photo_format, sniff
from facedex.imaging.pictures import MAX_PIXELS, PICTURE_FAILURES, open_picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from facedex.types import PhotoFacts


class OpenedPhoto(Protocol):
    """A photo whose header has been read; the pixels are decoded when they are asked for.

    Use it inside :func:`open_photo`'s block only.
    """

    @property
    def facts(self) -> PhotoFacts:
        """What the header says."""

    @property
    def damage(self) -> str | None:
        """Why only a part of the picture could be decoded, or None; known after ``pixels``."""

    def pixels(self, min_long_side: int) -> NDArray[np.uint8]:
        """Decode to upright uint8 (h, w, 3) RGB, reduced by a whole factor where that is enough.

        The long side is at least ``min_long_side`` px, unless the photo is smaller.
        """


@contextlib.contextmanager
def open_photo(data: bytes, path: bytes) -> Iterator[OpenedPhoto]:
    """Open a photo's bytes: a picture of ``DECODABLE``, by its content, or a camera's RAW file.

    Raises
    ------
    DecodeError
        Here or in :meth:`OpenedPhoto.pixels`, with kind ``too_large``, ``truncated``,
        ``unsupported`` or ``damaged``.
    """
    with warnings.catch_warnings():
        # other warnings are about metadata, and the picture is there all the same
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with _open(data, path) as photo:
                yield photo
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
        except PICTURE_FAILURES as exc:
            kind = "truncated" if "truncated" in str(exc) else "damaged"
            reason = " ".join(str(exc).split()) or type(exc).__name__
            raise DecodeError(path, "decode", f"the image data is {kind} ({reason})", kind) from exc


def _open(data: bytes, path: bytes) -> contextlib.AbstractContextManager[OpenedPhoto]:
    if photo_format(path, data[:SNIFF_BYTES]) == RAW:
        from facedex.imaging.raw import open_raw

        return open_raw(data, path)
    return open_picture(data)


def _unidentified(data: bytes) -> tuple[str, str]:
    if not data:
        return "the file is empty", "damaged"
    announced = sniff(data[:SNIFF_BYTES])
    if announced:
        return f"it begins like {announced} but its header is damaged", "damaged"
    return (
        "its content is not one of JPEG, PNG, WebP, TIFF, GIF, BMP, HEIC, AVIF, RAW",
        "unsupported",
    )
