"""Looking at a library: people, groups, faces, photos, and what was found and exported."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from facedex.db import (
    cache,
    catalog,
    decisions,
    exports,
    faces,
    files,
    issues,
    people,
    runs,
)
from facedex.db.connection import LIBRARY_NAME, translated
from facedex.db.library import data_version, get_meta
from facedex.errors import EnvironmentFault, ItemError, UsageError
from facedex.services.decisions.decide_people import preview_merge
from facedex.services.decisions.decide_sure import count_sure
from facedex.services.decisions.group_parts import find_parts
from facedex.services.decisions.regroup import RegroupReport, plan_regroup
from facedex.services.library.previews import PreviewWorker
from facedex.services.names_out.export_xmp import count_writable
from facedex.services.recognising.audit import audit
from facedex.services.recognising.metric_choice import load_choice
from facedex.services.telling.ledger import make_ledger
from facedex.spelling import search_key

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from facedex.db.connection import Connection
    from facedex.services.decisions.decide_people import MergePreview
    from facedex.services.decisions.decide_sure import SureSuggestions
    from facedex.services.library.connections import Connections
    from facedex.services.recognising.audit import AuditReport
    from facedex.services.recognising.metric_choice import MetricChoice
    from facedex.services.telling.ledger import Ledger
    from facedex.services.telling.records import (
        FaceRow,
        GroupRow,
        LibraryCounts,
        NamedFaceRow,
        PersonRow,
        PhotoRow,
        ProblemRow,
        Shelf,
    )
    from facedex.types import FaceId, PersonId, PhotoId


class Looking:
    """Reads the library; changes nothing but thumbnails. Methods may be called from any thread."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._previews = PreviewWorker()

    @property
    def _db(self) -> Connection:
        return self._connections.library

    def close(self) -> None:
        """End the preview worker."""
        self._previews.close()

    def people(self) -> list[PersonRow]:
        """Return everybody, by name."""
        return catalog.list_people(self._db)

    def unknown_groups(self) -> list[GroupRow]:
        """Return the groups of look-alike faces that nobody has named, biggest first."""
        return catalog.list_groups(self._db)

    def n_ungrouped(self) -> int:
        """Return how many unknown faces are in no group."""
        return catalog.count_ungrouped(self._db)

    def n_ignored(self) -> int:
        """Return how many faces the user put aside."""
        return catalog.count_ignored(self._db)

    def shelf_faces(self, shelf: Shelf) -> list[FaceId]:
        """Return the faces on a shelf; a person's suggestions come first, surest first."""
        if shelf.kind == "person" and shelf.person_id is not None:
            return catalog.person_faces(self._db, shelf.person_id)
        if shelf.kind == "group" and shelf.cluster_id is not None:
            return catalog.group_faces(self._db, shelf.cluster_id)
        if shelf.kind == "ignored":
            return catalog.ignored_faces(self._db)
        return catalog.ungrouped_faces(self._db)

    def faces(self, face_ids: Sequence[FaceId]) -> list[FaceRow]:
        """Return the rows of these faces in their order; those that are gone are left out."""
        return catalog.faces_by_id(self._db, face_ids)

    def find_faces(self, person: str | None, state: str | None, limit: int) -> list[FaceRow]:
        """Return faces by path, of one person (any case) and in one state where these are given."""
        if person is not None:
            person_id = people.find_by_name(self._db, person)
            if person_id is None:
                return []
            person = people.get_person(self._db, person_id).name
        return catalog.find_faces(self._db, person, state, limit)

    def photo(self, photo_id: PhotoId) -> PhotoRow:
        """Return a photo with its faces; raises ``KeyError`` if there is none of this id."""
        return catalog.get_photo_row(self._db, photo_id)

    def thumbnail(self, face_id: FaceId) -> bytes | None:
        """Return a JPEG of the face; None if it cannot be made. It is made anew if it was lost."""
        face_uuid = faces.uuid_of(self._db, face_id)
        if face_uuid is None:
            return None
        kept = cache.find_thumbnail(self._connections.cache, face_uuid)
        if kept is not None:
            return kept
        with contextlib.suppress(ItemError, EnvironmentFault):
            return self._make_thumbnail(face_id, face_uuid)
        return None

    def _make_thumbnail(self, face_id: FaceId, face_uuid: str) -> bytes:
        from facedex.imaging.thumbnails import thumbnail_from_preview

        row = catalog.faces_by_id(self._db, [face_id])[0]
        jpeg = thumbnail_from_preview(
            self.preview(row.photo_id, 1600), row.box, faces.upright_landmarks(self._db, face_id)
        )
        cache.save_thumbnails(self._connections.cache, [(face_uuid, jpeg)])
        return jpeg

    def preview(self, photo_id: PhotoId, long_side_px: int) -> bytes:
        """Return a JPEG of the photo, upright; it is decoded in a worker process.

        Raises
        ------
        EnvironmentFault
            If no file of the photo can be opened now.
        ItemError
            If it cannot be read or decoded.
        """
        file = files.file_of_photo(self._db, photo_id)
        if file is None:
            raise EnvironmentFault("the photo's file is not there", "Is its disk mounted?")
        return self._previews.make(file, long_side_px)

    def find_people(self, text: str, limit: int = 10) -> list[PersonRow]:
        """Return people one of whose names' words begins with ``text``, most faces first.

        Aliases count as names. Accents, case and joiners do not matter.
        """
        wanted = search_key(text)
        found = [
            person
            for person in self.people()
            if any(_begins(name, wanted) for name in (person.name, *person.aliases))
        ]
        return sorted(found, key=lambda person: (-person.n_confirmed, person.name))[:limit]

    def audit(self) -> AuditReport:
        """See :func:`facedex.services.recognising.audit.audit`."""
        return audit(self._db)

    def metric(self) -> MetricChoice | None:
        """Return the metric in use, or None before the first scan."""
        model = get_meta(self._db, "model")
        return None if model is None else load_choice(self._db, model)

    def data_version(self) -> int:
        """Return a number that changes when another process, a scan, has committed."""
        return data_version(self._db)

    def counts(self) -> LibraryCounts:
        """Return how much there is in the library."""
        last = self.last_scan()
        return catalog.count_library(self._db, last["engine"] if last else None)

    def last_scan(self) -> dict[str, Any] | None:
        """Return the latest scan with its outcome and summary, or None."""
        return runs.last_run(self._db)

    def roots(self) -> list[dict[str, Any]]:
        """Return the folders that are looked through, as v1_roots has them."""
        return files.root_rows(self._db)

    def problems(self) -> list[ProblemRow]:
        """Return what cannot be read, by path."""
        return issues.list_problems(self._db)

    def ledger(self) -> Ledger:
        """Return what became of every face and name that other programs knew."""
        return make_ledger(self._db)

    def count_writable(self, person_ids: Collection[PersonId] | None = None) -> dict[str, int]:
        """See :func:`facedex.services.names_out.export_xmp.count_writable`."""
        return count_writable(self._db, person_ids)

    def named_faces(self, person_ids: Collection[PersonId] | None = None) -> list[NamedFaceRow]:
        """Return the faces with confirmed names, of these people or, for None, of everybody."""
        return exports.named_faces(self._db, person_ids)

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
        return preview_merge(self._db, person_id, into_id)

    def preview_regroup(self) -> RegroupReport:
        """See :func:`facedex.services.decisions.regroup.plan_regroup`."""
        model = get_meta(self._db, "model")
        if model is None:
            return RegroupReport()
        with translated(self._connections.directory / LIBRARY_NAME):
            return plan_regroup(self._db, model)

    def count_sure(
        self, least: float, person_ids: Collection[PersonId] | None = None
    ) -> SureSuggestions:
        """See :func:`facedex.services.decisions.decide_sure.count_sure`."""
        return count_sure(self._db, least, person_ids)

    def find_parts(
        self, face_ids: Sequence[FaceId], n_parts: int | None = None
    ) -> list[list[FaceId]]:
        """See :func:`facedex.services.decisions.group_parts.find_parts`."""
        return find_parts(self._db, face_ids, n_parts)

    def n_decisions(self) -> int:
        """Return how many decisions can be undone."""
        return len(decisions.undo_stacks(self._db)[0])


def _begins(name: str, wanted: str) -> bool:
    plain = search_key(name)
    return plain.startswith(wanted) or any(word.startswith(wanted) for word in plain.split())
