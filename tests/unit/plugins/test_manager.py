"""Loading plugins: what they register, and that one that fails costs nobody else anything."""

import logging
import types

import pytest
from plugin_makers import DETECTOR, ENCODER, RUNTIME, install_plugin, manifest, write_plugin

from facedex.engines import builtin
from facedex.plugins import hookimpl
from facedex.plugins.discovery import OWN
from facedex.plugins.manager import load_all, load_own


@pytest.fixture(autouse=True)
def only_own_warnings(caplog):
    """Plugins that whoever runs the tests has installed are not these tests' business."""
    caplog.set_level(logging.WARNING, "facedex")


def status_of(registry, name):
    return next(each for each in registry.plugins if each.name == name)


def test_own_engines_come_through_the_hooks():
    own = load_own(builtin)
    assert list(own.detectors) == ["cascade", "cnn", "hog", "hog-then-cnn", "both"]
    assert list(own.encoders) == ["dlib-resnet"]
    assert list(own.runtimes) == ["onnxruntime", "openvino", "torch", "dlib"]
    assert all(each.is_own for table in (own.detectors, own.runtimes) for each in table.values())
    assert own.plugins == []


def test_a_fault_of_our_own_is_a_bug():
    broken = types.SimpleNamespace(register_detectors=hookimpl(lambda: 3))
    with pytest.raises(TypeError):
        load_own(broken)


def test_a_folder_and_an_installed_package_register_beside_our_own(tmp_path, monkeypatch, caplog):
    monkeypatch.syspath_prepend(install_plugin(tmp_path / "site", "colours", ENCODER))
    registry = load_all(builtin, write_plugin(tmp_path / "folder", "toy", DETECTOR + RUNTIME))
    assert registry.detectors["toy"].plugin == "toy"
    assert not registry.detectors["toy"].is_own
    assert registry.detectors["cnn"].plugin == OWN
    assert registry.encoders["colour"].what.thresholds.group_cut == 0.015
    assert registry.runtimes["abacus"].what.survey().version == "1.0"
    assert status_of(registry, "toy").gives == ("detector toy", "runtime abacus")
    assert status_of(registry, "colours").origin == "colours 2.5"
    assert [r.getMessage() for r in caplog.records if "toy" in r.getMessage()] == []


FAILING = {
    "import": ("1 / 0", "ZeroDivisionError: division by zero"),
    "exit": ("raise SystemExit(3)", "SystemExit: 3"),
    "hook": (
        "@hookimpl\ndef register_detectors():\n    raise OSError('no\\nluck')",
        "OSError: no luck",
    ),
    "generator": ("@hookimpl\ndef register_encoders():\n    yield 1 / 0", "ZeroDivisionError"),
    "kind": ("@hookimpl\ndef register_detectors():\n    return [3]", "int is no detector"),
    "nothing to go through": ("@hookimpl\ndef register_runtimes():\n    return 3", "TypeError"),
    "misspelt": ("@hookimpl\ndef register_detector():\n    return []", "register_detector"),
    "argument": ("@hookimpl\ndef register_detectors(photo):\n    return []", "photo"),
}


@pytest.mark.parametrize(("code", "fault"), FAILING.values(), ids=FAILING)
def test_one_that_raises_is_left_out_and_said_and_the_others_stay(tmp_path, code, fault, caplog):
    # with an engine that is fine: a plugin that raises is left out as a whole
    write_plugin(tmp_path, "a-bad", RUNTIME + code)
    write_plugin(tmp_path, "b-good", DETECTOR)
    registry = load_all(builtin, tmp_path)
    assert "toy" in registry.detectors
    assert "cascade" in registry.detectors
    bad = status_of(registry, "a-bad")
    assert bad.gives == ()
    assert ("abacus" in registry.runtimes) is False
    assert len(bad.faults) == 1
    assert fault in bad.faults[0]
    (message,) = [r.getMessage() for r in caplog.records if "a-bad" in r.getMessage()]
    assert fault in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "name", ["picasa", "manual", "xmp", "auto", "", "Two Words", "a--b", "../x", 3, None]
)
def test_names_that_mean_something_else_are_refused(name, tmp_path, caplog):
    code = DETECTOR.replace('"toy", "the middle"', f"{name!r}, 'the middle'")
    registry = load_all(builtin, write_plugin(tmp_path, "toy", code))
    assert "cannot be the name of a detector" in status_of(registry, "toy").faults[0]
    assert name not in registry.detectors


def test_a_name_that_is_taken_stays_whose_it_is(tmp_path, caplog):
    thief = DETECTOR.replace('"toy", "the middle"', '"cascade", "mine"') + RUNTIME
    write_plugin(tmp_path, "a-thief", thief)
    write_plugin(tmp_path, "b-first", DETECTOR)
    write_plugin(tmp_path, "c-second", DETECTOR)
    registry = load_all(builtin, tmp_path)
    assert registry.detectors["cascade"].is_own
    assert registry.detectors["toy"].plugin == "b-first"
    thief = status_of(registry, "a-thief")
    assert thief.faults == ("its detector cascade is left out: facedex has one of that name",)
    assert thief.gives == ("runtime abacus",)
    assert "b-first has one" in status_of(registry, "c-second").faults[0]


def test_a_wrong_version_is_said_and_not_imported(tmp_path, caplog):
    write_plugin(tmp_path, "old", "raise SystemExit", manifest("old", api_version=99))
    registry = load_all(builtin, tmp_path)
    assert "version 99" in status_of(registry, "old").faults[0]
    assert "version 99" in caplog.text
