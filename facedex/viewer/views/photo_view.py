"""A photo, fitted to its place, with the boxes and names of its faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from facedex.types import Box, FaceState
from facedex.viewer import theme
from facedex.viewer.text import UNNAMED, counted, face_label, one_line

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent, QPaintEvent

    from facedex.services.telling.records import FaceRow, PhotoRow
    from facedex.types import FaceId

CLOSE_UP = 2.6  # how many face widths a close-up shows
MIN_LABEL_PX = 26  # narrower boxes carry no name until they are pointed at
_DARK = QColor(0, 0, 0, 190)
_LIGHT = QColor(255, 255, 255)
_LINES = {
    FaceState.CONFIRMED: Qt.PenStyle.SolidLine,
    FaceState.SUGGESTED: Qt.PenStyle.DashLine,
}


class PhotoView(QWidget):
    """Paints a picture and boxes over it, in device-independent pixels.

    Boxes are 0..1 of the upright picture, which :meth:`source` and :meth:`target` bring to the
    widget's pixels; the number of pixels in the preview plays no part in it.
    """

    face_clicked = Signal(object)  # FaceRow

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._photo: PhotoRow | None = None
        self._current: FaceId | None = None
        self._pointed: FaceId | None = None
        self._pixmap: QPixmap | None = None
        self._message = ""
        self._is_close_up = False
        self.setMouseTracking(True)
        self.setMinimumSize(220, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Photo")

    @property
    def is_close_up(self) -> bool:
        """Whether only the current face and what is near it are shown."""
        return self._is_close_up

    def sizeHint(self) -> QSize:
        """Return a size that leaves room for the grid."""
        return QSize(420, 420)

    def set_photo(self, photo: PhotoRow | None, current: FaceId | None) -> None:
        """Show another photo's boxes; its picture comes by :meth:`set_pixmap`."""
        if photo is None or self._photo is None or photo.photo_id != self._photo.photo_id:
            self._pixmap = None
            self._message = ""
        self._photo, self._current, self._pointed = photo, current, None
        names = [face_label(face) for face in photo.faces] if photo else []
        spoken = f"{counted(len(names), 'face')}: {', '.join(names)}" if names else ""
        self.setAccessibleDescription(spoken)
        self.update()

    def set_pixmap(self, pixmap: QPixmap | None, message: str = "") -> None:
        """Show the picture, or ``message`` in its place."""
        self._pixmap, self._message = pixmap, message
        self.update()

    def set_close_up(self, is_close_up: bool) -> None:
        """Show the current face close up, or the whole photo."""
        self._is_close_up = is_close_up
        self.update()

    def source(self) -> Box:
        """Return the part of the picture that is shown, 0..1."""
        face = self._face(self._current)
        if self._photo is None or face is None or not self._is_close_up:
            return Box(0.0, 0.0, 1.0, 1.0)
        width_px, height_px = self._photo.width_px, self._photo.height_px
        side = CLOSE_UP * max(face.box.width * width_px, face.box.height * height_px)
        scale = min(self.width() / side, self.height() / side)
        width = min(1.0, self.width() / scale / width_px)
        height = min(1.0, self.height() / scale / height_px)
        x, y = face.box.center
        left = min(max(0.0, x - width / 2), 1.0 - width)
        top = min(max(0.0, y - height / 2), 1.0 - height)
        return Box(left, top, left + width, top + height)

    def target(self) -> QRectF:
        """Return where the shown part lies in the widget: as large as fits, in the middle."""
        if self._photo is None or not self._photo.width_px or not self._photo.height_px:
            return QRectF()
        part = self.source()
        width, height = part.width * self._photo.width_px, part.height * self._photo.height_px
        scale = min(self.width() / width, self.height() / height)
        size = (width * scale, height * scale)
        return QRectF((self.width() - size[0]) / 2, (self.height() - size[1]) / 2, *size)

    def face_rect(self, face: FaceRow) -> QRectF:
        """Return where a face's box lies in the widget."""
        part, target = self.source(), self.target()
        x_scale, y_scale = target.width() / part.width, target.height() / part.height
        return QRectF(
            target.left() + (face.box.x0 - part.x0) * x_scale,
            target.top() + (face.box.y0 - part.y0) * y_scale,
            face.box.width * x_scale,
            face.box.height * y_scale,
        )

    def face_at(self, point: QPointF) -> FaceRow | None:
        """Return the face under a point, the smallest where boxes overlap."""
        faces = self._photo.faces if self._photo else ()
        under = [face for face in faces if self.face_rect(face).contains(point)]
        return min(under, key=lambda face: face.box.area, default=None)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture, the boxes, and the current one last."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        target = self.target()
        if self._photo is None:
            return
        if self._pixmap is None:
            painter.fillRect(target, theme.faint(self.palette()))
            painter.setPen(self.palette().text().color())
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            area = target.adjusted(theme.MARGIN, 0, -theme.MARGIN, 0)
            painter.drawText(area, flags, one_line(self._message) or "Loading…")
            if self._message:
                return
        else:
            painter.drawPixmap(target, self._pixmap, self._pixmap_part(self._pixmap))
        painter.setClipRect(target)
        last = (self._current, self._pointed)
        for face in sorted(self._photo.faces, key=lambda each: each.face_id in last):
            self._paint_box(painter, face)
        for face in sorted(self._photo.faces, key=lambda each: each.face_id in last):
            self._paint_name(painter, face, target)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell which face was clicked."""
        face = self.face_at(event.position())
        if face is not None:
            self.face_clicked.emit(face)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show the name of the box under the mouse."""
        face = self.face_at(event.position())
        pointed = face.face_id if face else None
        if pointed != self._pointed:
            self._pointed = pointed
            self.setCursor(
                Qt.CursorShape.PointingHandCursor if face else Qt.CursorShape.ArrowCursor
            )
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the name that only pointing showed."""
        self._pointed = None
        self.update()

    def _face(self, face_id: FaceId | None) -> FaceRow | None:
        faces = self._photo.faces if self._photo else ()
        return next((face for face in faces if face.face_id == face_id), None)

    def _pixmap_part(self, pixmap: QPixmap) -> QRectF:
        part = self.source()
        return QRectF(
            part.x0 * pixmap.width(),
            part.y0 * pixmap.height(),
            part.width * pixmap.width(),
            part.height * pixmap.height(),
        )

    def _paint_box(self, painter: QPainter, face: FaceRow) -> None:
        is_current = face.face_id == self._current
        rect, width = self.face_rect(face), 4.0 if is_current else 2.0
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(_DARK, width + 2.0))
        painter.drawRect(rect)
        line = _LINES.get(face.state, Qt.PenStyle.DotLine)
        if is_current:
            color, line = self.palette().highlight().color().lighter(130), Qt.PenStyle.SolidLine
        else:
            color = _LIGHT
        painter.setPen(QPen(color, width, line))
        painter.drawRect(rect)

    def _paint_name(self, painter: QPainter, face: FaceRow, target: QRectF) -> None:
        rect, is_current = self.face_rect(face), face.face_id == self._current
        if not rect.intersects(target):
            return
        is_asked = is_current or face.face_id == self._pointed
        if not is_asked and (rect.width() < MIN_LABEL_PX or face_label(face) == UNNAMED):
            return
        font = self.font()
        font.setBold(is_current)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        widest = max(rect.width() + 40.0, 110.0)
        label = metrics.elidedText(face_label(face), Qt.TextElideMode.ElideRight, round(widest))
        plate = QRectF(0, 0, metrics.horizontalAdvance(label) + 12, metrics.height() + 4)
        plate.moveTopLeft(QPointF(rect.center().x() - plate.width() / 2, rect.bottom() + 4))
        if plate.bottom() > target.bottom():
            plate.moveBottom(min(rect.bottom() - 4, target.bottom() - 2))
        plate.moveLeft(min(max(plate.left(), target.left()), target.right() - plate.width()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_DARK)
        painter.drawRoundedRect(plate, 4, 4)
        painter.setPen(_LIGHT)
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, label)
