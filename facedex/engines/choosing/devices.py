"""Choose what executes the networks: the fastest that passes the self-test, or what was asked for.

What was found is kept in the model cache folder, in a file named by the versions of everything that
could change it; ``facedex doctor`` shows it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facedex.engines.choosing.selftest_cache import Probe, SelfTests
from facedex.engines.registry import find_runtime
from facedex.engines.runtimes import (
    CPU_TARGET,
    DLIB_TARGET,
    Target,
)
from facedex.errors import UsageError
from facedex.types import DeviceName, EngineConfig, Precision, RuntimeName

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from facedex.engines.choosing.selftest import Report

log = logging.getLogger(__name__)

SAFE_PRECISIONS = {Precision.F32, Precision.BF16}
"""Used without being asked for: docs/decisions/007-precision.md has the measurements."""


@dataclass(frozen=True, slots=True)
class TargetStatus:
    """A target and why it is used or not."""

    name: str
    is_used: bool
    reason: str


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """What was chosen, and from what.

    Attributes
    ----------
    versions : (name, version) of each runtime that is installed.
    unused : (name, reason) of what is installed and not offered.
    """

    targets: tuple[TargetStatus, ...]
    versions: tuple[tuple[str, str], ...]
    unused: tuple[tuple[str, str], ...]


def choose_target(config: EngineConfig, cache_dir: Path, probe: Probe | None = None) -> Target:
    """Return the fastest target that ``config`` allows and that passes the self-test.

    Raises
    ------
    UsageError
        If what was asked for is not installed, or not here, or fails.
    """
    settled = _settled(config)
    if settled is not None:
        return settled
    if config.runtime != RuntimeName.AUTO:
        find_runtime(config.runtime, config.plugins_dir)  # or says what there is
    tests = SelfTests(cache_dir, config.threads, probe, config.plugins_dir)
    candidates = allowed(config, tests.targets())
    if not candidates:
        raise UsageError(f"{_wish(config)} is not to be had here; see: facedex doctor")
    if candidates == [CPU_TARGET]:
        return CPU_TARGET
    reports = tests.reports(candidates)
    chosen = fastest(reports)
    if chosen is not None:
        log.info("networks run on %s", chosen)
        return chosen
    faults = "; ".join(f"{target}: {report.fault}" for target, report in reports.items())
    if is_open(config):
        log.warning("nothing passes the self-test (%s); dlib does the work, slowly", faults)
        return DLIB_TARGET
    raise UsageError(f"{_wish(config)} cannot be used here ({faults})")


def allowed(config: EngineConfig, targets: Sequence[Target]) -> list[Target]:
    """Return the targets that ``config`` allows, in their order."""
    found = [
        each
        for each in targets
        if config.runtime in {RuntimeName.AUTO, each.runtime}
        and _suits_device(config.device, each.device)
        and config.precision in {Precision.AUTO, each.precision}
        and (config.runtime != RuntimeName.AUTO or not is_costly(each))
    ]
    if config.precision is not Precision.AUTO:
        return found
    return [each for each in found if each.precision in SAFE_PRECISIONS] or (
        [] if config.device is DeviceName.AUTO else found
    )


def fastest(reports: dict[Target, Report]) -> Target | None:
    """Return the fastest of those that passed; None if none did."""
    times = {
        target: report.seconds for target, report in reports.items() if report.seconds is not None
    }
    return min(times, key=lambda target: times[target], default=None)


def is_open(config: EngineConfig) -> bool:
    """Tell whether nothing particular was asked for."""
    return (config.runtime, config.device, config.precision) == (
        RuntimeName.AUTO,
        DeviceName.AUTO,
        Precision.AUTO,
    )


def is_costly(target: Target) -> bool:
    """Tell whether a target has to be asked for by name.

    dlib is slow, and PyTorch takes 200 MB in every worker.
    """
    is_torch = target.runtime == RuntimeName.TORCH
    return target == DLIB_TARGET or (is_torch and not target.device.is_accelerator)


def explain(
    config: EngineConfig, cache_dir: Path, probe: Probe | None = None, *, is_again: bool = False
) -> DeviceChoice:
    """Return every target with why it is used or not; ``is_again`` tries them anew.

    Raises
    ------
    UsageError
        If what was asked for is not installed, or not here, or fails.
    """
    if is_again:
        SelfTests(cache_dir, config.threads, probe, config.plugins_dir).forget()
    chosen = choose_target(config, cache_dir, probe)
    tests = SelfTests(cache_dir, config.threads, probe, config.plugins_dir)
    targets = dict.fromkeys([*tests.targets(), DLIB_TARGET])
    reports = tests.known_reports()
    statuses = (
        TargetStatus(str(each), each == chosen, _reason(each, chosen, reports, config))
        for each in targets
    )
    return DeviceChoice(tuple(statuses), tuple(tests.versions()), tuple(tests.unused()))


def _settled(config: EngineConfig) -> Target | None:
    """Return the target that needs neither a look around nor a test."""
    if config.runtime == RuntimeName.DLIB:
        if config.device.is_accelerator or config.precision not in {Precision.AUTO, Precision.F32}:
            raise UsageError("dlib runs on the processor in f32 only")
        return DLIB_TARGET
    asked = Target(config.runtime, config.device, config.precision)
    return CPU_TARGET if asked == CPU_TARGET else None


def _suits_device(wanted: DeviceName, device: DeviceName) -> bool:
    if wanted is DeviceName.GPU:
        return device.is_accelerator and device is not DeviceName.NPU
    return wanted in {DeviceName.AUTO, device}


def _wish(config: EngineConfig) -> str:
    named = [
        f"--{key} {value}"
        for key, value in (
            ("runtime", config.runtime),
            ("device", config.device),
            ("precision", config.precision),
        )
        if value != "auto"
    ]
    return " ".join(named) or "a runtime"


def _reason(
    target: Target, chosen: Target, reports: dict[Target, Report], config: EngineConfig
) -> str:
    report, best = reports.get(target), reports.get(chosen)
    if report is None:
        if target == chosen:
            return "as was asked for" if not is_open(config) else "the only one here"
        if target == DLIB_TARGET:
            return "the reference, for comparison: --runtime dlib"
        if is_costly(target):
            return "takes 200 MB more in every worker; --runtime torch to use it"
        if target.precision not in SAFE_PRECISIONS:
            return f"not proven to find the same faces; --precision {target.precision.value}"
        return "not what was asked for"
    if report.seconds is None:
        return f"fails the self-test: {report.fault}"
    time = f"{1000 * report.seconds:.0f} ms a photo in the self-test"
    if target == chosen:
        return f"the fastest: {time}"
    if best is None or best.seconds is None or report.seconds <= best.seconds:
        return f"passes: {time}; not what was asked for"
    return f"passes, but takes {report.seconds / best.seconds:.1f} times as long: {time}"
