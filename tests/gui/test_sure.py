"""Confirming all sure suggestions in the window."""

from dataclasses import replace
from threading import Event

import pytest
from gui_fakes import settle
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from facedex.types import FaceState
from facedex.viewer.views.sure_dialog import SureDialog

KEY = Qt.Key


@pytest.fixture
def sure_dialog(qtbot, open_window, library):
    """Open the dialog by its key; one suggestion of the nine is 99.5 % sure."""
    window = open_window(library)
    qtbot.keyClick(window, KEY.Key_Return, Qt.KeyboardModifier.ControlModifier)
    [dialog] = window.findChildren(SureDialog)
    qtbot.waitUntil(dialog.ok.isEnabled, timeout=3000)
    settle(qtbot, window)
    return window, dialog


def set_least(qtbot, window, dialog, percent):
    dialog.least.setValue(percent)
    assert not dialog.ok.isEnabled()  # nothing is confirmed that is not counted yet
    qtbot.waitUntil(lambda: dialog._sure is not None, timeout=3000)
    settle(qtbot, window)


def states(library, person):
    return [face.state for face in library.by_id.values() if face.person_id == person]


def test_it_says_how_many_and_confirms_them(qtbot, sure_dialog, library):
    window, dialog = sure_dialog
    assert dialog.ok.text() == "Confirm 1 face"
    set_least(qtbot, window, dialog, 90.0)
    assert dialog.ok.text() == "Confirm 3 faces"
    assert dialog.text.text().startswith("3 suggestions for 2 people; hardly any is wrong")
    assert len(dialog.grid.selected_ids()) == 3
    before = states(library, 1).count(FaceState.CONFIRMED)
    dialog.ok.click()
    settle(qtbot, window)
    assert states(library, 1).count(FaceState.CONFIRMED) == before + 2
    assert window.status.message.text == "Confirmed 3 faces, at least 90 % sure — Ctrl+Z to undo"
    window.step(is_undo=True)
    settle(qtbot, window)
    assert states(library, 1).count(FaceState.CONFIRMED) == before


def test_what_is_clicked_away_is_rejected(qtbot, sure_dialog, library):
    window, dialog = sure_dialog
    set_least(qtbot, window, dialog, 90.0)
    wrong = dialog.grid.selected_ids()[0]
    dialog.grid.choose(wrong, is_chosen=False)
    assert dialog.ok.text() == "Confirm 2 faces"
    assert "1 suggestion will be rejected" in dialog.text.text()
    dialog.ok.click()
    settle(qtbot, window)
    assert library.by_id[wrong].state is FaceState.REJECTED
    said = "Confirmed 2 faces and rejected 1, at least 90 % sure — Ctrl+Z to undo"
    assert window.status.message.text == said


def test_escape_changes_nothing(qtbot, sure_dialog, library):
    window, dialog = sure_dialog
    qtbot.keyClick(dialog, KEY.Key_Escape)
    settle(qtbot, window)
    assert "confirm_sure" not in [name for name, _thread in library.calls]


def test_escape_among_the_faces_closes_and_rejects_none(qtbot, sure_dialog, library):
    window, dialog = sure_dialog
    set_least(qtbot, window, dialog, 90.0)
    dialog.grid.setFocus()
    qtbot.keyClick(dialog.grid, KEY.Key_Escape)
    assert not dialog.isVisible()
    assert len(dialog.grid.selected_ids()) == 3
    settle(qtbot, window)
    assert "confirm_sure" not in [name for name, _thread in library.calls]


@pytest.mark.parametrize("method", ["count_sure", "faces"])
def test_closing_while_something_loads(qtbot, open_window, library, method):
    window = open_window(library)
    gate, load = Event(), getattr(library.look, method)
    setattr(library.look, method, lambda *args: gate.wait(5) and load(*args))
    qtbot.keyClick(window, KEY.Key_Return, Qt.KeyboardModifier.ControlModifier)
    [dialog] = window.findChildren(SureDialog)
    if method == "faces":
        qtbot.waitUntil(dialog.ok.isEnabled, timeout=3000)
        qtbot.waitUntil(lambda: not window.workers.is_idle, timeout=3000)
    qtbot.keyClick(dialog, KEY.Key_Escape)
    qtbot.waitUntil(lambda: not window.findChildren(SureDialog), timeout=3000)
    gate.set()
    settle(qtbot, window)


