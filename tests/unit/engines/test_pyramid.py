import numpy as np
import pytest

from facedex.engines.dlib_cnn.bands import cut_into_bands
from facedex.engines.dlib_cnn.pyramid import CanvasBuilder, Level, level_sizes, tiled_layout


def nearest(planes, height, width):
    rows = np.arange(height) * planes.shape[2] // height
    columns = np.arange(width) * planes.shape[3] // width
    return planes[:, :, rows][:, :, :, columns]


def test_levels_shrink_by_five_sixths_until_lower_than_five():
    sizes = level_sizes(60, 80)
    assert sizes[:3] == [(60, 80), (50, 66), (41, 55)]
    assert sizes[-1][0] >= 5
    assert int(sizes[-1][0] * 5 / 6) < 5


def test_layout_of_600_by_800():
    layout = tiled_layout(600, 800)
    assert (layout.height, layout.width) == (2212, 822)
    assert len(layout.levels) == 25
    assert layout.levels[0] == Level(11, 11, 800, 600)
    assert layout.levels[1] == Level(11, 621, 666, 500)


def test_layout_of_1080p():
    layout = tiled_layout(1080, 1920)
    assert (layout.height, layout.width) == (3937, 1942)


@pytest.mark.parametrize("size", [(1, 1), (1, 40000), (40000, 1), (7, 5), (480, 640), (333, 97)])
def test_levels_lie_on_the_canvas_and_apart(size):
    layout = tiled_layout(*size)
    assert layout.levels[0] == Level(11, 11, size[1], size[0])
    for number, level in enumerate(layout.levels):
        assert level.left >= 11
        assert level.top >= 11
        assert level.left + level.width <= layout.width - 11
        assert level.top + level.height <= layout.height - 11
        assert not any(level.touches(other) for other in layout.levels[:number])


def whole(layout):
    return cut_into_bands(layout.height, layout.width)


def test_bands_of_a_canvas_are_its_rows():
    image = np.random.default_rng(0).integers(0, 256, (300, 200, 3), np.uint8)
    layout = tiled_layout(300, 200)
    builder = CanvasBuilder(nearest)
    canvas = builder.build(image, whole(layout))[0].copy()
    bands = cut_into_bands(layout.height, layout.width, max_cells=500)
    assert len(bands) > 3
    for band, part in zip(bands, builder.build(image, bands), strict=True):
        assert part.flags.c_contiguous
        np.testing.assert_array_equal(part, canvas[:, :, band.top : band.bottom])


def test_canvas_holds_scaled_pixels_and_zeros_between():
    image = np.zeros((40, 30, 3), np.uint8)
    image[:] = (255, 0, 128)
    layout = tiled_layout(40, 30)
    builder = CanvasBuilder(nearest)
    # leaves its pixels in the buffer
    builder.build(np.full((60, 50, 3), 7, np.uint8), whole(tiled_layout(60, 50)))
    [canvas] = builder.build(image, whole(layout))
    assert canvas.shape == (1, 3, layout.height, layout.width)
    covered = np.zeros((layout.height, layout.width), bool)
    for level in layout.levels:
        rows = slice(level.top, level.top + level.height)
        covered[rows, level.left : level.left + level.width] = True
    assert not canvas[0][:, ~covered].any()
    expected = (np.array([255, 0, 128]) - (122.782, 117.001, 104.298)) / 256
    np.testing.assert_allclose(
        canvas[0][:, covered], expected[:, None].repeat(covered.sum(), 1), rtol=1e-6
    )
