"""The names of one photo into its sidecar or its own file, with a note of what was written."""

from __future__ import annotations

import json
import os
import time
from dataclasses import astuple
from typing import TYPE_CHECKING, Literal, NamedTuple

from facedex.db import exports, files
from facedex.db.connection import transaction
from facedex.db.exports import Exported
from facedex.errors import MetadataError
from facedex.geometry import coded_shape
from facedex.imaging.hashes import content_hash
from facedex.paths import join
from facedex.scan.walker import file_stat
from facedex.xmp.editing import UnmergeableError
from facedex.xmp.files import replace_file
from facedex.xmp.merging import faces_in, is_outdated
from facedex.xmp.photo_files import Scanned, find_refusal, plan_photo
from facedex.xmp.sidecars import find_sidecars, is_short, plan_sidecar, sidecar_to_write
from facedex.xmp.traces import NO_TRACES, from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facedex.db.connection import Connection
    from facedex.db.exports import PhotoFile
    from facedex.types import FileStat
    from facedex.xmp.files import Replacement
    from facedex.xmp.merging import NamedFace
    from facedex.xmp.traces import Traces

Place = Literal["file", "sidecar", "short_sidecar"]
SIDECARS: tuple[Place, ...] = ("sidecar", "short_sidecar")


class PhotoNames:
    """One file of a photo, who is on it, and what facedex wrote of that before.

    Before a file is replaced, it is noted what will have been written, so that a process that is
    killed in between leaves no name that facedex could not take back.

    Parameters
    ----------
    names : those of the file's folder that matter for its sidecars.
    faces : everybody confirmed on the photo, in the picture that is coded in the file.
    asked : those of them who are to be written; of the others, those written before are kept true.
    saved : what was noted of the file before, by place.
    """

    def __init__(
        self,
        db: Connection,
        file: PhotoFile,
        names: Sequence[bytes],
        faces: Sequence[NamedFace],
        asked: Sequence[NamedFace],
        saved: Mapping[str, Exported],
        *,
        is_dry_run: bool,
    ) -> None:
        self._db = db
        self._file = file
        self._names = names
        self._faces = faces
        self._asked = asked
        self._is_dry_run = is_dry_run
        self.path = join(file.root, file.stat.relpath)
        self._shape = coded_shape(
            file.width_px, file.height_px, file.orientation, file.decoder_turn or 1
        )
        folder, name = os.path.split(self.path)
        self._folder, self._name = folder, name
        self._target = sidecar_to_write(name, names)
        self._saved: dict[str, Exported | None] = dict(saved)
        self._traces = {place: from_json(each.traces) for place, each in saved.items()}

    @property
    def sidecar(self) -> bytes:
        """The path of the sidecar that takes the names, there or not."""
        return join(self._folder, self._target)

    def is_file_outdated(self) -> bool:
        """Tell whether the photo's own file holds a name of facedex's that is no longer true."""
        return is_outdated(self._traces.get("file", NO_TRACES), self._faces)

    def into_photo(self) -> bool:
        """Write the names into the photo's own file; tell whether it changed.

        Raises
        ------
        UnmergeableError
            If it may not be written into, or not without loss.
        MetadataError, StorageFault
        """
        file = self._file
        refusal = find_refusal(self.path, file.format)
        if refusal is not None:
            raise UnmergeableError(refusal)
        if file.content_hash is None:
            raise MetadataError(self.path, "write", "it was not read to its end yet", "changed")
        shape = self._shape
        scanned = Scanned(
            file.format, shape.size, file.content_hash, file.image_hash, shape.orientation
        )
        before = self._traces.get("file", NO_TRACES)
        wanted = self._wanted(before)
        saved = self._saved.get("file")
        if saved is not None and saved.settled == _settled(scanned, wanted):
            return False
        change, after = plan_photo(self.path, scanned, wanted, before)
        if change.new is not None:
            scanned = scanned._replace(content_hash=content_hash(change.new))
        return self._make("file", change, before, after, _settled(scanned, wanted))

    def into_sidecar(self) -> bool:
        """Write the names into the sidecar; tell whether it changed.

        Raises
        ------
        MetadataError, StorageFault
        """
        place = self._place(self._target)
        return self._update(place, self._target, self._wanted(self._traces.get(place, NO_TRACES)))

    def other_sidecars(self, *, with_target: bool) -> list[bytes]:
        """Return the names of sidecars that hold something of facedex's, beside the one to write.

        What was noted of sidecars that are gone is forgotten.

        Parameters
        ----------
        with_target : that one too, for the names stand in the photo itself now.
        """
        there: dict[Place, bytes] = {}
        for name in find_sidecars(self._name, self._names):
            there.setdefault(self._place(name), name)
        places = [place for place in SIDECARS if place in self._traces]
        if not with_target:
            places = [place for place in places if place != self._place(self._target)]
        for place in places:
            if place not in there and not self._is_dry_run:
                self._note(place, NO_TRACES)
        return [there[place] for place in places if place in there]

    def refresh(self, sidecar: bytes) -> bool:
        """Keep true what facedex wrote into a sidecar, adding nothing; tell whether it changed.

        Raises
        ------
        MetadataError, StorageFault
        """
        place = self._place(sidecar)
        return self._update(place, sidecar, faces_in(self._faces, self._traces[place]))

    def _place(self, sidecar: bytes) -> Place:
        return "short_sidecar" if is_short(self._name, sidecar) else "sidecar"

    def _wanted(self, before: Traces) -> list[NamedFace]:
        kept = faces_in(self._faces, before)
        return [face for face in self._faces if face in self._asked or face in kept]

    def _update(self, place: Place, sidecar: bytes, faces: list[NamedFace]) -> bool:
        before = self._traces.get(place, NO_TRACES)
        change, after = plan_sidecar(
            join(self._folder, sidecar), faces, self._shape.size, before, self._shape.orientation
        )
        return self._make(place, change, before, after)

    def _make(
        self,
        place: Place,
        change: Replacement,
        before: Traces,
        after: Traces,
        settled: bytes | None = None,
    ) -> bool:
        if self._is_dry_run:
            return change.is_needed
        if not change.is_needed:
            self._note(place, after, settled)
            return False
        saved = self._saved.get(place)
        if before | after != before:
            self._note(place, before | after)
        try:
            status = replace_file(change)
        except MetadataError:
            self._save(place, saved)  # the file is as it was
            raise
        read = None
        if place == "file" and status is not None and change.new is not None:
            stat = file_stat(self._file.stat.relpath, status)
            read = _Read(stat, time.time_ns(), content_hash(change.new))
        self._note(place, after, settled, read)
        return True

    def _note(
        self, place: Place, traces: Traces, settled: bytes | None = None, read: _Read | None = None
    ) -> None:
        """Save what is in a place, and what the photo's file is now, where that is news."""
        written = None if traces == NO_TRACES else Exported(to_json(traces), settled)
        if read is None and written == self._saved.get(place):
            return
        self._save(place, written, read)

    def _save(self, place: Place, written: Exported | None, read: _Read | None = None) -> None:
        with transaction(self._db):
            exports.save_exported(self._db, self._file.file_id, place, written)
            if read is not None:
                files.set_rewritten(self._db, self._file.file_id, *read)
        self._saved[place] = written


class _Read(NamedTuple):
    """A photo's file as facedex wrote it and read it back."""

    stat: FileStat
    hashed_ns: int
    content_hash: bytes


def _settled(scanned: Scanned, faces: Sequence[NamedFace]) -> bytes:
    """Return a hash of a file and of what is to be written into it."""
    facts = [scanned.content_hash.hex(), scanned.size, [(f.name, astuple(f.box)) for f in faces]]
    return content_hash(json.dumps(facts).encode())
