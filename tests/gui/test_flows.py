"""What a person does: name, confirm, reject, ignore, undo, search. By keyboard unless it says."""

import threading
import time
from dataclasses import replace

import pytest
from gui_fakes import FakeLibrary, crowd, settle
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from facedex.errors import RootOffline
from facedex.services.telling.records import Shelf
from facedex.types import FaceState
from facedex.viewer.actions import CommandId
from facedex.viewer.delegates.face_tile import Hot, hot_rect
from facedex.viewer.models.sidebar import IGNORED, UNGROUPED

ANNA = Shelf("person", person_id=1)
KEY = Qt.Key


def go_to(qtbot, window, shelf):
    window.sidebar.choose(shelf)
    window.grid.setFocus()
    settle(qtbot, window)


def press(qtbot, *keys, modifier=Qt.KeyboardModifier.NoModifier):
    for key in keys:
        qtbot.keyClick(QApplication.focusWidget(), key, modifier)


def type_text(qtbot, text):
    for letter in text:
        qtbot.keyClicks(QApplication.focusWidget(), letter)


def test_first_suggestions_are_opened_with_the_best_selected(open_window, library):
    window = open_window(library)
    assert window.faces.shelf == ANNA
    assert window.shelf.title.text == "Anna"
    assert window.grid.selected_ids() == [library.look.shelf_faces(ANNA)[0]]
    assert window.grid.hasFocus()


def test_a_held_key_opens_one_dialog_but_confirms_face_after_face(open_window, library):
    window = open_window(library)
    actions = window.shelf_actions | window.actions_always
    once = {command for command, action in actions.items() if not action.autoRepeat()}
    dialogs = {CommandId.CONFIRM_SURE, CommandId.MERGE, CommandId.RENAME, CommandId.SPLIT}
    assert once == {*dialogs, CommandId.SUGGEST_ANEW}


def test_hundred_faces_are_named_by_keyboard_alone(qtbot, open_window):
    library = crowd(100)
    window = open_window(library)
    for number in range(100):
        press(qtbot, KEY.Key_N)
        type_text(qtbot, "Ann" if number else "Anna")
        press(qtbot, KEY.Key_Return)
        qtbot.waitUntil(window.grid.hasFocus, timeout=5000)
    settle(qtbot, window)
    assert list(library.names.values()) == ["Anna"]
    assert {face.state for face in library.by_id.values()} == {FaceState.CONFIRMED}
    assert [name for name, _ in library.calls].count("name_faces") == 100
    assert window.sidebar_model.entry(ANNA).n == 100


def test_enter_confirms_and_the_next_face_moves_under_the_selection(qtbot, open_window, library):
    window = open_window(library)
    first, second, third = library.look.shelf_faces(ANNA)[:3]
    press(qtbot, KEY.Key_Return, KEY.Key_Return)
    assert window.grid.selected_ids() == [third]
    assert window.grid.hasFocus()
    settle(qtbot, window)
    assert {library.by_id[i].state for i in (first, second)} == {FaceState.CONFIRMED}
    assert window.grid.selected_ids() == [third]
    assert window.status.message.text == "Confirmed 1 face — Ctrl+Z to undo"
    assert window.sidebar_model.entry(ANNA).n_suggested == 7


@pytest.mark.parametrize("key", [KEY.Key_Delete, KEY.Key_Backspace])
def test_reject_takes_the_face_off_the_shelf(qtbot, open_window, library, key):
    window = open_window(library)
    first, second = library.look.shelf_faces(ANNA)[:2]
    press(qtbot, key)
    settle(qtbot, window)
    assert library.by_id[first].state is FaceState.REJECTED
    assert first not in window.faces.keys
    assert window.grid.selected_ids() == [second]


