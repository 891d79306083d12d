"""Suggesting people for faces without a name, and grouping the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facedex.db import faces, matching, people
from facedex.db.connection import transaction
from facedex.matching.regrouping import grown_groups
from facedex.services.recognising.encoder_facts import find_facts
from facedex.services.recognising.library_faces import (
    load_faces,
    load_rules,
    make_recogniser,
    pairs_apart,
)
from facedex.types import ClusterId, FaceId

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from facedex.db.connection import Connection
    from facedex.db.faces import EncodedFaces
    from facedex.matching.matcher import Suggestions
    from facedex.naming.encoder import GroupRule


@dataclass(frozen=True, slots=True)
class MatchReport:
    """How many faces were suggested a person, and how many were newly put into groups."""

    n_suggested: int = 0
    n_grouped: int = 0


def match_faces(db: Connection, model_id: str) -> MatchReport:
    """Compute all suggestions anew and let the groups of unknown faces grow.

    Nothing is done for a model of whose distances nobody knows what is near.

    Only faces without a confirmed person are touched, and none that is in a group is moved to
    another. What is decided meanwhile, in the window for instance, stands.
    """
    known = load_faces(db, model_id)
    facts = find_facts(db, model_id)
    if not len(known.face) or facts is None:
        return MatchReport()
    is_suggested = _suggest(db, model_id, known)
    return MatchReport(int(is_suggested.sum()), _group(db, known, facts.group_rule, is_suggested))


def _open_faces(known: EncodedFaces) -> NDArray[np.bool_]:
    is_open: NDArray[np.bool_] = (known.person == 0) & ~known.is_ignored & ~known.is_gone
    return is_open


def _suggest(db: Connection, model_id: str, known: EncodedFaces) -> NDArray[np.bool_]:
    """Replace all suggestions; return which faces have one."""
    suggested = make_recogniser(db, model_id, known).learn(load_rules(db, known))
    with transaction(db):
        old = matching.stored_suggestions(db)
        matching.replace_suggestions(db, old, rows_to_store(known.face, suggested))
        matching.count_match(db)
    is_suggested = np.zeros(len(known.face), dtype=np.bool_)
    is_suggested[suggested.faces] = True
    return is_suggested


def rows_to_store(
    face_ids: NDArray[np.int64], suggested: Suggestions
) -> Iterator[tuple[int, int, float, float]]:
    """Yield face id, person, distance and probability of each suggestion."""
    yield from zip(
        face_ids[suggested.faces].tolist(),
        *(column.tolist() for column in suggested[1:]),
        strict=True,
    )


def _group(
    db: Connection, known: EncodedFaces, rule: GroupRule, is_suggested: NDArray[np.bool_]
) -> int:
    is_open = _open_faces(known)
    todo = np.flatnonzero(is_open & ((known.cluster > 0) | ~is_suggested))
    after = grown_groups(
        known.encoding[todo],
        known.photo[todo],
        rule,
        known.cluster[todo],
        pairs_apart(db, known.face[todo]),
    )
    places = zip(
        known.face[todo].tolist(), known.cluster[todo].tolist(), after.tolist(), strict=True
    )
    new: dict[int, ClusterId] = {}
    n_joined = 0
    with transaction(db):
        for face, before, target in places:
            if before or not target:
                continue
            if target < 0 and target not in new:
                new[target] = people.add_cluster(db)
            cluster_id = new.get(target, ClusterId(target))
            n_joined += faces.join_cluster(db, FaceId(face), cluster_id)
        people.drop_empty_clusters(db)
    return n_joined
