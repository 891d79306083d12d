"""The specification's frame holds until detected faces say otherwise."""

import pytest
from xmp_packets import ANN, ANN_ITEM, BOB, BOB_ITEM, mwg, packet

from facedex.geometry import box_to_stored, box_to_upright
from facedex.types import Box, NoPlace, PhotoShape, WithoutFace
from facedex.xmp.frames import judge_frame, place_regions
from facedex.xmp.reading import XmpFacts, read_facts
from facedex.xmp.regions import XmpRegion

TURNED = (5, 6, 7, 8)
# a photo of 600 x 400 stored pixels; faces where they are stored
FACES = (ANN, BOB)


def facts(boxes, applied_to, orientation=None):
    regions = tuple(XmpRegion(box, name, "mwg") for box, name in zip(boxes, "AB", strict=False))
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


def place(said, orientation=1, detected=(), size=(600, 400)):
    return place_regions(said, PhotoShape(size, orientation), detected)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("applied_to", [None, (600, 400), (400, 600)])
def test_without_detections_the_specification_holds(orientation, applied_to):
    placed = place(facts(FACES, applied_to), orientation)
    assert [p.box for p in placed] == list(FACES)


def test_regions_of_another_picture_lie_nowhere_without_detections():
    placed = place(facts(FACES, (10, 90)))
    assert placed == [NoPlace("other")] * 2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("applied_to", [None, (600, 400), (400, 600), (10, 90)])
def test_stored_regions_that_meet_detections_stay(orientation, applied_to):
    placed = place(facts(FACES, applied_to), orientation, FACES)
    assert [p.box for p in placed] == list(FACES)
    assert {p.evidence for p in placed} == {"2 of 2 on faces"}


def test_one_region_of_another_picture_names_no_face_that_it_happens_to_lie_on():
    (placed,) = place(facts(FACES[:1], (600, 500)), 1, FACES)
    assert placed == NoPlace("other", "1 of 1 on faces")


def test_margins_that_are_counted_differently_make_no_other_picture():
    placed = place(facts(FACES[:1], (6048, 4024)), 1, FACES)
    assert [(p.box, p.frame) for p in placed] == [(ANN, "stored")]


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("is_stated", [True, False])
def test_regions_meant_as_shown_are_turned_back(orientation, is_stated):
    shown = [box_to_upright(face, orientation) for face in FACES]
    size = (400, 600) if orientation in TURNED else (600, 400)
    said = facts(shown, size if is_stated else None)
    placed = place(said, orientation, FACES)
    assert edges(p.box for p in placed) == pytest.approx(edges(FACES))
    assert {p.frame for p in placed} == {"shown"}
    # the orientation may stand in the packet only
    alone = place(facts(shown, said.applied_to, orientation), 1, FACES)
    assert alone == placed


@pytest.mark.parametrize("turn", range(2, 9))
@pytest.mark.parametrize("applied_to", [None, "fits", "swapped", (10, 90)])
def test_regions_from_before_the_picture_was_turned_follow_it(turn, applied_to):
    """Whatever the dimensions say."""
    applied_to = {"fits": (600, 400), "swapped": (400, 600)}.get(applied_to, applied_to)
    before = [box_to_stored(face, turn) for face in FACES]
    placed = place(facts(before, applied_to), 1, FACES)
    assert edges(p.box for p in placed) == pytest.approx(edges(FACES))
    assert {p.evidence for p in placed} == {"2 of 2 on faces"}


def test_a_tie_is_the_specifications():
    # one region meets a detection either way
    shown = [box_to_upright(ANN, 6), BOB]
    placed = place(facts(shown, (400, 600)), 6, FACES)
    assert {p.frame for p in placed} == {"swapped"}


def test_the_frame_is_told():
    placed = place(read_facts(packet(mwg(ANN_ITEM, BOB_ITEM))), size=(400, 600))
    assert [p.frame for p in placed] == ["swapped", "swapped"]


@pytest.mark.parametrize(
    ("applied_to", "without_face"),
    [
        ((600, 400), WithoutFace.DRAW),
        (None, WithoutFace.DRAW_IF_SEEN),
        ((400, 600), WithoutFace.DRAW_IF_SEEN),
    ],
)
def test_a_detection_elsewhere_settles_nothing(applied_to, without_face):
    """Where the frame is known to fit, the detector missed the faces; else they have to show."""
    far = (Box(0.9, 0.9, 0.95, 0.95),)
    placed = place(facts(FACES, applied_to), 6, far)
    assert [(p.box, p.without_face) for p in placed] == [(face, without_face) for face in FACES]
