"""Names in every script: joiners are typed and stored, and no name turns what is beside it."""

import pytest
from gui_fakes import settle
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from facedex.db import faces, files, photos
from facedex.db.connection import transaction
from facedex.db.library import open_library
from facedex.services.library import Library
from facedex.services.telling.records import PersonRow
from facedex.types import Box, FileStat, PhotoFacts
from facedex.viewer.models.names import choices
from facedex.viewer.models.sidebar import UNGROUPED
from facedex.viewer.text import name_in_text

ZWNJ, ZWJ, RLO = "\u200c", "\u200d", "\u202e"
WITH_ZWNJ = f"\u0645\u06cc{ZWNJ}\u062e\u0648\u0627\u0647"
WITH_ZWJ = f"\u0dc1\u0dca{ZWJ}\u0dbb\u0dd3"
BOX = Box(0.2, 0.2, 0.4, 0.5)
HEBREW = "\u05e2\u05d3\u05d4"


def type_text(text):
    """Send what an input method or a keyboard of the script sends: a key event a character."""
    for character in text:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, character)
            QApplication.sendEvent(QApplication.focusWidget(), event)


@pytest.fixture
def named_library(tmp_path):
    """A library of three faces that nobody has named."""
    directory = tmp_path / "library"
    directory.mkdir()
    db = open_library(directory)
    with transaction(db):
        root = files.ensure_root(db, bytes(tmp_path))
        for number in range(3):
            photo_id = photos.add_photo(db, bytes([number]) * 32, PhotoFacts("JPEG", 640, 400))
            file_id = files.add_file(db, root, FileStat(b"%d.jpg" % number, 9, 1, 1, number, 1))
            files.set_read(db, file_id, 1, bytes([number]) * 32, photo_id, 1)
            faces.add_face(db, photo_id, faces.NewFace(BOX, "cnn", 1.0), "engine", "model")
    db.close()
    library = Library.open(directory)
    yield library
    library.close()


def open_ungrouped(qtbot, open_window, library):
    """Open the window with the first face of nobody selected and the name field ready."""
    window = open_window(library)
    window.sidebar.choose(UNGROUPED)
    window.grid.setFocus()
    settle(qtbot, window)
    qtbot.keyClick(window.grid, Qt.Key.Key_N)
    return window


@pytest.mark.parametrize("name", [WITH_ZWNJ, WITH_ZWJ])
def test_a_typed_joiner_is_stored_with_the_name(qtbot, open_window, named_library, name):
    window = open_ungrouped(qtbot, open_window, named_library)
    type_text(name)
    assert QApplication.focusWidget().text() == name
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    settle(qtbot, window)
    assert [(p.name, p.n_confirmed) for p in named_library.look.people()] == [(name, 1)]


@pytest.mark.parametrize("n_typed", [4, 20])
def test_a_name_typed_without_its_joiner_is_found(qtbot, open_window, named_library, n_typed):
    [first, *_rest] = named_library.look.shelf_faces(UNGROUPED)
    named_library.decide.name_faces([first], WITH_ZWNJ)
    window = open_ungrouped(qtbot, open_window, named_library)
    type_text(WITH_ZWNJ.replace(ZWNJ, "")[:n_typed])
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    settle(qtbot, window)
    assert [(p.name, p.n_confirmed) for p in named_library.look.people()] == [(WITH_ZWNJ, 2)]


@pytest.mark.parametrize("typed", [WITH_ZWNJ.replace(ZWNJ, ""), f"\u200f{WITH_ZWNJ}"])
def test_joiners_and_marks_of_direction_offer_nobody_new(typed):
    people = [PersonRow(1, "Ann", 5, 5, 0), PersonRow(2, WITH_ZWNJ, 1, 1, 0)]
    assert [each.name for each in choices(typed, people)] == [WITH_ZWNJ, "Ann"]


def test_a_name_among_other_text_is_set_apart_where_it_could_turn_it():
    assert name_in_text("Zo\u00e9\n Ann") == "Zo\u00e9 Ann"
    assert name_in_text(WITH_ZWJ) == WITH_ZWJ
    assert name_in_text(HEBREW) == f"\u2068{HEBREW}\u2069"
    assert name_in_text(f"Ann{RLO}") == "\u2068Ann\u2069"
    [new] = choices(HEBREW, [])
    assert new.label == f"New person “\u2068{HEBREW}\u2069”"
