"""Which faces are on a photo that still has a file.

The others are not listed, counted or asked about.

The files of a root that is offline are there: nobody has seen them gone.
"""

from __future__ import annotations


def has_file(face_id: str) -> str:
    """Return the SQL condition that a face is on an existing photo, by an expression for its id."""
    return (
        "EXISTS (SELECT 1 FROM face of_photo JOIN file of_face"
        " ON of_face.photo_id = of_photo.photo_id"
        f" WHERE of_photo.id = {face_id} AND of_face.state != 'missing')"
    )
