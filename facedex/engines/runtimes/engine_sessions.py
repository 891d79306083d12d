"""What detectors and encoders are given: sessions on the chosen target, checked model files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from facedex.engines.dlib_cnn.hog import HogDetector
from facedex.engines.models.model_files import get_file
from facedex.engines.runtimes import Networks, OnnxRuntime, OnnxSession, open_networks
from facedex.engines.runtimes.fallback_session import CarefulSession
from facedex.engines.runtimes.lazy import Lazy
from facedex.engines.runtimes.networks import proposer_target

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from facedex.engines.runtimes import ModelSession, Runtime, Target
    from facedex.plugins.specs import Tools

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EngineTools:
    """The tools of one engine; satisfies :class:`facedex.plugins.specs.Tools`."""

    working_size: int
    is_thorough: bool
    encode_crops: int
    threads: int
    target: Target
    runtime: Runtime
    cache_dir: Path
    _made: dict[Callable[[Tools], Any], Any] = field(default_factory=dict, repr=False)

    def open_session(self, model: bytes, *, is_exact: bool = False) -> ModelSession:
        """Load an ONNX graph with one output on the target; the processor takes over if it fails.

        ``is_exact`` computes in float32 even where the target has half the precision.
        """
        target = proposer_target(self.target) if is_exact else self.target
        runtime = self.runtime if target.runtime == self.runtime.name else OnnxRuntime()

        def on_device() -> ModelSession:
            return runtime.open(model, target, self.threads, self.cache_dir)

        if target.device.is_accelerator:
            return CarefulSession(on_device, lambda: OnnxSession(model, self.threads), target)
        return on_device()

    def find_model(self, filename: str, sha256: str, package: str) -> Path:
        """Return a checked file: from the user's models folder, or as an installed package has it.

        Raises
        ------
        ModelMissing
            If the file is absent or has another checksum.
        """
        return get_file(filename, sha256, package)

    def shared(self, make: Callable[[Tools], T]) -> T:
        """Return what ``make`` makes of these tools: made once, then the same for every caller."""
        if make not in self._made:
            self._made[make] = make(self)
        made: T = self._made[make]
        return made


def dlib_networks(tools: Tools) -> Networks:
    """Return dlib's networks on the target, to be ``shared``."""
    return open_networks(tools.target, tools.cache_dir, tools.threads, tools.runtime)


def hog_detector(tools: Tools) -> Lazy[HogDetector]:
    """Return dlib's HOG detector, to be ``shared``."""
    del tools
    return Lazy(HogDetector)
