"""Turn dlib's two networks into ONNX graphs.

Preprocessing is part of the graphs. Formulas: facts of dlib/dnn/layers.h and input.h: pixels enter
as ``(x - mean) / 256``; dlib's sum of two tensors of different size pads the smaller with zeros at
the end of every axis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facedex.engines.models.dat_layers import RGB_MEAN, Conv
from facedex.engines.models.onnx_writer import FLOAT, INT64, UINT8, GraphWriter

if TYPE_CHECKING:
    from facedex.engines.models.dat_reader import DetectorNetwork, EncoderNetwork, ResidualBlock

CHIP_PX = 150
PIXEL_SCALE = 1 / 256
CHANNEL_BLOCK = 16
PRODUCER = "facedex"


def encoder_graph(network: EncoderNetwork, source_sha256: str) -> bytes:
    """Return the encoder: ``chips`` uint8 (n, 150, 150, 3) RGB -> ``encodings`` f32 (n, 128)."""
    graph = GraphWriter("dlib-resnet-v1")
    chips = graph.add_input("chips", UINT8, ["n", CHIP_PX, CHIP_PX, 3])
    pixels = graph.add_node("Cast", [chips], "pixels", to=FLOAT)
    planes = graph.add_node("Transpose", [pixels], "planes", perm=(0, 3, 1, 2))
    mean = graph.add_constant("mean", np.array(RGB_MEAN, np.float32).reshape(1, 3, 1, 1))
    scale = graph.add_constant("scale", np.array(PIXEL_SCALE, np.float32))
    centred = graph.add_node("Sub", [planes, mean], "centred")
    x = graph.add_node("Mul", [centred, scale], "scaled")
    x = _conv(graph, network.stem, x, "stem", relu=True)
    x = graph.add_node("MaxPool", [x], "stem_pool", kernel_shape=(3, 3), strides=(2, 2))
    size, channels = (_out(CHIP_PX, network.stem) - 3) // 2 + 1, network.stem.bias.size
    for number, block in enumerate(network.blocks):
        x, size, channels = _block(graph, block, x, f"block{number}", size, channels)
    x = graph.add_node("GlobalAveragePool", [x], "mean_pool")
    x = graph.add_node("Flatten", [x], "features", axis=1)
    weight = graph.add_constant("projection", network.projection.weight)
    graph.add_node("MatMul", [x, weight], "encodings")
    graph.add_output("encodings", FLOAT, ["n", network.projection.weight.shape[1]])
    return graph.to_bytes(PRODUCER, {"source_sha256": source_sha256})


def detector_graph(
    network: DetectorNetwork, source_sha256: str, *, is_blocked: bool = True
) -> bytes:
    """Return the detector: ``canvas`` float32 (n, 3, h, w), scaled -> ``scores`` (n, 1, h', w').

    ``is_blocked`` makes two changes of form, none of result, that make it a quarter faster on ONNX
    Runtime's CPU provider, and slower elsewhere: channels are padded with zeros to a multiple of
    16, which its blocked convolutions need, and the last layer, with its one output channel, is
    the transposed convolution by the turned kernel.
    """
    graph = GraphWriter("dlib-mmod")
    x = graph.add_input("canvas", FLOAT, ["n", 3, "h", "w"])
    *convs, head = network.convs
    for number, conv in enumerate(convs):
        blocked = with_padded_channels(conv) if is_blocked else conv
        x = _conv(graph, blocked, x, f"conv{number}", relu=True)
    if is_blocked:
        _turned_head(graph, head, x)
    else:
        _conv(graph, head, x, "scores", relu=False)
    graph.add_output("scores", FLOAT, ["n", 1, "score_h", "score_w"])
    return graph.to_bytes(PRODUCER, {"source_sha256": source_sha256})


def _turned_head(graph: GraphWriter, head: Conv, x: str) -> None:
    head_weight = with_padded_channels(head).weight[: head.bias.size]
    turned = np.ascontiguousarray(head_weight[:, :, ::-1, ::-1].transpose(1, 0, 2, 3))
    graph.add_node(
        "ConvTranspose",
        [x, graph.add_constant("head_w", turned), graph.add_constant("head_b", head.bias)],
        "scores",
        kernel_shape=(turned.shape[2], turned.shape[3]),
        pads=(head.pad,) * 4,
    )


def with_padded_channels(conv: Conv) -> Conv:
    """Return a convolution whose channels, but for an image's three, are multiples of 16."""
    n_out, n_in = conv.weight.shape[:2]
    more_out = -n_out % CHANNEL_BLOCK
    more_in = 0 if n_in == 3 else -n_in % CHANNEL_BLOCK
    weight = np.pad(conv.weight, ((0, more_out), (0, more_in), (0, 0), (0, 0)))
    return Conv(weight, np.pad(conv.bias, (0, more_out)), conv.stride, conv.pad)


