"""What plugins' encoders give of their distances, stored for when the plugin is not there."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from facedex.db.library import get_meta, set_meta
from facedex.types import EncoderThresholds

if TYPE_CHECKING:
    from facedex.db.connection import Connection


def save_thresholds(db: Connection, model_id: str, thresholds: EncoderThresholds | None) -> None:
    """Store what an encoder says; None forgets it."""
    set_meta(db, _key(model_id), json.dumps(thresholds and asdict(thresholds)))


def find_thresholds(db: Connection, model_id: str) -> EncoderThresholds | None:
    """Return what is stored of a model, by this version or another.

    What is not known is left out.
    """
    given = json.loads(get_meta(db, _key(model_id)) or "null")
    if given is None:
        return None
    known = {field.name for field in fields(EncoderThresholds)} & given.keys()
    values = {name: given[name] for name in known}
    values |= {name: tuple(values[name]) for name in ("label_counts", "cuts")}
    return EncoderThresholds(**values)


def _key(model_id: str) -> str:
    return f"thresholds {model_id}"