def test_page_of_suggestions_with_two_exceptions(qtbot, open_window, library):
    window = open_window(library)
    suggested = library.look.shelf_faces(ANNA)[:9]
    press(qtbot, KEY.Key_Delete, KEY.Key_Delete)
    press(qtbot, KEY.Key_A, modifier=Qt.KeyboardModifier.ControlModifier)
    press(qtbot, KEY.Key_Return)
    settle(qtbot, window)
    states = [library.by_id[face_id].state for face_id in suggested]
    assert states == [FaceState.REJECTED] * 2 + [FaceState.CONFIRMED] * 7


def test_undo_brings_the_face_back_selected_and_redo_takes_it(qtbot, open_window, library):
    window = open_window(library)
    first = library.look.shelf_faces(ANNA)[0]
    control = Qt.KeyboardModifier.ControlModifier
    press(qtbot, KEY.Key_Delete)
    press(qtbot, KEY.Key_Z, modifier=control)
    settle(qtbot, window)
    assert library.by_id[first].state is FaceState.SUGGESTED
    assert window.grid.selected_ids() == [first]
    assert window.status.message.text == "Undone: Rejected the name of 1 face"
    press(qtbot, KEY.Key_Z, modifier=control | Qt.KeyboardModifier.ShiftModifier)
    settle(qtbot, window)
    assert library.by_id[first].state is FaceState.REJECTED
    press(qtbot, KEY.Key_Z, KEY.Key_Z, modifier=control)
    settle(qtbot, window)
    assert window.status.message.text == "Nothing to undo"


def test_whole_group_is_named_and_the_next_group_opens(qtbot, open_window, library):
    window = open_window(library)
    press(qtbot, KEY.Key_U)
    settle(qtbot, window)
    group = window.faces.shelf
    n = window.faces.rowCount()
    assert group == Shelf("group", cluster_id=1)
    assert window.shelf.names.button.text() == f"Name all {n} faces"
    press(qtbot, KEY.Key_N)
    type_text(qtbot, "Dora")
    press(qtbot, KEY.Key_Return)
    settle(qtbot, window)
    dora = next(row for row in library.look.people() if row.name == "Dora")
    assert dora.n_confirmed == n
    assert window.status.message.text == f"Named {n} faces Dora — Ctrl+Z to undo"
    assert window.faces.shelf == Shelf("group", cluster_id=2)
    assert window.grid.hasFocus()


def test_some_faces_of_a_group_are_named(qtbot, open_window, library):
    window = open_window(library)
    go_to(qtbot, window, Shelf("group", cluster_id=2))
    shift = Qt.KeyboardModifier.ShiftModifier
    press(qtbot, KEY.Key_Right)
    press(qtbot, KEY.Key_Right, modifier=shift)
    assert window.shelf.names.button.text() == "Name 2 faces"
    chosen = window.grid.selected_ids()
    press(qtbot, KEY.Key_N)
    type_text(qtbot, "zoe")
    press(qtbot, KEY.Key_Return)
    settle(qtbot, window)
    assert {library.by_id[face_id].person_id for face_id in chosen} == {3}


def test_shift_enter_makes_a_new_person_although_one_begins_so(qtbot, open_window, library):
    window = open_window(library)
    go_to(qtbot, window, UNGROUPED)
    press(qtbot, KEY.Key_N)
    type_text(qtbot, "Ann")
    settle(qtbot, window)
    assert window.shelf.names.list.isVisible()
    press(qtbot, KEY.Key_Return, modifier=Qt.KeyboardModifier.ShiftModifier)
    settle(qtbot, window)
    assert "Ann" in library.names.values()


def test_arrow_keys_pick_another_choice_and_escape_leaves(qtbot, open_window, library):
    library.names[9] = "Andreas"
    window = open_window(library)
    go_to(qtbot, window, UNGROUPED)
    face = window.grid.selected_ids()[0]
    press(qtbot, KEY.Key_N)
    type_text(qtbot, "an")
    settle(qtbot, window)
    press(qtbot, KEY.Key_Escape)
    assert window.grid.hasFocus()
    assert not window.shelf.names.list.isVisible()
    press(qtbot, KEY.Key_N)
    type_text(qtbot, "an")
    settle(qtbot, window)
    press(qtbot, KEY.Key_Down, KEY.Key_Return)
    settle(qtbot, window)
    assert library.names[library.by_id[face].person_id] == "Anna"


