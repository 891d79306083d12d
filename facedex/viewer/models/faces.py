"""The faces of one shelf: ids at once, rows as they are looked at."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from facedex.types import FaceId, FaceState, Source
from facedex.viewer.models.keyed_list import NO_INDEX, Index, KeyedListModel
from facedex.viewer.text import face_label, face_spoken

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from facedex.services.decisions.decided import Decided
    from facedex.services.library.front_end import WindowLibrary
    from facedex.services.telling.records import FaceRow, Shelf
    from facedex.viewer.models.thumbnails import Thumbnails
    from facedex.viewer.workers import Workers

PAGE = 128  # rows asked for at once
MAX_ROWS = 8192
ID_ROLE = Qt.ItemDataRole.UserRole
FACE_ROLE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True, slots=True)
class Section:
    """An unbroken run of rows under a heading; an empty title has none."""

    title: str
    first: int
    n_rows: int


class FaceGridModel(KeyedListModel[FaceId]):
    """The faces of a shelf; on a person's, suggestions come first.

    The ids are the service's answer; rows and thumbnails are fetched when a view first asks and are
    cached by id, so that removing a row fetches nothing again.
    """

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
        self._shelf: Shelf | None = None
        self._n_suggested = 0
        self._faces: OrderedDict[FaceId, FaceRow] = OrderedDict()
        self._asked: set[FaceId] = set()
        self._stale: set[FaceId] = set()
        self._expected: set[FaceId] = set()  # shown as a decision is expected to leave them
        thumbnails.arrived.connect(self._on_thumbnails)

    @property
    def shelf(self) -> Shelf | None:
        """What the faces are of."""
        return self._shelf

    @property
    def n_suggested(self) -> int:
        """How many of the first rows are suggestions."""
        return min(self._n_suggested, len(self._keys))

    def sections(self) -> tuple[Section, ...]:
        """Return the runs of rows that are shown apart."""
        n, n_suggested = len(self._keys), self.n_suggested
        if self._shelf is None or self._shelf.kind != "person":
            return (Section("", 0, n),) if n else ()
        parts = (
            Section("Suggestions", 0, n_suggested),
            Section("Confirmed", n_suggested, n - n_suggested),
        )
        return tuple(part for part in parts if part.n_rows)

    def open_shelf(self, shelf: Shelf | None) -> None:
        """Show another shelf, empty until :meth:`set_faces`."""
        self.beginResetModel()
        self._shelf = shelf
        self._n_suggested = 0
        self._assign([])
        self.endResetModel()

    def set_faces(self, face_ids: Sequence[FaceId], n_suggested: int) -> None:
        """Show these faces, the first ``n_suggested`` of them suggestions."""
        self._n_suggested = n_suggested
        self.replace_keys(face_ids)

    def reload_rows(self, decided: Decided | None = None) -> None:
        """Fetch rows anew when they are next looked at; the old ones are shown until then.

        These are the rows that ``decided`` names, and those that show what a decision was expected
        to do; without ``decided`` they are all.
        """
        if decided is None:
            changed = set(self._faces) | self._asked
        else:
            people = set(decided.people)
            named = (i for i, face in self._faces.items() if face.person_id in people)
            changed = {*decided.faces, *self._expected, *named}
        self._expected.clear()
        self._asked -= changed
        self._stale |= changed & set(self._faces)
        if self._keys:
            self.dataChanged.emit(self.index(0), self.index(len(self._keys) - 1), [])

    def take_out(self, face_ids: Collection[FaceId]) -> None:
        """Remove faces that a decision moved elsewhere, before the service has answered."""
        gone = set(face_ids)
        self._n_suggested -= sum(1 for key in self._keys[: self.n_suggested] if key in gone)
        self.replace_keys([key for key in self._keys if key not in gone])

    def move_to_confirmed(self, face_ids: Collection[FaceId]) -> None:
        """Put suggestions at the head of the confirmed ones, before the service has answered."""
        n, confirmed = self._n_suggested, set(face_ids)
        moved = [key for key in self._keys[:n] if key in confirmed]
        for key in moved:
            if key in self._faces:
                self._expected.add(key)
                self._faces[key] = replace(
                    self._faces[key], state=FaceState.CONFIRMED, source=Source.USER
                )
        self._n_suggested -= len(moved)
        rest = [key for key in self._keys[:n] if key not in confirmed]
        self.replace_keys([*rest, *moved, *self._keys[n:]])

    def suggested_among(self, face_ids: Iterable[FaceId]) -> list[FaceId]:
        """Return those of ``face_ids`` that stand among the suggestions."""
        rows = ((self.find_row(face_id), face_id) for face_id in face_ids)
        return [key for row, key in rows if row is not None and row < self.n_suggested]

    def neighbour(self, face_ids: Collection[FaceId]) -> FaceId | None:
        """Return the next other face after the first of ``face_ids``, else the one before it."""
        rows = [row for row in map(self.find_row, face_ids) if row is not None]
        if not rows:
            return None
        left_out, first = set(face_ids), min(rows)
        after = (key for key in self._keys[first:] if key not in left_out)
        before = (key for key in reversed(self._keys[:first]) if key not in left_out)
        return next(after, None) or next(before, None)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the label, the row (``FACE_ROLE``), the id, the thumbnail, or the spoken text."""
        key = self.key_at(index)
        if key is None:
            return None
        if role == ID_ROLE:
            return key
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnails.pixmap(key)
        face = self._face(key, index.row())
        if role == FACE_ROLE:
            return face
        if role == Qt.ItemDataRole.DisplayRole:
            return face_label(face) if face else ""
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return face_spoken(face) if face else "Loading"
        return None

    def _face(self, key: FaceId, row: int) -> FaceRow | None:
        face = self._faces.get(key)
        if face is not None:
            self._faces.move_to_end(key)
        if self._is_wanted(key):
            self._fetch_page(row // PAGE * PAGE)
        return face

    def _is_wanted(self, key: FaceId) -> bool:
        return key not in self._asked and (key not in self._faces or key in self._stale)

    def _fetch_page(self, start: int) -> None:
        wanted = [key for key in self._keys[start : start + PAGE] if self._is_wanted(key)]
        self._asked.update(wanted)
        work = partial(self._library.look.faces, wanted)
        self._workers.submit("queries", work, self._on_faces, partial(self._on_failed, wanted))

    def _on_faces(self, faces: Sequence[FaceRow]) -> None:
        for face in faces:
            self._faces[face.face_id] = face
            self._asked.discard(face.face_id)
            self._stale.discard(face.face_id)
        while len(self._faces) > MAX_ROWS:
            self._faces.popitem(last=False)
        self._touch({face.face_id for face in faces}, [])

    def _on_failed(self, wanted: list[FaceId], message: str) -> None:
        self._asked.difference_update(wanted)
        self._workers.failed.emit(message)

    def _on_thumbnails(self, face_ids: frozenset[FaceId]) -> None:
        self._touch(face_ids, [Qt.ItemDataRole.DecorationRole])

    def _touch(self, face_ids: Collection[FaceId], roles: list[Qt.ItemDataRole]) -> None:
        rows = [row for row in map(self.find_row, face_ids) if row is not None]
        if rows:
            first, last = self.index(min(rows), 0, NO_INDEX), self.index(max(rows), 0, NO_INDEX)
            self.dataChanged.emit(first, last, roles)
