"""Write ONNX models: the few protobuf messages that a graph of plain nodes needs.

Source: onnx.proto of ONNX 1.12 (opset 17, IR version 8) and the protobuf wire format: a field is a
varint key ``number << 3 | wire type`` and a varint (type 0), four bytes (5) or a length and bytes
(2).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

OPSET = 17
IR_VERSION = 8
FLOAT, UINT8, INT64 = 1, 2, 7  # TensorProto.DataType
_TENSOR_TYPES = {
    np.dtype(np.float32): FLOAT,
    np.dtype(np.uint8): UINT8,
    np.dtype(np.int64): INT64,
}
_ATTR_FLOAT, _ATTR_INT, _ATTR_STRING, _ATTR_INTS = 1, 2, 3, 7  # AttributeProto.AttributeType

Attribute = int | float | str | tuple[int, ...]


def varint(value: int) -> bytes:
    """Return ``value`` in base 128, low digits first; a negative one as 64-bit two's complement."""
    value &= 0xFFFF_FFFF_FFFF_FFFF
    digits = bytearray()
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    digits.append(value)
    return bytes(digits)


def integer_field(number: int, value: int) -> bytes:
    """Return field ``number`` holding an integer."""
    return varint(number << 3) + varint(value)


def float_field(number: int, value: float) -> bytes:
    """Return field ``number`` holding a 32-bit float."""
    return varint(number << 3 | 5) + struct.pack("<f", value)


def bytes_field(number: int, value: bytes | str) -> bytes:
    """Return field ``number`` holding text, bytes or a message."""
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


@dataclass(slots=True)
class GraphWriter:
    """A graph that grows node by node; ``to_bytes`` gives the file."""

    name: str
    _nodes: list[bytes] = field(default_factory=list)
    _initializers: list[bytes] = field(default_factory=list)
    _inputs: list[bytes] = field(default_factory=list)
    _outputs: list[bytes] = field(default_factory=list)

    def add_input(self, name: str, kind: int, shape: Sequence[int | str]) -> str:
        """Declare an input; a text in ``shape`` names an axis of any size. Return its name."""
        self._inputs.append(_value_info(name, kind, shape))
        return name

    def add_output(self, name: str, kind: int, shape: Sequence[int | str]) -> None:
        """Declare an output, which a node must compute."""
        self._outputs.append(_value_info(name, kind, shape))

    def add_constant(self, name: str, values: NDArray[np.generic]) -> str:
        """Store an array (float32, uint8 or int64) and return its name."""
        little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
        message = b"".join(integer_field(1, n) for n in values.shape)
        message += integer_field(2, _TENSOR_TYPES[values.dtype])
        message += bytes_field(8, name) + bytes_field(9, little.tobytes())
        self._initializers.append(message)
        return name

    def add_node(self, op: str, inputs: Sequence[str], output: str, **attributes: Attribute) -> str:
        """Compute ``output`` with operator ``op``; ``""`` is no input. Return ``output``."""
        message = b"".join(bytes_field(1, name) for name in inputs)
        message += bytes_field(2, output) + bytes_field(3, output) + bytes_field(4, op)
        message += b"".join(bytes_field(5, _attribute(k, v)) for k, v in attributes.items())
        self._nodes.append(message)
        return output

    def to_graph(self) -> bytes:
        """Return the GraphProto alone."""
        graph = b"".join(bytes_field(1, node) for node in self._nodes)
        graph += bytes_field(2, self.name)
        graph += b"".join(bytes_field(5, tensor) for tensor in self._initializers)
        graph += b"".join(bytes_field(11, value) for value in self._inputs)
        return graph + b"".join(bytes_field(12, value) for value in self._outputs)

    def to_bytes(self, producer: str, metadata: Mapping[str, str]) -> bytes:
        """Return the ModelProto; ``metadata`` are texts to keep in it."""
        graph = self.to_graph()
        opset = bytes_field(1, "") + integer_field(2, OPSET)
        model = integer_field(1, IR_VERSION) + bytes_field(2, producer)
        model += bytes_field(7, graph) + bytes_field(8, opset)
        for key, text in metadata.items():
            model += bytes_field(14, bytes_field(1, key) + bytes_field(2, text))
        return model


def _value_info(name: str, kind: int, shape: Sequence[int | str]) -> bytes:
    dims = b"".join(
        bytes_field(1, bytes_field(2, n) if isinstance(n, str) else integer_field(1, n))
        for n in shape
    )
    tensor = integer_field(1, kind) + bytes_field(2, dims)
    return bytes_field(1, name) + bytes_field(2, bytes_field(1, tensor))


def _attribute(name: str, value: Attribute) -> bytes:
    message = bytes_field(1, name)
    match value:
        case int():
            return message + integer_field(3, value) + integer_field(20, _ATTR_INT)
        case float():
            return message + float_field(2, value) + integer_field(20, _ATTR_FLOAT)
        case str():
            return message + bytes_field(4, value) + integer_field(20, _ATTR_STRING)
        case _:
            numbers = b"".join(integer_field(8, number) for number in value)
            return message + numbers + integer_field(20, _ATTR_INTS)
