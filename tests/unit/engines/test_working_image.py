import numpy as np
import pytest

from facedex.engines.dlib_cnn.rects import PixelRect
from facedex.engines.dlib_cnn.working_image import (
    box_from_rect,
    rect_from_box,
    resize_image,
    working_image,
    working_size_px,
)
from facedex.types import Box


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((3000, 4000), (1200, 1600)),
        ((4000, 3000), (1600, 1200)),
        ((1200, 1600), (1200, 1600)),
        ((250, 250), (500, 500)),
        ((683, 1024), (1067, 1600)),
        ((1, 40000), (1, 1600)),
        ((1, 1), (2, 2)),
    ],
)
def test_long_side_becomes_the_working_size(size, expected):
    assert working_size_px(*size, 1600) == expected


def test_working_image_has_that_size():
    assert working_image(np.zeros((10, 3000, 3), np.uint8), 1600).shape == (5, 1600, 3)


def test_image_of_the_right_size_is_not_changed():
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    np.testing.assert_array_equal(resize_image(image, 4, 4), image)
    flipped = resize_image(image[:, ::-1], 4, 4)
    assert flipped.flags.c_contiguous


def test_right_edge_of_a_rectangle_is_included():
    assert box_from_rect(PixelRect(0, 10, 99, 49), 100, 200) == Box(0.0, 0.1, 0.5, 0.5)


def test_rectangle_round_trip():
    rect = PixelRect(-5, 7, 120, 90)
    assert rect_from_box(box_from_rect(rect, 77, 113), 77, 113) == rect


def test_empty_box_has_one_pixel():
    assert rect_from_box(Box(0.5, 0.5, 0.5, 0.5), 100, 100) == PixelRect(50, 50, 50, 50)
