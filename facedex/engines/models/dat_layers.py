"""Read the layers of a dlib network, in the order in which a .dat file holds them.

Source: dlib/dnn/layers.h, core.h, input.h (davisking/dlib @ 3d40bf579). A file does not describe
itself: whoever reads it must know the layer list. The version numbers of all layers come first,
from the output to the input; the layers follow from the input to the output.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

import numpy as np

from facedex.engines.models.dat_stream import DatFormatError, DatStream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


RGB_MEAN = (122.782, 117.001, 104.298)


class Kind(Enum):
    """What a layer is; TAG and SKIP store nothing but a version number."""

    CON = auto()
    AFFINE = auto()
    RELU = auto()
    POOL = auto()
    FC = auto()
    ADD = auto()
    TAG = auto()
    SKIP = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Conv:
    """A convolution (cross-correlation, as ONNX has it) with the affine after it folded in.

    Attributes
    ----------
    weight : float32 (out, in, kh, kw).
    bias : float32 (out,).
    stride, pad : in pixels, the same along both axes.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    stride: int
    pad: int


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """``y = gamma * x + beta`` for each channel; float32 (k,) each."""

    gamma: NDArray[np.float32]
    beta: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Dense:
    """``y = x @ weight``, without bias; float32 (in, out)."""

    weight: NDArray[np.float32]


Layer = Conv | Affine | Dense


@dataclass(frozen=True, slots=True, eq=False)
class LayerChain:
    """What reading a chain of layers gave: the layers with numbers, and how many numbers."""

    layers: tuple[Layer, ...]
    n_parameters: int


def fold(conv: Conv, affine: Affine) -> Conv:
    """Return the convolution that does both: ``w * gamma``, ``b * gamma + beta``."""
    return Conv(
        conv.weight * affine.gamma[:, None, None, None],
        conv.bias * affine.gamma + affine.beta,
        conv.stride,
        conv.pad,
    )


def affine_from_bn(
    gamma: NDArray[np.float32],
    beta: NDArray[np.float32],
    mean: NDArray[np.float32],
    variance: NDArray[np.float32],
    eps: float,
) -> Affine:
    """Return what a trained batch normalisation does (layers.h, ``affine_(const bn_&)``)."""
    scale = (gamma / np.sqrt(variance + np.float32(eps))).astype(np.float32)
    return Affine(scale, (beta - scale * mean).astype(np.float32))


def read_chain(stream: DatStream, kinds: Sequence[Kind], input_name: str) -> LayerChain:
    """Read a whole network after its loss; ``kinds`` from the input to the output.

    Raises
    ------
    DatFormatError
        If the bytes are not such a network.
    """
    outer = [stream.version(*_versions(kind)) for kind in reversed(kinds[1:])]
    versions = [stream.version(2, 3), *reversed(outer)]
    _read_input(stream, input_name)
    layers: list[Layer] = []
    n_parameters = 0
    for position, (kind, version) in enumerate(zip(kinds, versions, strict=True)):
        if kind in (Kind.TAG, Kind.SKIP):
            continue
        layer, n_numbers = _read_details(stream, kind)
        n_parameters += n_numbers
        if layer is not None:
            layers.append(layer)
        _read_training_state(stream, version, is_first=position == 0)
    return LayerChain(tuple(layers), n_parameters)


def _versions(kind: Kind) -> tuple[int, ...]:
    return (1,) if kind in (Kind.TAG, Kind.SKIP) else (1, 2)


def _read_input(stream: DatStream, input_name: str) -> None:
    """Read an RGB input: its means, and its size where it has one."""
    stream.name(input_name)
    means = tuple(round(value, 3) for value in stream.reals(3))
    if means != RGB_MEAN:
        raise DatFormatError(f"mean colour {means}, expected {RGB_MEAN}")
    if input_name.endswith("_sized"):
        stream.integers(2)


def _read_training_state(stream: DatStream, version: int, *, is_first: bool) -> None:
    """Read what training left behind: 3 flags and 2 or 3 tensors, empty in a cleaned network."""
    for _ in range(3):
        stream.boolean()
    for _ in range(3 if is_first or version == 2 else 2):
        stream.tensor()
    if is_first and version == 3:
        stream.integer()


def _read_details(stream: DatStream, kind: Kind) -> tuple[Layer | None, int]:
    """Return the layer, None where it holds no numbers, and how many numbers it was trained on."""
    match kind:
        case Kind.CON:
            conv = _read_con(stream)
            return conv, conv.weight.size + conv.bias.size
        case Kind.AFFINE:
            affine = _read_affine(stream)
            return affine, affine.gamma.size + affine.beta.size
        case Kind.FC:
            dense = _read_fc(stream)
            return dense, dense.weight.size
        case Kind.RELU:
            if stream.name("relu_", "relu_2") == "relu_2":
                stream.boolean()
        case Kind.POOL:
            stream.name("max_pool_2", "avg_pool_2")
            stream.integers(6)
        case _:
            stream.name("add_prev_")
    return None, 0


def _read_con(stream: DatStream) -> Conv:
    form = stream.name("con_4", "con_5", "con_6")
    params = stream.tensor().ravel()
    n_filters, kh, kw, stride, stride_x, pad, pad_x = stream.integers(7)
    if stride != stride_x or pad != pad_x:
        raise DatFormatError("a convolution with unequal strides or padding")
    filters, _ = stream.alias(), stream.alias()
    stream.reals(4)
    has_bias = form == "con_4" or stream.boolean()
    if form == "con_6":
        stream.boolean()
    shape = (n_filters, filters[1], kh, kw)
    n_weights = n_filters * filters[1] * kh * kw
    if params.size != n_weights + n_filters * has_bias:
        raise DatFormatError(f"{params.size} numbers for a convolution {shape}")
    bias = params[n_weights:] if has_bias else np.zeros(n_filters, np.float32)
    return Conv(params[:n_weights].reshape(shape), bias, stride, pad)


def _read_affine(stream: DatStream) -> Affine:
    form = stream.name("affine_", "affine_2", "bn_con2")
    params = stream.tensor().ravel()
    stream.alias()
    stream.alias()
    gamma, beta = params[: params.size // 2], params[params.size // 2 :]
    if form != "bn_con2":
        stream.integer()
        if form == "affine_2":
            stream.boolean()
        return Affine(gamma, beta)
    stream.tensor()
    stream.tensor()
    mean, variance = stream.tensor().ravel(), stream.tensor().ravel()
    stream.integers(2)
    stream.reals(4)
    return affine_from_bn(gamma, beta, mean, variance, stream.real())


def _read_fc(stream: DatStream) -> Dense:
    form = stream.name("fc_2", "fc_3")
    n_outputs, n_inputs = stream.integers(2)
    params = stream.tensor().ravel()
    stream.alias()
    stream.alias()
    stream.integer()
    stream.reals(4)
    if form == "fc_3":
        stream.boolean()
    if params.size != n_inputs * n_outputs:
        raise DatFormatError(f"{params.size} numbers for {n_inputs} inputs, {n_outputs} outputs")
    return Dense(params.reshape(n_inputs, n_outputs))