def slow_down(library, method, seconds=0.3):
    """Let a method of the library take its time."""
    quick = getattr(library, method)

    def slow(*args, **kwargs):
        time.sleep(seconds)
        return quick(*args, **kwargs)

    setattr(library, method, slow)


def test_enter_before_the_choices_names_what_was_selected_then(qtbot, open_window, library):
    window = open_window(library)
    slow_down(library.look, "find_people")
    first, other = window.faces.keys[0], window.faces.keys[5]
    press(qtbot, KEY.Key_N)
    type_text(qtbot, "bert")
    press(qtbot, KEY.Key_Return)
    assert window.grid.hasFocus()
    window.grid.select_face(other)
    settle(qtbot, window)
    assert library.by_id[first].person_id == 2
    assert library.by_id[other].person_id == 1
    assert window.status.message.text == "Named 1 face Bert & Ernie — Ctrl+Z to undo"


def test_enter_before_the_choices_counts_although_another_shelf_is_opened(
    qtbot, open_window, library
):
    window = open_window(library)
    slow_down(library.look, "find_people")
    go_to(qtbot, window, Shelf("group", cluster_id=2))
    mine = list(window.faces.keys)
    press(qtbot, KEY.Key_N)
    type_text(qtbot, "Dora")
    press(qtbot, KEY.Key_Return)
    window.sidebar.choose(UNGROUPED)
    settle(qtbot, window)
    assert {library.names[library.by_id[face].person_id] for face in mine} == {"Dora"}


def test_enter_before_the_choices_counts_although_the_window_closes(qtbot, open_window, library):
    window = open_window(library)
    slow_down(library.look, "find_people")
    first = window.faces.keys[0]
    press(qtbot, KEY.Key_N)
    type_text(qtbot, "Dora")
    press(qtbot, KEY.Key_Return)
    window.close()
    assert library.names[library.by_id[first].person_id] == "Dora"


def test_name_is_typed_on_although_its_face_leaves(qtbot, open_window, library):
    window = open_window(library)
    [face] = window.grid.selected_ids()
    press(qtbot, KEY.Key_N)
    type_text(qtbot, "Ro")
    library.by_id[face] = replace(library.by_id[face], state=FaceState.UNKNOWN, person_id=None)
    library.version += 1
    window.watch.poll()
    settle(qtbot, window)
    assert window.grid.selected_ids() == []
    type_text(qtbot, "ryn")
    press(qtbot, KEY.Key_Return)
    settle(qtbot, window)
    assert window.shelf.names.edit.text() == "Roryn"
    assert window.shelf.names.edit.hasFocus()
    assert not window.shelf.names.button.isEnabled()
    assert window.status.message.text == "No face is selected"
    assert "name_faces" not in [name for name, _thread in library.calls]
    press(qtbot, KEY.Key_Escape)
    assert window.grid.hasFocus()


def test_name_typed_for_faces_that_left_does_not_go_to_the_whole_group(qtbot, open_window, library):
    window = open_window(library)
    go_to(qtbot, window, Shelf("group", cluster_id=2))
    press(qtbot, KEY.Key_Right)
    [face] = window.grid.selected_ids()
    press(qtbot, KEY.Key_N)
    type_text(qtbot, "Do")
    facts = {"state": FaceState.SUGGESTED, "person_id": 1, "distance": 0.3}
    library.by_id[face] = replace(library.by_id[face], **facts)
    library.version += 1
    window.watch.poll()
    settle(qtbot, window)
    type_text(qtbot, "ra")
    press(qtbot, KEY.Key_Return)
    settle(qtbot, window)
    assert window.status.message.text.startswith("What this was typed for is gone")
    assert "Dora" not in library.names.values()
    window.grid.setFocus()
    press(qtbot, KEY.Key_Right, KEY.Key_N, KEY.Key_End, KEY.Key_Return)
    settle(qtbot, window)
    assert [row.n_confirmed for row in library.look.people() if row.name == "Dora"] == [1]


