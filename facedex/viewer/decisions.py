"""What the user decides, sent to the library in order, one undoable step each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from facedex.viewer.models.names import complete_name
from facedex.viewer.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from facedex.services.decisions.decide_sure import SureSuggestions
    from facedex.services.library import Library
    from facedex.types import ClusterId, FaceId
    from facedex.viewer.workers import Workers

T = TypeVar("T")

_UNDO_HINT = " — Ctrl+Z to undo"


@dataclass(frozen=True, slots=True)
class Named:
    """The name that was given, and the faces that it changed."""

    name: str
    face_ids: tuple[FaceId, ...]


class Decisions(QObject):
    """Writes decisions on their own lane: the next key never waits for the disk."""

    began = Signal()  # the first of some decisions is on its way
    told = Signal(str)  # what was done
    failed = Signal(str)
    settled = Signal()  # none is on its way any more

    def __init__(self, library: Library, workers: Workers, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._workers = workers
        self._n_pending = 0

    def name_faces(self, face_ids: Sequence[FaceId], name: str, *, is_begun: bool = False) -> None:
        """Confirm faces as the person of that name, see :meth:`name`."""
        self.name(partial(self._library.name_faces, tuple(face_ids)), name, is_begun=is_begun)

    def name_group(self, cluster_id: ClusterId, name: str, *, is_begun: bool = False) -> None:
        """Confirm every face of a group as the person of that name, see :meth:`name`."""
        self.name(partial(self._library.name_group, cluster_id), name, is_begun=is_begun)

    def name(
        self, write: Callable[[str], Sequence[FaceId]], name: str, *, is_begun: bool = False
    ) -> None:
        """Confirm the faces that ``write`` names; a name that was only begun is completed first."""
        work = partial(write_name, self._library, write, name, is_begun=is_begun)
        self._send(work, self._on_named)

    def confirm(self, face_ids: Sequence[FaceId]) -> None:
        """Confirm the suggestion of each face."""
        work = partial(self._library.confirm, tuple(face_ids))
        self._decide(work, lambda n: f"Confirmed {counted(n, 'face')}")

    def confirm_sure(self, sure: SureSuggestions, wrong: Collection[FaceId]) -> None:
        """Confirm these sure suggestions, but reject those of wrong faces."""
        work = partial(self._library.confirm_sure, sure.least, wrong=wrong, counted=sure)
        also = f", {len(wrong):,} of them rejected" if wrong else ""
        self._decide(work, lambda n: f"Decided on {counted(n, 'sure suggestion')}{also}")

    def reject(self, face_ids: Sequence[FaceId]) -> None:
        """Reject the suggestion or the name of each face."""
        work = partial(self._library.reject, tuple(face_ids))
        self._decide(work, lambda n: f"Rejected {counted(n, 'face')}")

    def ignore(self, face_ids: Sequence[FaceId]) -> None:
        """Set faces aside."""
        work = partial(self._library.ignore, tuple(face_ids))
        self._decide(work, lambda n: f"Ignored {counted(n, 'face')}")

    def undo(self) -> None:
        """Take the last decision back."""
        self._send(self._library.undo, partial(self._on_stepped, "Undone: {}", "Nothing to undo"))

    def redo(self) -> None:
        """Take the last undo back."""
        self._send(self._library.redo, partial(self._on_stepped, "Redone: {}", "Nothing to redo"))

    def decide(
        self, work: Callable[[], object], told: str, *, is_without_faces: bool = False
    ) -> None:
        """Write a decision that may concern other things than faces; then say ``told``.

        ``work`` returns what changed, nothing where nothing did; a decision ``is_without_faces``
        changes something even so.
        """
        self._send(work, partial(self._on_done, told, is_without_faces))

    def _decide(self, work: Callable[[], Sequence[FaceId]], describe: Callable[[int], str]) -> None:
        self._send(work, partial(self._on_decided, describe))

    def _send(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        self._n_pending += 1
        if self._n_pending == 1:
            self.began.emit()
        self._workers.submit("decisions", work, done, self._on_failed)

    def _on_decided(self, describe: Callable[[int], str], face_ids: Sequence[FaceId]) -> None:
        text = describe(len(face_ids))
        self._tell(text + _UNDO_HINT if face_ids else "Nothing changed")

    def _on_named(self, named: Named) -> None:
        self._on_decided(
            lambda n: f"Named {counted(n, 'face')} {one_line(named.name)}", named.face_ids
        )

    def _on_done(self, told: str, is_without_faces: bool, changed: object) -> None:
        is_nothing = not changed and not is_without_faces
        self._tell("Nothing changed" if is_nothing else told + _UNDO_HINT)

    def _on_stepped(self, template: str, nothing: str, text: str | None) -> None:
        self._tell(nothing if text is None else template.format(one_line(text)))

    def _tell(self, text: str) -> None:
        self.told.emit(text)
        self._settle()

    def _on_failed(self, message: str) -> None:
        self.failed.emit(message)
        self._settle()

    def _settle(self) -> None:
        self._n_pending -= 1
        if not self._n_pending:
            self.settled.emit()


def write_name(
    library: Library, write: Callable[[str], Sequence[FaceId]], name: str, *, is_begun: bool
) -> Named:
    """Write a name, completed where it was only begun; say which. For any thread."""
    whole = complete_name(library, name) if is_begun else name
    return Named(whole, tuple(write(whole)))
