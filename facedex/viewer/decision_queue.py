"""What the user decides, sent to the library in order, one undoable step each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from facedex.spelling import isolated
from facedex.viewer.models.names import complete_name
from facedex.viewer.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from facedex.services.decisions.decided import Decided
    from facedex.services.library.front_end import WindowLibrary
    from facedex.types import ClusterId, FaceId
    from facedex.viewer.workers import Workers

_UNDO_HINT = " — Ctrl+Z to undo"
_NOTHING_CHANGED = "Nothing changed"


class DecisionQueue(QObject):
    """Writes decisions on their own lane: the next key never waits for the disk."""

    began = Signal()  # the first of some decisions is on its way
    told = Signal(str)  # what was done
    failed = Signal(str)
    finished = Signal(object)  # none is on its way: Decided, what they changed; None: who knows

    def __init__(
        self, library: WindowLibrary, workers: Workers, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._workers = workers
        self._n_pending = 0
        self._decided: Decided | None = None
        self._has_failed = False

    def decide(self, work: Callable[[], Decided]) -> None:
        """Write a decision, then tell what it was."""
        self._send(work, _UNDO_HINT, _NOTHING_CHANGED)

    def name(self, write: Callable[[str], Decided], name: str, *, is_begun: bool = False) -> None:
        """Write the decision of a name; one that was only begun is completed first."""
        self.decide(partial(write_name, self._library, write, name, is_begun=is_begun))

    def name_faces(self, face_ids: Sequence[FaceId], name: str, *, is_begun: bool = False) -> None:
        """Confirm faces as the person of that name, see :meth:`name`."""
        self.name(
            partial(self._library.decide.name_faces, tuple(face_ids)), name, is_begun=is_begun
        )

    def name_group(self, cluster_id: ClusterId, name: str, *, is_begun: bool = False) -> None:
        """Confirm every face of a group as the person of that name, see :meth:`name`."""
        self.name(partial(self._library.decide.name_group, cluster_id), name, is_begun=is_begun)

    def undo(self) -> None:
        """Take the last decision back."""
        self._send(self._library.decide.undo, "", "Nothing to undo")

    def redo(self) -> None:
        """Take the last undo back."""
        self._send(self._library.decide.redo, "", "Nothing to redo")

    def _send(self, work: Callable[[], Decided], hint: str, nothing: str) -> None:
        self._n_pending += 1
        if self._n_pending == 1:
            self._decided, self._has_failed = None, False
            self.began.emit()
        done = partial(self._on_done, hint, nothing)
        self._workers.submit("decisions", work, done, self._on_failed)

    def _on_done(self, hint: str, nothing: str, decided: Decided) -> None:
        before = self._decided
        self._decided = decided if before is None else before.joined(decided)
        self.told.emit(isolated(one_line(decided.summary)) + hint if decided else nothing)
        self._finish()

    def _on_failed(self, message: str) -> None:
        self._has_failed = True
        self.failed.emit(message)
        self._finish()

    def _finish(self) -> None:
        self._n_pending -= 1
        if not self._n_pending:
            self.finished.emit(None if self._has_failed else self._decided)


def write_name(
    library: WindowLibrary, write: Callable[[str], Decided], name: str, *, is_begun: bool
) -> Decided:
    """Write a name, completed where it was only begun. For any thread."""
    return write(complete_name(library, name) if is_begun else name)
