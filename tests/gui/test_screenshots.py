"""Pictures of the window for people to look at; a machine can only say that they are not blank."""

import os
from pathlib import Path

import pytest
from gui_fakes import FakeLibrary, crowd, settle
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from facedex.services.telling.records import Shelf
from facedex.types import FaceState
from facedex.viewer.delegates.face_tile import Hot, hot_rect
from facedex.viewer.models.sidebar import REVIEW, UNGROUPED
from facedex.viewer.views.split_dialog import SplitDialog
from facedex.viewer.views.sure_dialog import SureDialog


@pytest.fixture
def folder(tmp_path):
    folder = Path(os.environ.get("FACEDEX_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def dark(qapp):
    before = qapp.palette()
    palette = QPalette(QColor("#2b2d31"))
    roles = QPalette.ColorRole
    for role, color in (
        (roles.Window, "#2b2d31"), (roles.Base, "#1f2125"), (roles.Button, "#3a3d43"),
        (roles.Text, "#e8e8ea"), (roles.WindowText, "#e8e8ea"), (roles.ButtonText, "#e8e8ea"),
        (roles.PlaceholderText, "#9a9ca3"), (roles.Highlight, "#5b9bd5"),
    ):  # fmt: skip
        palette.setColor(role, QColor(color))
    qapp.setPalette(palette)
    yield
    qapp.setPalette(before)


def shoot(qtbot, window, path):
    window.repaint()
    settle(qtbot, window)
    image = window.grab().toImage()
    assert image.save(str(path))
    ratio = image.devicePixelRatio()
    assert (image.width(), image.height()) == (window.width() * ratio, window.height() * ratio)
    step = max(1, image.width() // 160)
    seen = {
        image.pixel(x, y)
        for x in range(0, image.width(), step)
        for y in range(0, image.height(), step)
    }
    return len(seen)


def test_person_with_suggestions(qtbot, open_window, library, folder):
    window = open_window(library)
    qtbot.keyClick(window.grid, Qt.Key.Key_Return)
    settle(qtbot, window)
    tile = window.grid.visualRect(window.faces.index(2))
    qtbot.mouseMove(window.grid.viewport(), hot_rect(tile, Hot.CONFIRM).center())
    assert shoot(qtbot, window, folder / "person.png") > 500


def test_group_while_its_name_is_typed(qtbot, open_window, library, folder):
    window = open_window(library)
    window.sidebar.choose(Shelf("group", cluster_id=2))
    settle(qtbot, window)
    qtbot.keyClick(window.grid, Qt.Key.Key_N)
    qtbot.keyClicks(QApplication.focusWidget(), "b")
    settle(qtbot, window)
    assert shoot(qtbot, window, folder / "group-naming.png") > 500


def test_not_grouped_in_dark_colours(qtbot, dark, open_window, library, folder):
    window = open_window(library)
    window.sidebar.choose(UNGROUPED)
    settle(qtbot, window)
    window.grid.setFocus()
    qtbot.keyClick(window.grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert shoot(qtbot, window, folder / "dark.png") > 500


def test_close_up_in_a_small_window(qtbot, open_window, library, folder):
    window = open_window(library, (1000, 560))
    qtbot.keyClick(window.grid, Qt.Key.Key_F)
    assert shoot(qtbot, window, folder / "close-up-small.png") > 500


def test_dark_person_with_offline_photo(qtbot, dark, open_window, library, folder):
    library.offline.update(library.sizes)
    window = open_window(library)
    assert shoot(qtbot, window, folder / "dark-offline.png") > 500


def test_review_of_suggestions(qtbot, open_window, library, folder):
    window = open_window(library)
    qtbot.keyClick(window.grid, Qt.Key.Key_R)
    settle(qtbot, window)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Space):
        qtbot.keyClick(QApplication.focusWidget(), key)
    assert shoot(qtbot, window, folder / "review-suggestions.png") > 500


def test_review_of_a_group(qtbot, dark, open_window, library, folder):
    library.looks_like[1] = 3
    window = open_window(library)
    window.sidebar.choose(REVIEW)
    settle(qtbot, window)
    assert shoot(qtbot, window, folder / "dark-review-same.png") > 500


def test_review_of_an_unknown_group(qtbot, open_window, library, folder):
    library.names.clear()
    for face in library.by_id.values():
        if face.cluster_id is None:
            face.state, face.person_id = FaceState.IGNORED, None
    window = open_window(library, (1000, 560))
    window.sidebar.choose(REVIEW)
    settle(qtbot, window)
    qtbot.keyClicks(QApplication.focusWidget(), "Do")
    assert shoot(qtbot, window, folder / "review-who-small.png") > 500


def test_parts_of_a_person(qtbot, open_window, library, folder):
    window = open_window(library)
    qtbot.keyClick(window.grid, Qt.Key.Key_P)
    settle(qtbot, window)
    [split] = window.findChildren(SplitDialog)
    qtbot.keyClick(split, "+")
    settle(qtbot, window)
    assert split.grab().toImage().save(str(folder / "split.png"))
    assert shoot(qtbot, window, folder / "behind-split.png") > 500


def test_sure_suggestions(qtbot, open_window, library, folder):
    window = open_window(library)
    window.confirm_sure()
    [sure] = window.findChildren(SureDialog)
    sure.least.setValue(90)
    qtbot.waitUntil(sure.ok.isEnabled, timeout=3000)
    settle(qtbot, window)
    assert sure.grab().toImage().save(str(folder / "sure.png"))
    assert shoot(qtbot, window, folder / "behind-sure.png") > 500


def test_many_groups(qtbot, open_window, folder):
    library = crowd(600)
    for face in library.by_id.values():
        face.cluster_id = face.face_id % 60
    window = open_window(library, (1600, 900))
    assert shoot(qtbot, window, folder / "many-groups.png") > 500


def test_empty_library(qtbot, open_window, folder):
    window = open_window(FakeLibrary())
    assert shoot(qtbot, window, folder / "empty.png") > 3
