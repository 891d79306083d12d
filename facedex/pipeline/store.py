"""Storing what workers found: a file, its photo and its faces, all or nothing."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from facedex.db import cache, faces, files, issues, photos, regions
from facedex.db.connection import transaction
from facedex.errors import ItemError
from facedex.geometry import iou, own_or_turn
from facedex.naming.same_face import is_around, is_found_again, pair_best_first
from facedex.pipeline.reading import read_file
from facedex.pipeline.store_xmp import save_xmp
from facedex.scan.walker import is_root_there
from facedex.types import DRAWN_ORIGINS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.db.faces import StoredFace
    from facedex.db.files import FileRef
    from facedex.pipeline.messages import FoundFace, Problem, ScanResult
    from facedex.pipeline.scan_run import ScanRun
    from facedex.progress import ProgressSink
    from facedex.types import FaceId, FileId, PhotoId

log = logging.getLogger(__name__)

BATCH_FILES = 64
BATCH_S = 2.0
# problems that stay until the file or facedex changes; the others are tried again at every scan
_LASTING = {"crash", "timeout", "internal"}


class Store:
    """The scanner's one writer: collects results and writes them in short transactions."""

    def __init__(self, run: ScanRun) -> None:
        self._run = run
        self._db = run.db
        self._waiting: list[tuple[FileRef, ScanResult, PhotoId | None]] = []
        self._waiting_since = 0.0
        self._images_in_hand: set[bytes] = set()

    def wants(self, image_hash: bytes) -> bool:
        """Tell whether an image is new: in no photo and with no worker."""
        if image_hash in self._images_in_hand or photos.find_photo(self._db, image_hash):
            return False
        self._images_in_hand.add(image_hash)
        return True

    def add(self, file: FileRef, result: ScanResult, photo_id: PhotoId | None = None) -> None:
        """Add a result; it is written with its batch.

        ``photo_id`` is there when the file was read only to search a photo known before.
        """
        if not self._waiting:
            self._waiting_since = time.monotonic()
        self._waiting.append((file, result, photo_id))
        if result.problem is not None:
            _report(self._run.sink, file.path, result.problem)
        is_old = time.monotonic() - self._waiting_since >= BATCH_S
        if is_old or len(self._waiting) >= BATCH_FILES:
            self.flush()

    def flush(self) -> None:
        """Write what has been added."""
        if not self._waiting:
            return
        thumbnails: list[tuple[str, bytes]] = []
        with transaction(self._db):
            for file, result, photo_id in self._waiting:
                if photo_id is None:
                    thumbnails += self._store_file(file, result)
                else:
                    thumbnails += self._store_search(file, result, photo_id)
        for _file, result, _photo_id in self._waiting:
            if result.image_hash is not None:
                self._images_in_hand.discard(result.image_hash)
        self._waiting.clear()
        cache.save_thumbnails(self._run.cache, thumbnails)

    def _store_file(self, file: FileRef, result: ScanResult) -> list[tuple[str, bytes]]:
        if result.content_hash is None:
            self._store_unread(file, result)
            return []
        file_id = self._follow_move(file.file_id, result.content_hash)
        issues.clear_issues(self._db, file_id)
        if result.problem is not None:
            issues.set_issue(
                self._db, file_id, result.problem.stage, result.problem.kind, result.problem.message
            )
        if result.image_hash is None or result.facts is None:
            hashed = (result.hashed_ns, result.content_hash)
            if result.problem is None or result.problem.kind == "unsupported":
                files.set_read(self._db, file_id, *hashed, None, None)
            else:
                files.set_damaged(self._db, file_id, *hashed)
            return []
        photo = photos.find_photo(self._db, result.image_hash)
        photo_id = (
            photo.photo_id
            if photo is not None
            else photos.add_photo(self._db, result.image_hash, result.facts)
        )
        orientation = result.facts.orientation
        files.set_read(
            self._db, file_id, result.hashed_ns, result.content_hash, photo_id, orientation
        )
        if photos.refresh_facts(self._db, photo_id, result.facts):
            regions.place_again(self._db, photo_id)
        save_xmp(self._db, file_id, result.content_hash, result.xmp)
        if result.faces is None:
            return []
        return self._store_faces(photo_id, result.faces, own_or_turn(orientation, file.turn))

    def _store_search(
        self, file: FileRef, result: ScanResult, photo_id: PhotoId
    ) -> list[tuple[str, bytes]]:
        photo = photos.get_photo(self._db, photo_id)
        issues.clear_issues(self._db, file.file_id)
        if result.problem is not None:
            # a photo whose bytes were read, but not searched, is not asked again until its file
            # changes
            is_lasting = result.content_hash is not None or result.problem.kind in _LASTING
            is_given_up = is_lasting and result.faces is None
            stage = "analyse" if is_given_up else result.problem.stage
            issues.set_issue(
                self._db, file.file_id, stage, result.problem.kind, result.problem.message
            )
        if result.image_hash == photo.image_hash and result.facts and result.faces is not None:
            turned = own_or_turn(result.facts.orientation, file.turn)
            return self._store_faces(photo_id, result.faces, turned)
        # else the file has changed since the walk: the next scan sees to it
        return []

    def _store_faces(
        self, photo_id: PhotoId, found: Sequence[FoundFace], orientation: int
    ) -> list[tuple[str, bytes]]:
        """Store the outcome of searching a photo; return (face uuid, thumbnail) pairs.

        A face that was there before is kept with all that is said of it; one that is not found
        any more goes, unless somebody has spoken of it.
        """
        before = faces.faces_of_photo(self._db, photo_id)
        pairs = _pair(before, found)
        for old in before:
            if old.face_id not in pairs.values() and _may_go(old):
                faces.delete_face(self._db, old.face_id)
        for index, face in enumerate(found):
            new = faces.NewFace(
                face.box, face.origin, face.score, face.landmarks, face.encoding, face.quality
            )
            old_id = pairs.get(index)
            if old_id is None:
                faces.add_face(self._db, photo_id, new, self._run.engine_id, self._run.model_id)
            else:
                faces.update_face(self._db, old_id, new, self._run.engine_id, self._run.model_id)
        # a sidecar may turn a photo that this scan has searched already
        before_turned = photos.found_since(self._db, photo_id, self._run.began_us)
        self._run.counts.photos_searched += before_turned is None
        self._run.counts.faces_found += len(found) - (before_turned or 0)
        photos.set_analysed(
            self._db, photo_id, self._run.engine_id, self._run.model_id, orientation, len(found)
        )
        after = faces.faces_of_photo(self._db, photo_id)
        by_box = {row.box: row.uuid for row in after}
        return [(by_box[f.box], f.thumbnail) for f in found if f.box in by_box]

    def _store_unread(self, file: FileRef, result: ScanResult) -> None:
        problem = result.problem
        assert problem is not None
        if problem.kind == "gone":
            if is_root_there(files.root_path_of(self._db, file.file_id)):
                files.mark_missing(self._db, file.file_id)
            return  # else its disk went away, and nothing is known of the file
        issues.set_issue(self._db, file.file_id, problem.stage, problem.kind, problem.message)
        if problem.kind in _LASTING:
            # hashing alone decodes nothing, so it is safe here, where the worker was not
            try:
                read = read_file(file.path, lambda: None)
            except ItemError:
                return
            files.set_damaged(self._db, file.file_id, read.hashed_ns, read.content_hash)
        else:
            files.set_unreadable(self._db, file.file_id)

    def _follow_move(self, file_id: FileId, content_hash: bytes) -> FileId:
        """Count what became of the file; return the id it has from now on."""
        was = files.content_of(self._db, file_id)
        if was is not None:
            if was == content_hash:
                self._run.counts.touched += 1
            else:
                self._run.counts.changed += 1
            return file_id
        gone = files.find_moved(self._db, content_hash)
        if gone is not None:
            files.move_file(self._db, gone, file_id)
            self._run.counts.moved += 1
            return gone
        self._run.counts.new += 1
        if files.has_copy(self._db, file_id, content_hash):
            self._run.counts.duplicate += 1
        return file_id


def _report(sink: ProgressSink, path: bytes, problem: Problem) -> None:
    sink.problem(path, problem.stage, problem.kind, problem.message)
    if problem.detail:
        log.error("%s", problem.detail)


def _may_go(face: StoredFace) -> bool:
    return face.origin not in DRAWN_ORIGINS and not face.is_settled


def _pair(before: Sequence[StoredFace], found: Sequence[FoundFace]) -> dict[int, FaceId]:
    """Return index in ``found`` -> id of the face it was before, best overlap first."""
    return pair_best_first(
        (-iou(old.box, new.box), index, old.face_id)
        for index, new in enumerate(found)
        for old in before
        if is_found_again(old.box, new.box)
        or (old.origin in DRAWN_ORIGINS and is_around(old.box, new.box))
    )
