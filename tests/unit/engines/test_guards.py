"""What stands between facedex and a plugin's detector or encoder."""

from types import SimpleNamespace

import numpy as np
import pytest

from facedex.errors import EngineError, EnvironmentFault, ModelMissing
from facedex.plugins import DetectorSpec, EncoderSpec
from facedex.plugins.guards import MOST_FAILURES, GuardedDetector, GuardedEncoder
from facedex.plugins.manager import Registered
from facedex.types import Box, Detection, EncodedFace

IMAGE = np.zeros((40, 40, 3), np.uint8)
BOX = Box(0.1, 0.1, 0.5, 0.5)
FACE = Detection(BOX, 0.9, "picasa")


def face(landmarks=(5, 2), encoding=3, dtype=np.float32, value=0.5):
    return EncodedFace(np.full(landmarks, value, dtype), np.full(encoding, value, dtype))


class Scripted:
    """Gives one answer after the other; an exception is raised."""

    detector_id = model_id = "scripted/v1"
    dim = 3

    def __init__(self, *answers):
        self.answers = list(answers)

    def _next(self, *_arguments):
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    detect = encode = prepare = close = _next


def detector(*answers):
    spec = DetectorSpec("toy", "", lambda _tools: Scripted(*answers))
    return GuardedDetector(Registered(spec, "toys"), SimpleNamespace())


def encoder(*answers):
    spec = EncoderSpec("toy", "", lambda _tools: Scripted(*answers))
    return GuardedEncoder(Registered(spec, "toys"), SimpleNamespace())


def test_faces_come_under_the_detectors_own_name():
    assert detector([FACE]).detect(IMAGE) == [Detection(BOX, 0.9, "toy")]
    assert detector([]).detect(IMAGE) == []


@pytest.mark.parametrize(
    "found",
    [
        [Detection(Box(0.1, float("nan"), 0.5, 0.5), 0.9, "toy")],
        [Detection(Box(0.5, 0.1, 0.5, 0.5), 0.9, "toy")],
        [Detection(Box(0.5, 0.5, 0.1, 0.1), 0.9, "toy")],
        [Detection(BOX, float("inf"), "toy")],
        [Detection(BOX, 0.9, "toy", 0)],
        [BOX],
        None,
        ValueError("too dark"),
        MemoryError(),
    ],
)
def test_what_a_detector_does_wrong_is_a_fault_of_one_photo_that_names_the_plugin(found):
    guarded = detector(found, [FACE])
    with pytest.raises(EngineError, match="detector toy of the plugin toys fails on it") as caught:
        guarded.detect(IMAGE)
    assert (caught.value.operation, caught.value.kind) == ("analyse", "plugin")
    assert "\n" not in str(caught.value)
    assert len(guarded.detect(IMAGE)) == 1


@pytest.mark.parametrize(
    "faces",
    [
        [],
        [face(), face()],
        [face(encoding=4)],
        [face(landmarks=(5, 3))],
        [face(dtype=np.float64)],
        [face(value=float("nan"))],
        [BOX],
        RuntimeError("no"),
    ],
)
def test_what_an_encoder_does_wrong_is_a_fault_of_one_photo(faces):
    guarded = encoder(faces, [face()])
    with pytest.raises(EngineError, match="encoder toy of the plugin toys fails on it"):
        guarded.encode(IMAGE, [BOX])
    (one,) = guarded.encode(IMAGE, [BOX])
    assert one.encoding.shape == (guarded.dim,)


def test_failing_from_the_first_photo_on_ends_the_run():
    guarded = detector(*[ValueError("no weights")] * MOST_FAILURES)
    for _ in range(MOST_FAILURES - 1):
        with pytest.raises(EngineError):
            guarded.detect(IMAGE)
    with pytest.raises(
        EnvironmentFault, match=r"on every photo \(ValueError: no weights\).*--detector"
    ):
        guarded.detect(IMAGE)


def test_failing_after_something_worked_never_ends_the_run():
    guarded = detector([FACE], *[ValueError("too dark")] * 10)
    guarded.detect(IMAGE)
    for _ in range(10):
        with pytest.raises(EngineError):
            guarded.detect(IMAGE)


def test_faults_that_facedex_knows_pass_as_they_are():
    with pytest.raises(ModelMissing):
        detector(ModelMissing("no file")).detect(IMAGE)


@pytest.mark.parametrize("method", ["prepare", "close"])
def test_failing_at_the_ends_is_said(method):
    with pytest.raises(EnvironmentFault, match=r"cannot be used \(OSError: disk\)"):
        getattr(detector(OSError("disk")), method)()
    with pytest.raises(ModelMissing):
        getattr(encoder(ModelMissing("no file")), method)()


def test_one_that_cannot_be_made_is_said_with_what_to_do():
    def fail(_tools):
        raise KeyError("weights")

    registered = Registered(DetectorSpec("toy", "", fail), "toys")
    with pytest.raises(EnvironmentFault, match=r"KeyError: 'weights'.*Choose another: --detector"):
        GuardedDetector(registered, SimpleNamespace())
