"""Spacing and colours: every colour is mixed from the palette, so that a dark one works too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QPalette

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

GAP = 8  # between things that belong together
MARGIN = 12  # between a pane's edge and its content
RADIUS = 6.0
FIELD_PX = 30  # the height of fields and buttons

_ROLE = QPalette.ColorRole


def mixed(first: QColor, second: QColor, share: float) -> QColor:
    """Return ``share`` (0..1) of ``second`` mixed into ``first``."""
    parts = zip(first.getRgb()[:3], second.getRgb()[:3], strict=True)  # type: ignore[index]  # a tuple
    return QColor(*(round(a + (b - a) * share) for a, b in parts))


def muted(palette: QPalette) -> QColor:
    """Return the colour of secondary text; over 4.5:1 on the base of usual palettes."""
    return mixed(palette.color(_ROLE.Text), palette.color(_ROLE.Base), 0.33)


def faint(palette: QPalette) -> QColor:
    """Return the colour of lines and of empty places."""
    return mixed(palette.color(_ROLE.Text), palette.color(_ROLE.Base), 0.85)


def hover(palette: QPalette) -> QColor:
    """Return the ground of the item under the mouse."""
    return mixed(palette.color(_ROLE.Base), palette.color(_ROLE.Highlight), 0.10)


def selected(palette: QPalette) -> QColor:
    """Return the ground of a selected item; the ordinary text colour stays readable on it."""
    return mixed(palette.color(_ROLE.Base), palette.color(_ROLE.Highlight), 0.28)


def set_muted(widget: QWidget) -> None:
    """Give ``widget`` the secondary text colour of its own palette."""
    palette = widget.palette()
    palette.setColor(_ROLE.WindowText, muted(palette))
    widget.setPalette(palette)


def resize_font(widget: QWidget, factor: float, *, bold: bool = False) -> None:
    """Scale the font that ``widget`` inherits."""
    font = widget.font()
    font.setPointSizeF(font.pointSizeF() * factor)
    font.setBold(bold)
    widget.setFont(font)
