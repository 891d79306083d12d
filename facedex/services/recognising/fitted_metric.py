"""What a metric learned from the labels, kept so that suggestions do not change with every label.

It is learned when matching needs it first after a metric was chosen or audited. What is decided
later is compared by it, in whatever order it is decided and by whatever process.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import numpy as np

from facedex.db.connection import transaction
from facedex.db.library import get_meta, set_meta
from facedex.matching.metrics import Metric, fit_metric
from facedex.services.recognising.metric_choice import FITTED, load_choice, types_of
from facedex.types import MetricName

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facedex.db.connection import Connection
    from facedex.db.faces import EncodedFaces

_LEARNS = {MetricName.STD, MetricName.VARIANCE, MetricName.WHITENED}


def library_metric(db: Connection, model_id: str, known: EncodedFaces) -> Metric:
    """Return the metric that the library uses; what it learned from labels is kept.

    Parameters
    ----------
    known : faces of this model; what was not learned yet is learned from those with a name.
    """
    name = load_choice(db, model_id).name
    if name not in _LEARNS:
        return fit_metric(name, known.encoding[:0], known.person[:0], types_of(model_id))
    stored = json.loads(get_meta(db, FITTED) or "null")
    if stored is not None and (stored["model"], stored["name"]) == (model_id, name):
        return Metric(
            name,
            is_unit=stored["is_unit"],
            weights=_from_text(stored["weights"]),
            rotation=_from_text(stored["rotation"]),
        )
    labelled = known.person > 0
    metric = fit_metric(name, known.encoding[labelled], known.person[labelled])
    with transaction(db):
        set_meta(db, FITTED, json.dumps(_to_json(metric, model_id)))
    return metric


def _to_json(metric: Metric, model_id: str) -> dict[str, object]:
    return {
        "model": model_id,
        "name": metric.name,
        "is_unit": metric.is_unit,
        "weights": _to_text(metric.weights),
        "rotation": _to_text(metric.rotation),
    }


def _to_text(array: NDArray[np.float32] | None) -> list[object] | None:
    """Return an array as its shape and its little-endian float32 in base64."""
    if array is None:
        return None
    return [list(array.shape), base64.b64encode(array.astype("<f4").tobytes()).decode()]


def _from_text(stored: list[object] | None) -> NDArray[np.float32] | None:
    if stored is None:
        return None
    shape, text = stored
    values = np.frombuffer(base64.b64decode(str(text)), dtype="<f4").astype(np.float32)
    return values.reshape(tuple(shape) if isinstance(shape, list) else -1)
