"""Load plugins and collect what they register; one that fails is left out, with the reason.

Each import and each call stands in its own guard: pluggy ends a whole call when one of its
implementations raises. Plugins are trusted code: a guard keeps their mistakes apart, not malice.
"""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pluggy

from facedex.plugins.discovery import OWN, find_plugins
from facedex.plugins.hookspecs import GROUP, Hooks
from facedex.plugins.runtime import Runtime
from facedex.plugins.specs import DetectorSpec, EncoderSpec
from facedex.types import DRAWN_ORIGINS, RuntimeName

if TYPE_CHECKING:
    from pathlib import Path

    from facedex.plugins.discovery import FoundPlugin

log = logging.getLogger(__name__)

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_RESERVED = {*DRAWN_ORIGINS, RuntimeName.AUTO.value}
_KINDS: dict[str, Any] = {"detector": DetectorSpec, "encoder": EncoderSpec, "runtime": Runtime}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Registered(Generic[T]):
    """What was registered under a name, and by which plugin."""

    what: T
    plugin: str

    @property
    def is_own(self) -> bool:
        """Tell whether it is facedex's own."""
        return self.plugin == OWN


@dataclass(frozen=True, slots=True)
class PluginStatus:
    """What became of a plugin.

    Attributes
    ----------
    gives : what it registered: ``"detector centerface"``.
    faults : why it, or a part of it, is not used.
    """

    name: str
    description: str
    origin: str
    gives: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(slots=True)
class Registry:
    """Everything that was registered, by name, in the order of registration."""

    detectors: dict[str, Registered[DetectorSpec]] = field(default_factory=dict)
    encoders: dict[str, Registered[EncoderSpec]] = field(default_factory=dict)
    runtimes: dict[str, Registered[Runtime]] = field(default_factory=dict)
    plugins: list[PluginStatus] = field(default_factory=list)


def load_own(implementation: object) -> Registry:
    """Return what facedex's own engines register; a fault among them is a bug and raises."""
    registry = Registry()
    faults = _add(registry, OWN, _ask(implementation, OWN))[1]
    if faults:
        raise ValueError("; ".join(faults))
    return registry


def load_all(implementation: object, folder: Path | None) -> Registry:
    """Return what facedex's own engines and all plugins register.

    What a plugin does wrong is logged as a warning and kept in ``Registry.plugins``.
    """
    registry = load_own(implementation)
    for found in find_plugins(folder):
        faults = [found.fault] if found.fault is not None else []
        gives: list[str] = []
        if found.fault is None:
            gives, faults = _load(registry, found)
        for fault in faults:
            log.warning("plugin %s (%s): %s", found.name, found.origin, fault)
        status = PluginStatus(
            found.name, found.description, found.origin, tuple(gives), tuple(faults)
        )
        registry.plugins.append(status)
    return registry


def describe(exc: BaseException) -> str:
    """Return an exception as one line."""
    text = " ".join(str(exc).split())
    return f"{type(exc).__name__}: {text}"[:300] if text else type(exc).__name__


def _load(registry: Registry, found: FoundPlugin) -> tuple[list[str], list[str]]:
    """Import a plugin and take what it registers; return that, and what is wrong with it."""
    started = time.perf_counter()
    try:
        given = _ask(found.load(), found.name)
    # libraries end the program when a file is missing: SystemExit, too, is no more than a fault
    except (Exception, SystemExit) as exc:
        log.debug("plugin %s failed", found.name, exc_info=True)
        return [], [f"it is not used, as it fails: {describe(exc)}"]
    log.debug("plugin %s took %.0f ms", found.name, 1000 * (time.perf_counter() - started))
    return _add(registry, found.name, given)


def _ask(implementation: object, name: str) -> list[tuple[str, Any]]:
    """Return (kind, what) of everything that an implementation registers.

    It gets a manager of its own, as pluggy calls either all plugins or none.
    """
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(Hooks)
    manager.register(implementation, name)
    manager.check_pending()  # a misspelt hook
    hooks = manager.hook
    calls = (
        ("detector", hooks.register_detectors),
        ("encoder", hooks.register_encoders),
        ("runtime", hooks.register_runtimes),
    )
    return [(kind, _checked(kind, each)) for kind, call in calls for own in call() for each in own]


def _checked(kind: str, what: Any) -> Any:
    """Return what was registered if it is of its kind and has a usable name."""
    if not isinstance(what, _KINDS[kind]):
        raise TypeError(f"{type(what).__name__} is no {kind}")
    name = what.name
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name in _RESERVED:
        raise ValueError(f"{name!r} cannot be the name of a {kind}")
    return what


def _add(
    registry: Registry, plugin: str, given: list[tuple[str, Any]]
) -> tuple[list[str], list[str]]:
    """Register what has a name of its own; return that, and what is left out with the reason."""
    tables: dict[str, dict[str, Any]] = {
        "detector": registry.detectors,
        "encoder": registry.encoders,
        "runtime": registry.runtimes,
    }
    gives, faults = [], []
    for kind, what in given:
        holder = tables[kind].setdefault(what.name, Registered(what, plugin))
        if holder.what is what:
            gives.append(f"{kind} {what.name}")
        else:
            faults.append(
                f"its {kind} {what.name} is left out: {holder.plugin} has one of that name"
            )
    return gives, faults
