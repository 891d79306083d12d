"""Which metric a library uses: the owner's choice, else the audit's, else the default."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from facedex.db.library import get_meta, set_meta
from facedex.matching.calibration import SHIPPED, Calibration
from facedex.matching.metrics import FaceTypes, Metric
from facedex.naming.encoder import DLIB, is_dlibs
from facedex.paths import shipped
from facedex.services.recognising.encoder_facts import find_facts
from facedex.types import MetricName

if TYPE_CHECKING:
    from facedex.db.connection import Connection

FITTED = "fitted metric"
"""Key of ``meta``: what the metric has learned from the labels (``fitted_metric``)."""

_KEY = "metric"
_TYPE_FLOOR = 0.9344


@dataclass(frozen=True, slots=True)
class MetricChoice:
    """A library's metric and what its labels say about distances.

    Attributes
    ----------
    name : the metric.
    chosen_by : ``default``, ``audit`` or ``owner``.
    slope, shift : see :class:`~facedex.matching.calibration.Calibration`.
    audited : what the last audit saw: ``model``, ``at``, ``n_faces``, ``n_people``, ``table``.
    """

    name: MetricName
    chosen_by: str = "default"
    slope: float = 1.0
    shift: float = 0.0
    audited: dict[str, Any] = field(default_factory=dict)

    @property
    def calibration(self) -> Calibration:
        """Return the shipped calibration of the metric, with the library's correction."""
        return replace(SHIPPED[self.name], slope=self.slope, shift=self.shift)


@cache
def load_types() -> FaceTypes:
    """Return the types of the faces that dlib's network encodes."""
    return FaceTypes(np.load(shipped("assets") / "face_types.npy"), _TYPE_FLOOR)


def types_of(model_id: str) -> FaceTypes | None:
    """Return the types of a model's encodings, or None."""
    return load_types() if is_dlibs(model_id) else None


def default_metric(model_id: str) -> MetricName:
    """Return what is best for people who were never seen (docs/benchmarks.md).

    A plugin's encoder says what is near in plain distances.
    """
    return DLIB.default_metric if is_dlibs(model_id) else MetricName.NONE


def plain_metric(model_id: str) -> Metric:
    """Return the default metric, which learns nothing from labels."""
    name = default_metric(model_id)
    return Metric(name, is_unit=name is MetricName.TYPICALITY, types=types_of(model_id))


def load_choice(db: Connection, model_id: str) -> MetricChoice:
    """Return what the library uses for a model; a choice made for another counts no more."""
    stored = get_meta(db, _KEY)
    if stored is not None:
        values = json.loads(stored)
        if values["audited"].get("model", model_id) == model_id:
            return MetricChoice(**{**values, "name": MetricName(values["name"])})
    return MetricChoice(default_metric(model_id))


def calibration_of(db: Connection, model_id: str, choice: MetricChoice) -> Calibration:
    """Return the calibration of a model's distances, a plugin's by the cuts that it gave."""
    facts = find_facts(db, model_id)
    if facts is None or is_dlibs(model_id):
        return choice.calibration
    name = facts.default_metric
    return Calibration(facts.ratios[name], facts.look_alikes[name])


def save_choice(db: Connection, choice: MetricChoice) -> None:
    """Store the library's choice; call it inside a transaction."""
    set_meta(db, _KEY, json.dumps(asdict(choice)))
    learn_again(db)


def learn_again(db: Connection) -> None:
    """Let the metric learn from the labels anew when it is used next; inside a transaction."""
    set_meta(db, FITTED, "null")
