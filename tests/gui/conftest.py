"""A window needs a display or none at all: offscreen must be chosen before Qt is imported."""

import os
import sys
import threading
from pathlib import Path

import pytest

if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

sys.path.insert(0, str(Path(__file__).parent))  # for gui_fakes
from gui_fakes import FakeLibrary, family, settle

from facedex.viewer.main_window import MainWindow


def pytest_configure(config):
    # the offscreen plugin says so for every window that is shown
    config.addinivalue_line("qt_log_ignore", "does not support propagateSizeHints")


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.gui)


@pytest.fixture(autouse=True)
def no_leaked_threads():
    before = set(threading.enumerate())
    yield
    leaked = [each for each in threading.enumerate() if each not in before]
    assert not [each for each in leaked if each.name.startswith("facedex-")]


@pytest.fixture
def library() -> FakeLibrary:
    return family()


@pytest.fixture
def open_window(qtbot):
    """Open a window on a library and wait until it shows what there is."""
    opened = []

    def open_one(library, size=(1280, 800)) -> MainWindow:
        window = MainWindow(library)
        opened.append(window)
        qtbot.addWidget(window)
        window.resize(*size)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        settle(qtbot, window)
        return window

    yield open_one
    for window in opened:
        window.close()
