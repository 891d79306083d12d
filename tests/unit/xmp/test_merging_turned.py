"""Regions that others drew on the picture as it is shown, for every way in which a photo can be
turned."""

import pytest
from xmp_packets import ANN, BOB, SIZE, mp, mwg, mwg_item, packet

from facedex.geometry import box_to_upright
from facedex.xmp.editing import UnmergeableError
from facedex.xmp.merging import NamedFace, update_packet
from facedex.xmp.reading import read_facts

FACES = [NamedFace("Ann Lee", ANN), NamedFace("Bob Ray", BOB)]
CY = NamedFace("Cy Orr", BOB)
SWAPPED = SIZE[::-1]


def item(box, name="Ann Lee"):
    return mwg_item(*box.center, box.width, box.height, name)


def microsofts(box, name="Ann Lee"):
    return mp((f"{box.x0}, {box.y0}, {box.width}, {box.height}", name))


WRITINGS = {
    "swapped": lambda box: mwg(item(box), size=SWAPPED),
    "as stored": lambda box: mwg(item(box), size=SIZE),
    "no dimensions": lambda box: mwg(item(box), size=None),
    "Microsoft's": microsofts,
}


@pytest.mark.parametrize("writing", WRITINGS)
@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_name_drawn_on_the_turned_picture_is_not_written_again(orientation, writing):
    before = packet(WRITINGS[writing](box_to_upright(ANN, orientation)))
    with pytest.raises(UnmergeableError, match="turned upright"):
        update_packet(before, FACES, SIZE, orientation=orientation)
    assert update_packet(before, [], SIZE, orientation=orientation).packet == before


@pytest.mark.parametrize("orientation", range(1, 9))
def test_beside_regions_of_others_on_swapped_sides_nothing_is_written_if_the_photo_is_turned(
    orientation,
):
    before = packet(mwg(item(ANN), size=SWAPPED))
    if orientation >= 5:
        with pytest.raises(UnmergeableError, match="turned upright"):
            update_packet(before, [CY], SIZE, orientation=orientation)
    else:
        after = read_facts(update_packet(before, [CY], SIZE, orientation=orientation).packet)
        assert {region.name for region in after.regions} == {"Ann Lee", CY.name}
    assert update_packet(before, [], SIZE, orientation=orientation).packet == before


@pytest.mark.parametrize("writing", ["as stored", "no dimensions", "Microsoft's"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_name_that_stands_in_the_stored_pixels_stands_there_once(orientation, writing):
    before = packet(WRITINGS[writing](ANN))
    after = read_facts(update_packet(before, FACES, SIZE, orientation=orientation).packet)
    assert sorted(region.name for region in after.regions) == ["Ann Lee", "Bob Ray"]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_of_which_picture_others_regions_are_is_said_for_them_only_if_it_is_not_turned(
    orientation,
):
    before = packet(mwg(item(ANN), size=None))
    after = read_facts(update_packet(before, [CY], SIZE, orientation=orientation).packet)
    assert after.applied_to == (SIZE if orientation == 1 else None)
    assert {region.name for region in after.regions} == {"Ann Lee", CY.name}
