import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from facedex.engines.models import model_cache
from facedex.engines.models.dat_layers import Conv
from facedex.engines.models.dat_reader import DetectorNetwork
from facedex.engines.models.model_cache import cache_path, load_onnx
from facedex.engines.models.model_files import ModelName, get_model
from facedex.engines.models.onnx_graphs import detector_graph, resize_graph
from facedex.engines.models.onnx_writer import FLOAT, GraphWriter, varint
from facedex.engines.runtimes import OnnxSession


def small_network():
    weight = np.arange(3 * 2 * 3 * 3, dtype=np.float32).reshape(2, 3, 3, 3)
    head = Conv(np.ones((1, 2, 1, 1), np.float32), np.zeros(1, np.float32), 1, 0)
    convs = (Conv(weight, np.array([1, 2], np.float32), 2, 1), head)
    return DetectorNetwork(convs, 80, 0.3, 1.0, 60)


@pytest.mark.parametrize(
    ("value", "raw"), [(1, b"\x01"), (300, b"\xac\x02"), (-1, b"\xff" * 9 + b"\x01")]
)
def test_varint(value, raw):
    assert varint(value) == raw


def test_written_model_is_valid_and_reads_back():
    model = onnx.load_from_string(detector_graph(small_network(), "abc"))
    onnx.checker.check_model(model, full_check=True)
    assert [node.op_type for node in model.graph.node] == ["Conv", "Relu", "ConvTranspose"]
    assert {prop.key: prop.value for prop in model.metadata_props} == {"source_sha256": "abc"}
    weights = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    assert weights["conv0_w"].shape == (16, 3, 3, 3)
    np.testing.assert_array_equal(weights["conv0_w"][:2], small_network().convs[0].weight)
    assert not weights["conv0_w"][2:].any()
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in model.graph.node[0].attribute}
    assert attributes == {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}


def test_detector_computes_what_its_layers_say():
    rng = np.random.default_rng(0)
    head = Conv(rng.random((1, 2, 3, 3), np.float32), np.array([0.5], np.float32), 1, 1)
    first = Conv(rng.random((2, 3, 1, 1), np.float32) - 0.5, np.zeros(2, np.float32), 1, 0)
    session = OnnxSession(detector_graph(DetectorNetwork((first, head), 80, 0.3, 1.0, 0), ""), 1)
    canvas = rng.random((1, 3, 6, 7), np.float32)
    inner = np.maximum(np.einsum("oc,chw->ohw", first.weight[:, :, 0, 0], canvas[0]), 0)
    padded = np.pad(inner, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2))
    expected = np.einsum("chwyx,cyx->hw", windows, head.weight[0]) + 0.5
    np.testing.assert_allclose(session.run(canvas)[0, 0], expected, rtol=1e-5)
    session.close()


def test_every_kind_of_attribute_is_valid():
    graph = GraphWriter("attributes")
    x = graph.add_input("x", FLOAT, [1, "n"])
    graph.add_node("Elu", [x], "y", alpha=0.5)
    graph.add_node("Softmax", ["y"], "z", axis=-1)
    graph.add_output("z", FLOAT, [1, "n"])
    model = onnx.load_from_string(graph.to_bytes("test", {}))
    onnx.checker.check_model(model, full_check=True)
    assert model.graph.node[0].attribute[0].f == 0.5
    assert model.graph.node[1].attribute[0].i == -1


def test_resize_puts_corners_on_corners():
    session = OnnxSession(resize_graph(), 1)
    image = np.array([[[[0, 2], [4, 6]]]], np.float32)
    resized = session.run(image, np.array([1, 1, 3, 3], np.int64))
    assert resized[0, 0].tolist() == [[0, 1, 2], [2, 3, 4], [4, 5, 6]]
    session.close()


@pytest.mark.model
@pytest.mark.parametrize("name", [ModelName.DETECTOR, ModelName.ENCODER])
def test_converted_models_pass_the_checker(name, tmp_path):
    model = onnx.load_from_string(load_onnx(name, tmp_path))
    onnx.checker.check_model(model, full_check=True)


@pytest.mark.model
def test_converted_model_is_made_once_and_again_when_damaged(monkeypatch, tmp_path):
    cache_dir = tmp_path / "models"
    made = []
    convert = model_cache.convert
    monkeypatch.setattr(
        model_cache, "convert", lambda s, **form: made.append(s.name) or convert(s, **form)
    )
    first = load_onnx(ModelName.DETECTOR, cache_dir)
    assert load_onnx(ModelName.DETECTOR, cache_dir) == first
    assert len(made) == 1
    path = cache_path(cache_dir, get_model(ModelName.DETECTOR))
    assert ModelName.DETECTOR.sha256 in path.name
    path.write_bytes(first[:-1])
    assert load_onnx(ModelName.DETECTOR, cache_dir) == first
    path.write_bytes(first[:-1] + b"\xff")
    assert load_onnx(ModelName.DETECTOR, cache_dir) == first
    path.with_suffix(".sha256").unlink()
    assert load_onnx(ModelName.DETECTOR, cache_dir) == first
    assert len(made) == 4
    assert path.read_bytes() == first
    assert sorted(each.suffix for each in cache_dir.iterdir()) == [".onnx", ".sha256"]


@pytest.mark.model
def test_cache_that_cannot_be_written_only_warns(tmp_path, caplog):
    blocker = tmp_path / "file"
    blocker.write_bytes(b"")
    assert load_onnx(ModelName.DETECTOR, blocker / "models")
    assert "cannot keep" in caplog.text
    caplog.clear()
