"""Several detectors that look at a photo together."""

import pytest
from plugin_makers import DETECTOR, write_plugin
from skimage import data

from facedex.engines.engine import create_engine
from facedex.engines.finding.searching import joined
from facedex.engines.registry import find_detectors
from facedex.errors import UsageError
from facedex.types import Box, Detection, DeviceName, EngineConfig, Precision

LEFT, RIGHT = Box(0.1, 0.1, 0.3, 0.3), Box(0.6, 0.1, 0.8, 0.3)
BESIDE = Box(0.2, 0.1, 0.4, 0.3)  # shares half of its area with LEFT
NEXT_TO = Box(0.24, 0.1, 0.44, 0.3)  # shares less than a third


def faces(detector, *boxes):
    return [Detection(box, 0.9, detector) for box in boxes]


@pytest.fixture
def make(tmp_path, model_cache):
    plugins = write_plugin(tmp_path / "plugins", "toys", DETECTOR)
    engines = []

    def create(detector, **said):
        exact = {"runtime": "onnxruntime", "device": DeviceName.CPU, "precision": Precision.F32}
        config = EngineConfig(detector, plugins_dir=plugins, **(exact | said))
        engines.append(create_engine(config, model_cache))
        return engines[-1]

    yield create
    for engine in engines:
        engine.close()


def test_each_face_comes_once_as_the_first_detector_saw_it():
    found = joined([faces("a", LEFT), faces("b", BESIDE, RIGHT), faces("c", RIGHT)])
    assert [(face.detector, face.box) for face in found] == [("a", LEFT), ("b", RIGHT)]


def test_two_faces_that_touch_are_two():
    assert len(joined([faces("a", LEFT), faces("b", NEXT_TO)])) == 2


def test_what_one_detector_finds_is_not_thinned_out():
    assert joined([faces("a", LEFT, BESIDE)]) == faces("a", LEFT, BESIDE)
    assert len(joined([faces("a", RIGHT), faces("b", LEFT, BESIDE)])) == 3


def test_none_and_nothing():
    assert joined([[], []]) == []


@pytest.mark.parametrize(
    ("names", "why"),
    [("cascade+nosuch", "no detector nosuch"), ("cnn+cnn", "twice"), ("cnn+", "no detector ;")],
)
def test_wrong_names_are_said(names, why):
    with pytest.raises(UsageError, match=why):
        find_detectors(names, None)


@pytest.mark.model
def test_each_looks_at_its_own_size_and_is_in_the_id(make):
    engine = make("cascade+toy")
    name, _, networks = engine.engine_id.partition("/")
    assert name == "cascade+toy@768+640"
    assert networks.endswith("+toy/v1+mmod-4cb19393")
    assert (engine.working_size, engine.decode_size) == (768, 1600)
    assert make("cascade+toy", is_thorough=True).engine_id.startswith(
        "cascade-thorough+toy-thorough@1600+900/"
    )
    assert make("toy+cascade", working_size=500).engine_id.startswith("toy+cascade@500+500/")


@pytest.mark.model
def test_the_faces_of_both_are_found_and_encoded(make):
    photo = data.astronaut()
    [alone] = make("cascade").detect(photo)
    engine = make("cnn+toy+cascade")
    found = engine.detect(photo)
    assert [face.detector for face in found] == ["cnn"]  # whom all see
    assert found[0].box.center == pytest.approx(alone.box.center, abs=0.03)
    upside_down = engine.detect(photo[::-1])
    assert {face.detector for face in upside_down} == {"toy", "cascade"}
    assert len(engine.encode(photo[::-1], [face.place for face in upside_down])) == 2
    assert engine.detect(photo[:4, :4]) == []
