"""The line at the window's foot: what was done last, and how much there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QStatusBar, QWidget

from facedex.viewer import theme
from facedex.viewer.text import counted
from facedex.viewer.views.labels import ElidedLabel, plain_label

if TYPE_CHECKING:
    from facedex.viewer.models.sidebar import Counts


class StatusLine(QStatusBar):
    """Shows one message until the next one, and the counts at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setContentsMargins(theme.MARGIN, 2, theme.MARGIN, 2)
        self.message = ElidedLabel()
        self.counts = plain_label(is_muted=True)
        self.addWidget(self.message, 1)
        self.addPermanentWidget(self.counts)

    def tell(self, text: str) -> None:
        """Show what was done."""
        self._show(text, is_warning=False)

    def warn(self, text: str) -> None:
        """Show what could not be done."""
        self._show(f"Not done: {text}", is_warning=True)

    def set_counts(self, counts: Counts) -> None:
        """Show how much the library holds."""
        parts = (
            counted(counts.n_faces, "face"),
            counted(len(counts.people), "person", "people"),
            counted(len(counts.groups), "unknown group"),
        )
        self.counts.setText("  ·  ".join(parts))

    def _show(self, text: str, *, is_warning: bool) -> None:
        font = self.message.font()
        font.setBold(is_warning)
        self.message.setFont(font)
        self.message.set_text(text)
