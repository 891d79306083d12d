"""What the services answer with: frozen rows for the command line, the window and plugins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facedex.db.catalog import (
    FaceRow,
    GroupRow,
    LibraryCounts,
    PersonRow,
    PhotoNotes,
    PhotoRow,
)
from facedex.db.doubtful_names import NameWithoutSource
from facedex.db.exports import NamedFaceRow
from facedex.db.issues import ProblemRow
from facedex.db.ledger import Outcomes
from facedex.services.telling.ledger import Ledger

if TYPE_CHECKING:
    from facedex.types import ClusterId, PersonId

__all__ = [
    "FaceRow",
    "GroupRow",
    "Ledger",
    "LibraryCounts",
    "NameWithoutSource",
    "NamedFaceRow",
    "Outcomes",
    "PersonRow",
    "PhotoNotes",
    "PhotoRow",
    "ProblemRow",
    "Shelf",
]


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the left side of the window lists and a face grid shows.

    ``kind`` is ``"person"`` (with ``person_id``), ``"group"`` (with ``cluster_id``), or one of
    ``"ungrouped"``, ``"ignored"``.
    """

    kind: str
    person_id: PersonId | None = None
    cluster_id: ClusterId | None = None
