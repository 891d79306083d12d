import numpy as np
import pytest

from facedex import geometry
from facedex.types import Box

ORIENTATIONS = range(1, 9)


def edges(box):
    return (box.x0, box.y0, box.x1, box.y1)


@pytest.mark.parametrize("value", [0, 9, -1, 65535, None])
def test_meaningless_orientations_are_upright(value):
    assert geometry.valid_orientation(value) == 1


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_real_orientations_are_kept(orientation):
    assert geometry.valid_orientation(orientation) == orientation


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_quarter_turns_swap_the_sides(orientation):
    swaps = orientation in (5, 6, 7, 8)
    assert geometry.swaps_sides(orientation) is swaps
    expected = (3, 4) if swaps else (4, 3)
    assert geometry.upright_size(4, 3, orientation) == expected


# where the stored picture's top left corner goes, from EXIF 2.3's table of orientations
@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, (0.0, 0.0, 0.25, 0.125)),
        (2, (0.75, 0.0, 1.0, 0.125)),
        (3, (0.75, 0.875, 1.0, 1.0)),
        (4, (0.0, 0.875, 0.25, 1.0)),
        (5, (0.0, 0.0, 0.125, 0.25)),
        (6, (0.875, 0.0, 1.0, 0.25)),
        (7, (0.875, 0.75, 1.0, 1.0)),
        (8, (0.0, 0.75, 0.125, 1.0)),
    ],
)
def test_corner_goes_where_exif_says(orientation, upright):
    stored = Box(0, 0, 0.25, 0.125)
    assert edges(geometry.box_to_upright(stored, orientation)) == upright
    assert geometry.box_to_stored(Box(*upright), orientation) == stored


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_points_go_where_their_box_goes(orientation):
    box = Box(0.125, 0.25, 0.5, 0.875)
    corners = np.array([[0.125, 0.25], [0.5, 0.875]], np.float32)
    turned = geometry.points_to_upright(corners, orientation)
    assert turned.dtype == np.float32
    low, high = turned.min(axis=0), turned.max(axis=0)
    assert (*low, *high) == edges(geometry.box_to_upright(box, orientation))
    assert np.array_equal(geometry.points_to_stored(turned, orientation), corners)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_pixels_are_contiguous_and_of_the_upright_size(orientation):
    turned = geometry.pixels_to_upright(np.zeros((3, 4, 3), np.uint8), orientation)
    assert turned.flags.c_contiguous
    width, height = geometry.upright_size(4, 3, orientation)
    assert turned.shape == (height, width, 3)


def test_css_is_top_right_bottom_left():
    box = geometry.box_from_css(10, 40, 30, 20, 100, 50)
    assert edges(box) == (0.2, 0.2, 0.4, 0.6)
    assert geometry.box_to_css(box, 100, 50) == (10, 40, 30, 20)


def test_mwg_is_centre_and_size():
    box = geometry.box_from_mwg(0.5, 0.25, 0.25, 0.5)
    assert edges(box) == (0.375, 0.0, 0.625, 0.5)
    assert geometry.box_to_mwg(box) == (0.5, 0.25, 0.25, 0.5)


def test_rect64_is_four_shares_of_65535():
    assert edges(geometry.box_from_rect64("00000000ffffffff")) == (0, 0, 1, 1)
    assert geometry.box_from_rect64("ffffffff") == Box(0, 0, 1, 1)
    assert geometry.box_from_rect64("3333666699990000").y1 == 0
    assert geometry.box_to_rect64(Box(0, 0, 1, 1)) == "ffffffff"
    assert geometry.box_to_rect64(Box(-1, 0.2, 2, 0.6)) == "3333ffff9999"


@pytest.mark.parametrize("text", ["", "1" * 17, "-1", "xyz"])
def test_rect64_of_other_text_is_refused(text):
    with pytest.raises(ValueError, match=r"rect64|invalid literal"):
        geometry.box_from_rect64(text)


@pytest.mark.parametrize(
    ("box", "clipped"),
    [
        (Box(0.1, 0.2, 0.3, 0.4), Box(0.1, 0.2, 0.3, 0.4)),
        (Box(-1, -1, 2, 2), Box(0, 0, 1, 1)),
        (Box(-2, 0.5, -1, 0.6), Box(0, 0.5, 0, 0.6)),
        (Box(0.5, 2, 0.6, 3), Box(0.5, 1, 0.6, 1)),
    ],
)
def test_clipped_box_lies_in_the_image(box, clipped):
    assert geometry.clip_box(box) == clipped


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (Box(0, 0, 0.5, 0.5), 1.0),
        (Box(0.25, 0, 0.75, 0.5), 1 / 3),
        (Box(0, 0, 0.25, 0.5), 0.5),
        (Box(0.5, 0, 1, 0.5), 0.0),
        (Box(0, 0.5, 0.5, 1), 0.0),
        (Box(0.75, 0.75, 1, 1), 0.0),
        (Box(0.25, 0.25, 0.25, 0.5), 0.0),
    ],
)
def test_iou_is_shared_area_over_covered_area(other, expected):
    box = Box(0, 0, 0.5, 0.5)
    assert geometry.iou(box, other) == pytest.approx(expected)
    assert geometry.iou(other, box) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        (Box(0.25, 0.25, 0.5, 0.5), True),
        (Box(0, 0, 0.5, 0.5), True),
        (Box(0.5, 0.5, 1, 1), False),
        (Box(0.25, 0.75, 0.5, 1), False),
        (Box(0.75, 0.25, 1, 0.5), False),
        (Box(0, 0.25, 0.25, 0.5), False),
        (Box(0.25, 0, 0.5, 0.25), False),
    ],
)
def test_centre_decides_containment(inner, expected):
    assert geometry.contains_center(Box(0.25, 0.25, 0.75, 0.75), inner) is expected


def test_boxes_can_be_told_in_a_part_of_the_image():
    part = Box(0.5, 0.25, 1.0, 0.75)
    assert geometry.box_in_part(part, part) == Box(0, 0, 1, 1)
    assert geometry.box_in_part(Box(0.625, 0.5, 0.75, 0.75), part) == Box(0.25, 0.5, 0.5, 1)
    assert geometry.box_in_part(Box(0, 0, 0.5, 0.5), part) == Box(-1, -0.5, 0, 0.5)
