"""The right pane: the photo of the current face, and what is known of both."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from facedex.viewer import theme
from facedex.viewer.text import face_detail, face_label, photo_facts, photo_notes
from facedex.viewer.views.labels import ElidedLabel
from facedex.viewer.views.photo_view import PhotoView

if TYPE_CHECKING:
    from facedex.services.library.front_end import WindowLibrary
    from facedex.services.telling.records import FaceRow, PhotoRow
    from facedex.types import FaceId, PhotoId
    from facedex.viewer.workers import Workers

PREVIEW_SIZES = (1024, 1600, 2560)
MAX_PREVIEWS = 8


@dataclass(frozen=True, slots=True)
class FacePhoto:
    """A face and the photo that it is on."""

    face: FaceRow
    photo: PhotoRow


class PhotoPane(QWidget):
    """Asks for the photo of a face and shows it; what is asked for last wins."""

    face_clicked = Signal(object)  # FaceRow

    def __init__(
        self, library: WindowLibrary, workers: Workers, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._workers = workers
        self._shown: FacePhoto | None = None
        self._previews: OrderedDict[tuple[PhotoId, int], QPixmap] = OrderedDict()
        self._name = ElidedLabel()
        theme.resize_font(self._name, 1.15, bold=True)
        self._folder = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self._facts = ElidedLabel()
        self._notes = ElidedLabel()
        self._face_name = ElidedLabel()
        theme.resize_font(self._face_name, 1.0, bold=True)
        self._face_detail = ElidedLabel()
        for label in (self._folder, self._facts, self._notes, self._face_detail):
            theme.set_muted(label)
        self.view = PhotoView()
        self.view.face_clicked.connect(self.face_clicked)
        self.toggle = QPushButton("Close-up")
        self.toggle.setCheckable(True)
        self.toggle.setMinimumHeight(theme.FIELD_PX)
        self.toggle.setToolTip("Show the face close up, or the whole photo (F)")
        self.toggle.toggled.connect(self.view.set_close_up)
        self._lay_out()
        self.clear()

    def sizeHint(self) -> QSize:
        """Return a width that leaves room for the grid."""
        return QSize(440, 600)

    def clear(self) -> None:
        """Show no photo."""
        self._workers.drop("photo")
        self._workers.drop("preview")
        self._shown = None
        self.view.set_photo(None, None)
        self._tell(None)

    def show_face(self, face_id: FaceId) -> None:
        """Fetch and show the photo of a face; the one shown stays until it is here."""
        work = partial(find_photo, self._library, face_id)
        self._workers.submit("queries", work, self._on_photo, self._on_failed, channel="photo")

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._face_name)
        words.addWidget(self._face_detail)
        foot.addLayout(words, 1)
        foot.addWidget(self.toggle)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.MARGIN, theme.MARGIN, theme.MARGIN, theme.MARGIN)
        layout.setSpacing(2)
        for label in (self._name, self._folder, self._facts, self._notes):
            layout.addWidget(label)
        layout.addSpacing(theme.GAP)
        layout.addWidget(self.view, 1)
        layout.addSpacing(theme.GAP)
        layout.addLayout(foot)

    def _on_photo(self, found: FacePhoto | None) -> None:
        if found is None:
            self.clear()
            return
        self._shown = found
        self.view.set_photo(found.photo, found.face.face_id)
        self._tell(found)
        long_side = max(self.view.width(), self.view.height()) * self.devicePixelRatioF()
        size = next((each for each in PREVIEW_SIZES if each >= long_side), PREVIEW_SIZES[-1])
        key = (found.photo.photo_id, size)
        if key in self._previews:
            self._workers.drop("preview")
            self._previews.move_to_end(key)
            self.view.set_pixmap(self._previews[key])
            return
        work = partial(load_preview, self._library, *key)
        done = partial(self._on_preview, key)
        self._workers.submit("previews", work, done, self._on_failed, channel="preview")

    def _on_preview(self, key: tuple[PhotoId, int], image: QImage) -> None:
        if image.isNull():
            self.view.set_pixmap(None, "This preview cannot be shown.")
            return
        self._previews[key] = QPixmap.fromImage(image)
        while len(self._previews) > MAX_PREVIEWS:
            self._previews.popitem(last=False)
        self.view.set_pixmap(self._previews[key])

    def _on_failed(self, message: str) -> None:
        self.view.set_pixmap(None, message)

    def _tell(self, found: FacePhoto | None) -> None:
        path = PurePath(found.photo.path) if found and found.photo.path else None
        self._name.set_text(path.name if path else "Photo without a file" if found else "")
        self._folder.set_text(str(path.parent) if path else "")
        self._facts.set_text(photo_facts(found.photo) if found else "")
        notes = photo_notes(found.photo.notes) if found else ""
        self._notes.set_text(notes)
        self._notes.setVisible(bool(notes))
        self._face_name.set_text(face_label(found.face) if found else "")
        self._face_detail.set_text(face_detail(found.face) if found else "")
        self.toggle.setEnabled(found is not None)


def find_photo(library: WindowLibrary, face_id: FaceId) -> FacePhoto | None:
    """Return the face and its photo; None where they are gone. For any thread."""
    faces = library.look.faces([face_id])
    try:
        return FacePhoto(faces[0], library.look.photo(faces[0].photo_id)) if faces else None
    except KeyError:  # a scan removed the photo between the two questions
        return None


def load_preview(library: WindowLibrary, photo_id: PhotoId, long_side_px: int) -> QImage:
    """Return the decoded preview. For any thread."""
    return QImage.fromData(library.look.preview(photo_id, long_side_px))
