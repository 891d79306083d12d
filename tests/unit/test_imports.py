"""What importing costs: the command line loads nothing heavy, and only the window loads Qt."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
# not banned in modules, but not needed to print a help text either
ALSO_HEAVY = {
    "numpy",
    "PIL",
    "pillow_heif",
    "exifread",
    "rich.progress",
    "apsw",
    "pluggy",
}
ROOMS = {"facedex.engines", "facedex.plugins", "facedex.services"}
QT = {"PySide6", "shiboken6", "facedex.viewer"}


def banned():
    with (PROJECT / "pyproject.toml").open("rb") as file:
        lint = tomllib.load(file)["tool"]["ruff"]["lint"]
    return set(lint["flake8-tidy-imports"]["banned-module-level-imports"])


def loaded_by(*statements):
    code = "; ".join([*statements, "import json, sys", "print(json.dumps(sorted(sys.modules)))"])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    return set(json.loads(done.stdout))


def test_the_list_of_heavy_libraries_is_the_projects():
    assert {"PySide6", "onnxruntime", "dlib", "scipy", "cv2", "torch"} <= banned()


@pytest.mark.parametrize("module", ["facedex.cli", "facedex.cli.app", "facedex.config"])
def test_the_command_line_loads_nothing_heavy(module):
    assert not loaded_by(f"import {module}") & (banned() | ALSO_HEAVY | ROOMS)


def services():
    folder = PROJECT / "facedex" / "services"
    return sorted(f"facedex.services.{path.stem}" for path in folder.glob("*.py"))


def test_services_load_no_qt_and_nothing_heavy():
    names = [name.removesuffix(".__init__") for name in services()]
    loaded = loaded_by(*(f"import {name}" for name in names))
    assert set(names) <= loaded
    assert not loaded & (banned() | QT)


def test_a_worker_loads_no_qt_and_no_database():
    loaded = loaded_by("import facedex.pipeline.worker")
    assert not loaded & (QT | {"apsw", "sqlite3"})


@pytest.mark.parametrize(
    "package", ["db", "imaging", "matching", "picasa", "pipeline", "plugins", "scan"]
)
def test_the_lower_layers_load_no_qt_and_nothing_heavy(package):
    folder = PROJECT / "facedex" / package
    modules = [f"import facedex.{package}.{path.stem}" for path in folder.glob("[a-z]*.py")]
    assert not loaded_by(*modules) & (banned() | QT)
