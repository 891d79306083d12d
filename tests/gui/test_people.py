"""Merging, renaming and splitting in the window: asked first, one step each."""

import os
from dataclasses import replace
from threading import Event

import pytest
from gui_fakes import settle
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QInputDialog, QLabel, QLineEdit, QMessageBox

from facedex.services.telling.records import Shelf
from facedex.types import FaceState
from facedex.viewer.models.sidebar import SHELF_MIME, UNGROUPED
from facedex.viewer.views.split_dialog import SplitDialog

KEY = Qt.Key
ANNA, BERT = Shelf("person", person_id=1), Shelf("person", person_id=2)
GROUP, OTHER = Shelf("group", cluster_id=1), Shelf("group", cluster_id=2)


def press(qtbot, *keys, modifier=Qt.KeyboardModifier.NoModifier):
    for key in keys:
        qtbot.keyClick(QApplication.focusWidget(), key, modifier)


def go_to(qtbot, window, shelf):
    window.sidebar.choose(shelf)
    window.grid.setFocus()
    settle(qtbot, window)


def dialog(qtbot, window, kind):
    """Return the dialog of a kind when it is shown and has the keys."""

    def shown():
        return [each for each in window.findChildren(kind) if each.isVisible()]

    qtbot.waitUntil(lambda: bool(shown()), timeout=3000)
    [found] = shown()
    found.activateWindow()
    qtbot.waitUntil(found.isActiveWindow, timeout=3000)
    return found


def merge_button(box):
    [button] = [each for each in box.buttons() if each.text() == "&Merge"]
    return button


def called(library, name):
    return [each for each, _thread in library.calls].count(name)


def drop(window, source, target):
    """Drop one line of the sidebar on another; return whether it may be dropped there."""
    model = window.sidebar_model
    data = model.mimeData([model.index(model.find_row(source))])
    parent = model.index(model.find_row(target))
    action = Qt.DropAction.MoveAction
    may = model.canDropMimeData(data, action, -1, -1, parent)
    model.dropMimeData(data, action, -1, -1, parent)
    return may


# ---- merging


def test_person_dropped_on_another_is_merged_after_a_question(qtbot, open_window, library):
    window = open_window(library)
    assert drop(window, BERT, ANNA)
    box = dialog(qtbot, window, QMessageBox)
    assert box.text() == "Is Bert & Ernie the same person as Anna?"
    assert "They stand together on 14 photos" in box.informativeText()
    assert box.defaultButton() is not merge_button(box)  # Enter does not do what is doubtful
    merge_button(box).click()
    settle(qtbot, window)
    assert list(library.names.values()).count("Bert & Ernie") == 0
    assert window.sidebar_model.entry(BERT) is None
    assert window.status.message.text == "Merged Bert & Ernie, 14 faces, into Anna — Ctrl+Z to undo"
    window.step(is_undo=True)
    settle(qtbot, window)
    assert window.sidebar_model.entry(BERT) is not None


def test_nothing_is_merged_where_the_question_is_left(qtbot, open_window, library):
    window = open_window(library)
    drop(window, BERT, ANNA)
    box = dialog(qtbot, window, QMessageBox)
    qtbot.keyClick(box.focusWidget(), KEY.Key_Escape)
    settle(qtbot, window)
    assert called(library, "merge_people") == 0


@pytest.mark.parametrize(
    ("source", "target", "may"),
    [(GROUP, OTHER, True), (GROUP, ANNA, True), (ANNA, GROUP, False), (ANNA, ANNA, False),
     (ANNA, UNGROUPED, False)],
)  # fmt: skip
def test_what_can_be_dropped_on_what(qtbot, open_window, library, source, target, may):
    window = open_window(library)
    assert drop(window, source, target) is may
    settle(qtbot, window)
    assert any(box.isVisible() for box in window.findChildren(QMessageBox)) is may


def test_headings_and_what_comes_from_outside_can_not_be_dropped_on(open_window, library):
    model = open_window(library).sidebar_model
    data = QMimeData()
    data.setText("Anna")
    parent = model.index(model.find_row(ANNA))
    assert not model.canDropMimeData(data, Qt.DropAction.MoveAction, -1, -1, parent)
    flags = model.flags(model.index(model.find_row("People")))
    assert not flags & (Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemIsDropEnabled)
    assert model.mimeData([parent]).hasFormat(SHELF_MIME)


