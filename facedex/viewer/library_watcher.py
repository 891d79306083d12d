"""Reads the counts and faces that the window shows again when the library changes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from facedex.viewer.models.sidebar import Counts

if TYPE_CHECKING:
    from facedex.services.decisions.decided import Decided
    from facedex.services.library.front_end import WindowLibrary
    from facedex.services.telling.records import Shelf
    from facedex.types import FaceId
    from facedex.viewer.workers import Workers

POLL_MS = 2000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The counts, and the faces of the open shelf (None where none is open).

    Attributes
    ----------
    version : the library's when the counts were read, None where they are older ones.
    decided : what changed, where a decision is the reason to read; None where anything may have.
    """

    version: int | None
    counts: Counts
    shelf: Shelf | None
    face_ids: tuple[FaceId, ...] = ()
    n_suggested: int = 0
    decided: Decided | None = None


class LibraryWatcher(QObject):
    """Reads a :class:`Snapshot` when asked to, and when another process wrote to the library.

    Between :meth:`hold` and :meth:`release` nothing is answered: what is read while a decision is
    on its way would bring its faces back under the cursor.
    """

    changed = Signal(object)  # Snapshot

    def __init__(
        self, library: WindowLibrary, workers: Workers, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._workers = workers
        self._shelf: Shelf | None = None
        self._version: int | None = None
        self._counts: Counts | None = None
        self._is_held = False
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self.poll)

    def start(self) -> None:
        """Read everything, then look for changes every two seconds."""
        self.refresh()
        self._timer.start()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()
        self._workers.drop("snapshot")

    def open_shelf(self, shelf: Shelf | None) -> None:
        """Read the faces of another shelf, and of that one from now on; the counts stay."""
        self._shelf = shelf
        self._read(self._counts)

    def hold(self) -> None:
        """Drop what is being read, and read no more until :meth:`release`."""
        self._is_held = True
        self._workers.drop("snapshot")

    def release(self, decided: Decided | None) -> None:
        """Read again, after decisions that changed this; None: nobody knows what."""
        self._is_held = False
        self._read(None, decided)

    def refresh(self) -> None:
        """Read everything; the newest request alone is answered."""
        self._read(None)

    def poll(self) -> None:
        """Ask whether anything changed."""
        if not self._is_held:
            self._workers.submit(
                "queries", self._library.look.data_version, self._on_version, channel="version"
            )

    def _read(self, known: Counts | None, decided: Decided | None = None) -> None:
        if self._is_held:
            return
        work = partial(read_snapshot, self._library, self._shelf, known, decided)
        done, failed = self._on_snapshot, self._on_failed
        self._workers.submit("queries", work, done, failed, channel="snapshot")

    def _on_snapshot(self, snapshot: Snapshot) -> None:
        # after a decision the version stays the older one: what others changed meanwhile, and what
        # the window did not expect of the decision, is for the next poll
        if snapshot.decided is None and snapshot.version is not None:
            self._version = snapshot.version
        self._counts = snapshot.counts
        self.changed.emit(snapshot)

    def _on_failed(self, message: str) -> None:
        self._version = None  # the next poll reads what is missing
        self._workers.failed.emit(message)

    def _on_version(self, version: int) -> None:
        if version != self._version:
            self.refresh()


def read_snapshot(
    library: WindowLibrary,
    shelf: Shelf | None,
    known: Counts | None,
    decided: Decided | None = None,
) -> Snapshot:
    """Return what the library holds now, with the counts as ``known``, if so. For any thread."""
    version = None
    if known is None:
        version = library.look.data_version()  # first: what changes meanwhile is read again
        people, groups = tuple(library.look.people()), tuple(library.look.unknown_groups())
        known = Counts(people, groups, library.look.n_ungrouped(), library.look.n_ignored())
    if shelf is None:
        return Snapshot(version, known, None, decided=decided)
    face_ids = tuple(library.look.shelf_faces(shelf))
    person = next((each for each in known.people if each.person_id == shelf.person_id), None)
    n_suggested = person.n_suggested if person and shelf.kind == "person" else 0
    return Snapshot(version, known, shelf, face_ids, n_suggested, decided)
