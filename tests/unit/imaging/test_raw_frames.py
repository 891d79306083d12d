import numpy as np
import pytest

from facedex.imaging.raw_frames import WHOLE, preview_orientation, to_photo_frame
from facedex.types import Box

LANDSCAPE, PORTRAIT = (6000, 4000), (4000, 6000)


def picture(width, height, value=200):
    return np.full((height, width, 3), value, np.uint8)


def marked(width, height, x, y):
    """A grey picture with a red square of 5 % around (x, y), 0..1."""
    pixels = picture(width, height, 90)
    dx, dy = round(width * 0.025), round(height * 0.025)
    cx, cy = round(x * width), round(y * height)
    pixels[cy - dy : cy + dy, cx - dx : cx + dx] = (255, 0, 0)
    return pixels


def place_of_mark(pixels):
    rows, columns = np.nonzero((pixels == (255, 0, 0)).all(axis=2))
    return (columns.mean() + 0.5) / pixels.shape[1], (rows.mean() + 0.5) / pixels.shape[0]


# ---- which way up


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_preview_that_lies_is_turned_as_the_photo(orientation):
    assert preview_orientation((1620, 1080), PORTRAIT, [orientation]) == orientation


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_preview_that_stands_already_is_left(orientation):
    assert preview_orientation((1080, 1620), PORTRAIT, [orientation]) == 1


@pytest.mark.parametrize("own", range(1, 5))
def test_what_a_preview_says_of_itself_comes_first(own):
    assert preview_orientation((1620, 1080), LANDSCAPE, [own, 3]) == own


def test_a_preview_that_contradicts_the_photo_is_turned_as_the_photo():
    assert preview_orientation((1620, 1080), PORTRAIT, [1, 8]) == 8


@pytest.mark.parametrize("size", [(1000, 1000), (1050, 1000), (1000, 1050)])
def test_a_square_preview_is_believed(size):
    assert preview_orientation(size, PORTRAIT, [6]) == 6


# ---- where it lies


def test_a_preview_of_the_whole_photo_is_the_photo():
    preview = marked(1620, 1080, 0.3, 0.6)
    assert to_photo_frame(preview, LANDSCAPE, WHOLE) is preview


def test_a_preview_of_the_camera_crop_is_put_in_its_place():
    crop = Box(0.01, 0.02, 0.99, 0.98)  # 5880 x 3840
    shown = to_photo_frame(marked(1960, 1280, 0.25, 0.75), LANDSCAPE, crop)
    assert shown.shape == (1333, 2000, 3)
    x, y = place_of_mark(shown)
    assert x == pytest.approx(0.01 + 0.98 * 0.25, abs=0.002)
    assert y == pytest.approx(0.02 + 0.96 * 0.75, abs=0.002)
    assert (shown[:20] == 128).all()


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1080)])
def test_a_preview_of_another_aspect_ratio_shows_the_middle(size):
    shown = to_photo_frame(marked(*size, 0.5, 0.9), LANDSCAPE, WHOLE)
    assert shown.shape[1] / shown.shape[0] == pytest.approx(1.5, abs=0.01)
    x, y = place_of_mark(shown)
    visible = size[1] / shown.shape[0]
    assert x == pytest.approx(0.5, abs=0.002)
    assert y == pytest.approx(0.5 + 0.4 * visible, abs=0.002)


@pytest.mark.parametrize("noise", [0, 9])
def test_black_bars_are_cut_off(noise):
    framed = picture(160, 120, noise)
    framed[7:113] = marked(160, 106, 0.5, 0.25)
    shown = to_photo_frame(framed, LANDSCAPE, WHOLE)
    assert shown.shape == (106, 160, 3)
    assert place_of_mark(shown)[1] == pytest.approx(0.25, abs=0.02)


def test_bars_beside_the_picture_are_cut_off():
    framed = picture(160, 120, 0)
    framed[:, 40:120] = marked(80, 120, 0.5, 0.25)
    assert to_photo_frame(framed, PORTRAIT, WHOLE).shape == (120, 80, 3)


def test_a_dark_picture_with_one_lighter_edge_has_no_bars():
    night = picture(1600, 1200, 3)
    night[-40:] = 80
    shown = to_photo_frame(night, LANDSCAPE, WHOLE)
    assert shown.shape[:2] == (1200, 1800)