def test_what_is_dragged_stays_so_although_the_lines_move(qtbot, open_window, library):
    window = open_window(library)
    model, dropped = window.sidebar_model, []
    model.dropped.connect(lambda *pair: dropped.append(pair))
    data = model.mimeData([model.index(model.find_row(ANNA))])
    library.names[77] = "Aaron"
    library.version += 1
    window.watch.poll()
    settle(qtbot, window)
    parent = model.index(model.find_row(BERT))
    model.dropMimeData(data, Qt.DropAction.MoveAction, -1, -1, parent)
    assert dropped == [(ANNA, BERT)]
    settle(qtbot, window)


@pytest.mark.parametrize(
    "words", ["", "1 person 2", "{} person x", "{} person 999", "{} heading 1"]
)
def test_line_of_another_window_can_not_be_dropped(open_window, library, words):
    model = open_window(library).sidebar_model
    data = QMimeData()
    data.setData(SHELF_MIME, words.format(os.getpid()).encode())
    parent = model.index(model.find_row(ANNA))
    assert not model.canDropMimeData(data, Qt.DropAction.MoveAction, -1, -1, parent)


def test_group_dropped_on_a_person_is_theirs(qtbot, open_window, library):
    window = open_window(library)
    faces = library.look.shelf_faces(OTHER)
    drop(window, OTHER, ANNA)
    box = dialog(qtbot, window, QMessageBox)
    assert box.defaultButton() is merge_button(box)
    qtbot.keyClick(box.focusWidget(), KEY.Key_Return)
    settle(qtbot, window)
    assert {library.by_id[face].person_id for face in faces} == {1}


def test_group_is_merged_with_a_group(qtbot, open_window, library):
    window = open_window(library)
    drop(window, OTHER, GROUP)
    merge_button(dialog(qtbot, window, QMessageBox)).click()
    settle(qtbot, window)
    assert called(library, "merge_groups") == 1
    assert window.sidebar_model.entry(OTHER) is None


def test_merging_by_keyboard_alone(qtbot, open_window, library):
    window = open_window(library)
    go_to(qtbot, window, Shelf("person", person_id=4))
    press(qtbot, KEY.Key_M)
    ask = dialog(qtbot, window, QInputDialog)
    box = ask.findChild(QComboBox)
    assert "<b>Carla</b>" not in [box.itemText(i) for i in range(box.count())]
    box.setCurrentText("Anna")
    qtbot.keyClick(ask.focusWidget(), KEY.Key_Return)
    qtbot.keyClick(dialog(qtbot, window, QMessageBox).focusWidget(), KEY.Key_Return)
    settle(qtbot, window)
    assert called(library, "merge_people") == 1
    assert "<b>Carla</b>" not in library.names.values()


ASKED = [(KEY.Key_M, "{} is the same person as:"), (KEY.Key_F2, "Another name for {}:")]


@pytest.mark.parametrize(("key", "asked"), ASKED)
@pytest.mark.parametrize(("person", "shown"), [(2, "Bert && Ernie"), (4, "<b>Carla</b>")])
def test_names_are_asked_about_as_they_are_written(
    qtbot, open_window, library, key, asked, person, shown
):
    window = open_window(library)
    go_to(qtbot, window, Shelf("person", person_id=person))
    press(qtbot, key)
    [label] = dialog(qtbot, window, QInputDialog).findChildren(QLabel)
    assert label.text() == asked.format(shown)
    assert label.textFormat() is Qt.TextFormat.PlainText


@pytest.mark.parametrize("key", [KEY.Key_M, KEY.Key_F2])
@pytest.mark.parametrize("person", [1, 5])
def test_long_names_make_no_wide_dialogs(qtbot, open_window, library, key, person):
    library.names[5] = "X" * 190
    window = open_window(library)
    go_to(qtbot, window, Shelf("person", person_id=person))
    press(qtbot, key)
    assert dialog(qtbot, window, QInputDialog).width() < 800


# ---- renaming


def test_renaming_by_keyboard(qtbot, open_window, library):
    window = open_window(library)
    press(qtbot, KEY.Key_F2)
    ask = dialog(qtbot, window, QInputDialog)
    edit = ask.findChild(QLineEdit)
    assert edit.text() == "Anna"
    edit.setText("Anna B.")
    qtbot.keyClick(edit, KEY.Key_Return)
    settle(qtbot, window)
    assert library.names[1] == "Anna B."
    assert window.shelf.title.text == "Anna B."
    assert window.status.message.text == "Renamed Anna to Anna B. — Ctrl+Z to undo"


