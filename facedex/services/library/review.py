"""The review of a library: what to ask next, and the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.services.reviewing import answers
from facedex.services.reviewing.question_queue import QuestionQueue

if TYPE_CHECKING:
    from collections.abc import Collection

    from facedex.services.decisions.decided import Decided
    from facedex.services.library.connections import Connections
    from facedex.services.reviewing.questions import Question
    from facedex.types import FaceId


class LibraryReview:
    """Asks and takes answers; each is one decision. Methods may be called from any thread."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._queue = QuestionQueue()

    def questions(self, n: int = 1) -> list[Question]:
        """Return what to ask the user next, the questions whose answers are worth most."""
        return self._queue.questions(self._connections.library, n)

    def skip(self, question: Question) -> None:
        """Ask this no more while the library is open, unless there are more faces in it."""
        self._queue.skip(question)

    def answer_yes(self, question: Question, left_out: Collection[FaceId] = ()) -> Decided:
        """See :func:`facedex.services.reviewing.answers.answer_yes`."""
        return answers.answer_yes(self._connections.library, question, left_out)

    def answer_no(self, question: Question, left_out: Collection[FaceId] = ()) -> Decided:
        """See :func:`facedex.services.reviewing.answers.answer_no`."""
        return answers.answer_no(self._connections.library, question, left_out)

    def answer_name(
        self, question: Question, name: str, left_out: Collection[FaceId] = ()
    ) -> Decided:
        """See :func:`facedex.services.reviewing.answers.answer_name`."""
        return answers.answer_name(self._connections.library, question, name, left_out)
