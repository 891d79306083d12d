"""What the scanner and its workers say to each other: JSON, so that nothing is unpickled.

Bytes travel as base64, float arrays as base64 of little-endian float32.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from facedex.types import Box, PhotoFacts
from facedex.xmp.reading import XmpFacts
from facedex.xmp.regions import XmpRegion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ScanJob:
    """Read a file and hash it; if its image is new to the library, find and encode its faces.

    Here and below, ``turn`` is the EXIF orientation of a photo whose file does not say it.
    """

    path: bytes
    turn: int = 1


@dataclass(frozen=True, slots=True)
class EncodeJob:
    """Encode faces inside rectangles that somebody drew on a photo; stored-pixel frame."""

    path: bytes
    boxes: tuple[Box, ...]
    turn: int = 1


@dataclass(frozen=True, slots=True)
class PreviewJob:
    """Make a JPEG of a photo, upright."""

    path: bytes
    long_side_px: int
    turn: int = 1


Job = ScanJob | EncodeJob | PreviewJob


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face in a worker's answer.

    Attributes
    ----------
    box, landmarks : stored-pixel frame, 0..1; landmarks float32 (5, 2).
    origin : the detector's name, or ``picasa`` for a rectangle that was encoded on request.
    encoding : float32 (d,).
    thumbnail : JPEG.
    quality : 0..1, or None where the encoder does not tell.
    """

    box: Box
    origin: str
    score: float | None
    landmarks: NDArray[np.float32]
    encoding: NDArray[np.float32]
    thumbnail: bytes
    quality: float | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a file could not be done.

    ``stage`` is ``read``, ``decode`` or ``analyse``. ``detail`` is the traceback where the fault is
    ours; it is logged, not stored.
    """

    stage: str
    kind: str
    message: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What a file holds.

    Attributes
    ----------
    hashed_ns : when reading began.
    stat : (size, mtime_ns, ctime_ns, inode) of what was read, or None if it could not be opened.
    content_hash : None if it could not be read to the end.
    image_hash, facts : None unless it is a photo whose header could be read.
    faces : None if the photo was not searched (the library knows its image already).
    said : what its XMP says of faces and people; None if nothing.
    """

    hashed_ns: int
    stat: tuple[int, int, int, int] | None = None
    content_hash: bytes | None = None
    image_hash: bytes | None = None
    facts: PhotoFacts | None = None
    faces: tuple[FoundFace, ...] | None = None
    problem: Problem | None = None
    said: XmpFacts | None = None


