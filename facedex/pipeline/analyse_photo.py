"""The way of one photo: read once, hash, decode, detect, encode. No database, no processes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from facedex.engines.encoding.quality import NOTHING_SEEN, face_quality
from facedex.errors import ItemError
from facedex.geometry import (
    box_to_stored,
    box_to_upright,
    clip_box,
    own_or_turn,
    pixels_to_upright,
    points_to_stored,
)
from facedex.imaging.decode import open_photo
from facedex.imaging.formats import SNIFF_BYTES, FileKind, photo_format, suffix
from facedex.imaging.hashes import image_hash
from facedex.imaging.thumbnails import face_thumbnail, preview
from facedex.pipeline.messages import (
    EncodeJob,
    EncodeResult,
    FoundFace,
    PreviewJob,
    PreviewResult,
    Problem,
    Result,
    ScanJob,
    ScanResult,
    failed,
)
from facedex.pipeline.reading import MAX_PHOTO_BYTES, read_file
from facedex.types import DetectorName
from facedex.xmp.reading import read_facts, says_something

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from facedex.engines.remote.link import DeviceLink
    from facedex.imaging.decode import OpenedPhoto
    from facedex.pipeline.messages import Job
    from facedex.pipeline.reading import ReadFile
    from facedex.plugins.runtime import Target
    from facedex.types import Box, Detection, EncodedFace, EngineConfig, FaceEngine


class PhotoAnalyser:
    """Does jobs one after the other with one engine, which is loaded when first needed.

    Parameters
    ----------
    target : where networks are executed; chosen now if it was not before.
    link : to the device's process, where that executes them.
    """

    def __init__(
        self,
        config: EngineConfig,
        model_cache: Path,
        target: Target | None = None,
        link: DeviceLink | None = None,
    ) -> None:
        self._config = config
        self._model_cache = model_cache
        self._target = target
        self._link = link
        self._alive: Callable[[], None] = lambda: None
        self._engine: FaceEngine | None = None

    def run(self, job: Job, ask: Callable[[bytes], bool], alive: Callable[[], None]) -> Result:
        """Do a job; what is wrong with its file is in the result, not raised.

        ``ask`` tells whether an image, named by its hash, is to be searched for faces.
        """
        self._alive = alive
        if isinstance(job, ScanJob):
            return self._scan(job, ask, alive)
        try:
            read = read_file(job.path, alive)
            if isinstance(job, PreviewJob):
                return _preview(read, job)
            return self._encode(read, job)
        except ItemError as exc:
            return failed(job, _problem(exc))

    @property
    def engine(self) -> FaceEngine:
        """The engine, loaded now if it was not."""
        if self._engine is None:
            self._engine = self._open_engine()
        return self._engine

    def _open_engine(self) -> FaceEngine:
        from facedex.engines.engine import create_engine, engine_on
        from facedex.engines.registry import find_runtime

        if self._target is None:
            return create_engine(self._config, self._model_cache)
        runtime = find_runtime(self._target.runtime, self._config.plugins_dir)
        if self._link is not None:
            from facedex.engines.remote.client import RemoteRuntime

            runtime = RemoteRuntime(runtime, self._link, lambda: self._alive())
        return engine_on(self._config, self._model_cache, self._target, runtime)

    def _scan(
        self, job: ScanJob, ask: Callable[[bytes], bool], alive: Callable[[], None]
    ) -> ScanResult:
        path = job.path
        try:
            read = read_file(path, alive)
        except ItemError as exc:
            return ScanResult(0, problem=_problem(exc))
        result = ScanResult(read.hashed_ns, read.stat, read.content_hash)
        if read.kind is FileKind.OTHER:
            return result
        if read.kind is FileKind.UNSUPPORTED:
            return replace(result, problem=_unsupported(path, read))
        xmp = read_facts(read.data)
        result = replace(result, xmp=xmp if says_something(xmp) else None)
        picture = image_hash(read.data, photo_format(path, read.data[:SNIFF_BYTES]) or "")
        try:
            with open_photo(read.data, path) as photo:
                facts = photo.facts
                is_wanted = ask(picture)
                pixels = _upright(photo, self.engine.decode_size, job.turn) if is_wanted else None
                damage = photo.damage
            orientation = own_or_turn(facts.orientation, job.turn)
            # outside the block: what fails in the engine is no damage of the photo
            faces = None if pixels is None else self._find_faces(pixels, orientation)
        except ItemError as exc:
            return replace(result, problem=_problem(exc))
        problem = None
        if damage is not None:
            message = f"a part of the picture is missing ({damage}); the rest was searched"
            problem = Problem("decode", "truncated", message)
        return replace(result, image_hash=picture, facts=facts, faces=faces, problem=problem)

    def _find_faces(self, pixels: NDArray[np.uint8], orientation: int) -> tuple[FoundFace, ...]:
        found = [d for d in self.engine.detect(pixels) if clip_box(d.box).area > 0]
        places = [d.place for d in found]
        return tuple(
            FoundFace(
                clip_box(box_to_stored(d.box, orientation)),
                d.detector,
                d.score,
                points_to_stored(e.landmarks, orientation),
                e.encoding,
                face_thumbnail(pixels, d.box, d.orientation),
                _quality(e, d),
            )
            for d, e in zip(found, self.engine.encode(pixels, places), strict=True)
        )

    def _encode(self, read: ReadFile, job: EncodeJob) -> EncodeResult:
        with open_photo(read.data, job.path) as photo:
            pixels = _upright(photo, self.engine.decode_size, job.turn)
            orientation = own_or_turn(photo.facts.orientation, job.turn)
        boxes = [clip_box(box_to_upright(box, orientation)) for box in job.boxes]
        found = tuple(self._encode_region(pixels, box, orientation) for box in boxes)
        thumbnails = (
            face_thumbnail(pixels, box) if face is None else face.thumbnail
            for face, box in zip(found, boxes, strict=True)
        )
        return EncodeResult(found, tuple(thumbnails))

    def _encode_region(
        self, pixels: NDArray[np.uint8], region: Box, orientation: int
    ) -> FoundFace | None:
        place = self.engine.fit_box_from_region(pixels, region)
        if place is None:
            return None
        encoded = self.engine.encode(pixels, [place])[0]
        return FoundFace(
            clip_box(box_to_stored(region, orientation)),
            "picasa",
            None,
            points_to_stored(encoded.landmarks, orientation),
            encoded.encoding,
            face_thumbnail(pixels, region, place.orientation),
            encoded.quality if place.is_seen else NOTHING_SEEN,
        )


def _quality(face: EncodedFace, found: Detection) -> float | None:
    """Return the face's quality; only the cascade's scores are probabilities."""
    if face.quality is None:
        return None
    is_probability = found.detector == DetectorName.CASCADE
    return face_quality(face.quality, found.score if is_probability else None)


def _preview(read: ReadFile, job: PreviewJob) -> PreviewResult:
    with open_photo(read.data, job.path) as photo:
        pixels = _upright(photo, job.long_side_px, job.turn)
        return PreviewResult(preview(pixels, job.long_side_px))


def _upright(photo: OpenedPhoto, min_long_side: int, turn: int) -> NDArray[np.uint8]:
    pixels = photo.pixels(min_long_side)
    return pixels_to_upright(pixels, turn) if photo.facts.orientation == 1 else pixels


def _problem(exc: ItemError) -> Problem:
    return Problem(exc.operation, exc.kind, exc.cause)


def _unsupported(path: bytes, read: ReadFile) -> Problem:
    ending = suffix(path).decode("ascii", errors="replace")
    if read.stat[0] > MAX_PHOTO_BYTES:
        reason = f"it is larger than {MAX_PHOTO_BYTES >> 20} MB; it is hashed only"
    else:
        reason = f"{ending} pictures are hashed but not searched for faces"
    return Problem("decode", "unsupported", reason)
