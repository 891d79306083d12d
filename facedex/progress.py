"""How long work reports on itself, without knowing who looks."""

from __future__ import annotations

from typing import Protocol


class ProgressSink(Protocol):
    """Takes the reports of one run: phases, each with its items."""

    def started(self, phase: str, total: int | None) -> None:
        """Begin a phase; ``total`` is None while it is not known."""

    def advanced(self, n: int = 1, item: str = "", faces: int = 0) -> None:
        """Say that ``n`` more items are done; ``item`` names the last one."""

    def problem(self, path: bytes, stage: str, kind: str, message: str) -> None:
        """Say that a file could not be done."""

    def finished(self) -> None:
        """End the phase."""


class NullSink:
    """Takes reports and shows none."""

    def started(self, phase: str, total: int | None) -> None:
        """See :class:`ProgressSink`."""

    def advanced(self, n: int = 1, item: str = "", faces: int = 0) -> None:
        """See :class:`ProgressSink`."""

    def problem(self, path: bytes, stage: str, kind: str, message: str) -> None:
        """See :class:`ProgressSink`."""

    def finished(self) -> None:
        """See :class:`ProgressSink`."""
