"""The face engine: detectors and an encoder, facedex's own or a plugin's, on a runtime."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from facedex.engines.choosing.devices import choose_target
from facedex.engines.encoding.fit_region import fit_box
from facedex.engines.finding.confirmer import Confirmer
from facedex.engines.finding.own_detectors import CNN_ID
from facedex.engines.finding.searching import Searcher, joined, tools_for
from facedex.engines.models.model_files import ModelName
from facedex.engines.registry import find_detectors, find_encoder, find_runtime
from facedex.engines.runtimes.engine_sessions import EngineTools, dlib_networks, hog_detector
from facedex.geometry import box_to_upright, pixels_to_upright, points_to_stored
from facedex.plugins.guards import GuardedEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from facedex.engines.runtimes import Runtime, Target
    from facedex.plugins.manager import Registered
    from facedex.plugins.specs import DetectorSpec, Encoder, EncoderSpec
    from facedex.types import (
        Box,
        Detection,
        EncodedFace,
        EncoderThresholds,
        EngineConfig,
        FacePlace,
    )


class Engine:
    """Detectors and an encoder; satisfies :class:`facedex.types.FaceEngine`.

    Networks are loaded at their first use. One engine serves one thread at a time; threads and
    processes that work side by side each make their own.
    """

    def __init__(
        self,
        detectors: Sequence[tuple[Registered[DetectorSpec], EngineTools]],
        encoder: Registered[EncoderSpec],
        tools: EngineTools,
    ) -> None:
        networks = tools.shared(dlib_networks)
        self._tools = tools
        self._networks = networks
        self._hog = tools.shared(hog_detector)
        confirmer = Confirmer(lambda: networks.session(ModelName.DETECTOR))
        needs_fit = [
            encoder.what.needs_dlib_boxes and not each.what.has_dlib_boxes for each, _ in detectors
        ]
        self._searchers = [
            Searcher(registered, own_tools, confirmer if is_fitted else None)
            for (registered, own_tools), is_fitted in zip(detectors, needs_fit, strict=True)
        ]
        self._is_any_fitted = any(needs_fit)
        self.thresholds: EncoderThresholds | None = encoder.what.thresholds
        self.encoder: Encoder = (
            encoder.what.open(tools) if encoder.is_own else GuardedEncoder(encoder, tools)
        )

    @property
    def engine_id(self) -> str:
        """Detectors, working sizes and networks; never the runtime, which changes no face."""
        name = "+".join(each.name for each in self._searchers)
        size = "+".join(str(each.working_size) for each in self._searchers)
        detector_id = "+".join(each.detector.detector_id for each in self._searchers)
        fitted = f"+{CNN_ID}" if self._is_any_fitted else ""
        return f"{name}@{size}/{detector_id}{fitted}"

    @property
    def model_id(self) -> str:
        """The encoder's."""
        return self.encoder.model_id

    @property
    def target(self) -> Target:
        """Where networks are executed."""
        return self._tools.target

    @property
    def working_size(self) -> int:
        """Long side in pixels at which faces are looked for; of several detectors, the largest."""
        return max(each.working_size for each in self._searchers)

    @property
    def decode_size(self) -> int:
        """Least long side in pixels to decode to: faces may be cut from more than is searched."""
        return max(each.decode_size for each in self._searchers)

    def prepare(self) -> None:
        """Convert the networks, once for all workers."""
        for each in self._searchers:
            each.detector.prepare()
        self.encoder.prepare()

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Return the faces in ``image``, uint8 (h, w, 3) RGB upright, of any size.

        Boxes may reach outside the image. The best score comes first, as the detector has it; of
        several detectors, the first one's faces do.
        """
        return joined([each.find_faces(image) for each in self._searchers])

    def encode(self, image: NDArray[np.uint8], places: Sequence[FacePlace]) -> list[EncodedFace]:
        """Return landmarks and encoding of each face of ``image``, uint8 (h, w, 3) RGB upright.

        ``image`` may be larger than the one that was searched: chips are cut from what is given.
        The encoder sees faces upright; landmarks are in the image as it is given.
        """
        order = sorted(range(len(places)), key=lambda number: places[number].orientation)
        encoded: dict[int, EncodedFace] = {}
        for orientation, numbers in groupby(order, key=lambda number: places[number].orientation):
            some = list(numbers)
            turned = pixels_to_upright(image, orientation)
            boxes = [box_to_upright(places[number].box, orientation) for number in some]
            for number, face in zip(some, self.encoder.encode(turned, boxes), strict=True):
                landmarks = points_to_stored(face.landmarks, orientation)
                encoded[number] = replace(face, landmarks=landmarks)
        return [encoded[number] for number in range(len(places))]

    def fit_box_from_region(self, image: NDArray[np.uint8], region: Box) -> FacePlace | None:
        """Return what to encode for a loose rectangle that a person drew around a face.

        None where no encoding makes sense; see :func:`facedex.engines.encoding.fit_region.fit_box`.
        """
        return fit_box(image, region, self._networks.find_faces, self._hog.get().find_faces)

    def close(self) -> None:
        """Free the networks; they are loaded again when they are needed again."""
        for each in self._searchers:
            each.detector.close()
        self.encoder.close()
        self._networks.close()
        self._hog.take()


def create_engine(config: EngineConfig, cache_dir: Path) -> Engine:
    """Return the engine that ``config`` describes; converted networks are kept in ``cache_dir``.

    Raises
    ------
    UsageError
        If there is no detector, encoder or runtime of that name, or no device as asked for.
    EnvironmentFault
        If a plugin's detector or encoder cannot be made, or a model is missing.
    """
    find_detectors(config.detector, config.plugins_dir)  # before anything is tried and timed
    find_encoder(config.encoder, config.plugins_dir)
    target = choose_target(config, cache_dir)
    return engine_on(config, cache_dir, target, find_runtime(target.runtime, config.plugins_dir))


def engine_on(config: EngineConfig, cache_dir: Path, target: Target, runtime: Runtime) -> Engine:
    """Return the engine that ``config`` describes on a target, whatever it says of that."""
    detectors = find_detectors(config.detector, config.plugins_dir)
    tools = EngineTools(
        working_size=detectors[0].what.working_size,
        is_thorough=config.is_thorough,
        encode_crops=config.encode_crops,
        threads=config.threads,
        target=target,
        runtime=runtime,
        cache_dir=cache_dir,
    )
    return Engine(
        [(each, tools_for(each.what, config, tools)) for each in detectors],
        find_encoder(config.encoder, config.plugins_dir),
        tools,
    )
