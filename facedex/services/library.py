"""The library as the window and the command line use it: looking and deciding."""

from __future__ import annotations

import contextlib
import threading
import unicodedata
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
from facedex.db.library import data_version, get_meta, open_library, scan_lock
from facedex.errors import EnvironmentFault, ItemError
from facedex.paths import model_cache
from facedex.pipeline.messages import PreviewJob, PreviewResult
from facedex.pipeline.supervisor import SupervisedPool, Task
from facedex.services.deciding import Deciding
from facedex.services.decisions import decide_faces
from facedex.services.decisions.follow_decisions import Follower
from facedex.services.decisions.regroup import RegroupReport, plan_regroup, regroup
from facedex.services.names_out.export_xmp import count_writable, export_xmp
from facedex.services.recognising.audit import audit, use_metric
from facedex.services.recognising.match_faces import match_faces
from facedex.services.recognising.metric_choice import load_choice
from facedex.services.telling.ledger import make_ledger
from facedex.types import EngineConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from facedex.db.connection import Connection
    from facedex.db.files import FileRef
    from facedex.progress import ProgressSink
    from facedex.services.decisions.decided import Decided
    from facedex.services.names_out.export_xmp import XmpExport
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
    from facedex.types import ClusterId, FaceId, MetricName, PersonId, PhotoId

_PREVIEW_DEADLINE_S = 60.0


