"""Detectors and encoders: images in, faces out; dlib's networks on several runtimes."""
