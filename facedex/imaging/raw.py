"""Cameras' RAW files, read by LibRaw (rawpy): the embedded preview, else the sensor's data."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from facedex.errors import DecodeError
from facedex.geometry import box_to_upright, clip_box, pixels_to_upright, upright_size
from facedex.imaging.exif import read_taken_and_camera
from facedex.imaging.formats import RAW
from facedex.imaging.pictures import MAX_PIXELS, PICTURE_FAILURES, open_picture
from facedex.imaging.raw_frames import WHOLE, preview_orientation, to_photo_frame
from facedex.types import Box, PhotoFacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# long side; what a smaller preview lacks of what a scan looks at is in the sensor's data
MIN_PREVIEW_PX = 1600
_NEARLY_WHOLE = 0.9  # a preview of this share of a small photo's side is as good as the photo
# LibRaw's flip is a bit each for mirroring columns, mirroring rows, and exchanging them
_ORIENTATION_OF_FLIP = {0: 1, 1: 2, 3: 3, 2: 4, 4: 5, 6: 6, 7: 7, 5: 8}
_LEAST_CROP = 0.5  # of a side: a smaller one is no camera's picture but a mistaken tag


def reader_version() -> str | None:
    """Return the version of what reads RAW files, or None if it is not installed."""
    with contextlib.suppress(metadata.PackageNotFoundError):
        return metadata.version("rawpy")
    return None


@dataclass(frozen=True, slots=True)
class _Preview:
    """An embedded picture: a JPEG file, or uint8 (h, w, 3) as it is stored."""

    size: tuple[int, int]
    orientation: int | None
    content: bytes | NDArray[np.uint8]


class OpenedRaw:
    """A RAW file whose header has been read; see :class:`facedex.imaging.decode.OpenedPhoto`.

    The stored frame is the sensor's active area, as LibRaw and dcraw develop it: an embedded
    preview that shows less of it is put in its place, on grey.
    """

    def __init__(self, raw: Any, data: bytes, path: bytes) -> None:
        self._raw = raw
        self._path = path
        self._preview = _find_preview(raw)
        sizes = raw.sizes
        orientation = _ORIENTATION_OF_FLIP.get(sizes.flip, 1)
        taken_us, camera = read_taken_and_camera(data)
        if camera is None and self._preview and isinstance(self._preview.content, bytes):
            # LibRaw gives a preview without EXIF what it knows itself
            taken_us, camera = read_taken_and_camera(self._preview.content)
        self.facts = PhotoFacts(RAW, sizes.width, sizes.height, orientation, taken_us, camera)
        self.damage: str | None = None
        self._crop = box_to_upright(_camera_crop(sizes), orientation)

    def pixels(self, min_long_side: int) -> NDArray[np.uint8]:
        """See :meth:`facedex.imaging.decode.OpenedPhoto.pixels`.

        The long side may be as small as ``MIN_PREVIEW_PX`` where the embedded preview is.
        """
        import rawpy

        shown = self._shown(min_long_side) if self._is_preview_enough() else None
        if shown is not None and self.damage is None:
            return shown
        try:
            developed = self._developed(min_long_side)
        except (rawpy.LibRawError, DecodeError):
            shown = self._shown(min_long_side) if shown is None else shown
            if shown is None:
                raise
            return shown
        self.damage = None
        return developed

    def _is_preview_enough(self) -> bool:
        long_side = max(self.facts.width_px, self.facts.height_px)
        wanted = min(MIN_PREVIEW_PX, _NEARLY_WHOLE * long_side)
        return self._preview is not None and max(self._preview.size) >= wanted

    def _shown(self, min_long_side: int) -> NDArray[np.uint8] | None:
        """Return the whole photo made of its preview; None if that is not there or is broken."""
        preview = self._preview
        if preview is None:
            return None
        facts = self.facts
        upright = upright_size(facts.width_px, facts.height_px, facts.orientation)
        candidates = [o for o in (preview.orientation, facts.orientation) if o is not None]
        try:
            stored = self._stored_preview(preview.content, min_long_side)
        except PICTURE_FAILURES:
            return None
        turned = pixels_to_upright(stored, preview_orientation(preview.size, upright, candidates))
        return to_photo_frame(turned, upright, self._crop)

    def _stored_preview(
        self, content: bytes | NDArray[np.uint8], min_long_side: int
    ) -> NDArray[np.uint8]:
        if not isinstance(content, bytes):
            return _reduced(content, min_long_side)
        with open_picture(content) as picture:
            pixels = picture.stored_pixels(min_long_side)
            self.damage = picture.damage
        return pixels

    def _developed(self, min_long_side: int) -> NDArray[np.uint8]:
        """Develop the sensor's data: at half size, without interpolation, where that is enough."""
        import rawpy

        facts = self.facts
        if facts.width_px * facts.height_px > MAX_PIXELS:
            limit = MAX_PIXELS // 1_000_000
            reason = f"it has more than {limit} megapixels and no preview"
            raise DecodeError(self._path, "decode", reason, "too_large")
        pixels = self._raw.postprocess(
            half_size=max(facts.width_px, facts.height_px) // 2 >= min_long_side,
            demosaic_algorithm=rawpy.DemosaicAlgorithm.LINEAR,
            use_camera_wb=True,
            output_bps=8,
            user_flip=0,
        )
        return pixels_to_upright(_reduced(pixels, min_long_side), facts.orientation)


