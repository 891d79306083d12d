"""What the left side lists: people, groups nobody named yet, and the rest, with counts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QModelIndex, QObject, Qt, Signal

from facedex.services.telling.records import Shelf
from facedex.types import ClusterId, PersonId
from facedex.viewer.models.keyed_list import Index, KeyedListModel
from facedex.viewer.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPixmap

    from facedex.services.decisions.decided import Decided
    from facedex.services.library.front_end import WindowLibrary
    from facedex.services.telling.records import GroupRow, PersonRow
    from facedex.types import FaceId
    from facedex.viewer.models.thumbnails import Thumbnails
    from facedex.viewer.workers import Workers

SHELF_MIME = "application/x-facedex-shelf"
ENTRY_ROLE = Qt.ItemDataRole.UserRole
REVIEW = Shelf("review")
UNGROUPED = Shelf("ungrouped")
IGNORED = Shelf("ignored")


@dataclass(frozen=True, slots=True)
class Counts:
    """All that the sidebar shows, read in one go."""

    people: tuple[PersonRow, ...] = ()
    groups: tuple[GroupRow, ...] = ()
    n_ungrouped: int = 0
    n_ignored: int = 0

    @property
    def n_unnamed(self) -> int:
        """The faces that a review may ask about."""
        suggested = sum(person.n_suggested for person in self.people)
        return suggested + sum(each.n_faces for each in self.groups) + self.n_ungrouped

    @property
    def n_faces(self) -> int:
        """Every face of the library."""
        named = sum(person.n_faces for person in self.people)
        return named + sum(each.n_faces for each in self.groups) + self.n_ungrouped + self.n_ignored


@dataclass(frozen=True, slots=True)
class SidebarEntry:
    """One line: a heading (``shelf`` is None) or a shelf. ``n`` counts people, groups or faces."""

    shelf: Shelf | None
    label: str
    n: int
    n_suggested: int = 0

    @property
    def is_heading(self) -> bool:
        """Whether it only names a section."""
        return self.shelf is None

    @property
    def spoken(self) -> str:
        """The entry as a screen reader says it."""
        if self.is_heading:
            return f"{self.label}, {self.n:,}"
        suggestions = f", {counted(self.n_suggested, 'suggestion')}" if self.n_suggested else ""
        return f"{self.label}, {counted(self.n, 'face')}{suggestions}"


class SidebarModel(KeyedListModel["Shelf | str"]):
    """The lines of the sidebar; headings are keyed by their label, the rest by their shelf."""

    dropped = Signal(object, object)  # a shelf on another

    def __init__(
        self,
        library: WindowLibrary,
        workers: Workers,
        thumbnails: Thumbnails,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._workers = workers
        self._thumbnails = thumbnails
        self._entries: dict[Shelf | str, SidebarEntry] = {}
        self._covers: dict[Shelf, FaceId | None] = {}
        self._counts = Counts()
        self._found: tuple[PersonRow, ...] | None = None
        thumbnails.arrived.connect(self._on_thumbnails)

    @property
    def counts(self) -> Counts:
        """The newest counts."""
        return self._counts

    def set_counts(self, counts: Counts, decided: Decided | None = None) -> None:
        """Show new counts, after a decision if so; what stays keeps its place in the selection."""
        self._counts = counts
        if decided is not None:
            self._forget_covers([Shelf("group", cluster_id=each) for each in decided.groups])
        self._rebuild()

    def show_found(self, people: Sequence[PersonRow] | None) -> None:
        """Show only these people, or everything again (None)."""
        self._found = None if people is None else tuple(people)
        self._rebuild()

    def entry(self, shelf: Shelf) -> SidebarEntry | None:
        """Return the line of ``shelf``, if it is listed."""
        return self._entries.get(shelf)

    def people(self) -> list[SidebarEntry]:
        """Return the line of everybody, found or not."""
        return list(map(person_entry, self._counts.people))

    def first_shelf(self) -> Shelf | None:
        """Return where work waits: the first suggestions, else the biggest group, else anything."""
        shelves = [
            each for each in self._entries.values() if each.shelf not in {None, REVIEW} and each.n
        ]
        waiting = [each for each in shelves if each.n_suggested]
        groups = [each for each in shelves if each.shelf and each.shelf.kind == "group"]
        return next((each.shelf for each in (*waiting, *groups, *shelves)), None)

    def shelf_after(self, shelf: Shelf | None, kind: str, row: int | None = None) -> Shelf | None:
        """Return the next shelf of ``kind`` below ``shelf`` or ``row``, going round at the end."""
        if row is None:
            found = self.find_row(shelf) if shelf else None
            row = -1 if found is None else found + 1
        keys = self._keys[max(row, 0) :] + self._keys[: max(row, 0)]
        return next((key for key in keys if isinstance(key, Shelf) and key.kind == kind), None)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings can be neither selected nor walked to."""
        entry = self._entry_at(index)
        if entry is None or entry.is_heading:
            return Qt.ItemFlag.ItemIsEnabled if entry else Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if entry.shelf is not None and entry.shelf.kind in ("person", "group"):
            flags |= Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemIsDropEnabled
        return flags

    def mimeTypes(self) -> list[str]:
        """Return the one type that can be dragged."""
        return [SHELF_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Return which shelf is dragged, whatever its row is when it is dropped."""
        data = QMimeData()
        shelf = self.key_at(indexes[0])
        if isinstance(shelf, Shelf):
            words = (os.getpid(), shelf.kind, shelf.person_id or shelf.cluster_id)
            data.setData(SHELF_MIME, " ".join(map(str, words)).encode())
        return data

    def supportedDropActions(self) -> Qt.DropAction:
        """Return that things are moved."""
        return Qt.DropAction.MoveAction

    def canDropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Tell whether one can become the other: people, groups, or a group a person."""
        return self._dropped(data, parent) is not None

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Tell what was dropped on what; the view must not remove anything."""
        pair = self._dropped(data, parent)
        if pair is not None:
            self.dropped.emit(*pair)
        return False

    def _dropped(self, data: QMimeData, parent: Index) -> tuple[Shelf, Shelf] | None:
        source, target = _dragged(data), self.key_at(parent)
        if source is None or source not in self._entries or not isinstance(target, Shelf):
            return None
        kinds = (source.kind, target.kind)
        can_be = kinds in {("person", "person"), ("group", "group"), ("group", "person")}
        return (source, target) if can_be and source != target else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the label, the entry (``ENTRY_ROLE``), a face to show beside, the spoken text."""
        entry = self._entry_at(index)
        if entry is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.label
        if role == ENTRY_ROLE:
            return entry
        if role == Qt.ItemDataRole.DecorationRole and entry.shelf:
            return self._cover(entry.shelf)
        return entry.spoken if role == Qt.ItemDataRole.AccessibleTextRole else None

    def _entry_at(self, index: Index) -> SidebarEntry | None:
        key = self.key_at(index)
        return None if key is None else self._entries[key]

    def _rebuild(self) -> None:
        entries = _found_entries(self._found) if self._found is not None else _all(self._counts)
        new = {entry.shelf or entry.label: entry for entry in entries}
        old = self._entries
        changed = [key for key, entry in new.items() if key in old and old[key] != entry]
        self._entries = {**old, **new}  # rows on their way out are still asked for
        self.replace_keys(list(new))
        self._entries = new
        self._forget_covers([key for key in changed if isinstance(key, Shelf)])
        self._touch([row for key in changed if (row := self.find_row(key)) is not None])

    def _forget_covers(self, shelves: list[Shelf]) -> None:
        for shelf in shelves:
            if shelf.kind == "person" and self._covers.get(shelf, 0) is not None:
                continue  # a person's face may stay, even where it is not the newest
            self._covers.pop(shelf, None)

    def _cover(self, shelf: Shelf) -> QPixmap | None:
        if shelf.kind not in ("person", "group"):
            return None
        if shelf not in self._covers:
            self._covers[shelf] = None
            work = partial(find_cover, self._library, shelf)
            self._workers.submit("thumbnails", work, partial(self._on_cover, shelf))
        face_id = self._covers[shelf]
        return None if face_id is None else self._thumbnails.pixmap(face_id)

    def _on_cover(self, shelf: Shelf, face_id: FaceId | None) -> None:
        self._covers[shelf] = face_id
        row = self.find_row(shelf)
        if face_id is not None and row is not None:
            self._touch([row])

    def _on_thumbnails(self, face_ids: frozenset[FaceId]) -> None:
        shelves = [shelf for shelf, face_id in self._covers.items() if face_id in face_ids]
        self._touch([row for shelf in shelves if (row := self.find_row(shelf)) is not None])

    def _touch(self, rows: list[int]) -> None:
        if rows:
            self.dataChanged.emit(self.index(min(rows)), self.index(max(rows)), [])


def _dragged(data: QMimeData) -> Shelf | None:
    """Return the shelf that is dragged, None where it is not one of this process."""
    words = bytes(data.data(SHELF_MIME).data()).decode(errors="replace").split()
    match words:
        case [process, kind, number] if process == str(os.getpid()) and number.isdecimal():
            if kind == "person":
                return Shelf("person", person_id=PersonId(int(number)))
            if kind == "group":
                return Shelf("group", cluster_id=ClusterId(int(number)))
    return None


def find_cover(library: WindowLibrary, shelf: Shelf) -> FaceId | None:
    """Return the face that stands for a shelf: of a person the last confirmed. For any thread."""
    face_ids = library.look.shelf_faces(shelf)
    if not face_ids:
        return None
    return face_ids[-1] if shelf.kind == "person" else face_ids[0]


def person_entry(person: PersonRow) -> SidebarEntry:
    """Return the line of a person."""
    shelf = Shelf("person", person_id=person.person_id)
    return SidebarEntry(shelf, one_line(person.name), person.n_faces, person.n_suggested)


def _found_entries(people: Sequence[PersonRow]) -> list[SidebarEntry]:
    return [SidebarEntry(None, "Found", len(people)), *map(person_entry, people)]


def _all(counts: Counts) -> list[SidebarEntry]:
    groups = [
        SidebarEntry(
            Shelf("group", cluster_id=row.cluster_id), f"Group {row.cluster_id}", row.n_faces
        )
        for row in counts.groups
    ]
    return [
        SidebarEntry(REVIEW, "Review", counts.n_unnamed),
        SidebarEntry(None, "People", len(counts.people)),
        *map(person_entry, counts.people),
        SidebarEntry(None, "Unknown groups", len(groups)),
        *groups,
        SidebarEntry(None, "Others", counts.n_ungrouped + counts.n_ignored),
        SidebarEntry(UNGROUPED, "Not grouped", counts.n_ungrouped),
        SidebarEntry(IGNORED, "Ignored", counts.n_ignored),
    ]
