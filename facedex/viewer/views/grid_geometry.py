"""Where each tile of a grid lies: arithmetic alone, so that a hundred thousand cost nothing."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize

if TYPE_CHECKING:
    from facedex.viewer.models.faces import Section

HEADING_PX = 34
EDGE_PX = 8


@dataclass(frozen=True, slots=True)
class GridGeometry:
    """Tiles of one size in sections, as many beside each other as fit; pixels from the top left."""

    sections: tuple[Section, ...]
    width: int
    tile: QSize

    @property
    def n_columns(self) -> int:
        """How many tiles lie beside each other."""
        return max(1, (self.width - 2 * EDGE_PX) // self.tile.width())

    @property
    def tops(self) -> list[int]:
        """The upper edge of each section, and at last the lower edge of all."""
        heights = (
            self._heading(part) + -(-part.n_rows // self.n_columns) * self.tile.height()
            for part in self.sections
        )
        return list(accumulate(heights, initial=EDGE_PX))

    @property
    def height(self) -> int:
        """The height of everything."""
        return self.tops[-1] + EDGE_PX

    def heading_rect(self, number: int) -> QRect:
        """Return where the heading of a section stands; empty where it has none."""
        height = self._heading(self.sections[number])
        return QRect(EDGE_PX, self.tops[number], self.width - 2 * EDGE_PX, height)

    def rect(self, row: int) -> QRect:
        """Return the place of a row's tile; empty for no such row."""
        number = self._section_of(row)
        if number is None:
            return QRect()
        part = self.sections[number]
        line, column = divmod(row - part.first, self.n_columns)
        y = self.tops[number] + self._heading(part) + line * self.tile.height()
        return QRect(self._x(column), y, self.tile.width(), self.tile.height())

    def row_at(self, x: int, y: int) -> int | None:
        """Return the row whose tile covers the point."""
        rows = self.rows_between(y, y)
        return next((row for row in rows if self.rect(row).contains(x, y)), None)

    def rows_between(self, top: int, bottom: int) -> list[int]:
        """Return the rows whose tiles meet the band from ``top`` to ``bottom``."""
        rows: list[int] = []
        for part, start in zip(self.sections, self.tops, strict=False):
            first_y = start + self._heading(part)
            first = max(0, (top - first_y) // self.tile.height()) * self.n_columns
            last = ((bottom - first_y) // self.tile.height() + 1) * self.n_columns
            rows += range(part.first + first, part.first + min(max(last, 0), part.n_rows))
        return rows

    def row_below(self, row: int, lines: int) -> int:
        """Return the row ``lines`` below (above, where negative), or the nearest there is."""
        step = 1 if lines > 0 else -1
        for _ in range(abs(lines)):
            row = self._next_line(row, step)
        return row

    def _next_line(self, row: int, step: int) -> int:
        number = self._section_of(row)
        if number is None:
            return row
        part = self.sections[number]
        column = (row - part.first) % self.n_columns
        line_start = row - column + step * self.n_columns
        last = part.first + part.n_rows - 1
        if part.first <= line_start <= last:
            return min(line_start + column, last)
        if not 0 <= number + step < len(self.sections):
            return row
        other = self.sections[number + step]
        if step > 0:
            return min(other.first + column, other.first + other.n_rows - 1)
        line_start = other.first + (other.n_rows - 1) // self.n_columns * self.n_columns
        return min(line_start + column, other.first + other.n_rows - 1)

    def _section_of(self, row: int) -> int | None:
        number = bisect_right([part.first for part in self.sections], row) - 1
        if number < 0 or row >= self.sections[number].first + self.sections[number].n_rows:
            return None
        return number

    def _heading(self, part: Section) -> int:
        return HEADING_PX if part.title else 0

    def _x(self, column: int) -> int:
        spare = self.width - 2 * EDGE_PX - self.n_columns * self.tile.width()
        return (
            EDGE_PX
            + column * self.tile.width()
            + max(0, spare) * (2 * column + 1) // (2 * self.n_columns)
        )