@dataclass(frozen=True, slots=True)
class EncodeResult:
    """One entry for each box of the job; None where no face could be encoded there.

    ``thumbnails`` are there for all boxes; both are empty if the photo could not be read.
    """

    faces: tuple[FoundFace | None, ...]
    thumbnails: tuple[bytes, ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class PreviewResult:
    """A JPEG, or why there is none."""

    jpeg: bytes = b""
    problem: Problem | None = None


Result = ScanResult | EncodeResult | PreviewResult


def failed(job: Job, problem: Problem) -> Result:
    """Return the result of a job that came to nothing."""
    if isinstance(job, ScanJob):
        return ScanResult(0, problem=problem)
    if isinstance(job, EncodeJob):
        return EncodeResult((None,) * len(job.boxes), problem=problem)
    return PreviewResult(problem=problem)


@dataclass(frozen=True, slots=True)
class Question:
    """A worker asks in the middle of a job whether to search this image for faces."""

    image_hash: bytes


@dataclass(frozen=True, slots=True)
class Alive:
    """Sent while a large file is being hashed: the job has not hung."""


@dataclass(frozen=True, slots=True)
class Note:
    """A warning for the owner."""

    text: str


Message = Result | Question | Alive | Note


def _b64(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode("ascii")


def _unb64(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)


def _box(values: Sequence[float]) -> Box:
    return Box(*values)


def _corners(box: Box) -> list[float]:
    return [box.x0, box.y0, box.x1, box.y1]


def encode_job(job: Job) -> bytes:
    """Return a job as the bytes that a worker reads."""
    said: dict[str, Any] = {
        "job": type(job).__name__,
        "path": _b64(job.path),
        "turn": job.turn,
    }
    if isinstance(job, EncodeJob):
        said["boxes"] = [_corners(box) for box in job.boxes]
    elif isinstance(job, PreviewJob):
        said["px"] = job.long_side_px
    return json.dumps(said).encode()


def decode_job(data: bytes) -> Job:
    """Return the job that the bytes describe."""
    said = json.loads(data)
    path, turn = base64.b64decode(said["path"]), said["turn"]
    if said["job"] == "EncodeJob":
        return EncodeJob(path, tuple(_box(b) for b in said["boxes"]), turn)
    if said["job"] == "PreviewJob":
        return PreviewJob(path, said["px"], turn)
    return ScanJob(path, turn)


def _face_out(face: FoundFace | None) -> dict[str, Any] | None:
    if face is None:
        return None
    return {
        "box": _corners(face.box),
        "origin": face.origin,
        "score": face.score,
        "landmarks": _b64(face.landmarks.astype("<f4").tobytes()),
        "encoding": _b64(face.encoding.astype("<f4").tobytes()),
        "thumbnail": _b64(face.thumbnail),
        "quality": face.quality,
    }


def _face_in(said: dict[str, Any]) -> FoundFace:
    return FoundFace(
        _box(said["box"]),
        said["origin"],
        said["score"],
        np.frombuffer(base64.b64decode(said["landmarks"]), "<f4").reshape(5, 2),
        np.frombuffer(base64.b64decode(said["encoding"]), "<f4"),
        base64.b64decode(said["thumbnail"]),
        said["quality"],
    )


def _xmp_out(facts: XmpFacts) -> dict[str, Any]:
    said = {name: getattr(facts, name) for name in XmpFacts.__dataclass_fields__}
    said["regions"] = [[_corners(r.box), r.name, r.schema] for r in facts.regions]
    return said


def _xmp_in(said: dict[str, Any]) -> XmpFacts:
    size = said["applied_to"]
    regions = tuple(XmpRegion(_box(box), name, schema) for box, name, schema in said["regions"])
    lists = {name: tuple(said[name]) for name in ("names", "keywords", "problems")}
    return XmpFacts(
        regions,
        **lists,
        applied_to=None if size is None else (size[0], size[1]),
        orientation=said["orientation"],
        n_other_regions=said["n_other_regions"],
    )


def encode_message(message: Message) -> bytes:
    """Return what a worker says as bytes."""
    said: dict[str, Any] = {"message": type(message).__name__}
    match message:
        case Question():
            said["image_hash"] = _b64(message.image_hash)
        case ScanResult():
            facts = message.facts
            said |= {
                "hashed_ns": message.hashed_ns,
                "stat": message.stat,
                "content_hash": _b64(message.content_hash),
                "image_hash": _b64(message.image_hash),
                "facts": facts
                and [
                    facts.format, facts.width_px, facts.height_px, facts.orientation,
                    facts.taken_us, facts.camera,
                ],
                "faces": None if message.faces is None else [_face_out(f) for f in message.faces],
                "said": None if message.said is None else _xmp_out(message.said),
            }  # fmt: skip
        case EncodeResult():
            said["faces"] = [_face_out(f) for f in message.faces]
            said["thumbnails"] = [_b64(t) for t in message.thumbnails]
        case PreviewResult():
            said["jpeg"] = _b64(message.jpeg)
        case Note():
            said["text"] = message.text
        case Alive():
            pass
    problem = getattr(message, "problem", None)
    if problem is not None:
        said["problem"] = [problem.stage, problem.kind, problem.message, problem.detail]
    return json.dumps(said).encode()


def decode_message(data: bytes) -> Message:
    """Return what the worker said; raises ``ValueError`` or ``KeyError`` on anything else."""
    said = json.loads(data)
    problem = Problem(*said["problem"]) if "problem" in said else None
    match said["message"]:
        case "Alive":
            return Alive()
        case "Note":
            return Note(said["text"])
        case "Question":
            return Question(base64.b64decode(said["image_hash"]))
        case "PreviewResult":
            return PreviewResult(base64.b64decode(said["jpeg"]), problem)
        case "EncodeResult":
            found = tuple(None if f is None else _face_in(f) for f in said["faces"])
            thumbnails = tuple(base64.b64decode(t) for t in said["thumbnails"])
            return EncodeResult(found, thumbnails, problem)
        case "ScanResult":
            faces = said["faces"]
            return ScanResult(
                said["hashed_ns"],
                tuple(said["stat"]) if said["stat"] else None,
                _unb64(said["content_hash"]),
                _unb64(said["image_hash"]),
                PhotoFacts(*said["facts"]) if said["facts"] else None,
                None if faces is None else tuple(_face_in(f) for f in faces),
                problem,
                None if said["said"] is None else _xmp_in(said["said"]),
            )
    raise ValueError(f"a worker said {said['message']!r}")
