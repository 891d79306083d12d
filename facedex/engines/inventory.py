"""What the engines have to work with: versions, models, and what may execute networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import dlib

from facedex.engines.devices import TargetStatus, explain
from facedex.engines.model_files import ModelName, find_model, get_model
from facedex.errors import ModelMissing, UsageError
from facedex.types import DetectorName

if TYPE_CHECKING:
    from pathlib import Path

    from facedex.engines.selftest_cache import Probe
    from facedex.types import EngineConfig


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A model file.

    Attributes
    ----------
    path : where it is; None where it is absent.
    fault : why it cannot be used, and what to do; None where it can.
    is_needed : facedex finds no faces without it.
    """

    filename: str
    path: Path | None
    fault: str | None
    is_needed: bool

    @property
    def is_ok(self) -> bool:
        """Tell whether it can be used."""
        return self.fault is None


@dataclass(frozen=True, slots=True)
class Inventory:
    """All that ``facedex doctor`` shows of the engines.

    Attributes
    ----------
    versions : (name, version) of each runtime that is installed.
    targets : where networks can be executed, and why they are or are not.
    unused : (name, reason) of what is installed and not offered.
    fault : why nothing can be chosen; None where something is.
    """

    dlib_version: str
    dlib_has_avx: bool
    dlib_has_cuda: bool
    models: tuple[ModelStatus, ...]
    versions: tuple[tuple[str, str], ...]
    targets: tuple[TargetStatus, ...]
    unused: tuple[tuple[str, str], ...]
    fault: str | None

    @property
    def is_complete(self) -> bool:
        """Tell whether every model that is needed is there and whole."""
        return all(model.is_ok for model in self.models if model.is_needed)


def take_inventory(
    config: EngineConfig, cache_dir: Path, probe: Probe | None = None, *, is_again: bool = False
) -> Inventory:
    """Return what is installed; what was not tried on this machine yet is tried now.

    ``is_again`` tries everything anew. Reads the model files once for their checksums.
    """
    explanation = fault = None
    try:
        explanation = explain(config, cache_dir, probe, is_again=is_again)
    except (UsageError, ModelMissing) as exc:
        fault = str(exc)
    return Inventory(
        dlib_version=str(dlib.__version__),
        dlib_has_avx=bool(dlib.USE_AVX_INSTRUCTIONS),
        dlib_has_cuda=bool(dlib.DLIB_USE_CUDA),
        models=tuple(_model_status(name, config.detector) for name in ModelName),
        versions=explanation.versions if explanation else (),
        targets=explanation.targets if explanation else (),
        unused=explanation.unused if explanation else (),
        fault=fault,
    )


def _model_status(name: ModelName, detector: DetectorName) -> ModelStatus:
    is_needed = name is not ModelName.PROPOSER or detector is DetectorName.CASCADE
    try:
        return ModelStatus(name.filename, get_model(name).path, None, is_needed)
    except ModelMissing as exc:
        found = find_model(name)
        return ModelStatus(name.filename, found.path if found else None, str(exc), is_needed)
