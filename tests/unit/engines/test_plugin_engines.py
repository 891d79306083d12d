"""Engines whose detector, encoder or runtime a plugin brings."""

import numpy as np
import pytest
from plugin_makers import DETECTOR, ENCODER, RUNTIME, write_plugin
from skimage import data

from facedex.engines import registry
from facedex.engines.choosing import selftest
from facedex.engines.choosing.devices import choose_target
from facedex.engines.choosing.selftest import Report, survey_all, survey_in_child
from facedex.engines.choosing.selftest_cache import Probe, machine_key
from facedex.engines.engine import create_engine
from facedex.engines.registry import find_detector, find_encoder, find_runtime
from facedex.engines.runtimes import CPU_TARGET, Target
from facedex.errors import UsageError
from facedex.types import DeviceName, EngineConfig, Precision

ABACUS = Target.parse("abacus cpu f32")


@pytest.fixture
def plugins(tmp_path):
    return write_plugin(tmp_path / "plugins", "toys", DETECTOR + ENCODER + RUNTIME)


@pytest.fixture
def make(plugins, model_cache):
    engines = []

    def create(**said):
        exact = {"runtime": "onnxruntime", "device": DeviceName.CPU, "precision": Precision.F32}
        config = EngineConfig(plugins_dir=plugins, **(exact | said))
        engines.append(create_engine(config, model_cache))
        return engines[-1]

    yield create
    for engine in engines:
        engine.close()


@pytest.mark.parametrize(
    ("find", "own"),
    [(find_detector, "cnn"), (find_encoder, "dlib-resnet"), (find_runtime, "torch")],
)
def test_own_names_import_no_plugin(find, own, tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "load_all", None)
    assert find(own, tmp_path)


@pytest.mark.parametrize(
    ("find", "names"),
    [
        (find_detector, "detector nosuch; there are: cascade, .*, both, .*toy"),
        (find_encoder, "encoder nosuch; there are: dlib-resnet, .*colour"),
        (find_runtime, "runtime nosuch; there are: onnxruntime, .*, dlib, .*abacus"),
    ],
)
def test_a_name_that_there_is_not_is_said_with_those_that_there_are(find, names, plugins):
    with pytest.raises(UsageError, match=names):
        find("nosuch", plugins)


def test_ids_and_sizes_are_those_of_the_plugin(make):
    engine = make(detector="toy", encoder="colour")
    assert (engine.engine_id, engine.model_id) == ("toy@640/toy/v1", "colour-v1")
    assert (engine.working_size, engine.decode_size) == (640, 1600)
    assert engine.thresholds.cuts == (0.01, 0.02)
    assert make(detector="toy", encoder="colour", is_thorough=True).engine_id.startswith(
        "toy-thorough@900/"
    )
    small = make(detector="toy", encoder="colour", working_size=2000)
    assert (small.working_size, small.decode_size) == (2000, 2000)


def test_thorough_changes_nothing_where_the_detector_does_not_know_it(make):
    assert make(detector="cnn", is_thorough=True).engine_id == make(detector="cnn").engine_id


def test_detector_and_encoder_need_no_network_of_ours(make):
    engine = make(detector="toy", encoder="colour")
    photo = data.astronaut()
    (found,) = engine.detect(photo)
    assert (found.detector, found.score) == ("toy", 0.75)
    (face,) = engine.encode(photo, [found.place])
    assert face.encoding.shape == (6,)
    assert engine.detect(photo[:4, :4]) == []


@pytest.mark.model
def test_boxes_are_fitted_for_dlibs_encoder_and_named_in_the_id(make):
    photo = data.astronaut()
    engine, own = make(detector="toy"), make()
    assert engine.engine_id == "toy@640/toy/v1+mmod-4cb19393"
    (fitted,), (expected,) = engine.detect(photo), own.detect(photo)
    assert fitted.box.center == pytest.approx(expected.box.center, abs=0.02)
    assert fitted.box.width == pytest.approx(expected.box.width, rel=0.2)
    (a,) = engine.encode(photo, [fitted.place])
    (b,) = own.encode(photo, [expected.place])
    assert np.linalg.norm(a.encoding - b.encoding) < 0.25


@pytest.mark.model
def test_an_encoder_of_another_kind_gets_our_detectors_faces(make):
    engine = make(encoder="colour")
    photo = data.astronaut()
    (found,) = engine.detect(photo)
    (face,) = engine.encode(photo, [found.place])
    assert face.encoding.shape == (6,)
    assert engine.fit_box_from_region(photo, found.box) is not None


def test_a_runtime_is_surveyed_tested_and_chosen_like_our_own(plugins, tmp_path):
    tried = []

    def measure(targets):
        tried.extend(targets)
        seconds = {ABACUS: 0.1, CPU_TARGET: 0.2}
        return {target: Report(seconds=seconds[target]) for target in targets}

    def survey():
        return {n: s for n, s in survey_all(plugins).items() if n in {"onnxruntime", "abacus"}}

    probe = Probe(survey, measure)
    cpu = EngineConfig(device=DeviceName.CPU, plugins_dir=plugins)
    assert choose_target(cpu, tmp_path, probe) == ABACUS
    assert tried == [CPU_TARGET, ABACUS]
    named = EngineConfig(runtime="abacus", plugins_dir=plugins)
    assert choose_target(named, tmp_path, probe) == ABACUS
    assert tried == [CPU_TARGET, ABACUS]  # remembered
    with pytest.raises(UsageError, match="no runtime abacus"):
        choose_target(EngineConfig(runtime="abacus"), tmp_path, probe)


@pytest.mark.slow
def test_the_child_that_surveys_knows_the_plugins(plugins):
    assert survey_in_child(plugins)["abacus"].targets == (ABACUS,)
    assert "abacus" not in survey_in_child(None)


@pytest.mark.model
@pytest.mark.slow
def test_a_runtime_that_opens_nothing_fails_its_test_and_ours_do_not(plugins, model_cache):
    reports = selftest.measure_in_child([ABACUS, CPU_TARGET], model_cache, 1, plugins)
    assert "NotImplementedError" in reports[ABACUS].fault
    assert reports[CPU_TARGET].fault is None


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (RUNTIME.replace("return Survey", "1 / 0; return Survey"), "fails: ZeroDivisionError"),
        (RUNTIME.replace("abacus cpu", "torch cpu"), "offers what is not its own: torch cpu f32"),
    ],
)
def test_a_runtime_whose_survey_is_wrong_is_left_out(code, fault, tmp_path):
    surveys = survey_all(write_plugin(tmp_path, "wrong", code))
    assert surveys["abacus"].targets == ()
    assert surveys["abacus"].unused == (
        ("abacus", fault.replace("Error", "Error: division by zero")),
    )
    assert CPU_TARGET in surveys["onnxruntime"].targets


def test_another_plugin_means_another_self_test(plugins, tmp_path):
    assert machine_key(1, plugins) == machine_key(1, plugins)
    assert machine_key(1, plugins) != machine_key(1, tmp_path)
