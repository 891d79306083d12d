"""The window: three panes over one library, and how one leads to another."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QMainWindow, QSplitter, QStackedWidget

from facedex.services.telling.records import Shelf
from facedex.types import FaceState
from facedex.viewer.actions import Command, CommandId, add_commands
from facedex.viewer.decision_queue import DecisionQueue
from facedex.viewer.library_watcher import LibraryWatcher, Snapshot
from facedex.viewer.models.names import MAX_NAMES
from facedex.viewer.models.sidebar import IGNORED, REVIEW, UNGROUPED, SidebarModel
from facedex.viewer.models.thumbnails import Thumbnails
from facedex.viewer.people import PeopleDecisions
from facedex.viewer.review_session import ReviewSession
from facedex.viewer.shelf_session import ShelfSession
from facedex.viewer.text import counted
from facedex.viewer.views.empty_page import EmptyPage
from facedex.viewer.views.photo_pane import PhotoPane
from facedex.viewer.views.sidebar import Sidebar
from facedex.viewer.views.status_line import StatusLine
from facedex.viewer.views.sure_dialog import SureDialog
from facedex.viewer.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        self.workers = Workers(self)
        self.thumbnails = Thumbnails(library, self.workers, self)
        self.sidebar_model = SidebarModel(library, self.workers, self.thumbnails, self)
        self.watch = LibraryWatcher(library, self.workers, self)
        self.decisions = DecisionQueue(library, self.workers, self)
        self.sidebar = Sidebar(self.sidebar_model)
        shared = library, self.workers, self.thumbnails, self.decisions
        self.shelf_session = ShelfSession(*shared, self.sidebar_model, self)
        self.faces = self.shelf_session.faces
        self.shelf = self.shelf_session.pane
        self.grid = self.shelf.grid
        self.review = ReviewSession(*shared, self)
        self.people = PeopleDecisions(*shared, self.sidebar_model, self)
        self.photo = PhotoPane(library, self.workers)
        self.status = StatusLine()
        self._lay_out()
        self._connect()
        self.shelf_actions = add_commands(self, self.grid, self.shelf_session.commands())
        self.actions_always = add_commands(self, self.grid, self._commands())
        self.review_actions = add_commands(self, self.review.pane.grid, self.review.commands())
        self._show_pane(is_review=False)
        self.shelf_session.describe()
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

    def confirm_sure(self) -> None:
        """Ask how sure suggestions must be, and confirm all that are."""
        dialog = SureDialog(self._library, self.workers, self.thumbnails, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(self._confirm_counted)
        self.watch.changed.connect(dialog.count_again)
        dialog.open()

    def step(self, *, is_undo: bool) -> None:
        """Undo or redo one decision; the faces it brings back are selected."""
        self.shelf_session.expect_step()
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

    def focus_search(self) -> None:
        """Go to the search field."""
        self.sidebar.search.setFocus()
        self.sidebar.search.selectAll()

    def _commands(self) -> list[Command]:
        """Return the commands whose keys count whatever the window shows."""
        ids, people = CommandId, self.people
        command, once = Command, partial(Command, is_once=True)
        undo, redo = partial(self.step, is_undo=True), partial(self.step, is_undo=False)
        merge = partial(self._on_shelf, people.merge_into_another, "person or a group")
        split = partial(self._on_shelf, people.split, "person or a group")
        rename = partial(self._on_shelf, people.rename, "person")
        sure = "Confirm s&ure suggestions…"
        return [
            command(ids.UNDO, "&Edit", "&Undo", ("Ctrl+Z",), undo),
            command(ids.REDO, "&Edit", "&Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), redo),
            once(ids.SUGGEST_ANEW, "&Edit", "&Suggest anew", ("F5",), self.rematch),
            once(ids.CONFIRM_SURE, "&Edit", sure, ("Ctrl+Return",), self.confirm_sure),
            command(ids.CLOSE_UP, "&View", "Face or whole &photo", ("F",), self._toggle_close_up),
            once(ids.MERGE, "&Person", "&Merge with…", ("M",), merge),
            once(ids.RENAME, "&Person", "&Rename…", ("F2",), rename),
            once(ids.SPLIT, "&Person", "S&plit…", ("P",), split),
            command(ids.REVIEW, "&Go", "&Review", ("R",), self.open_review),
            command(ids.NEXT_GROUP, "&Go", "Next &unknown group", ("U",), self.next_group),
            command(ids.FIND, "&Go", "&Find a person", ("/", "Ctrl+F"), self.focus_search),
            command(ids.QUIT, "&Go", "&Quit", ("Ctrl+Q",), self._quit),
        ]

    def _on_shelf(self, run: Callable[[Shelf], None], kinds: str) -> None:
        """Run a command on the open shelf, if it is of one of its kinds, as in ``kinds``."""
        shelf = self.shelf_session.shelf
        if shelf is None or shelf.kind not in kinds.split():
            self.status.tell(f"Open a {kinds} first")
        else:
            run(shelf)

    def _confirm_counted(self, sure: SureSuggestions, wrong: frozenset[FaceId]) -> None:
        decide = self._library.decide
        confirm = partial(decide.confirm_sure, sure.least, wrong=wrong, counted=sure)
        self.decisions.decide(confirm)

    def _toggle_close_up(self) -> None:
        self.photo.toggle.toggle()

    def _quit(self) -> None:
        self.close()

    # what the library holds

    def _on_snapshot(self, snapshot: Snapshot) -> None:
        row = self.sidebar.current_row()
        self.sidebar.hold(True)
        self.sidebar_model.set_counts(snapshot.counts, snapshot.decided)
        self.sidebar.hold(False)
        self.status.set_counts(snapshot.counts)
        self._stack.setCurrentIndex(1 if snapshot.counts.n_faces else 0)
        self.thumbnails.forget_missing()
        self.shelf_session.show(snapshot)
        if self.sidebar.search.text():
            self._search(self.sidebar.search.text())
        else:
            self._keep_a_shelf_open(row)
        self.shelf_session.describe()

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

    # what is open

    def _keep_a_shelf_open(self, row: int) -> None:
        shelf, model = self.shelf_session.shelf, self.sidebar_model
        if shelf is not None and model.entry(shelf) is not None:
            self.sidebar.mark(shelf)
            return
        following = model.shelf_after(None, shelf.kind, max(row, 0)) if shelf else None
        following = following or model.first_shelf()
        if following is not None:
            self.sidebar.mark(following)
            self._open(following, is_asked_for=False)

    def _open(self, shelf: Shelf, *, is_asked_for: bool = True) -> None:
        if self.shelf_session.is_open(shelf):
            return
        is_review = shelf == REVIEW
        self.photo.clear()
        self.shelf_session.open(shelf, has_faces=not is_review, is_asked_for=is_asked_for)
        self.watch.open_shelf(None if is_review else shelf)
        self._show_pane(is_review=is_review)
        self.shelf_session.describe()

    def _open_face(self, face: FaceRow) -> None:
        if not self.shelf_session.show_face(face.face_id):
            shelf = _shelf_of(face)
            self.sidebar.mark(shelf)
            self._open(shelf)

    def _focus_faces(self) -> None:
        if self.review.is_open:
            self.review.pane.take_keys()
        else:
            self.grid.setFocus()

    def _show_pane(self, *, is_review: bool) -> None:
        self._middle.setCurrentWidget(self.review.pane if is_review else self.shelf)
        # the two share keys, and two actions of one key would both be deaf
        for action in self.review_actions.values():
            action.setEnabled(is_review)
        for action in self.shelf_actions.values():
            action.setEnabled(not is_review)
        if is_review:
            self.review.open()
        elif self.review.is_open:
            self.review.close()

    def _show_photo(self) -> None:
        grid = self.review.pane.grid if self.review.is_open else self.grid
        current = grid.current_id()
        if current is None:
            self.photo.clear()
        else:
            self.photo.show_face(current)

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
        if self.shelf_session.shelf is not None:
            self.sidebar.mark(self.shelf_session.shelf)
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
        self.decisions.finished.connect(self.watch.release)
        self.decisions.finished.connect(self._follow)
        self.decisions.told.connect(self.status.tell)
        self.decisions.failed.connect(self.status.warn)
        self.sidebar.chosen.connect(self._open)
        self.sidebar.entered.connect(self._focus_faces)
        self.sidebar.searched.connect(self._search)
        self.shelf_session.told.connect(self.status.tell)
        self.shelf_session.faces_changed.connect(self._show_photo)
        self.grid.selection_changed.connect(self._show_photo)
        self.review.pane.grid.selection_changed.connect(self._show_photo)
        self.review.pane.sure_clicked.connect(self.confirm_sure)
        self.review.pane.names.refused.connect(self.status.tell)
        for names in (self.shelf.names, self.review.pane.names):
            names.queried.connect(partial(self._query_names, names))
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
