"""Detectors and encoders: images in, faces out; dlib's networks on several runtimes."""

import os

# ONNX Runtime begins its telemetry with its import: it writes a file, and would report to its maker
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
