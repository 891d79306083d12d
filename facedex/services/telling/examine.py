"""What this installation can do, and why something is not used (``facedex doctor``)."""

from __future__ import annotations

import os
import pyexpat
import sys
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any, Literal

from facedex.db.connection import LIBRARY_NAME, sqlite_version
from facedex.paths import model_cache

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from facedex.config import Settings
    from facedex.plugins.manager import PluginStatus

Verdict = Literal["ok", "unused", "warning", "missing"]
_LEAST: tuple[tuple[str, tuple[int, ...], str], ...] = (
    ("pillow", (12, 3), "older ones decode some hostile files badly"),
    ("pillow-heif", (1, 1), "older ones carry a libheif with known faults"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    ``verdict``: ``ok``; ``unused``, with the reason; ``warning``; ``missing``: facedex cannot work.
    """

    what: str
    verdict: Verdict
    detail: str

    def as_dict(self) -> dict[str, Any]:
        """Return the finding for JSON."""
        return asdict(self)


def examine(settings: Settings, *, is_again: bool = False) -> list[Finding]:
    """Look at everything a scan and the window need.

    What executes the networks is tried once on a machine, and anew if ``is_again``.
    """
    return [
        *_versions(),
        *_database(settings),
        *_engines(settings, is_again=is_again),
        *_window(),
    ]


def _versions() -> Iterator[Finding]:
    yield Finding("facedex", "ok", metadata.version("facedex"))
    yield Finding("python", "ok", sys.version.split()[0])
    for name, least, why in _LEAST:
        found = metadata.version(name)
        is_enough = _numbers(found) >= least
        wanted = ".".join(map(str, least))
        detail = found if is_enough else f"{found}; install {wanted} or newer: {why}"
        yield Finding(name, "ok" if is_enough else "warning", detail)
    yield _raw_reader()
    expat = ".".join(map(str, pyexpat.version_info))
    is_safe = pyexpat.version_info >= (2, 4, 1)
    detail = expat if is_safe else f"{expat}; 2.4.1 or newer stops hostile XML"
    yield Finding("expat", "ok" if is_safe else "warning", detail)


def _raw_reader() -> Finding:
    try:
        import rawpy
    except ImportError as exc:
        detail = f"RAW photos are hashed but not searched: pip install rawpy ({exc})"
        return Finding("rawpy", "unused", detail)
    libraw = ".".join(map(str, rawpy.libraw_version))
    return Finding("rawpy", "ok", f"{metadata.version('rawpy')}, LibRaw {libraw}: reads RAW photos")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())


def _database(settings: Settings) -> Iterator[Finding]:
    found = sqlite_version()
    # the WAL-reset bug: two connections that checkpoint at once can lose committed rows
    is_safe = _numbers(found) >= (3, 51, 3)
    detail = found if is_safe else f"{found} can lose rows; install apsw 3.51.3 or newer"
    yield Finding("sqlite", "ok" if is_safe else "warning", detail)
    directory = settings.library
    path = directory / LIBRARY_NAME
    if not path.is_file():
        yield Finding("library", "unused", f"none in {directory} yet; facedex scan makes it")
        return
    is_open = os.name == "posix" and path.stat().st_mode & 0o077
    detail = f"{path} can be read by other users; chmod 600 it" if is_open else str(path)
    yield Finding("library", "warning" if is_open else "ok", detail)


def _engines(settings: Settings, *, is_again: bool) -> Iterator[Finding]:
    from facedex.engines.choosing.inventory import take_inventory

    inventory = take_inventory(settings.engine(), model_cache(), is_again=is_again)
    for model in inventory.models:
        if model.fault is None:
            yield Finding(model.filename, "ok", str(model.path))
        else:
            yield Finding(model.filename, "missing" if model.is_needed else "unused", model.fault)
    speed = "with AVX" if inventory.dlib_has_avx else "without AVX"
    detail = f"{inventory.dlib_version}, {speed}: HOG, landmarks, chips; --runtime dlib (slow)"
    yield Finding("runtime dlib", "ok", detail)
    for name, version in inventory.versions:
        yield Finding(f"runtime {name}", "ok", version)
    for target in inventory.targets:
        yield Finding(target.name, "ok" if target.is_used else "unused", target.reason)
    for name, reason in inventory.unused:
        yield Finding(name, "unused", reason)
    if inventory.fault is not None:
        yield Finding("networks", "missing", inventory.fault)
    yield from _plugins(settings.plugins, inventory.plugins)
    yield Finding("model cache", "ok", str(model_cache()))


def _plugins(folder: Path, plugins: Sequence[PluginStatus]) -> Iterator[Finding]:
    is_there = folder.is_dir()
    detail = str(folder) if is_there else f"{folder} is not there; plugins may lie in it"
    yield Finding("plugins folder", "ok" if is_there else "unused", detail)
    for plugin in plugins:
        words = (", ".join(plugin.gives), plugin.description.rstrip("."), *plugin.faults)
        detail = f"{'; '.join(word for word in words if word)} ({plugin.origin})"
        yield Finding(f"plugin {plugin.name}", "warning" if plugin.faults else "ok", detail)


def _window() -> Iterator[Finding]:
    try:
        version = metadata.version("PySide6-Essentials")
    except metadata.PackageNotFoundError:
        yield Finding("window", "unused", "PySide6-Essentials is not installed")
        return
    is_fatal = version.startswith("6.12.0") and sys.version_info < (3, 12)
    detail = f"PySide6 {version}" + ("; it crashes on this Python, install another" * is_fatal)
    yield Finding("window", "warning" if is_fatal else "ok", detail)
