"""Turning the photos whose own file does not say how: by a sidecar, or as Picasa showed them.

A HEIC whose boxes have turned it is upright: a sidecar's orientation only repeats what its EXIF
says of the picture before.

Picasa notes a rotation in its ini and leaves the file alone until it is saved; other programs may
have turned the file since. So its word counts only where no face is found, as the photo lies, in
the places that Picasa says hold one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db import faces, files, photos, regions
from facedex.geometry import EXIF_OF_TURNS
from facedex.naming.same_face import is_around
from facedex.types import DRAWN_ORIGINS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facedex.db.connection import Connection
    from facedex.db.regions import TurnedPhoto
    from facedex.types import FileId


def turn_photos(db: Connection, of_sidecars: Mapping[FileId, int]) -> None:
    """Turn the photos of files that do not say how; in a transaction.

    A photo that is turned anew waits to be searched again. ``of_sidecars`` are orientations as EXIF
    numbers them, by the photo's file.
    """
    turns = dict(of_sidecars)
    for one in regions.turned_in_picasa(db):
        turn = EXIF_OF_TURNS[one.rotate]
        if one.turn == turn or _shows_no_face(db, one):
            turns.setdefault(one.file_id, turn)
    turns |= dict.fromkeys(files.turned_by_decoder(db), 1)
    for file_id, turn in turns.items():
        if files.set_turn(db, file_id, turn):
            photo_id = files.photo_of(db, file_id)
            if photo_id is not None:
                photos.refresh_orientation(db, photo_id)


def _shows_no_face(db: Connection, one: TurnedPhoto) -> bool:
    found = [
        face.box
        for face in faces.faces_of_photo(db, one.photo_id)
        if face.origin not in DRAWN_ORIGINS
    ]
    drawn = [region.box for region in regions.regions_of_photo(db, one.photo_id)]
    return not any(is_around(box, face) for box in drawn if box for face in found)
