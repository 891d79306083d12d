"""The networks as files: found and checked, read from dlib's format, written and read as ONNX, cached."""
