"""The models hold together, and tell views no more than what changed."""

import time

import pytest
from gui_fakes import crowd, settle
from PySide6.QtCore import QPersistentModelIndex, Qt

from facedex.errors import RootOffline
from facedex.services.decisions.decided import NOTHING, Decided
from facedex.services.telling.records import PersonRow, Shelf
from facedex.types import FaceState
from facedex.viewer.models.faces import FACE_ROLE, FaceGridModel
from facedex.viewer.models.keyed_list import KeyedListModel
from facedex.viewer.models.names import NameModel, choices
from facedex.viewer.models.sidebar import IGNORED, Counts, SidebarModel
from facedex.viewer.models.thumbnails import Thumbnails
from facedex.viewer.workers import Workers


@pytest.fixture
def workers(qapp):
    workers = Workers()
    yield workers
    workers.stop()


def idle(qtbot, workers):
    qtbot.waitUntil(lambda: workers.is_idle, timeout=5000)


def test_face_model_passes_qts_own_tester(qtbot, qtmodeltester, library, workers):
    thumbnails = Thumbnails(library, workers)
    model = FaceGridModel(library, workers, thumbnails)
    qtmodeltester.check(model)
    shelf = Shelf("person", person_id=1)
    model.open_shelf(shelf)
    model.set_faces(library.look.shelf_faces(shelf), 9)
    ids = list(model.keys)
    model.data(model.index(0), FACE_ROLE)
    idle(qtbot, workers)
    model.move_to_confirmed({ids[2]})
    model.take_out({ids[0], ids[15]})
    model.set_faces(ids, 9)
    model.reload_rows()
    assert [part.title for part in model.sections()] == ["Suggestions", "Confirmed"]
    assert model.data(model.index(0)) == "Anna?"
    assert "over 99 %" in model.data(model.index(0), Qt.ItemDataRole.AccessibleTextRole)
    idle(qtbot, workers)


def test_whole_large_shelf_is_decided_at_once(qtbot, library, workers):
    model = FaceGridModel(library, workers, Thumbnails(library, workers))
    model.open_shelf(Shelf("person", person_id=1))
    model.set_faces(range(100_000), 60_000)
    chosen = list(range(60_000))
    began = time.perf_counter()
    assert model.neighbour(chosen) == 60_000
    assert model.neighbour(range(50_000, 100_000)) == 49_999
    model.move_to_confirmed(chosen)
    assert model.n_suggested == 0
    model.take_out(chosen)
    assert model.rowCount() == 40_000
    assert time.perf_counter() - began < 5


def test_sidebar_model_passes_qts_own_tester(qtbot, qtmodeltester, library, workers):
    model = SidebarModel(library, workers, Thumbnails(library, workers))
    qtmodeltester.check(model)
    counts = Counts(tuple(library.look.people()), tuple(library.look.unknown_groups()), 9, 2)
    model.set_counts(counts)
    model.show_found(library.look.find_people("zo"))
    assert [model.data(model.index(row)) for row in range(2)] == ["Found", "Zoë Müller"]
    model.show_found(None)
    model.set_counts(Counts(counts.people[1:], counts.groups[::-1], 8, 3))
    entry = model.entry(IGNORED)
    assert entry is not None
    assert entry.spoken == "Ignored, 3 faces"
    idle(qtbot, workers)


def test_name_model_passes_qts_own_tester(qtmodeltester):
    model = NameModel()
    model.set_choices(choices("an", [PersonRow(1, "Anna", 3, 3, 0)]))
    qtmodeltester.check(model)
    assert [model.data(model.index(row)) for row in range(2)] == ["Anna", "New person “an”"]


def test_name_typed_exactly_is_the_first_choice_and_not_offered_as_new():
    people = [PersonRow(1, "Zoe Adam", 3, 3, 0), PersonRow(2, "zoé", 1, 1, 0)]
    assert [each.name for each in choices("zoé", people)] == ["zoé", "Zoe Adam"]
    assert choices("zoe", people)[-1].n_faces is None


def test_changed_keys_keep_persistent_indexes(qtmodeltester):
    model = KeyedListModel()
    model.replace_keys(list("abcdefgh"))
    kept = {key: QPersistentModelIndex(model.index(row)) for row, key in enumerate(model.keys)}
    model.replace_keys(list("xhagzc"))
    assert {key: index.row() for key, index in kept.items() if index.isValid()} == {
        "h": 1, "a": 2, "g": 3, "c": 5,
    }  # fmt: skip
    assert model.find_row("z") == 4


