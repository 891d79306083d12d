"""The grid of faces: geometry, keys, speed."""

import time

import pytest
from gui_fakes import crowd, settle
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAccessible

from facedex.services.telling.records import Shelf
from facedex.viewer.models.faces import Section
from facedex.viewer.views.grid_geometry import HEADING_PX, GridGeometry

SECTIONS = (Section("Suggestions", 0, 7), Section("Confirmed", 7, 12))
GRID = GridGeometry(SECTIONS, 456, QSize(100, 120))


def test_every_tile_is_found_where_it_lies():
    assert GRID.n_columns == 4
    for row in range(19):
        rect = GRID.rect(row)
        assert GRID.row_at(rect.center().x(), rect.center().y()) == row
        assert row in GRID.rows_between(rect.top(), rect.top())
    assert not GRID.rect(19).isValid()
    assert GRID.height == GRID.rect(18).bottom() + 1 + 8


def test_second_section_starts_on_a_line_of_its_own_below_its_heading():
    assert GRID.rect(7).left() == GRID.rect(0).left()
    assert GRID.rect(7).top() == GRID.rect(6).bottom() + 1 + HEADING_PX
    assert GRID.heading_rect(1).bottom() + 1 == GRID.rect(7).top()


@pytest.mark.parametrize(
    ("row", "lines", "expected"),
    [(0, 1, 4), (3, 1, 6), (6, 1, 9), (9, -1, 6), (10, -1, 6), (18, 1, 18), (1, -1, 1), (0, 4, 15)],
)
def test_up_and_down_keep_the_column_across_sections(row, lines, expected):
    assert GRID.row_below(row, lines) == expected


def test_hundred_thousand_faces_are_painted_at_once(qtbot, open_window):
    library = crowd(20)
    window = open_window(library)
    many = crowd(100_000)
    library.by_id, library.sizes = many.by_id, many.sizes
    window.faces.open_shelf(Shelf("ungrouped"))
    ids = list(library.by_id)
    window.grid.grab()
    started = time.perf_counter()
    window.faces.set_faces(ids, 0)
    window.grid.grab()
    first_paint = time.perf_counter() - started
    started = time.perf_counter()
    window.grid.select_face(ids[-1])
    window.grid.grab()
    jump = time.perf_counter() - started
    started = time.perf_counter()
    window.faces.take_out({ids[50_000]})
    window.grid.grab()
    removal = time.perf_counter() - started
    settle(qtbot, window)
    print(
        f"100k faces: first paint {first_paint:.3f} s, jump {jump:.3f} s, removal {removal:.3f} s"
    )
    assert first_paint < 1.0
    assert jump < 1.0
    assert removal < 1.0


def test_scroll_stays_when_a_face_deep_in_the_grid_goes(qtbot, open_window):
    window = open_window(crowd(3000))
    window.grid.select_face(2000)
    top = window.grid.verticalScrollBar().value()
    assert top > 0
    window.faces.take_out({2000})
    assert window.grid.verticalScrollBar().value() == top


def test_shift_and_arrow_select_in_reading_order(qtbot, open_window):
    window = open_window(crowd(40))
    grid = window.grid
    grid.select_face(2)
    qtbot.keyClick(grid, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert grid.selected_ids() == list(range(2, 3 + grid.grid().n_columns))
    qtbot.keyClick(grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(grid.selected_ids()) == 40
    qtbot.keyClick(grid, Qt.Key.Key_Escape)
    assert grid.selected_ids() == []


def test_click_and_drag_select(qtbot, open_window):
    window = open_window(crowd(40))
    grid, port = window.grid, window.grid.viewport()
    first = grid.visualRect(window.faces.index(0)).center()
    second = grid.visualRect(window.faces.index(grid.grid().n_columns + 1)).center()
    qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=second)
    assert grid.selected_ids() == [grid.grid().n_columns + 2]
    qtbot.mouseClick(port, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, first)
    assert grid.selected_ids() == [1, grid.grid().n_columns + 2]


def test_faces_have_names_for_screen_readers(qtbot, open_window, library):
    window = open_window(library)
    window.grid.grab()
    settle(qtbot, window)
    spoken = QAccessible.queryAccessibleInterface(window.grid)
    assert spoken.text(QAccessible.Text.Name) == "Faces"
    names = [spoken.child(row).text(QAccessible.Text.Name) for row in range(3)]
    assert names[0].startswith("Anna, suggested, over 99 %, IMG_")
    assert names[1].startswith("Anna, suggested, 95 %, IMG_")
