"""Photos that digiKam turned without loss: it turns pixels and flag, and leaves the file's
regions."""

import photos
import pytest
import xmp_packets as xmp

from facedex.geometry import box_to_mwg, box_to_stored, contains_center
from facedex.types import Box

pytestmark = [pytest.mark.model, pytest.mark.slow]

PLACES = {"Eileen Collins": photos.ASTRONAUT_IN_BOTH, "Grace Hopper": photos.HOPPER_IN_BOTH}
TURNS = range(2, 9)


def test_regions_of_the_picture_before_lie_on_their_faces(tmp_path, library, run_scan):
    """What was stored turned lies upright now; numbers and size are those of before."""
    for turn in TURNS:
        items = [
            xmp.mwg_item(*box_to_mwg(box_to_stored(box, turn)), name)
            for name, box in PLACES.items()
        ]
        size = photos.stored(photos.both(), turn).size
        packet = xmp.packet(xmp.mwg(*items, size=size), ' tiff:Orientation="1"')
        upright = photos.encoded(photos.both(), quality=80 + turn)  # each a photo of its own
        photos.write(tmp_path / "p" / f"{turn}.jpg", xmp.in_jpeg(upright, packet))
    run_scan(tmp_path / "p", library)
    found = photos.select(
        library,
        "SELECT path, person_name, origin, x0, y0, x1, y1 FROM v1_faces"
        " WHERE state = 'confirmed' ORDER BY path",
    )
    for path, name, origin, *edges in found:
        assert origin == "cnn", path
        assert contains_center(PLACES[name], Box(*edges)), path
    # its own turns are by quarters; where a mirror image fits no better, the name has no place
    turned = [path[-5] for path, *_ in found]
    assert [turned.count(digit) for digit in "368"] == [2, 2, 2]


def test_in_a_photo_without_faces_names_stand_where_the_size_says_nothing_else(
    tmp_path, library, run_scan
):
    """With the sides swapped nothing tells where anybody is: the names are the whole photo's."""
    for turn in TURNS:
        sky = photos.Image.new("RGB", (640, 480), (90, 150, 200 + turn))
        item = xmp.mwg_item(*box_to_mwg(Box(0.1, 0.2, 0.2, 0.4)), "Ann Lee")
        size = photos.stored(sky, turn).size
        packet = xmp.packet(xmp.mwg(item, size=size))
        photos.write(tmp_path / "p" / f"{turn}.jpg", xmp.in_jpeg(photos.encoded(sky), packet))
    run_scan(tmp_path / "p", library)
    named = photos.select(library, "SELECT path FROM v1_faces WHERE person_name = 'Ann Lee'")
    assert not {path[-5] for (path,) in named} & set("5678")
    status = photos.select(library, "SELECT status, count(*) FROM v1_regions GROUP BY 1")
    assert dict(status)["unplaced"] == 4
