"""What the engines have to work with: versions, models, and what may execute networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import dlib

from facedex.engines.choosing.devices import TargetStatus, explain
from facedex.engines.models.model_files import ModelName, find_model, get_model
from facedex.engines.registry import all_engines, find_detectors, find_encoder
from facedex.errors import ModelMissing, UsageError
from facedex.types import DetectorName, RuntimeName

if TYPE_CHECKING:
    from pathlib import Path

    from facedex.engines.choosing.selftest_cache import Probe
    from facedex.plugins.manager import PluginStatus
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
    versions : (name, version) of each runtime that is installed beside dlib.
    targets : where networks can be executed, and why they are or are not.
    unused : (name, reason) of what is installed and not offered.
    fault : why there is no engine as it was asked for; None where there is.
    plugins : what became of each.
    """

    dlib_version: str
    dlib_has_avx: bool
    dlib_has_cuda: bool
    models: tuple[ModelStatus, ...]
    versions: tuple[tuple[str, str], ...]
    targets: tuple[TargetStatus, ...]
    unused: tuple[tuple[str, str], ...]
    fault: str | None
    plugins: tuple[PluginStatus, ...]

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
    plugins = all_engines(config.plugins_dir).plugins
    try:
        find_detectors(config.detector, config.plugins_dir)
        find_encoder(config.encoder, config.plugins_dir)
        explanation = explain(config, cache_dir, probe, is_again=is_again)
    except (UsageError, ModelMissing) as exc:
        fault = str(exc)
    return Inventory(
        dlib_version=str(dlib.__version__),
        dlib_has_avx=bool(dlib.USE_AVX_INSTRUCTIONS),
        dlib_has_cuda=bool(dlib.DLIB_USE_CUDA),
        models=tuple(_model_status(name, config.detector) for name in ModelName),
        versions=_without_dlib(explanation.versions) if explanation else (),
        targets=explanation.targets if explanation else (),
        unused=explanation.unused if explanation else (),
        fault=fault,
        plugins=tuple(plugins),
    )


def _without_dlib(versions: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(each for each in versions if each[0] != RuntimeName.DLIB)


def _model_status(name: ModelName, detector: str) -> ModelStatus:
    is_needed = name is not ModelName.PROPOSER or DetectorName.CASCADE in detector.split("+")
    try:
        return ModelStatus(name.filename, get_model(name).path, None, is_needed)
    except ModelMissing as exc:
        found = find_model(name)
        return ModelStatus(name.filename, found.path if found else None, str(exc), is_needed)
