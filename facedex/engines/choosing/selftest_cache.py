"""What self-tests found, kept until a version, the processor or a visible device changes."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facedex.engines.choosing.selftest import (
    SELFTEST_VERSION,
    Report,
    measure_in_child,
    survey_in_child,
    surveys_from_json,
    surveys_to_json,
)
from facedex.engines.models.model_cache import CONVERTER_VERSION, load_onnx, write_atomically
from facedex.engines.models.model_files import ModelName
from facedex.engines.runtimes import Survey, Target
from facedex.plugins.discovery import find_plugins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

log = logging.getLogger(__name__)

_PACKAGES = ("onnxruntime", "openvino", "torch", "dlib-bin", "numpy")
_VARIABLES = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ZE_AFFINITY_MASK")


@dataclass(frozen=True, slots=True)
class Probe:
    """How to find out; a test gives its own."""

    survey: Callable[[], dict[str, Survey]]
    measure: Callable[[Sequence[Target]], dict[Target, Report]]


class SelfTests:
    """The surveys and reports of this machine; what is unknown is found out when asked for."""

    def __init__(
        self,
        cache_dir: Path,
        threads: int,
        probe: Probe | None = None,
        plugins_dir: Path | None = None,
    ) -> None:
        self._cache_dir = cache_dir
        self._path = cache_dir / f"self-test-{machine_key(threads, plugins_dir)}.json"
        self._probe = probe or Probe(
            lambda: survey_in_child(plugins_dir),
            lambda targets: measure_in_child(targets, cache_dir, threads, plugins_dir),
        )
        self._surveys: dict[str, Survey] | None = None
        self._reports: dict[Target, Report] = {}
        self._load()

    def targets(self) -> list[Target]:
        """Return all targets of all runtimes, the safest first."""
        return [target for survey in self._all_surveys().values() for target in survey.targets]

    def unused(self) -> list[tuple[str, str]]:
        """Return (name, reason) of what is not offered."""
        return [each for survey in self._all_surveys().values() for each in survey.unused]

    def versions(self) -> list[tuple[str, str]]:
        """Return (name, version) of each runtime that is installed."""
        surveys = self._all_surveys()
        return [(name, each.version) for name, each in surveys.items() if each.version]

    def reports(self, targets: Sequence[Target]) -> dict[Target, Report]:
        """Return a report for each target; those without one are tried now."""
        untried = [each for each in targets if each not in self._reports]
        if untried:
            # a missing model is said so here, and converting is not part of what is timed
            for name in (ModelName.DETECTOR, ModelName.ENCODER):
                load_onnx(name, self._cache_dir)
            log.info("trying %s", ", ".join(map(str, untried)))
            self._reports |= self._probe.measure(untried)
            self._save()
        return {target: self._reports[target] for target in targets}

    def forget(self) -> None:
        """Forget everything: it is found out anew."""
        self._surveys, self._reports = None, {}
        try:
            self._path.unlink(missing_ok=True)
        except OSError as fault:
            log.warning("cannot remove the self-test's results: %s", fault.strerror)

    def known_reports(self) -> dict[Target, Report]:
        """Return what is known."""
        return dict(self._reports)

    def _all_surveys(self) -> dict[str, Survey]:
        if self._surveys is None:
            self._surveys = self._probe.survey()
            self._save()
        return self._surveys

    def _load(self) -> None:
        """Take over what was kept; a file that makes no sense is as good as none."""
        try:
            kept: dict[str, Any] = json.loads(self._path.read_text("utf-8"))
            self._surveys = surveys_from_json(json.dumps(kept["surveys"]))
            self._reports = {
                Target.parse(name): Report(seconds, fault)
                for name, (seconds, fault) in kept["reports"].items()
            }
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as exc:
            log.info("the self-test's results are made again: %s", exc)
            self._surveys, self._reports = None, {}

    def _save(self) -> None:
        content = {
            "surveys": json.loads(surveys_to_json(self._all_surveys())),
            "reports": {
                str(target): [report.seconds, report.fault]
                for target, report in self._reports.items()
            },
        }
        try:
            self._cache_dir.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path, json.dumps(content, indent=1).encode())
        except OSError as fault:
            log.warning("cannot keep the self-test's results: %s", fault.strerror)


def machine_key(threads: int, plugins_dir: Path | None = None) -> str:
    """Return 16 hex digits that change with anything that could change a choice."""
    parts = [
        f"{SELFTEST_VERSION} {CONVERTER_VERSION} {threads}",
        platform.python_version(),
        platform.platform(),
        _processor(),
        *sorted(_installed(_PACKAGES)),
        *(f"plugin {each.name} {each.version}" for each in find_plugins(plugins_dir)),
        *(f"{name}={os.environ.get(name)}" for name in _VARIABLES),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _installed(wanted: Iterable[str]) -> set[str]:
    """Return ``name version`` of the packages and their variants, such as onnxruntime-gpu."""
    beginnings = tuple(wanted)
    return {
        f"{name} {each.version}"
        for each in metadata.distributions()
        for name in (str(each.metadata["Name"]).lower(),)
        if name.startswith(beginnings)
    }


def _processor() -> str:
    """Return the processor's name and abilities."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    wanted = ("model name", "flags", "Features", "CPU part")
    return "\n".join(dict.fromkeys(line for line in lines if line.startswith(wanted)))
