"""What the answers of a review decide; each is one step of the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db import catalog
from facedex.services.decisions import decide_faces, decide_groups
from facedex.services.decisions.decide_people import merge_people
from facedex.services.decisions.decided import NOTHING

if TYPE_CHECKING:
    from collections.abc import Collection

    from facedex.db.connection import Connection
    from facedex.services.decisions.decided import Decided
    from facedex.services.reviewing.questions import Question
    from facedex.types import FaceId


def answer_yes(db: Connection, question: Question, left_out: Collection[FaceId] = ()) -> Decided:
    """Decide that all faces asked about but ``left_out`` are whom they may be.

    Left out of a page of suggestions are those that are wrong; of a group or a person, those that
    stay where they are. Two people become one where no face is left out.
    """
    right = [face_id for face_id in question.face_ids if face_id not in left_out]
    if question.kind == "suggested" and question.person_id is not None:
        wrong = [face_id for face_id in question.face_ids if face_id in left_out]
        return decide_faces.confirm_page(db, question.person_id, right, wrong)
    is_all = len(right) == len(question.face_ids)
    if question.merged_id is not None and question.person_id is not None and is_all:
        return merge_people(db, question.merged_id, question.person_id)
    if question.person_id is not None:
        if question.cluster_id is not None and _is_whole(db, question, right):
            return decide_faces.confirm_group(db, question.cluster_id, question.person_id)
        return decide_faces.confirm_as(db, right, question.person_id)
    if question.cluster_id is not None and question.other_cluster_id is not None:
        return decide_groups.merge_groups(
            db, question.cluster_id, question.other_cluster_id, left_out
        )
    raise ValueError("nobody can say yes to who this is")


def answer_no(db: Connection, question: Question, left_out: Collection[FaceId] = ()) -> Decided:
    """Decide that the faces are not whom they may be, for ever.

    Of a group that nobody knows, the faces but ``left_out`` are ignored.
    """
    if question.kind == "who":
        return decide_faces.ignore(db, [each for each in question.face_ids if each not in left_out])
    if question.merged_id is not None and question.person_id is not None:
        return decide_groups.reject_pair_of_people(db, question.merged_id, question.person_id)
    if question.person_id is not None:
        return decide_groups.reject_as(db, question.face_ids, question.person_id)
    if question.cluster_id is not None and question.other_cluster_id is not None:
        return decide_groups.reject_pair_of_groups(
            db, question.cluster_id, question.other_cluster_id
        )
    return NOTHING


def answer_name(
    db: Connection, question: Question, name: str, left_out: Collection[FaceId] = ()
) -> Decided:
    """Give the faces asked about but ``left_out`` a name, whoever they were thought to be.

    Raises
    ------
    UsageError
        If the name cannot be used.
    """
    right = [face_id for face_id in question.face_ids if face_id not in left_out]
    if question.cluster_id is not None and _is_whole(db, question, right):
        return decide_faces.name_group(db, question.cluster_id, name)
    return decide_faces.name_faces(db, right, name)


def _is_whole(db: Connection, question: Question, right: Collection[FaceId]) -> bool:
    """Tell whether these are all faces of the group as it is now."""
    assert question.cluster_id is not None  # the caller asks for groups
    return set(right) == set(catalog.group_faces(db, question.cluster_id))
