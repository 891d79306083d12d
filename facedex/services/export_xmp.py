"""Taking the names out: sidecars beside the photos, which other programs read."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from facedex.db import exports
from facedex.db.connection import snapshot
from facedex.errors import MetadataError
from facedex.paths import display_path, join
from facedex.progress import NullSink
from facedex.xmp.merging import NamedFace, find_flaw
from facedex.xmp.sidecars import by_stem, names_near, sidecar_to_write, write_sidecar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from facedex.db.connection import Connection
    from facedex.db.exports import NamedBox, PhotoFile
    from facedex.progress import ProgressSink
    from facedex.types import PersonId, PhotoId


@dataclass(frozen=True, slots=True)
class ExportProblem:
    """A file whose names could not be written, or not all of them; ``path`` is text to show."""

    path: str
    kind: str
    message: str


@dataclass(slots=True)
class XmpExport:
    """What became of every file of the photos with named faces.

    Attributes
    ----------
    written : the sidecars that were written, or would be, as text to show.
    n_unchanged : files whose sidecar has all of it already.
    n_missing : files that are gone.
    n_offline : files on a disk that is not there.
    n_changed : files that changed since the last scan, or that it could not read: who is on
        them now is not known.
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
    problems: list[ExportProblem] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """What a command ends with."""
        return MetadataError.exit_code if self.problems else 0


def export_xmp(
    db: Connection,
    person_ids: Collection[PersonId] | None = None,
    *,
    sink: ProgressSink | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    is_dry_run: bool = False,
) -> XmpExport:
    """Write the confirmed names into a sidecar beside every file of a photo; no photo is touched.

    A sidecar that is there keeps what it holds. One that has the names already is not touched.

    Parameters
    ----------
    person_ids : only the faces of these people; None for everybody.

    Raises
    ------
    StorageFault
        If the disk is full or failing; what was written until then is whole.
    """
    with snapshot(db):
        named = exports.named_boxes(db, person_ids)
        files = exports.photo_files(db, named.keys())
    report = XmpExport(is_dry_run, len(named), len(files))
    _Exporting(named, report, sink or NullSink()).run(files, should_stop)
    return report


class _Exporting:
    """One export: counts what becomes of each file."""

    def __init__(
        self, named: dict[PhotoId, list[NamedBox]], report: XmpExport, sink: ProgressSink
    ) -> None:
        self._named = named
        self._report = report
        self._sink = sink

    def run(self, files: list[PhotoFile], should_stop: Callable[[], bool]) -> None:
        self._sink.started("sidecars", len(files))
        try:
            for file, names in self._ready(files):
                if should_stop():
                    self._report.is_stopped = True
                    break
                self._write(file, names)
        finally:
            self._sink.finished()

    def _ready(self, files: list[PhotoFile]) -> Iterator[tuple[PhotoFile, list[bytes]]]:
        """Yield the files that are as they were scanned, each with the names near its own."""
        roots = {file.root for file in files if not file.is_offline}
        there = {root for root in roots if Path(os.fsdecode(root)).is_dir()}
        for folder, of_folder in groupby(sorted(files, key=_folder_and_path), _folder):
            ready = [file for file in of_folder if self._is_ready(file, there)]
            if not ready:
                continue
            try:
                listing = Path(os.fsdecode(folder)).iterdir()
                names = by_stem(os.fsencode(path.name) for path in listing)
            except OSError as error:
                self._problem(folder, "unreadable", error.strerror or str(error))
                self._sink.advanced(len(ready))
                continue
            for file in ready:
                yield file, names_near(os.path.split(file.stat.relpath)[1], names)

    def _is_ready(self, file: PhotoFile, there: set[bytes]) -> bool:
        """Tell whether the file is there and as it was scanned; count it if it is not."""
        if file.is_offline or file.root not in there:
            self._report.n_offline += 1
        elif file.state == "missing" or (status := _status(_path(file))) is None:
            self._report.n_missing += 1
        elif file.state != "present" or status != (file.stat.size_bytes, file.stat.mtime_ns):
            self._report.n_changed += 1
        else:
            return True
        self._sink.advanced()
        return False

    def _write(self, file: PhotoFile, names: list[bytes]) -> None:
        folder, name = os.path.split(_path(file))
        faces = []
        for face in (NamedFace(each.name, each.box) for each in self._named[file.photo_id]):
            flaw = find_flaw(face)
            if flaw is None:
                faces.append(face)
            else:
                self._problem(_path(file), "unwritable", flaw)
        sidecar = join(folder, sidecar_to_write(name, names))
        size = (file.width_px, file.height_px)
        try:
            if faces and write_sidecar(sidecar, faces, size, is_dry_run=self._report.is_dry_run):
                self._report.written.append(display_path(sidecar))
            elif faces:
                self._report.n_unchanged += 1
        except MetadataError as error:
            self._problem(sidecar, error.kind, error.cause)
        self._sink.advanced(1, display_path(sidecar), len(faces))

    def _problem(self, path: bytes, kind: str, message: str) -> None:
        self._report.problems.append(ExportProblem(display_path(path), kind, message))
        self._sink.problem(path, "export", kind, message)


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
