"""What becomes of regions on a photo: on faces, on nothing, two in one place, moved since."""

import numpy as np
import pytest

from facedex.db import faces, files, regions, sources
from facedex.db.connection import transaction
from facedex.db.faces import NewFace
from facedex.db.regions import NewRegion
from facedex.db.sources import SourceFacts
from facedex.services.names_in.take_over_names import settle_regions
from facedex.types import Box, WithoutFace

FACE = Box(0.05, 0.2, 0.85, 0.6)  # of a photo with one
NOWHERE = Box(0.9, 0.8, 0.97, 0.9)


def say(small, *said, name=b"a.jpg", size=(4000, 3000)):
    """Let a photo's own XMP say this, and take it over; return what waits for an encoding."""
    with transaction(small.db):
        [(file_id, _name, _photo)] = [
            row for row in files.find_in_folder(small.db, small.root, b"") if row[1] == name
        ]
        details = {"applied_to": size, "orientation": None}
        source = sources.save_source(small.db, "xmp", SourceFacts(details=details), file_id=file_id)
        new = [NewRegion("", f"{i} {box}", box, name=who) for i, (who, box) in enumerate(said)]
        regions.save_regions(small.db, source, new)
        return settle_regions(small.db)


def statuses(small):
    return {one.name: one.status for one in regions.list_regions(small.db)}


def test_of_two_people_drawn_in_one_place_neither_is_lost(small):
    (face,) = small.photo("a", name=b"a.jpg")
    ((left,),) = say(small, ("Ann", FACE), ("Bob", FACE)).values()
    assert small.confirmed(face) == "Ann"
    # the other becomes a face of its own
    assert (left.region.name, left.place.without_face) == ("Bob", WithoutFace.DRAW)
    assert statuses(small) == {"Ann": "encoded", "Bob": "pending"}


def test_a_region_of_another_picture_is_a_name_of_the_photo(small):
    (face,) = small.photo("a", name=b"a.jpg")
    assert say(small, ("Ann", FACE), size=(1000, 3000)) == {}
    assert small.confirmed(face) is None
    assert statuses(small) == {"Ann": "unplaced"}
    assert small.db.execute("SELECT frame, evidence FROM v1_regions").fetchall() == [
        ("other", "1 of 1 on faces")
    ]


@pytest.mark.parametrize("is_users", [False, True])
def test_nobody_is_recognised_by_a_box_whose_region_is_found_to_lie_elsewhere(small, is_users):
    """As a library of before had it: a face made of a region, on background."""
    (face,) = small.photo("a", name=b"a.jpg")
    ((left,),) = say(small, ("Ann", NOWHERE)).values()
    with transaction(small.db):
        photo_id = small.db.execute("SELECT id FROM photo").get
        box = NewFace(NOWHERE, "xmp", None, None, np.ones(128, np.float32))
        drawn = faces.add_face(small.db, photo_id, box, "e", "m")
        word = faces.Assignment(left.person_id, "confirmed", "user" if is_users else "xmp")
        faces.set_assignments(small.db, drawn, [word])
        small.db.execute("UPDATE region SET face_id = ?, status = 'encoded'", (drawn,))
        small.db.execute("UPDATE source SET details = json_set(details, '$.applied_to[0]', 9)")
        small.db.execute("UPDATE region SET status = 'pending'")
        settle_regions(small.db)
    assert statuses(small) == {"Ann": "unplaced"}
    assert small.confirmed(drawn) == "Ann"  # its name stays
    assert faces.has_encoding(small.db, drawn) == is_users
    assert faces.has_encoding(small.db, face)
