"""Runtimes with made-up providers, devices and modules; the real ones where they are installed."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from facedex.engines.choosing.drawn_face import drawn_face
from facedex.engines.finding.cutting import shrink
from facedex.engines.finding.proposer import Proposer
from facedex.engines.models.model_files import ModelName
from facedex.engines.models.onnx_graphs import resize_graph
from facedex.engines.models.onnx_writer import FLOAT, INT64, GraphWriter
from facedex.engines.runtimes import (
    CPU_TARGET,
    DeviceError,
    OnnxNetworks,
    OnnxRuntime,
    OnnxSession,
    SessionNetworks,
    Target,
    open_networks,
)
from facedex.engines.runtimes.base import device_error, device_errors
from facedex.engines.runtimes.fallback_session import CarefulSession
from facedex.engines.runtimes.networks import proposer_target
from facedex.engines.runtimes.onnx_runtime import provider_list
from facedex.engines.runtimes.openvino_runtime import OpenVinoRuntime, properties
from facedex.engines.runtimes.torch_runtime import TorchRuntime
from facedex.types import DeviceName, Precision, RuntimeName

CUDA = Target.parse("onnxruntime cuda f32")


def names(survey):
    return [str(target) for target in survey.targets]


# --- what is offered ---------------------------------------------------------------------------


def test_onnxruntime_offers_each_known_provider():
    providers = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    survey = OnnxRuntime(lambda: providers).survey()
    assert names(survey) == [
        "onnxruntime cpu f32",
        "onnxruntime tensorrt f32",
        "onnxruntime tensorrt f16",
        "onnxruntime cuda f32",
    ]
    assert survey.version


@pytest.mark.parametrize(
    ("provider", "device"),
    [
        ("DmlExecutionProvider", "directml"),
        ("CoreMLExecutionProvider", "coreml"),
        ("MIGraphXExecutionProvider", "migraphx"),
        ("ROCMExecutionProvider", "rocm"),
        ("WebGpuExecutionProvider", "webgpu"),
        ("OpenVINOExecutionProvider", "openvino"),
    ],
)
def test_every_provider_has_a_device(provider, device):
    survey = OnnxRuntime(lambda: [provider, "CPUExecutionProvider"]).survey()
    target = Target(RuntimeName.ONNXRUNTIME, DeviceName(device), Precision.F32)
    assert target in survey.targets
    (first, _), last = provider_list(target, None)
    assert (first, last) == (provider, "CPUExecutionProvider")


def test_providers_that_are_not_used_have_a_reason():
    providers = ["AzureExecutionProvider", "NewExecutionProvider", "CPUExecutionProvider"]
    survey = OnnxRuntime(lambda: providers).survey()
    assert names(survey) == ["onnxruntime cpu f32"]
    assert dict(survey.unused) == {
        "AzureExecutionProvider": "sends data to a network service",
        "NewExecutionProvider": "facedex does not know this provider",
    }


def test_tf32_is_off_and_half_precision_is_only_as_asked(tmp_path):
    assert provider_list(CPU_TARGET, None) == ["CPUExecutionProvider"]
    (_, cuda), _ = provider_list(CUDA, None)
    assert cuda["use_tf32"] == "0"
    for precision, flag in (("f32", "0"), ("f16", "1")):
        (_, options), _ = provider_list(Target.parse(f"onnxruntime tensorrt {precision}"), tmp_path)
        assert options["trt_fp16_enable"] == flag
        assert options["trt_engine_cache_path"] == str(tmp_path)


class FakeCore:
    available_devices = ("CPU", "GPU.0", "GPU.1", "NPU", "GNA")

    def get_property(self, device, key):
        assert key == "OPTIMIZATION_CAPABILITIES"
        return {"CPU": ["FP32", "BF16", "INT8"]}.get(device, ["FP32", "FP16"])


def test_openvino_offers_each_device_in_the_precisions_of_its_hardware():
    assert names(OpenVinoRuntime(FakeCore).survey()) == [
        "openvino cpu f32",
        "openvino cpu bf16",
        "openvino gpu f32",
        "openvino gpu f16",
        "openvino npu f16",
    ]


@pytest.mark.parametrize("error", [ImportError("no libtbb"), RuntimeError("no plugins.xml")])
def test_broken_openvino_is_only_reported(error):
    def fail():
        raise error

    survey = OpenVinoRuntime(fail).survey()
    assert survey.targets == ()
    assert str(error) in survey.unused[0][1]


def test_openvino_pins_no_threads_and_is_told_the_precision():
    wanted = properties(Target.parse("openvino cpu f32"), 2)
    assert wanted["INFERENCE_PRECISION_HINT"] == "f32"
    assert wanted["ENABLE_CPU_PINNING"] is False
    assert wanted["INFERENCE_NUM_THREADS"] == 2
    assert "INFERENCE_NUM_THREADS" not in properties(Target.parse("openvino gpu f32"), 2)
    assert "INFERENCE_PRECISION_HINT" not in properties(Target.parse("openvino npu f16"), 2)


def fake_torch(*, cuda=False, hip=None, mps=False, xpu=False, bf16=True):
    return SimpleNamespace(
        __version__="2.0",
        cuda=SimpleNamespace(is_available=lambda: cuda, is_bf16_supported=lambda: bf16),
        version=SimpleNamespace(hip=hip),
        backends=SimpleNamespace(mps=SimpleNamespace(is_available=lambda: mps)),
        xpu=SimpleNamespace(is_available=lambda: xpu),
    )


@pytest.mark.parametrize(
    ("torch", "expected"),
    [
        (fake_torch(), []),
        (
            fake_torch(cuda=True),
            ["torch cuda f32", "torch cuda bf16", "torch cuda f16"],
        ),
        (fake_torch(cuda=True, hip="6.0", bf16=False), ["torch rocm f32", "torch rocm f16"]),
        (fake_torch(mps=True), ["torch mps f32", "torch mps bf16", "torch mps f16"]),
        (fake_torch(xpu=True), ["torch xpu f32", "torch xpu bf16", "torch xpu f16"]),
    ],
)
def test_torch_offers_what_it_sees(torch, expected):
    survey = TorchRuntime(lambda: torch).survey()
    assert names(survey) == [*expected, "torch cpu f32", "torch cpu bf16"]


def test_broken_torch_is_only_reported():
    def fail():
        raise OSError("libcudart.so is missing")

    assert "libcudart" in TorchRuntime(fail).survey().unused[0][1]


# --- devices that fail -------------------------------------------------------------------------


class FakeSession:
    """Doubles its input; refuses batches above ``most``."""

    side_multiple = 1
    inputs = ("x",)

    def __init__(self, most=99, message="CUDA out of memory"):
        self.most, self.message = most, message
        self.sizes, self.is_closed = [], False

    def run(self, *inputs):
        self.sizes.append(len(inputs[0]))
        if len(inputs[0]) > self.most:
            raise device_error(RuntimeError(self.message))
        return np.asarray(inputs[0], np.float32) * 2

    def close(self):
        self.is_closed = True


def careful(device, processor):
    return CarefulSession(lambda: device, lambda: processor, CUDA)


def test_small_memory_halves_the_batch_once_and_for_all(caplog):
    device, processor = FakeSession(most=5), FakeSession()
    session = careful(device, processor)
    batch = np.arange(9, dtype=np.float32)
    np.testing.assert_array_equal(session.run(batch), batch * 2)
    np.testing.assert_array_equal(session.run(batch), batch * 2)
    assert device.sizes == [9, 5, 4, 5, 4]
    assert processor.sizes == []
    assert [r.getMessage() for r in caplog.records] == [
        "onnxruntime cuda f32 is out of memory; batches are halved to 5"
    ]
    caplog.clear()


def test_the_processor_takes_over_where_half_is_too_much_too(caplog):
    device, processor = FakeSession(most=2), FakeSession()
    session = careful(device, processor)
    batch = np.arange(9, dtype=np.float32)
    np.testing.assert_array_equal(session.run(batch), batch * 2)
    np.testing.assert_array_equal(session.run(batch), batch * 2)
    assert device.sizes == [9, 5]
    assert device.is_closed
    assert processor.sizes[-1] == 9
    last = caplog.records[-1].getMessage()
    assert "is out of memory" in last
    assert "the processor takes over" in last
    assert len(caplog.records) == 2
    caplog.clear()


def test_single_item_that_is_too_large_goes_to_the_processor(caplog):
    device, processor = FakeSession(most=0), FakeSession()
    session = careful(device, processor)
    session.run(np.ones(1))
    assert (device.sizes, processor.sizes) == ([1], [1])
    session.close()
    assert processor.is_closed
    caplog.clear()


def test_device_that_is_lost_is_given_up_at_once(caplog):
    device, processor = FakeSession(most=0, message="device removed"), FakeSession()
    careful(device, processor).run(np.ones(8))
    assert (device.sizes, processor.sizes) == ([8], [8])
    assert "failed (device removed)" in caplog.text
    caplog.clear()


def test_processor_that_fails_too_is_tried_once(caplog):
    device = FakeSession(most=0, message="device removed")
    processor = FakeSession(most=0, message="no memory left")
    session = careful(device, processor)
    for _ in range(2):
        with pytest.raises(DeviceError, match="no memory left"):
            session.run(np.ones(2))
    assert (device.sizes, processor.sizes) == ([2], [2, 2])
    assert [r.getMessage().endswith("the processor takes over") for r in caplog.records] == [True]
    caplog.clear()


def test_device_that_cannot_load_a_network_is_given_up(caplog):
    def fail():
        raise DeviceError("no driver", is_out_of_memory=False)

    processor = FakeSession()
    CarefulSession(fail, lambda: processor, CUDA).run(np.ones(2))
    assert processor.sizes == [2]
    assert "no driver" in caplog.text
    caplog.clear()


@pytest.mark.parametrize(
    ("text", "is_memory"),
    [
        ("CUDA out of memory. Tried to allocate 2 GiB", True),
        ("Failed to allocate memory for requested buffer of size 12", True),
        ("[GPU] CL_OUT_OF_RESOURCES exception", True),
        ("std::bad_alloc", True),
        ("device removed", False),
        ("", False),
    ],
)
def test_out_of_memory_is_told_from_other_faults(text, is_memory):
    assert device_error(RuntimeError(text)).is_out_of_memory is is_memory


def test_faults_of_the_processor_are_not_disguised():
    with pytest.raises(KeyError), device_errors(CPU_TARGET, KeyError):
        raise KeyError("x")
    with pytest.raises(DeviceError), device_errors(CUDA, KeyError):
        raise KeyError("x")


def test_provider_that_does_not_start_is_a_device_error():
    """The installed package has no CUDA: it would go on, silently, on the processor."""
    with pytest.raises(DeviceError, match="CUDAExecutionProvider"):
        OnnxSession(resize_graph(), 1, CUDA)


class FailingRuntime(OnnxRuntime):
    """Opens networks on the processor, which then run out of memory."""

    def open(self, model, target, threads, cache_dir=None):
        return FakeSession(most=0)


@pytest.mark.model
def test_networks_go_on_where_the_device_fails(model_cache, caplog):
    face = drawn_face(160)
    failing = SessionNetworks(FailingRuntime(), CUDA, model_cache, 1)
    good = OnnxNetworks(model_cache, 1)
    assert failing.find_faces(face) == good.find_faces(face)
    chips = np.zeros((3, 150, 150, 3), np.uint8)
    np.testing.assert_allclose(
        failing.encode_chips(chips), good.encode_chips(chips), rtol=0, atol=1e-6
    )
    assert caplog.text.count("the processor takes over") == 2
    caplog.clear()
    unforgiving = SessionNetworks(FailingRuntime(), CUDA, model_cache, 1, has_fallback=False)
    with pytest.raises(DeviceError):
        unforgiving.find_faces(face)
    for networks in (failing, good, unforgiving):
        networks.close()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("openvino cpu bf16", "onnxruntime cpu f32"),
        ("torch cuda f16", "torch cuda f32"),
        ("onnxruntime cuda f32", "onnxruntime cuda f32"),
        ("openvino npu f16", "onnxruntime cpu f32"),
    ],
)
def test_the_proposer_runs_in_float32(target, expected):
    assert str(proposer_target(Target.parse(target))) == expected


# --- devices that compile for each shape ---------------------------------------------------------


class BucketSession(OnnxSession):
    side_multiple = 256
    shapes = ()

    def run(self, *inputs):
        type(self).shapes = (*type(self).shapes, inputs[0].shape)
        return super().run(*inputs)


class BucketRuntime(OnnxRuntime):
    def open(self, model, target, threads, cache_dir=None):
        return BucketSession(model, threads)


@pytest.mark.model
def test_sizes_are_rounded_up_for_devices_that_compile_for_each(model_cache):
    networks = SessionNetworks(BucketRuntime(), CPU_TARGET, model_cache, 1)
    exact = OnnxNetworks(model_cache, 1)
    for side in (160, 200, 233):
        face = drawn_face(side)
        (found,), (expected,) = networks.find_faces(face), exact.find_faces(face)
        assert found.rect == expected.rect
        assert found.score == pytest.approx(expected.score, abs=1e-3)
    chips = np.random.default_rng(0).integers(0, 256, (3, 150, 150, 3), np.uint8)
    np.testing.assert_allclose(
        networks.encode_chips(chips), exact.encode_chips(chips), rtol=0, atol=1e-5
    )
    *canvases, batch = BucketSession.shapes
    assert all(side % 256 == 0 for shape in canvases for side in shape[2:])
    assert batch == (32, 150, 150, 3)
    networks.close()
    exact.close()


class CompilingSession:
    """Compiles for each shape, and answers that there is nothing."""

    inputs = ("image",)
    side_multiple = 256

    def __init__(self):
        self.compiled = set()

    def run(self, pixels):
        self.compiled.add(pixels.shape)
        if pixels.shape[1] == 3:  # the detector's canvas
            return np.full((1, 1, pixels.shape[2] // 8, pixels.shape[3] // 8), -9, np.float32)
        cells = sum(pixels.shape[1] // n * (pixels.shape[2] // n) for n in (8, 16, 32))
        return np.zeros((1, cells, 16), np.float32)

    def close(self):
        pass


class CompilingRuntime(OnnxRuntime):
    def __init__(self):
        super().__init__()
        self.sessions = []

    def open(self, model, target, threads, cache_dir=None):
        self.sessions.append(CompilingSession())
        return self.sessions[-1]


@pytest.mark.model
@pytest.mark.slow
def test_a_library_of_many_sizes_is_compiled_for_a_few(model_cache):
    runtime = CompilingRuntime()
    networks = SessionNetworks(runtime, CPU_TARGET, model_cache, 1)
    proposer = Proposer(lambda: networks.session(ModelName.PROPOSER))
    rng = np.random.default_rng(0)
    for _ in range(60):
        sides = 1600, int(1600 / rng.uniform(1, 2.2))
        height, width = sides if rng.random() < 0.3 else sides[::-1]
        image = np.zeros((height, width, 3), np.uint8)
        assert networks.find_faces(image) == []
        photo = Image.fromarray(image)
        proposer.propose(shrink(photo, (768, 480, 320)), photo.size, 0.1)
        proposer.look_closely([photo], np.array([[100, 100, 300, 300]], np.float32), [1])
    detector, its_proposer = runtime.sessions
    assert len(detector.compiled) <= 10
    assert len(its_proposer.compiled) <= 8
    networks.close()


# --- the real ones -----------------------------------------------------------------------------


def installed_targets():
    targets = [
        *OpenVinoRuntime().survey().targets,
        *TorchRuntime().survey().targets,
    ]
    return [each for each in targets if not each.device.is_accelerator]


@pytest.mark.model
def test_every_installed_runtime_finds_the_same(model_cache):
    targets = installed_targets()
    if not targets:
        pytest.skip("neither openvino nor torch is installed")
    face = drawn_face(200)
    chips = np.stack([face[20:170, 20:170], face[30:180, 30:180][:, ::-1]])
    reference = OnnxNetworks(model_cache, 1)
    (expected,), encodings = reference.find_faces(face), reference.encode_chips(chips)
    for target in targets:
        networks = open_networks(target, model_cache, 1)
        is_exact = target.precision is Precision.F32
        (found,) = networks.find_faces(face)
        assert found.rect == expected.rect, target
        assert found.score == pytest.approx(expected.score, abs=1e-4 if is_exact else 0.05)
        difference = np.abs(networks.encode_chips(chips) - encodings).max()
        assert difference < (1e-5 if is_exact else 0.02), target
        assert networks.encode_chips(chips[:0]).shape == (0, 128)
        networks.close()
    reference.close()


@pytest.mark.model
def test_dlib_gives_sessions_of_onnxruntime(model_cache):
    networks = open_networks(Target.parse("dlib cpu f32"), model_cache, 1)
    assert isinstance(networks.session(ModelName.DETECTOR), OnnxSession)
    networks.close()


def test_importing_openvino_loads_nothing_that_reports():
    pytest.importorskip("openvino")
    code = (
        "import sys\n"
        "from facedex.engines.runtimes.openvino_runtime import OpenVinoRuntime\n"
        "assert OpenVinoRuntime().survey().targets\n"
        "assert 'openvino' in sys.modules\n"
        "print([name for name in sys.modules if 'telemetry' in name or 'ovc' in name])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def operations_graph():
    """Every operator that the runtimes' own code has to get right, on odd sizes."""
    graph = GraphWriter("operations")
    x = graph.add_input("x", FLOAT, ["n", 4, "h", "w"])
    rng = np.random.default_rng(0)

    def constant(name, *shape):
        return graph.add_constant(name, rng.standard_normal(shape).astype(np.float32))

    def numbers(name, *values):
        return graph.add_constant(name, np.array(values, np.int64))

    grouped = graph.add_node(
        "Conv", [x, constant("w1", 4, 1, 3, 3)], "a", kernel_shape=(3, 3), group=4,
        pads=(1, 0, 0, 1), strides=(2, 1),
    )  # fmt: skip
    turned = graph.add_node(
        "ConvTranspose", [grouped, constant("w2", 4, 2, 3, 3), constant("b2", 2)], "b",
        kernel_shape=(3, 3), pads=(1, 1, 1, 1),
    )  # fmt: skip
    pooled = graph.add_node(
        "MaxPool", [turned], "c", kernel_shape=(3, 3), strides=(2, 2), pads=(0, 0, 1, 1)
    )
    averaged = graph.add_node("AveragePool", [pooled], "d", kernel_shape=(2, 2), strides=(1, 1))
    padded = graph.add_node("Pad", [averaged, numbers("p", 0, 0, 0, 0, 0, 1, 2, 1)], "e")
    larger = graph.add_node(
        "Resize", [padded, "", graph.add_constant("s", np.array([1, 1, 2, 2], np.float32))], "f",
        mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor",
    )  # fmt: skip
    turned_axes = graph.add_node("Transpose", [larger], "g", perm=(0, 2, 3, 1))
    rows = graph.add_node("Reshape", [turned_axes, numbers("r", 0, -1, 3)], "h")
    soft = graph.add_node("Sigmoid", [rows], "i")
    both = graph.add_node("Concat", [rows, soft], "j", axis=2)
    whole = graph.add_node("Cast", [both], "k", to=INT64)
    graph.add_node("Cast", [whole], "l", to=FLOAT)
    product = graph.add_node("MatMul", [both, constant("m", 6, 2)], "m2")
    graph.add_node("Sub", [product, constant("z", 2)], "out")
    graph.add_output("out", FLOAT, ["n", "rows", 2])
    return graph.to_bytes("test", {})


def test_torch_computes_every_operator_as_onnxruntime_does():
    pytest.importorskip("torch")
    x = np.random.default_rng(1).standard_normal((2, 4, 11, 13)).astype(np.float32)
    model = operations_graph()
    expected = OnnxSession(model, 1)
    session = TorchRuntime().open(model, Target.parse("torch cpu f32"), 1)
    assert session.inputs == expected.inputs == ("x",)
    np.testing.assert_allclose(session.run(x), expected.run(x), rtol=0, atol=1e-5)
    size = np.array([1, 2, 9, 7], np.int64)
    image = x[:1, :2]
    resize = TorchRuntime().open(resize_graph(), Target.parse("torch cpu f32"), 1)
    np.testing.assert_allclose(
        resize.run(image, size), OnnxSession(resize_graph(), 1).run(image, size), atol=1e-5
    )
