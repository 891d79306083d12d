"""Undo and redo of decisions about faces that other programs name too."""

from facedex.db import people
from facedex.db.connection import rows, transaction
from facedex.services.decisions import decide_faces
from facedex.services.decisions.decide_groups import reject_as
from facedex.services.decisions.decide_people import merge_people
from facedex.services.names_in.named_faces import name_face
from facedex.types import Source

ADA, EVE = "Ada", "Eve"


def add_people(small):
    with transaction(small.db):
        return people.add_person(small.db, ADA), people.add_person(small.db, EVE)


def test_a_name_that_came_since_stays_with_its_cluster(small):
    [face] = small.photo("ada")
    ada, eve = add_people(small)
    reject_as(small.db, [face], eve)
    with transaction(small.db):
        name_face(small.db, face, ada, Source.XMP)
    adas = small.cluster(face)
    decide_faces.undo(small.db)
    assert small.said(face) == [(ADA, "confirmed", "xmp")]
    assert small.cluster(face) == adas is not None


def test_undoing_a_merge_gives_another_programs_name_back(small):
    [face] = small.photo("ada")
    ada, eve = add_people(small)
    with transaction(small.db):
        name_face(small.db, face, ada, Source.DIGIKAM)
    merge_people(small.db, ada, eve)
    assert small.said(face) == [(EVE, "confirmed", "digikam")]
    decide_faces.undo(small.db)
    assert small.said(face) == [(ADA, "confirmed", "digikam")]
    decide_faces.redo(small.db)
    assert small.said(face) == [(EVE, "confirmed", "digikam")]


def test_a_face_that_is_gone_and_was_only_denied_gets_no_box(small):
    [face] = small.photo("ada")
    _ada, eve = add_people(small)
    reject_as(small.db, [face], eve)
    decide_faces.name_faces(small.db, [face], ADA)
    with transaction(small.db):
        small.db.execute("DELETE FROM face WHERE id = ?", (face,))
    decide_faces.undo(small.db)  # back to denied: nothing to keep a box for
    assert rows(small.db, "SELECT id FROM face") == []
    decide_faces.redo(small.db)
    assert len(rows(small.db, "SELECT id FROM face WHERE origin = 'manual'")) == 1
