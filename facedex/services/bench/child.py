"""Child processes that are measured: started, watched, and ended whatever happens."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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


@dataclass
class RunningCommand:
    """A command that runs; its output is read line by line.

    Attributes
    ----------
    last_words : the last line that is not JSON: what a command says when it fails.
    """

    process: subprocess.Popen[bytes]
    last_words: str = "it said nothing"

    def messages(self) -> Iterator[dict[str, Any]]:
        """Yield the JSON lines until the command closes its output."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(b"{") and line.endswith(b"\n"):  # a killed one may end in the middle
                yield json.loads(line)
            elif line.strip():
                self.last_words = line.decode(errors="replace").strip()

    @contextlib.contextmanager
    def told_after(
        self, limit_s: float, what: Callable[[subprocess.Popen[bytes]], object]
    ) -> Iterator[threading.Event]:
        """Do ``what`` to the process and set the event if the block lasts over ``limit_s``."""
        is_told = threading.Event()

        def tell() -> None:
            is_told.set()
            what(self.process)

        timer = threading.Timer(max(0.0, limit_s), tell)
        timer.start()
        try:
            yield is_told
        finally:
            timer.cancel()
            timer.join()


@contextlib.contextmanager
def running(arguments: Sequence[str], work: Path) -> Iterator[RunningCommand]:
    """Run this Python with ``arguments``; it is ended with the block, whatever ends that.

    It has a session of its own, so that Ctrl-C reaches this process alone, and leaves its temporary
    files in ``work``.
    """
    environment = os.environ | {"TMPDIR": str(work), "TEMP": str(work), "TMP": str(work)}
    with subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    ) as process:
        try:
            yield RunningCommand(process)
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command: a scan stops at the first signal, and kills its workers at the second."""
    for patience_s in (_PATIENCE_S, _GRACE_S):
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience_s)
    process.kill()


def children_processor_s() -> float | None:
    """Return the processor seconds of all child processes that have ended."""
    if sys.platform == "win32":
        return None
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


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
