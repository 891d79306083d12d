"""The window on a real library: SQLite, threads, and the worker process that decodes photos."""

import hashlib
import io
import os
import subprocess
import sys

import pytest
from drawn_faces import draw_head, thumbnail_jpeg
from gui_fakes import settle
from PIL import Image, ImageDraw
from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from facedex.db import cache, faces, files, people, photos
from facedex.db.connection import transaction
from facedex.db.library import open_library
from facedex.services.library import Library
from facedex.services.telling.records import Shelf
from facedex.types import Assignment, Box, FaceState, FileStat, PhotoFacts, Source
from facedex.viewer import app

BOXES = (Box(0.1, 0.2, 0.3, 0.55), Box(0.4, 0.25, 0.6, 0.6), Box(0.7, 0.2, 0.9, 0.55))


def drawn_photo(who: tuple[int, ...]) -> bytes:
    image = Image.new("RGB", (640, 400), "#bcd7e6")
    for number, box in zip(who, BOXES, strict=False):
        corners = (box.x0 * 640, box.y0 * 400, box.x1 * 640, box.y1 * 400)
        draw_head(ImageDraw.Draw(image), corners, number)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def directory(tmp_path):
    """A library of ten photos: Anna confirmed or suggested, a group, and single faces."""
    directory, pictures = tmp_path / "library", tmp_path / "pictures"
    directory.mkdir()
    pictures.mkdir()
    db, thumbnails = open_library(directory), cache.open_cache(directory)
    with transaction(db):
        root = files.ensure_root(db, bytes(pictures))
        anna = people.add_person(db, "Anna & <b>Co</b>")
        group = people.add_cluster(db)
        for number in range(10):
            add_photo(db, root, pictures / f"IMG_{number}.jpg", number, anna, group)
    for number, face_id in enumerate(face_id for (face_id,) in db.execute("SELECT id FROM face")):
        uuid = faces.uuid_of(db, face_id)
        cache.save_thumbnails(thumbnails, [(uuid, thumbnail_jpeg(number % 3, number % 6))])
    db.close()
    thumbnails.close()
    return directory


def add_photo(db, root, path, number, anna, group) -> None:
    data = drawn_photo((0, 1, number + 2))
    path.write_bytes(data)
    stat = path.stat()
    facts = PhotoFacts("JPEG", 640, 400)
    photo_id = photos.add_photo(db, hashlib.sha256(data + bytes([number])).digest(), facts)
    times = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, 1)
    file_id = files.add_file(db, root, FileStat(path.name.encode(), *times))
    files.set_read(db, file_id, 1, hashlib.sha256(data).digest(), photo_id, 1)
    ids = [
        faces.add_face(db, photo_id, faces.NewFace(box, "cnn", 1.0), "engine", "model")
        for box in BOXES
    ]
    if number < 4:
        faces.add_suggestion(db, ids[0], anna, 0.3 + number / 100)
    else:
        said = Assignment(anna, FaceState.CONFIRMED, Source.PICASA)
        faces.set_assignments(db, ids[0], [said])
    faces.set_cluster(db, ids[1], group)


@pytest.fixture
def real(directory):
    library = Library.open(directory)
    yield library
    library.close()


def test_decisions_reach_the_database_and_survive_the_window(qtbot, open_window, real, directory):
    window = open_window(real)
    assert window.shelf.title.text == "Anna & <b>Co</b>"
    qtbot.keyClick(window.grid, Qt.Key.Key_Return)
    qtbot.keyClick(window.grid, Qt.Key.Key_Delete)
    qtbot.keyClick(window.grid, Qt.Key.Key_U)
    settle(qtbot, window)
    assert window.shelf.names.button.text() == "Name all 10 faces"
    qtbot.keyClick(window.grid, Qt.Key.Key_N)
    qtbot.keyClicks(QApplication.focusWidget(), "Bert")
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    settle(qtbot, window)
    assert window.status.message.text == "Named 10 faces Bert — Ctrl+Z to undo"
    assert window.photo.view._pixmap is not None
    window.close()
    again = Library.open(directory)
    counts = {row.name: (row.n_confirmed, row.n_suggested) for row in again.look.people()}
    again.close()
    assert counts == {"Anna & <b>Co</b>": (7, 2), "Bert": (10, 0)}


def test_undo_takes_back_a_whole_group(qtbot, open_window, real):
    window = open_window(real)
    qtbot.keyClick(window.grid, Qt.Key.Key_U)
    settle(qtbot, window)
    group = window.faces.shelf
    window.shelf_session.name("Bert")
    settle(qtbot, window)
    assert real.look.unknown_groups() == []
    qtbot.keyClick(window.grid, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle(qtbot, window)
    assert real.look.unknown_groups()[0].n_faces == 10
    assert window.sidebar_model.entry(group).n == 10
    assert [row.name for row in real.look.people()] == ["Anna & <b>Co</b>"]


def test_another_process_is_noticed(qtbot, open_window, real, directory):
    window = open_window(real)
    other = Library.open(directory)
    other.decide.name_faces(other.look.shelf_faces(Shelf("ungrouped")), "Zoë")
    other.close()
    window.watch.poll()
    settle(qtbot, window)
    assert window.sidebar_model.entry(Shelf("ungrouped")).n == 0
    assert "Zoë" in [window.sidebar_model.data(window.sidebar_model.index(n)) for n in range(4)]


def test_photo_whose_file_is_gone_says_so(qtbot, open_window, real, tmp_path):
    for path in (tmp_path / "pictures").iterdir():
        path.unlink()
    window = open_window(real)
    assert "cannot" in window.photo.view._message
    assert not window.grid.model().index(0, 0).data(Qt.ItemDataRole.DecorationRole).isNull()


def test_run_shows_the_window_until_it_is_closed(qapp, directory, tmp_path):
    QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, str(tmp_path))
    seen = []

    def look_and_close():
        window = next(each for each in qapp.topLevelWidgets() if each.windowTitle() == "facedex")
        seen.append(window.isVisible())
        window.close()

    QTimer.singleShot(300, look_and_close)
    assert app.run(directory) == 0
    assert seen == [True]


def test_process_ends_cleanly_after_the_window(directory, tmp_path):
    script = (
        "import sys; from pathlib import Path\n"
        "from PySide6.QtCore import QTimer\n"
        "from PySide6.QtWidgets import QApplication\n"
        "from facedex.viewer.app import run\n"
        "app = QApplication(sys.argv)\n"
        "QTimer.singleShot(500, lambda: [w.close() for w in app.topLevelWidgets()])\n"
        "sys.exit(run(Path(sys.argv[1])))\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-W", "error", "-c", script, str(directory)],
        env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "QT_LOGGING_RULES": "*=false"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_uncaught_exception_is_shown_in_plain_text_and_logged(qtbot, open_window, library, caplog):
    window = open_window(library)
    reporter = app.CrashReporter(window)
    try:
        raise ValueError("<b>no</b>")
    except ValueError as error:
        reporter.report(type(error), error, error.__traceback__)
    box = window.findChild(QMessageBox)
    assert box.textFormat() is Qt.TextFormat.PlainText
    assert "<b>no</b>" in box.informativeText()
    assert "Traceback" in box.detailedText()
    assert "unexpected error in the window" in caplog.text
    box.close()
