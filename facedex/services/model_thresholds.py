"""How near is near enough, by model: facedex's own knowledge, or what a plugin's encoder gave.

What a plugin gave is kept in the library, so that faces are matched where the plugin is not loaded.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from facedex.db.library import get_meta, set_meta
from facedex.matching.thresholds import DLIB_RESNET, Thresholds

if TYPE_CHECKING:
    from facedex.db.connection import Connection
    from facedex.types import EncoderThresholds

DLIB_MODELS = "dlib-resnet-v1-"


def keep_thresholds(db: Connection, model_id: str, thresholds: EncoderThresholds | None) -> None:
    """Remember what a plugin's encoder says of its distances; None forgets it."""
    if not model_id.startswith(DLIB_MODELS):
        set_meta(db, _key(model_id), json.dumps(thresholds and asdict(thresholds)))


def find_thresholds(db: Connection, model_id: str) -> Thresholds | None:
    """Return the thresholds of a model; None where nobody knows any."""
    if model_id.startswith(DLIB_MODELS):
        return DLIB_RESNET
    said = json.loads(get_meta(db, _key(model_id)) or "null")
    if said is None:
        return None
    return Thresholds(
        tuple(said["label_counts"]), tuple(said["cuts"]), said["group_cut"], said["attach_cut"]
    )


def _key(model_id: str) -> str:
    return f"thresholds {model_id}"
