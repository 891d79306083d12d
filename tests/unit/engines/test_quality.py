import numpy as np
import photos
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFilter

from facedex.engines.encoding.quality import (
    MIDDLE_PX,
    MOST_SIDE_PX,
    PICTURE,
    SCORE_BIAS,
    SCORE_WEIGHT,
    USUAL_MIRROR_DISTANCE,
    face_quality,
    picture_quality,
    sharpness,
)
from facedex.engines.engine import create_engine
from facedex.types import DeviceName, EngineConfig, FacePlace, Precision, RuntimeName

PROBABILITIES = st.floats(0, 1)
NOISE = np.random.default_rng(0).integers(0, 256, (150, 150, 3), np.uint8)


def quality(side_px=60.0, contrast=1.0, mirror=USUAL_MIRROR_DISTANCE):
    """Return the quality of noise; the less contrast, the less sharp."""
    chip = (NOISE * contrast).astype(np.uint8)
    arrays = (np.array([value], np.float32) for value in (side_px, mirror))
    sides, mirrors = arrays
    return float(picture_quality(sides, chip[np.newaxis], mirrors)[0])


@given(st.floats(1, 300), st.floats(1, 300))
def test_larger_face_is_no_worse(a, b):
    low, high = sorted((a, b))
    assert quality(side_px=low, contrast=0.05) <= quality(side_px=high, contrast=0.05)


@given(st.floats(0, 1), st.floats(0, 1))
def test_face_that_is_more_like_its_mirror_image_is_no_worse(a, b):
    low, high = sorted((a, b))
    assert quality(mirror=high) <= quality(mirror=low)


def test_sharper_face_is_better():
    qualities = [quality(contrast=c) for c in (0.0, 0.01, 0.02, 0.05, 0.1)]
    assert qualities == sorted(set(qualities))


@given(PROBABILITIES, PROBABILITIES, st.none() | PROBABILITIES)
def test_better_picture_is_no_worse(a, b, score):
    low, high = sorted((a, b))
    assert 0 <= face_quality(low, score) <= face_quality(high, score) <= 1


@given(PROBABILITIES, PROBABILITIES, PROBABILITIES)
def test_surer_face_is_no_worse(a, b, of_picture):
    low, high = sorted((a, b))
    assert face_quality(of_picture, low) <= face_quality(of_picture, high)


def test_picture_alone_counts_where_there_is_no_probability():
    assert face_quality(0.37, None) == 0.37


def test_every_sign_counts():
    assert min(PICTURE.size, PICTURE.sharpness, PICTURE.mirror, SCORE_WEIGHT) > 0
    assert quality(side_px=20) < quality(side_px=MOST_SIDE_PX) == quality(side_px=500)
    assert face_quality(0.5, 0.51) < 0.5 < face_quality(0.95, 0.999)
    assert SCORE_BIAS < 0  # an average score changes nothing


def test_without_a_mirror_image_a_face_counts_as_usual():
    sides = np.array([40], np.float32)
    alone = picture_quality(sides, NOISE[np.newaxis], None)
    assert alone == pytest.approx([quality(side_px=40)])


def test_sharpness_is_of_the_middle_with_and_without_a_margin():
    chip = np.zeros((1, 150, 150, 3), np.uint8)
    first = (150 - MIDDLE_PX) // 2
    chip[:, : first - 1] = 255  # outside
    assert sharpness(chip) == pytest.approx([np.log(0.3)])
    chip[:, first + 3] = 255
    wide = np.pad(chip, ((0, 0), (3, 3), (3, 3), (0, 0)), constant_values=99)
    assert sharpness(chip)[0] > 2
    np.testing.assert_array_equal(sharpness(chip), sharpness(wide))


def test_no_faces_have_no_quality():
    nothing = np.empty(0, np.float32)
    assert picture_quality(nothing, np.empty((0, 150, 150, 3), np.uint8), nothing).shape == (0,)


@pytest.mark.model
@pytest.mark.parametrize("n_crops", [1, 2, 5])
def test_real_face_made_worse_is_worth_less(n_crops, model_cache):
    config = EngineConfig(
        runtime=RuntimeName.ONNXRUNTIME,
        device=DeviceName.CPU,
        precision=Precision.F32,
        encode_crops=n_crops,
    )
    engine = create_engine(config, model_cache)
    clear = photos.astronaut()
    places = [FacePlace(photos.ASTRONAUT_FACE)]
    pictures = [clear, *(clear.filter(ImageFilter.GaussianBlur(radius)) for radius in (1.5, 3, 6))]
    qualities = [engine.encode(np.asarray(p), places)[0].quality for p in pictures]
    small = clear.resize((clear.width // 6, clear.height // 6))
    (tiny,) = engine.encode(np.asarray(small), places)
    assert qualities == sorted(qualities, reverse=True)
    assert qualities[0] > 0.8
    assert qualities[-1] < (0.6 if n_crops == 1 else 0.3)  # the mirror image tells most
    assert tiny.quality < qualities[0] - 0.2
    engine.close()
