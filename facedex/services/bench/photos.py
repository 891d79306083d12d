"""The photos that a benchmark uses: copies of some of the owner's, or drawn ones."""

from __future__ import annotations

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageChops

from facedex.errors import ItemError, UsageError
from facedex.imaging.decode import open_photo
from facedex.imaging.formats import DECODABLE, FileKind, classify, suffix
from facedex.paths import join
from facedex.pipeline.reading import read_file
from facedex.scan.walker import Walk, walk
from facedex.services.scanning.walk_roots import check_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_PROBE_PX = 64  # decoded to this, a photo shows whether it can be
_BACKGROUND_SIDES_PX = (8, 32, 128, 512)  # noise of several finenesses: it decodes like a photo
_FACE_PX = 256
_FACES_A_PHOTO = 3
_QUALITY = 90
_SEED = 1


@dataclass(frozen=True, slots=True)
class Sample:
    """Photos to be measured with, alone in a folder.

    Attributes
    ----------
    n_candidates : photos that the sample was taken from; the sample's own number if it is drawn.
    megapixels, size_bytes : of a photo, on average.
    """

    folder: Path
    paths: tuple[Path, ...]
    is_drawn: bool
    n_candidates: int
    megapixels: float
    size_bytes: int

    @property
    def n_photos(self) -> int:
        """How many photos there are."""
        return len(self.paths)


def copy_sample(folders: Sequence[Path], n_photos: int, target: Path, limit_s: float) -> Sample:
    """Copy photos that can be decoded into ``target``, evenly from all that there are.

    Copies, because a link would change the time of the original, and because a folder that is
    scanned may hold nothing else. After ``limit_s`` no more is copied.

    Raises
    ------
    UsageError
        If a folder is not there, or none of its photos can be decoded.
    """
    for folder in folders:
        check_folder(folder)
    found = [
        join(os.fsencode(folder), each.relpath)
        for folder in folders
        for each in walk(os.fsencode(folder), Walk())
        if classify(each.relpath, b"") is FileKind.PHOTO
    ]
    target.mkdir()
    until = time.monotonic() + limit_s
    copied: list[Path] = []
    megapixels = 0.0
    for path in _evenly(found, n_photos):
        if len(copied) == n_photos or (copied and time.monotonic() > until):
            break
        try:
            data, pixels = _read_photo(path)
        except ItemError:
            continue  # facedex scan is what reports it
        copy = target / f"{len(copied):05}{os.fsdecode(suffix(path))}"
        copy.write_bytes(data)
        copied.append(copy)
        megapixels += pixels / 1e6
    if not copied:
        raise UsageError(f"no photo that can be read in {', '.join(map(str, folders))}")
    return Sample(
        target, tuple(copied), False, len(found), megapixels / len(copied), _mean_size(copied)
    )


def _mean_size(paths: Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in paths) // len(paths)


def _evenly(found: list[bytes], n_photos: int) -> Iterator[bytes]:
    """Yield ``n_photos`` spread over all, then the others, in case one of the first is broken."""
    first = {len(found) * number // n_photos for number in range(min(n_photos, len(found)))}
    if len(found) <= n_photos:
        first = set(range(len(found)))
    yield from (found[index] for index in sorted(first))
    yield from (path for index, path in enumerate(found) if index not in first)


def _read_photo(path: bytes) -> tuple[bytes, int]:
    """Return the bytes of a photo and its number of pixels; raises ``ItemError``."""
    data = read_file(path, lambda: None).data
    with open_photo(data, path) as photo:
        photo.pixels(_PROBE_PX)
        return data, photo.facts.width_px * photo.facts.height_px


def draw_sample(n_photos: int, target: Path, megapixels: float) -> Sample:
    """Write JPEGs of this size with a few drawn faces on a mottled background, all different."""
    from facedex.engines.choosing.drawn_face import drawn_face

    target.mkdir()
    width = round((megapixels * 1e6 * 4 / 3) ** 0.5)
    size = width, round(width * 3 / 4)
    background = _background(size)
    face = Image.fromarray(drawn_face(_FACE_PX))

    def write(number: int) -> Path:
        path = target / f"{number:05}.jpg"
        _draw_photo(background, face, number).save(path, quality=_QUALITY)
        return path

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        paths = tuple(pool.map(write, range(n_photos)))
    return Sample(target, paths, True, n_photos, size[0] * size[1] / 1e6, _mean_size(paths))


def _background(size: tuple[int, int]) -> Image.Image:
    noise = random.Random(_SEED)
    picture = Image.new("RGB", size, "grey")
    for side in _BACKGROUND_SIDES_PX:
        layer = Image.frombytes("RGB", (side, side), noise.randbytes(3 * side * side))
        larger = layer.resize(size, Image.Resampling.BICUBIC)
        picture = Image.blend(picture, larger, 0.25)
    return picture


def _draw_photo(background: Image.Image, face: Image.Image, number: int) -> Image.Image:
    place = random.Random(number)
    width, height = background.size
    photo = ImageChops.offset(background, place.randrange(width), place.randrange(height))
    for column in range(_FACES_A_PHOTO):
        side = height * place.randrange(20, 44) // 100
        left = column * width // _FACES_A_PHOTO
        larger = face.resize((side, side), Image.Resampling.BICUBIC)
        photo.paste(larger, (left, place.randrange(height - side)))
    return photo


def decode_half(path: Path) -> None:
    """Decode a photo with Pillow, a JPEG at half its size: less cannot be done with it."""
    with Image.open(path, formats=DECODABLE) as image:
        image.draft("RGB", (image.width // 2, image.height // 2))
        image.load()
