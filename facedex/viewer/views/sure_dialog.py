"""Confirming all sure suggestions: how sure, how many, and the least sure of them to look at."""

from __future__ import annotations

from dataclasses import dataclass
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

from facedex.types import SURE, FaceState
from facedex.viewer import theme
from facedex.viewer.models.faces import FaceGridModel
from facedex.viewer.text import counted
from facedex.viewer.views.face_grid import FaceGridView
from facedex.viewer.views.labels import plain_label

if TYPE_CHECKING:
    from facedex.services.decisions.decide_sure import SureSuggestions
    from facedex.services.library.front_end import WindowLibrary
    from facedex.types import FaceId
    from facedex.viewer.models.thumbnails import Thumbnails
    from facedex.viewer.workers import Workers

_TYPING_MS = 250


@dataclass(frozen=True, slots=True)
class Count:
    """The sure suggestions, and which of those that were clicked away are among them."""

    sure: SureSuggestions
    wrong: frozenset[FaceId]


class SureDialog(QDialog):
    """Asks how sure suggestions must be; faces that are clicked away are rejected.

    What is clicked away stays so while it is sure, also where it is shown no more.
    """

    chosen = Signal(object, object)  # SureSuggestions, frozenset[FaceId] of the wrong ones

    def __init__(
        self,
        library: WindowLibrary,
        workers: Workers,
        thumbnails: Thumbnails,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._workers = workers
        self._sure: SureSuggestions | None = None
        self._clicked_away: frozenset[FaceId] = frozenset()
        self._wrong: frozenset[FaceId] = frozenset()  # those of them that are sure
        self._is_showing = False
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
        self.grid.selection_changed.connect(self._on_selection)
        self.grid.confirm_clicked.connect(partial(self.grid.choose, is_chosen=True))
        self.grid.reject_clicked.connect(partial(self.grid.choose, is_chosen=False))
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        self._count_soon()
        self._count()

    def sizeHint(self) -> QSize:
        """Return a size for five tiles beside each other."""
        return QSize(5 * 150 + 60, 560)

    def count_again(self) -> None:
        """Count what is sure by now; until that is known, the last count is shown."""
        if self._sure is not None:
            self._count()

    def _count_soon(self) -> None:
        """Show no count until there is a new one: what is confirmed is what is shown."""
        self._sure = None
        self._workers.drop("sure")
        self.ok.setEnabled(False)
        self._timer.start()

    def _count(self) -> None:
        self._timer.stop()
        least, clicked_away = round(self.least.value() / 100, 6), self._clicked_away
        work = partial(count_sure, self._library, least, clicked_away)
        done = partial(self._on_counted, clicked_away)
        self._workers.submit("queries", work, done, channel="sure")

    def _on_counted(self, clicked_away: frozenset[FaceId], count: Count) -> None:
        if clicked_away != self._clicked_away:
            self._count()  # more was clicked away meanwhile
            return
        self._sure, self._wrong = count.sure, count.wrong
        self._is_showing = True
        self._faces.set_faces(count.sure.least_sure, 0)
        self._faces.reload_rows()
        self.grid.selectAll()
        for face_id in clicked_away:
            self.grid.choose(face_id, is_chosen=False)
        self._is_showing = False
        self._tell()

    def _on_selection(self) -> None:
        if self._is_showing:
            return
        shown = frozenset(self._faces.keys)
        away = shown - frozenset(self.grid.selected_ids())
        self._clicked_away = self._clicked_away - shown | away
        self._wrong = self._wrong - shown | away
        self._tell()

    def _tell(self) -> None:
        sure, n_wrong = self._sure, len(self._wrong)
        n = sure.n_faces - n_wrong if sure else 0
        self.ok.setEnabled(n > 0)
        self.ok.setText(f"Confirm {counted(n, 'face')}" if n else "Confirm")
        if sure is not None:
            self.text.setText(_in_words(sure, n_wrong))

    def _accept(self) -> None:
        if self._sure is not None:
            self.chosen.emit(self._sure, self._wrong)
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


def count_sure(library: WindowLibrary, least: float, clicked_away: frozenset[FaceId]) -> Count:
    """Return what is sure. For any thread."""
    sure = library.look.count_sure(least)
    faces = library.look.faces(list(clicked_away)) if clicked_away else []
    wrong = frozenset(
        face.face_id
        for face in faces
        if face.state is FaceState.SUGGESTED and (face.probability or 0) >= least
    )
    return Count(sure, wrong)


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
