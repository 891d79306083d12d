"""Taking the names out: into sidecars beside the photos, or into the photos, which others read."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from facedex.db import exports
from facedex.db.connection import snapshot
from facedex.errors import MetadataError
from facedex.geometry import box_to_stored
from facedex.paths import display_path, join
from facedex.progress import NullSink
from facedex.services.names_out.write_names import PhotoNames
from facedex.xmp.editing import UnmergeableError
from facedex.xmp.embedding import WRITABLE
from facedex.xmp.files import clear_leftovers
from facedex.xmp.merging import NamedFace, find_flaw
from facedex.xmp.photo_files import find_refusal
from facedex.xmp.sidecars import by_stem, names_near

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from facedex.db.connection import Connection
    from facedex.db.exports import NamedBox, PhotoFile
    from facedex.progress import ProgressSink
    from facedex.types import PersonId


@dataclass(frozen=True, slots=True)
class ExportProblem:
    """A file whose names could not be written, or not all of them; ``path`` is text to show."""

    path: str
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Instead:
    """A photo whose names went into a sidecar, for its own file was not written into."""

    path: str
    reason: str


@dataclass(slots=True)
class XmpExport:
    """What became of every file of the photos with named faces, and of those exported before.

    Attributes
    ----------
    written : the files that were written, or would be, as text to show.
    n_unchanged : files whose place has all of it already.
    n_missing : files that are gone.
    n_offline : files on a disk that is not there.
    n_changed : files that changed since the last scan, or that it could not read: who is on them
        now is not known. HEICs of which it is not yet known how they are turned are among them.
    n_outdated : photos that hold names of an earlier export that are no longer true, and that were
        not asked to be written into.
    instead : photos whose names were to go into their own files and went into sidecars.
    """

    is_dry_run: bool
    n_photos: int
    n_files: int
    is_stopped: bool = False
    written: list[str] = field(default_factory=list)
    n_unchanged: int = 0
    n_missing: int = 0
    n_offline: int = 0
    n_changed: int = 0
    n_outdated: int = 0
    instead: list[Instead] = field(default_factory=list)
    problems: list[ExportProblem] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """What a command ends with."""
        return MetadataError.exit_code if self.problems else 0


def export_xmp(
    db: Connection,
    person_ids: Collection[PersonId] | None = None,
    *,
    into_photos: bool = False,
    sink: ProgressSink | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    is_dry_run: bool = False,
) -> XmpExport:
    """Write the confirmed names beside every file of a photo, or into it.

    What is there keeps what others wrote. What facedex wrote at an earlier export goes where it is
    no longer true. Where nothing would change, nothing is touched.

    Parameters
    ----------
    person_ids : only the faces of these people; None for everybody. What was written of others
        before is kept true.
    into_photos : write into the photos' own files; where that cannot be done without loss, into
        sidecars. Else photos are only read.

    Raises
    ------
    StorageFault
        If the disk is full or failing; what was written until then is whole.
    """
    names = _Names(db, person_ids)
    report = XmpExport(is_dry_run, len(names.asked), len(names.files))
    _Exporting(db, names, report, sink or NullSink(), into_photos).run(should_stop)
    return report


def count_writable(
    db: Connection, person_ids: Collection[PersonId] | None = None
) -> dict[str, int]:
    """Return how many photos an export into photos may change, by folder; none is opened."""
    names = _Names(db, person_ids)
    report = XmpExport(True, len(names.asked), len(names.files))
    counts: Counter[str] = Counter()
    for file, _names in _Exporting(db, names, report, NullSink(), True).ready():
        if find_refusal(_path(file), file.format) is None:
            counts[display_path(_folder(file))] += 1
    return dict(sorted(counts.items()))


class _Names:
    """What is known at one moment: who is on which photo, its files, what was exported before."""

    def __init__(self, db: Connection, person_ids: Collection[PersonId] | None) -> None:
        with snapshot(db):
            self.everybody = exports.named_boxes(db)
            self.asked = (
                self.everybody if person_ids is None else exports.named_boxes(db, person_ids)
            )
            self.files = exports.photo_files(db, self.asked.keys())
            self.exported = exports.exported(db)


class _Exporting:
    """One export: counts what becomes of each file."""

    def __init__(
        self,
        db: Connection,
        names: _Names,
        report: XmpExport,
        sink: ProgressSink,
        into_photos: bool,
    ) -> None:
        self._db = db
        self._names = names
        self._report = report
        self._sink = sink
        self._into_photos = into_photos

    def run(self, should_stop: Callable[[], bool]) -> None:
        self._sink.started("photos" if self._into_photos else "sidecars", len(self._names.files))
        try:
            for file, names in self.ready():
                if should_stop():
                    self._report.is_stopped = True
                    break
                self._export(file, names)
        finally:
            self._sink.finished()

    def ready(self) -> Iterator[tuple[PhotoFile, list[bytes]]]:
        """Yield the files that are as they were scanned, each with the names near its own."""
        files = self._names.files
        roots = {file.root for file in files if not file.is_offline}
        there = {root for root in roots if Path(os.fsdecode(root)).is_dir()}
        for folder, of_folder in groupby(sorted(files, key=_folder_and_path), _folder):
            ready = [file for file in of_folder if self._is_ready(file, there)]
            if not ready:
                continue
            try:
                listing = [os.fsencode(path.name) for path in Path(os.fsdecode(folder)).iterdir()]
            except OSError as error:
                self._problem(folder, "unreadable", error.strerror or str(error))
                self._sink.advanced(len(ready))
                continue
            if not self._report.is_dry_run:
                clear_leftovers(folder, listing)
            names = by_stem(listing)
            for file in ready:
                yield file, names_near(os.path.split(file.stat.relpath)[1], names)

    def _is_ready(self, file: PhotoFile, there: set[bytes]) -> bool:
        """Tell whether the file is there and as it was scanned; count it if it is not."""
        if file.is_offline or file.root not in there:
            self._report.n_offline += 1
        elif file.state == "missing" or (status := _status(_path(file))) is None:
            self._report.n_missing += 1
        elif (
            file.state != "present"
            or file.decoder_turn is None
            or status != (file.stat.size_bytes, file.stat.mtime_ns)
        ):
            self._report.n_changed += 1
        else:
            return True
        self._sink.advanced()
        return False

    def _export(self, file: PhotoFile, names: list[bytes]) -> None:
        faces = self._writable(file)
        asked = [_face_in(file, each) for each in self._names.asked.get(file.photo_id, [])]
        photo = PhotoNames(
            self._db, file, names, faces, asked, self._names.exported.get(file.file_id, {}),
            is_dry_run=self._report.is_dry_run,
        )  # fmt: skip
        is_in_photo = self._into_photos and self._write_photo(photo, file, has_names=bool(asked))
        if not self._into_photos and photo.is_file_outdated():
            self._report.n_outdated += 1
        if not is_in_photo:
            self._count(photo.sidecar, photo.into_sidecar, has_names=bool(asked))
        for sidecar in photo.other_sidecars(with_target=is_in_photo):
            path = join(_folder(file), sidecar)
            self._count(path, partial(photo.refresh, sidecar), has_names=False)
        self._sink.advanced(1, display_path(photo.path), len(faces))

    def _writable(self, file: PhotoFile) -> list[NamedFace]:
        """Return everybody on the photo; a face that cannot be written is a problem of its own."""
        faces = []
        for each in self._names.everybody.get(file.photo_id, []):
            face = _face_in(file, each)
            flaw = find_flaw(face)
            if flaw is None:
                faces.append(face)
            else:
                self._problem(_path(file), "unwritable", flaw)
        return faces

    def _write_photo(self, photo: PhotoNames, file: PhotoFile, *, has_names: bool) -> bool:
        """Tell whether the photo's own file took the names, or is a problem.

        Else a sidecar will.
        """
        try:
            self._count(photo.path, photo.into_photo, has_names=has_names)
        except UnmergeableError as error:
            self._report.instead.append(Instead(display_path(photo.path), str(error)))
            if file.format in WRITABLE:
                message = f"{error}; its names go into a sidecar"
                self._sink.problem(photo.path, "export", "sidecar", message)
            return False
        return True

    def _count(self, path: bytes, write: Callable[[], bool], *, has_names: bool) -> None:
        try:
            has_changed = write()
        except MetadataError as error:
            self._problem(path, error.kind, error.cause)
            return
        if has_changed:
            self._report.written.append(display_path(path))
        elif has_names:
            self._report.n_unchanged += 1

    def _problem(self, path: bytes, kind: str, message: str) -> None:
        self._report.problems.append(ExportProblem(display_path(path), kind, message))
        self._sink.problem(path, "export", kind, message)


def _face_in(file: PhotoFile, named: NamedBox) -> NamedFace:
    """Return a face as it lies in the picture that is coded in a file: others count in that."""
    return NamedFace(named.name, box_to_stored(named.box, file.decoder_turn or 1))


def _path(file: PhotoFile) -> bytes:
    return join(file.root, file.stat.relpath)


def _folder(file: PhotoFile) -> bytes:
    return os.path.split(_path(file))[0]


def _folder_and_path(file: PhotoFile) -> tuple[bytes, bytes]:
    return os.path.split(_path(file))


def _status(path: bytes) -> tuple[int, int] | None:
    """Return a file's size and mtime_ns, or None if it is not there."""
    try:
        found = Path(os.fsdecode(path)).stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
