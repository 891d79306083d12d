"""A review in the window: fetches a question, shows it, and writes the answer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from facedex.types import SURE
from facedex.viewer.actions import Command, CommandId
from facedex.viewer.models.faces import FaceGridModel
from facedex.viewer.views.review_pane import ReviewPane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.services.decisions.decide_sure import SureSuggestions
    from facedex.services.library.front_end import WindowLibrary
    from facedex.services.reviewing.questions import Question
    from facedex.types import FaceId
    from facedex.viewer.decision_queue import DecisionQueue
    from facedex.viewer.models.thumbnails import Thumbnails
    from facedex.viewer.workers import Workers


class ReviewSession(QObject):
    """Asks one question after the other while it is open; undo brings the last one back."""

    def __init__(
        self,
        library: WindowLibrary,
        workers: Workers,
        thumbnails: Thumbnails,
        decisions: DecisionQueue,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._workers = workers
        self._decisions = decisions
        self._asked = FaceGridModel(library, workers, thumbnails, self)
        self._beside = FaceGridModel(library, workers, thumbnails, self)
        self._question: Question | None = None
        self._is_open = False
        self.pane = ReviewPane(self._asked, self._beside)
        self.pane.answered_yes.connect(self.yes)
        self.pane.answered_no.connect(self.no)
        self.pane.skipped.connect(self.skip)
        self.pane.names.entered.connect(self.name)
        self.pane.names.begun.connect(partial(self.name, is_begun=True))
        self.pane.names.left.connect(self.pane.grid.setFocus)
        decisions.finished.connect(self.refresh)

    @property
    def is_open(self) -> bool:
        """Whether the pane is what the window shows."""
        return self._is_open

    @property
    def question(self) -> Question | None:
        """What is asked now."""
        return self._question

    def open(self) -> None:
        """Begin, or go on."""
        self._is_open = True
        self._show(None, is_loading=True)
        self.pane.take_keys()
        self.refresh()

    def close(self) -> None:
        """Ask no more."""
        self._is_open = False
        self._workers.drop("review")
        self._workers.drop("sure ones")

    def refresh(self) -> None:
        """Ask what is worth most now."""
        if self._is_open:
            work = self._library.review.questions
            self._workers.submit("matching", work, self._on_questions, channel="review")
            count = partial(self._library.look.count_sure, SURE)
            self._workers.submit("queries", count, self._on_sure, channel="sure ones")

    def yes(self) -> None:
        """Answer yes for the faces that are chosen; who somebody is needs a name instead."""
        question, left_out = self._question, self._left_out()
        if question is None or self._is_nothing_chosen():
            return
        if question.kind == "who":
            self.pane.names.setFocus()
            return
        self._take_down()
        self._decisions.decide(partial(self._library.review.answer_yes, question, left_out))

    def no(self) -> None:
        """Answer no; of who somebody is, that those chosen are nobody to be named."""
        question, left_out = self._question, self._left_out()
        if question is None or (question.kind == "who" and self._is_nothing_chosen()):
            return
        self._take_down()
        self._decisions.decide(partial(self._library.review.answer_no, question, left_out))

    def no_or_name(self) -> None:
        """N: no where the question can be answered so, else to the name field."""
        if self._question is not None and self._question.kind == "who":
            self.pane.names.setFocus()
        else:
            self.no()

    def put_aside(self) -> None:
        """Ignore the faces that nobody is asked to be."""
        if self._question is not None and self._question.kind == "who":
            self.no()

    def skip(self) -> None:
        """Go on without an answer."""
        if self._question is not None:
            question = self._question
            self._take_down()
            work, done = partial(self._skipped, question), self._on_questions
            self._workers.submit("matching", work, done, self._on_skip_failed, channel="review")

    def name(self, name: str, *, is_begun: bool = False) -> None:
        """Give the faces that are chosen a name; one that was only begun is completed."""
        if self._question is None:
            return
        write = partial(self._library.review.answer_name, self._question, left_out=self._left_out())
        self._take_down()
        self._decisions.name(write, name, is_begun=is_begun)

    def commands(self) -> list[Command]:
        """Return the commands, whose keys count while the faces have the focus."""
        command = partial(Command, menu="&Review", is_for_grid=True, is_once=True)
        ids = CommandId
        return [
            command(ids.ANSWER_YES, text="&Yes", keys=("Y", "Return", "Enter"), run=self.yes),
            command(ids.ANSWER_NO, text="&No", keys=("N",), run=self.no_or_name),
            command(ids.SKIP, text="&Skip", keys=("S",), run=self.skip),
            command(ids.PUT_ASIDE, text="Nobody to be &named", keys=("I",), run=self.put_aside),
        ]

    def _left_out(self) -> frozenset[FaceId]:
        asked = self._question.face_ids if self._question else ()
        return frozenset(asked) - frozenset(self.pane.grid.selected_ids())

    def _is_nothing_chosen(self) -> bool:
        return not self.pane.grid.selected_ids()

    def _take_down(self) -> None:
        """Leave the question in sight and answer it no more: the next one is on its way."""
        self._question = None
        self.pane.yes.setEnabled(False)

    def _skipped(self, question: Question) -> list[Question]:
        self._library.review.skip(question)
        return self._library.review.questions()

    def _on_skip_failed(self, message: str) -> None:
        self._workers.failed.emit(message)
        self.refresh()

    def _on_questions(self, questions: Sequence[Question]) -> None:
        self._show(questions[0] if questions else None)

    def _on_sure(self, sure: SureSuggestions) -> None:
        self.pane.tell_sure(sure.n_faces)

    def _show(self, question: Question | None, *, is_loading: bool = False) -> None:
        self._question = question
        self._asked.set_faces(question.face_ids if question else (), 0)
        self._beside.set_faces(question.beside if question else (), 0)
        self.pane.ask(question, is_loading=is_loading)
