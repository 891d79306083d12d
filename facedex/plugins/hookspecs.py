"""The hooks: what facedex asks of every plugin, its own engines included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facedex.plugins.runtime import Runtime
    from facedex.plugins.specs import DetectorSpec, EncoderSpec

API_VERSION = 1  # goes up when a plugin written for the one before may no longer work
GROUP = "facedex"  # of entry points, and pluggy's name of the project

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


class Hooks:
    """Every hook; a plugin implements those it needs. They are called once, when it is loaded."""

    @hookspec
    def register_detectors(self) -> Iterable[DetectorSpec]:
        """Return detectors, which ``--detector`` then takes by name."""
        raise NotImplementedError

    @hookspec
    def register_encoders(self) -> Iterable[EncoderSpec]:
        """Return encoders, which ``--encoder`` then takes by name."""
        raise NotImplementedError

    @hookspec
    def register_runtimes(self) -> Iterable[Runtime]:
        """Return runtimes, which the self-test then tries and ``--runtime`` takes by name."""
        raise NotImplementedError
