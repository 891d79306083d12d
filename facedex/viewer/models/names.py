"""The names that a typed text may mean, best first, and the new person it may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractListModel, QObject, Qt

from facedex.spelling import name_key, search_key
from facedex.viewer.models.keyed_list import NO_INDEX, Index
from facedex.viewer.text import counted, name_in_text, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.services.library.front_end import WindowLibrary
    from facedex.services.telling.records import PersonRow

MAX_NAMES = 10
CHOICE_ROLE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class NameChoice:
    """A name that can be picked; ``n_faces`` is None for a person who would be new."""

    name: str
    n_faces: int | None

    @property
    def label(self) -> str:
        """The choice as a line of text."""
        name = name_in_text(self.name)
        return f"New person “{name}”" if self.n_faces is None else name

    @property
    def note(self) -> str:
        """What stands at the line's right."""
        return "Shift+Enter" if self.n_faces is None else counted(self.n_faces, "face")


def choices(text: str, people: Sequence[PersonRow]) -> list[NameChoice]:
    """Return the people in their order, one of exactly this name first, and the new person."""
    key = search_key(text)
    ranked = sorted(
        people,
        key=lambda person: key not in {search_key(each) for each in (person.name, *person.aliases)},
    )
    known = [NameChoice(person.name, person.n_faces) for person in ranked]
    is_known = any(
        # accents make another person, case and joiners do not
        name_key(name) == name_key(text)
        for person in people
        for name in (person.name, *person.aliases)
    )
    return known if is_known or not key else [*known, NameChoice(one_line(text), None)]


def complete_name(library: WindowLibrary, text: str) -> str:
    """Return the name that stands first under ``text``. For any thread."""
    found = choices(text, library.look.find_people(text, MAX_NAMES))
    return found[0].name if found else text


class NameModel(QAbstractListModel):
    """The choices under a name field."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choices: list[NameChoice] = []

    def set_choices(self, new: Sequence[NameChoice]) -> None:
        """Show other choices."""
        self.beginResetModel()
        self._choices = list(new)
        self.endResetModel()

    def choice(self, row: int) -> NameChoice | None:
        """Return the choice of a row, None where there is no such row."""
        return self._choices[row] if 0 <= row < len(self._choices) else None

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        """Return the number of choices."""
        return 0 if parent.isValid() else len(self._choices)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the label, the choice (``CHOICE_ROLE``) or the spoken text."""
        choice = self.choice(index.row()) if index.isValid() else None
        if choice is None:
            return None
        if role == CHOICE_ROLE:
            return choice
        if role == Qt.ItemDataRole.DisplayRole:
            return choice.label
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{choice.label}, {choice.note}"
        return None
