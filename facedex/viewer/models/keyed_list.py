"""A list model whose rows are known by a key, so that a new list keeps selection and scroll."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex

K = TypeVar("K", bound=Hashable)
Index = QModelIndex | QPersistentModelIndex
NO_INDEX = QModelIndex()
MAX_RUNS = 100  # past so many separate changes one reset is cheaper than telling each


class KeyedListModel(QAbstractListModel, Generic[K]):
    """Rows in the order of ``keys``; a subclass says what each row shows."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._keys: list[K] = []
        self._rows: dict[K, int] | None = None

    @property
    def keys(self) -> Sequence[K]:
        """The keys, in row order; not to be changed."""
        return self._keys

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        """Return the number of rows; a row has no children."""
        return 0 if parent.isValid() else len(self._keys)

    def find_row(self, key: K) -> int | None:
        """Return the row of ``key``, or None."""
        if self._rows is None:
            self._rows = {each: row for row, each in enumerate(self._keys)}
        return self._rows.get(key)

    def key_at(self, index: Index) -> K | None:
        """Return the key of an index, None of an invalid one."""
        return self._keys[index.row()] if index.isValid() else None

    def replace_keys(self, new: Sequence[K]) -> None:
        """Change to the list ``new``, telling the views as little as possible.

        What stays keeps its selection, whatever its new place; a very scattered change is a reset.
        """
        old_set, new_set = set(self._keys), set(new)
        gone = _runs([row for row, key in enumerate(self._keys) if key not in new_set])
        come = _runs([row for row, key in enumerate(new) if key not in old_set])
        if len(gone) + len(come) > MAX_RUNS:
            self.beginResetModel()
            self._assign(list(new))
            self.endResetModel()
            return
        for first, last in reversed(gone):
            self.beginRemoveRows(NO_INDEX, first, last)
            self._assign(self._keys[:first] + self._keys[last + 1 :])
            self.endRemoveRows()
        self._reorder([key for key in new if key in old_set])
        for first, last in come:
            self.beginInsertRows(NO_INDEX, first, last)
            self._assign([*self._keys[:first], *new[first : last + 1], *self._keys[first:]])
            self.endInsertRows()

    def _assign(self, keys: list[K]) -> None:
        self._keys = keys
        self._rows = None

    def _reorder(self, order: list[K]) -> None:
        if order == self._keys:
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        kept = [self._keys[index.row()] for index in before]
        self._assign(order)
        after = [self.index(self.find_row(key) or 0) for key in kept]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """Return ascending ``rows`` as (first, last) of each unbroken run."""
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and runs[-1][1] == row - 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs
