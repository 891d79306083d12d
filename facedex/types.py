"""The values that travel through facedex: frozen, without I/O.

Frames: every :class:`Box` says 0..1 of the image's width and height, half-open. In memory it is in
the upright frame (after EXIF orientation); the database keeps the stored-pixel frame. Only
``facedex.geometry`` converts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, NewType, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

RootId = NewType("RootId", int)
FileId = NewType("FileId", int)
PhotoId = NewType("PhotoId", int)
FaceId = NewType("FaceId", int)
PersonId = NewType("PersonId", int)
ClusterId = NewType("ClusterId", int)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in 0..1 of width and height; ``x1`` and ``y1`` lie just outside it."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Width as a share of the image's width."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Height as a share of the image's height."""
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        """Area as a share of the image's area; 0 for an empty box."""
        return max(0.0, self.width) * max(0.0, self.height)

    @property
    def center(self) -> tuple[float, float]:
        """The middle, as (x, y)."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2


# who places faces beside the detectors (``face.origin``); what people drew, no detector takes away
DRAWN_ORIGINS = frozenset({"picasa", "digikam", "xmp", "manual"})
DLIB_ENCODER = "dlib-resnet"
POOR_QUALITY = 0.2
"""A face below it moves no centroid and is suggested last; an unknown quality is a fine one."""
SURE = 0.995
"""A suggestion at least so probable may be confirmed unseen, unless its owner says otherwise."""


class MetricName(StrEnum):
    """How the distance of two encodings is taken; facedex.matching.metrics has each."""

    NONE = "none"
    STD = "std"
    VARIANCE = "variance"
    UNIT = "unit"
    WHITENED = "whitened"
    TYPICALITY = "typicality"


class DetectorName(StrEnum):
    """facedex's own ways of looking for faces (``engines/builtin.py``); plugins bring others."""

    CASCADE = "cascade"
    CNN = "cnn"
    HOG = "hog"
    HOG_THEN_CNN = "hog-then-cnn"
    BOTH = "both"


class RuntimeName(StrEnum):
    """What executes the networks; ``auto`` is the fastest that passes the self-test.

    These are facedex's own; plugins bring others.
    """

    AUTO = "auto"
    ONNXRUNTIME = "onnxruntime"
    OPENVINO = "openvino"
    TORCH = "torch"
    DLIB = "dlib"


class DeviceName(StrEnum):
    """Where networks are executed.

    ``gpu`` asked for means any graphics processor; as a device it is the one that OpenVINO drives.
    The names from ``cuda`` on are ways to a graphics processor, each of one or two runtimes.
    """

    AUTO = "auto"
    CPU = "cpu"
    GPU = "gpu"
    NPU = "npu"
    CUDA = "cuda"
    TENSORRT = "tensorrt"
    ROCM = "rocm"
    MIGRAPHX = "migraphx"
    DIRECTML = "directml"
    COREML = "coreml"
    WEBGPU = "webgpu"
    MPS = "mps"
    XPU = "xpu"
    OPENVINO = "openvino"  # ONNX Runtime's provider of that name, on the device it prefers

    @property
    def is_accelerator(self) -> bool:
        """Tell whether this is something other than the processor."""
        return self not in {DeviceName.AUTO, DeviceName.CPU}


class Precision(StrEnum):
    """The numbers that networks are computed in; inputs and results are float32 in any case."""

    AUTO = "auto"
    F32 = "f32"
    BF16 = "bf16"
    F16 = "f16"


class FaceState(StrEnum):
    """What is known of a face; the strongest statement wins (``v1_faces.state``)."""

    CONFIRMED = "confirmed"
    SUGGESTED = "suggested"
    REJECTED = "rejected"
    IGNORED = "ignored"
    UNKNOWN = "unknown"


