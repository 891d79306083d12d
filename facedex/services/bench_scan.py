"""Measuring what a whole ``facedex scan`` costs, and what merely decoding its photos does."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facedex.errors import EnvironmentFault
from facedex.services.bench_photos import decode_half

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from facedex.config import Settings
    from facedex.progress import ProgressSink

_SAMPLE_EVERY_S = 0.25
_PATIENCE_S, _GRACE_S = 0.5, 10.0
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Cost:
    """What some photos cost.

    Attributes
    ----------
    wall_s : by the clock.
    processor_s : of all processes on all cores; None where the system does not say.
    """

    n_photos: int
    wall_s: float
    processor_s: float | None

    @property
    def photos_per_s(self) -> float:
        """Photos a second by the clock."""
        return self.n_photos / self.wall_s

    @property
    def processor_s_per_photo(self) -> float | None:
        """Processor seconds a photo."""
        return None if self.processor_s is None else self.processor_s / self.n_photos


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
    EnvironmentFault
        If the scan fails, or nothing is done within ``limit_s``.
    """
    work.mkdir()
    command = [sys.executable, "-m", "facedex", "--library", str(work / "library"), "scan"]
    command += [*_engine_flags(settings), "--log-json", str(photos)]
    processor, began = _children_processor_s(), time.perf_counter()
    log = _ScanLog()
    with _child(command, work) as child, PeakMemory(child.pid) as peak:
        timer = threading.Timer(limit_s, _ask_to_stop, [child])
        timer.start()
        try:
            log.follow(child, sink)
            exit_code = child.wait()
        finally:
            timer.cancel()
    wall = time.perf_counter() - began
    after = _children_processor_s()
    if exit_code not in {0, 3, 128 + signal.SIGINT} or not log.n_photos:
        raise EnvironmentFault(f"facedex scan ended with code {exit_code}: {log.last_words}")
    used = None if processor is None or after is None else after - processor
    cost = Cost(log.n_photos, wall, used)
    is_stopped = exit_code == 128 + signal.SIGINT
    return ScanCost(cost, log.n_faces, log.running_rate(), peak.peak_bytes, is_stopped)


def _engine_flags(settings: Settings) -> list[str]:
    flags = [
        "--detector", settings.detector.value,
        "--thorough" if settings.thorough else "--quick",
        "--runtime", settings.runtime.value,
        "--device", settings.device.value,
        "--precision", settings.precision.value,
        "--encode-crops", str(settings.encode_crops),
        "--jobs", str(settings.n_workers()),
    ]  # fmt: skip
    size = settings.working_size
    return flags if size is None else [*flags, "--working-size", str(size)]


@contextlib.contextmanager
def _child(command: Sequence[str], work: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command; it is ended with the block, whatever ends that.

    It has a session of its own, so that Ctrl-C reaches this process first, and leaves its
    temporary files in ``work``.
    """
    environment = os.environ | {"TMPDIR": str(work), "TEMP": str(work), "TMP": str(work)}
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    ) as child:
        try:
            yield child
        finally:
            _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a scan: the first signal asks it to stop, the second ends it and its workers at once."""
    for patience_s in (_PATIENCE_S, _GRACE_S):
        if child.poll() is None:
            child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(patience_s)
    child.kill()


def _ask_to_stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate() if sys.platform == "win32" else child.send_signal(signal.SIGINT)


def _children_processor_s() -> float | None:
    """Return the processor seconds of all child processes that have ended."""
    if sys.platform == "win32":
        return None
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class _ScanLog:
    """What the JSON lines of a scan tell while it reads photos."""

    def __init__(self) -> None:
        self.n_photos = self.n_faces = 0
        self._first: tuple[float, int] | None = None
        self._last: tuple[float, int] | None = None
        self._words: deque[str] = deque(maxlen=1)

    def follow(self, child: subprocess.Popen[bytes], sink: ProgressSink) -> None:
        """Read the lines until the scan closes them."""
        assert child.stderr is not None
        for line in child.stderr:
            try:
                said = json.loads(line)
            except ValueError:
                self._words.append(line.decode(errors="replace").strip())
                continue
            if said.get("type") == "status" and said["phase"] == "Reading":
                self._note(said, sink)

    def _note(self, said: dict[str, Any], sink: ProgressSink) -> None:
        now = time.perf_counter(), int(said["done"])
        sink.advanced(now[1] - self.n_photos)
        self.n_photos, self.n_faces = now[1], int(said["faces"])
        self._last = now
        if self._first is None and now[1]:
            self._first = now

    def running_rate(self) -> float | None:
        """Return photos a second between the first and the last line."""
        if self._first is None or self._last is None or self._last[1] <= self._first[1]:
            return None
        return (self._last[1] - self._first[1]) / (self._last[0] - self._first[0])

    @property
    def last_words(self) -> str:
        """The last line that is not JSON: what the command says when it fails."""
        return self._words[0] if self._words else "it said nothing"


class PeakMemory:
    """Watches the memory of a process and all that it starts, while the block lasts.

    ``peak_bytes`` is the largest sum of their proportional set sizes (memory that several share is
    divided among them); None where the system does not tell: only Linux does.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak_bytes: int | None = None

    def __enter__(self) -> PeakMemory:
        """Begin to watch."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching."""
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._is_over.wait(_SAMPLE_EVERY_S):
            sizes = [size for pid in family(self._pid) if (size := memory_bytes(pid)) is not None]
            if sizes:
                self.peak_bytes = max(self.peak_bytes or 0, sum(sizes))


def family(pid: int) -> list[int]:
    """Return a process and all its descendants; it alone where the system does not tell."""
    found = [pid]
    for each in found:
        for task in _PROC.glob(f"{each}/task/*/children"):
            with contextlib.suppress(OSError):
                found += map(int, task.read_text().split())
    return found


def memory_bytes(pid: int) -> int | None:
    """Return a process's proportional set size; None where the system does not tell."""
    with contextlib.suppress(OSError, ValueError):
        for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return None