class Library(Deciding):
    """One library folder. Methods may be called from any thread; each has its own connections."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = directory
        self._local = threading.local()
        self._lock = threading.Lock()
        self._opened: list[Connection] = []
        self._previews = _Previews()
        self._follower = Follower()

    @classmethod
    def open(cls, directory: Path) -> Library:
        """Open the library in ``directory``; it is brought up to date if an older facedex made it.

        Raises
        ------
        EnvironmentFault
        """
        library = cls(directory)
        _ = library._db
        return library

    @staticmethod
    def exists(directory: Path) -> bool:
        """Tell whether there is a library in ``directory``."""
        return (directory / LIBRARY_NAME).is_file()

    def close(self) -> None:
        """Close every thread's connections and end the preview worker."""
        self._previews.close()
        with self._lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()
        self._local = threading.local()

    @property
    def directory(self) -> Path:
        """The folder of library.db."""
        return self._directory

    @property
    def _db(self) -> Connection:
        if not hasattr(self._local, "db"):
            self._local.db = self._keep(open_library(self._directory))
        connection: Connection = self._local.db
        return connection

    @property
    def _cache(self) -> Connection:
        if not hasattr(self._local, "cache"):
            self._local.cache = self._keep(cache.open_cache(self._directory))
        connection: Connection = self._local.cache
        return connection

    def _keep(self, connection: Connection) -> Connection:
        with self._lock:
            self._opened.append(connection)
        return connection

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
        kept = cache.find_thumbnail(self._cache, face_uuid)
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
        cache.save_thumbnails(self._cache, [(face_uuid, jpeg)])
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

        Aliases count as names. Accents and case do not matter.
        """
        wanted = _plain(text)
        found = [
            person
            for person in self.people()
            if any(_begins(name, wanted) for name in (person.name, *person.aliases))
        ]
        return sorted(found, key=lambda person: (-person.n_confirmed, person.name))[:limit]

    def name_faces(self, face_ids: Sequence[FaceId], name: str) -> Decided:
        """See :func:`facedex.services.decisions.decide_faces.name_faces`."""
        return decide_faces.name_faces(self._db, face_ids, name)

    def name_group(self, cluster_id: ClusterId, name: str) -> Decided:
        """See :func:`facedex.services.decisions.decide_faces.name_group`."""
        return decide_faces.name_group(self._db, cluster_id, name)

    def confirm(self, face_ids: Sequence[FaceId]) -> Decided:
        """See :func:`facedex.services.decisions.decide_faces.confirm`."""
        return decide_faces.confirm(self._db, face_ids)

    def reject(self, face_ids: Sequence[FaceId]) -> Decided:
        """See :func:`facedex.services.decisions.decide_faces.reject`."""
        return decide_faces.reject(self._db, face_ids)

    def ignore(self, face_ids: Sequence[FaceId]) -> Decided:
        """See :func:`facedex.services.decisions.decide_faces.ignore`."""
        return decide_faces.ignore(self._db, face_ids)

    def undo(self) -> Decided:
        """See :func:`facedex.services.decisions.decide_faces.undo`."""
        return decide_faces.undo(self._db)

    def redo(self) -> Decided:
        """See :func:`facedex.services.decisions.decide_faces.redo`."""
        return decide_faces.redo(self._db)

    def regroup(self, *, is_dry_run: bool) -> RegroupReport:
        """See :func:`facedex.services.decisions.regroup.regroup`; ``is_dry_run`` only tells what it would do."""
        model = get_meta(self._db, "model")
        if model is None:
            return RegroupReport()
        with translated(self._directory / LIBRARY_NAME):
            return (plan_regroup if is_dry_run else regroup)(self._db, model)

    def rematch(self) -> int:
        """Compute suggestions anew after decisions; return how many there are."""
        model = get_meta(self._db, "model")
        if model is None:
            return 0
        with translated(self._directory / LIBRARY_NAME):
            report = match_faces(self._db, model)
        self._follower.forget()
        return report.n_suggested

    def follow_decisions(self) -> int:
        """Bring the suggestions up to date with the decisions; return how many faces' changed.

        The first time it reads all encodings, which it keeps; then a decision takes milliseconds.
        """
        with translated(self._directory / LIBRARY_NAME):
            return self._follower.catch_up(self._db)

    def audit(self) -> AuditReport:
        """See :func:`facedex.services.recognising.audit.audit`."""
        return audit(self._db)

    def use_metric(self, name: MetricName | None) -> MetricChoice:
        """See :func:`facedex.services.recognising.audit.use_metric`."""
        return use_metric(self._db, name)

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

    def export_xmp(
        self,
        person_ids: Collection[PersonId] | None = None,
        *,
        into_photos: bool = False,
        sink: ProgressSink | None = None,
        should_stop: Callable[[], bool] = lambda: False,
        is_dry_run: bool = False,
    ) -> XmpExport:
        """See :func:`facedex.services.names_out.export_xmp.export_xmp`; no scan runs while photos change."""
        with scan_lock(self._directory) if into_photos else contextlib.nullcontext():
            return export_xmp(
                self._db,
                person_ids,
                into_photos=into_photos,
                sink=sink,
                should_stop=should_stop,
                is_dry_run=is_dry_run,
            )

    def count_writable(self, person_ids: Collection[PersonId] | None = None) -> dict[str, int]:
        """See :func:`facedex.services.names_out.export_xmp.count_writable`."""
        return count_writable(self._db, person_ids)

    def named_faces(self, person_ids: Collection[PersonId] | None = None) -> list[NamedFaceRow]:
        """Return the faces with confirmed names, of these people or, for None, of everybody."""
        return exports.named_faces(self._db, person_ids)

    def n_decisions(self) -> int:
        """Return how many decisions can be undone."""
        return len(decisions.undo_stacks(self._db)[0])


def _begins(name: str, wanted: str) -> bool:
    plain = _plain(name)
    return plain.startswith(wanted) or any(word.startswith(wanted) for word in plain.split())


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).strip()


class _Previews:
    """One worker process that decodes photos for the window; one request at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: SupervisedPool | None = None

    def make(self, file: FileRef, long_side_px: int) -> bytes:
        with self._lock:
            if self._pool is None:
                self._pool = SupervisedPool(EngineConfig(), model_cache(), 1, _PREVIEW_DEADLINE_S)
            tasks = [Task(None, PreviewJob(file.path, long_side_px, file.turn))]
            for _task, result in self._pool.run(
                tasks, lambda _image: False, lambda _item: None, lambda: False
            ):
                assert isinstance(result, PreviewResult)
                if result.problem is not None:
                    problem = result.problem
                    raise ItemError(file.path, problem.stage, problem.message, problem.kind)
                return result.jpeg
        raise AssertionError("a pool yields every task")

    def close(self) -> None:
        with self._lock:
            if self._pool is not None:
                self._pool.close()
                self._pool = None
