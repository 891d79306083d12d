"""The parts that a mixed cluster falls into, side by side, to choose those that are taken out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from facedex.viewer import theme
from facedex.viewer.models.faces import FaceGridModel
from facedex.viewer.text import counted
from facedex.viewer.views.face_grid import FaceGridView
from facedex.viewer.views.labels import plain_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.services.library.front_end import WindowLibrary
    from facedex.types import FaceId
    from facedex.viewer.models.thumbnails import Thumbnails
    from facedex.viewer.workers import Workers

COLUMN_PX = 176
MOST_PARTS = 8


class SplitDialog(QDialog):
    """Shows 2 to 8 parts; the first stays, the others are taken out where they are ticked."""

    chosen = Signal(object)  # list[list[FaceId]]

    def __init__(
        self,
        title: str,
        face_ids: Sequence[FaceId],
        library: WindowLibrary,
        workers: Workers,
        thumbnails: Thumbnails,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._face_ids = tuple(face_ids)
        self._library = library
        self._workers = workers
        self._thumbnails = thumbnails
        self._parts: list[list[FaceId]] = []
        self._ticks: list[QCheckBox] = []
        self.setWindowTitle(f"Split {title}")
        self._text = plain_label("Looking for parts…")
        self._columns = QHBoxLayout()
        self.fewer = QPushButton("&Fewer parts")
        self.more = QPushButton("&More parts")
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._lay_out()
        self.resize(self.sizeHint())
        self.fewer.clicked.connect(lambda: self._ask(len(self._parts) - 1))
        self.more.clicked.connect(lambda: self._ask(len(self._parts) + 1))
        QShortcut(QKeySequence("-"), self, self.fewer.click)
        QShortcut(QKeySequence("+"), self, self.more.click)
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        self._ask(None)

    def sizeHint(self) -> QSize:
        """Return a size for four parts."""
        return QSize(4 * COLUMN_PX + 60, 520)

    def _ask(self, n_parts: int | None) -> None:
        for button in (self.fewer, self.more, self.ok):
            button.setEnabled(False)
        work = partial(self._library.look.find_parts, self._face_ids, n_parts)
        self._workers.submit("matching", work, self._on_parts, channel="parts")

    def _on_parts(self, parts: list[list[FaceId]]) -> None:
        self._parts = parts
        self._ticks = []
        while (item := self._columns.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for number, part in enumerate(parts):
            self._columns.addWidget(self._column(number, part))
        if len(parts) > 1:
            self._text.setText("The faces fall into these parts. Ticked parts are taken out.")
        else:
            self._text.setText("These faces cannot be told apart.")
        self.fewer.setEnabled(len(parts) > 2)
        self.more.setEnabled(1 < len(parts) < min(MOST_PARTS, len(self._face_ids)))
        self._tell()
        if self._ticks:
            self._ticks[0].setFocus()

    def _column(self, number: int, part: list[FaceId]) -> QWidget:
        column = QWidget()
        column.setFixedWidth(COLUMN_PX)
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 0, 0)
        if number == 0:
            stay = plain_label(f"{counted(len(part), 'face')} stay")
            stay.setMinimumHeight(theme.FIELD_PX)
            layout.addWidget(stay)
        else:
            tick = QCheckBox(f"&{number}: take {counted(len(part), 'face')} out")
            tick.setMinimumHeight(theme.FIELD_PX)
            tick.setChecked(number == 1)
            tick.toggled.connect(self._tell)
            self._ticks.append(tick)
            layout.addWidget(tick)
        model = FaceGridModel(self._library, self._workers, self._thumbnails, column)
        model.set_faces(part, 0)
        grid = FaceGridView(model)
        grid.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        grid.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout.addWidget(grid, 1)
        return column

    def _out(self) -> list[list[FaceId]]:
        ticked = zip(self._ticks, self._parts[1:], strict=True)
        return [part for tick, part in ticked if tick.isChecked()]

    def _tell(self) -> None:
        n = len(self._out())
        self.ok.setEnabled(n > 0)
        self.ok.setText(f"Split off {counted(n, 'part')}" if n else "Split")

    def _accept(self) -> None:
        self.chosen.emit(self._out())
        self.accept()

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setLayout(self._columns)
        self._columns.setContentsMargins(0, 0, 0, 0)
        self._columns.setSpacing(theme.GAP)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        tools = QHBoxLayout()
        tools.addWidget(self.fewer)
        tools.addWidget(self.more)
        tools.addStretch(1)
        tools.addWidget(self.buttons)
        layout = QVBoxLayout(self)
        layout.addWidget(self._text)
        layout.addWidget(area, 1)
        layout.addLayout(tools)
