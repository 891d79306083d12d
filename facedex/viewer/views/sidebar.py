"""The left pane: a search field and the shelves of the library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QVBoxLayout, QWidget

from facedex.services.telling.records import Shelf
from facedex.viewer import theme
from facedex.viewer.delegates.lines import SidebarDelegate

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex

    from facedex.viewer.models.sidebar import SidebarModel


class _ShelfList(QListView):
    """A list in which letters are commands, not a search."""

    def keyboardSearch(self, search: str) -> None:
        """Do nothing."""


class Sidebar(QWidget):
    """Chooses a shelf; what is chosen survives every change of the counts."""

    chosen = Signal(object)  # Shelf
    entered = Signal()  # Enter: go on to the faces
    searched = Signal(str)

    def __init__(self, model: SidebarModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._is_changing = False
        self._answered = ""  # the text whose people the model lists
        self._is_waiting = False  # Enter came before them
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find a person  ( / )")
        self.search.setAccessibleName("Find a person")
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumHeight(theme.FIELD_PX)
        self.search.textChanged.connect(self._on_search)
        self.search.installEventFilter(self)
        self.list = _ShelfList()
        self.list.setModel(model)
        self.list.setItemDelegate(SidebarDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setMouseTracking(True)
        self.list.setAccessibleName("People and groups")
        self.list.setDragDropMode(QListView.DragDropMode.DragDrop)
        self.list.setDragDropOverwriteMode(True)  # onto a line, never between two
        self.list.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.list.installEventFilter(self)
        self.list.selectionModel().currentChanged.connect(self._on_current)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.MARGIN, 0, 0)
        layout.setSpacing(theme.GAP)
        field = QVBoxLayout()
        field.setContentsMargins(theme.MARGIN, 0, theme.MARGIN, 0)
        field.addWidget(self.search)
        layout.addLayout(field)
        layout.addWidget(self.list, 1)

    def sizeHint(self) -> QSize:
        """Return a width for names of usual length."""
        return QSize(250, 600)

    def current(self) -> Shelf | None:
        """Return the chosen shelf."""
        key = self._model.key_at(self.list.currentIndex())
        return key if isinstance(key, Shelf) else None

    def current_row(self) -> int:
        """Return the row of the chosen shelf, -1 for none."""
        return self.list.currentIndex().row()

    def choose(self, shelf: Shelf | None) -> None:
        """Choose a shelf as if by hand."""
        row = self._model.find_row(shelf) if shelf else None
        if row is not None:
            self.list.setCurrentIndex(self._model.index(row))

    def hold(self, is_changing: bool) -> None:
        """Choose nothing while the model changes its rows: call before, and again after."""
        self._is_changing = is_changing

    def mark(self, shelf: Shelf) -> None:
        """Show ``shelf`` as chosen without the signal."""
        self.hold(True)
        self.choose(shelf)
        self.hold(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle Enter, Escape and Down in the search field, Enter in the list."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            key = Qt.Key(event.key())
            is_enter = key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if watched is self.list and is_enter:
                self.entered.emit()
                return True
            if watched is self.search and (is_enter or key is Qt.Key.Key_Down):
                self._go_to_found(is_enter)
                return True
            if watched is self.search and key is Qt.Key.Key_Escape:
                self.search.clear()
                self.entered.emit()
                return True
        return super().eventFilter(watched, event)

    def set_found(self, text: str) -> None:
        """Go on with Enter, if it waits: the model lists the people found for ``text`` now."""
        self._answered = text
        if self._is_waiting and text == self.search.text():
            self._open_found()

    def _go_to_found(self, is_enter: bool) -> None:
        if self._answered != self.search.text():
            self._is_waiting = is_enter
        elif is_enter:
            self._open_found()
        else:
            self.list.setFocus()
            self.choose(self._model.shelf_after(None, "person"))

    def _open_found(self) -> None:
        self._is_waiting = False
        shelf = self._model.shelf_after(None, "person") if self._answered else None
        if shelf is None:
            return
        self.search.clear()
        self.choose(shelf)
        self.entered.emit()

    def _on_search(self, text: str) -> None:
        self._is_waiting = False
        self.searched.emit(text)

    def _on_current(self, current: QModelIndex) -> None:
        key = self._model.key_at(current)
        if isinstance(key, Shelf) and not self._is_changing:
            self.chosen.emit(key)
