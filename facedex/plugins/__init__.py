"""What plugins are made with, and how they are found and loaded; see docs/plugins.md.

Plugins import from here, and the values that they give and take from :mod:`facedex.types`.
"""

from facedex.plugins.hookspecs import API_VERSION, hookimpl
from facedex.plugins.runtime import DeviceError, ModelSession, Runtime, Survey, Target
from facedex.plugins.specs import Detector, DetectorSpec, Encoder, EncoderSpec, Tools

__all__ = [
    "API_VERSION",
    "Detector",
    "DetectorSpec",
    "DeviceError",
    "Encoder",
    "EncoderSpec",
    "ModelSession",
    "Runtime",
    "Survey",
    "Target",
    "Tools",
    "hookimpl",
]
