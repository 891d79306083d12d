"""The thumbnails in memory: decoded on a lane, made pixmaps on the GUI thread."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap

if TYPE_CHECKING:
    from facedex.services.library.front_end import WindowLibrary
    from facedex.types import FaceId
    from facedex.viewer.workers import Workers

MAX_PIXMAPS = 1500  # of 160 px: 150 MB at the worst
MAX_WANTED = 400  # several screens; what scrolled by long ago is not fetched
MAX_RUNNING = 8
COALESCE_MS = 30


class Thumbnails(QObject):
    """Face thumbnails, asked for by painting; the newest request is served first."""

    arrived = Signal(object)  # frozenset[FaceId], several at once

    def __init__(
        self, library: WindowLibrary, workers: Workers, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._workers = workers
        self._pixmaps: OrderedDict[FaceId, QPixmap] = OrderedDict()
        self._wanted: OrderedDict[FaceId, None] = OrderedDict()
        self._running: set[FaceId] = set()
        self._fresh: set[FaceId] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(COALESCE_MS)
        self._timer.timeout.connect(self._tell)

    def pixmap(self, face_id: FaceId) -> QPixmap | None:
        """Return the thumbnail if it is here, else None and fetch it; null where there is none."""
        found = self._pixmaps.get(face_id)
        if found is not None:
            self._pixmaps.move_to_end(face_id)
            return found
        if face_id not in self._running:
            self._wanted[face_id] = None
            self._wanted.move_to_end(face_id)
            while len(self._wanted) > MAX_WANTED:
                self._wanted.popitem(last=False)
            self._start()
        return None

    def forget_missing(self) -> None:
        """Ask again for thumbnails that were not there: a scan may have made them since."""
        for face_id in [key for key, pixmap in self._pixmaps.items() if pixmap.isNull()]:
            del self._pixmaps[face_id]

    def _start(self) -> None:
        while self._wanted and len(self._running) < MAX_RUNNING:
            face_id, _ = self._wanted.popitem()
            self._running.add(face_id)
            self._workers.submit(
                "thumbnails",
                partial(load_image, self._library, face_id),
                partial(self._on_loaded, face_id),
                partial(self._on_failed, face_id),
            )

    def _on_loaded(self, face_id: FaceId, image: QImage) -> None:
        self._keep(face_id, QPixmap.fromImage(image) if not image.isNull() else QPixmap())

    def _on_failed(self, face_id: FaceId, message: str) -> None:
        self._keep(face_id, QPixmap())
        self._workers.failed.emit(message)

    def _keep(self, face_id: FaceId, pixmap: QPixmap) -> None:
        self._running.discard(face_id)
        self._pixmaps[face_id] = pixmap
        while len(self._pixmaps) > MAX_PIXMAPS:
            self._pixmaps.popitem(last=False)
        self._fresh.add(face_id)
        if not self._timer.isActive():
            self._timer.start()
        self._start()

    def _tell(self) -> None:
        fresh, self._fresh = frozenset(self._fresh), set()
        self.arrived.emit(fresh)


def load_image(library: WindowLibrary, face_id: FaceId) -> QImage:
    """Return the decoded thumbnail; a null image where there is none. For any thread."""
    jpeg = library.look.thumbnail(face_id)
    return QImage.fromData(jpeg) if jpeg else QImage()
