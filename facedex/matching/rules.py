"""What was decided about faces, as the recogniser takes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from facedex.matching.constraints import key_set, pair_keys
from facedex.types import FaceId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from facedex.types import PhotoId


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """What was decided about the faces, which are given by their index.

    Attributes
    ----------
    person : int64 (n,), who is confirmed; 0 is nobody.
    is_ignored : bool (n,), not to be matched, though a confirmed one shows how somebody looks.
    rejected : sorted ``pair_keys`` of (face, person id).
    confirmed_on : sorted ``pair_keys`` of (photo id, person id), of faces without encoding too.
    lifetimes : person id -> ``lifetime_us``, of those of whom a date is known.
    """

    person: NDArray[np.int64]
    is_ignored: NDArray[np.bool_]
    rejected: NDArray[np.int64]
    confirmed_on: NDArray[np.int64]
    lifetimes: Mapping[int, tuple[float, float]] = field(default_factory=dict)

    @property
    def is_open(self) -> NDArray[np.bool_]:
        """Tell which faces have neither a person nor were put aside."""
        is_open: NDArray[np.bool_] = (self.person == 0) & ~self.is_ignored
        return is_open


def make_rules(
    face_ids: NDArray[np.int64],
    photos: NDArray[np.int64],
    settled: tuple[NDArray[np.int64], NDArray[np.int64]],
    photo_of: Mapping[FaceId, PhotoId],
    rejected: Iterable[tuple[int, int]],
    lifetimes: Mapping[int, tuple[float, float]],
    is_out: NDArray[np.bool_],
) -> Rules:
    """Return the rules for the faces of these ids, ascending, which are on these photos.

    Parameters
    ----------
    settled : the ids of all faces that are confirmed or ignored, of others too, and their people;
        0: ignored.
    photo_of : the photo of those of them that are not among ``face_ids``.
    rejected : (face id, person id).
    is_out : bool (n,), faces that are not to be matched, whatever was decided.
    """
    person = np.zeros(len(face_ids), dtype=np.int64)
    is_ignored = is_out.copy()
    ids, owners = settled
    rows, is_here = _places(face_ids, ids)
    person[rows] = owners[is_here]
    is_ignored[rows[owners[is_here] == 0]] = True
    labelled = np.flatnonzero(person)
    elsewhere = zip(ids[~is_here].tolist(), owners[~is_here].tolist(), strict=True)
    confirmed_on = np.union1d(
        pair_keys(photos[labelled], person[labelled]),
        key_set((photo_of[FaceId(face)], owner) for face, owner in elsewhere if owner),
    )
    refused = np.array(list(rejected), dtype=np.int64).reshape(-1, 2)
    rows, is_here = _places(face_ids, refused[:, 0])
    keys = np.unique(pair_keys(rows, refused[is_here, 1]))
    return Rules(person, is_ignored, keys, confirmed_on, lifetimes)


def pairs_among(face_ids: NDArray[np.int64], pairs: Iterable[tuple[int, int]]) -> NDArray[np.int64]:
    """Return the pairs of ids as places in ``face_ids``, int64 (p, 2), without other ids."""
    at = {face_id: index for index, face_id in enumerate(face_ids.tolist())}
    found = [(at[a], at[b]) for a, b in pairs if a in at and b in at]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _places(
    face_ids: NDArray[np.int64], wanted: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the indices of those wanted ids that are there, and which these are."""
    if not len(face_ids):
        return np.empty(0, dtype=np.int64), np.zeros(len(wanted), dtype=np.bool_)
    rows = np.minimum(np.searchsorted(face_ids, wanted), len(face_ids) - 1).astype(np.int64)
    is_here: NDArray[np.bool_] = face_ids[rows] == wanted
    return rows[is_here], is_here
