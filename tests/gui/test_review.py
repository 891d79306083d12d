"""The review: one question at a time, answered with a key."""

from dataclasses import replace
from threading import Event

import pytest
from gui_fakes import FakeLibrary, settle
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from facedex.errors import RootOffline
from facedex.services.decisions.decided import NOTHING, Decided
from facedex.services.telling.records import Shelf
from facedex.types import FaceState
from facedex.viewer.models.sidebar import REVIEW

KEY = Qt.Key


def press(qtbot, *keys, modifier=Qt.KeyboardModifier.NoModifier):
    for key in keys:
        qtbot.keyClick(QApplication.focusWidget(), key, modifier)


def answer(qtbot, window, *keys):
    press(qtbot, *keys)
    settle(qtbot, window)


@pytest.fixture
def reviewing(qtbot, open_window, library):
    """Open the review by its key, on a library of which one group looks like somebody."""
    library.looks_like[2] = 3
    window = open_window(library)
    press(qtbot, KEY.Key_R)
    settle(qtbot, window)
    assert window.faces.shelf == REVIEW
    return window


def titles(window):
    return window.review.pane.title.text


def test_best_question_is_asked_with_all_faces_chosen_and_known_ones_beside(reviewing, library):
    pane = reviewing.review.pane
    assert titles(reviewing) == "Are these Anna?"
    assert pane.grid.hasFocus()
    assert pane.grid.selected_ids() == list(library.review.questions()[0].face_ids)
    assert pane.known_title.text == "Anna"
    assert pane.known.isVisible()
    assert pane.subtitle.text.startswith("90 % likely")
    assert pane.asked_title.text == "9 faces"
    assert reviewing.sidebar_model.entry(REVIEW).n == library.look.n_ungrouped() + sum(
        row.n_faces for row in library.look.unknown_groups()
    ) + sum(row.n_suggested for row in library.look.people())


@pytest.mark.parametrize("key", [KEY.Key_Return, KEY.Key_Enter, KEY.Key_Y])
def test_yes_confirms_the_page_and_the_next_question_comes(qtbot, reviewing, library, key):
    page = library.review.questions()[0].face_ids
    answer(qtbot, reviewing, key)
    assert {library.by_id[face].state for face in page} == {FaceState.CONFIRMED}
    assert titles(reviewing) == "Are these Zoë Müller?"
    assert reviewing.status.message.text == "Confirmed 9 faces for Anna — Ctrl+Z to undo"


def test_faces_left_out_with_the_keyboard_are_rejected(qtbot, reviewing, library):
    page = library.review.questions()[0].face_ids
    press(qtbot, KEY.Key_Right, KEY.Key_Space, KEY.Key_Right, KEY.Key_Space)
    assert reviewing.review.pane.yes.text() == "&Yes, these 7"
    assert reviewing.review.pane.asked_title.text == "7 of 9 faces"
    answer(qtbot, reviewing, KEY.Key_Y)
    states = [library.by_id[face].state for face in page]
    assert states.count(FaceState.CONFIRMED) == 7
    assert states[1] is states[2] is FaceState.REJECTED


def test_escape_leaves_the_chosen_faces_chosen(qtbot, reviewing, library):
    press(qtbot, KEY.Key_Escape)
    chosen = reviewing.review.pane.grid.selected_ids()
    assert chosen == list(reviewing.review.question.face_ids)


def test_tick_and_cross_on_a_suggestion_choose_it_or_not(qtbot, reviewing):
    grid = reviewing.review.pane.grid
    first = grid.selected_ids()[0]
    grid.reject_clicked.emit(first)
    assert first not in grid.selected_ids()
    grid.confirm_clicked.emit(first)
    assert first in grid.selected_ids()


def test_no_to_a_group_never_asks_again_and_then_asks_who_it_is(qtbot, reviewing, library):
    answer(qtbot, reviewing, KEY.Key_Y)
    assert titles(reviewing) == "Are these Zoë Müller?"
    group = library.review.questions()[0].cluster_id
    answer(qtbot, reviewing, KEY.Key_N)
    assert (
        library.by_id[library.look.shelf_faces(Shelf("group", cluster_id=group))[0]].person_id
        is None
    )
    asked = [each.kind for each in library.review.questions(9) if each.cluster_id == group]
    assert asked == ["who"]


