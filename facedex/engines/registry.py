"""Find a detector, an encoder or a runtime by name: facedex's own, or a plugin's.

Names of facedex's own come first and cannot be taken, so whoever uses only those never imports a
plugin: a worker process least of all.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from facedex.engines import builtin
from facedex.errors import UsageError
from facedex.plugins.manager import Registered, Registry, load_all, load_own

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from facedex.plugins.runtime import Runtime
    from facedex.plugins.specs import DetectorSpec, EncoderSpec

T = TypeVar("T")


@lru_cache(maxsize=1)
def own_engines() -> Registry:
    """Return what facedex itself registers."""
    return load_own(builtin)


@lru_cache(maxsize=8)
def all_engines(plugins_dir: Path | None) -> Registry:
    """Return what facedex itself and all plugins register, which are imported once in a process."""
    return load_all(builtin, plugins_dir)


def find_detector(name: str, plugins_dir: Path | None) -> Registered[DetectorSpec]:
    """Return the detector of that name.

    Raises
    ------
    UsageError
        If there is none; it names those that there are.
    """
    return _find("detector", name, lambda registry: registry.detectors, plugins_dir)


def find_detectors(names: str, plugins_dir: Path | None) -> list[Registered[DetectorSpec]]:
    """Return the detector of a name, or those of several joined by ``+``, as ``cascade+cnn``.

    Raises
    ------
    UsageError
        If there is none of a name, or a name stands twice.
    """
    parts = names.split("+")
    if len(set(parts)) < len(parts):
        raise UsageError(f"{names} names a detector twice")
    return [find_detector(name, plugins_dir) for name in parts]


def find_encoder(name: str, plugins_dir: Path | None) -> Registered[EncoderSpec]:
    """Return the encoder of that name; as :func:`find_detector`."""
    return _find("encoder", name, lambda registry: registry.encoders, plugins_dir)


def find_runtime(name: str, plugins_dir: Path | None) -> Runtime:
    """Return the runtime of that name; as :func:`find_detector`."""
    return _find("runtime", name, lambda registry: registry.runtimes, plugins_dir).what


def _find(
    kind: str,
    name: str,
    table: Callable[[Registry], dict[str, Registered[T]]],
    plugins_dir: Path | None,
) -> Registered[T]:
    own = table(own_engines()).get(name)
    if own is not None:
        return own
    known = table(all_engines(plugins_dir))
    if name not in known:
        names = ", ".join(known)
        raise UsageError(f"there is no {kind} {name}; there are: {names} (see: facedex doctor)")
    return known[name]
