"""The jobs and messages between the scanner and its workers: JSON, so that nothing is unpickled.

Bytes travel as base64, float arrays as base64 of little-endian float32.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from facedex.types import Box, PhotoFacts
from facedex.xmp.reading import XmpFacts
from facedex.xmp.regions import XmpRegion

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


class MessageError(ValueError):
    """Bytes that describe no job and no message."""


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
    xmp : what its XMP says of faces and people; None if nothing.
    """

    hashed_ns: int
    stat: tuple[int, int, int, int] | None = None
    content_hash: bytes | None = None
    image_hash: bytes | None = None
    facts: PhotoFacts | None = None
    faces: tuple[FoundFace, ...] | None = None
    problem: Problem | None = None
    xmp: XmpFacts | None = None


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
class SearchQuestion:
    """A worker asks in the middle of a job whether to search this image for faces."""

    image_hash: bytes


@dataclass(frozen=True, slots=True)
class Alive:
    """Sent while a large file is being hashed: the job has not hung."""


@dataclass(frozen=True, slots=True)
class Note:
    """A warning for the owner."""

    text: str


Message = Result | SearchQuestion | Alive | Note


def job_to_bytes(job: Job) -> bytes:
    """Return a job as the bytes that a worker reads."""
    return _to_bytes(job)


def job_from_bytes(data: bytes) -> Job:
    """Return the job that the bytes describe; raises ``MessageError`` if they describe none."""
    job = _from_bytes(data)
    if not isinstance(job, Job):
        raise MessageError(f"{type(job).__name__} is no job")
    return job


def message_to_bytes(message: Message) -> bytes:
    """Return a worker's message as bytes."""
    return _to_bytes(message)


def message_from_bytes(data: bytes) -> Message:
    """Return the message that the bytes describe; raises ``MessageError`` if they describe none."""
    message = _from_bytes(data)
    if not isinstance(message, Message):
        raise MessageError(f"{type(message).__name__} is no message")
    return message


# ---- values as JSON: a dataclass is an object of its fields with its class's name under ``is``

_CLASSES: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (
        *get_args(Job), *get_args(Result), SearchQuestion, Alive, Note,
        FoundFace, Problem, Box, PhotoFacts, XmpFacts, XmpRegion,
    )
}  # fmt: skip


def _to_bytes(value: Job | Message) -> bytes:
    return json.dumps(value, default=_to_object).encode()


def _from_bytes(data: bytes) -> object:
    try:
        value: object = json.loads(data, object_hook=_from_object)
    except (
        KeyError,
        TypeError,
        ValueError,
    ) as exc:  # an unknown class, or other fields than its own
        raise MessageError(f"not understood: {exc}") from exc
    return value


def _to_object(value: Any) -> dict[str, Any]:
    if isinstance(value, bytes):
        return {"is": "bytes", "base64": base64.b64encode(value).decode("ascii")}
    if isinstance(value, np.ndarray):
        data = value.astype("<f4").tobytes()
        return {"is": "float32", "shape": value.shape, "data": data}
    return {"is": type(value).__name__} | {
        each.name: getattr(value, each.name) for each in fields(value)
    }


def _from_object(plain: dict[str, Any]) -> object:
    kind = plain.pop("is")
    if kind == "bytes":
        return base64.b64decode(plain["base64"])
    if kind == "float32":
        return np.frombuffer(plain["data"], "<f4").reshape(plain["shape"])
    return _CLASSES[kind](**{name: _with_tuples(value) for name, value in plain.items()})


def _with_tuples(value: Any) -> Any:
    """Return lists as the tuples that they were."""
    return tuple(map(_with_tuples, value)) if isinstance(value, list) else value
