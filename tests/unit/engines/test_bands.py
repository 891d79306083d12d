"""A canvas in bands: every cell once, and the detector sees no difference."""

import numpy as np
import photos
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facedex.engines.dlib_cnn.bands import MAX_CELLS, REACH_CELLS, cut_into_bands
from facedex.engines.dlib_cnn.cells import n_cells
from facedex.engines.dlib_cnn.pyramid import tiled_layout
from facedex.engines.dlib_cnn.working_image import working_image
from facedex.engines.runtimes import OnnxNetworks

sides = st.integers(29, 9000)


@given(sides, sides, st.integers(1, 200_000))
def test_every_row_of_cells_belongs_to_one_band(height, width, max_cells):
    bands = cut_into_bands(height, width, max_cells)
    assert sum(band.n_rows for band in bands) == n_cells(height)
    assert (bands[0].top, bands[0].n_before, bands[-1].bottom) == (0, 0, height)
    first = 0
    for band in bands:
        assert band.top % 8 == 0
        assert band.top // 8 + band.n_before == first
        first += band.n_rows
        # what the band is asked for lies in it, with all that those cells can see
        n_answered = n_cells(band.bottom - band.top)
        beyond = n_answered - band.n_before - band.n_rows
        assert beyond >= (0 if band is bands[-1] else min(REACH_CELLS, n_cells(height) - first))


@given(sides, sides, st.integers(1000, 200_000))
def test_bands_are_as_few_as_the_limit_allows_and_keep_to_it(height, width, max_cells):
    bands = cut_into_bands(height, width, max_cells)
    columns = n_cells(width)
    if n_cells(height) * columns <= max_cells:
        assert len(bands) == 1
    assert all(band.n_rows * columns <= max_cells + columns for band in bands)


@pytest.mark.model
@pytest.mark.slow
def test_scores_in_bands_are_those_of_the_whole_canvas(model_cache, monkeypatch):
    networks = OnnxNetworks(model_cache, 1)
    image = working_image(np.asarray(photos.both()), 700)
    layout = tiled_layout(*image.shape[:2])
    assert len(cut_into_bands(layout.height, layout.width)) == 1
    expected = networks.find_faces(image, threshold=-1.0)
    monkeypatch.setattr(
        "facedex.engines.runtimes.networks.cut_into_bands",
        lambda height, width: cut_into_bands(height, width, 1500),
    )
    assert len(cut_into_bands(layout.height, layout.width, 1500)) > 5
    assert networks.find_faces(image, threshold=-1.0) == expected
    assert len([face for face in expected if face.score > 0]) == 2
    networks.close()


def test_the_usual_photo_is_cut_in_two():
    layout = tiled_layout(1200, 1600)
    assert len(cut_into_bands(layout.height, layout.width)) == 2
    assert n_cells(layout.height) * n_cells(layout.width) < 2 * MAX_CELLS
