"""The settings of runtime, device, precision and crops, from variables and flags."""

from dataclasses import replace

import pytest

from facedex.config import load_settings
from facedex.errors import ConfigError
from facedex.types import DeviceName, EngineConfig, Precision, RuntimeName


def test_defaults_are_those_of_the_engine():
    config = load_settings().engine()
    assert replace(config, plugins_dir=None) == EngineConfig()
    assert (config.runtime, config.device, config.precision) == ("auto", "auto", "auto")
    assert config.encode_crops == 2


def test_variables_and_flags_reach_the_engine(monkeypatch):
    monkeypatch.setenv("FACEDEX_RUNTIME", "openvino")
    monkeypatch.setenv("FACEDEX_PRECISION", "bf16")
    monkeypatch.setenv("FACEDEX_ENCODE_CROPS", "5")
    monkeypatch.setenv("FACEDEX_ENCODER", "somebodys")
    config = load_settings(device="gpu", encode_crops=1, detector="anothers").engine()
    assert (config.detector, config.encoder) == ("anothers", "somebodys")
    assert config.runtime == RuntimeName.OPENVINO
    assert config.device is DeviceName.GPU
    assert config.precision is Precision.BF16
    assert config.encode_crops == 1


@pytest.mark.parametrize("value", ["0", "3", "two"])
def test_other_numbers_of_crops_are_refused(value, monkeypatch):
    monkeypatch.setenv("FACEDEX_ENCODE_CROPS", value)
    with pytest.raises(ConfigError, match="encode_crops"):
        load_settings()
