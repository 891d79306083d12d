"""The open shelf: its faces, what is decided of those selected, and the words around them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from facedex.spelling import name_key
from facedex.viewer.actions import Command, CommandId
from facedex.viewer.models.faces import FaceGridModel
from facedex.viewer.models.sidebar import IGNORED
from facedex.viewer.views.shelf_pane import ShelfPane

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from facedex.services.library.front_end import WindowLibrary
    from facedex.services.telling.records import Shelf
    from facedex.types import FaceId
    from facedex.viewer.decision_queue import DecisionQueue
    from facedex.viewer.library_watcher import Snapshot
    from facedex.viewer.models.sidebar import SidebarModel
    from facedex.viewer.models.thumbnails import Thumbnails
    from facedex.viewer.workers import Workers


class ShelfSession(QObject):
    """Shows the faces of one shelf; what a decision will do is shown before it is written."""

    told = Signal(str)  # why a command does nothing
    faces_changed = Signal()  # others are here, or say something else

    def __init__(
        self,
        library: WindowLibrary,
        workers: Workers,
        thumbnails: Thumbnails,
        decisions: DecisionQueue,
        sidebar: SidebarModel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._decide = library.decide
        self._decisions = decisions
        self._sidebar = sidebar
        self._is_loading = False  # the faces are still to come
        self._is_stepping = False  # an undo or redo is on its way
        self._wanted: FaceId | None = None  # to select when the faces are here
        self.faces = FaceGridModel(library, workers, thumbnails, self)
        self.pane = ShelfPane(self.faces)
        self.grid = self.pane.grid
        self.grid.selection_changed.connect(self._describe_target)
        self.grid.confirm_clicked.connect(partial(self._decide_clicked, self.confirm))
        self.grid.reject_clicked.connect(partial(self._decide_clicked, self.reject))
        self.pane.names.entered.connect(self.name)
        self.pane.names.begun.connect(partial(self.name, is_begun=True))
        self.pane.names.left.connect(self.grid.setFocus)
        self.pane.names.refused.connect(self.told)
        self.pane.confirm.clicked.connect(self.confirm)
        self.pane.reject.clicked.connect(self.reject)
        self.pane.ignore.clicked.connect(self.ignore)

    @property
    def shelf(self) -> Shelf | None:
        """What is open."""
        return self.faces.shelf

    def is_open(self, shelf: Shelf) -> bool:
        """Tell whether the faces of ``shelf`` are here."""
        return shelf == self.shelf and not self._is_loading

    def commands(self) -> list[Command]:
        """Return the commands, whose keys count while this is what the window shows."""
        command = partial(Command, menu="&Face", is_for_grid=True)
        ids = CommandId
        return [
            command(ids.CONFIRM, text="&Confirm", keys=("Return", "Enter"), run=self.confirm),
            command(ids.REJECT, text="&Reject", keys=("Del", "Backspace"), run=self.reject),
            command(ids.IGNORE, text="&Ignore", keys=("I",), run=self.ignore),
            Command(ids.NAME, "&Face", "&Name…", ("N",), self.focus_name),
        ]

    # what is decided

    def confirm(self) -> None:
        """Confirm the selected suggestions."""
        chosen = self.faces.suggested_among(self.grid.selected_ids())
        if not chosen:
            self.told.emit("No suggestion is selected — N names the selected faces")
            return
        confirm = partial(self._decide.confirm, chosen)
        self._confirm_here(chosen, partial(self._decisions.decide, confirm))

    def reject(self) -> None:
        """Reject the suggestion or the name of the selected faces."""
        shelf, chosen = self.shelf, self.grid.selected_ids()
        if shelf is None or shelf.kind != "person":
            self.told.emit("These faces have no name to reject — I ignores the selected faces")
            return
        reject = partial(self._decide.reject, chosen)
        self._send_away(chosen, partial(self._decisions.decide, reject))

    def ignore(self) -> None:
        """Put the selected faces aside."""
        if self.shelf == IGNORED:
            self.told.emit("These faces are ignored already")
            return
        chosen = self.grid.selected_ids()
        ignore = partial(self._decide.ignore, chosen)
        self._send_away(chosen, partial(self._decisions.decide, ignore))

    def name(self, name: str, *, is_begun: bool = False) -> None:
        """Name the selected faces; in a group with none selected, the whole group.

        A name that was only begun is completed when its turn comes.
        """
        shelf, chosen = self.shelf, self.grid.selected_ids()
        self.grid.setFocus()
        if chosen:
            decide = partial(self._decisions.name_faces, chosen, name, is_begun=is_begun)
            is_own = shelf is not None and name_key(self._person(shelf)) == name_key(name)
            (self._confirm_here if is_own else self._send_away)(chosen, decide)
        elif shelf is not None and shelf.cluster_id is not None and not self._is_loading:
            self._decisions.name_group(shelf.cluster_id, name, is_begun=is_begun)
            self._is_loading = True
            self.faces.set_faces([], 0)
            self.describe()

    def focus_name(self) -> None:
        """Go to the name field."""
        self.pane.names.setFocus()
        self.pane.names.edit.selectAll()

    def expect_step(self) -> None:
        """Select the faces that come next: an undo or redo brings them."""
        self._is_stepping = True

    def _confirm_here(self, chosen: Collection[FaceId], decide: Callable[[], None]) -> None:
        following = self.faces.neighbour(chosen)
        decide()
        self.faces.move_to_confirmed(chosen)
        self._go_on(following)

    def _send_away(self, chosen: Collection[FaceId], decide: Callable[[], None]) -> None:
        if not chosen:
            self.told.emit("No face is selected")
            return
        following = self.faces.neighbour(chosen)
        decide()
        self.faces.take_out(set(chosen))
        self._go_on(following)

    def _go_on(self, following: FaceId | None) -> None:
        self.grid.select_face(following)
        self._describe_target()

    def _decide_clicked(self, decide: Callable[[], None], face_id: FaceId) -> None:
        self.grid.select_face(face_id)
        decide()

    # what is shown

    def open(self, shelf: Shelf, *, has_faces: bool, is_asked_for: bool) -> None:
        """Show another shelf, whose faces come with a snapshot, if it has any.

        What is typed goes where the user chose to; elsewhere it names nobody.
        """
        self._is_loading = has_faces
        self._is_stepping = False  # what comes back elsewhere selects nothing here
        if is_asked_for:
            self.pane.names.clear()
        else:
            self.pane.names.lose_target()
        self.faces.open_shelf(shelf)

    def show_face(self, face_id: FaceId) -> bool:
        """Select a face; one that is not here is selected when it comes. Tell whether it is."""
        if self.faces.find_row(face_id) is not None:
            self.grid.select_face(face_id)
            return True
        self._wanted = face_id
        return False

    def show(self, snapshot: Snapshot) -> None:
        """Show the faces as the library has them; selection and scroll stay."""
        if snapshot.shelf is not None and snapshot.shelf == self.shelf:
            self._show_faces(snapshot)
        self._is_stepping = False  # nothing is read before the step is written

    def describe(self) -> None:
        """Word what is open and what the field and the buttons would act on."""
        entry = self._sidebar.entry(self.shelf) if self.shelf else None
        self.pane.describe(entry, is_loading=self._is_loading)
        self._describe_target()

    def _show_faces(self, snapshot: Snapshot) -> None:
        before, current = set(self.faces.keys), self.grid.current_id()
        chosen = self.grid.selected_ids()
        self.faces.set_faces(snapshot.face_ids, snapshot.n_suggested)
        if chosen and not self.grid.selected_ids():
            self.pane.names.lose_target()
        first = next(iter(snapshot.face_ids), None)
        if self._is_loading:
            self._select_first(snapshot, first)
            return
        self.faces.reload_rows(snapshot.decided)
        if self._is_stepping and before:
            self.grid.select_faces(key for key in snapshot.face_ids if key not in before)
        elif current is not None and self.grid.current_id() is None:
            self.grid.select_face(first)
        self.faces_changed.emit()

    def _select_first(self, snapshot: Snapshot, first: FaceId | None) -> None:
        self._is_loading = False
        is_group = snapshot.shelf is not None and snapshot.shelf.kind == "group"
        wanted = self._wanted if self._wanted in snapshot.face_ids else None
        self.grid.select_face(wanted or first, only_walk_to=is_group and not wanted)
        self._wanted = None

    def _describe_target(self) -> None:
        shelf, chosen = self.shelf, self.grid.selected_ids()
        is_group = shelf is not None and shelf.kind == "group" and not chosen
        n_suggested = len(self.faces.suggested_among(chosen))
        n_group = self.faces.rowCount() if is_group else 0
        self.pane.describe_target(len(chosen), n_suggested, n_group)

    def _person(self, shelf: Shelf) -> str:
        entry = self._sidebar.entry(shelf) if shelf.kind == "person" else None
        return entry.label if entry else ""
