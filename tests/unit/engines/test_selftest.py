import json
import subprocess

import numpy as np
import pytest

from facedex.engines.choosing import selftest
from facedex.engines.choosing.drawn_face import drawn_face
from facedex.engines.choosing.selftest import (
    Reference,
    Report,
    compare,
    make_reference,
    measure_in_child,
    survey_in_child,
    surveys_from_json,
    surveys_to_json,
    time_photo,
)
from facedex.engines.dlib_cnn.rects import PixelRect, ScoredRect
from facedex.engines.runtimes import CPU_TARGET, Survey, Target
from facedex.types import Precision, RuntimeName

CUDA = Target.parse("onnxruntime cuda f32")
OPENVINO = Target.parse("openvino cpu bf16")
FACE = ScoredRect(PixelRect(10, 10, 89, 89), 1.0)
MOVED = ScoredRect(PixelRect(18, 10, 97, 89), 1.0)
REFERENCE = Reference(
    np.zeros((100, 100, 3), np.uint8),
    [FACE],
    np.zeros((2, 150, 150, 3), np.uint8),
    np.ones((2, 128), np.float32),
)


class FakeNetworks:
    def __init__(self, faces, difference=0.0):
        self.faces, self.difference = faces, difference

    def find_faces(self, image):
        return self.faces

    def encode_chips(self, chips):
        return np.full((len(chips), 128), 1 + self.difference, np.float32)


@pytest.mark.parametrize(
    ("networks", "precision", "fault"),
    [
        (FakeNetworks([FACE]), "f32", None),
        (FakeNetworks([]), "f32", "other faces"),
        (FakeNetworks([FACE, FACE]), "f32", "other faces"),
        (FakeNetworks([MOVED]), "f32", "other faces"),
        (FakeNetworks([MOVED]), "bf16", None),
        (FakeNetworks([ScoredRect(PixelRect(60, 10, 139, 89), 1.0)]), "bf16", "other faces"),
        (FakeNetworks([ScoredRect(FACE.rect, 1.01)]), "f32", "scores"),
        (FakeNetworks([ScoredRect(FACE.rect, 1.01)]), "bf16", None),
        (FakeNetworks([ScoredRect(FACE.rect, float("nan"))]), "bf16", "scores"),
        (FakeNetworks([FACE], 0.005), "f32", "encodings"),
        (FakeNetworks([FACE], 0.005), "f16", None),
        (FakeNetworks([FACE], 0.05), "bf16", "encodings"),
        (FakeNetworks([FACE], float("nan")), "bf16", "encodings"),
    ],
)
def test_differences_from_dlib_are_found(networks, precision, fault):
    found = compare(networks, REFERENCE, Precision(precision))
    assert (found is None) if fault is None else fault in found


def test_time_is_taken_when_warm():
    assert 0 < time_photo(FakeNetworks([FACE])) < 1


def answer(target, seconds, fault=None):
    return json.dumps({"target": str(target), "seconds": seconds, "fault": fault})


def test_crash_of_one_leaves_the_others_tested(monkeypatch, tmp_path):
    asked = []

    def run_child(arguments, plugins_dir):
        asked.append(arguments[2:])
        lines = {
            str(CPU_TARGET): answer(CPU_TARGET, 0.2),
            str(OPENVINO): answer(OPENVINO, None, "scores differ"),
        }
        done = []
        for target in arguments[2:]:
            if target == str(CUDA):
                return done, "ended its process with code -11: "
            done.append(lines[target])
        return done, ""

    monkeypatch.setattr(selftest, "_run_child", run_child)
    reports = measure_in_child([CPU_TARGET, CUDA, OPENVINO], tmp_path, 1)
    assert reports == {
        CPU_TARGET: Report(seconds=0.2),
        CUDA: Report(fault="ended its process with code -11: "),
        OPENVINO: Report(fault="scores differ"),
    }
    assert asked == [[str(CPU_TARGET), str(CUDA), str(OPENVINO)], [str(OPENVINO)]]


def test_child_that_hangs_is_ended(monkeypatch, tmp_path):
    def run(command, timeout, **options):
        raise subprocess.TimeoutExpired(command, timeout, output=None)

    monkeypatch.setattr(selftest.subprocess, "run", run)
    reports = measure_in_child([CUDA], tmp_path, 1)
    assert "gave no answer" in reports[CUDA].fault
    (survey,) = survey_in_child().values()
    assert survey.targets == ()


def test_surveys_survive_json():
    surveys = {
        RuntimeName.OPENVINO: Survey("1.0", (OPENVINO,), (("GNA", "unknown"),)),
        RuntimeName.TORCH: Survey(None, (), (("torch", "not installed"),)),
    }
    assert surveys_from_json(surveys_to_json(surveys)) == surveys


@pytest.mark.model
@pytest.mark.slow
def test_dlib_takes_the_drawn_face_for_a_face():
    reference = make_reference()
    (face,) = reference.faces
    assert face.score > 0.5
    assert reference.chips.shape == (2, 150, 150, 3)
    assert drawn_face(200).shape == (200, 200, 3)


@pytest.mark.model
@pytest.mark.slow
def test_real_child_tests_the_processor_and_says_what_is_missing(model_cache):
    reports = measure_in_child([CUDA, CPU_TARGET], model_cache, 1)
    assert reports[CUDA].fault == "CUDAExecutionProvider is not installed"
    assert reports[CPU_TARGET].fault is None
    assert reports[CPU_TARGET].seconds > 0
    assert CPU_TARGET in survey_in_child()[RuntimeName.ONNXRUNTIME].targets
