"""Finding plugins by their manifests, without importing any."""

import sys

import pytest
from plugin_makers import DETECTOR, install_plugin, manifest, write_plugin

from facedex.plugins import API_VERSION
from facedex.plugins.discovery import find_plugins

BOMB = "raise SystemExit('imported')"


def found_in(folder):
    return {each.name: each for each in find_plugins(folder) if str(folder) in each.origin}


def test_a_folder_is_found_and_described_without_being_imported(tmp_path):
    write_plugin(tmp_path, "toy", BOMB)
    toy = found_in(tmp_path)["toy"]
    assert (toy.description, toy.fault) == ("For a test.", None)
    assert toy.origin == str(tmp_path / "toy")


def test_an_installed_package_is_found_and_described_without_being_imported(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(install_plugin(tmp_path, "toy_faces", BOMB))
    (toy,) = [each for each in find_plugins(None) if each.name == "toy_faces"]
    assert (toy.origin, toy.version, toy.fault) == ("toy_faces 2.5", "2.5", None)
    assert "toy_faces" not in sys.modules


@pytest.mark.parametrize("folder", [None, "nowhere"])
def test_without_a_folder_there_are_none(folder, tmp_path):
    assert found_in(tmp_path if folder is None else tmp_path / folder) == {}


def test_a_folder_without_a_manifest_is_no_plugin(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "__init__.py").write_text(BOMB)
    assert found_in(tmp_path) == {}


@pytest.mark.parametrize("version", [API_VERSION + 1, 0])
def test_another_version_of_the_hooks_is_refused_in_one_line(version, tmp_path):
    write_plugin(tmp_path, "toy", BOMB, manifest("toy", api_version=version))
    fault = found_in(tmp_path)["toy"].fault
    assert fault == f"it is made for version {version} of facedex's hooks; this is {API_VERSION}"


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ('name = "toy"\napi_version = 1', "description is missing"),
        ('api_version = 1\ndescription = ""', "name is missing"),
        (manifest("toy", api_version="1"), "api_version is missing or not int"),
        ('name = "toy"\napi_version = true\ndescription = ""', "api_version is missing or not int"),
        (manifest("toy", colour="blue"), "nobody knows colour"),
        ("name = ", "cannot be read"),
        (manifest("facedex"), "'facedex' cannot be the name of a plugin"),
        (manifest("two words"), "'two words' cannot be the name of a plugin"),
        (manifest(""), "'' cannot be the name of a plugin"),
    ],
)
def test_a_manifest_with_a_fault_is_said(said, fault, tmp_path):
    write_plugin(tmp_path, "toy", BOMB, said)
    assert fault in found_in(tmp_path)["toy"].fault


def test_a_manifest_that_is_no_text_is_said(tmp_path):
    write_plugin(tmp_path, "toy", BOMB)
    (tmp_path / "toy" / "facedex-plugin.toml").write_bytes(b"\xff\xfe")
    assert "cannot be read" in found_in(tmp_path)["toy"].fault


def test_an_entry_point_without_a_package_or_manifest_is_said(tmp_path, monkeypatch):
    install_plugin(tmp_path, "gone_faces", BOMB)
    (tmp_path / "gone_faces" / "facedex-plugin.toml").unlink()
    install_plugin(tmp_path, "single_faces", BOMB)
    (tmp_path / "single_faces" / "__init__.py").rename(tmp_path / "single_faces.py")
    (tmp_path / "single_faces" / "facedex-plugin.toml").unlink()
    (tmp_path / "single_faces").rmdir()
    monkeypatch.syspath_prepend(tmp_path)
    faults = {each.name: each.fault for each in find_plugins(None)}
    assert "cannot be read" in faults["gone_faces"]
    assert "no package single_faces" in faults["single_faces"]


def test_of_two_of_one_name_the_first_is_used(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(install_plugin(tmp_path / "site", "toy_faces", DETECTOR))
    folder = tmp_path / "folder"
    write_plugin(folder, "a", BOMB, manifest("toy_faces"))
    write_plugin(folder, "b", BOMB, manifest("other"))
    write_plugin(folder, "c", BOMB, manifest("other"))
    faults = {each.origin: each.fault for each in find_plugins(folder)}
    assert faults["toy_faces 2.5"] is None
    assert faults[str(folder / "a")] == "there is another plugin of this name: toy_faces 2.5"
    assert faults[str(folder / "b")] is None
    assert str(folder / "b") in faults[str(folder / "c")]


def test_modules_of_a_folder_may_import_each_other(tmp_path):
    write_plugin(tmp_path, "two-parts", "from .part import VALUE")
    (tmp_path / "two-parts" / "part.py").write_text("VALUE = 7")
    assert found_in(tmp_path)["two-parts"].load().VALUE == 7


def test_a_folder_that_fails_leaves_no_half_module(tmp_path):
    write_plugin(tmp_path, "toy", "raise ValueError('half')")
    before = set(sys.modules)
    with pytest.raises(ValueError, match="half"):
        found_in(tmp_path)["toy"].load()
    assert set(sys.modules) == before
