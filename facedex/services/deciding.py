"""The part of a library's door that decides about people and groups, and asks what to decide next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db import people
from facedex.errors import UsageError
from facedex.services.decisions import decide_faces, decide_groups, decide_people, decide_sure
from facedex.services.decisions.group_parts import find_parts
from facedex.services.reviewing import answers
from facedex.services.reviewing.review import Review

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from facedex.db.connection import Connection
    from facedex.services.decisions.decide_people import MergePreview
    from facedex.services.decisions.decide_sure import SureSuggestions
    from facedex.services.decisions.decided import Decided
    from facedex.services.reviewing.questions import Question
    from facedex.types import ClusterId, FaceId, PersonId


class Deciding:
    """Methods of :class:`~facedex.services.library.Library`; may be called from any thread."""

    def __init__(self) -> None:
        self._review = Review()

    @property
    def _db(self) -> Connection:
        raise NotImplementedError

    def get_person_id(self, name: str) -> PersonId:
        """Return the person of this name or alias, any case.

        Raises
        ------
        UsageError
            If there is nobody of this name.
        """
        person_id = people.find_by_name(self._db, name)
        if person_id is None:
            raise UsageError(f"there is nobody called {name}; facedex people lists everybody")
        return person_id

    def preview_merge(self, person_id: PersonId, into_id: PersonId) -> MergePreview:
        """See :func:`facedex.services.decisions.decide_people.preview_merge`."""
        return decide_people.preview_merge(self._db, person_id, into_id)

    def merge_people(self, person_id: PersonId, into_id: PersonId) -> Decided:
        """See :func:`facedex.services.decisions.decide_people.merge_people`."""
        return decide_people.merge_people(self._db, person_id, into_id)

    def rename_person(self, person_id: PersonId, name: str) -> Decided:
        """See :func:`facedex.services.decisions.decide_people.rename_person`."""
        return decide_people.rename_person(self._db, person_id, name)

    def set_dates(
        self, person_id: PersonId, *, born: str | None = None, died: str | None = None
    ) -> Decided:
        """See :func:`facedex.services.decisions.decide_people.set_dates`."""
        return decide_people.set_dates(self._db, person_id, born=born, died=died)

    def count_sure(
        self, least: float, person_ids: Collection[PersonId] | None = None
    ) -> SureSuggestions:
        """See :func:`facedex.services.decisions.decide_sure.count_sure`."""
        return decide_sure.count_sure(self._db, least, person_ids)

    def confirm_sure(
        self,
        least: float,
        person_ids: Collection[PersonId] | None = None,
        wrong: Collection[FaceId] = (),
        counted: SureSuggestions | None = None,
    ) -> Decided:
        """See :func:`facedex.services.decisions.decide_sure.confirm_sure`."""
        return decide_sure.confirm_sure(self._db, least, person_ids, wrong, counted)

    def confirm_group(self, cluster_id: ClusterId, person_id: PersonId) -> Decided:
        """See :func:`facedex.services.decisions.decide_faces.confirm_group`."""
        return decide_faces.confirm_group(self._db, cluster_id, person_id)

    def merge_groups(self, cluster_id: ClusterId, into_id: ClusterId) -> Decided:
        """See :func:`facedex.services.decisions.decide_groups.merge_groups`."""
        return decide_groups.merge_groups(self._db, cluster_id, into_id)

    def find_parts(
        self, face_ids: Sequence[FaceId], n_parts: int | None = None
    ) -> list[list[FaceId]]:
        """See :func:`facedex.services.decisions.group_parts.find_parts`."""
        return find_parts(self._db, face_ids, n_parts)

    def split(self, parts: Sequence[Sequence[FaceId]]) -> Decided:
        """See :func:`facedex.services.decisions.decide_groups.split`."""
        return decide_groups.split(self._db, parts)

    def questions(self, n: int = 1) -> list[Question]:
        """Return what to ask the user next, the questions whose answers are worth most."""
        return self._review.questions(self._db, n)

    def skip(self, question: Question) -> None:
        """Ask this no more while the library is open, unless there are more faces in it."""
        self._review.skip(question)

    def answer_yes(self, question: Question, left_out: Collection[FaceId] = ()) -> Decided:
        """See :func:`facedex.services.reviewing.answers.answer_yes`."""
        return answers.answer_yes(self._db, question, left_out)

    def answer_no(self, question: Question, left_out: Collection[FaceId] = ()) -> Decided:
        """See :func:`facedex.services.reviewing.answers.answer_no`."""
        return answers.answer_no(self._db, question, left_out)

    def answer_name(
        self, question: Question, name: str, left_out: Collection[FaceId] = ()
    ) -> Decided:
        """See :func:`facedex.services.reviewing.answers.answer_name`."""
        return answers.answer_name(self._db, question, name, left_out)
