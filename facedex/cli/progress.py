"""Showing how a scan goes: bars on a terminal, plain lines elsewhere, JSON lines for programs."""

from __future__ import annotations

import base64
import json
import sys
import time
from typing import TYPE_CHECKING, Any

from facedex.cli.context import printable
from facedex.paths import display_path

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_JSON_EVERY_S = 1.0
_PLAIN_EVERY_S = 10.0


class _Base:
    """Keeps the counts; a problem is always shown."""

    def __init__(self) -> None:
        self.phase = ""
        self.total: int | None = None
        self.done = 0
        self.faces = 0
        self.n_problems = 0
        self._began = time.monotonic()
        self._shown = 0.0

    def started(self, phase: str, total: int | None) -> None:
        """Begin a phase."""
        self.phase, self.total, self.done = phase, total, 0
        self._began = time.monotonic()
        self._shown = 0.0

    def advanced(self, n: int = 1, item: str = "", faces: int = 0) -> None:
        """Count."""
        del item
        self.done += n
        self.faces += faces

    def rate(self) -> float:
        """Return items a second since the phase began."""
        return self.done / max(1e-3, time.monotonic() - self._began)

    def eta_s(self) -> float | None:
        """Return the seconds that are probably left, or None."""
        if not self.total or not self.done:
            return None
        return max(0.0, (self.total - self.done) / self.rate())

    def is_due(self, every_s: float) -> bool:
        """Tell whether it is time to show something again."""
        now = time.monotonic()
        if now - self._shown < every_s:
            return False
        self._shown = now
        return True


def _problem_line(path: bytes, message: str) -> str:
    return printable(f"problem: {display_path(path)}: {message}")


class PlainSink(_Base):
    """A line when a phase begins, one every ten seconds, one when it ends."""

    def started(self, phase: str, total: int | None) -> None:
        """Begin a phase."""
        super().started(phase, total)
        if total != 0:
            line = printable(phase) + (f": {total:,}" if total else "")
            print(line, file=sys.stderr, flush=True)
        self._shown = time.monotonic()

    def advanced(self, n: int = 1, item: str = "", faces: int = 0) -> None:
        """Count, and print a line now and then."""
        super().advanced(n, item, faces)
        if self.is_due(_PLAIN_EVERY_S):
            print(self._line(), file=sys.stderr, flush=True)

    def _line(self) -> str:
        eta = self.eta_s()
        parts = [f"{self.done:,}" + (f" of {self.total:,}" if self.total else "")]
        parts += [f"{self.rate():.1f} a second", f"{self.faces:,} faces"]
        parts += [f"about {_duration(eta)} left"] if eta else []
        return printable(f"{self.phase}: {', '.join(parts)}")

    def problem(self, path: bytes, stage: str, kind: str, message: str) -> None:
        """Print the problem."""
        del stage, kind
        self.n_problems += 1
        print(_problem_line(path, message), file=sys.stderr, flush=True)

    def finished(self) -> None:
        """End the phase."""
        if self.total and self.done:
            print(self._line(), file=sys.stderr, flush=True)


class JsonSink(_Base):
    """JSON lines on stderr, at most one status a second."""

    def _say(self, event: str, **facts: Any) -> None:
        print(json.dumps({"type": event, "v": 1, **facts}), file=sys.stderr, flush=True)

    def started(self, phase: str, total: int | None) -> None:
        """Say that a phase begins."""
        super().started(phase, total)
        self._say("phase", phase=phase, total=total)

    def advanced(self, n: int = 1, item: str = "", faces: int = 0) -> None:
        """Say how far it is, now and then."""
        super().advanced(n, item, faces)
        if self.is_due(_JSON_EVERY_S):
            self._status(item)

    def _status(self, item: str) -> None:
        eta = self.eta_s()
        self._say(
            "status",
            phase=self.phase,
            done=self.done,
            total=self.total,
            faces=self.faces,
            rate=round(self.rate(), 3),
            eta_s=None if eta is None else round(eta, 1),
            item=item,
        )

    def problem(self, path: bytes, stage: str, kind: str, message: str) -> None:
        """Say what could not be read; bytes that are not UTF-8 travel as base64."""
        self.n_problems += 1
        facts: dict[str, Any] = {"path": display_path(path)}
        if facts["path"].encode() != path:
            facts["path_b64"] = base64.b64encode(path).decode("ascii")
        self._say("problem", **facts, stage=stage, kind=kind, message=message)

    def finished(self) -> None:
        """Say that the phase is over."""
        self._status("")

    def summary(self, facts: dict[str, Any]) -> None:
        """Say what came of the scan; the last line."""
        self._say("summary", **facts)


class BarSink(_Base):
    """A bar with count, rate and time left, on a terminal."""

    def __init__(self) -> None:
        super().__init__()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def started(self, phase: str, total: int | None) -> None:
        """Begin a bar."""
        self.finished()
        super().started(phase, total)
        if total == 0:
            return
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[more]}", markup=False),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            refresh_per_second=5,
        )
        self._task = self._bar.add_task(printable(phase), total=total, more="")
        self._bar.start()

    def advanced(self, n: int = 1, item: str = "", faces: int = 0) -> None:
        """Move the bar."""
        super().advanced(n, item, faces)
        if self._bar is not None and self._task is not None:
            more = f"{self.rate():.1f}/s  {self.faces:,} faces"
            self._bar.update(self._task, advance=n, more=more)

    def problem(self, path: bytes, stage: str, kind: str, message: str) -> None:
        """Print the problem above the bar."""
        del stage, kind
        self.n_problems += 1
        line = _problem_line(path, message)
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            print(line, file=sys.stderr)

    def finished(self) -> None:
        """End the bar."""
        if self._bar is not None:
            self._bar.stop()
        self._bar = self._task = None


def _duration(seconds: float) -> str:
    """Return a time as a person says it: 40 s, 12 min, 3 h 20 min."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