def test_skip_goes_on_and_decides_nothing(qtbot, reviewing, library):
    before = {i: face.state for i, face in library.by_id.items()}
    seen = [titles(reviewing)]
    answer(qtbot, reviewing, KEY.Key_S)
    seen.append(titles(reviewing))
    assert len(set(seen)) == 2
    assert {i: face.state for i, face in library.by_id.items()} == before


def until_who(qtbot, window):
    while window.review.question.kind != "who":
        answer(qtbot, window, KEY.Key_S)


def test_who_is_this_is_answered_by_typing(qtbot, reviewing, library):
    until_who(qtbot, reviewing)
    faces = reviewing.review.question.face_ids
    assert titles(reviewing) == "Who is this?"
    assert reviewing.review.pane.names.edit.hasFocus()
    assert not reviewing.review.pane.yes.isVisible()
    for letter in "Sandy":  # S, N, Y are letters here
        qtbot.keyClicks(QApplication.focusWidget(), letter)
    answer(qtbot, reviewing, KEY.Key_Return)
    assert {library.names[library.by_id[face].person_id] for face in faces} == {"Sandy"}
    assert reviewing.review.question.face_ids != faces


def test_a_group_that_is_nobody_is_put_aside_or_skipped_after_escape(qtbot, reviewing, library):
    until_who(qtbot, reviewing)
    first = reviewing.review.question.face_ids
    press(qtbot, KEY.Key_Escape)
    assert reviewing.review.pane.grid.hasFocus()
    press(qtbot, KEY.Key_N)  # to the name field, as everywhere
    assert reviewing.review.pane.names.edit.hasFocus()
    press(qtbot, KEY.Key_Escape)
    answer(qtbot, reviewing, KEY.Key_I)
    assert {library.by_id[face].state for face in first} == {FaceState.IGNORED}
    if reviewing.review.question is not None:
        press(qtbot, KEY.Key_Escape)
        answer(qtbot, reviewing, KEY.Key_S)


def test_typing_a_name_for_a_yes_or_no_question(qtbot, reviewing, library):
    faces = reviewing.review.question.face_ids
    press(qtbot, KEY.Key_Tab)
    reviewing.review.pane.names.setFocus()
    for letter in "Dora":
        qtbot.keyClicks(QApplication.focusWidget(), letter)
    answer(qtbot, reviewing, KEY.Key_Return)
    assert {library.names[library.by_id[face].person_id] for face in faces} == {"Dora"}


def test_name_entered_before_its_choices_is_the_answer_to_that_question(qtbot, reviewing, library):
    faces, gate, find_people = reviewing.review.question.face_ids, Event(), library.look.find_people
    library.look.find_people = lambda *args: gate.wait(5) and find_people(*args)
    reviewing.review.pane.names.setFocus()
    qtbot.keyClicks(QApplication.focusWidget(), "zoe")
    press(qtbot, KEY.Key_Return)
    assert reviewing.review.question is None
    gate.set()
    settle(qtbot, reviewing)
    assert {library.by_id[face].person_id for face in faces} == {3}
    assert reviewing.status.message.text == "Named 9 faces Zoë Müller — Ctrl+Z to undo"


def test_what_is_typed_elsewhere_is_no_answer_to_the_next_question(qtbot, reviewing, library):
    gate, questions = Event(), library.review.questions
    library.review.questions = lambda *args: gate.wait(5) and questions(*args)
    press(qtbot, KEY.Key_Y, KEY.Key_Slash)
    qtbot.keyClicks(QApplication.focusWidget(), "Sa")
    gate.set()
    settle(qtbot, reviewing)
    assert reviewing.review.question is not None
    for letter in "ndy":
        qtbot.keyClicks(QApplication.focusWidget(), letter)
    settle(qtbot, reviewing)
    assert reviewing.sidebar.search.text() == "Sandy"
    assert [name for name, _ in library.calls if name.startswith("answer")] == ["answer_yes"]


def test_name_that_is_typed_when_the_next_question_comes_is_no_answer(qtbot, reviewing, library):
    gate, questions = Event(), library.review.questions
    library.review.questions = lambda *args: gate.wait(5) and questions(*args)
    press(qtbot, KEY.Key_Y)
    reviewing.review.pane.names.setFocus()
    qtbot.keyClicks(QApplication.focusWidget(), "Sa")
    gate.set()
    settle(qtbot, reviewing)
    assert titles(reviewing) == "Are these Zoë Müller?"
    assert reviewing.review.pane.names.edit.hasFocus()


