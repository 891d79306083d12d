"""Find dlib's model files in the installed package face_recognition_models and check them.

The package is located, never imported: its ``__init__`` needs pkg_resources, which setuptools 82
removed. The checksums pin the files of face_recognition_models 0.3.0; the reader of the networks
knows exactly these layer lists.
"""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from facedex.errors import ModelMissing

PACKAGE = "face_recognition_models"
_HINT = f"Install it again: pip install --force-reinstall '{PACKAGE}>=0.3'"


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

    @property
    def filename(self) -> str:
        """The file's name inside the package."""
        return self.value[0]

    @property
    def sha256(self) -> str:
        """The checksum that the file must have, 64 hex digits."""
        return self.value[1]


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


def find_models_dir() -> Path | None:
    """Return the folder of the .dat files, or None where the package is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "models"


def find_model(name: ModelName) -> ModelFile | None:
    """Return the file with its checksum as it is, right or not; None where there is none."""
    folder = find_models_dir()
    if folder is None:
        return None
    path = folder / name.filename
    if not path.is_file():
        return None
    with path.open("rb") as stream:
        return ModelFile(name, path, hashlib.file_digest(stream, "sha256").hexdigest())


def get_model(name: ModelName) -> ModelFile:
    """Return the checked model file.

    Raises
    ------
    ModelMissing
        If the package or the file is absent, or the file is not the one expected.
    """
    found = find_model(name)
    if found is None:
        raise ModelMissing(f"the face model {name.filename} is not installed", _HINT)
    if not found.is_expected:
        raise ModelMissing(f"the face model {found.path} is damaged or of another version", _HINT)
    return found