def test_name_typed_when_its_shelf_goes_names_nobody_elsewhere(qtbot, open_window, library):
    window = open_window(library)
    go_to(qtbot, window, Shelf("group", cluster_id=3))
    press(qtbot, KEY.Key_N)
    type_text(qtbot, "Do")
    for face in list(window.faces.keys):
        library.by_id[face] = replace(library.by_id[face], state=FaceState.IGNORED)
    library.version += 1
    window.watch.poll()
    settle(qtbot, window)
    assert window.faces.shelf != Shelf("group", cluster_id=3)
    type_text(qtbot, "ra")
    press(qtbot, KEY.Key_Return)
    settle(qtbot, window)
    assert window.shelf.names.edit.text() == "Dora"
    assert "Dora" not in library.names.values()


def test_ignored_face_leaves_its_shelf_and_can_be_named_again(qtbot, open_window, library):
    window = open_window(library)
    go_to(qtbot, window, UNGROUPED)
    face = window.grid.selected_ids()[0]
    press(qtbot, KEY.Key_I)
    settle(qtbot, window)
    assert library.by_id[face].state is FaceState.IGNORED
    go_to(qtbot, window, IGNORED)
    assert face in window.faces.keys
    window.grid.select_face(face)
    press(qtbot, KEY.Key_N)
    type_text(qtbot, "Bert")
    press(qtbot, KEY.Key_Return)
    settle(qtbot, window)
    assert library.by_id[face].person_id == 2


def test_letters_typed_into_a_field_are_no_commands(qtbot, open_window, library):
    window = open_window(library)
    press(qtbot, KEY.Key_Slash)
    type_text(qtbot, "nifu")
    assert window.sidebar.search.text() == "nifu"
    press(qtbot, KEY.Key_Escape)
    press(qtbot, KEY.Key_N)
    type_text(qtbot, "Ifu/n")
    assert window.shelf.names.edit.text() == "Ifu/n"
    settle(qtbot, window)
    assert "ignore" not in [name for name, _ in library.calls]


def test_commands_on_faces_need_the_focus_in_the_grid(qtbot, open_window, library):
    window = open_window(library)
    window.sidebar.list.setFocus()
    press(qtbot, KEY.Key_I, KEY.Key_Delete, KEY.Key_Backspace)
    settle(qtbot, window)
    assert not {"ignore", "reject"} & {name for name, _ in library.calls}


def test_search_finds_a_person_without_accents_and_enter_opens_it(qtbot, open_window, library):
    window = open_window(library)
    press(qtbot, KEY.Key_Slash)
    type_text(qtbot, "mull")
    press(qtbot, KEY.Key_Return)
    settle(qtbot, window)
    assert window.faces.shelf == Shelf("person", person_id=3)
    assert window.sidebar.search.text() == ""
    assert window.grid.hasFocus()


