"""The choice of runtime and device, with made-up machines: no GPU is needed, and none is seen."""

import json
from dataclasses import dataclass, field

import pytest

from facedex.engines.choosing import selftest_cache
from facedex.engines.choosing.devices import choose_target, explain
from facedex.engines.choosing.selftest import Report
from facedex.engines.choosing.selftest_cache import Probe, machine_key
from facedex.engines.runtimes import CPU_TARGET, DLIB_TARGET, Survey, Target
from facedex.errors import UsageError
from facedex.types import DeviceName, EngineConfig, Precision, RuntimeName

CUDA = Target.parse("onnxruntime cuda f32")
TENSORRT_F16 = Target.parse("onnxruntime tensorrt f16")
OPENVINO = Target.parse("openvino cpu f32")
OPENVINO_BF16 = Target.parse("openvino cpu bf16")
INTEL_GPU = Target.parse("openvino gpu f32")
NPU = Target.parse("openvino npu f16")
TORCH_CPU = Target.parse("torch cpu bf16")
TORCH_CUDA = Target.parse("torch cuda f32")


@dataclass
class Machine:
    """What is there and how fast it is; a text is a fault."""

    results: dict[Target, float | str]
    tried: list[Target] = field(default_factory=list)
    n_surveys: int = 0

    def probe(self):
        return Probe(self._survey, self._measure)

    def _survey(self):
        self.n_surveys += 1
        names = (RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO, RuntimeName.TORCH)
        return {
            name: Survey("1.0", tuple(each for each in self.results if each.runtime == name))
            for name in names
        }

    def _measure(self, targets):
        self.tried += targets
        return {
            target: Report(fault=result) if isinstance(result, str) else Report(seconds=result)
            for target, result in self.results.items()
            if target in targets
        }


@pytest.fixture(autouse=True)
def no_models(monkeypatch):
    monkeypatch.setattr(selftest_cache, "load_onnx", lambda name, folder: b"")


def choose(machine, tmp_path, **asked):
    return choose_target(EngineConfig(**asked), tmp_path, machine.probe())


def test_fastest_that_passes_is_chosen_and_remembered(tmp_path):
    machine = Machine({CPU_TARGET: 0.2, OPENVINO: 0.25, OPENVINO_BF16: 0.1, CUDA: 0.01})
    assert choose(machine, tmp_path) == CUDA
    assert choose(machine, tmp_path) == CUDA
    assert machine.n_surveys == 1
    assert machine.tried == [CPU_TARGET, CUDA, OPENVINO, OPENVINO_BF16]


def test_device_that_fails_the_test_is_not_chosen(tmp_path):
    machine = Machine({CPU_TARGET: 0.2, CUDA: "finds other faces than dlib", OPENVINO_BF16: 0.1})
    assert choose(machine, tmp_path) == OPENVINO_BF16
    reasons = {
        each.name: each.reason
        for each in explain(EngineConfig(), tmp_path, machine.probe()).targets
    }
    assert reasons["onnxruntime cuda f32"] == "fails the self-test: finds other faces than dlib"
    assert reasons["onnxruntime cpu f32"].startswith("passes, but takes 2.0 times as long")
    assert reasons["openvino cpu bf16"].startswith("the fastest: 100 ms")
    assert "reference" in reasons["dlib cpu f32"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"device": DeviceName.CPU}, OPENVINO_BF16),
        ({"device": DeviceName.GPU}, TORCH_CUDA),
        ({"device": DeviceName.CUDA, "runtime": RuntimeName.ONNXRUNTIME}, CUDA),
        ({"device": DeviceName.TENSORRT}, TENSORRT_F16),
        ({"device": DeviceName.NPU}, NPU),
        ({"device": DeviceName.GPU, "runtime": RuntimeName.OPENVINO}, INTEL_GPU),
        ({"runtime": RuntimeName.TORCH, "device": DeviceName.CPU}, TORCH_CPU),
        ({"precision": Precision.F16}, NPU),
        ({"precision": Precision.F32, "device": DeviceName.CPU}, CPU_TARGET),
        ({"runtime": RuntimeName.OPENVINO, "precision": Precision.F32}, INTEL_GPU),
    ],
)
def test_what_is_asked_for_is_chosen(asked, expected, tmp_path):
    times = {
        CPU_TARGET: 0.2,
        CUDA: 0.02,
        TENSORRT_F16: 0.009,
        OPENVINO: 0.25,
        OPENVINO_BF16: 0.1,
        INTEL_GPU: 0.05,
        NPU: 0.001,
        TORCH_CUDA: 0.015,
        TORCH_CPU: 0.0001,
    }
    assert choose(Machine(times), tmp_path, **asked) == expected


