"""The list of what could not be used of a file; it stays short however damaged the file is."""

from __future__ import annotations

MAX_PROBLEMS = 1000
_SHOWN_CHARS = 60


class Problems:
    """Collects one line of text for each problem; beyond ``MAX_PROBLEMS`` it only counts."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._n_more = 0

    def add(self, what: str, text: str | None = None) -> None:
        """Add a problem; ``text`` is the piece of the file to show, cut short and quoted."""
        if len(self._lines) >= MAX_PROBLEMS:
            self._n_more += 1
        elif text is None:
            self._lines.append(what)
        else:
            shown = text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"
            self._lines.append(f"{what}: {shown!r}")

    def include(self, file: str, problems: Problems) -> None:
        """Add the problems of one of several files."""
        for line in problems.lines():
            self.add(f"{file}: {line}")

    def lines(self) -> tuple[str, ...]:
        """Return the lines, with a last one that counts what is not listed."""
        more = (f"and {self._n_more} more",) if self._n_more else ()
        return (*self._lines, *more)
