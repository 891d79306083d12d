"""Merging, renaming and splitting in the window: each asks first, and each is one step to undo."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QComboBox, QInputDialog, QLabel, QMessageBox, QWidget

from facedex.types import FaceState
from facedex.viewer.text import counted, escape_mnemonic, name_in_text
from facedex.viewer.views.split_dialog import SplitDialog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.services.decisions.decide_people import MergePreview
    from facedex.services.decisions.decided import Decided
    from facedex.services.library.front_end import WindowLibrary
    from facedex.services.telling.records import Shelf
    from facedex.types import FaceId
    from facedex.viewer.decision_queue import DecisionQueue
    from facedex.viewer.models.sidebar import SidebarEntry, SidebarModel
    from facedex.viewer.models.thumbnails import Thumbnails
    from facedex.viewer.workers import Workers


_NAME_LETTERS = 30  # the width of a list of names


class PeopleDecisions(QObject):
    """Asks what is needed in a dialog that leaves the window usable, then decides."""

    def __init__(
        self,
        library: WindowLibrary,
        workers: Workers,
        thumbnails: Thumbnails,
        decisions: DecisionQueue,
        sidebar: SidebarModel,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._library = library
        self._workers = workers
        self._decisions = decisions
        self._sidebar = sidebar
        self._thumbnails = thumbnails
        self._window = window
        sidebar.dropped.connect(self.merge)

    def rename(self, shelf: Shelf) -> None:
        """Ask for another name of a person."""
        entry = self._sidebar.entry(shelf)
        if entry is None or shelf.person_id is None:
            return
        ask = _question(
            self._window, "Rename", f"Another name for {name_in_text(entry.label, 60)}:"
        )
        ask.setTextValue(entry.label)
        ask.setOkButtonText("Rename")
        person_id = shelf.person_id

        def renamed(name: str) -> None:
            self._decisions.decide(partial(self._library.decide.rename_person, person_id, name))

        ask.textValueSelected.connect(renamed)
        ask.open()

    def merge_into_another(self, shelf: Shelf) -> None:
        """Ask for the person whom somebody, or a group, is."""
        entry = self._sidebar.entry(shelf)
        others = [
            each
            for each in self._sidebar.people()
            if each.shelf is not None and each.shelf != shelf
        ]
        if entry is None or not others:
            return
        ask = _question(
            self._window, "Merge", f"{name_in_text(entry.label, 60)} is the same person as:"
        )
        ask.setComboBoxItems([each.label for each in others])
        _narrow(ask)
        ask.setOkButtonText("Merge…")

        def picked(name: str) -> None:
            target = next((each.shelf for each in others if each.label == name), None)
            if target is not None:
                self.merge(shelf, target)

        ask.textValueSelected.connect(picked)
        ask.open()

    def merge(self, source: Shelf, target: Shelf) -> None:
        """Make one of two people or groups, or give a group to a person; it is asked first."""
        one, other = self._sidebar.entry(source), self._sidebar.entry(target)
        if one is None or other is None:
            return
        if source.person_id is not None and target.person_id is not None:
            work = partial(self._library.look.preview_merge, source.person_id, target.person_id)
            self._workers.submit("queries", work, partial(self._ask_people, source, target))
        elif source.cluster_id is not None:
            self._ask_group(source, target, one, other)

    def split(self, shelf: Shelf) -> None:
        """Show the parts of a person's confirmed faces, or of a group, to take some out."""
        entry = self._sidebar.entry(shelf)
        if entry is None or shelf.kind not in ("person", "group"):
            return
        work = partial(find_own_faces, self._library, shelf)
        self._workers.submit("queries", work, partial(self._show_parts, entry), channel="split")

    def _show_parts(self, entry: SidebarEntry, face_ids: Sequence[FaceId]) -> None:
        dialog = SplitDialog(
            name_in_text(entry.label, 60),
            face_ids,
            self._library,
            self._workers,
            self._thumbnails,
            self._window,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(self._split)
        dialog.open()

    def _split(self, parts: list[list[FaceId]]) -> None:
        self._decisions.decide(partial(self._library.decide.split, parts))

    def _ask_people(self, source: Shelf, target: Shelf, preview: MergePreview) -> None:
        assert source.person_id is not None  # the caller merges people
        assert target.person_id is not None
        name, into = (name_in_text(each, 60) for each in (preview.name, preview.into_name))
        more = f"{counted(preview.n_faces, 'face')} will be {into}'s."
        if preview.n_together:
            photos = counted(preview.n_together, "photo")
            more = f"They stand together on {photos}, so they are hardly one person. {more}"
        self._confirm(
            f"Is {name} the same person as {into}?",
            f"{more} “{name}” stays as another name to find {into} by.",
            partial(self._library.decide.merge_people, source.person_id, target.person_id),
            is_doubtful=preview.n_together > 0,
        )

    def _ask_group(
        self, source: Shelf, target: Shelf, one: SidebarEntry, other: SidebarEntry
    ) -> None:
        assert source.cluster_id is not None  # the caller merges a group
        n = counted(one.n, "face")
        if target.cluster_id is not None:
            work = partial(self._library.decide.merge_groups, source.cluster_id, target.cluster_id)
            more = f"{n} will join it."
        else:
            assert target.person_id is not None  # a group or a person is all that there is
            work = partial(self._library.decide.confirm_group, source.cluster_id, target.person_id)
            more = f"{n} will be confirmed."
        name, into = name_in_text(one.label, 60), name_in_text(other.label, 60)
        self._confirm(f"Is {name} the same person as {into}?", more, work)

    def _confirm(
        self,
        text: str,
        more: str,
        work: partial[Decided],
        *,
        is_doubtful: bool = False,
    ) -> None:
        box = QMessageBox(self._window)
        box.setWindowTitle("Merge")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(text)
        box.setInformativeText(f"{more} Ctrl+Z takes it back.")
        yes = box.addButton("&Merge", QMessageBox.ButtonRole.AcceptRole)
        cancel = box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(cancel if is_doubtful else yes)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        yes.clicked.connect(lambda: self._decisions.decide(work))
        box.open()


def find_own_faces(library: WindowLibrary, shelf: Shelf) -> list[FaceId]:
    """Return the faces on a shelf that are not only suggested. For any thread."""
    face_ids = library.look.shelf_faces(shelf)
    if shelf.kind != "person":
        return face_ids
    return [
        face.face_id
        for face in library.look.faces(face_ids)
        if face.state is FaceState.CONFIRMED and face.person_id == shelf.person_id
    ]


def _question(window: QWidget, title: str, text: str) -> QInputDialog:
    ask = QInputDialog(window)
    ask.setWindowTitle(title)
    ask.setLabelText(escape_mnemonic(text))  # the label is the field's buddy
    ask.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for label in ask.findChildren(QLabel):
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
    return ask


def _narrow(ask: QInputDialog) -> None:
    """Let long names make the list of them no wider."""
    for box in ask.findChildren(QComboBox):
        box.setMinimumContentsLength(_NAME_LETTERS)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
