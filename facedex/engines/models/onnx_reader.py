"""Read an ONNX graph into plain values; ``onnx_writer`` is its counterpart.

Only what facedex's own graphs use is read; field numbers are those of onnx.proto, ONNX 1.12.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
_DTYPES = {1: "<f4", 2: "u1", 6: "<i4", 7: "<i8", 9: "?", 11: "<f8"}
_SIGN_BIT = 1 << 63


@dataclass(frozen=True, slots=True)
class Node:
    """One operation."""

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]


@dataclass(slots=True)
class Graph:
    """Operations in their order of execution, constants and the names at both ends."""

    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, NDArray[Any]] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)


def read_graph(model: bytes) -> Graph:
    """Return the graph of a ModelProto."""
    graph = Graph()
    for number, value in _fields(next(value for number, value in _fields(model) if number == 7)):
        match number:
            case 1:
                graph.nodes.append(_node(value))
            case 5:
                name, array = _tensor(value)
                graph.constants[name] = array
            case 11:
                graph.inputs.append(_text(value, 1))
            case 12:
                graph.outputs.append(_text(value, 1))
            case _:
                pass
    graph.inputs = [name for name in graph.inputs if name not in graph.constants]
    return graph


def takes_any_batch(model: bytes) -> bool:
    """Tell whether all inputs and the output share a first axis of any size."""
    graph = next(value for number, value in _fields(memoryview(model)) if number == 7)
    ends = [bytes(value) for number, value in _fields(graph) if number in {11, 12}]
    constants = {_text(value, 8) for number, value in _fields(graph) if number == 5}
    firsts = {_first_axis(end) for end in ends if _text(end, 1) not in constants}
    return len(firsts) == 1 and firsts != {None}


def _first_axis(value_info: bytes) -> str | None:
    """Return the name of the first axis; None where it has none."""
    message = value_info
    for wanted in (2, 1, 2, 1):  # type, tensor_type, shape, the first dim
        message = next((value for number, value in _fields(message) if number == wanted), b"")
    return next((value.decode() for number, value in _fields(message) if number == 2), None)


def _fields(message: Any) -> Iterator[tuple[int, Any]]:
    """Yield (field number, value): a whole number, or bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        wire = key & 7
        if wire == _VARINT:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if wire == _BYTES:
            width, at = _varint(message, at)
        elif wire in {_EIGHT_BYTES, _FOUR_BYTES}:
            width = 8 if wire == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"wire type {wire} in an ONNX file")
        yield key >> 3, message[at : at + width]
        at += width


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _signed(value: int) -> int:
    return value - 2 * _SIGN_BIT if value & _SIGN_BIT else value


def _packed(value: int | bytes) -> list[int]:
    """Return the integers of a repeated field, which may be packed."""
    if isinstance(value, int):
        return [_signed(value)]
    numbers, at = [], 0
    while at < len(value):
        number, at = _varint(value, at)
        numbers.append(_signed(number))
    return numbers


def _text(message: bytes, wanted: int) -> str:
    return str(
        next(bytes(value).decode() for number, value in _fields(message) if number == wanted)
    )


def _node(message: bytes) -> Node:
    inputs, outputs, attributes, op = [], [], {}, ""
    for number, value in _fields(message):
        match number:
            case 1:
                inputs.append(value.decode())
            case 2:
                outputs.append(value.decode())
            case 4:
                op = value.decode()
            case 5:
                name, content = _attribute(value)
                attributes[name] = content
            case _:
                pass
    return Node(op, tuple(inputs), tuple(outputs), attributes)


def _attribute(message: bytes) -> tuple[str, Any]:
    name, content, integers = "", None, []
    for number, value in _fields(message):
        match number:
            case 1:
                name = value.decode()
            case 2:
                (content,) = struct.unpack("<f", value)
            case 3:
                content = _signed(value)
            case 4:
                content = value.decode()
            case 5:
                content = _tensor(value)[1]
            case 8:
                integers += _packed(value)
            case _:
                pass
    return name, tuple(integers) if content is None else content


def _tensor(message: bytes) -> tuple[str, NDArray[Any]]:
    shape: list[int] = []
    name, kind, raw = "", 1, b""
    floats: list[float] = []
    integers: list[int] = []
    for number, value in _fields(message):
        match number:
            case 1:
                shape += _packed(value)
            case 2:
                kind = value
            case 4:
                floats += struct.unpack(f"<{len(value) // 4}f", value)
            case 7:
                integers += _packed(value)
            case 8:
                name = value.decode()
            case 9:
                raw = value
            case _:
                pass
    dtype = np.dtype(_DTYPES[kind])
    flat = np.frombuffer(raw, dtype) if raw else np.array(floats or integers, dtype)
    return name, flat.reshape(shape)
