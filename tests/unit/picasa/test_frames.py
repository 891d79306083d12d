import pytest

from facedex.geometry import box_from_rect64, box_to_stored, box_to_upright
from facedex.picasa.frames import PlacedRect, frame_fit, place_region, upright_orientation
from facedex.picasa.rects import parse_face
from facedex.types import Box, PicasaFace

SIZE = (4000, 3000)
TURNED = (3000, 4000)
# whole pixels whose values fit one of the two grids only
PIXELS = (1234, 777, 1851, 1499)


def rect(edges_px, size):
    values = [round(k * 65535 / n) for k, n in zip(edges_px, size * 2, strict=True)]
    return "".join(f"{v & 0xFFFF:04x}" for v in values)


def pixels(box, size):
    edges = (box.x0, box.y0, box.x1, box.y1)
    return tuple(round(edge * n) for edge, n in zip(edges, size * 2, strict=True))


def near(a, b):
    return (a.x0, a.y0, a.x1, a.y1) == pytest.approx((b.x0, b.y0, b.x1, b.y1), abs=1e-9)


def face(rect_hex):
    return parse_face(f"rect64({rect_hex}),1")


STORED = rect(PIXELS, SIZE)
SWAPPED = rect(PIXELS, TURNED)
NOWHERE = "1001300450075003"


def test_examples_fit_what_they_should():
    assert frame_fit(STORED, SIZE) == frame_fit(SWAPPED, TURNED) == 4
    assert frame_fit(STORED, TURNED) < 4
    assert frame_fit(SWAPPED, SIZE) < 4
    assert frame_fit(NOWHERE, SIZE) < 4
    assert frame_fit(NOWHERE, TURNED) < 4


@pytest.mark.parametrize(
    "size", [(1, 1), (640, 480), (800, 600), (4608, 3456), (6000, 4000), (65535, 65535)]
)
def test_whole_pixels_fit_their_own_grid(size):
    width, height = size
    for i in range(50):
        edges_px = (
            width * i // 51,
            height * i // 53,
            width * (i + 1) // 51,
            height * (i + 1) // 52,
        )
        assert frame_fit(rect(edges_px, size), size) == 4


def test_box_fits_as_its_digits_do():
    assert frame_fit(box_from_rect64(STORED), SIZE) == 4
    assert frame_fit(box_from_rect64(STORED), TURNED) == frame_fit(STORED, TURNED)


def test_edges_fit_every_grid():
    assert frame_fit("00000000ffffffff", (123, 457)) == 4
    assert frame_fit("ffffffff", (123, 457)) == 4


def test_wrapped_edge_fits_the_pixel_past_the_border():
    # a photo 600 pixels wide whose right edge is pixel 601
    assert frame_fit("d0365d70006c88f5", (600, 800)) >= 3
    assert frame_fit(rect((500, 100, 601, 200), (600, 800)), (600, 800)) == 4
    assert frame_fit(rect((500, 700, 590, 801), (600, 800)), (600, 800)) == 4


def test_grids_without_pixels_fit_nothing():
    assert frame_fit(STORED, (0, 0)) == 0
    assert frame_fit(STORED, (-4000, 3000)) == 2


@pytest.mark.parametrize("text", ["", "xyz", "1" * 17])
def test_fit_wants_a_rect64(text):
    with pytest.raises(ValueError, match="1 to 16 hex"):
        frame_fit(text, SIZE)


@pytest.mark.parametrize(
    ("orientation", "rotate", "expected"),
    [
        (1, None, 1),
        (6, None, 6),
        (7, None, 7),
        (0, None, 1),
        (None, None, 1),
        (9, None, 1),
        (6, 0, 1),
        (1, 1, 6),
        (6, 1, 6),
        (3, 2, 3),
        (1, 3, 8),
    ],
)
def test_rotate_replaces_exif(orientation, rotate, expected):
    assert upright_orientation(orientation, rotate) == expected


