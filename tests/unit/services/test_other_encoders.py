"""Names of a photo that was edited in place, by dlib's encodings and by others of any measure."""

import uuid

import numpy as np
import pytest
from small_library import ENGINE, MODEL, PLUGIN, TWENTY_TIMES

from facedex.db import faces, files, photos
from facedex.db.connection import rows, transaction
from facedex.db.encoders import save_thresholds
from facedex.naming.encoder import DLIB, facts_of
from facedex.pipeline.edited_photos import carry_over
from facedex.services.decisions import decide_faces
from facedex.types import Box, FileStat, PhotoFacts

HERE, ELSEWHERE, BESIDE = (
    Box(0.1, 0.2, 0.3, 0.5), Box(0.6, 0.5, 0.8, 0.8), Box(0.14, 0.2, 0.34, 0.5),
)  # fmt: skip


def away(encoding, distance):
    """Return an encoding that lies ``distance`` away."""
    step = np.random.default_rng(3).normal(size=len(encoding))
    return (encoding + distance * step / np.linalg.norm(step)).astype(np.float32)


class Edited:
    """A photo whose file holds another picture since; faces on either are put there by hand."""

    def __init__(self, small, scale=1.0, model=MODEL):
        self.small, self.scale, self.model = small, scale, model
        self.facts = facts_of(model, TWENTY_TIMES)
        save_thresholds(small.db, PLUGIN, TWENTY_TIMES)
        with transaction(small.db):
            self.file = files.add_file(
                small.db, small.root, FileStat(b"edited.jpg", 1000, 1, 1, 99, 1)
            )
        self.before = self._show(1)

    def _show(self, n):
        """Let the file hold a picture that nobody has seen before."""
        db = self.small.db
        with transaction(db):
            facts = PhotoFacts("JPEG", 4000, 3000, 1, None)
            photo_id = photos.add_photo(db, uuid.uuid4().bytes * 2, facts)
            files.set_read(db, self.file, 10**18 + n, uuid.uuid4().bytes * 2, photo_id, 1)
            photos.set_analysed(db, photo_id, ENGINE, self.model, 1, 1)
        return photo_id

    def edit(self):
        self.after = self._show(2)

    def face(self, photo_id, box, encoding):
        with transaction(self.small.db):
            new = faces.NewFace(box, "cnn", 1.0, None, encoding * np.float32(self.scale))
            return faces.add_face(self.small.db, photo_id, new, ENGINE, self.model)

    def names_after(self):
        carry_over(self.small.db, self.model, self.facts)
        there = rows(
            self.small.db,
            "SELECT f.id FROM face f WHERE f.photo_id = ? ORDER BY f.x0",
            (self.after,),
        )
        return [self.small.confirmed(face_id) for (face_id,) in there]


@pytest.fixture(params=[(1.0, MODEL), (20.0, PLUGIN)], ids=["dlib", "twenty times dlib"])
def edited(small, request):
    return Edited(small, *request.param)


@pytest.mark.parametrize(
    ("place", "distance", "is_named"),
    [
        (ELSEWHERE, 0.34, True),  # cropped: the nearest encoding, wherever it is
        (ELSEWHERE, 0.36, False),
        (ELSEWHERE, 0.55, False),
        (HERE, 0.36, True),  # brightened: the same place, unless it cannot be the same face
        (HERE, 0.58, True),
        (HERE, 0.62, False),
        (BESIDE, 0.5, True),  # the boxes shift a little
        (Box(0.18, 0.2, 0.38, 0.5), 0.5, False),
    ],
)
def test_a_name_follows_where_it_is_the_same_face(small, edited, place, distance, is_named):
    ada = small.encoding("ada")
    face = edited.face(edited.before, HERE, ada)
    decide_faces.name_faces(small.db, [face], "Ada")
    edited.edit()
    edited.face(edited.after, place, away(ada, distance))
    assert edited.names_after() == (["Ada"] if is_named else [None])


def test_of_two_on_the_edited_photo_the_nearer_one_is_meant(small, edited):
    ada = small.encoding("ada")
    face = edited.face(edited.before, HERE, ada)
    decide_faces.name_faces(small.db, [face], "Ada")
    edited.edit()
    edited.face(edited.after, HERE, away(ada, 0.3))
    edited.face(edited.after, ELSEWHERE, away(ada, 0.1))
    assert edited.names_after() == [None, "Ada"]


def test_two_people_keep_their_names_when_the_photo_is_mirrored(small, edited):
    ada, eve = small.encoding("ada"), small.encoding("eve")
    for who, box, encoding in (("Ada", HERE, ada), ("Eve", ELSEWHERE, eve)):
        face = edited.face(edited.before, box, encoding)
        decide_faces.name_faces(small.db, [face], who)
    edited.edit()
    edited.face(edited.after, ELSEWHERE, away(ada, 0.2))
    edited.face(edited.after, HERE, away(eve, 0.2))
    assert edited.names_after() == ["Eve", "Ada"]


def test_where_nobody_knows_what_a_distance_means_the_place_decides(small):
    edited = Edited(small, 20.0, "unknown-v1")
    edited.facts = None
    ada, eve = small.encoding("ada"), small.encoding("eve")
    face = edited.face(edited.before, HERE, ada)
    decide_faces.name_faces(small.db, [face], "Ada")
    edited.edit()
    edited.face(edited.after, ELSEWHERE, away(eve, 0.1))
    edited.face(edited.after, BESIDE, away(ada, 0.1))
    assert edited.names_after() == ["Ada", None]


def test_dlibs_facts_are_in_use_for_dlibs_model(small):
    assert Edited(small).facts is DLIB