@pytest.mark.parametrize("key", [KEY.Key_R, None])
def test_opening_the_review_takes_the_keys(qtbot, open_window, library, key):
    window = open_window(library)
    window.sidebar.list.setFocus()
    if key is None:
        window.sidebar.choose(REVIEW)
    else:
        press(qtbot, key)
    settle(qtbot, window)
    assert window.review.pane.grid.hasFocus()


def test_undo_asks_the_last_question_again(qtbot, reviewing):
    before = reviewing.review.question
    answer(qtbot, reviewing, KEY.Key_Y)
    assert reviewing.review.question != before
    press(qtbot, KEY.Key_Z, modifier=Qt.KeyboardModifier.ControlModifier)
    settle(qtbot, reviewing)
    assert reviewing.review.question.face_ids == before.face_ids


def test_undo_in_the_review_selects_nothing_in_a_shelf_later(qtbot, reviewing, library):
    answer(qtbot, reviewing, KEY.Key_Y)
    press(qtbot, KEY.Key_Z, modifier=Qt.KeyboardModifier.ControlModifier)
    settle(qtbot, reviewing)
    anna = Shelf("person", person_id=1)
    reviewing.sidebar.choose(anna)
    settle(qtbot, reviewing)
    reviewing.grid.setFocus()
    chosen = reviewing.grid.selected_ids()
    assert chosen
    newcomer = next(i for i, face in library.by_id.items() if face.person_id is None)
    found = {"state": FaceState.SUGGESTED, "person_id": 1, "distance": 0.3}
    library.by_id[newcomer] = replace(library.by_id[newcomer], **found)
    library.version += 1
    reviewing.watch.poll()
    settle(qtbot, reviewing)
    assert newcomer in reviewing.faces.keys
    assert reviewing.grid.selected_ids() == chosen


def test_two_quick_keys_answer_one_question(qtbot, reviewing, library):
    press(qtbot, KEY.Key_Y, KEY.Key_Y, KEY.Key_N)
    settle(qtbot, reviewing)
    assert [name for name, _ in library.calls if name.startswith("answer")] == ["answer_yes"]


def test_a_held_key_answers_one_question(reviewing):
    assert not any(action.autoRepeat() for action in reviewing.review_actions.values())


def test_leaving_the_review_gives_the_keys_back(qtbot, reviewing, library):
    reviewing.sidebar.choose(Shelf("person", person_id=1))
    settle(qtbot, reviewing)
    reviewing.grid.setFocus()
    assert reviewing.shelf.isVisible()
    assert not reviewing.review.pane.isVisible()
    calls = [name for name, _ in library.calls].count("questions")
    answer(qtbot, reviewing, KEY.Key_Return)
    assert [name for name, _ in library.calls if name == "confirm"] == ["confirm"]
    assert [name for name, _ in library.calls].count("questions") == calls
    press(qtbot, KEY.Key_N)
    assert reviewing.shelf.names.edit.hasFocus()


def test_photo_of_the_current_face_is_shown(qtbot, reviewing, library):
    face = library.by_id[reviewing.review.question.face_ids[0]]
    previews = [name for name, _ in library.calls].count("preview")
    assert previews
    press(qtbot, KEY.Key_Right)
    settle(qtbot, reviewing)
    assert [name for name, _ in library.calls].count("preview") > previews
    assert face.photo_id


def test_everything_is_answered_in_the_end(qtbot, reviewing, library):
    for _ in range(20):
        if reviewing.review.question is None:
            break
        if reviewing.review.question.kind == "who":
            press(qtbot, KEY.Key_Escape)
            answer(qtbot, reviewing, KEY.Key_I)
        else:
            answer(qtbot, reviewing, KEY.Key_Y)
    assert titles(reviewing) == "Nothing is left to ask"
    assert not reviewing.review.pane.yes.isVisible()
    answer(qtbot, reviewing, KEY.Key_Y, KEY.Key_N, KEY.Key_S)  # nothing to answer


def test_answer_that_fails_is_told_and_asked_again(qtbot, reviewing, library):
    before = reviewing.review.question
    library.fails = "the disk is gone"
    answer(qtbot, reviewing, KEY.Key_Y)
    assert "the disk is gone" in reviewing.status.message.text
    assert reviewing.review.question == before


def test_answer_that_changes_nothing_is_told_so(qtbot, reviewing, library):
    library.review.answer_yes = lambda _question, _left_out: NOTHING
    answer(qtbot, reviewing, KEY.Key_Y)
    assert reviewing.status.message.text == "Nothing changed"


