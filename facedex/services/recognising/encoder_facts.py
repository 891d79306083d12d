"""What is true of a model's encodings, also where its encoder's plugin is not loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db.encoders import find_thresholds
from facedex.naming.encoder import facts_of

if TYPE_CHECKING:
    from facedex.db.connection import Connection
    from facedex.naming.encoder import EncoderFacts


def find_facts(db: Connection, model_id: str) -> EncoderFacts | None:
    """Return what is true of a model's encodings; None where nobody knows what is near."""
    return facts_of(model_id, find_thresholds(db, model_id))