def test_renaming_to_the_same_name_changes_nothing(qtbot, open_window, library):
    window = open_window(library)
    press(qtbot, KEY.Key_F2)
    qtbot.keyClick(dialog(qtbot, window, QInputDialog).focusWidget(), KEY.Key_Return)
    settle(qtbot, window)
    assert window.status.message.text == "Nothing changed"


# ---- splitting


def test_parts_are_shown_and_the_ticked_ones_are_taken_out(qtbot, open_window, library):
    window = open_window(library)
    confirmed = library.look.shelf_faces(ANNA)[9:]
    press(qtbot, KEY.Key_P)
    split = dialog(qtbot, window, SplitDialog)
    settle(qtbot, window)
    assert split.windowTitle() == "Split Anna"
    assert split.ok.text() == "Split off 1 part"
    qtbot.keyClick(split, "+")
    settle(qtbot, window)
    parts = library.look.find_parts(confirmed, 3)
    assert split.ok.text() == "Split off 1 part"
    for key in (KEY.Key_Tab, KEY.Key_Space):  # the second part too
        qtbot.keyClick(split.focusWidget(), key)
    assert split.ok.text() == "Split off 2 parts"
    qtbot.keyClick(split.focusWidget(), KEY.Key_Return)
    settle(qtbot, window)
    assert library.look.shelf_faces(ANNA)[9:] == parts[0]
    assert called(library, "split") == 1
    assert "Split 9 faces off Anna" in window.status.message.text


def test_suggestions_that_another_process_brings_are_in_no_part(qtbot, open_window, library):
    window = open_window(library)
    confirmed = library.look.shelf_faces(ANNA)[9:]
    for face in library.look.shelf_faces(UNGROUPED)[:5]:
        facts = {"state": FaceState.SUGGESTED, "person_id": 1, "distance": 0.5}
        library.by_id[face] = replace(library.by_id[face], **facts)
    press(qtbot, KEY.Key_P)
    dialog(qtbot, window, SplitDialog)
    settle(qtbot, window)
    split = dialog(qtbot, window, SplitDialog)
    assert sorted(face for part in split._parts for face in part) == sorted(confirmed)


def test_two_quick_keys_open_one_dialog(qtbot, open_window, library):
    window = open_window(library)
    press(qtbot, KEY.Key_P, KEY.Key_P)
    settle(qtbot, window)
    assert len(window.findChildren(SplitDialog)) == 1


def test_nothing_can_be_split_where_nothing_is_ticked(qtbot, open_window, library):
    window = open_window(library)
    go_to(qtbot, window, GROUP)
    press(qtbot, KEY.Key_P)
    split = dialog(qtbot, window, SplitDialog)
    settle(qtbot, window)
    qtbot.keyClick(split.focusWidget(), KEY.Key_Space)
    assert not split.ok.isEnabled()
    assert not split.fewer.isEnabled()
    qtbot.keyClick(split.focusWidget(), KEY.Key_Escape)
    settle(qtbot, window)
    assert called(library, "split") == 0


def test_closing_while_parts_are_looked_for(qtbot, open_window, library):
    window = open_window(library)
    gate, find_parts = Event(), library.look.find_parts
    library.look.find_parts = lambda *args: gate.wait(5) and find_parts(*args)
    press(qtbot, KEY.Key_P)
    split = dialog(qtbot, window, SplitDialog)
    qtbot.keyClick(split, KEY.Key_Escape)
    qtbot.waitUntil(lambda: not window.findChildren(SplitDialog), timeout=3000)
    gate.set()
    settle(qtbot, window)


def test_faces_that_cannot_be_told_apart(qtbot, open_window, library):
    library.look.find_parts = lambda face_ids, _n=None: [list(face_ids)]
    window = open_window(library)
    go_to(qtbot, window, GROUP)
    press(qtbot, KEY.Key_P)
    split = dialog(qtbot, window, SplitDialog)
    settle(qtbot, window)
    assert not split.more.isEnabled()
    assert not split.ok.isEnabled()


@pytest.mark.parametrize("key", [KEY.Key_M, KEY.Key_F2, KEY.Key_P])
def test_these_commands_need_a_person_or_a_group(qtbot, open_window, library, key):
    window = open_window(library)
    go_to(qtbot, window, UNGROUPED)
    press(qtbot, key)
    assert window.status.message.text.startswith("Open a person")