class Source(StrEnum):
    """Who says so. ``auto`` never overwrites another source."""

    USER = "user"
    PICASA = "picasa"
    DIGIKAM = "digikam"
    XMP = "xmp"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A word about a face: a source names or denies a person, or with None puts it aside."""

    person_id: PersonId | None
    state: FaceState
    source: Source
    distance: float | None = None
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class FacePlace:
    """Where a face is in an image, and how it lies there.

    Attributes
    ----------
    box : in the frame of the image, which is upright.
    orientation : how the image is to be turned for this face to be upright, as EXIF has it: 3, 6 or
        8 of somebody who lies down, and of everybody in a photo that lies on its side; else 1.
    is_seen : whether a detector sees a face there; else it is a guess from where a person drew a
        box.
    """

    box: Box
    orientation: int = 1
    is_seen: bool = True


@dataclass(frozen=True, slots=True)
class Detection:
    """A face found by a detector.

    Attributes
    ----------
    box : in the frame of the image that was searched (upright).
    score : the detector's own; larger is surer; not comparable between detectors.
    detector : ``"cascade"``, ``"cnn"``, ``"hog"``, or the name of a plugin's.
    orientation : see :class:`FacePlace`.
    """

    box: Box
    score: float
    detector: str
    orientation: int = 1

    @property
    def place(self) -> FacePlace:
        """What the encoder needs to know."""
        return FacePlace(self.box, self.orientation)


@dataclass(frozen=True, slots=True)
class EncodedFace:
    """What the encoder says of one box.

    Attributes
    ----------
    landmarks : float32 (5, 2), 0..1 of the image, upright; dlib's order: outer and inner corner of
        the person's left eye, outer and inner corner of the right eye, the base of the nose.
    encoding : float32 (d,), as the model gives it: dlib's has 128 elements and is not normalised.
    quality : 0..1, what the picture alone says of how well the face can be recognised; None where
        the encoder does not tell.
    """

    landmarks: NDArray[np.float32]
    encoding: NDArray[np.float32]
    quality: float | None = None


@dataclass(frozen=True, slots=True)
class EncoderThresholds:
    """How near is near enough for the encodings of one model, as Euclidean distances.

    Attributes
    ----------
    label_counts, cuts : the largest distance to a centroid at which its person is suggested, for
        some numbers of labelled faces behind the centroid, ascending counts.
    group_cut : root-mean-square distance up to which unknown faces make one group.
    same_face : up to it, two encodings are of one face before and after an edit, or on a RAW and
        its JPEG; None: two thirds of the cut of one label, as dlib's.
    other_face : beyond it, they are not, though the place is the same; None: 1.14 of that cut.
    quality_floor : below this ``EncodedFace.quality`` an encoding is not used; 0: all are.
    """

    label_counts: tuple[int, ...]
    cuts: tuple[float, ...]
    group_cut: float
    same_face: float | None = None
    other_face: float | None = None
    quality_floor: float = 0.0


class FaceEngine(Protocol):
    """Detector, landmarks and encoder on one runtime: images in, faces out, no paths."""

    @property
    def engine_id(self) -> str:
        """Names all that changes which faces are found; a new id means photos to do again."""

    @property
    def model_id(self) -> str:
        """Names the encoder's weights; encodings of two models are never compared."""

    @property
    def working_size(self) -> int:
        """Long side in pixels at which faces are looked for."""

    @property
    def decode_size(self) -> int:
        """Least long side in pixels to decode to: faces may be cut from more than is searched."""

    @property
    def thresholds(self) -> EncoderThresholds | None:
        """What a plugin's encoder says of its distances; None for facedex's own, or without any."""

    def prepare(self) -> None:
        """Do once what every worker would have to do: convert networks and keep them."""

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Return the faces in ``image``, uint8 (h, w, 3) RGB upright, best score first."""

    def encode(self, image: NDArray[np.uint8], places: Sequence[FacePlace]) -> list[EncodedFace]:
        """Return landmarks and encoding of each face of ``image``, uint8 (h, w, 3) RGB upright.

        Landmarks are in the image as it is given, however the face lies in it.
        """

    def fit_box_from_region(self, image: NDArray[np.uint8], region: Box) -> FacePlace | None:
        """Return what to encode for a loose rectangle that a person drew around a face.

        None where no encoding makes sense.
        """


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """Which engine a scan uses; plain values, so that it can be sent to a worker.

    Attributes
    ----------
    detector, encoder, runtime : names; whether they exist is known when the engine is created.
    working_size : long side in pixels at which faces are looked for; None is the detector's own.
    encode_crops : crops of a face whose encodings are averaged: 1, 2 or 5.
    is_thorough : the detector looks for small faces too, if it can; it takes more time.
    plugins_dir : folder of plugins beside those that are installed as packages.
    """

    detector: str = DetectorName.CASCADE
    runtime: str = RuntimeName.AUTO
    working_size: int | None = None
    threads: int = 1
    device: DeviceName = DeviceName.AUTO
    precision: Precision = Precision.AUTO
    encode_crops: int = 2
    is_thorough: bool = False
    encoder: str = DLIB_ENCODER
    plugins_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """How a scan is done.

    Attributes
    ----------
    folders : to be remembered as roots; empty: all roots that are remembered.
    n_workers : processes; 0 does everything in this one.
    contacts_xml : Picasa's, where the owner has it.
    """

    engine: EngineConfig
    folders: tuple[Path, ...] = ()
    n_workers: int = 0
    contacts_xml: Path | None = None


@dataclass(frozen=True, slots=True)
class FileStat:
    """What the file system says of one regular file.

    ``relpath`` is ``os.fsencode`` bytes relative to the root, with ``/`` between the parts.
    """

    relpath: bytes
    size_bytes: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    n_links: int


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """What a photo's header says.

    Attributes
    ----------
    width_px, height_px : of the stored pixels, before ``orientation``.
    decoder_turn : how the decoder has turned the picture that is coded in the file to give the
        stored pixels, as EXIF numbers it: libheif does what a HEIC's boxes say. Other programs may
        count in the coded picture.
    """

    format: str
    width_px: int
    height_px: int
    orientation: int = 1
    taken_us: int | None = None
    camera: str | None = None
    decoder_turn: int = 1


@dataclass(frozen=True, slots=True)
class PhotoShape:
    """A photo's (width, height) in pixels as they lie, and the orientation that turns it upright.

    ``is_turned_by_decoder`` tells that whoever opens the file gets it turned, whatever its EXIF
    says.
    """

    size: tuple[int, int]
    orientation: int
    is_turned_by_decoder: bool = False


class WithoutFace(Enum):
    """What is to become of a region in whose place no face was found."""

    DRAW = "draw"
    """It becomes a face of its own: the detector missed it."""
    DRAW_IF_SEEN = "draw if seen"
    """It becomes one if its own picture shows a face, looked at closely."""
    NAME_ONLY = "name only"
    """Its name stands for the whole photo."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a region lies on its photo.

    Attributes
    ----------
    box : in the stored-pixel frame, clipped to it.
    frame : how the place was found, in a few words for the ledger (``v1_regions.frame``).
    without_face : what is to become of it where no face was found.
    evidence : what speaks for the place (``v1_regions.evidence``).
    """

    box: Box
    frame: str
    without_face: WithoutFace = WithoutFace.DRAW
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class NoPlace:
    """A region that lies nowhere on its photo, or nobody knows where: it is a name only."""

    frame: str
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class PicasaFace:
    """One ``rect64(..),id`` item of a ``faces=`` line.

    Attributes
    ----------
    box : as written: relative to the stored pixels (RAW files: to the upright picture).
    rect_hex, contact_id : padded to 16 lower-case hex digits; the id is ``""`` where it is missing.
    is_suspect : the rectangle wrapped at 16 bits and was mended.
    """

    box: Box
    rect_hex: str
    contact_id: str
    is_suspect: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """How Picasa made a file that it saved: the original's stored pixels, cropped, then turned.

    The inis in ``.picasaoriginals`` hold recipes of the files beside that folder.

    Attributes
    ----------
    width_px, height_px : of the original's stored pixels.
    crop : what was kept, in 0..1 of the original's stored pixels; None is all of it.
    rotate : clockwise quarter turns, 0 to 3; None where the section does not say.
    """

    width_px: int
    height_px: int
    crop: Box | None = None
    rotate: int | None = None


@dataclass(frozen=True, slots=True)
class PicasaSection:
    """A file's section of a ``.picasa.ini``.

    Attributes
    ----------
    rotate : clockwise quarter turns from the stored pixels to upright, 0 to 3; None without the
        key.
    albums : tokens of the albums that hold the photo; ``PicasaIni.albums`` has their names.
    recipe : the section's own size, crop and rotation, where it has a size. It says how a file was
        made only in an ini of ``.picasaoriginals``.
    """

    filename: str
    faces: tuple[PicasaFace, ...] = ()
    rotate: int | None = None
    is_starred: bool = False
    is_hidden: bool = False
    caption: str = ""
    keywords: tuple[str, ...] = ()
    albums: tuple[str, ...] = ()
    recipe: Recipe | None = None


@dataclass(frozen=True, slots=True)
class LineCounts:
    """What the lines of a ``.picasa.ini`` are: each is of one of the first seven kinds.

    Attributes
    ----------
    sections : lines that open a section.
    faces_lines : ``faces=`` lines, wherever they stand.
    known_keys, unknown_keys : other ``key=value`` lines of a section, by whether Picasa's keys of
        such a section are known to include theirs.
    contacts : lines of ``[Contacts]`` and ``[Contacts2]``.
    junk : neither a section nor ``key=value``, or outside any section.
    face_items : items of the ``faces=`` lines, empty ones apart: the sum of the last three.
    faces : items that are a face of a photo.
    malformed_items : items that could not be understood or stand in no photo's section.
    repeated_items : items that say what another one of the photo says.
    """

    blank: int = 0
    sections: int = 0
    faces_lines: int = 0
    known_keys: int = 0
    unknown_keys: int = 0
    contacts: int = 0
    junk: int = 0
    face_items: int = 0
    faces: int = 0
    malformed_items: int = 0
    repeated_items: int = 0

    @property
    def total(self) -> int:
        """The number of lines."""
        return (
            self.blank
            + self.sections
            + self.faces_lines
            + self.known_keys
            + self.unknown_keys
            + self.contacts
            + self.junk
        )


@dataclass(frozen=True, slots=True)
class PicasaIni:
    """A parsed ``.picasa.ini``.

    Attributes
    ----------
    sections : one a file name, in file order, those without faces too.
    contacts : contact id (16 hex digits) to display name, from ``[Contacts2]``.
    problems : one line of text for each item that could not be used.
    is_export : the folder was written by Picasa's export; its rectangles may be stale.
    albums : token to name of the albums that the ini knows.
    web_ids : contact id to ``<user>_lh,<web id>``, from the ``[Contacts]`` of Picasa up to 3.8. Two
        ids with the same value are probably one person.
    lines : what the file's lines are; it does not take part in comparisons.
    """

    sections: tuple[PicasaSection, ...] = ()
    contacts: dict[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    is_export: bool = False
    albums: Mapping[str, str] = field(default_factory=dict)
    web_ids: Mapping[str, str] = field(default_factory=dict)
    lines: LineCounts = field(default_factory=LineCounts, compare=False)
