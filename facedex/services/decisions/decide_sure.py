"""Confirming all suggestions that are sure enough, without looking at each: one decision, one undo.

What "99.5 % sure" is worth is measured: docs/benchmarks.md, how sure a suggestion is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facedex.db import catalog
from facedex.db.connection import transaction
from facedex.errors import UsageError
from facedex.services.decisions.decide_faces import decide_suggested, right_and_wrong
from facedex.services.decisions.journal import Recording

if TYPE_CHECKING:
    from collections.abc import Collection

    from facedex.db.connection import Connection
    from facedex.services.decisions.decided import Decided
    from facedex.types import FaceId, PersonId

SHOWN = 60
"""How many of the least sure are named, to be looked at."""


@dataclass(frozen=True, slots=True)
class SureSuggestions:
    """The suggestions that are at least so likely to be right.

    Attributes
    ----------
    least : the probability asked for.
    n_faces, n_people : how many they are, and of how many people.
    n_wrong : how many of them are expected to be wrong, by what each says of itself.
    least_sure : the ``SHOWN`` least sure faces, the least sure first.
    """

    least: float
    n_faces: int
    n_people: int
    n_wrong: float
    least_sure: tuple[FaceId, ...]


def count_sure(
    db: Connection, least: float, person_ids: Collection[PersonId] | None = None
) -> SureSuggestions:
    """Return what :func:`confirm_sure` would confirm."""
    found = catalog.sure_suggestions(db, least, person_ids)
    return SureSuggestions(
        least,
        len(found),
        len({person_id for _face, person_id, _p in found}),
        sum(1 - p for _face, _who, p in found),
        tuple(face_id for face_id, _who, _p in found[:SHOWN]),
    )


def confirm_sure(
    db: Connection,
    least: float,
    person_ids: Collection[PersonId] | None = None,
    wrong: Collection[FaceId] = (),
    counted: SureSuggestions | None = None,
) -> Decided:
    """Confirm the suggestions that are at least so likely.

    Parameters
    ----------
    least : a probability, 0..1.
    person_ids : only those of these people; None for everybody's.
    wrong : faces whose suggestion is rejected instead.
    counted : what the user was told of.

    Raises
    ------
    UsageError
        If that is not what is sure by now.
    """
    with transaction(db):
        if counted is not None and counted != count_sure(db, least, person_ids):
            raise UsageError("other suggestions are sure by now; look at them first")
        sure = [face_id for face_id, _who, _p in catalog.sure_suggestions(db, least, person_ids)]
        right = [face_id for face_id in sure if face_id not in set(wrong)]
        record = Recording(db)
        decide_suggested(record, right, wrong)
        done = right_and_wrong(len(right), len(wrong))
        return record.write("confirm", lambda _n: f"{done}, at least {100 * least:.6g} % sure")