def test_no_to_two_people_is_told_although_no_face_changes(qtbot, reviewing, library):
    before = reviewing.review.question
    pair = replace(before, kind="same", cluster_id=None, merged_id=2, merged_name="Bert")
    reviewing.review._show(pair)
    decided = Decided("Said that Bert is not Anna", people=(1, 2))
    library.review.answer_no = lambda _question, _left_out: decided
    answer(qtbot, reviewing, KEY.Key_N)
    assert reviewing.status.message.text == "Said that Bert is not Anna — Ctrl+Z to undo"


def test_skip_that_fails_is_told_and_asked_again(qtbot, reviewing, library):
    before = reviewing.review.question

    def fail(_question):
        raise RootOffline("the disk is gone")

    library.review.skip = fail
    answer(qtbot, reviewing, KEY.Key_S)
    assert "the disk is gone" in reviewing.status.message.text
    assert reviewing.review.question == before


def test_answer_that_meets_a_bug_is_asked_again(qtbot, reviewing, library):
    before = reviewing.review.question
    library.review.answer_yes = lambda _question, _left_out: {}[5]
    with qtbot.capture_exceptions() as caught:
        answer(qtbot, reviewing, KEY.Key_Y)
    assert [kind for kind, _, _ in caught] == [KeyError]
    assert reviewing.review.question == before


def test_library_with_nothing_to_ask(qtbot, open_window):
    library = FakeLibrary()
    library.add_photo(1, (800, 600))
    window = open_window(library)
    window.sidebar.choose(REVIEW)
    settle(qtbot, window)
    assert titles(window) == "Nothing is left to ask"


# ---- what is left out stays out


def leave_out(window, n):
    """Leave the first ``n`` faces of the question out; return (left out, chosen)."""
    grid, asked = window.review.pane.grid, window.review.question.face_ids
    for face in asked[:n]:
        grid.choose(face, is_chosen=False)
    return asked[:n], asked[n:]


@pytest.mark.parametrize("kind", ["suggested", "same", "who"])
@pytest.mark.parametrize("is_begun", [False, True])
def test_a_typed_name_goes_to_the_chosen_faces_alone(qtbot, reviewing, library, kind, is_begun):
    while reviewing.review.question.kind != kind:
        answer(qtbot, reviewing, KEY.Key_S)
    out, chosen = leave_out(reviewing, 2)
    before = [library.by_id[face] for face in out]
    reviewing.review.pane.names.setFocus()
    qtbot.keyClicks(QApplication.focusWidget(), "Dora")
    if not is_begun:
        settle(qtbot, reviewing)
    answer(qtbot, reviewing, KEY.Key_Return)
    assert {library.names[library.by_id[face].person_id] for face in chosen} == {"Dora"}
    assert [library.by_id[face] for face in out] == before


def test_nobody_to_be_named_puts_the_chosen_faces_aside_alone(qtbot, reviewing, library):
    until_who(qtbot, reviewing)
    out, chosen = leave_out(reviewing, 1)
    press(qtbot, KEY.Key_Escape)
    answer(qtbot, reviewing, KEY.Key_I)
    assert {library.by_id[face].state for face in chosen} == {FaceState.IGNORED}
    assert {library.by_id[face].state for face in out} == {FaceState.UNKNOWN}


@pytest.mark.parametrize("kind", ["suggested", "same"])
def test_the_key_that_puts_aside_answers_no_other_question(qtbot, reviewing, library, kind):
    while reviewing.review.question.kind != kind:
        answer(qtbot, reviewing, KEY.Key_S)
    before, question = dict(library.by_id), reviewing.review.question
    answer(qtbot, reviewing, KEY.Key_I)
    assert library.by_id == before
    assert reviewing.review.question == question


@pytest.mark.parametrize("kind", ["suggested", "same", "who"])
@pytest.mark.parametrize("key", [KEY.Key_Y, KEY.Key_Return, KEY.Key_I])
def test_nothing_is_decided_where_nothing_is_chosen(qtbot, reviewing, library, kind, key):
    while reviewing.review.question.kind != kind:
        answer(qtbot, reviewing, KEY.Key_S)
    leave_out(reviewing, len(reviewing.review.question.face_ids))
    reviewing.review.pane.grid.setFocus()
    before, question = dict(library.by_id), reviewing.review.question
    answer(qtbot, reviewing, key)
    assert library.by_id == before
    assert reviewing.review.question == question
    assert not reviewing.review.pane.yes.isEnabled()
