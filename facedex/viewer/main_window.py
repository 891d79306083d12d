"""The window: three panes over one library, and what each command does in them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QMainWindow, QSplitter, QStackedWidget

from facedex.services.telling.records import Shelf
from facedex.types import FaceState
from facedex.viewer.actions import Command, add_commands
from facedex.viewer.decision_queue import DecisionQueue
from facedex.viewer.library_watcher import LibraryWatcher, Snapshot
from facedex.viewer.models.faces import FaceGridModel
from facedex.viewer.models.names import MAX_NAMES
from facedex.viewer.models.sidebar import IGNORED, REVIEW, UNGROUPED, SidebarModel
from facedex.viewer.models.thumbnails import Thumbnails
from facedex.viewer.people import PeopleDecisions
from facedex.viewer.review_session import ReviewSession
from facedex.viewer.text import counted, one_line
from facedex.viewer.views.empty_page import EmptyPage
from facedex.viewer.views.photo_pane import PhotoPane
from facedex.viewer.views.shelf_pane import ShelfPane
from facedex.viewer.views.sidebar import Sidebar
from facedex.viewer.views.status_line import StatusLine
from facedex.viewer.views.sure_dialog import SureDialog
from facedex.viewer.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from PySide6.QtGui import QCloseEvent

    from facedex.services.decisions.decide_sure import SureSuggestions
    from facedex.services.library.front_end import WindowLibrary
    from facedex.services.telling.records import FaceRow, PersonRow
    from facedex.types import FaceId
    from facedex.viewer.views.name_field import NameField

MAX_FOUND = 200


class MainWindow(QMainWindow):
    """Browses and names the faces of an open library, which its caller closes after the window."""

    def __init__(self, library: WindowLibrary) -> None:
        super().__init__()
        self._library = library
        self._is_loading = False  # the open shelf's faces are still to come
        self._is_stepping = False  # an undo or redo is on its way
        self._wanted: FaceId | None = None  # to select when the shelf is here
        self.workers = Workers(self)
        self.thumbnails = Thumbnails(library, self.workers, self)
        self.sidebar_model = SidebarModel(library, self.workers, self.thumbnails, self)
        self.faces = FaceGridModel(library, self.workers, self.thumbnails, self)
        self.watch = LibraryWatcher(library, self.workers, self)
        self.decisions = DecisionQueue(library, self.workers, self)
        self.sidebar = Sidebar(self.sidebar_model)
        self.shelf = ShelfPane(self.faces)
        self.grid = self.shelf.grid
        self.review = ReviewSession(library, self.workers, self.thumbnails, self.decisions, self)
        self.people = PeopleDecisions(
            library, self.workers, self.decisions, self.sidebar_model, self.thumbnails, self
        )
        self.photo = PhotoPane(library, self.workers)
        self.status = StatusLine()
        self._lay_out()
        self._connect()
        self._actions = add_commands(self, self.grid, self._commands())
        self._review_actions = add_commands(self, self.review.pane.grid, self.review.commands())
        self._show_pane(is_review=False)
        self._tell_target()
        self.grid.setFocus()
        self.watch.start()

    def sizeHint(self) -> QSize:
        """Return a size that fits a small laptop."""
        return QSize(1280, 780)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Finish the decisions and end the threads."""
        self.watch.stop()
        self.hide()  # a photo that is being decoded may keep the threads a while
        self.workers.stop()
        super().closeEvent(event)

    # commands

    def confirm(self) -> None:
        """Confirm the selected suggestions."""
        chosen = self.faces.suggested_among(self.grid.selected_ids())
        if not chosen:
            self.status.tell("No suggestion is selected — N names the selected faces")
            return
        following = self.faces.neighbour(chosen)
        self.decisions.decide(partial(self._library.decide.confirm, chosen))
        self.faces.move_to_confirmed(chosen)
        self._go_on(following)

    def confirm_sure(self) -> None:
        """Ask how sure suggestions must be, and confirm all that are."""
        dialog = SureDialog(self._library, self.workers, self.thumbnails, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(self._confirm_those_sure)
        self.watch.changed.connect(dialog.count_again)
        dialog.open()

    def _confirm_those_sure(self, sure: SureSuggestions, wrong: frozenset[FaceId]) -> None:
        confirm = partial(self._library.decide.confirm_sure, sure.least, wrong=wrong, counted=sure)
        self.decisions.decide(confirm)

    def reject(self) -> None:
        """Reject the suggestion or the name of the selected faces."""
        shelf, chosen = self.faces.shelf, self.grid.selected_ids()
        if shelf is None or shelf.kind != "person":
            self.status.tell("These faces have no name to reject — I ignores the selected faces")
            return
        reject = partial(self._library.decide.reject, chosen)
        self._send_away(chosen, partial(self.decisions.decide, reject))

    def ignore(self) -> None:
        """Set the selected faces aside."""
        if self.faces.shelf == IGNORED:
            self.status.tell("These faces are ignored already")
            return
        chosen = self.grid.selected_ids()
        ignore = partial(self._library.decide.ignore, chosen)
        self._send_away(chosen, partial(self.decisions.decide, ignore))

    def name(self, name: str, *, is_begun: bool = False) -> None:
        """Name the selected faces; in a group with none selected, the whole group.

        A name that was only begun is completed when its turn comes.
        """
        shelf, chosen = self.faces.shelf, self.grid.selected_ids()
        self.grid.setFocus()
        if chosen and shelf is not None and self._title(shelf) == one_line(name):
            following = self.faces.neighbour(chosen)
            self.decisions.name_faces(chosen, name, is_begun=is_begun)
            self.faces.move_to_confirmed(chosen)
            self._go_on(following)
        elif chosen:
            decide = partial(self.decisions.name_faces, chosen, name, is_begun=is_begun)
            self._send_away(chosen, decide)
        elif shelf is not None and shelf.cluster_id is not None and not self._is_loading:
            self.decisions.name_group(shelf.cluster_id, name, is_begun=is_begun)
            self._is_loading = True
            self.faces.set_faces([], 0)
            self._tell_shelf()

    def step(self, *, is_undo: bool) -> None:
        """Undo or redo one decision; the faces it brings back are selected."""
        self._is_stepping = True
        (self.decisions.undo if is_undo else self.decisions.redo)()

    def rematch(self) -> None:
        """Compute the suggestions anew, from what was decided since the last scan."""
        self.status.tell("Comparing faces…")
        self.workers.submit("matching", self._library.rematch, self._on_rematched)

    def next_group(self) -> None:
        """Open the next unknown group."""
        following = self.sidebar_model.shelf_after(self.sidebar.current(), "group")
        if following is None:
            self.status.tell("No unknown group is left")
            return
        self.sidebar.choose(following)
        self.grid.setFocus()

    def open_review(self) -> None:
        """Open the review."""
        self.sidebar.choose(REVIEW)
        self._focus_faces()

    def focus_name(self) -> None:
        """Go to the name field."""
        self.shelf.names.setFocus()
        self.shelf.names.edit.selectAll()

    def focus_search(self) -> None:
        """Go to the search field."""
        self.sidebar.search.setFocus()
        self.sidebar.search.selectAll()

    def _commands(self) -> list[Command]:
        once = partial(Command, is_once=True)
        return [
            Command("&Face", "&Confirm", ("Return", "Enter"), self.confirm, is_for_grid=True),
            Command("&Face", "&Reject", ("Del", "Backspace"), self.reject, is_for_grid=True),
            Command("&Face", "&Ignore", ("I",), self.ignore, is_for_grid=True),
            Command("&Face", "&Name…", ("N",), self.focus_name),
            Command("&Edit", "&Undo", ("Ctrl+Z",), partial(self.step, is_undo=True)),
            Command(
                "&Edit", "&Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), partial(self.step, is_undo=False)
            ),
            once("&Edit", "&Suggest anew", ("F5",), self.rematch),
            once("&Edit", "Confirm s&ure suggestions…", ("Ctrl+Return",), self.confirm_sure),
            Command("&View", "Face or whole &photo", ("F",), self.photo.toggle.toggle),
            once("&Person", "&Merge with…", ("M",), partial(self._on_shelf, "merge")),
            once("&Person", "&Rename…", ("F2",), partial(self._on_shelf, "rename")),
            once("&Person", "S&plit…", ("P",), partial(self._on_shelf, "split")),
            Command("&Go", "&Review", ("R",), self.open_review),
            Command("&Go", "Next &unknown group", ("U",), self.next_group),
            Command("&Go", "&Find a person", ("/", "Ctrl+F"), self.focus_search),
            Command("&Go", "&Quit", ("Ctrl+Q",), self._quit),
        ]

    def _on_shelf(self, what: str) -> None:
        shelf = self.faces.shelf
        is_person = shelf is not None and shelf.kind == "person"
        if shelf is None or not (is_person or (shelf.kind == "group" and what != "rename")):
            kinds = "person" if what == "rename" else "person or a group"
            self.status.tell(f"Open a {kinds} first")
        elif what == "merge":
            self.people.merge_into_another(shelf)
        elif what == "rename":
            self.people.rename(shelf)
        else:
            self.people.split(shelf)

    def _quit(self) -> None:
        self.close()

    # decisions

    def _send_away(self, chosen: Collection[FaceId], decide: partial[None]) -> None:
        if not chosen:
            self.status.tell("No face is selected")
            return
        following = self.faces.neighbour(chosen)
        decide()
        self.faces.take_out(set(chosen))
        self._go_on(following)

    def _go_on(self, following: FaceId | None) -> None:
        self.grid.select_face(following)
        self._tell_target()

    def _on_tile_clicked(self, decide: str, face_id: FaceId) -> None:
        self.grid.select_face(face_id)
        (self.confirm if decide == "confirm" else self.reject)()

    # what the library says

    def _on_snapshot(self, snapshot: Snapshot) -> None:
        row = self.sidebar.current_row()
        self.sidebar.hold(True)
        self.sidebar_model.set_counts(snapshot.counts, snapshot.decided)
        self.sidebar.hold(False)
        self.status.set_counts(snapshot.counts)
        self._stack.setCurrentIndex(1 if snapshot.counts.n_faces else 0)
        self.thumbnails.forget_missing()
        if snapshot.shelf is not None and snapshot.shelf == self.faces.shelf:
            self._take_faces(snapshot)
        self._is_stepping = False  # nothing is read before the step is settled
        if self.sidebar.search.text():
            self._search(self.sidebar.search.text())
        else:
            self._keep_a_shelf_open(row)
        self._tell_shelf()

    def _on_rematched(self, n_suggested: int) -> None:
        self.status.tell(f"Compared all faces: {counted(n_suggested, 'suggestion')}")
        self.watch.refresh()
        self.review.refresh()

    def _follow(self) -> None:
        """Let the suggestions follow what was decided; the window shows it when they have."""
        self.workers.submit("matching", self._library.follow_decisions, self._on_followed)

    def _on_followed(self, n_changed: int) -> None:
        if n_changed:
            self.watch.poll()

    def _take_faces(self, snapshot: Snapshot) -> None:
        before, current = set(self.faces.keys), self.grid.current_id()
        chosen = self.grid.selected_ids()
        self.faces.set_faces(snapshot.face_ids, snapshot.n_suggested)
        if chosen and not self.grid.selected_ids():
            self.shelf.names.lose_target()
        if self._is_loading:
            self._is_loading = False
            is_group = snapshot.shelf is not None and snapshot.shelf.kind == "group"
            first = next(iter(snapshot.face_ids), None)
            wanted = self._wanted if self._wanted in snapshot.face_ids else None
            self.grid.select_face(wanted or first, only_walk_to=is_group and not wanted)
            self._wanted = None
            return
        self.faces.reload_rows(snapshot.decided)
        if self._is_stepping and before:
            self.grid.select_faces(key for key in snapshot.face_ids if key not in before)
        elif current is not None and self.grid.current_id() is None:
            self.grid.select_face(next(iter(snapshot.face_ids), None))
        self._show_photo()

    def _keep_a_shelf_open(self, row: int) -> None:
        shelf, model = self.faces.shelf, self.sidebar_model
        if shelf is not None and model.entry(shelf) is not None:
            self.sidebar.mark(shelf)
            return
        following = model.shelf_after(None, shelf.kind, max(row, 0)) if shelf else None
        following = following or model.first_shelf()
        if following is not None:
            self.sidebar.mark(following)
            self._open(following, is_asked_for=False)

    def _open(self, shelf: Shelf, *, is_asked_for: bool = True) -> None:
        if shelf == self.faces.shelf and not self._is_loading:
            return
        is_review = shelf == REVIEW
        self._is_loading = not is_review
        self._is_stepping = False  # what comes back elsewhere selects nothing here
        if is_asked_for:
            self.shelf.names.clear()
        else:
            self.shelf.names.lose_target()
        self.photo.clear()
        self.faces.open_shelf(shelf)
        self.watch.open_shelf(None if is_review else shelf)
        self._show_pane(is_review=is_review)
        self._tell_shelf()

    def _focus_faces(self) -> None:
        if self.review.is_open:
            self.review.pane.take_keys()
        else:
            self.grid.setFocus()

    def _show_pane(self, *, is_review: bool) -> None:
        self._middle.setCurrentWidget(self.review.pane if is_review else self.shelf)
        # the two share keys, and two actions of one key would both be deaf
        for action in self._review_actions.values():
            action.setEnabled(is_review)
        for text in ("&Confirm", "&Reject", "&Ignore", "&Name…"):
            self._actions[text].setEnabled(not is_review)
        if is_review:
            self.review.open()
        elif self.review.is_open:
            self.review.close()

    def _open_face(self, face: FaceRow) -> None:
        if self.faces.find_row(face.face_id) is not None:
            self.grid.select_face(face.face_id)
            return
        self._wanted = face.face_id
        shelf = _shelf_of(face)
        self.sidebar.mark(shelf)
        self._open(shelf)

    # what is shown of it

    def _tell_shelf(self) -> None:
        shelf = self.faces.shelf
        entry = self.sidebar_model.entry(shelf) if shelf else None
        self.shelf.describe(entry, is_loading=self._is_loading)
        self._tell_target()

    def _tell_target(self) -> None:
        shelf, chosen = self.faces.shelf, self.grid.selected_ids()
        is_group = shelf is not None and shelf.kind == "group" and not chosen
        n_suggested = len(self.faces.suggested_among(chosen))
        n_group = self.faces.rowCount() if is_group else 0
        self.shelf.describe_target(len(chosen), n_suggested, n_group)

    def _on_selection(self) -> None:
        self._tell_target()
        self._show_photo()

    def _show_photo(self) -> None:
        grid = self.review.pane.grid if self.review.is_open else self.grid
        current = grid.current_id()
        if current is None:
            self.photo.clear()
        else:
            self.photo.show_face(current)

    def _title(self, shelf: Shelf) -> str:
        entry = self.sidebar_model.entry(shelf) if shelf.kind == "person" else None
        return entry.label if entry else ""

    # fields

    def _search(self, text: str) -> None:
        if not text.strip():
            self.workers.drop("search")
            self._on_found(text, None)
            return
        work = partial(self._library.look.find_people, text, MAX_FOUND)
        done = partial(self._on_found, text)
        self.workers.submit("queries", work, done, channel="search")

    def _on_found(self, text: str, people: Sequence[PersonRow] | None) -> None:
        self.sidebar.hold(True)
        self.sidebar_model.show_found(people)
        self.sidebar.hold(False)
        if self.faces.shelf is not None:
            self.sidebar.mark(self.faces.shelf)
        self.sidebar.set_found(text)

    def _query_names(self, names: NameField, text: str) -> None:
        work = partial(self._library.look.find_people, text, MAX_NAMES)
        done = partial(names.set_matches, text)
        self.workers.submit("queries", work, done, channel="names")

    # construction

    def _lay_out(self) -> None:
        self.setWindowTitle("facedex")
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        splitter.setChildrenCollapsible(False)
        self._middle = QStackedWidget()
        self._middle.addWidget(self.shelf)
        self._middle.addWidget(self.review.pane)
        for widget, stretch in ((self.sidebar, 0), (self._middle, 3), (self.photo, 2)):
            splitter.addWidget(widget)
            splitter.setStretchFactor(splitter.indexOf(widget), stretch)
        splitter.setSizes([240, 610, 430])
        self._stack = QStackedWidget()
        self._stack.addWidget(EmptyPage())
        self._stack.addWidget(splitter)
        self._stack.setCurrentIndex(1)
        self.setCentralWidget(self._stack)
        self.setStatusBar(self.status)

    def _connect(self) -> None:
        self.workers.failed.connect(self.status.warn)
        self.watch.changed.connect(self._on_snapshot)
        self.decisions.began.connect(self.watch.hold)
        self.decisions.settled.connect(self.watch.release)
        self.decisions.settled.connect(self._follow)
        self.decisions.told.connect(self.status.tell)
        self.decisions.failed.connect(self.status.warn)
        self.sidebar.chosen.connect(self._open)
        self.sidebar.entered.connect(self._focus_faces)
        self.sidebar.searched.connect(self._search)
        self.grid.selection_changed.connect(self._on_selection)
        self.grid.confirm_clicked.connect(partial(self._on_tile_clicked, "confirm"))
        self.grid.reject_clicked.connect(partial(self._on_tile_clicked, "reject"))
        self.review.pane.grid.selection_changed.connect(self._show_photo)
        self.review.pane.sure_clicked.connect(self.confirm_sure)
        for names in (self.shelf.names, self.review.pane.names):
            names.queried.connect(partial(self._query_names, names))
            names.refused.connect(self.status.tell)
        self.shelf.names.entered.connect(self.name)
        self.shelf.names.begun.connect(partial(self.name, is_begun=True))
        self.shelf.names.left.connect(self.grid.setFocus)
        self.shelf.confirm.clicked.connect(self.confirm)
        self.shelf.reject.clicked.connect(self.reject)
        self.shelf.ignore.clicked.connect(self.ignore)
        self.photo.face_clicked.connect(self._open_face)


def _shelf_of(face: FaceRow) -> Shelf:
    """Return the shelf that a face stands on."""
    if face.state is FaceState.IGNORED:
        return IGNORED
    if face.person_id is not None and face.state in (FaceState.CONFIRMED, FaceState.SUGGESTED):
        return Shelf("person", person_id=face.person_id)
    if face.cluster_id is not None:
        return Shelf("group", cluster_id=face.cluster_id)
    return UNGROUPED
