"""Reading the ``.xmp`` files beside photos that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db import sources
from facedex.db.connection import transaction
from facedex.paths import display_path, join
from facedex.pipeline.said import save_xmp
from facedex.services.takeover.picasa_files import read_small
from facedex.xmp.reading import XmpFacts, read_facts

if TYPE_CHECKING:
    from facedex.db.connection import Connection
    from facedex.progress import ProgressSink

MAX_SIDECAR_BYTES = 64 << 20


def read_sidecars(db: Connection, sink: ProgressSink) -> None:
    """Read the sidecars whose bytes are not those in the database."""
    changed = [one for one in sources.documents(db, ".xmp") if not one.is_read]
    if not changed:
        return
    sink.started("Reading sidecars", len(changed))
    for sidecar in changed:
        path = join(sidecar.root, sidecar.relpath)
        try:
            data = read_small(path, MAX_SIDECAR_BYTES + 1)
        except OSError as exc:
            sink.problem(path, "xmp", "io", exc.strerror or str(exc))
            continue
        facts = (
            read_facts(data)
            if len(data) <= MAX_SIDECAR_BYTES
            else XmpFacts(problems=(f"not read: it is over {MAX_SIDECAR_BYTES >> 20} MB",))
        )
        for problem in facts.problems:
            sink.problem(path, "xmp", "xmp", problem)
        with transaction(db):
            save_xmp(db, sidecar.file_id, sidecar.content_hash, facts)
        sink.advanced(1, display_path(path))
    sink.finished()