def test_half_precision_and_torch_on_the_processor_are_not_used_unasked(tmp_path):
    machine = Machine({CPU_TARGET: 0.2, NPU: 0.001, TENSORRT_F16: 0.001, TORCH_CPU: 0.001})
    assert choose(machine, tmp_path) == CPU_TARGET
    assert machine.tried == []  # nothing to choose from
    reasons = {
        each.name: each.reason
        for each in explain(EngineConfig(), tmp_path, machine.probe()).targets
    }
    assert reasons["onnxruntime cpu f32"] == "the only one here"
    assert "--runtime torch" in reasons["torch cpu bf16"]
    assert "--precision f16" in reasons["openvino npu f16"]


@pytest.mark.parametrize(
    "asked",
    [
        {"device": DeviceName.GPU},
        {"runtime": RuntimeName.TORCH},
        {"precision": Precision.F16},
        {"runtime": RuntimeName.DLIB, "device": DeviceName.CUDA},
        {"runtime": RuntimeName.DLIB, "precision": Precision.BF16},
    ],
)
def test_what_is_not_here_is_said(asked, tmp_path):
    with pytest.raises(UsageError):
        choose(Machine({CPU_TARGET: 0.2, OPENVINO: 0.3}), tmp_path, **asked)


def test_device_that_was_asked_for_and_fails_is_said_with_its_fault(tmp_path):
    with pytest.raises(UsageError, match=r"--device cuda .* no driver"):
        choose(Machine({CPU_TARGET: 0.2, CUDA: "no driver"}), tmp_path, device=DeviceName.CUDA)


def test_runtime_that_there_is_not_is_said_with_those_that_there_are(tmp_path):
    machine = Machine({CPU_TARGET: 0.2})
    with pytest.raises(
        UsageError, match="there is no runtime magic; there are: onnxruntime, openvino"
    ):
        choose(machine, tmp_path, runtime="magic")
    assert machine.n_surveys == 0


def test_dlib_and_the_plain_processor_need_no_test(tmp_path):
    machine = Machine({})
    assert choose(machine, tmp_path, runtime=RuntimeName.DLIB) == DLIB_TARGET
    exact = {
        "runtime": RuntimeName.ONNXRUNTIME,
        "device": DeviceName.CPU,
        "precision": Precision.F32,
    }
    assert choose(machine, tmp_path, **exact) == CPU_TARGET
    assert machine.n_surveys == 0


def test_dlib_does_the_work_where_nothing_passes(tmp_path, caplog):
    machine = Machine({CPU_TARGET: "ended its process", OPENVINO: "cannot be loaded"})
    assert choose(machine, tmp_path) == DLIB_TARGET
    assert "dlib does the work" in caplog.text
    caplog.clear()


def test_another_version_is_tested_anew(tmp_path, monkeypatch):
    machine = Machine({CPU_TARGET: 0.2, OPENVINO: 0.1})
    choose(machine, tmp_path)
    monkeypatch.setattr(selftest_cache, "_installed", lambda names: {"openvino 9999"})
    choose(machine, tmp_path)
    assert machine.n_surveys == 2


def test_only_what_was_not_tried_is_tried(tmp_path):
    machine = Machine({CPU_TARGET: 0.2, OPENVINO: 0.1, TORCH_CPU: 0.3})
    choose(machine, tmp_path)
    assert choose(machine, tmp_path, runtime=RuntimeName.TORCH) == TORCH_CPU
    assert machine.tried == [CPU_TARGET, OPENVINO, TORCH_CPU]
    explain(EngineConfig(), tmp_path, machine.probe(), is_again=True)
    assert machine.tried[3:] == [CPU_TARGET, OPENVINO]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"surveys": {}}', '{"reports": 3}'])
def test_damaged_results_are_made_again(content, tmp_path):
    (tmp_path / f"self-test-{machine_key(1)}.json").write_text(content)
    machine = Machine({CPU_TARGET: 0.2, OPENVINO: 0.1})
    assert choose(machine, tmp_path) == OPENVINO
    kept = json.loads((tmp_path / f"self-test-{machine_key(1)}.json").read_text())
    assert kept["reports"]["openvino cpu f32"] == [0.1, None]


def test_results_that_cannot_be_kept_only_warn(tmp_path, caplog):
    blocker = tmp_path / "file"
    blocker.write_bytes(b"")
    machine = Machine({CPU_TARGET: 0.2, OPENVINO: 0.1})
    assert choose(machine, blocker / "models") == OPENVINO
    assert "cannot keep" in caplog.text
    caplog.clear()
