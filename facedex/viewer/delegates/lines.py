"""How a line of the sidebar and of the name choices is painted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from facedex.viewer import theme
from facedex.viewer.delegates.face_tile import draw_square
from facedex.viewer.models.names import CHOICE_ROLE
from facedex.viewer.models.sidebar import ENTRY_ROLE

if TYPE_CHECKING:
    from facedex.viewer.models.keyed_list import Index
    from facedex.viewer.models.names import NameChoice
    from facedex.viewer.models.sidebar import SidebarEntry

LINE_PX = 36
AVATAR_PX = 26
_STATE = QStyle.StateFlag
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class _LineDelegate(QStyledItemDelegate):
    """A line with the ground of its state, a left text and a right one."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the height of every line."""
        return QSize(120, LINE_PX)

    def paint_ground(self, painter: QPainter, option: QStyleOptionViewItem) -> QRect:
        """Paint the ground; return where the content goes."""
        rect: QRect = option.rect
        palette: QPalette = option.palette
        state: QStyle.StateFlag = option.state
        line = QRectF(rect).adjusted(4, 1, -4, -1)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if state & _STATE.State_Selected:
            painter.setBrush(theme.selected(palette))
            painter.drawRoundedRect(line, theme.RADIUS, theme.RADIUS)
        elif state & _STATE.State_MouseOver:
            painter.setBrush(theme.hover(palette))
            painter.drawRoundedRect(line, theme.RADIUS, theme.RADIUS)
        if state & _STATE.State_Selected and state & _STATE.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 2))
            painter.drawRoundedRect(line.adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)
        return rect.adjusted(theme.MARGIN, 0, -theme.MARGIN, 0)

    def paint_texts(
        self, painter: QPainter, rect: QRect, palette: QPalette, left: str, right: str
    ) -> None:
        """Paint the right text whole and of the left one what fits."""
        painter.setPen(theme.muted(palette))
        painter.drawText(rect, _RIGHT, right)
        width = rect.width() - painter.fontMetrics().horizontalAdvance(right) - theme.GAP
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        shown = painter.fontMetrics().elidedText(left, Qt.TextElideMode.ElideRight, width)
        painter.drawText(rect, _LEFT, shown)


class SidebarDelegate(_LineDelegate):
    """A heading, or a shelf with a face, its name, how many suggestions wait, and its count."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one line."""
        entry: SidebarEntry = index.data(ENTRY_ROLE)
        palette: QPalette = option.palette
        painter.save()
        if entry.is_heading:
            self._paint_heading(painter, option, entry)
        else:
            rect = self.paint_ground(painter, option)
            self._paint_avatar(painter, rect, palette, entry, index)
            rect.adjust(AVATAR_PX + theme.GAP, 0, 0, 0)
            waiting = f"{entry.n_suggested:,}?  ·  " if entry.n_suggested else ""
            self.paint_texts(painter, rect, palette, entry.label, f"{waiting}{entry.n:,}")
        painter.restore()

    def _paint_heading(
        self, painter: QPainter, option: QStyleOptionViewItem, entry: SidebarEntry
    ) -> None:
        palette: QPalette = option.palette
        rect: QRect = option.rect
        rect = rect.adjusted(theme.MARGIN, 0, -theme.MARGIN, -4)
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(theme.muted(palette))
        painter.drawText(
            rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, entry.label
        )
        font.setBold(False)
        painter.setFont(font)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom
        painter.drawText(rect, right, f"{entry.n:,}")

    def _paint_avatar(
        self,
        painter: QPainter,
        rect: QRect,
        palette: QPalette,
        entry: SidebarEntry,
        index: Index,
    ) -> None:
        top = rect.top() + (rect.height() - AVATAR_PX) // 2
        area = QRectF(rect.left(), top, AVATAR_PX, AVATAR_PX)
        pixmap: QPixmap | None = index.data(Qt.ItemDataRole.DecorationRole)
        circle = QPainterPath()
        circle.addEllipse(area)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillPath(circle, theme.faint(palette))
        if pixmap is not None and not pixmap.isNull():
            draw_square(painter, circle, area, pixmap)
            return
        kind = entry.shelf.kind if entry.shelf else ""
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        letter = {"review": "✓", "group": "?", "ungrouped": "…", "ignored": "-"}.get(
            kind, entry.label[:1].upper()
        )
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, letter)


class NameDelegate(_LineDelegate):
    """A name that can be picked, with its number of faces."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one line."""
        choice: NameChoice = index.data(CHOICE_ROLE)
        palette: QPalette = option.palette
        painter.save()
        rect = self.paint_ground(painter, option)
        font = painter.font()
        font.setItalic(choice.n_faces is None)
        painter.setFont(font)
        self.paint_texts(painter, rect, palette, choice.label, choice.note)
        painter.restore()
