"""Faces of an original carried into the file that Picasa saved, pixel by pixel."""

import pytest

from facedex.geometry import box_from_rect64
from facedex.picasa.frames import PlacedRect, frame_fit, place_region
from facedex.picasa.recipes import carry_box, saved_size
from facedex.picasa.rects import parse_face
from facedex.types import Box, Recipe


def rect(edges_px, size):
    values = [round(k * 65535 / n) for k, n in zip(edges_px, size * 2, strict=True)]
    return "".join(f"{v:04x}" for v in values)


def face(edges_px, size):
    return parse_face(f"rect64({rect(edges_px, size)}),1")


def pixels(box, size):
    edges = (box.x0, box.y0, box.x1, box.y1)
    return tuple(round(edge * n) for edge, n in zip(edges, size * 2, strict=True))


def recipe(size, crop=None, rotate=None):
    return Recipe(*size, None if crop is None else box_from_rect64(crop), rotate)


# sizes of files that Picasa saved, as measured on public photos
@pytest.mark.parametrize(
    ("size", "rotate", "crop", "saved"),
    [
        ((6000, 4000), 3, "35552893b2fcce97", (2594, 2945)),
        ((2560, 1920), 1, "cb32fdff", (1905, 2032)),
        ((1600, 1200), 1, "2140000da3dfe13", (1191, 1351)),
        ((800, 600), None, "dc3369dc570a51e", (574, 259)),
        ((800, 600), None, None, (800, 600)),
        ((800, 600), 1, None, (600, 800)),
        ((800, 600), 2, None, (800, 600)),
    ],
)
def test_saved_size_is_the_measured_one(size, rotate, crop, saved):
    assert saved_size(recipe(size, crop, rotate)) == saved


# an original of 6000 x 4000, of which Picasa kept the pixels 1250 to 4195 and 634 to 3228
SIZE = (6000, 4000)
CROP = "35552893b2fcce97"
IN_CROP = (1801, 901, 2203, 1407)  # lies 551, 267, 953, 773 in the crop of 2945 x 2594


@pytest.mark.parametrize(
    ("rotate", "saved", "expected"),
    [
        (None, (2945, 2594), (551, 267, 953, 773)),
        (0, (2945, 2594), (551, 267, 953, 773)),
        (1, (2594, 2945), (2594 - 773, 551, 2594 - 267, 953)),
        (2, (2945, 2594), (2945 - 953, 2594 - 773, 2945 - 551, 2594 - 267)),
        (3, (2594, 2945), (267, 2945 - 953, 773, 2945 - 551)),
    ],
)
def test_face_lands_on_its_pixels(rotate, saved, expected):
    placed = place_region(face(IN_CROP, SIZE), saved, recipe=recipe(SIZE, CROP, rotate))
    assert placed.frame == "other"
    assert pixels(placed.box, saved) == expected


def test_public_example_lands_on_its_pixels():
    # 800 x 600, crop 43, 128 to 617, 387
    placed = place_region(
        face((101, 151, 163, 229), (800, 600)),
        (574, 259),
        recipe=recipe((800, 600), "dc3369dc570a51e"),
    )
    assert placed.frame == "other"
    assert pixels(placed.box, (574, 259)) == (58, 23, 120, 101)


def test_turn_without_crop_is_followed():
    at = (1801, 907, 2203, 1407)
    assert frame_fit(rect(at, SIZE), (4000, 6000)) < 4
    placed = place_region(face(at, SIZE), (4000, 6000), recipe=recipe(SIZE, rotate=1))
    assert placed.frame == "other"
    assert pixels(placed.box, (4000, 6000)) == (4000 - 1407, 1801, 4000 - 907, 2203)


def test_recipe_explains_more_than_an_orientation_that_was_left_behind():
    at = (1801, 907, 2203, 1407)
    turned = place_region(face(at, SIZE), (4000, 6000), rotate=1)
    assert turned.frame == "swapped"
    placed = place_region(face(at, SIZE), (4000, 6000), rotate=1, recipe=recipe(SIZE, rotate=1))
    assert placed.frame == "other"
    assert pixels(placed.box, (4000, 6000)) == (4000 - 1407, 1801, 4000 - 907, 2203)


@pytest.mark.parametrize(
    "edges_px",
    [
        (11, 905, 403, 1407),
        (5003, 901, 5507, 1407),
        (1801, 7, 2203, 401),
        (1801, 3301, 2203, 3907),
        (1001, 907, 1497, 1407),
    ],
)
def test_face_that_was_cropped_away_has_no_place(edges_px):
    saved = (2945, 2594)
    assert place_region(face(edges_px, SIZE), saved, recipe=recipe(SIZE, CROP)) is None


def test_face_at_the_crops_edge_is_clipped():
    saved = (2945, 2594)
    placed = place_region(face((1151, 901, 2203, 1407), SIZE), saved, recipe=recipe(SIZE, CROP))
    assert placed.frame == "other"
    assert pixels(placed.box, saved) == (0, 267, 953, 773)


def test_stored_grid_wins_over_the_recipe():
    saved = (2945, 2594)
    placed = place_region(face((551, 267, 953, 773), saved), saved, recipe=recipe(SIZE, CROP))
    assert placed == PlacedRect(face((551, 267, 953, 773), saved).box, "stored")


@pytest.mark.parametrize("saved", [(2944, 2594), (2945, 2595)])
def test_recipe_may_be_a_pixel_off(saved):
    placed = place_region(face(IN_CROP, SIZE), saved, recipe=recipe(SIZE, CROP))
    assert placed.frame == "other"


@pytest.mark.parametrize("saved", [(2943, 2594), (2945, 2596), (2594, 2945), (1472, 1297)])
def test_recipe_of_another_file_does_not_count(saved):
    written = face(IN_CROP, SIZE)
    placed = place_region(written, saved, recipe=recipe(SIZE, CROP))
    assert placed == PlacedRect(written.box, "unknown")


def test_recipe_counts_only_where_the_originals_grid_fits():
    written = parse_face("rect64(4001410350056003),1")
    assert frame_fit("4001410350056003", SIZE) < 4
    placed = place_region(written, (2945, 2594), recipe=recipe(SIZE, CROP))
    assert placed == PlacedRect(written.box, "unknown")


def test_recipe_does_not_count_for_raw_files():
    placed = place_region(face(IN_CROP, SIZE), (2945, 2594), is_raw=True, recipe=recipe(SIZE, CROP))
    assert placed.frame == "unknown"


def test_crop_of_no_pixel_keeps_nothing():
    nothing = Recipe(100, 100, Box(0.5, 0.5, 0.501, 0.9))
    assert saved_size(nothing) == (0, 40)
    assert carry_box(Box(0.4, 0.4, 0.6, 0.6), nothing) is None
    assert place_region(face((41, 43, 59, 57), (100, 100)), (1, 40), recipe=nothing) is None
