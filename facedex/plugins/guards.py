"""Stand between facedex and a plugin's detector or encoder: name the plugin when it fails.

What it returns is checked, as it goes into the library. A failure is that of one photo; but if
nothing has worked yet, a few failures end the run, before every photo of the library is given up
for it.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from facedex.errors import EngineError, EnvironmentFault, FacedexError
from facedex.geometry import ORIENTATION_MAPS
from facedex.plugins.manager import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from facedex.plugins.manager import Registered
    from facedex.plugins.specs import DetectorSpec, EncoderSpec, Tools
    from facedex.types import Box, Detection, EncodedFace

log = logging.getLogger(__name__)

MOST_FAILURES = 3
T = TypeVar("T")


class _Guard:
    """Calls into a plugin for one thing that it registered."""

    def __init__(self, kind: str, name: str, plugin: str) -> None:
        self._kind = kind
        self._what = f"the {kind} {name} of the plugin {plugin}"
        self._n_failures = 0
        self._has_worked = False

    def start(self, work: Callable[[], T]) -> T:
        """Return what ``work`` does at the start of a run, which its failure ends."""
        try:
            return work()
        except FacedexError:
            raise
        except Exception as exc:
            raise self._fault("cannot be used", exc) from exc

    def on_photo(self, work: Callable[[], T]) -> T:
        """Return what ``work`` does with a photo."""
        try:
            result = work()
        except FacedexError:
            raise
        except Exception as exc:
            log.debug("%s fails", self._what, exc_info=True)
            self._n_failures += 1
            if not self._has_worked and self._n_failures >= MOST_FAILURES:
                raise self._fault("fails on every photo", exc) from exc
            cause = f"{self._what} fails on it ({describe(exc)})"
            raise EngineError("a photo", "analyse", cause, "plugin") from exc
        self._has_worked = True
        return result

    def _fault(self, what: str, exc: Exception) -> EnvironmentFault:
        hint = f"Choose another: --{self._kind} NAME; facedex doctor lists them"
        return EnvironmentFault(f"{self._what} {what} ({describe(exc)})", hint)


class GuardedDetector:
    """A plugin's detector; satisfies :class:`facedex.plugins.specs.Detector`."""

    def __init__(self, registered: Registered[DetectorSpec], tools: Tools) -> None:
        spec = registered.what
        self._name = spec.name
        self._guard = _Guard("detector", spec.name, registered.plugin)
        self._detector = self._guard.start(lambda: spec.open(tools))
        self.detector_id = self._guard.start(lambda: str(self._detector.detector_id))

    def prepare(self) -> None:
        """See :class:`facedex.plugins.specs.Detector`."""
        self._guard.start(self._detector.prepare)

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Return what the detector finds, under its own name.

        Raises
        ------
        EngineError, EnvironmentFault
        """
        return self._guard.on_photo(
            lambda: [self._checked(each) for each in self._detector.detect(image)]
        )

    def close(self) -> None:
        """See :class:`facedex.plugins.specs.Detector`."""
        self._guard.start(self._detector.close)

    def _checked(self, found: Detection) -> Detection:
        box = found.box
        if not (np.isfinite([box.x0, box.y0, box.x1, box.y1, found.score]).all() and box.area > 0):
            raise ValueError(f"{box} with score {found.score} is no face")
        if found.orientation not in ORIENTATION_MAPS:
            raise ValueError(f"{found.orientation} is no orientation; EXIF's are 1 to 8")
        return replace(found, detector=self._name)


class GuardedEncoder:
    """A plugin's encoder; satisfies :class:`facedex.plugins.specs.Encoder`."""

    def __init__(self, registered: Registered[EncoderSpec], tools: Tools) -> None:
        spec = registered.what
        self._guard = _Guard("encoder", spec.name, registered.plugin)
        self._encoder = self._guard.start(lambda: spec.open(tools))
        self.model_id = self._guard.start(lambda: str(self._encoder.model_id))
        self.dim = self._guard.start(lambda: int(self._encoder.dim))

    def prepare(self) -> None:
        """See :class:`facedex.plugins.specs.Encoder`."""
        self._guard.start(self._encoder.prepare)

    def encode(self, image: NDArray[np.uint8], boxes: Sequence[Box]) -> list[EncodedFace]:
        """Return what the encoder says of the boxes.

        Raises
        ------
        EngineError, EnvironmentFault
        """
        return self._guard.on_photo(
            lambda: self._checked(self._encoder.encode(image, boxes), boxes)
        )

    def close(self) -> None:
        """See :class:`facedex.plugins.specs.Encoder`."""
        self._guard.start(self._encoder.close)

    def _checked(self, faces: list[EncodedFace], boxes: Sequence[Box]) -> list[EncodedFace]:
        if len(faces) != len(boxes):
            raise ValueError(f"{len(faces)} encodings of {len(boxes)} faces")
        for face in faces:
            for array, shape in ((face.landmarks, (5, 2)), (face.encoding, (self.dim,))):
                is_right = array.dtype == np.float32 and array.shape == shape
                if not is_right or not np.isfinite(array).all():
                    raise ValueError(
                        f"{array.dtype} {array.shape} instead of finite float32 {shape}"
                    )
        return faces
