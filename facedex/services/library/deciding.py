"""Deciding about the faces, groups and people of a library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db.connection import LIBRARY_NAME, translated
from facedex.db.library import get_meta
from facedex.services.decisions import decide_faces, decide_groups, decide_people, decide_sure
from facedex.services.decisions.regroup import RegroupReport, regroup

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from facedex.db.connection import Connection
    from facedex.services.decisions.decide_sure import SureSuggestions
    from facedex.services.decisions.decided import Decided
    from facedex.services.library.connections import Connections
    from facedex.types import ClusterId, FaceId, PersonId


class Deciding:
    """Each method writes one decision, which undo takes back; all may be called from any thread."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @property
    def _db(self) -> Connection:
        return self._connections.library

    def name_faces(self, face_ids: Sequence[FaceId], name: str) -> Decided:
        """See :func:`facedex.services.decisions.decide_faces.name_faces`."""
        return decide_faces.name_faces(self._db, face_ids, name)

    def name_group(self, cluster_id: ClusterId, name: str) -> Decided:
        """See :func:`facedex.services.decisions.decide_faces.name_group`."""
        return decide_faces.name_group(self._db, cluster_id, name)

    def confirm(self, face_ids: Sequence[FaceId]) -> Decided:
        """See :func:`facedex.services.decisions.decide_faces.confirm`."""
        return decide_faces.confirm(self._db, face_ids)

    def confirm_group(self, cluster_id: ClusterId, person_id: PersonId) -> Decided:
        """See :func:`facedex.services.decisions.decide_faces.confirm_group`."""
        return decide_faces.confirm_group(self._db, cluster_id, person_id)

    def confirm_sure(
        self,
        least: float,
        person_ids: Collection[PersonId] | None = None,
        wrong: Collection[FaceId] = (),
        counted: SureSuggestions | None = None,
    ) -> Decided:
        """See :func:`facedex.services.decisions.decide_sure.confirm_sure`."""
        return decide_sure.confirm_sure(self._db, least, person_ids, wrong, counted)

    def reject(self, face_ids: Sequence[FaceId]) -> Decided:
        """See :func:`facedex.services.decisions.decide_faces.reject`."""
        return decide_faces.reject(self._db, face_ids)

    def ignore(self, face_ids: Sequence[FaceId]) -> Decided:
        """See :func:`facedex.services.decisions.decide_faces.ignore`."""
        return decide_faces.ignore(self._db, face_ids)

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

    def merge_groups(self, cluster_id: ClusterId, into_id: ClusterId) -> Decided:
        """See :func:`facedex.services.decisions.decide_groups.merge_groups`."""
        return decide_groups.merge_groups(self._db, cluster_id, into_id)

    def split(self, parts: Sequence[Sequence[FaceId]]) -> Decided:
        """See :func:`facedex.services.decisions.decide_groups.split`."""
        return decide_groups.split(self._db, parts)

    def regroup(self) -> RegroupReport:
        """See :func:`facedex.services.decisions.regroup.regroup`."""
        model = get_meta(self._db, "model")
        if model is None:
            return RegroupReport()
        with translated(self._connections.directory / LIBRARY_NAME):
            return regroup(self._db, model)

    def undo(self) -> Decided:
        """See :func:`facedex.services.decisions.decide_faces.undo`."""
        return decide_faces.undo(self._db)

    def redo(self) -> Decided:
        """See :func:`facedex.services.decisions.decide_faces.redo`."""
        return decide_faces.redo(self._db)
