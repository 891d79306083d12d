"""What the engines have to work with: versions, models, and what may execute networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import dlib
import onnxruntime

from facedex.engines.model_files import ModelName, find_model
from facedex.engines.runtimes import CPU_PROVIDER

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A model file: where it is (None: absent) and whether its checksum is the expected one."""

    filename: str
    path: Path | None
    is_ok: bool


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """A provider of ONNX Runtime; ``reason`` says why it is used or not."""

    name: str
    is_used: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """All that ``facedex doctor`` shows of the engines."""

    dlib_version: str
    onnxruntime_version: str
    dlib_has_avx: bool
    dlib_has_cuda: bool
    models: tuple[ModelStatus, ...]
    providers: tuple[ProviderStatus, ...]

    @property
    def is_complete(self) -> bool:
        """Tell whether every model is there and whole."""
        return all(model.is_ok for model in self.models)


def take_inventory() -> Inventory:
    """Return what is installed; reads the model files once for their checksums."""
    available: list[str] = onnxruntime.get_available_providers()
    return Inventory(
        dlib_version=str(dlib.__version__),
        onnxruntime_version=str(onnxruntime.__version__),
        dlib_has_avx=bool(dlib.USE_AVX_INSTRUCTIONS),
        dlib_has_cuda=bool(dlib.DLIB_USE_CUDA),
        models=tuple(_model_status(name) for name in ModelName),
        providers=tuple(_provider_status(name) for name in available),
    )


def _model_status(name: ModelName) -> ModelStatus:
    found = find_model(name)
    if found is None:
        return ModelStatus(name.filename, None, is_ok=False)
    return ModelStatus(name.filename, found.path, found.is_expected)


def _provider_status(name: str) -> ProviderStatus:
    if name == CPU_PROVIDER:
        return ProviderStatus(name, is_used=True, reason="runs both networks on the processor")
    if name == "AzureExecutionProvider":
        return ProviderStatus(name, is_used=False, reason="sends data to a network service")
    reason = "installed, but this release runs the networks on the processor only"
    return ProviderStatus(name, is_used=False, reason=reason)
