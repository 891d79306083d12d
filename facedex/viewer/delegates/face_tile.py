"""How a face is painted in the grid: picture, name, and its state as text and as a shape."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from facedex.types import FaceState
from facedex.viewer import theme
from facedex.viewer.models.faces import FACE_ROLE
from facedex.viewer.text import UNNAMED, face_detail, face_label

if TYPE_CHECKING:
    from facedex.services.telling.records import FaceRow
    from facedex.viewer.models.keyed_list import Index

PICTURE_PX = 120
TILE_WIDTH = 140
BADGE_PX = 20
HOT_PX = 30
_STATE = QStyle.StateFlag


class Hot(Enum):
    """A place on a suggested tile that acts when it is clicked."""

    CONFIRM = 1
    REJECT = 2


class FaceTileDelegate(QStyledItemDelegate):
    """Paints one face; a suggestion has a dashed frame and, under the mouse, tick and cross."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._line_px = 0

    def tile_size(self) -> QSize:
        """Return the size of every tile."""
        return QSize(TILE_WIDTH, 10 + PICTURE_PX + 6 + 2 * self._line_height() + 8)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the size of every tile."""
        return self.tile_size()

    def hot_at(self, tile: QRect, point: QPoint, index: Index) -> Hot | None:
        """Return what a click at ``point`` means beyond selecting."""
        face: FaceRow | None = index.data(FACE_ROLE) if index.isValid() else None
        if face is None or face.state is not FaceState.SUGGESTED:
            return None
        return next((hot for hot in Hot if hot_rect(tile, hot).contains(point)), None)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the tile of ``index`` in ``option.rect``."""
        rect: QRect = option.rect
        palette: QPalette = option.palette
        state: QStyle.StateFlag = option.state
        face: FaceRow | None = index.data(FACE_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, rect, palette, state)
        pixmap: QPixmap | None = index.data(Qt.ItemDataRole.DecorationRole)
        paint_picture(painter, QRectF(picture_rect(rect)), pixmap, palette)
        if face is not None:
            self._paint_frame(painter, rect, palette, face)
            self._paint_text(painter, rect, palette, face)
            if state & _STATE.State_MouseOver and face.state is FaceState.SUGGESTED:
                self._paint_hot(painter, rect, palette)
        painter.restore()

    def _line_height(self) -> int:
        view = self.parent()
        if not self._line_px and view is not None:
            self._line_px = view.fontMetrics().height()  # type: ignore[attr-defined]  # a view
        return self._line_px or 16

    def _paint_ground(
        self, painter: QPainter, rect: QRect, palette: QPalette, state: QStyle.StateFlag
    ) -> None:
        tile = QRectF(rect).adjusted(3, 3, -3, -3)
        painter.setPen(Qt.PenStyle.NoPen)
        if state & _STATE.State_Selected:
            painter.setBrush(theme.selected(palette))
            painter.drawRoundedRect(tile, theme.RADIUS, theme.RADIUS)
        elif state & _STATE.State_MouseOver:
            painter.setBrush(theme.hover(palette))
            painter.drawRoundedRect(tile, theme.RADIUS, theme.RADIUS)
        if state & _STATE.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 2))
            painter.drawRoundedRect(tile.adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)

    def _paint_frame(
        self, painter: QPainter, rect: QRect, palette: QPalette, face: FaceRow
    ) -> None:
        picture = QRectF(picture_rect(rect))
        if face.state is FaceState.SUGGESTED:
            pen = QPen(palette.color(QPalette.ColorRole.Text), 1.5, Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(picture, theme.RADIUS, theme.RADIUS)
        if face.state in (FaceState.SUGGESTED, FaceState.CONFIRMED, FaceState.IGNORED):
            corner = picture.bottomRight() - QPointF(BADGE_PX - 4, BADGE_PX - 4)
            paint_badge(painter, QRectF(corner.x(), corner.y(), BADGE_PX, BADGE_PX), face, palette)

    def _paint_text(self, painter: QPainter, rect: QRect, palette: QPalette, face: FaceRow) -> None:
        height = self._line_height()
        top = picture_rect(rect).bottom() + 7
        line = QRect(rect.left() + 8, top, rect.width() - 16, height)
        font = painter.font()
        font.setBold(face.state is FaceState.CONFIRMED)
        font.setItalic(face.state is FaceState.SUGGESTED)
        painter.setFont(font)
        label = face_label(face)
        is_named = label != UNNAMED
        painter.setPen(palette.color(QPalette.ColorRole.Text) if is_named else theme.muted(palette))
        _draw_line(painter, line, label)
        font.setBold(False)
        font.setItalic(False)
        painter.setFont(font)
        painter.setPen(theme.muted(palette))
        _draw_line(painter, line.translated(0, height), face_detail(face))

    def _paint_hot(self, painter: QPainter, rect: QRect, palette: QPalette) -> None:
        for hot in Hot:
            area = QRectF(hot_rect(rect, hot)).adjusted(2, 2, -2, -2)
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 1))
            painter.setBrush(palette.color(QPalette.ColorRole.Base))
            painter.drawEllipse(area)
            painter.setPen(_stroke(palette.color(QPalette.ColorRole.Text), 2.2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(_tick(area) if hot is Hot.CONFIRM else _cross(area))


def picture_rect(tile: QRect) -> QRect:
    """Return where the picture of a tile lies."""
    left = tile.left() + (tile.width() - PICTURE_PX) // 2
    return QRect(left, tile.top() + 10, PICTURE_PX, PICTURE_PX)


def hot_rect(tile: QRect, hot: Hot) -> QRect:
    """Return where a tile's tick or cross lies: the picture's upper corners."""
    picture = picture_rect(tile)
    left = picture.left() + 4 if hot is Hot.CONFIRM else picture.right() - HOT_PX - 3
    return QRect(left, picture.top() + 4, HOT_PX, HOT_PX)


def paint_picture(
    painter: QPainter, rect: QRectF, pixmap: QPixmap | None, palette: QPalette
) -> None:
    """Paint a thumbnail cut square with round corners, or an empty place for it."""
    path = QPainterPath()
    path.addRoundedRect(rect, theme.RADIUS, theme.RADIUS)
    if pixmap is None or pixmap.isNull():
        painter.fillPath(path, theme.faint(palette))
        return
    draw_square(painter, path, rect, pixmap)


def draw_square(painter: QPainter, path: QPainterPath, rect: QRectF, pixmap: QPixmap) -> None:
    """Draw the middle square of ``pixmap`` into ``rect``, as far as ``path`` reaches."""
    side = min(pixmap.width(), pixmap.height())
    source = QRectF((pixmap.width() - side) / 2, (pixmap.height() - side) / 2, side, side)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setClipPath(path, Qt.ClipOperation.IntersectClip)
    painter.drawPixmap(rect, pixmap, source)
    painter.restore()


def paint_badge(painter: QPainter, area: QRectF, face: FaceRow, palette: QPalette) -> None:
    """Paint the state's shape: a tick in a full circle, ``?`` in an open one, a barred circle."""
    text, base = palette.color(QPalette.ColorRole.Text), palette.color(QPalette.ColorRole.Base)
    is_full = face.state is FaceState.CONFIRMED
    ink = base if is_full else text
    painter.setPen(QPen(base if is_full else text, 1.2))
    painter.setBrush(text if is_full else base)
    painter.drawEllipse(area)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_stroke(ink, 1.8))
    if is_full:
        painter.drawPath(_tick(area))
    elif face.state is FaceState.IGNORED:
        painter.drawLine(area.center() - QPointF(4, -4), area.center() + QPointF(4, -4))
    else:
        font = painter.font()
        painter.save()
        font.setBold(True)
        font.setPixelSize(round(area.height() * 0.7))
        painter.setFont(font)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "?")
        painter.restore()


def _stroke(color: QColor, width: float) -> QPen:
    caps, joins = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
    return QPen(color, width, Qt.PenStyle.SolidLine, caps, joins)


def _tick(area: QRectF) -> QPainterPath:
    path = QPainterPath(_inside(area, 0.28, 0.52))
    path.lineTo(_inside(area, 0.44, 0.68))
    path.lineTo(_inside(area, 0.73, 0.34))
    return path


def _cross(area: QRectF) -> QPainterPath:
    path = QPainterPath(_inside(area, 0.32, 0.32))
    path.lineTo(_inside(area, 0.68, 0.68))
    path.moveTo(_inside(area, 0.68, 0.32))
    path.lineTo(_inside(area, 0.32, 0.68))
    return path


def _inside(area: QRectF, x: float, y: float) -> QPointF:
    return QPointF(area.left() + area.width() * x, area.top() + area.height() * y)


def _draw_line(painter: QPainter, line: QRect, text: str) -> None:
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, line.width())
    painter.drawText(line, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, shown)
