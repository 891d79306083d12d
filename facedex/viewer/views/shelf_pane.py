"""The middle pane: what the shelf is, the name field and buttons, and the grid of its faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from facedex.viewer import theme
from facedex.viewer.text import counted
from facedex.viewer.views.face_grid import FaceGridView
from facedex.viewer.views.labels import ElidedLabel
from facedex.viewer.views.name_field import NameField

if TYPE_CHECKING:
    from facedex.viewer.models.faces import FaceGridModel
    from facedex.viewer.models.sidebar import SidebarEntry


class ShelfPane(QWidget):
    """Lays out the middle pane and words its headings; it decides nothing."""

    def __init__(self, model: FaceGridModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ElidedLabel()
        theme.resize_font(self.title, 1.5, bold=True)
        self.subtitle = ElidedLabel()
        theme.set_muted(self.subtitle)
        self.names = NameField()
        self.grid = FaceGridView(model)
        self.confirm = _button("Confirm", "Yes, this is the person  (Enter)")
        self.reject = _button("Reject", "No, this is somebody else  (Del or Backspace)")
        self.ignore = _button("Ignore", "Nobody to be named  (I)")
        self._lay_out()

    def sizeHint(self) -> QSize:
        """Return a width for four tiles."""
        return QSize(600, 600)

    def describe(self, entry: SidebarEntry | None, *, is_loading: bool) -> None:
        """Word the headings for the shelf."""
        kind = entry.shelf.kind if entry and entry.shelf else ""
        self.title.set_text(entry.label if entry else "")
        self.subtitle.set_text(_subtitle(entry, kind))
        self.confirm.setVisible(kind in ("person", ""))
        self.reject.setVisible(kind in ("person", ""))
        self.ignore.setVisible(kind != "ignored")
        self.grid.set_empty_text("" if is_loading or entry is None else "No faces here.")

    def describe_target(self, n_selected: int, n_suggested: int, n_group: int) -> None:
        """Show what the field and the buttons would act on.

        ``n_group`` is the size of the whole group where that is what would be named, else 0.
        """
        if n_group:
            text = f"Name all {counted(n_group, 'face')}" if n_group > 1 else "Name this face"
        elif n_selected > 1:
            text = f"Name {counted(n_selected, 'face')}"
        else:
            text = "Name this face"
        self.names.set_target(text, is_enabled=bool(n_group or n_selected))
        self.confirm.setEnabled(n_suggested > 0)
        self.reject.setEnabled(n_selected > 0)
        self.ignore.setEnabled(n_selected > 0)

    def _lay_out(self) -> None:
        head = QVBoxLayout()
        head.setContentsMargins(theme.MARGIN + 4, theme.MARGIN, theme.MARGIN + 4, theme.GAP)
        head.setSpacing(2)
        head.addWidget(self.title)
        head.addWidget(self.subtitle)
        head.addSpacing(theme.GAP)
        tools = QHBoxLayout()
        tools.setSpacing(theme.GAP)
        tools.addWidget(self.names, 1)
        tools.addSpacing(theme.GAP)
        for button in (self.confirm, self.reject, self.ignore):
            tools.addWidget(button)
        head.addLayout(tools)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.grid, 1)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setMinimumHeight(theme.FIELD_PX)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus in the grid
    return button


def _subtitle(entry: SidebarEntry | None, kind: str) -> str:
    if entry is None:
        return ""
    if kind == "group":
        return (
            f"{counted(entry.n, 'face')} that look alike. Name them all at once, or some of them."
        )
    if kind == "ungrouped":
        return f"{counted(entry.n, 'face')} that look like no other."
    if kind == "ignored":
        return f"{counted(entry.n, 'face')} set aside. Naming one brings it back."
    n_confirmed = entry.n - entry.n_suggested
    suggested = f"  ·  {counted(entry.n_suggested, 'suggestion')}" if entry.n_suggested else ""
    return f"{n_confirmed:,} confirmed{suggested}"
