"""The commands of the window: their keys, their menus, and where the keys count."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QMainWindow, QWidget


class CommandId(Enum):
    """Every command that the window knows."""

    CONFIRM = auto()
    REJECT = auto()
    IGNORE = auto()
    NAME = auto()
    UNDO = auto()
    REDO = auto()
    SUGGEST_ANEW = auto()
    CONFIRM_SURE = auto()
    CLOSE_UP = auto()
    MERGE = auto()
    RENAME = auto()
    SPLIT = auto()
    REVIEW = auto()
    NEXT_GROUP = auto()
    FIND = auto()
    QUIT = auto()
    ANSWER_YES = auto()
    ANSWER_NO = auto()
    SKIP = auto()
    PUT_ASIDE = auto()


@dataclass(frozen=True, slots=True)
class Command:
    """One command; ``is_for_grid`` keys count only while the grid has the focus.

    Keys that change a face are such: Enter in a field or a letter in the sidebar must not decide.
    A key that is held runs the command again and again, unless it is ``is_once``: what it would do
    next is not seen yet.
    """

    command_id: CommandId
    menu: str
    text: str
    keys: tuple[str, ...]
    run: Callable[[], None]
    is_for_grid: bool = False
    is_once: bool = False


def add_commands(
    window: QMainWindow, grid: QWidget, commands: Sequence[Command]
) -> dict[CommandId, QAction]:
    """Give ``window`` menus with ``commands`` and their keys; return the action of each."""
    menus = {}
    actions = {}
    for command in commands:
        if command.menu not in menus:
            menus[command.menu] = window.menuBar().addMenu(command.menu)
        action = QAction(command.text, window)
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.setAutoRepeat(not command.is_once)
        action.triggered.connect(_ignoring_checked(command.run))
        if command.is_for_grid:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            grid.addAction(action)
        else:
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        menus[command.menu].addAction(action)
        actions[command.command_id] = action
    return actions


def _ignoring_checked(run: Callable[[], None]) -> Callable[[bool], None]:
    return lambda _checked: run()
