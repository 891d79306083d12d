"""The grid of faces.

All tiles are of one size, so their places are arithmetic: nothing is laid out when faces come, go
or the window is resized, the scroll bar stays where it is (QListView's batched layout puts it to
the first batch on every change), and sections get headings. It is still a ``QListView``, whose own
layout never runs: only list, table and tree views show their items to screen readers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyleOptionViewItem, QWidget

from facedex.viewer import theme
from facedex.viewer.delegates.face_tile import FaceTileDelegate, Hot
from facedex.viewer.views.grid_geometry import GridGeometry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtGui import QKeyEvent, QMouseEvent

    from facedex.types import FaceId
    from facedex.viewer.models.faces import FaceGridModel
    from facedex.viewer.models.keyed_list import Index

Flag = QItemSelectionModel.SelectionFlag
Action = QAbstractItemView.CursorAction


class FaceGridView(QListView):
    """Shows a :class:`FaceGridModel` with headings; several faces can be selected."""

    confirm_clicked = Signal(object)  # FaceId, by the tick on a tile
    reject_clicked = Signal(object)  # FaceId, by the cross on a tile
    selection_changed = Signal()

    def __init__(self, model: FaceGridModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._faces = model
        self._tiles = FaceTileDelegate(self)
        self._geometry: GridGeometry | None = None
        self._hovered = -1
        self._empty_text = ""
        self._kept: tuple[FaceId | None, list[FaceId]] = (None, [])
        self.setItemDelegate(self._tiles)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)
        self.setAccessibleName("Faces")
        self.viewport().setMouseTracking(True)
        model.modelAboutToBeReset.connect(self._keep_selection)
        self.setModel(model)
        for signal in (model.rowsInserted, model.rowsRemoved, model.layoutChanged):
            signal.connect(self._on_rows_changed)
        model.modelReset.connect(self._restore_selection)
        self.selectionModel().selectionChanged.connect(self.selection_changed)
        self.selectionModel().currentChanged.connect(self.selection_changed)

    def set_empty_text(self, text: str) -> None:
        """Set the text that is shown where there are no faces."""
        self._empty_text = text
        self.viewport().update()

    def selected_ids(self) -> list[FaceId]:
        """Return the selected faces, in row order."""
        rows: set[int] = set()
        selection = self.selectionModel().selection()
        for number in range(selection.count()):
            part = selection.at(number)
            rows.update(range(part.top(), part.bottom() + 1))
        keys = self._faces.keys
        return [keys[row] for row in sorted(rows)]

    def current_id(self) -> FaceId | None:
        """Return the face with the keyboard focus."""
        return self._faces.key_at(self.currentIndex())

    def select_face(self, face_id: FaceId | None, *, only_walk_to: bool = False) -> None:
        """Select one face and scroll to it; ``only_walk_to`` makes it current but not selected."""
        row = None if face_id is None else self._faces.find_row(face_id)
        if row is None:
            return
        command = Flag.NoUpdate if only_walk_to else Flag.ClearAndSelect
        self.selectionModel().setCurrentIndex(self._faces.index(row), command)
        self.scrollTo(self._faces.index(row))

    def select_faces(self, face_ids: Iterable[FaceId]) -> None:
        """Select these faces and scroll to the first of them."""
        rows = sorted(row for row in map(self._faces.find_row, face_ids) if row is not None)
        if not rows:
            return
        selection = QItemSelection()
        for row in rows:
            selection.select(self._faces.index(row), self._faces.index(row))
        self.selectionModel().setCurrentIndex(self._faces.index(rows[0]), Flag.NoUpdate)
        self.selectionModel().select(selection, Flag.ClearAndSelect)
        self.scrollTo(self._faces.index(rows[0]))

    def choose(self, face_id: FaceId, *, is_chosen: bool) -> None:
        """Select one face beside the others, or leave it out."""
        row = self._faces.find_row(face_id)
        if row is not None:
            command = Flag.Select if is_chosen else Flag.Deselect
            self.selectionModel().select(self._faces.index(row), command)

    def grid(self) -> GridGeometry:
        """Return where the tiles are now, in pixels of the whole grid."""
        if self._geometry is None:
            width = self.viewport().width()
            self._geometry = GridGeometry(self._faces.sections(), width, self._tiles.tile_size())
        return self._geometry

    # what QAbstractItemView asks of a view

    def visualRect(self, index: Index) -> QRect:
        """Return a tile's place in the viewport."""
        return self.grid().rect(index.row()).translated(0, -self.verticalOffset())

    def indexAt(self, point: QPoint) -> QModelIndex:
        """Return the tile under a point of the viewport."""
        row = self.grid().row_at(point.x(), point.y() + self.verticalOffset())
        return QModelIndex() if row is None else self._faces.index(row)

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """Scroll as little as shows the whole tile, or to its middle, top or bottom."""
        rect, height = self.visualRect(index), self.viewport().height()
        if not rect.isValid():
            return
        bar, hints = self.verticalScrollBar(), QAbstractItemView.ScrollHint
        heading = self.grid().rect(0).top() if index.row() < self.grid().n_columns else 0
        if hint is hints.PositionAtCenter:
            bar.setValue(bar.value() + rect.center().y() - height // 2)
        elif hint is hints.PositionAtTop or rect.top() - heading < 0:
            bar.setValue(bar.value() + rect.top() - heading)
        elif hint is hints.PositionAtBottom or rect.bottom() >= height:
            bar.setValue(bar.value() + rect.bottom() - height + 1)

    def horizontalOffset(self) -> int:
        """Return 0: the grid is as wide as the viewport."""
        return 0

    def verticalOffset(self) -> int:
        """Return how far the grid is scrolled."""
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:
        """Return False: every face is shown."""
        return False

    def moveCursor(self, action: Action, modifiers: Qt.KeyboardModifier, /) -> QModelIndex:
        """Return the tile that a key leads to."""
        n_rows, row = self._faces.rowCount(), max(self.currentIndex().row(), 0)
        if not n_rows:
            return QModelIndex()
        page = max(1, self.viewport().height() // self._tiles.tile_size().height())
        lines = {
            Action.MoveUp: -1,
            Action.MoveDown: 1,
            Action.MovePageUp: -page,
            Action.MovePageDown: page,
        }
        if action in lines:
            row = self.grid().row_below(row, lines[action])
        elif action is Action.MoveHome:
            row = 0
        elif action is Action.MoveEnd:
            row = n_rows - 1
        else:
            row += -1 if action in (Action.MoveLeft, Action.MovePrevious) else 1
        return self._faces.index(min(max(row, 0), n_rows - 1))

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Select the tiles that a drag covers; else, in reading order, from corner to corner."""
        selection = QItemSelection()
        if self.state() is QAbstractItemView.State.DragSelectingState:
            area = rect.normalized().translated(0, self.verticalOffset())
            for row in self.grid().rows_between(area.top(), area.bottom()):
                if self.grid().rect(row).intersects(area):
                    selection.select(self._faces.index(row), self._faces.index(row))
        else:
            ends = [self.indexAt(rect.topLeft()), self.indexAt(rect.bottomRight())]
            rows = sorted(index.row() for index in ends if index.isValid())
            if rows:
                selection.select(self._faces.index(rows[0]), self._faces.index(rows[-1]))
        self.selectionModel().select(selection, command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """Return the viewport: what is seen is cheap to paint whole."""
        return QRegion(self.viewport().rect())

    def updateGeometries(self) -> None:
        """Fit the scroll bar to the grid."""
        self._geometry = None
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, self.grid().height - height))
        bar.setPageStep(height)
        bar.setSingleStep(self._tiles.tile_size().height() // 3)
        QAbstractItemView.updateGeometries(self)

    def doItemsLayout(self) -> None:
        """Fit the scroll bar; there is nothing to lay out."""
        QAbstractItemView.doItemsLayout(self)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Paint anew what is seen."""
        self.viewport().update()

    def keyboardSearch(self, search: str) -> None:
        """Do nothing: letters are commands."""

    # events

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the headings and tiles that are seen."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), self.palette().base())
        offset, grid = self.verticalOffset(), self.grid()
        if not grid.sections and self._empty_text:
            painter.setPen(theme.muted(self.palette()))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, self._empty_text)
        for number, part in enumerate(grid.sections):
            rect = grid.heading_rect(number).translated(0, -offset)
            if part.title and rect.intersects(event.rect()):
                self._paint_heading(painter, rect, part.title, part.n_rows)
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        plain = option.state & ~QStyle.StateFlag.State_HasFocus
        current = self.currentIndex().row()
        for row in grid.rows_between(event.rect().top() + offset, event.rect().bottom() + offset):
            index = self._faces.index(row)
            option.rect = self.visualRect(index)
            option.state = plain
            if self.selectionModel().isSelected(index):
                option.state |= QStyle.StateFlag.State_Selected
            if row == self._hovered:
                option.state |= QStyle.StateFlag.State_MouseOver
            if row == current and self.hasFocus():
                option.state |= QStyle.StateFlag.State_HasFocus
            self._tiles.paint(painter, option, index)

    def _paint_heading(self, painter: QPainter, rect: QRect, title: str, n: int) -> None:
        font = painter.font()
        painter.save()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(self.palette().text().color())
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        box = painter.boundingRect(rect.adjusted(6, 0, 0, 0), align, title)
        painter.drawText(box, align, title)
        painter.restore()
        painter.setPen(theme.muted(self.palette()))
        painter.drawText(rect.adjusted(box.right() + 8 - rect.left(), 0, 0, 0), align, f"{n:,}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Scroll to the face with the focus."""
        QAbstractItemView.resizeEvent(self, event)
        self.updateGeometries()
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse with the tick and the cross."""
        self._set_hovered(self.indexAt(event.position().toPoint()).row())
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the tick and the cross."""
        self._set_hovered(-1)
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Confirm or reject by the tick and the cross, else select."""
        index = self.indexAt(event.position().toPoint())
        hot = self._tiles.hot_at(self.visualRect(index), event.position().toPoint(), index)
        if hot is None or event.button() is not Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        signal = self.confirm_clicked if hot is Hot.CONFIRM else self.reject_clicked
        signal.emit(self._faces.key_at(index))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape lets the selection go, but not what clicks chose one by one; the rest is Qt's."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self.selectionMode() is QAbstractItemView.SelectionMode.ExtendedSelection:
            self.clearSelection()
        else:
            event.ignore()  # a dialog around the grid closes

    def _set_hovered(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = row
            self.viewport().update()

    def _on_rows_changed(self) -> None:
        self._hovered = -1
        self.updateGeometries()
        self.viewport().update()

    def _keep_selection(self) -> None:
        self._kept = (self.current_id(), self.selected_ids())

    def _restore_selection(self) -> None:
        top = self.verticalOffset()
        current, chosen = self._kept
        self._on_rows_changed()
        if current is not None:
            self.select_faces(chosen)
            self.select_face(current, only_walk_to=True)
            self.verticalScrollBar().setValue(top)
