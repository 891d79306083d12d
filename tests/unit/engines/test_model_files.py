import hashlib

import pytest

from facedex.engines import model_files
from facedex.engines.inventory import take_inventory
from facedex.engines.model_files import ModelName, find_model, get_model
from facedex.errors import ModelMissing


def test_missing_package_is_reported_with_a_hint(monkeypatch):
    monkeypatch.setattr(model_files, "PACKAGE", "no_such_package_of_models")
    assert find_model(ModelName.ENCODER) is None
    with pytest.raises(ModelMissing, match="pip install"):
        get_model(ModelName.ENCODER)
    inventory = take_inventory()
    assert not inventory.is_complete
    assert {model.path for model in inventory.models} == {None}


def test_missing_file_is_reported(monkeypatch, tmp_path):
    monkeypatch.setattr(model_files, "find_models_dir", lambda: tmp_path)
    with pytest.raises(ModelMissing, match="mmod_human_face_detector"):
        get_model(ModelName.DETECTOR)


def test_damaged_file_is_reported(monkeypatch, tmp_path):
    (tmp_path / ModelName.DETECTOR.filename).write_bytes(b"other")
    monkeypatch.setattr(model_files, "find_models_dir", lambda: tmp_path)
    found = find_model(ModelName.DETECTOR)
    assert found is not None
    assert found.sha256 == hashlib.sha256(b"other").hexdigest()
    with pytest.raises(ModelMissing, match="damaged"):
        get_model(ModelName.DETECTOR)


@pytest.mark.model
def test_installed_models_are_the_expected_ones():
    inventory = take_inventory()
    assert inventory.is_complete
    assert inventory.dlib_version
    used = [provider.name for provider in inventory.providers if provider.is_used]
    assert used == ["CPUExecutionProvider"]
    assert all(provider.reason for provider in inventory.providers)
