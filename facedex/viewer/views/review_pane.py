"""The pane of a review: one question, the faces it is about, and those to compare them with."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from facedex.viewer import theme
from facedex.viewer.text import counted, name_in_text, percent
from facedex.viewer.views.face_grid import FaceGridView
from facedex.viewer.views.labels import ElidedLabel
from facedex.viewer.views.name_field import NameField

if TYPE_CHECKING:
    from facedex.services.reviewing.questions import Question
    from facedex.viewer.models.faces import FaceGridModel


ONE_TILE_PX = 180  # a grid of one tile beside its scroll bar


class ReviewPane(QWidget):
    """Words the question; every face it is about is chosen until it is clicked away."""

    answered_yes = Signal()
    answered_no = Signal()
    skipped = Signal()
    sure_clicked = Signal()

    def __init__(
        self, asked: FaceGridModel, beside: FaceGridModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._question: Question | None = None
        self.title = ElidedLabel()
        theme.resize_font(self.title, 1.5, bold=True)
        self.subtitle = ElidedLabel()
        theme.set_muted(self.subtitle)
        self.grid = FaceGridView(asked)
        self.grid.setSelectionMode(QAbstractItemView.SelectionMode.MultiSelection)
        self.grid.setAccessibleName("Faces asked about")
        self.asked_title, self.known_title = ElidedLabel(), ElidedLabel()
        for label in (self.asked_title, self.known_title):
            theme.resize_font(label, 1.0, bold=True)
        self.known = FaceGridView(beside)
        self.known.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.known.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.known.setAccessibleName("Faces to compare with")
        self.yes = _button("&Yes", "Enter or Y")
        self.no = _button("&No", "N")
        self.skip = _button("&Skip", "S: ask me another time")
        self.sure = _button("", "Ctrl+Return: confirm every suggestion that is sure, at once")
        self.sure.hide()
        self.names = NameField()
        self._lay_out()
        self.yes.clicked.connect(self.answered_yes)
        self.no.clicked.connect(self.answered_no)
        self.skip.clicked.connect(self.skipped)
        self.sure.clicked.connect(self.sure_clicked)
        self.grid.selection_changed.connect(self._tell_chosen)
        # the tick and the cross on a suggestion choose it and leave it out
        self.grid.confirm_clicked.connect(partial(self.grid.choose, is_chosen=True))
        self.grid.reject_clicked.connect(partial(self.grid.choose, is_chosen=False))

    def sizeHint(self) -> QSize:
        """Return a width for four tiles."""
        return QSize(600, 600)

    def ask(self, question: Question | None, *, is_loading: bool = False) -> None:
        """Word a question, or say that there is none; the faces are in the models already.

        The keys go to it where they went to the last one: what is typed elsewhere is no answer.
        """
        should_take_keys = self._has_keys() and not self._is_typed_into()
        self._question = question
        self.title.set_text(_title(question, is_loading=is_loading))
        self.subtitle.set_text(_subtitle(question, is_loading=is_loading))
        self.known_title.set_text(_known_title(question))
        self._known_side.setVisible(bool(question and question.beside))
        is_open = question is not None and question.kind == "who"
        self.yes.setVisible(question is not None and not is_open)
        self.no.setVisible(question is not None)
        self.no.setText("Nobody to be &named" if is_open else "&No")
        self.no.setToolTip("I: put these faces aside" if is_open else "N")
        self.skip.setVisible(question is not None)
        self.names.setVisible(question is not None and question.merged_id is None)
        self.names.clear()
        self.names.edit.setPlaceholderText("Who is this?" if is_open else "Somebody else? A name")
        self.grid.selectAll()
        self.grid.select_face(question.face_ids[0] if question else None, only_walk_to=True)
        self._tell_chosen()
        if should_take_keys:
            self.take_keys()

    def take_keys(self) -> None:
        """Give the keys to what the question is answered with."""
        if self._question is not None and self._question.kind == "who":
            self.names.setFocus()
        else:
            self.grid.setFocus()

    def tell_sure(self, n_faces: int) -> None:
        """Offer to confirm all suggestions that are sure, where there are any."""
        self.sure.setText(f"Confirm {n_faces:,} sure {'one' if n_faces == 1 else 'ones'}…")
        self.sure.setVisible(n_faces > 0)

    def _has_keys(self) -> bool:
        # a dialog in front has a focus of its own
        focused = cast("QWidget | None", self.window().focusWidget())
        return focused is None or self.isAncestorOf(focused)

    def _is_typed_into(self) -> bool:
        edit = self.names.edit
        return self.window().focusWidget() is edit and bool(edit.text())

    def _tell_chosen(self) -> None:
        if self._question is None:
            self.asked_title.set_text("")
            return
        n, n_all = len(self.grid.selected_ids()), len(self._question.face_ids)
        self.yes.setText("&Yes" if n == n_all else f"&Yes, these {n:,}")
        self.yes.setEnabled(n > 0)
        chosen = f"{n:,} of " if n < n_all else ""
        self.asked_title.set_text(f"{chosen}{counted(n_all, 'face')}")
        some = "all" if n == n_all else "these"
        text = "Name this face" if n == 1 else f"Name {some} {counted(n, 'face')}"
        self.names.set_target(text, is_enabled=n > 0)

    def _lay_out(self) -> None:
        head = QVBoxLayout()
        head.setContentsMargins(theme.MARGIN + 4, theme.MARGIN, theme.MARGIN + 4, theme.GAP)
        head.setSpacing(2)
        head.addWidget(self.title)
        head.addWidget(self.subtitle)
        head.addSpacing(theme.GAP)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GAP)
        for button in (self.yes, self.no, self.skip):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.sure)
        head.addLayout(buttons)
        head.addSpacing(theme.GAP)
        head.addWidget(self.names)
        self._known_side = _under(self.known_title, self.known)
        sides = QSplitter(Qt.Orientation.Horizontal)
        sides.setChildrenCollapsible(False)
        sides.addWidget(_under(self.asked_title, self.grid))
        sides.addWidget(self._known_side)
        sides.setStretchFactor(0, 1)
        sides.setSizes([430, ONE_TILE_PX])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(sides, 1)


def _under(title: QWidget, grid: QWidget) -> QWidget:
    """Return a grid under its title."""
    side = QWidget()
    layout = QVBoxLayout(side)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    line = QHBoxLayout()
    line.setContentsMargins(theme.MARGIN + 4, 0, theme.GAP, 0)
    line.addWidget(title)
    layout.addLayout(line)
    layout.addWidget(grid, 1)
    return side


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setMinimumHeight(theme.FIELD_PX)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus with the faces
    return button


def _title(question: Question | None, *, is_loading: bool) -> str:
    if question is None:
        return "Review" if is_loading else "Nothing is left to ask"
    this = "Is this" if len(question.face_ids) == 1 else "Are these"
    if question.kind == "who":
        return "Who is this?"
    person = name_in_text(question.person_name or "")
    if question.merged_id is not None:
        merged = name_in_text(question.merged_name or "")
        return f"Are {merged} and {person} one person?"
    if question.person_name is not None:
        return f"{this} {person}?"
    return "Are these two one person?"


def _subtitle(question: Question | None, *, is_loading: bool) -> str:
    if question is None:
        return (
            "Looking for the best question…"
            if is_loading
            else "Scan more photos, or come back later."
        )
    if question.kind == "who":
        return "Faces that look alike. Click or Space leaves one out."
    likely = "" if question.probability is None else f"{percent(question.probability)} likely. "
    return f"{likely}Click or Space leaves a face out."


def _known_title(question: Question | None) -> str:
    if question is None:
        return ""
    return name_in_text(question.person_name or "The other group")
