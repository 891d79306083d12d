"""What every command shares: settings, opening the library, and printing."""

from __future__ import annotations

import json
import sys
import unicodedata
from dataclasses import asdict, dataclass, is_dataclass
from typing import TYPE_CHECKING, Any

from facedex.config import load_settings
from facedex.errors import UsageError
from facedex.spelling import ISOLATES, ZWJ, is_shown, isolated

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from facedex.config import Settings
    from facedex.services.library import Library

_WORD_JOINER = "\u2060"  # has no width; printable() lets none through


@dataclass(frozen=True)
class Context:
    """The options given before the command."""

    library: Path | None

    def settings(self, **flags: Any) -> Settings:
        """Return the settings with these flags on top."""
        return load_settings(library=self.library, **flags)

    def open_library(self) -> Library:
        """Open the library that is there; a command that only looks creates none."""
        from facedex.services.library import Library

        directory = self.settings().library
        if not Library.exists(directory):
            raise UsageError(
                f"there is no library in {directory} yet; begin with: facedex scan FOLDER"
            )
        return Library.open(directory)


def print_json(value: Any) -> None:
    """Print dataclasses, lists and dicts as JSON on stdout."""
    json.dump(value, sys.stdout, default=_plain, ensure_ascii=False, indent=2)
    print()


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)


def printable(text: object) -> str:
    """Return text for a terminal: control characters in names must not reach it.

    Joiners belong to names; what runs from right to left, or says so, stays within its own text.
    """
    shown = isolated(str(text))
    return "".join(
        c if is_shown(c) or c in ISOLATES else "\N{REPLACEMENT CHARACTER}" for c in shown
    )


def print_table(headings: Iterable[str], lines: Iterable[Iterable[object]]) -> None:
    """Print a table on stdout: aligned on a terminal, tab-separated when piped."""
    texts = [[_cell(cell) for cell in line] for line in lines]
    if not sys.stdout.isatty():
        print("\t".join(headings))
        for line in texts:
            print("\t".join(line))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading)
    for line in texts:
        table.add_row(*(Text(_measurable(cell)) for cell in line))
    console = Console()
    with console.capture() as printed:
        console.print(table)
    print(printed.get().replace(_WORD_JOINER, ZWJ), end="")


def _measurable(text: str) -> str:
    """Return a cell's text with a stand-in for each joiner that joins letters, not emoji.

    rich takes what follows a joiner for a part of one emoji, of no width of its own.
    """
    return "".join(
        _WORD_JOINER if c == ZWJ and unicodedata.category(following) != "So" else c
        for c, following in zip(text, f"{text[1:]} ", strict=False)
    )


def _cell(value: object) -> str:
    """Return a cell's text."""
    return printable("" if value is None else f"{value:.3f}" if isinstance(value, float) else value)
