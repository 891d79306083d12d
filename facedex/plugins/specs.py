"""What a plugin gives, detectors and encoders, and what facedex gives them to work with.

Images are uint8 (h, w, 3), RGB, upright; boxes are 0..1 of the image's width and height.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from facedex.plugins.runtime import ModelSession, Runtime, Target
    from facedex.types import Box, Detection, EncodedFace, EncoderThresholds

WHOLE_PHOTO_SIZE = 1600
T = TypeVar("T")


class Tools(Protocol):
    """What facedex gives a detector and an encoder; one for the engine that they make together."""

    @property
    def working_size(self) -> int:
        """Long side in pixels at which faces are looked for."""

    @property
    def is_thorough(self) -> bool:
        """Whether small faces are wanted too (``--thorough``)."""

    @property
    def encode_crops(self) -> int:
        """Crops of a face whose encodings are averaged, where the encoder does so."""

    @property
    def threads(self) -> int:
        """Threads that a network may use."""

    @property
    def target(self) -> Target:
        """Where networks are executed."""

    @property
    def runtime(self) -> Runtime:
        """That of the target; :meth:`open_session` is the safer way to use it."""

    @property
    def cache_dir(self) -> Path:
        """For converted networks; it may be deleted at any time."""

    def open_session(self, model: bytes, *, is_exact: bool = False) -> ModelSession:
        """Load an ONNX graph with one output on the target; the processor takes over if it fails.

        ``is_exact`` computes in float32 even where the target has half the precision.
        """

    def find_model(self, filename: str, sha256: str, package: str) -> Path:
        """Return a checked file: from the user's models folder, or as an installed package has it.

        The package is not imported; ``filename`` may hold folders inside it.

        Raises
        ------
        ModelMissing
            If the file is absent or has another checksum.
        """

    def shared(self, make: Callable[[Tools], T]) -> T:
        """Return what ``make`` makes of these tools: made once, then the same for every caller."""


class Detector(Protocol):
    """Finds faces. One thread at a time uses it; each process makes its own."""

    @property
    def detector_id(self) -> str:
        """Names everything that changes which faces are found, save the working size."""

    def prepare(self) -> None:
        """Do once, before there are workers, what each would have to do: convert files."""

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Return the faces in ``image``, the best score first; boxes may reach outside it."""

    def close(self) -> None:
        """Free networks; they are loaded again when they are needed again."""


class Encoder(Protocol):
    """Turns faces into encodings. One thread at a time uses it; each process makes its own."""

    @property
    def model_id(self) -> str:
        """Names everything that changes encodings, the weights above all."""

    @property
    def dim(self) -> int:
        """How many elements an encoding has."""

    def prepare(self) -> None:
        """Do once, before there are workers, what each would have to do: convert files."""

    def encode(self, image: NDArray[np.uint8], boxes: Sequence[Box]) -> list[EncodedFace]:
        """Return landmarks and encoding of each box of ``image``, which may leave the image."""

    def close(self) -> None:
        """Free networks; they are loaded again when they are needed again."""


@dataclass(frozen=True, slots=True)
class DetectorSpec:
    """A detector that can be asked for by name.

    Attributes
    ----------
    name : what ``--detector`` takes: lower-case letters, digits and hyphens.
    summary : a line for people.
    open : makes it; cheap, networks are loaded at the first photo. Raises what is missing.
    working_size : long side in pixels at which faces are looked for, if the user names no other.
    thorough_size : the same with ``--thorough``; None where that changes nothing.
    least_decode_size : long side in pixels from which faces are cut, though less is searched.
    resizes_itself : it is given the photo as decoded; otherwise at the working size, enlarged at
        most twice.
    has_dlib_boxes : boxes are like those of dlib's detectors, squares from the brows to the chin.
        Others are fitted to what dlib's detector sees before an encoder that needs such gets them.
    """

    name: str
    summary: str
    open: Callable[[Tools], Detector]
    working_size: int = WHOLE_PHOTO_SIZE
    thorough_size: int | None = None
    least_decode_size: int = WHOLE_PHOTO_SIZE
    resizes_itself: bool = False
    has_dlib_boxes: bool = False


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """An encoder that can be asked for by name.

    Attributes
    ----------
    name : what ``--encoder`` takes: lower-case letters, digits and hyphens.
    summary : a line for people.
    open : makes it; cheap, networks are loaded at the first face. Raises what is missing.
    needs_dlib_boxes : boxes of other kinds are fitted to what dlib's detector sees first. Every
        encoder gets such boxes, from facedex's own detectors and for rectangles that people drew.
    thresholds : without them, faces are encoded and neither suggested nor grouped.
    """

    name: str
    summary: str
    open: Callable[[Tools], Encoder]
    needs_dlib_boxes: bool = False
    thresholds: EncoderThresholds | None = None
