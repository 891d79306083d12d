"""facedex's own engines, which register through the same hooks as a plugin's."""

from __future__ import annotations

from functools import partial

from facedex.engines.encoding.dlib_encoder import DlibEncoder
from facedex.engines.finding.own_detectors import OwnDetector
from facedex.engines.runtimes import Runtime, own_runtimes
from facedex.plugins import DetectorSpec, EncoderSpec, hookimpl
from facedex.types import DLIB_ENCODER, DetectorName

CASCADE_SIZE = 768  # docs/benchmarks.md says what each size finds
THOROUGH_SIZE = 1600
_WHOLE_PHOTO = {
    DetectorName.CNN: "dlib's network looks at the whole photo",
    DetectorName.HOG: "dlib's HOG detector: frontal faces only, without a network",
    DetectorName.HOG_THEN_CNN: "hog, and cnn where hog finds nothing",
    DetectorName.BOTH: "the faces of cnn and of hog",
}


@hookimpl
def register_detectors() -> list[DetectorSpec]:
    """Return the strategies of ``engines/finding/strategies.py``."""
    cascade = DetectorSpec(
        DetectorName.CASCADE.value,
        "YuNet proposes faces, dlib's network confirms them",
        partial(OwnDetector, DetectorName.CASCADE),
        working_size=CASCADE_SIZE,
        thorough_size=THOROUGH_SIZE,
        resizes_itself=True,
        has_dlib_boxes=True,
    )
    return [cascade, *(_whole_photo(name, summary) for name, summary in _WHOLE_PHOTO.items())]


def _whole_photo(name: DetectorName, summary: str) -> DetectorSpec:
    return DetectorSpec(
        name.value, summary, partial(OwnDetector, name), least_decode_size=0, has_dlib_boxes=True
    )


@hookimpl
def register_encoders() -> list[EncoderSpec]:
    """Return dlib's ResNet; what is true of its encodings stands in ``naming/encoder.py``."""
    return [
        EncoderSpec(
            DLIB_ENCODER,
            "dlib's ResNet, 128 numbers a face",
            DlibEncoder,
            needs_dlib_boxes=True,
        )
    ]


@hookimpl
def register_runtimes() -> tuple[Runtime, ...]:
    """Return those of ``engines/runtimes/``."""
    return own_runtimes()
