"""The networks as files: found, checked, read from dlib's format, turned into ONNX, cached."""
