"""Suggestions follow the decisions by themselves."""

import threading
from dataclasses import replace

from gui_fakes import settle
from PySide6.QtCore import Qt

from facedex.services.telling.records import Shelf
from facedex.types import FaceState

ANNA = Shelf("person", person_id=1)


def test_a_decision_brings_new_suggestions_into_the_open_shelf(qtbot, open_window, library):
    window = open_window(library)
    shown = library.look.shelf_faces(ANNA)
    newcomer = next(i for i, face in library.by_id.items() if i not in shown)
    found = replace(library.by_id[newcomer], state=FaceState.SUGGESTED, person_id=1, distance=0.3)
    library.follows = {newcomer: found}
    qtbot.keyClick(window.grid, Qt.Key.Key_Return)
    settle(qtbot, window)
    qtbot.waitUntil(lambda: newcomer in window.faces.keys, timeout=5000)
    assert [name for name, _ in library.calls].count("follow_decisions") == 1


def test_suggestions_follow_off_the_gui_thread_and_after_an_undo(qtbot, open_window, library):
    window = open_window(library)
    qtbot.keyClick(window.grid, Qt.Key.Key_Return)
    settle(qtbot, window)
    qtbot.keyClick(window.grid, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle(qtbot, window)
    threads = [thread for name, thread in library.calls if name == "follow_decisions"]
    assert len(threads) == 2
    assert threading.get_ident() not in threads
