"""CenterFace as a detector of facedex: ``facedex scan --detector centerface``."""

from __future__ import annotations

from facedex.plugins import Detector, DetectorSpec, Tools, hookimpl

WORKING_SIZE = 1024


@hookimpl
def register_detectors() -> list[DetectorSpec]:
    """Return the one detector; what it needs is imported when it is asked for."""
    return [
        DetectorSpec(
            "centerface",
            "CenterFace: one network over the whole photo",
            _open,
            working_size=WORKING_SIZE,
        )
    ]


def _open(tools: Tools) -> Detector:
    from .detector import CenterFace

    return CenterFace(tools)