@contextlib.contextmanager
def open_raw(data: bytes, path: bytes) -> Iterator[OpenedRaw]:
    """Open a RAW file's bytes.

    Raises
    ------
    DecodeError
        Here or in the photo's methods, with kind ``unsupported`` (also where rawpy is missing),
        ``truncated``, ``too_large`` or ``damaged``.
    """
    try:
        import rawpy
    except ImportError as exc:
        reason = "reading RAW photos needs the package rawpy: pip install rawpy"
        raise DecodeError(path, "decode", reason, "unsupported") from exc
    try:
        with rawpy.imread(io.BytesIO(data)) as raw:
            yield OpenedRaw(raw, data, path)
    except rawpy.LibRawFileUnsupportedError as exc:
        reason = f"LibRaw {_numbered(rawpy.libraw_version)} does not read this kind of RAW file"
        raise DecodeError(path, "decode", reason, "unsupported") from exc
    except (rawpy.LibRawTooBigError, rawpy.LibRawUnsufficientMemoryError) as exc:
        reason = "it needs more memory than a worker may use"
        raise DecodeError(path, "decode", reason, "too_large") from exc
    except (rawpy.LibRawError, rawpy.NotSupportedError) as exc:
        kind = "truncated" if isinstance(exc, rawpy.LibRawIOError) else "damaged"
        reason = f"the RAW data is {kind} ({_words(exc)})"
        raise DecodeError(path, "decode", reason, kind) from exc


def _numbered(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _words(exc: Exception) -> str:
    """Return what LibRaw says, which rawpy hands on as bytes."""
    words = exc.args[0] if exc.args else ""
    text = words.decode("ascii", errors="replace") if isinstance(words, bytes) else str(words)
    return " ".join(text.split()) or type(exc).__name__


def _find_preview(raw: Any) -> _Preview | None:
    """Return the largest embedded picture; None if there is none that can be opened."""
    import rawpy

    try:
        found = raw.extract_thumb()
    except (rawpy.LibRawError, NotImplementedError):
        return None
    if not isinstance(found.data, bytes):
        height, width = found.data.shape[:2]
        return _Preview((width, height), None, np.array(found.data))
    try:
        with open_picture(found.data) as picture:
            size = picture.facts.width_px, picture.facts.height_px
            return _Preview(size, picture.find_orientation(), found.data)
    except PICTURE_FAILURES:
        return None


def _camera_crop(sizes: Any) -> Box:
    """Return the part of the active area that the camera's own pictures show, stored frame."""
    left = sizes.crop_left_margin - sizes.left_margin
    top = sizes.crop_top_margin - sizes.top_margin
    crop = clip_box(
        Box(
            left / sizes.width,
            top / sizes.height,
            (left + sizes.crop_width) / sizes.width,
            (top + sizes.crop_height) / sizes.height,
        )
    )
    return crop if min(crop.width, crop.height) >= _LEAST_CROP else WHOLE


def _reduced(pixels: NDArray[np.uint8], min_long_side: int) -> NDArray[np.uint8]:
    factor = max(pixels.shape[:2]) // min_long_side
    return np.asarray(Image.fromarray(pixels).reduce(factor)) if factor > 1 else pixels
