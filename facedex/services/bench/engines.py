"""Timing what is done to a photo, step by step, in a process of its own.

Of its own, because dlib's CNN works on a photo for many seconds and cannot be interrupted: the
process is ended when its time is over, and what it has measured until then counts.
"""

from __future__ import annotations

import dataclasses
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from facedex.errors import EnvironmentFault
from facedex.paths import model_cache
from facedex.services.bench.child import Cost, running
from facedex.types import DeviceName, EngineConfig, Precision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.progress import ProgressSink
    from facedex.types import FaceEngine

_FACE_PX = 200
STEPS = ("read", "decode", "detect", "encode")


@dataclass(frozen=True, slots=True)
class PhotoTimes:
    """What one photo took: seconds of each of ``STEPS``, and of the processor in all."""

    wall_s: dict[str, float]
    processor_s: float
    n_faces: int


def time_engine(
    config: EngineConfig, paths: Sequence[Path], work: Path, limit_s: float, sink: ProgressSink
) -> list[PhotoTimes]:
    """Return the times of each photo that was done within ``limit_s``; loading counts to the limit.

    One photo after the other, in one process; the networks are loaded before the first.

    Parameters
    ----------
    work : a folder for temporary files.

    Raises
    ------
    EnvironmentFault
        If the process fails.
    """
    command = [
        "-m",
        __name__,
        config_to_json(config),
        *map(str, paths),
    ]
    times: list[PhotoTimes] = []
    with (
        running(command, work) as child,
        child.told_after(limit_s, subprocess.Popen.kill) as is_over,
    ):
        for message in child.messages():
            times.append(PhotoTimes(**message))
            sink.advanced(1)
        exit_code = child.process.wait()
    if exit_code and not is_over.is_set():
        raise EnvironmentFault(
            f"timing {config.detector} ended with code {exit_code}: {child.last_words}"
        )
    return times


def total_cost(times: Sequence[PhotoTimes]) -> Cost | None:
    """Return what the photos cost together; None for no photo."""
    if not times:
        return None
    wall = sum(sum(each.wall_s.values()) for each in times)
    return Cost(len(times), wall, sum(each.processor_s for each in times))


@dataclass(frozen=True, slots=True)
class StepTimes:
    """What the steps take, and which share of a photo's time is whose.

    Attributes
    ----------
    decode_s, detect_s : of a photo, medians.
    encode_s : of a face; None if there was none.
    shares : of each of ``STEPS``, by the clock; a graphics processor's time is not the processor's.
    """

    decode_s: float
    detect_s: float
    encode_s: float | None
    faces_per_photo: float
    shares: dict[str, float]

    @property
    def limit(self) -> str:
        """The step that takes most."""
        return max(self.shares, key=lambda step: self.shares[step])


def summarise(times: Sequence[PhotoTimes]) -> StepTimes | None:
    """Return the steps' times without the first photo, at which memory and shapes are new."""
    counted = times[1:] or times
    if not counted:
        return None
    sums = {step: sum(each.wall_s[step] for each in counted) for step in STEPS}
    n_faces = sum(each.n_faces for each in counted)
    return StepTimes(
        statistics.median(each.wall_s["decode"] for each in counted),
        statistics.median(each.wall_s["detect"] for each in counted),
        sums["encode"] / n_faces if n_faces else None,
        n_faces / len(counted),
        {step: seconds / sum(sums.values()) for step, seconds in sums.items()},
    )


# --- in the process
# --------------------------------------------------------------------------------


def main() -> None:
    """Time the photos that are named and print each one's times (entry point of the process)."""
    from facedex.engines.choosing.drawn_face import drawn_face
    from facedex.engines.engine import create_engine

    config = config_from_json(sys.argv[1])
    engine = create_engine(config, model_cache())
    face = drawn_face(_FACE_PX)
    engine.encode(face, [each.place for each in engine.detect(face)])
    for name in sys.argv[2:]:
        times = _time_photo(engine, Path(name), engine.decode_size)
        sys.stdout.write(f"{json.dumps(dataclasses.asdict(times))}\n")
        sys.stdout.flush()


def config_to_json(config: EngineConfig) -> str:
    """Return what the process is told of its engine."""
    return json.dumps(dataclasses.asdict(config), default=str)


def config_from_json(text: str) -> EngineConfig:
    """Return what ``config_to_json`` wrote."""
    fields = json.loads(text)
    return EngineConfig(
        **{
            **fields,
            "device": DeviceName(fields["device"]),
            "precision": Precision(fields["precision"]),
            "plugins_dir": fields["plugins_dir"] and Path(fields["plugins_dir"]),
        }
    )


def _time_photo(engine: FaceEngine, path: Path, decode_size: int) -> PhotoTimes:
    from facedex.imaging.decode import open_photo
    from facedex.imaging.formats import SNIFF_BYTES, sniff
    from facedex.imaging.hashes import content_hash, image_hash

    processor = time.process_time()
    clock = [time.perf_counter()]
    data = path.read_bytes()
    content_hash(data)
    image_hash(data, sniff(data[:SNIFF_BYTES]) or "")
    clock.append(time.perf_counter())
    with open_photo(data, os.fsencode(path)) as photo:
        pixels = photo.pixels(decode_size)
    clock.append(time.perf_counter())
    found = engine.detect(pixels)
    clock.append(time.perf_counter())
    engine.encode(pixels, [each.place for each in found])
    clock.append(time.perf_counter())
    seconds = [after - before for before, after in pairwise(clock)]
    return PhotoTimes(
        dict(zip(STEPS, seconds, strict=True)), time.process_time() - processor, len(found)
    )


if __name__ == "__main__":
    main()
