"""Find plugins and read their manifests; nothing of theirs is imported.

A plugin is a package with a manifest, ``facedex-plugin.toml``, beside its ``__init__.py``. It is
either installed, with an entry point of the group ``facedex`` that names it, or a folder in the
plugins folder.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import sys
import tomllib
from dataclasses import dataclass, replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facedex.plugins.hookspecs import API_VERSION, GROUP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MANIFEST = "facedex-plugin.toml"
OWN = "facedex"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_KEYS: dict[str, type] = {"name": str, "api_version": int, "description": str}


class PluginFault(Exception):
    """Why a plugin cannot be used, in words for its user."""


@dataclass(frozen=True, slots=True)
class FoundPlugin:
    """A plugin that was found; it may still be of no use.

    Attributes
    ----------
    origin : where it comes from, for people.
    version : of its distribution; ``""`` for a folder.
    fault : why it will not be imported; None if it may be.
    load : imports it and returns what implements the hooks.
    """

    name: str
    description: str
    origin: str
    version: str
    fault: str | None
    load: Callable[[], object]


def find_plugins(folder: Path | None) -> list[FoundPlugin]:
    """Return all plugins in a fixed order: installed ones, then those of ``folder``."""
    installed = [_installed(point) for point in metadata.entry_points(group=GROUP)]
    installed.sort(key=lambda each: (each.name, each.origin))
    return _without_twins([*installed, *_in_folder(folder)])


def read_manifest(path: Path) -> tuple[str, str]:
    """Return the name and the description that a manifest gives.

    Raises
    ------
    PluginFault
        If it cannot be read, is not what it should be, or is for another version of the hooks.
    """
    try:
        manifest: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise PluginFault(f"{path} cannot be read: {exc}") from exc
    for key, kind in _KEYS.items():
        # exactly: True would pass for a number
        if type(manifest.get(key)) is not kind:
            raise PluginFault(f"{path}: {key} is missing or not {kind.__name__}")
    unknown = sorted(manifest.keys() - _KEYS.keys())
    if unknown:
        raise PluginFault(f"{path}: nobody knows {', '.join(unknown)}")
    if not _NAME.fullmatch(manifest["name"]) or manifest["name"] == OWN:
        raise PluginFault(f"{path}: {manifest['name']!r} cannot be the name of a plugin")
    if manifest["api_version"] != API_VERSION:
        raise PluginFault(
            f"it is made for version {manifest['api_version']} of facedex's hooks;"
            f" this is {API_VERSION}"
        )
    return manifest["name"], manifest["description"]


def _installed(point: metadata.EntryPoint) -> FoundPlugin:
    distribution = point.dist
    version = distribution.version if distribution else ""
    origin = f"{distribution.name} {version}" if distribution else "an installed package"
    try:
        name, description = read_manifest(_package_dir(point.module) / MANIFEST)
    except PluginFault as exc:
        return FoundPlugin(point.name, "", origin, version, str(exc), point.load)
    return FoundPlugin(name, description, origin, version, None, point.load)


def _package_dir(module: str) -> Path:
    """Return the folder of a module's outermost package, which finding does not import."""
    package = module.partition(".")[0]
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise PluginFault(f"there is no package {package} to hold a {MANIFEST}")
    return Path(spec.submodule_search_locations[0])


def _in_folder(folder: Path | None) -> Iterator[FoundPlugin]:
    if folder is None or not folder.is_dir():
        return
    for manifest in sorted(folder.glob(f"*/{MANIFEST}")):
        load = partial(_load_folder, manifest.parent)
        try:
            name, description = read_manifest(manifest)
        except PluginFault as exc:
            yield FoundPlugin(manifest.parent.name, "", str(manifest.parent), "", str(exc), load)
        else:
            yield FoundPlugin(name, description, str(manifest.parent), "", None, load)


def _load_folder(folder: Path) -> object:
    """Import a folder as a package under a name of its own; its modules may import each other."""
    name = f"facedex_plugin_{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _without_twins(found: list[FoundPlugin]) -> list[FoundPlugin]:
    """Return the plugins; of those of one name, all but the first have that for a fault."""
    first: dict[str, str] = {}
    result = []
    for each in found:
        origin = each.origin if each.fault else first.setdefault(each.name, each.origin)
        fault = each.fault
        if origin != each.origin:
            fault = f"there is another plugin of this name: {origin}"
        result.append(replace(each, fault=fault))
    return result
