"""How a library's photos are searched: as at its last scan, unless the user says otherwise.

Another detector, size or encoder means that every photo is searched again, and that small faces
which nobody has named go: nobody should get that by leaving an option out.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from facedex.db.connection import LIBRARY_NAME, transaction
from facedex.db.library import get_meta, open_library, set_meta

if TYPE_CHECKING:
    from facedex.config import Settings
    from facedex.db.connection import Connection
    from facedex.types import EngineConfig

_KEY = "search"


def as_last_time(settings: Settings) -> tuple[Settings, dict[str, Any]]:
    """Return the settings with what they do not say as at the last scan; and what that changed.

    A flag, a variable and the file of settings say something. A working size belongs to its
    detector: it is not kept where another one is asked for.
    """
    kept = _read(settings)
    given = settings.model_fields_set
    another = {
        name for name in ("detector", "thorough") if kept.get(name) != getattr(settings, name)
    }
    if given & another:
        kept.pop("working_size", None)
    changed = {
        name: value
        for name, value in kept.items()
        if name not in given and value != getattr(settings, name)
    }
    return settings.model_copy(update=changed), changed


def keep(db: Connection, engine: EngineConfig) -> None:
    """Remember how the photos are searched from now on."""
    search = {
        "detector": engine.detector,
        "thorough": engine.is_thorough,
        "working_size": engine.working_size,
        "encoder": engine.encoder,
        "encode_crops": engine.encode_crops,
    }
    with transaction(db):
        set_meta(db, _KEY, json.dumps(search))


def _read(settings: Settings) -> dict[str, Any]:
    if not (settings.library / LIBRARY_NAME).is_file():
        return {}
    with contextlib.closing(open_library(settings.library)) as db:
        kept = get_meta(db, _KEY)
    found: dict[str, Any] = {} if kept is None else json.loads(kept)
    return found
