"""The table of assignments obeys the rules of ``naming/`` that it applies to many faces at a
time."""

from itertools import product

import pytest

from facedex.db import faces, people
from facedex.db.connection import transaction
from facedex.db.faces import NewFace
from facedex.db.library import open_library
from facedex.db.photos import add_photo
from facedex.naming import words
from facedex.types import Assignment, Box, FaceState, PhotoFacts, Source

PROGRAMS = (Source.PICASA, Source.DIGIKAM, Source.XMP)
WORDS = [
    *product([FaceState.CONFIRMED, FaceState.IGNORED], [Source.USER, *PROGRAMS]),
    (FaceState.REJECTED, Source.USER),
    (FaceState.SUGGESTED, Source.AUTO),
]


@pytest.fixture
def db(tmp_path):
    db = open_library(tmp_path)
    yield db
    db.close()


@pytest.mark.parametrize(("state", "source"), WORDS)
@pytest.mark.parametrize("is_same", [True, False])
def test_a_suggestion_is_added_where_the_rule_allows_it(db, state, source, is_same):
    with transaction(db):
        photo_id = add_photo(db, b"1" * 32, PhotoFacts("JPEG", 100, 100))
        face_id = faces.add_face(db, photo_id, NewFace(Box(0, 0, 1, 1), "cnn"), "e", "m")
        ada, eve = people.add_person(db, "Ada"), people.add_person(db, "Eve")
        who = None if state is FaceState.IGNORED else ada
        said = (Assignment(who, state, source),)
        faces.set_assignments(db, face_id, said)
        guessed = ada if is_same else eve
        faces.add_suggestion(db, face_id, guessed, 0.2, 0.9)
    assert faces.assignments(db, face_id) == words.suggest(said, guessed, 0.2, 0.9)
