"""The field that a name is typed into, with the people it may mean below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QListView, QPushButton, QWidget

from facedex.viewer import theme
from facedex.viewer.delegates.lines import LINE_PX, NameDelegate
from facedex.viewer.models.names import NameModel, choices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.services.telling.records import PersonRow

MAX_LINES = 7


class NameField(QWidget):
    """A line edit and its button; the first choice is picked by Enter.

    Up and Down walk the choices, Shift+Enter makes a new person of exactly what is typed, Escape
    leaves. Enter that comes before the choices for the typed text does not wait for them: what it
    names is decided when it is pressed, and ``begun`` tells that the name is to be completed.
    """

    queried = Signal(str)  # wants set_matches(text, ...)
    entered = Signal(str)
    begun = Signal(str)  # means the first of the choices for this text
    refused = Signal(str)  # why nothing was named
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit = QLineEdit()
        self.edit.setPlaceholderText("Who is this?")
        self.edit.setAccessibleName("Name")
        self.edit.setClearButtonEnabled(True)
        self.edit.setMaxLength(200)
        self.edit.setMinimumSize(150, theme.FIELD_PX)
        self.button = QPushButton("Name")
        self.button.setMinimumHeight(theme.FIELD_PX)
        self._model = NameModel(self)
        self._answered = ""
        self._has_target = True
        self._is_orphan = False
        self.list = QListView(self)
        self._set_up_list()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP)
        layout.addWidget(self.edit, 1)
        layout.addWidget(self.button)
        self.edit.textEdited.connect(self._on_edited)
        self.edit.installEventFilter(self)
        self.button.clicked.connect(self._on_button)
        self.list.clicked.connect(self._on_clicked)
        self.setFocusProxy(self.edit)

    def set_target(self, text: str, *, is_enabled: bool) -> None:
        """Show on the button what would be named, and whether there is anything.

        What is typed into stays enabled: Qt would hand the keys to the faces, as commands.
        """
        self._has_target = is_enabled
        self.button.setText(text)
        self.button.setEnabled(is_enabled)
        self.edit.setEnabled(is_enabled or self.window().focusWidget() is self.edit)

    def lose_target(self) -> None:
        """Name nothing with what is typed now: what it was typed for is gone."""
        self._is_orphan = bool(self._typed())

    def set_matches(self, text: str, people: Sequence[PersonRow]) -> None:
        """Offer the people that ``text`` may mean; older answers are dropped."""
        if text != self._typed():
            return
        self._answered = text
        self._model.set_choices(choices(text, people))
        if text and self.edit.hasFocus():
            self._open_list()

    def clear(self) -> None:
        """Empty the field."""
        self.edit.clear()
        self._forget()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle Enter and the keys of the choices in the line edit."""
        if watched is self.edit and isinstance(event, QKeyEvent):
            if event.type() is QEvent.Type.KeyPress:
                return self._take_key(event)
        elif watched is self.edit and isinstance(event, QFocusEvent):
            self._on_focus(event)
        return super().eventFilter(watched, event)

    def _on_focus(self, event: QFocusEvent) -> None:
        is_window = event.reason() is Qt.FocusReason.ActiveWindowFocusReason
        if event.type() is QEvent.Type.FocusOut:
            self.list.hide()
        elif event.type() is QEvent.Type.FocusIn and not is_window:
            self._is_orphan = False  # who comes to the field sees what is selected

    def _set_up_list(self) -> None:
        self.list.setModel(self._model)
        self.list.setItemDelegate(NameDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.setFrameShape(QFrame.Shape.StyledPanel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Names to pick")
        self.list.hide()

    def _typed(self) -> str:
        return " ".join(self.edit.text().split())

    def _take_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._emit(self._typed())
            else:
                self._enter()
        elif key is Qt.Key.Key_Escape:
            self.clear()
            self.left.emit()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self.list.isVisible():
            step, n = (1 if key is Qt.Key.Key_Down else -1), self._model.rowCount()
            row = (self.list.currentIndex().row() + step) % n
            self.list.setCurrentIndex(self._model.index(row))
        else:
            return False
        return True

    def _on_edited(self) -> None:
        text = self._typed()
        if text:
            self.queried.emit(text)
        else:
            self._forget()

    def _on_clicked(self, index: QModelIndex) -> None:
        choice = self._model.choice(index.row())
        if choice is not None:
            self._emit(choice.name)

    def _on_button(self) -> None:
        self._is_orphan = False  # the button says what it names now
        self._enter()

    def _enter(self) -> None:
        text = self._typed()
        if not text:
            self.edit.setFocus()
            return
        if self._answered != text:
            self._emit(text, is_begun=True)
            return
        choice = self._model.choice(max(self.list.currentIndex().row(), 0))
        self._emit(choice.name if choice else text)

    def _emit(self, name: str, *, is_begun: bool = False) -> None:
        if not name:
            return
        if not self._has_target:
            self.refused.emit("No face is selected")
        elif self._is_orphan:
            self.refused.emit("What this was typed for is gone — Esc empties the field")
        else:
            self.clear()
            (self.begun if is_begun else self.entered).emit(name)

    def _forget(self) -> None:
        self._answered = ""
        self._is_orphan = False
        self._model.set_choices([])
        self.list.hide()

    def _open_list(self) -> None:
        n_lines = min(self._model.rowCount(), MAX_LINES)
        window = self.window()
        if self.list.parentWidget() is not window:
            self.list.setParent(window)
        corner = self.edit.mapTo(window, QPoint(0, self.edit.height() + 2))
        frame = 2 * self.list.frameWidth()
        self.list.setGeometry(corner.x(), corner.y(), self.edit.width(), n_lines * LINE_PX + frame)
        self.list.setCurrentIndex(self._model.index(0))
        self.list.show()
        self.list.raise_()
