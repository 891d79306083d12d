"""What is true of a model's encodings, also where the plugin that brought its encoder is not loaded.

facedex knows dlib's itself; what a plugin's encoder says of its distances is stored in the library.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from facedex.db.library import get_meta, set_meta
from facedex.naming.encoder import facts_of, is_dlibs
from facedex.types import EncoderThresholds

if TYPE_CHECKING:
    from facedex.db.connection import Connection
    from facedex.naming.encoder import EncoderFacts


def save_thresholds(db: Connection, model_id: str, thresholds: EncoderThresholds | None) -> None:
    """Store what a plugin's encoder says of its distances; None forgets it."""
    if not is_dlibs(model_id):
        set_meta(db, _key(model_id), json.dumps(thresholds and asdict(thresholds)))


def find_facts(db: Connection, model_id: str) -> EncoderFacts | None:
    """Return what is true of a model's encodings; None where nobody knows what is near."""
    given = json.loads(get_meta(db, _key(model_id)) or "null")
    return facts_of(model_id, None if given is None else _thresholds(given))


def _thresholds(given: dict[str, object]) -> EncoderThresholds:
    """Return what was stored, by this version or one before; what a later one added is left out."""
    values = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in given.items()
        if name in EncoderThresholds.__dataclass_fields__
    }
    return EncoderThresholds(**values)  # type: ignore[arg-type]


def _key(model_id: str) -> str:
    return f"thresholds {model_id}"
