"""ONNX operators in PyTorch's functions: those of facedex's graphs and of YuNet's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Attributes = dict[str, Any]
Operation = Callable[..., Any]

_FLOAT, _UINT8, _INT64 = 1, 2, 7  # TensorProto.DataType


def _conv(torch: Any, at: Attributes, x: Any, weight: Any, bias: Any = None) -> Any:
    x, pads = _padded(torch, at, x, 0.0)
    return torch.nn.functional.conv2d(
        x, weight, bias, at.get("strides", (1, 1)), pads, at.get("dilations", (1, 1)),
        at.get("group", 1),
    )  # fmt: skip


def _conv_transpose(torch: Any, at: Attributes, x: Any, weight: Any, bias: Any = None) -> Any:
    top, left, *_ = at.get("pads", (0, 0, 0, 0))
    return torch.nn.functional.conv_transpose2d(
        x, weight, bias, at.get("strides", (1, 1)), (top, left)
    )


def _max_pool(torch: Any, at: Attributes, x: Any) -> Any:
    x, pads = _padded(torch, at, x, float("-inf"))
    return torch.nn.functional.max_pool2d(x, at["kernel_shape"], at.get("strides", (1, 1)), pads)


def _average_pool(torch: Any, at: Attributes, x: Any) -> Any:
    return torch.nn.functional.avg_pool2d(x, at["kernel_shape"], at.get("strides", (1, 1)))


def _padded(torch: Any, at: Attributes, x: Any, value: float) -> tuple[Any, tuple[int, int]]:
    """Return the input and the padding that a function can do itself: the same on both sides."""
    top, left, bottom, right = at.get("pads", (0, 0, 0, 0))
    if (top, left) == (bottom, right):
        return x, (top, left)
    return torch.nn.functional.pad(x, (left, right, top, bottom), value=value), (0, 0)


def _pad(torch: Any, at: Attributes, x: Any, pads: Any, *_: Any) -> Any:
    del at
    sides = pads.tolist()
    n_axes = len(sides) // 2
    pairs = [n for axis in reversed(range(n_axes)) for n in (sides[axis], sides[n_axes + axis])]
    return torch.nn.functional.pad(x, pairs)


def _cast(torch: Any, at: Attributes, x: Any) -> Any:
    return x.to({_FLOAT: torch.float32, _UINT8: torch.uint8, _INT64: torch.int64}[at["to"]])


def _reshape(torch: Any, at: Attributes, x: Any, shape: Any) -> Any:
    del torch, at
    sizes = shape.tolist()
    return x.reshape([x.shape[axis] if n == 0 else n for axis, n in enumerate(sizes)])


def _resize(
    torch: Any, at: Attributes, x: Any, roi: Any = None, scales: Any = None, sizes: Any = None
) -> Any:
    del roi
    size = (
        [int(n) for n in sizes.tolist()[2:]]
        if sizes is not None
        else [int(n * f) for n, f in zip(x.shape[2:], scales.tolist()[2:], strict=True)]
    )
    if at.get("mode", "nearest") == "nearest":
        return torch.nn.functional.interpolate(x, size, mode="nearest")
    is_aligned = at.get("coordinate_transformation_mode") == "align_corners"
    return torch.nn.functional.interpolate(x, size, mode="bilinear", align_corners=is_aligned)


OPERATIONS: dict[str, Operation] = {
    "Add": lambda _torch, _at, a, b: a + b,
    "AveragePool": _average_pool,
    "Cast": _cast,
    "Concat": lambda torch, at, *parts: torch.cat(parts, at["axis"]),
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Flatten": lambda _torch, at, x: x.flatten(at.get("axis", 1)),
    "GlobalAveragePool": lambda _torch, _at, x: x.mean((2, 3), keepdim=True),
    "MatMul": lambda torch, _at, a, b: torch.matmul(a, b),
    "MaxPool": _max_pool,
    "Mul": lambda _torch, _at, a, b: a * b,
    "Pad": _pad,
    "Relu": lambda torch, _at, x: torch.relu(x),
    "Reshape": _reshape,
    "Resize": _resize,
    "Sigmoid": lambda torch, _at, x: torch.sigmoid(x),
    "Sub": lambda _torch, _at, a, b: a - b,
    "Transpose": lambda _torch, at, x: x.permute(at["perm"]),
}
"""Each takes the module torch, the node's attributes and its inputs."""
