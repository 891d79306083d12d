"""Confirming all sure suggestions: how sure, how many that are, and the least sure of them to look at."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from facedex.types import SURE
from facedex.viewer import theme
from facedex.viewer.models.faces import FaceGridModel
from facedex.viewer.text import counted
from facedex.viewer.views.face_grid import FaceGridView
from facedex.viewer.views.labels import plain_label

if TYPE_CHECKING:
    from facedex.services.decisions.decide_sure import SureSuggestions
    from facedex.services.library import Library
    from facedex.types import FaceId
    from facedex.viewer.models.thumbnails import Thumbnails
    from facedex.viewer.workers import Workers

_TYPING_MS = 250


class SureDialog(QDialog):
    """Asks how sure suggestions must be; faces that are clicked away are rejected."""

    chosen = Signal(float, object)  # the least probability, frozenset[FaceId] of the wrong ones

    def __init__(
        self,
        library: Library,
        workers: Workers,
        thumbnails: Thumbnails,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._workers = workers
        self._sure: SureSuggestions | None = None
        self.setWindowTitle("Confirm sure suggestions")
        self.least = QDoubleSpinBox()
        self.least.setRange(90.0, 99.9)
        self.least.setDecimals(1)
        self.least.setSingleStep(0.1)
        self.least.setSuffix(" % sure")
        self.least.setValue(100 * SURE)
        self.least.setMinimumHeight(theme.FIELD_PX)
        self.text = plain_label("")
        self._faces = FaceGridModel(library, workers, thumbnails, self)
        self.grid = FaceGridView(self._faces)
        self.grid.setSelectionMode(QAbstractItemView.SelectionMode.MultiSelection)
        self.grid.setAccessibleName("The least sure suggestions")
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_TYPING_MS)
        self._timer.timeout.connect(self._count)
        self._lay_out()
        self.resize(self.sizeHint())
        self.least.valueChanged.connect(self._count_soon)
        self.grid.selection_changed.connect(self._tell)
        self.grid.confirm_clicked.connect(partial(self.grid.choose, is_chosen=True))
        self.grid.reject_clicked.connect(partial(self.grid.choose, is_chosen=False))
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        self._count_soon()
        self._count()

    def sizeHint(self) -> QSize:
        """Return a size for five tiles beside each other."""
        return QSize(5 * 150 + 60, 560)

    def _count_soon(self) -> None:
        """Take the count down until there is a new one: what is confirmed is what is shown."""
        self._sure = None
        self._workers.drop("sure")
        self.ok.setEnabled(False)
        self._timer.start()

    def _count(self) -> None:
        self._timer.stop()
        work = partial(self._library.count_sure, round(self.least.value() / 100, 6))
        self._workers.submit("queries", work, self._on_counted, channel="sure")

    def _on_counted(self, sure: SureSuggestions) -> None:
        self._sure = sure
        self._faces.set_faces(sure.least_sure, 0)
        self.grid.selectAll()
        self._tell()

    def _wrong(self) -> frozenset[FaceId]:
        shown = self._sure.least_sure if self._sure else ()
        return frozenset(shown) - frozenset(self.grid.selected_ids())

    def _tell(self) -> None:
        sure, n_wrong = self._sure, len(self._wrong())
        n = sure.n_faces - n_wrong if sure else 0
        self.ok.setEnabled(n > 0)
        self.ok.setText(f"Confirm {counted(n, 'face')}" if n else "Confirm")
        if sure is not None:
            self.text.setText(_in_words(sure, n_wrong))

    def _accept(self) -> None:
        if self._sure is not None:
            self.chosen.emit(self._sure.least, self._wrong())
        self.accept()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        label = QLabel("Suggestions that are at &least")
        label.setBuddy(self.least)
        head.addWidget(label)
        head.addWidget(self.least)
        head.addStretch(1)
        self.text.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        layout.addWidget(self.text)
        layout.addWidget(self.grid, 1)
        layout.addWidget(self.buttons)


def _in_words(sure: SureSuggestions, n_wrong: int) -> str:
    if not sure.n_faces:
        return "No suggestion is so sure."
    expected = round(sure.n_wrong)
    about = f"about {expected:,} of them may be wrong" if expected else "hardly any is wrong"
    shown = len(sure.least_sure)
    which = "" if shown == sure.n_faces else f" The {shown} least sure are below."
    rejected = f" {counted(n_wrong, 'suggestion')} will be rejected." if n_wrong else ""
    return (
        f"{counted(sure.n_faces, 'suggestion')} for {counted(sure.n_people, 'person', 'people')};"
        f" {about}.{which} Click away what is wrong.{rejected} Ctrl+Z takes it all back."
    )
