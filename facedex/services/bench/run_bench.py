"""How fast facedex is on this machine and these photos, beside what it is measured against.

Everything is compared within one run on the same photos: a whole ``facedex scan`` with the settings
at hand, decoding alone (no scan can be faster), and dlib's own HOG and CNN with its encoder, one
photo after the other, as scripts use them. The library and the photos of the owner are not touched.
"""

from __future__ import annotations

import dataclasses
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facedex.paths import model_cache
from facedex.pipeline.open_run import prepare_engine
from facedex.services.bench.engines import summarise, time_engine, total_cost
from facedex.services.bench.photos import copy_sample, draw_sample
from facedex.services.bench.scan import measure_decoding, measure_scan
from facedex.types import DetectorName, EngineConfig, RuntimeName

if TYPE_CHECKING:
    from facedex.config import Settings
    from facedex.progress import ProgressSink
    from facedex.services.bench.child import Cost
    from facedex.services.bench.engines import StepTimes
    from facedex.services.bench.photos import Sample
    from facedex.services.bench.scan import ScanCost
    from facedex.types import FaceEngine

# of the time that there is; dlib's CNN takes what is left
_COPYING, _DECODING, _SCANNING, _STEPS, _HOG = 0.15, 0.15, 0.4, 0.12, 0.1
_STEP_PHOTOS, _HOG_PHOTOS, _CNN_PHOTOS = 16, 4, 2


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """What is measured.

    Attributes
    ----------
    folders : where the photos are; empty: photos are drawn, of ``drawn_megapixels``.
    seconds : about how long it may take, models that have to be prepared apart.
    """

    folders: tuple[Path, ...] = ()
    n_photos: int = 48
    seconds: float = 60.0
    drawn_megapixels: float = 12.0


@dataclass(frozen=True, slots=True)
class BenchReport:
    """What was measured; costs that the time did not suffice for are None.

    Attributes
    ----------
    sample : the photos; their folder is gone.
    target : runtime, device and precision of the networks.
    hog, dlib_cnn : dlib's detectors and encoder in one process.
    """

    sample: Sample
    engine: EngineConfig
    working_size: int
    target: str
    n_workers: int
    scan: ScanCost
    decoding: Cost
    steps: StepTimes | None
    hog: Cost | None
    dlib_cnn: Cost | None

    @property
    def share_of_decoding(self) -> float:
        """Photos a second of the whole scan over those of decoding alone."""
        return self.scan.cost.photos_per_s / self.decoding.photos_per_s

    def times_as_fast_as(self, other: Cost | None) -> float | None:
        """Photos a second of the whole scan over another's; None where that was not measured."""
        return None if other is None else self.scan.cost.photos_per_s / other.photos_per_s

    def as_dict(self) -> dict[str, Any]:
        """Return plain values: ratios first, then what they are of."""
        sample, scan = self.sample, self.scan
        return {
            "facedex": version("facedex"),
            "ratios": {
                "share_of_decoding": self.share_of_decoding,
                "times_as_fast_as_hog": self.times_as_fast_as(self.hog),
                "times_as_fast_as_dlib_cnn": self.times_as_fast_as(self.dlib_cnn),
            },
            "photos": {
                "n_photos": sample.n_photos,
                "n_candidates": sample.n_candidates,
                "is_drawn": sample.is_drawn,
                "megapixels": sample.megapixels,
                "size_bytes": sample.size_bytes,
            },
            "engine": {
                "detector": self.engine.detector,
                "is_thorough": self.engine.is_thorough,
                "working_size": self.working_size,
                "encode_crops": self.engine.encode_crops,
                "networks_on": self.target,
                "n_workers": self.n_workers,
            },
            "scan": {
                **_cost_dict(scan.cost),
                "running_photos_per_s": scan.running_photos_per_s,
                "start_up_s": scan.start_up_s,
                "n_faces": scan.n_faces,
                "faces_per_s": scan.n_faces / scan.cost.wall_s,
                "peak_memory_bytes": scan.peak_memory_bytes,
                "is_stopped": scan.is_stopped,
            },
            "decoding": _cost_dict(self.decoding),
            "hog": self.hog and _cost_dict(self.hog),
            "dlib_cnn": self.dlib_cnn and _cost_dict(self.dlib_cnn),
            "steps": self.steps
            and {**dataclasses.asdict(self.steps), "limited_by": self.steps.limit},
        }


def _cost_dict(cost: Cost) -> dict[str, Any]:
    return {
        "n_photos": cost.n_photos,
        "wall_s": cost.wall_s,
        "photos_per_s": cost.photos_per_s,
        "processor_s_per_photo": cost.processor_s_per_photo,
    }


def run_bench(settings: Settings, options: BenchOptions, sink: ProgressSink) -> BenchReport:
    """Measure one thing after the other, each for its part of the time.

    Raises
    ------
    UsageError, EnvironmentFault
    """
    faces = prepare_engine(settings.engine(), sink)
    with tempfile.TemporaryDirectory(prefix="facedex-bench-") as work:
        return _measure(settings, faces, options, Path(work), sink)


def _measure(
    settings: Settings,
    faces: FaceEngine,
    options: BenchOptions,
    work: Path,
    sink: ProgressSink,
) -> BenchReport:
    from facedex.engines.choosing.devices import choose_target

    limit = options.seconds
    until = time.monotonic() + limit
    engine = settings.engine()
    sample = _sample(options, work / "photos", sink)
    sink.started("Decoding alone", len(sample.paths))
    decoding = measure_decoding(sample.paths, max(1, settings.n_workers()), _DECODING * limit, sink)
    sink.started("Scanning", len(sample.paths))
    scan = measure_scan(settings, sample.folder, work / "scan", _SCANNING * limit, sink)
    some = sample.paths[:: max(1, len(sample.paths) // _STEP_PHOTOS)][:_STEP_PHOTOS]
    sink.started("Timing each step", len(some))
    steps = time_engine(engine, some, work, _STEPS * limit, sink)
    sink.started("dlib's HOG", min(_HOG_PHOTOS, len(some)))
    hog = time_engine(_dlibs(DetectorName.HOG, faces), some[:_HOG_PHOTOS], work, _HOG * limit, sink)
    sink.started("dlib's CNN, which takes long", min(_CNN_PHOTOS, len(some)))
    left = until - time.monotonic()
    cnn = time_engine(_dlibs(DetectorName.CNN, faces), some[:_CNN_PHOTOS], work, left, sink)
    sink.finished()
    return BenchReport(
        sample,
        engine,
        faces.working_size,
        str(choose_target(engine, model_cache())),
        settings.n_workers(),
        scan,
        decoding,
        summarise(steps),
        total_cost(hog),
        total_cost(cnn),
    )


def _dlibs(detector: DetectorName, faces: FaceEngine) -> EngineConfig:
    """Return dlib's own engine on photos of the same size, as scripts use it: a crop a face."""
    return EngineConfig(detector, RuntimeName.DLIB, faces.decode_size, encode_crops=1)


def _sample(options: BenchOptions, target: Path, sink: ProgressSink) -> Sample:
    if not options.folders:
        sink.started("Drawing photos", None)
        return draw_sample(options.n_photos, target, options.drawn_megapixels)
    sink.started("Copying some of the photos", None)
    return copy_sample(options.folders, options.n_photos, target, _COPYING * options.seconds)
