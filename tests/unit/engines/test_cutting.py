import numpy as np
import pytest
from PIL import Image

from facedex.engines.finding.cutting import CROP_PX, cut_places, shrink, sides_of
from facedex.geometry import pixels_to_upright


def gradient(width, height):
    """Return a picture whose red says how far right, and whose green how far down (0..255)."""
    x = np.broadcast_to(np.linspace(0, 255, width), (height, width))
    y = np.broadcast_to(np.linspace(0, 255, height)[:, np.newaxis], (height, width))
    return Image.fromarray(np.stack([x, y, np.full_like(x, 128)], axis=2).astype(np.uint8))


def test_shrunk_pictures_have_the_long_sides_asked_for():
    pictures = shrink(gradient(2000, 1500), (800, 400, 100))
    assert [picture.size for picture in pictures] == [(800, 600), (400, 300), (100, 75)]
    small = np.asarray(pictures[-1]).astype(float)
    assert small[37, 50, :2] == pytest.approx([255 / 2, 255 / 2], abs=4)
    assert small[0, 0, :2] == pytest.approx([0, 0], abs=4)
    assert small[-1, -1, :2] == pytest.approx([255, 255], abs=4)


def test_small_photo_is_enlarged_at_most_twice():
    assert [p.size for p in shrink(gradient(200, 100), (1000, 300))] == [(400, 200), (300, 150)]


def test_fine_stripes_become_grey():
    stripes = np.zeros((900, 1200, 3), np.uint8)
    stripes[:, ::2] = 255
    for picture in shrink(Image.fromarray(stripes), (700, 300)):
        middle = np.asarray(picture)[20:-20, 20:-20].astype(float)
        assert middle.mean() == pytest.approx(127.5, abs=3)
        assert middle.std() < 40


@pytest.mark.parametrize("sizes", [(), (600,), (600, 240)])
@pytest.mark.parametrize("face_px", [64.0, 100.0])
def test_crop_shows_the_place_at_the_size_asked_for(sizes, face_px):
    photo = gradient(1200, 900)
    place = np.array([[500, 300, 700, 500]], np.float32)
    (crop,) = cut_places([photo, *shrink(photo, sizes)], place, face_px).astype(float)
    assert crop.shape == (CROP_PX, CROP_PX, 3)
    half = 200 * CROP_PX / face_px / 2
    assert crop[64, 64, 0] == pytest.approx(600 / 1200 * 255, abs=2)
    assert crop[64, 64, 1] == pytest.approx(400 / 900 * 255, abs=2)
    assert crop[64, -1, 0] == pytest.approx((600 + half) / 1200 * 255, abs=2)
    assert crop[-1, 64, 1] == pytest.approx((400 + half) / 900 * 255, abs=2)


def test_what_lies_outside_the_photo_is_black():
    photo = Image.new("RGB", (200, 200), (255, 255, 255))
    (crop,) = cut_places([photo], np.array([[-50, 50, 50, 150]], np.float32), 64.0)
    assert crop[64, :60].max() == 0
    assert crop[64, 70:].min() == 255


def test_crop_is_cut_from_the_smallest_picture_that_shows_enough():
    pictures = [Image.new("RGB", (side, side), (side // 8, 0, 0)) for side in (1600, 800, 400)]
    sides = {100: 1600, 127: 1600, 129: 800, 255: 800, 257: 400, 900: 400}
    for side, wanted in sides.items():
        place = np.array([[300, 300, 300 + side, 300 + side]], np.float32)
        (crop,) = cut_places(pictures, place, 64.0)
        assert crop[64, 64, 0] == wanted // 8, side


def test_side_is_the_root_of_the_area():
    boxes = np.array([[0, 0, 40, 90], [5, 5, 5, 5]], np.float32)
    assert sides_of(boxes).tolist() == [60, 1]


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_crop_is_turned_as_asked(orientation):
    photo = gradient(1200, 900)
    places = np.array([[500, 300, 700, 500]] * 2, np.float32)
    as_it_is, turned = cut_places([photo], places, 64.0, [1, orientation])
    np.testing.assert_array_equal(turned, pixels_to_upright(as_it_is, orientation))
