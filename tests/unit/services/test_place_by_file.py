"""What is said of a photo is placed by the file it is said of, where no face tells otherwise.

Files of equal pixels are one photo; programs show each by its own orientation.
"""

import os

import pytest

from facedex.db import files, photos, regions, sources
from facedex.db.connection import transaction
from facedex.db.sources import SourceFacts
from facedex.digikam.database import DigikamPhoto
from facedex.digikam.database_faces import DigikamFace, DigikamRect
from facedex.geometry import (
    box_from_rect64,
    box_to_rect64,
    box_to_stored,
    box_to_upright,
    upright_size,
)
from facedex.services.names_in.sources.digikam import digikam_regions
from facedex.services.names_in.take_over_names import settle_regions
from facedex.services.names_in.turn_photos import turn_photos
from facedex.types import Box, FileStat

SIZE = (4000, 3000)
ANN = Box(0.1, 0.2, 0.25, 0.4)  # stored pixels
ORIENTATIONS = range(1, 9)


def edges(box):
    return pytest.approx((box.x0, box.y0, box.x1, box.y1), abs=1e-3)


def add_copy(small, name, orientation):
    """Add a file of the same pixels as ``a.jpg`` has; return its path as text."""
    with transaction(small.db):
        photo_id = small.db.execute("SELECT photo_id FROM file WHERE relpath = ?", (b"a.jpg",)).get
        file_id = files.add_file(small.db, small.root, FileStat(name, 1000, 1, 1, 99, 1))
        files.set_read(small.db, file_id, 10**18, os.urandom(32), photo_id, orientation)
    return str(small.directory / "photos" / os.fsdecode(name))


def set_orientation(small, orientation):
    small.db.execute("UPDATE file SET orientation = ? WHERE relpath = ?", (orientation, b"a.jpg"))
    small.db.execute("UPDATE photo SET orientation = ?", (orientation,))


def in_digikam(path, orientation, noted):
    """Ann as digiKam has her: in whole pixels of the photo as it shows it."""
    width, height = upright_size(*SIZE, orientation)
    box = box_to_upright(ANN, orientation)
    rect = DigikamRect(
        round(box.x0 * width), round(box.y0 * height),
        round(box.width * width), round(box.height * height),
    )  # fmt: skip
    face = DigikamFace(rect, "Ann", "People/Ann", "named")
    return list(digikam_regions(DigikamPhoto(1, path, SIZE, noted, (face,)), path))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("other", [1, 5, 6, 8])
@pytest.mark.parametrize("is_noted", [True, False])
def test_digikams_rectangles_lie_where_their_own_file_shows_them(
    small, orientation, other, is_noted
):
    small.photo(name=b"a.jpg", size=SIZE)
    set_orientation(small, other)
    copy = add_copy(small, b"b.jpg", orientation)
    first = str(small.directory / "photos" / "a.jpg")
    said = [
        *in_digikam(first, other, other if is_noted else None),
        *in_digikam(copy, orientation, orientation if is_noted else None),
    ]
    with transaction(small.db):
        source = sources.save_source(small.db, "digikam", SourceFacts(), path="/theirs.db")
        regions.save_regions(small.db, source, said)
        (placed,) = settle_regions(small.db).values()
    assert len(placed) == 2
    for one in placed:
        assert (one.box.x0, one.box.y0, one.box.x1, one.box.y1) == edges(ANN)


@pytest.mark.parametrize("turn", ORIENTATIONS)
@pytest.mark.parametrize("is_in_exif", [True, False])
def test_what_others_say_of_a_heic_is_counted_before_its_boxes_turn_it(small, turn, is_in_exif):
    """The three sources; ``ANN`` lies in the stored pixels, which the decoder has turned.

    digiKam shows it so whether EXIF says that it is turned, which digiKam notes, or not.
    """
    small.photo(name=b"a.jpg", size=SIZE)
    small.db.execute("UPDATE photo SET decoder_turn = ?", (turn,))
    coded, size = box_to_stored(ANN, turn), upright_size(*SIZE, turn)
    path = str(small.directory / "photos" / "a.jpg")
    width, height = SIZE
    rect = DigikamRect(
        round(ANN.x0 * width), round(ANN.y0 * height),
        round(ANN.width * width), round(ANN.height * height),
    )  # fmt: skip
    face = DigikamFace(rect, "Ann", "People/Ann", "named")
    hex64 = box_to_rect64(coded)
    with transaction(small.db):
        digikam = sources.save_source(small.db, "digikam", SourceFacts(), path="/theirs.db")
        theirs = DigikamPhoto(1, path, size, turn if is_in_exif else 1, (face,))
        regions.save_regions(small.db, digikam, digikam_regions(theirs, path))
        file_id = small.db.execute("SELECT id FROM file").get
        facts = SourceFacts(details={"applied_to": size, "orientation": turn})
        xmp = sources.save_source(small.db, "xmp", facts, file_id=file_id, content_hash=b"x")
        regions.save_regions(small.db, xmp, [regions.NewRegion("", "r", coded, name="Ann")])
        ini = sources.save_source(small.db, "db3", SourceFacts(), path="/db3")
        new = regions.NewRegion(path, hex64, box_from_rect64(hex64), name="Ann")
        regions.save_regions(small.db, ini, [new])
        (placed,) = settle_regions(small.db).values()
    assert sorted(one.region.kind for one in placed) == ["db3", "digikam", "xmp"]
    for one in placed:
        assert (one.box.x0, one.box.y0, one.box.x1, one.box.y1) == edges(ANN)


@pytest.mark.parametrize("turn", ORIENTATIONS)
@pytest.mark.parametrize("said", ORIENTATIONS)
def test_a_sidecar_turns_only_what_no_decoder_has_turned(small, turn, said):
    small.photo(name=b"a.jpg", size=SIZE)
    file_id = small.db.execute("SELECT id FROM file").get
    small.db.execute("UPDATE photo SET decoder_turn = ?", (turn,))
    with transaction(small.db):
        turn_photos(small.db, {file_id: said})
    expected = said if turn == 1 else 1
    assert small.db.execute("SELECT orientation FROM photo").get == expected


def test_a_file_whose_turning_is_unknown_is_read_again_once(small):
    small.photo(name=b"a.jpg", size=SIZE)
    small.photo(name=b"b.jpg", size=SIZE)
    small.db.execute("UPDATE photo SET decoder_turn = NULL WHERE id = 1")
    files.read_unturned_again(small.db)
    state = dict(small.db.execute("SELECT relpath, state FROM file").fetchall())
    assert state == {b"a.jpg": "pending", b"b.jpg": "present"}
    assert photos.get_photo(small.db, 1).decoder_turn == 1