def resize_graph() -> bytes:
    """Return dlib's bilinear resize, corners on corners: ``image`` (1, c, h, w), ``size`` (4,)."""
    graph = GraphWriter("resize")
    image = graph.add_input("image", FLOAT, [1, "c", "h", "w"])
    size = graph.add_input("size", INT64, [4])
    graph.add_node(
        "Resize",
        [image, "", "", size],
        "resized",
        mode="linear",
        coordinate_transformation_mode="align_corners",
    )
    graph.add_output("resized", FLOAT, [1, "c", "new_h", "new_w"])
    return graph.to_bytes(PRODUCER, {})


def _out(size: int, conv: Conv) -> int:
    kernel: int = conv.weight.shape[2]
    return (size + 2 * conv.pad - kernel) // conv.stride + 1


def _conv(graph: GraphWriter, conv: Conv, x: str, name: str, *, relu: bool) -> str:
    weight = graph.add_constant(f"{name}_w", conv.weight)
    bias = graph.add_constant(f"{name}_b", conv.bias)
    out = graph.add_node(
        "Conv",
        [x, weight, bias],
        f"{name}_conv" if relu else name,
        kernel_shape=(conv.weight.shape[2], conv.weight.shape[3]),
        strides=(conv.stride, conv.stride),
        pads=(conv.pad,) * 4,
    )
    return graph.add_node("Relu", [out], name) if relu else out


def _block(
    graph: GraphWriter, block: ResidualBlock, x: str, name: str, size: int, channels: int
) -> tuple[str, int, int]:
    """Add a residual block; return its output's name, side and channels."""
    inner = _conv(graph, block.first, x, f"{name}_first", relu=True)
    inner = _conv(graph, block.second, inner, f"{name}_second", relu=False)
    inner_size = _out(_out(size, block.first), block.second)
    inner_channels = block.second.bias.size
    shortcut = x
    if block.is_down:
        shortcut = graph.add_node(
            "AveragePool", [x], f"{name}_pool", kernel_shape=(2, 2), strides=(2, 2)
        )
        size = (size - 2) // 2 + 1
    most_size, most_channels = max(size, inner_size), max(channels, inner_channels)
    inner = _padded(graph, inner, most_channels - inner_channels, most_size - inner_size)
    shortcut = _padded(graph, shortcut, most_channels - channels, most_size - size)
    total = graph.add_node("Add", [inner, shortcut], f"{name}_sum")
    return graph.add_node("Relu", [total], name), most_size, most_channels


def _padded(graph: GraphWriter, x: str, more_channels: int, more_px: int) -> str:
    """Add zeros at the end of the channels, rows and columns, where any are missing."""
    if not more_channels and not more_px:
        return x
    pads = np.array([0, 0, 0, 0, 0, more_channels, more_px, more_px], np.int64)
    return graph.add_node("Pad", [x, graph.add_constant(f"{x}_pads", pads)], f"{x}_padded")
