"""Measuring what a whole ``facedex scan`` costs, and what merely decoding its photos does."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facedex.errors import EnvironmentFault, UsageError
from facedex.services.bench.child import (
    Cost,
    PeakMemory,
    children_processor_s,
    running,
)
from facedex.services.bench.photos import decode_half

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from facedex.config import Settings
    from facedex.progress import ProgressSink


@dataclass(frozen=True, slots=True)
class ScanCost:
    """What a scan of photos that are new to a new library cost, from the start of its process.

    Attributes
    ----------
    running_photos_per_s : from the first photo that was done to the last; None for too few.
    peak_memory_bytes : of all its processes at once, what they share counted once; None where the
        system does not say.
    is_stopped : it was stopped when its time was over; the photos are those done by then.
    """

    cost: Cost
    n_faces: int
    running_photos_per_s: float | None
    peak_memory_bytes: int | None
    is_stopped: bool

    @property
    def start_up_s(self) -> float | None:
        """Seconds beyond those that its photos take once it runs."""
        if self.running_photos_per_s is None:
            return None
        return max(0.0, self.cost.wall_s - self.cost.n_photos / self.running_photos_per_s)


def measure_decoding(
    paths: Sequence[Path], n_threads: int, limit_s: float, sink: ProgressSink
) -> Cost:
    """Return what decoding alone costs, at half size on ``n_threads`` cores."""
    n_done = 0
    processor, began = time.process_time(), time.perf_counter()
    with ThreadPoolExecutor(n_threads) as pool:
        # a map that is left early cancels what has not begun
        for _ in pool.map(decode_half, paths):
            n_done += 1
            sink.advanced(1)
            if time.perf_counter() - began > limit_s:
                break
        wall = time.perf_counter() - began
    return Cost(n_done, wall, time.process_time() - processor)


def measure_scan(
    settings: Settings, photos: Path, work: Path, limit_s: float, sink: ProgressSink
) -> ScanCost:
    """Return what ``facedex scan`` of the folder ``photos`` costs, with a new library in ``work``.

    Raises
    ------
    UsageError
        If nothing is done within ``limit_s``.
    EnvironmentFault
        If the scan fails.
    """
    work.mkdir()
    command = ["-m", "facedex", "--library", str(work / "library"), "scan"]
    command += [*_engine_flags(settings), "--log-json", str(photos)]
    before, began = children_processor_s(), time.perf_counter()
    log = _ScanLog()
    with (
        running(command, work) as child,
        PeakMemory(child.process.pid) as peak,
        child.told_after(limit_s, subprocess.Popen.terminate) as is_told,
    ):
        for message in child.messages():
            log.note(message, sink)
        exit_code = child.process.wait()
    wall = time.perf_counter() - began
    after = children_processor_s()
    if is_told.is_set() and not log.n_photos:
        raise UsageError(f"no photo was done in {limit_s:.0f} s; give it more time: --seconds")
    is_whole = exit_code in {0, 3}
    if not (is_whole or is_told.is_set()) or not log.n_photos:
        raise EnvironmentFault(f"facedex scan ended with code {exit_code}: {child.last_words}")
    used = None if before is None or after is None else after - before
    return ScanCost(
        Cost(log.n_photos, wall, used),
        log.n_faces,
        log.running_rate(),
        peak.peak_bytes,
        not is_whole,
    )


def _engine_flags(settings: Settings) -> list[str]:
    flags = [
        "--detector", settings.detector,
        "--thorough" if settings.thorough else "--quick",
        "--runtime", settings.runtime,
        "--device", settings.device.value,
        "--precision", settings.precision.value,
        "--encoder", settings.encoder,
        "--encode-crops", str(settings.encode_crops),
        "--jobs", str(settings.n_workers()),
    ]  # fmt: skip
    size = settings.working_size
    return flags if size is None else [*flags, "--working-size", str(size)]


class _ScanLog:
    """What the JSON lines of a scan tell while it reads photos."""

    def __init__(self) -> None:
        self.n_photos = self.n_faces = 0
        self._first: tuple[float, int] | None = None
        self._last: tuple[float, int] | None = None

    def note(self, line: dict[str, Any], sink: ProgressSink) -> None:
        """Take a line as it comes."""
        if line["type"] != "status" or line["phase"] != "Reading":
            return
        now = time.perf_counter(), int(line["done"])
        sink.advanced(now[1] - self.n_photos)
        self.n_photos, self.n_faces = now[1], int(line["faces"])
        self._last = now
        if self._first is None and now[1]:
            self._first = now

    def running_rate(self) -> float | None:
        """Return photos a second between the first and the last line."""
        if self._first is None or self._last is None or self._last[1] <= self._first[1]:
            return None
        return (self._last[1] - self._first[1]) / (self._last[0] - self._first[0])
