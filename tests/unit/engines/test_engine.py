from dataclasses import replace

import numpy as np
import pytest
from skimage import data

from facedex.engines.engine import create_engine
from facedex.geometry import box_to_upright, iou, pixels_to_upright, points_to_upright
from facedex.types import (
    Box,
    DetectorName,
    DeviceName,
    EngineConfig,
    FacePlace,
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
        DetectorName.CASCADE: "cascade@768/yunet-8f2383e4+mmod-4cb19393/v3",
        DetectorName.CNN: "cnn@1600/mmod-4cb19393",
        DetectorName.HOG: "hog@1600/dlib-hog",
        DetectorName.HOG_THEN_CNN: "hog-then-cnn@1600/dlib-hog+mmod-4cb19393",
        DetectorName.BOTH: "both@1600/dlib-hog+mmod-4cb19393",
    }
    reference = create_engine(EngineConfig(runtime=RuntimeName.DLIB), cache_dir)
    assert reference.engine_id == ids[DetectorName.CASCADE]
    thorough = create_engine(EngineConfig(is_thorough=True), cache_dir)
    assert thorough.engine_id == "cascade-thorough@1600/yunet-8f2383e4+mmod-4cb19393/v3"
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
    (a,), (b,) = plain.encode(photo, [FacePlace(box)]), averaged.encode(photo, [FacePlace(box)])
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
    (face,) = engine.encode(np.full((*size, 3), 128, np.uint8), [FacePlace(Box(0, 0, 1, 1))])
    assert face.encoding.shape == (128,)
    assert np.isfinite(face.encoding).all()
    engine.close()


def test_no_boxes_give_no_encodings(engine, photo):
    assert engine.encode(photo, []) == []


def test_landmarks_are_shares_of_the_image(engine, photo):
    (face,) = engine.encode(photo, [engine.detect(photo)[0].place])
    assert face.landmarks.shape == (5, 2)
    assert face.landmarks.dtype == face.encoding.dtype == np.float32
    left_eye_x, right_eye_x = face.landmarks[0, 0], face.landmarks[2, 0]
    assert left_eye_x > right_eye_x  # the person's left
    assert face.landmarks[4] == pytest.approx((0.44, 0.26), abs=0.03)
    assert 1.2 < np.linalg.norm(face.encoding) < 1.6


def test_batch_of_one_is_batch_of_many(engine, photo):
    box = engine.detect(photo)[0].box
    shifts = np.linspace(-0.03, 0.03, 40)
    places = [FacePlace(Box(box.x0 + s, box.y0, box.x1 + s, box.y1)) for s in shifts]
    together = engine.encode(photo, places)
    for place, face in zip(places[::7], together[::7], strict=True):
        (alone,) = engine.encode(photo, [place])
        np.testing.assert_array_equal(alone.landmarks, face.landmarks)
        np.testing.assert_allclose(alone.encoding, face.encoding, atol=1e-6)


def test_encoding_does_not_depend_on_the_image_that_was_searched(engine, photo):
    place = engine.detect(photo)[0].place
    large = np.ascontiguousarray(photo.repeat(2, 0).repeat(2, 1))
    (a,), (b,) = engine.encode(photo, [place]), engine.encode(large, [place])
    assert np.linalg.norm(a.encoding - b.encoding) < 0.3


def test_closed_engine_loads_again(cache_dir, photo):
    engine = create_engine(replace(EXACT, working_size=640), cache_dir)
    before = engine.detect(photo)
    engine.close()
    engine.close()
    assert engine.detect(photo) == before
    engine.close()


def test_loose_region_is_fitted_to_the_face(engine, photo):
    found = engine.detect(photo)[0].place
    x, y = found.box.center
    region = Box(x - 0.14, y - 0.19, x + 0.14, y + 0.14)
    fitted = engine.fit_box_from_region(photo, region)
    assert fitted.orientation == 1
    assert fitted.box.center == pytest.approx(found.box.center, abs=0.02)
    assert fitted.box.width == pytest.approx(found.box.width, rel=0.25)
    (a,), (b,) = engine.encode(photo, [found]), engine.encode(photo, [fitted])
    assert np.linalg.norm(a.encoding - b.encoding) < 0.2


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_face_that_lies_is_found_and_encoded_as_upright(engine, photo, orientation):
    upright = engine.detect(photo)[0]
    (expected,) = engine.encode(photo, [upright.place])
    undone = {3: 3, 6: 8, 8: 6}[orientation]
    lying = pixels_to_upright(photo, undone)
    (found,) = engine.detect(lying)
    assert found.orientation == orientation
    assert iou(box_to_upright(found.box, orientation), upright.box) > 0.7
    (face,) = engine.encode(lying, [found.place])
    assert np.linalg.norm(face.encoding - expected.encoding) < 0.2
    landmarks = points_to_upright(face.landmarks, orientation)
    np.testing.assert_allclose(landmarks, expected.landmarks, atol=0.015)
    region = box_to_upright(Box(0.29, 0.03, 0.57, 0.36), undone)
    fitted = engine.fit_box_from_region(lying, region)
    assert fitted.orientation == orientation
    assert iou(fitted.box, found.box) > 0.5


def test_faces_keep_their_order_however_they_lie(engine, photo):
    turned = pixels_to_upright(photo, 8)
    both = np.concatenate([photo, turned], axis=1)
    found = engine.detect(both)
    assert sorted(each.orientation for each in found) == [1, 6]
    for order in (found, found[::-1]):
        together = engine.encode(both, [each.place for each in order])
        for each, face in zip(order, together, strict=True):
            (alone,) = engine.encode(both, [each.place])
            np.testing.assert_allclose(face.encoding, alone.encoding, atol=1e-6)


def test_region_under_sixteen_pixels_has_no_box(engine, photo):
    assert engine.fit_box_from_region(photo, Box(0.4, 0.2, 0.42, 0.22)) is None