def suggest(library, n, probability):
    """Let another process suggest Anna for faces that were not suggested to be anybody."""
    others = [i for i, face in library.by_id.items() if face.state is not FaceState.SUGGESTED][-n:]
    facts = {"person_id": 1, "distance": 0.3, "probability": probability}
    for i in others:
        library.by_id[i] = replace(library.by_id[i], state=FaceState.SUGGESTED, **facts)
    library.version += 1
    return others


def test_what_another_process_suggests_is_shown_before_it_is_confirmed(qtbot, sure_dialog, library):
    window, dialog = sure_dialog
    come = suggest(library, 5, 0.999)
    window.watch.poll()
    settle(qtbot, window)
    assert dialog.ok.text() == "Confirm 6 faces"
    assert set(come) < set(dialog.grid.selected_ids())
    dialog.ok.click()
    settle(qtbot, window)
    assert window.status.message.text == "Confirmed 6 faces, at least 99.5 % sure — Ctrl+Z to undo"


def test_what_was_not_shown_is_not_confirmed(qtbot, sure_dialog, library):
    window, dialog = sure_dialog
    suggest(library, 5, 0.999)
    before = states(library, 1).count(FaceState.CONFIRMED)
    dialog.ok.click()
    settle(qtbot, window)
    assert states(library, 1).count(FaceState.CONFIRMED) == before
    said = "Not done: other suggestions are sure by now; look at them first"
    assert window.status.message.text == said


def test_what_is_clicked_away_stays_so_where_it_is_shown_no_more(qtbot, sure_dialog, library):
    window, dialog = sure_dialog
    [wrong] = dialog.grid.selected_ids()
    library.by_id[wrong] = replace(library.by_id[wrong], probability=0.9999)
    dialog.grid.choose(wrong, is_chosen=False)
    suggest(library, 60, 0.996)
    window.watch.poll()
    settle(qtbot, window)
    assert wrong not in dialog.grid.selected_ids()
    assert dialog.ok.text() == "Confirm 60 faces"
    assert "1 suggestion will be rejected" in dialog.text.text()
    dialog.ok.click()
    settle(qtbot, window)
    assert library.by_id[wrong].state is FaceState.REJECTED


def test_what_is_clicked_away_is_left_alone_where_it_is_not_sure(qtbot, sure_dialog, library):
    window, dialog = sure_dialog
    [wrong] = dialog.grid.selected_ids()
    dialog.grid.choose(wrong, is_chosen=False)
    library.by_id[wrong] = replace(library.by_id[wrong], probability=0.5)
    suggest(library, 2, 0.999)
    window.watch.poll()
    settle(qtbot, window)
    assert dialog.ok.text() == "Confirm 2 faces"
    dialog.ok.click()
    settle(qtbot, window)
    assert library.by_id[wrong].state is FaceState.SUGGESTED


def test_nothing_so_sure(qtbot, sure_dialog):
    window, dialog = sure_dialog
    set_least(qtbot, window, dialog, 99.9)
    assert dialog.text.text() == "No suggestion is so sure."
    assert not dialog.ok.isEnabled()


def test_the_review_offers_it_as_long_as_there_are_any(qtbot, open_window, library):
    window = open_window(library)
    qtbot.keyClick(QApplication.focusWidget(), KEY.Key_R)
    settle(qtbot, window)
    button = window.review.pane.sure
    assert (button.isVisible(), button.text()) == (True, "Confirm 1 sure one…")
    button.click()
    [dialog] = window.findChildren(SureDialog)
    qtbot.waitUntil(dialog.ok.isEnabled, timeout=3000)
    dialog.ok.click()
    settle(qtbot, window)
    assert not button.isVisible()
