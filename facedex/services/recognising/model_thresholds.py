"""How near is near enough, by model: facedex's own knowledge, or what a plugin's encoder gave.

What a plugin gave is kept in the library, so that faces are matched where the plugin is not loaded.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from facedex.db.library import get_meta, set_meta
from facedex.matching.calibration import Calibration
from facedex.matching.likeness import DLIB_RESNET as DLIB_LIKENESS
from facedex.matching.likeness import Likeness
from facedex.matching.thresholds import DLIB_RESNET, GroupRule

if TYPE_CHECKING:
    from facedex.db.connection import Connection
    from facedex.types import EncoderThresholds

DLIB_MODELS = "dlib-resnet-v1-"


def keep_thresholds(db: Connection, model_id: str, thresholds: EncoderThresholds | None) -> None:
    """Remember what a plugin's encoder says of its distances; None forgets it."""
    if not is_dlibs(model_id):
        set_meta(db, _key(model_id), json.dumps(thresholds and asdict(thresholds)))


def is_dlibs(model_id: str) -> bool:
    """Tell whether a model is dlib's: facedex knows its distances itself."""
    return model_id.startswith(DLIB_MODELS)


def find_group_rule(db: Connection, model_id: str) -> GroupRule | None:
    """Return when faces that a model encoded are one group; None where nobody knows it."""
    if is_dlibs(model_id):
        return DLIB_RESNET
    said = _find_said(db, model_id)
    return None if said is None else GroupRule.average_linkage(said["group_cut"])


def find_calibration(db: Connection, model_id: str) -> Calibration | None:
    """Return what the cuts of a plugin's encoder say of probabilities; None for any other model."""
    said = None if is_dlibs(model_id) else _find_said(db, model_id)
    return None if said is None else Calibration.from_cuts(said["label_counts"], said["cuts"])


def find_likeness(db: Connection, model_id: str) -> Likeness | None:
    """Return how likely two groups of a model's faces are one person; None where nobody knows it."""
    if is_dlibs(model_id):
        return DLIB_LIKENESS
    said = _find_said(db, model_id)
    return None if said is None else Likeness.from_cut(said["group_cut"])


def _find_said(db: Connection, model_id: str) -> dict[str, Any] | None:
    said: dict[str, Any] | None = json.loads(get_meta(db, _key(model_id)) or "null")
    return said


def _key(model_id: str) -> str:
    return f"thresholds {model_id}"