@pytest.mark.parametrize("orientation", [0, 1, 2, 3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize("rotate", [None, 0, 1, 2, 3])
def test_stored_grid_is_kept_whatever_the_rotation(orientation, rotate):
    placed = place_region(face(STORED), SIZE, orientation=orientation, rotate=rotate)
    assert placed == PlacedRect(box_from_rect64(STORED), "stored")


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_no_grid_is_taken_as_stored_but_said(orientation):
    placed = place_region(face(NOWHERE), SIZE, orientation=orientation)
    assert placed == PlacedRect(box_from_rect64(NOWHERE), "unknown")


@pytest.mark.parametrize(
    ("orientation", "rotate", "turn"),
    [(6, None, 6), (8, None, 8), (5, None, 5), (7, None, 7), (1, 1, 6), (1, 3, 8), (6, 3, 8)],
)
def test_swapped_grid_is_turned_back(orientation, rotate, turn):
    placed = place_region(face(SWAPPED), SIZE, orientation=orientation, rotate=rotate)
    assert placed.frame == "swapped"
    assert near(box_to_upright(placed.box, turn), box_from_rect64(SWAPPED))


def test_swapped_grid_by_hand():
    # orientation 6 turns the stored picture clockwise: the upright's top is the stored left
    upright = face(rect((301, 401, 601, 1001), TURNED))
    placed = place_region(upright, SIZE, orientation=6)
    assert placed.frame == "swapped"
    assert pixels(placed.box, SIZE) == (401, 2399, 1001, 2699)


@pytest.mark.parametrize(("orientation", "rotate"), [(1, None), (3, None), (6, 0), (8, 2), (1, 2)])
def test_swapped_grid_without_a_quarter_turn_is_unknown(orientation, rotate):
    placed = place_region(face(SWAPPED), SIZE, orientation=orientation, rotate=rotate)
    assert placed == PlacedRect(box_from_rect64(SWAPPED), "unknown")


def test_numbers_that_fit_both_grids_are_stored():
    placed = place_region(face(rect((300, 600, 900, 1200), TURNED)), SIZE, orientation=6)
    assert placed.frame == "stored"


def test_three_coordinates_prove_a_swap_and_two_do_not():
    at_left = rect((0, 401, 601, 1001), TURNED)
    assert place_region(face(at_left), SIZE, orientation=6).frame == "swapped"
    in_corner = rect((0, 0, 601, 1001), TURNED)
    assert frame_fit(in_corner, SIZE) < 4
    assert place_region(face(in_corner), SIZE, orientation=6).frame == "unknown"


@pytest.mark.parametrize("orientation", [1, 2, 3, 4, 5, 6, 7, 8])
def test_raw_rectangles_are_upright(orientation):
    is_turned = orientation >= 5
    rect_hex = SWAPPED if is_turned else STORED
    placed = place_region(face(rect_hex), SIZE, is_raw=True, orientation=orientation)
    assert placed.frame == ("swapped" if is_turned else "stored")
    assert near(placed.box, box_to_stored(box_from_rect64(rect_hex), orientation))


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_raw_rectangles_of_no_grid_are_upright(orientation):
    placed = place_region(face(NOWHERE), SIZE, is_raw=True, orientation=orientation)
    assert placed.frame == "unknown"
    assert near(placed.box, box_to_stored(box_from_rect64(NOWHERE), orientation))


def test_raw_rectangle_of_the_stored_grid_only_is_stored():
    placed = place_region(face(STORED), SIZE, is_raw=True, orientation=6)
    assert placed == PlacedRect(box_from_rect64(STORED), "stored")


def test_box_is_clipped_to_the_picture():
    wrapped = face(rect((3900, 100, 4001, 2900), SIZE))
    placed = place_region(wrapped, SIZE)
    assert wrapped.is_suspect
    assert placed.box.x1 == 1.0
    outside = PicasaFace(Box(-0.5, 0.25, 1.5, 0.75), "0" * 16, "")
    assert place_region(outside, SIZE).box == Box(0, 0.25, 1, 0.75)