def test_scattered_change_of_many_keys_is_one_reset(qtbot):
    model = KeyedListModel()
    model.replace_keys(range(1000))
    with qtbot.waitSignal(model.modelReset, timeout=1000):
        model.replace_keys(range(0, 1000, 2))
    assert model.rowCount() == 500


def test_reset_keeps_the_views_selection(qtbot, open_window):
    window = open_window(crowd(1000))
    window.grid.select_faces([11, 13])
    window.faces.set_faces(range(1, 1000, 2), 0)
    assert window.grid.selected_ids() == [11, 13]


def test_rows_are_fetched_by_pages_and_only_where_looked_at(qtbot, open_window):
    library = crowd(5000)
    window = open_window(library)
    n_calls = [name for name, _ in library.calls].count("faces")
    assert n_calls <= 4
    window.faces.data(window.faces.index(4000), FACE_ROLE)
    settle(qtbot, window)
    assert window.faces.data(window.faces.index(4001), FACE_ROLE).face_id == 4002
    assert [name for name, _ in library.calls].count("faces") == n_calls + 1


def test_counts_change_without_moving_the_selection(qtbot, open_window, library):
    window = open_window(library)
    window.sidebar.choose(Shelf("group", cluster_id=2))
    settle(qtbot, window)
    window.grid.select_faces(list(window.faces.keys)[1:3])
    chosen = window.grid.selected_ids()
    library.names[9] = "Aaron"
    for face_id in list(library.by_id)[:3]:
        library.by_id[face_id].person_id = 9
    library.version += 1
    window.watch.poll()
    settle(qtbot, window)
    assert window.sidebar.current() == Shelf("group", cluster_id=2)
    assert window.sidebar_model.entry(Shelf("person", person_id=9)).n == 2
    assert window.grid.selected_ids() == chosen


def test_headings_cannot_be_selected(open_window, library):
    window = open_window(library)
    model = window.sidebar_model
    flags = model.flags(model.index(model.find_row("People")))
    assert not flags & Qt.ItemFlag.ItemIsSelectable


def failing(*_args):
    raise RootOffline("the disk is busy")


def shown(library, workers, n_suggested=9):
    model = FaceGridModel(library, workers, Thumbnails(library, workers))
    shelf = Shelf("person", person_id=1)
    model.open_shelf(shelf)
    model.set_faces(library.look.shelf_faces(shelf), n_suggested)
    return model


def look_at(qtbot, workers, model):
    """Look at every row, as a view does; return what is shown."""
    for row in range(model.rowCount()):
        model.data(model.index(row), FACE_ROLE)
    idle(qtbot, workers)
    return [model.data(model.index(row), FACE_ROLE) for row in range(model.rowCount())]


def n_fetched(library):
    return [name for name, _thread in library.calls].count("faces")


def test_rows_whose_fetch_failed_are_asked_for_again(qtbot, library, workers):
    model = shown(library, workers)
    warned, faces = [], library.look.faces
    workers.failed.connect(warned.append)
    library.look.faces = failing
    assert set(look_at(qtbot, workers, model)) == {None}
    idle(qtbot, workers)
    assert "the disk is busy" in warned[0]
    library.look.faces = faces
    assert None not in look_at(qtbot, workers, model)


def test_only_the_rows_that_a_decision_names_are_fetched_again(qtbot, library, workers):
    model = shown(library, workers)
    rows = look_at(qtbot, workers, model)
    n = n_fetched(library)
    asked, faces = [], library.look.faces
    library.look.faces = lambda face_ids: asked.extend(face_ids) or faces(face_ids)
    model.reload_rows(Decided("Named a face of another shelf", faces=(999,), people=(7,)))
    look_at(qtbot, workers, model)
    assert (asked, n_fetched(library)) == ([], n)
    model.reload_rows(library.decide.confirm([rows[3].face_id]))
    assert look_at(qtbot, workers, model)[3].state is FaceState.CONFIRMED
    assert rows[3].face_id in asked


def test_a_renamed_persons_rows_show_the_new_name(qtbot, library, workers):
    model = shown(library, workers)
    look_at(qtbot, workers, model)
    model.reload_rows(library.decide.rename_person(1, "Anne"))
    assert {row.person_name for row in look_at(qtbot, workers, model)} == {"Anne"}


def test_a_row_that_a_decision_did_not_change_as_expected_is_right_again(qtbot, library, workers):
    model = shown(library, workers)
    first = look_at(qtbot, workers, model)[0]
    model.move_to_confirmed([first.face_id])
    model.reload_rows(NOTHING)  # another window was quicker
    rows = {row.face_id: row for row in look_at(qtbot, workers, model)}
    assert rows[first.face_id].state is FaceState.SUGGESTED
