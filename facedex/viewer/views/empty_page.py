"""What the window shows while the library has no faces."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from facedex.viewer import theme
from facedex.viewer.views.labels import plain_label


class EmptyPage(QWidget):
    """Tells which command finds faces."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = plain_label("No faces yet")
        theme.resize_font(title, 1.8, bold=True)
        command = plain_label("facedex scan FOLDER")
        command.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        font = command.font()
        font.setFamilies(["monospace"])
        font.setStyleHint(font.StyleHint.Monospace)
        command.setFont(font)
        lines = (
            title,
            plain_label("In a terminal, run", is_muted=True),
            command,
            plain_label(
                "Faces appear here while it works. Your photos are only read.", is_muted=True
            ),
        )
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.GAP)
        layout.addStretch(2)
        for line in lines:
            line.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            layout.addWidget(line)
        layout.addStretch(3)
