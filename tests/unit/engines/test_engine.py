from dataclasses import replace

import numpy as np
import pytest
from skimage import data

from facedex.engines.engine import create_engine
from facedex.types import (
    Box,
    DetectorName,
    DeviceName,
    EngineConfig,
    Precision,
    RuntimeName,
)

pytestmark = pytest.mark.model


EXACT = EngineConfig(
    runtime=RuntimeName.ONNXRUNTIME, device=DeviceName.CPU, precision=Precision.F32
)


@pytest.fixture(scope="module")
def cache_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def engine(cache_dir):
    engine = create_engine(replace(EXACT, working_size=640), cache_dir)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def photo():
    return data.astronaut()


def test_ids_name_what_changes_faces(cache_dir):
    ids = {
        name: create_engine(replace(EXACT, detector=name), cache_dir).engine_id
        for name in DetectorName
    }
    assert ids == {
        DetectorName.CASCADE: "cascade@768/yunet-8f2383e4+mmod-4cb19393/v2",
        DetectorName.CNN: "cnn@1600/mmod-4cb19393",
        DetectorName.HOG: "hog@1600/dlib-hog",
        DetectorName.HOG_THEN_CNN: "hog-then-cnn@1600/dlib-hog+mmod-4cb19393",
        DetectorName.BOTH: "both@1600/dlib-hog+mmod-4cb19393",
    }
    reference = create_engine(EngineConfig(runtime=RuntimeName.DLIB), cache_dir)
    assert reference.engine_id == ids[DetectorName.CASCADE]
    thorough = create_engine(EngineConfig(is_thorough=True), cache_dir)
    assert thorough.engine_id == "cascade-thorough@1600/yunet-8f2383e4+mmod-4cb19393/v2"
    assert reference.model_id == "dlib-resnet-v1-55533b28-mirror"


@pytest.mark.parametrize(
    ("n_crops", "model_id"),
    [
        (1, "dlib-resnet-v1-55533b28"),
        (2, "dlib-resnet-v1-55533b28-mirror"),
        (5, "dlib-resnet-v1-55533b28-5crops"),
    ],
)
def test_crops_are_averaged_and_named(n_crops, model_id, cache_dir, photo):
    plain, averaged = (
        create_engine(replace(EXACT, encode_crops=n), cache_dir) for n in (1, n_crops)
    )
    box = Box(0.34, 0.12, 0.53, 0.31)
    (a,), (b,) = plain.encode(photo, [box]), averaged.encode(photo, [box])
    assert averaged.model_id == model_id
    np.testing.assert_array_equal(a.landmarks, b.landmarks)
    assert np.linalg.norm(a.encoding - b.encoding) < 0.3
    assert np.array_equal(a.encoding, b.encoding) == (n_crops == 1)
    for engine in (plain, averaged):
        engine.close()


def test_face_is_found_whatever_the_size(engine, photo):
    (small,) = engine.detect(photo)
    (large,) = engine.detect(np.ascontiguousarray(photo.repeat(3, 0).repeat(3, 1)))
    for detection in (small, large):
        assert detection.detector == "cascade"
        assert detection.score > 0.5
        assert detection.box.center == pytest.approx((0.43, 0.22), abs=0.03)
        assert detection.box.width == pytest.approx(0.19, abs=0.03)


@pytest.mark.parametrize("name", list(DetectorName))
def test_every_strategy_finds_the_face_once(name, cache_dir, photo):
    engine = create_engine(replace(EXACT, detector=name, working_size=640), cache_dir)
    assert len(engine.detect(photo)) == 1
    engine.close()


@pytest.mark.parametrize("name", list(DetectorName))
@pytest.mark.parametrize("size", [(1, 1), (1, 40000), (40000, 1), (17, 17), (3, 90)])
def test_tiny_images_have_no_faces(name, size, cache_dir):
    engine = create_engine(replace(EXACT, detector=name), cache_dir)
    assert engine.detect(np.full((*size, 3), 128, np.uint8)) == []
    (face,) = engine.encode(np.full((*size, 3), 128, np.uint8), [Box(0, 0, 1, 1)])
    assert face.encoding.shape == (128,)
    assert np.isfinite(face.encoding).all()
    engine.close()


def test_no_boxes_give_no_encodings(engine, photo):
    assert engine.encode(photo, []) == []


def test_landmarks_are_shares_of_the_image(engine, photo):
    (face,) = engine.encode(photo, [engine.detect(photo)[0].box])
    assert face.landmarks.shape == (5, 2)
    assert face.landmarks.dtype == face.encoding.dtype == np.float32
    left_eye_x, right_eye_x = face.landmarks[0, 0], face.landmarks[2, 0]
    assert left_eye_x > right_eye_x  # the person's left
    assert face.landmarks[4] == pytest.approx((0.44, 0.26), abs=0.03)
    assert 1.2 < np.linalg.norm(face.encoding) < 1.6


def test_batch_of_one_is_batch_of_many(engine, photo):
    box = engine.detect(photo)[0].box
    shifts = np.linspace(-0.03, 0.03, 40)
    boxes = [Box(box.x0 + s, box.y0, box.x1 + s, box.y1) for s in shifts]
    together = engine.encode(photo, boxes)
    for one_box, face in zip(boxes[::7], together[::7], strict=True):
        (alone,) = engine.encode(photo, [one_box])
        np.testing.assert_array_equal(alone.landmarks, face.landmarks)
        np.testing.assert_allclose(alone.encoding, face.encoding, atol=1e-6)


def test_encoding_does_not_depend_on_the_image_that_was_searched(engine, photo):
    box = engine.detect(photo)[0].box
    large = np.ascontiguousarray(photo.repeat(2, 0).repeat(2, 1))
    (a,), (b,) = engine.encode(photo, [box]), engine.encode(large, [box])
    assert np.linalg.norm(a.encoding - b.encoding) < 0.3


def test_closed_engine_loads_again(cache_dir, photo):
    engine = create_engine(replace(EXACT, working_size=640), cache_dir)
    before = engine.detect(photo)
    engine.close()
    engine.close()
    assert engine.detect(photo) == before
    engine.close()


def test_loose_region_is_fitted_to_the_face(engine, photo):
    found = engine.detect(photo)[0].box
    x, y = found.center
    region = Box(x - 0.14, y - 0.19, x + 0.14, y + 0.14)
    fitted = engine.fit_box_from_region(photo, region)
    assert fitted.center == pytest.approx(found.center, abs=0.02)
    assert fitted.width == pytest.approx(found.width, rel=0.25)
    (a,), (b,) = engine.encode(photo, [found]), engine.encode(photo, [fitted])
    assert np.linalg.norm(a.encoding - b.encoding) < 0.2


def test_region_under_sixteen_pixels_has_no_box(engine, photo):
    assert engine.fit_box_from_region(photo, Box(0.4, 0.2, 0.42, 0.22)) is None
