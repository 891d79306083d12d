"""Starts the window: the application, its exception hook, and the library's life."""

from __future__ import annotations

import logging
import signal
import sys
import traceback
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMessageBox

from facedex.paths import shipped
from facedex.services.library import Library
from facedex.viewer.main_window import MainWindow

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

log = logging.getLogger(__name__)


def run(directory: Path) -> int:
    """Show the window on the library in ``directory`` until it is closed; return an exit code.

    Raises
    ------
    FacedexError
        If the library cannot be opened.
    """
    with Library.open(directory) as library:
        return _run(library)


def _run(library: Library) -> int:
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("facedex")
    app.setWindowIcon(QIcon(str(shipped("assets") / "icon.png")))
    window = MainWindow(library)
    reporter = CrashReporter(window)
    previous_hook, sys.excepthook = sys.excepthook, reporter.report
    previous_signal = signal.signal(signal.SIGINT, lambda *_: _close(window))
    settings = QSettings("facedex", "viewer")
    _restore(window, settings)
    window.show()
    try:
        return app.exec()
    finally:
        window.close()
        settings.setValue("geometry", window.saveGeometry())
        signal.signal(signal.SIGINT, previous_signal)
        sys.excepthook = previous_hook


def _close(window: MainWindow) -> None:
    window.close()


def _restore(window: MainWindow, settings: QSettings) -> None:
    geometry = settings.value("geometry")
    if geometry is None or not window.restoreGeometry(geometry):
        window.resize(window.sizeHint())


class CrashReporter:
    """Shows and logs an exception that nothing caught: a bug of ours, never passed over."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._box: QMessageBox | None = None

    def report(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        """Log the exception and show it, unless another one is still shown; ``sys.excepthook``."""
        if issubclass(kind, KeyboardInterrupt):
            self._window.close()
            return
        log.error("unexpected error in the window", exc_info=(kind, error, trace))
        if self._box is not None and self._box.isVisible():
            return
        self._box = QMessageBox(self._window)
        self._box.setIcon(QMessageBox.Icon.Critical)
        self._box.setWindowTitle("facedex")
        self._box.setTextFormat(Qt.TextFormat.PlainText)
        self._box.setText("Something went wrong in facedex. Your decisions so far are kept.")
        self._box.setInformativeText(f"{kind.__name__}: {error}")
        self._box.setDetailedText("".join(traceback.format_exception(kind, error, trace)))
        self._box.setModal(False)
        self._box.show()
