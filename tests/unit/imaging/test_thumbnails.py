import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_makers import noise, quarters
from PIL import Image

from facedex.geometry import pixels_to_upright, points_to_stored
from facedex.imaging.thumbnails import FACE_PX, face_thumbnail, preview, thumbnail_from_preview
from facedex.types import Box

GREY = (128, 128, 128)


def opened(jpeg):
    with Image.open(io.BytesIO(jpeg)) as image:
        assert image.format == "JPEG"
        return np.asarray(image.convert("RGB"))


def face(pixels, *corners, **options):
    return opened(face_thumbnail(pixels, Box(*corners), **options))


def test_a_large_face_becomes_a_square_of_the_usual_size():
    assert face(noise(1000, 800), 0.3, 0.3, 0.7, 0.6).shape == (FACE_PX, FACE_PX, 3)


def test_a_small_face_is_not_enlarged():
    pixels = noise(1000, 800)
    assert face(pixels, 0.5, 0.5, 0.52, 0.525).shape == (34, 34, 3)


def test_the_face_is_in_the_middle_with_some_margin():
    pixels = np.zeros((600, 600, 3), np.uint8)
    pixels[200:300, 300:400] = 255
    tile = face(pixels, 300 / 600, 200 / 600, 400 / 600, 300 / 600)
    middle, edge = tile[80, 80], tile[5, 5]
    assert middle.min() > 250
    assert edge.max() < 5
    share = (tile[80, :, 0] > 128).mean()
    assert share == pytest.approx(1 / 1.7, abs=0.02)


@pytest.mark.parametrize(
    ("corners", "outside"),
    [
        ((-0.1, 0.4, 0.1, 0.6), (80, 5)),
        ((0.9, 0.4, 1.1, 0.6), (80, 154)),
        ((0.4, -0.1, 0.6, 0.1), (5, 80)),
        ((0.4, 0.9, 0.6, 1.1), (154, 80)),
    ],
)
def test_what_lies_outside_the_photo_is_grey(corners, outside):
    pixels = np.zeros((1000, 1000, 3), np.uint8)
    tile = face(pixels, *corners)
    assert tile.shape == (FACE_PX, FACE_PX, 3)
    np.testing.assert_allclose(tile[outside], GREY, atol=6)
    row, column = outside
    assert tile[FACE_PX - 1 - row, FACE_PX - 1 - column].max() < 6


def test_a_box_wholly_outside_is_grey():
    np.testing.assert_allclose(face(quarters(), 2, 2, 3, 3), 128, atol=3)


@pytest.mark.parametrize("corners", [(0.5, 0.5, 0.5, 0.5), (0.6, 0.6, 0.4, 0.4), (0, 0, 0, 1)])
def test_empty_boxes_give_a_picture(corners):
    assert face(quarters(), *corners).size > 0


def test_a_box_of_the_whole_photo():
    assert face(noise(300, 200), 0, 0, 1, 1).shape == (FACE_PX, FACE_PX, 3)


@settings(deadline=None, max_examples=40)
@given(st.tuples(*[st.floats(-2, 3) for _ in range(4)]), st.integers(1, 40), st.integers(1, 40))
def test_any_box_on_any_photo_gives_a_square(corners, width, height):
    tile = face(noise(width, height), *corners)
    assert tile.shape[0] == tile.shape[1] <= FACE_PX


@pytest.mark.parametrize(("width", "height"), [(1000, 500), (500, 1000), (300, 300)])
def test_preview_has_the_long_side_asked_for(width, height):
    made = opened(preview(noise(width, height), 200))
    assert max(made.shape[:2]) == 200
    assert made.shape[1] / made.shape[0] == pytest.approx(width / height, rel=0.02)


def test_preview_does_not_enlarge():
    assert opened(preview(quarters(), 1600)).shape == (48, 64, 3)


def test_preview_of_a_line():
    assert opened(preview(noise(4000, 1), 200)).shape[:2] == (1, 200)


def test_a_face_cut_from_a_preview_looks_like_one_cut_from_the_photo():
    pixels = np.kron(quarters(), np.ones((10, 10, 1), np.uint8))
    box = Box(0.3, 0.3, 0.7, 0.7)
    once = opened(face_thumbnail(pixels, box)).astype(int)
    again = opened(thumbnail_from_preview(preview(pixels, 400), box)).astype(int)
    assert once.shape == again.shape
    assert np.abs(once - again).mean() < 6


def test_only_a_jpeg_is_taken_for_a_preview():
    out = io.BytesIO()
    Image.fromarray(quarters()).save(out, "PNG")
    with pytest.raises(OSError, match="cannot identify"):
        thumbnail_from_preview(out.getvalue(), Box(0, 0, 1, 1))


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_face_that_lies_is_shown_upright(orientation):
    pixels = quarters()
    upright = face(pixels_to_upright(pixels, orientation), 0.25, 0.25, 0.75, 0.75)
    tile = face(pixels, 0.25, 0.25, 0.75, 0.75, orientation=orientation)
    np.testing.assert_allclose(tile.astype(int), upright.astype(int), atol=12)
    x, y = np.array([0.65, 0.55, 0.35, 0.45, 0.5]), np.array([0.4, 0.4, 0.4, 0.4, 0.6])
    landmarks = points_to_stored(np.stack([x, y], axis=1).astype(np.float32), orientation)
    again = opened(
        thumbnail_from_preview(preview(pixels, 400), Box(0.25, 0.25, 0.75, 0.75), landmarks)
    )
    np.testing.assert_allclose(again.astype(int), tile.astype(int), atol=40)
