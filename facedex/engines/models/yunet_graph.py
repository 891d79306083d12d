"""Give YuNet's ONNX file inputs of any size and number, uint8 RGB pixels and a single output.

The published file is fixed to one image of 640 x 640 pixels and has twelve outputs. Its weights and
nodes stay as they are; what says the sizes is left out, and a few nodes are added before and after.
The file is taken apart and put together as protobuf messages (see
:mod:`facedex.engines.models.onnx_writer`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facedex.engines.models.onnx_writer import FLOAT, UINT8, GraphWriter, bytes_field, integer_field

if TYPE_CHECKING:
    from collections.abc import Iterator

STRIDES = (8, 16, 32)
HEADS = (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
VALUES_PER_CELL = sum(n for _, n in HEADS)
_MODEL_GRAPH, _MODEL_METADATA = 7, 14  # ModelProto
_GRAPH_NODE, _GRAPH_NAME, _GRAPH_INITIALIZER = 1, 2, 5  # GraphProto
_VARINT, _BYTES = 0, 2
_WIDTHS = {1: 8, 5: 4}


class OnnxFormatError(ValueError):
    """The bytes are not the ONNX file that was expected."""


def read_fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield (field number, value) of a protobuf message in order: integers, or bytes.

    Raises
    ------
    OnnxFormatError
        If the message ends inside a field or holds an unknown wire type.
    """
    at = 0
    while at < len(message):
        key, at = _read_varint(message, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _read_varint(message, at)
            yield number, value
            continue
        if wire == _BYTES:
            width, at = _read_varint(message, at)
        elif wire in _WIDTHS:
            width = _WIDTHS[wire]
        else:
            raise OnnxFormatError(f"wire type {wire} at byte {at}")
        if at + width > len(message):
            raise OnnxFormatError(f"a field of {width} bytes at byte {at} of {len(message)}")
        yield number, message[at : at + width]
        at += width


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins at a byte, and the byte after it."""
    value = shift = 0
    while at < len(message):
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise OnnxFormatError("the file ends inside a number")


def proposer_graph(source: bytes, source_sha256: str) -> bytes:
    """Return YuNet for ``pixels``, uint8 (b, h, w, 3) RGB, both sides multiples of 32.

    The output ``cells`` is float32 (b, n, 16): for the cells of stride 8, then 16, then 32, row by
    row, the class and object scores, the box (4) and the landmarks (10) of each.
    """
    graphs = [value for number, value in read_fields(source) if number == _MODEL_GRAPH]
    if len(graphs) != 1 or not isinstance(graphs[0], bytes):
        raise OnnxFormatError(f"{len(graphs)} graphs")
    rewritten = bytes_field(_MODEL_GRAPH, _with_any_size(graphs[0]))
    kept = b"".join(
        integer_field(number, value) if isinstance(value, int) else bytes_field(number, value)
        for number, value in read_fields(source)
        if number not in (_MODEL_GRAPH, _MODEL_METADATA)
    )
    entry = bytes_field(1, "source_sha256") + bytes_field(2, source_sha256)
    return kept + rewritten + bytes_field(_MODEL_METADATA, entry)


def _with_any_size(graph: bytes) -> bytes:
    """Return a GraphProto without its declared sizes, between the added nodes."""
    before, after = GraphWriter("before"), GraphWriter("after")
    pixels = before.add_input("pixels", UINT8, ["b", "h", "w", 3])
    numbers = before.add_node("Cast", [pixels], "numbers", to=FLOAT)
    planes = before.add_node("Transpose", [numbers], "planes", perm=(0, 3, 1, 2))
    swapped = before.add_constant("blue_green_red", np.array([2, 1, 0], np.int64))
    before.add_node("Gather", [planes, swapped], "input", axis=1)
    levels = [
        after.add_node(
            "Concat", [f"{head}_{stride}" for head, _ in HEADS], f"cells_{stride}", axis=2
        )
        for stride in STRIDES
    ]
    after.add_node("Concat", levels, "cells", axis=1)
    after.add_output("cells", FLOAT, ["b", "n", VALUES_PER_CELL])
    wanted = (_GRAPH_NODE, _GRAPH_NAME, _GRAPH_INITIALIZER)
    own = b"".join(
        bytes_field(number, _for_any_batch(value) if number == _GRAPH_INITIALIZER else value)
        for number, value in read_fields(graph)
        if number in wanted and isinstance(value, bytes)
    )
    # of what both hold: repeated fields are joined in order, and the last name counts
    return before.to_graph() + own + after.to_graph()


def _for_any_batch(tensor: bytes) -> bytes:
    """Return a TensorProto; a shape (1, -1, k) gets a 0 in front: as many as there are."""
    for _, n in HEADS:
        one, any_number = (np.array([first, -1, n], "<i8").tobytes() for first in (1, 0))
        tensor = tensor.replace(one, any_number)
    return tensor
