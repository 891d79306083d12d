"""What digiKam says of a photo becomes regions, and they are placed without loss."""

import pytest

from facedex.db import regions, sources
from facedex.db.connection import transaction
from facedex.db.photos import add_photo, get_photo
from facedex.db.sources import SourceFacts
from facedex.digikam.database import DigikamPhoto
from facedex.digikam.database_faces import DigikamFace, DigikamRect
from facedex.geometry import box_to_stored
from facedex.services.names_in.sources.digikam import DigikamSource, digikam_regions
from facedex.types import Box, PhotoFacts, PhotoShape

RECT = DigikamRect(300, 800, 600, 400)


def photo(size, orientation, *faces):
    return DigikamPhoto(1, "a.jpg", size, orientation, faces)


def face(rect=RECT, said="named", name="Ann"):
    return DigikamFace(rect, name, f"People/{name}", said)


def test_regions_keep_everything_that_placing_needs():
    (region,) = digikam_regions(photo((4000, 3000), 6, face()), "/p/a.jpg")
    assert (region.photo_name, region.name, region.said) == ("/p/a.jpg", "Ann", "named")
    assert region.rect == "300,800,600,400 of 4000x3000 turned 6"
    assert region.box == Box(0.1, 0.2, 0.3, 0.3)  # of the picture as it is shown, 3000 x 4000


@pytest.mark.parametrize("said", ["named", "ignored", "suggested", "unnamed"])
def test_what_is_said_is_kept(said):
    (region,) = digikam_regions(photo((4000, 3000), 1, face(said=said)), "/p/a.jpg")
    assert region.said == said


def test_without_a_size_or_a_rectangle_only_the_name_is_known():
    found = [
        *digikam_regions(photo(None, 6, face()), "/p/a.jpg"),
        *digikam_regions(photo((4000, 3000), 6, face(rect=None)), "/p/a.jpg"),
    ]
    assert [(region.rect, region.box, region.name) for region in found] == [("", None, "Ann")] * 2


@pytest.mark.parametrize("noted", [1, 6, 8, None])
def test_regions_from_the_library_are_placed_as_digikam_turns_the_photo(small, noted):
    """Without an orientation of its own digiKam goes by the file, which says 6."""
    said = photo((4000, 3000), noted, face())
    with transaction(small.db):
        photo_id = add_photo(small.db, b"\1" * 32, PhotoFacts("JPEG", 4000, 3000, 6))
        source = sources.save_source(small.db, "digikam", SourceFacts(), path="/theirs.db")
        regions.save_regions(small.db, source, digikam_regions(said, "/p/a.jpg"))
    (kept,) = regions.list_regions(small.db)
    row = get_photo(small.db, photo_id)
    shape = PhotoShape((row.width_px, row.height_px), row.orientation)
    (placed,) = DigikamSource().open([]).place([kept], shape, ())
    turn = 6 if noted is None else noted
    width, height = (4000, 3000) if turn == 1 else (3000, 4000)
    shown = Box(300 / width, 800 / height, 900 / width, 1200 / height)
    box, frame = placed.box, placed.frame
    expected = box_to_stored(shown, turn)
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx(
        (expected.x0, expected.y0, expected.x1, expected.y1)
    )
    assert frame == "shown"
