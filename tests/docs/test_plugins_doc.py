"""docs/plugins.md lists every hook with its arguments, and its example works."""

import inspect
import re
from pathlib import Path

import numpy as np
import pytest
from plugin_makers import write_plugin

from facedex.engines.registry import find_detector
from facedex.plugins import API_VERSION, Runtime
from facedex.plugins.discovery import find_plugins
from facedex.plugins.hookspecs import Hooks
from facedex.plugins.specs import Tools

DOC = (Path(__file__).resolve().parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
HOOKS = {name: call for name, call in vars(Hooks).items() if not name.startswith("_")}


def call_of(name, function):
    arguments = list(inspect.signature(function).parameters)[1:]
    return f"{name}({', '.join(arguments)})"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", DOC, re.DOTALL)


def test_every_hook_is_listed_with_its_arguments_and_no_other():
    listed = re.findall(r"^\| `(\w+\(.*?\))`", DOC, re.MULTILINE)
    assert listed == [call_of(name, function) for name, function in HOOKS.items()]


def test_what_a_runtime_must_have_is_said():
    assert "`name`, `survey()` and" in DOC
    assert f"`{call_of('open', Runtime.open)}`" in DOC


@pytest.mark.parametrize("name", [name for name in vars(Tools) if not name.startswith("_")])
def test_tools_that_are_said_to_be_there_are(name):
    said = re.findall(r"`(\w+)`", DOC)
    assert name in {*said, "target", "runtime"}  # the two that few will need


def test_the_example_is_a_plugin_that_works(tmp_path):
    said, _entry_point = blocks("toml")
    (code,) = blocks("python")
    assert f"api_version = {API_VERSION}" in said
    write_plugin(tmp_path, "middle", code, said)
    (found,) = [each for each in find_plugins(tmp_path) if each.name == "middle"]
    assert found.fault is None
    registered = find_detector("middle", tmp_path)
    detector = registered.what.open(None)
    (face,) = detector.detect(np.zeros((100, 100, 3), np.uint8))
    assert face.box.center == (0.5, 0.5)
