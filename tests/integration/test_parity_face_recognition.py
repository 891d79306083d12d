"""Our engine against the package face_recognition: the same boxes give the same 128 numbers."""

import importlib
import importlib.util
import os
import sys
import types
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from facedex.engines.dlib_cnn.rects import PixelRect
from facedex.engines.engine import create_engine
from facedex.engines.models.model_files import find_models_dir
from facedex.types import DetectorName, DeviceName, EngineConfig, Precision, RuntimeName

pytestmark = [pytest.mark.model, pytest.mark.slow]

EXACT = EngineConfig(
    detector=DetectorName.CNN,
    runtime=RuntimeName.ONNXRUNTIME,
    device=DeviceName.CPU,
    precision=Precision.F32,
    encode_crops=1,
)
MODEL_FUNCTIONS = {
    "pose_predictor_model_location": "shape_predictor_68_face_landmarks.dat",
    "pose_predictor_five_point_model_location": "shape_predictor_5_face_landmarks.dat",
    "face_recognition_model_location": "dlib_face_recognition_resnet_model_v1.dat",
    "cnn_face_detector_model_location": "mmod_human_face_detector.dat",
}


@pytest.fixture(scope="module")
def face_recognition():
    """The package, with a stand-in for its models package, which needs pkg_resources."""
    if importlib.util.find_spec("face_recognition") is None:
        pytest.skip("face_recognition is not installed")
    folder = find_models_dir()
    stand_in = types.ModuleType("face_recognition_models")
    for function, filename in MODEL_FUNCTIONS.items():
        setattr(stand_in, function, lambda path=str(folder / filename): path)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setitem(sys.modules, "face_recognition_models", stand_in)
        package = importlib.import_module("face_recognition")
    yield package
    for name in [each for each in sys.modules if each.split(".")[0] == "face_recognition"]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    engine = create_engine(EXACT, tmp_path_factory.mktemp("models"))
    yield engine
    engine.close()


def assert_same_numbers(face_recognition, engine, image):
    """Compare on face_recognition's own boxes and return how many there were."""
    locations = face_recognition.face_locations(image)
    theirs = face_recognition.face_encodings(image, locations, model="small")
    rects = [PixelRect(left, top, right, bottom) for top, right, bottom, left in locations]
    ours = [face.encoding for face in engine.encoder.encode_rects(image, rects)]
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)
    return len(rects)


def test_astronaut_has_the_same_numbers(face_recognition, engine):
    assert assert_same_numbers(face_recognition, engine, data.astronaut()) >= 1


def test_cnn_boxes_are_the_same(face_recognition, engine, tmp_path):
    image = data.astronaut()[:300, 50:400]
    image = np.ascontiguousarray(image)
    theirs = face_recognition.face_locations(image, 0, model="cnn")
    small = create_engine(replace(EXACT, working_size=max(image.shape)), tmp_path)
    height, width = image.shape[:2]
    ours = [
        (
            round(each.box.y0 * height),
            round(each.box.x1 * width) - 1,
            round(each.box.y1 * height) - 1,
            round(each.box.x0 * width),
        )
        for each in small.detect(image)
    ]
    assert ours == theirs
    small.close()


@pytest.mark.data
def test_real_photos_have_the_same_numbers(face_recognition, engine):
    named = os.environ.get("FACEDEX_TEST_DATA")
    root = Path(named) if named else Path(__file__).parents[3] / "shared" / "data" / "dev"
    files = sorted((root / "detection" / "images").glob("*.jpg"))[::25]
    if not files:
        pytest.skip(f"no photos in {root}: set FACEDEX_TEST_DATA")
    n_faces = 0
    for path in files:
        with Image.open(path) as picture:
            image = np.array(picture.convert("RGB"))
        n_faces += assert_same_numbers(face_recognition, engine, image)
    assert n_faces >= 8
