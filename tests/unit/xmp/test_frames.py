"""The specification's frame holds until detected faces say otherwise."""

import pytest
from xmp_packets import ANN, ANN_ITEM, BOB, BOB_ITEM, mwg, packet

from facedex.geometry import box_to_stored, box_to_upright
from facedex.types import Box
from facedex.xmp.frames import judge_frame, place_regions
from facedex.xmp.reading import XmpFacts, read_facts
from facedex.xmp.regions import XmpRegion

TURNED = (5, 6, 7, 8)
# a photo of 600 x 400 stored pixels; faces where they are stored
FACES = (ANN, BOB)


def facts(boxes, applied_to, orientation=None):
    regions = tuple(XmpRegion(box, name, "mwg") for box, name in zip(boxes, "AB", strict=True))
    return XmpFacts(regions, applied_to=applied_to, orientation=orientation)


def edges(boxes):
    return [v for box in boxes for v in (box.x0, box.y0, box.x1, box.y1)]


@pytest.mark.parametrize(
    ("applied_to", "frame"),
    [
        (None, "unstated"),
        ((600, 400), "stored"),
        ((6000, 4000), "stored"),
        ((6001, 3999), "stored"),
        ((150, 100), "stored"),
        ((400, 600), "swapped"),
        ((4001, 6000), "swapped"),
        ((500, 400), "other"),
        ((600, 500), "other"),
    ],
)
def test_dimensions_are_judged(applied_to, frame):
    assert judge_frame(applied_to, (600, 400)) == frame


def test_a_square_is_stored():
    assert judge_frame((500, 500), (1000, 1000)) == "stored"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("applied_to", [None, (600, 400), (400, 600), (10, 90)])
def test_without_detections_the_specification_holds(orientation, applied_to):
    placed = place_regions(facts(FACES, applied_to), (600, 400), orientation)
    assert [p.box for p in placed] == list(FACES)
    assert not any(p.is_turned for p in placed)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("applied_to", [None, (600, 400), (400, 600), (10, 90)])
def test_stored_regions_that_meet_detections_stay(orientation, applied_to):
    placed = place_regions(facts(FACES, applied_to), (600, 400), orientation, FACES)
    assert [p.box for p in placed] == list(FACES)


@pytest.mark.parametrize("orientation", range(2, 9))
def test_regions_meant_as_shown_are_turned_back(orientation):
    shown = [box_to_upright(face, orientation) for face in FACES]
    applied_to = (400, 600) if orientation in TURNED else None
    placed = place_regions(facts(shown, applied_to), (600, 400), orientation, FACES)
    assert edges(p.box for p in placed) == pytest.approx(edges(FACES))
    assert all(p.is_turned for p in placed)
    # the orientation may stand in the packet only
    alone = place_regions(facts(shown, applied_to, orientation), (600, 400), 1, FACES)
    assert alone == place_regions(
        facts(shown, applied_to, orientation), (600, 400), orientation, FACES
    )


@pytest.mark.parametrize("quarter", [6, 8])
def test_regions_from_before_the_picture_was_turned_follow_it(quarter):
    before = [box_to_stored(face, quarter) for face in FACES]
    placed = place_regions(facts(before, (400, 600)), (600, 400), 1, FACES)
    assert edges(p.box for p in placed) == pytest.approx(edges(FACES))


def test_dimensions_that_fit_are_not_doubted():
    shown = [box_to_upright(face, 3) for face in FACES]
    placed = place_regions(facts(shown, (600, 400)), (600, 400), 3, FACES)
    assert [p.box for p in placed] == shown


def test_a_tie_is_the_specifications():
    # one region meets a detection either way
    shown = [box_to_upright(ANN, 6), BOB]
    placed = place_regions(facts(shown, (400, 600)), (600, 400), 6, FACES)
    assert [p.is_turned for p in placed] == [False, False]


def test_the_frame_is_told():
    placed = place_regions(read_facts(packet(mwg(ANN_ITEM, BOB_ITEM))), (400, 600))
    assert {p.frame for p in placed} == {"swapped"}
    assert [p.region.name for p in placed] == ["Ann Lee", "Bob Ray"]


def test_a_detection_elsewhere_settles_nothing():
    far = (Box(0.9, 0.9, 0.95, 0.95),)
    placed = place_regions(facts(FACES, (400, 600)), (600, 400), 6, far)
    assert [p.box for p in placed] == list(FACES)
