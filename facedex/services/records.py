"""What the services answer with: frozen rows for the command line, the window and plugins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facedex.types import Box, ClusterId, FaceId, FaceState, PersonId, PhotoId, Source


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A named person with the number of their faces."""

    person_id: PersonId
    name: str
    n_faces: int
    n_confirmed: int
    n_suggested: int


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A cluster of look-alike faces that belongs to nobody yet."""

    cluster_id: ClusterId
    n_faces: int


@dataclass(frozen=True, slots=True)
class FaceRow:
    """One face, as a list or a photo shows it.

    Attributes
    ----------
    person_id, person_name : of the confirmed person, else of the suggested one, else None.
    box : upright frame, 0..1.
    path : one existing path of the photo, absolute, as text for people (not for opening).
    distance : to the suggested person's centroid, where there is a suggestion.
    """

    face_id: FaceId
    photo_id: PhotoId
    person_id: PersonId | None
    person_name: str | None
    state: FaceState
    source: Source | None
    box: Box
    path: str
    distance: float | None
    cluster_id: ClusterId | None


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """A photo with all its faces.

    ``width_px`` and ``height_px`` are of the upright picture.
    """

    photo_id: PhotoId
    path: str
    width_px: int
    height_px: int
    taken_us: int | None
    faces: tuple[FaceRow, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the left side of the window lists and a face grid shows.

    ``kind`` is ``"person"`` (with ``person_id``), ``"group"`` (with ``cluster_id``), or one of
    ``"ungrouped"``, ``"ignored"``.
    """

    kind: str
    person_id: PersonId | None = None
    cluster_id: ClusterId | None = None
