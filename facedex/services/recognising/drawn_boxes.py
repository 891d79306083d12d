"""Looking again at drawn boxes that an earlier version encoded though they may be on nothing.

They had no way of telling a face in a drawn box from background. A box in which a detector sees a
face gets the quality that it deserves; of the others only the name is left.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from facedex.db import faces, regions
from facedex.db.connection import transaction
from facedex.pipeline.messages import EncodeResult
from facedex.pipeline.scan_run import run_jobs
from facedex.services.recognising.encode_named import encode_jobs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.pipeline.scan_run import ScanRun
    from facedex.types import Box, FaceId


def judge_drawn_boxes(run: ScanRun) -> None:
    """Encode again what has a quality below the encoder's floor, or forget its encoding.

    What cannot be read now is asked for again; until then it is left out of matching.
    """
    floor = 0.0 if run.encoder is None else run.encoder.quality_floor
    doubtful = faces.encoded_on_nothing(run.db, run.model_id, floor)
    todo = {
        photo_id: [(face_id, box) for _photo, face_id, box in entries]
        for photo_id, entries in groupby(doubtful, key=lambda row: row[0])
    }
    if not todo:
        return
    title, work = "Looking again at drawn boxes", encode_jobs(run.db, todo)
    for photo_id, _file, result in run_jobs(run, title, len(todo), work, EncodeResult):
        if result.problem is None:
            _store(run, todo[photo_id], result)


def _store(run: ScanRun, entries: Sequence[tuple[FaceId, Box]], result: EncodeResult) -> None:
    with transaction(run.db):
        for (face_id, _box), encoded in zip(entries, result.faces, strict=True):
            face = run.usable(encoded)
            if face is None:
                faces.forget_encoding(run.db, face_id, run.model_id)
                regions.mark_unencodable(run.db, face_id)
            else:
                faces.set_encoding(
                    run.db, face_id, run.model_id, face.landmarks, face.encoding, face.quality
                )