def test_mouse_confirms_and_rejects_on_the_tile_and_by_the_buttons(qtbot, open_window, library):
    window = open_window(library)
    first, second, third, fourth = library.look.shelf_faces(ANNA)[:4]
    tile = window.grid.visualRect(window.faces.index(0))
    for hot in Hot:
        point = hot_rect(tile, hot).center()
        qtbot.mouseMove(window.grid.viewport(), point)
        qtbot.mouseClick(window.grid.viewport(), Qt.MouseButton.LeftButton, pos=point)
    settle(qtbot, window)
    qtbot.mouseClick(window.shelf.confirm, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(window.shelf.reject, Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    states = [library.by_id[face_id].state for face_id in (first, second, third, fourth)]
    assert states == [FaceState.CONFIRMED, FaceState.REJECTED] * 2


def test_failing_service_is_told_and_the_faces_come_back(qtbot, open_window, library):
    window = open_window(library)
    before = list(window.faces.keys)
    library.fails = "the disk <i>is</i> full"
    press(qtbot, KEY.Key_Delete)
    assert len(window.faces.keys) == len(before) - 1
    settle(qtbot, window)
    assert list(window.faces.keys) == before
    assert window.status.message.text == "Not done: the disk <i>is</i> full"


def test_bug_in_a_decision_is_raised_and_the_window_goes_on(qtbot, open_window, library):
    window = open_window(library)
    before = list(window.faces.keys)
    library.decide.reject = lambda _face_ids: {}[5]
    with qtbot.capture_exceptions() as caught:
        press(qtbot, KEY.Key_Delete)
        settle(qtbot, window)
    assert [kind for kind, _, _ in caught] == [KeyError]
    assert list(window.faces.keys) == before
    assert window.status.message.text == "Not done: unexpected error, KeyError"
    zoe = Shelf("person", person_id=3)
    go_to(qtbot, window, zoe)
    assert list(window.faces.keys) == library.look.shelf_faces(zoe)


def test_shelf_that_could_not_be_read_is_read_later(qtbot, open_window, library):
    window = open_window(library)
    shelf_faces, zoe = library.look.shelf_faces, Shelf("person", person_id=3)

    def fail(_shelf):
        raise RootOffline("the disk is busy")

    library.look.shelf_faces = fail
    go_to(qtbot, window, zoe)
    assert window.status.message.text == "Not done: the disk is busy"
    library.look.shelf_faces = shelf_faces
    window.watch.poll()
    settle(qtbot, window)
    assert list(window.faces.keys) == shelf_faces(zoe)


def test_nothing_is_asked_of_the_library_on_the_windows_thread(qtbot, open_window, library):
    window = open_window(library)
    press(qtbot, KEY.Key_Return, KEY.Key_Delete)
    press(qtbot, KEY.Key_U)
    settle(qtbot, window)
    assert threading.get_ident() not in {thread for _, thread in library.calls}


def test_decision_on_its_way_is_not_undone_by_an_older_answer(qtbot, open_window, library):
    window = open_window(library)
    first = library.look.shelf_faces(ANNA)[0]
    window.watch.refresh()
    press(qtbot, KEY.Key_Delete)
    seen = []
    window.faces.rowsInserted.connect(lambda *_: seen.append(first in window.faces.keys))
    settle(qtbot, window)
    assert not any(seen)


def test_closing_at_once_keeps_the_decision(qtbot, open_window, library):
    window = open_window(library)
    first = library.look.shelf_faces(ANNA)[0]
    press(qtbot, KEY.Key_Return)
    window.close()
    assert library.by_id[first].state is FaceState.CONFIRMED


def test_empty_library_says_how_to_fill_it_and_fills_while_open(qtbot, open_window):
    library = FakeLibrary()
    window = open_window(library)
    assert window._stack.currentIndex() == 0
    full = crowd(12, cluster_id=4)
    library.by_id, library.sizes, library.version = full.by_id, full.sizes, 2
    window.watch.poll()
    settle(qtbot, window)
    assert window._stack.currentIndex() == 1
    assert window.faces.rowCount() == 12


def test_suggestions_can_be_computed_anew(qtbot, open_window, library):
    window = open_window(library)
    press(qtbot, KEY.Key_F5)
    settle(qtbot, window)
    assert window.status.message.text == "Compared all faces: 5 suggestions"


def test_bug_in_a_service_is_raised_and_not_swallowed(qtbot, open_window, library):
    window = open_window(library)
    with qtbot.capture_exceptions() as caught:
        window.workers.submit("queries", lambda: 1 // 0, print)
        settle(qtbot, window)
    assert [kind for kind, _, _ in caught] == [ZeroDivisionError]
