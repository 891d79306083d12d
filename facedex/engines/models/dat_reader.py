"""Read dlib's two face networks from their .dat files, to the last byte, into plain arrays.

Source: cnn_face_detector.cpp and face_recognition.cpp of dlib (davisking/dlib @ 3d40bf579), which
declare the layer lists ``net_type`` and ``anet_type``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, repeat
from typing import TYPE_CHECKING

from facedex.engines.models.dat_layers import Affine, Conv, Dense, Kind, Layer, fold, read_chain
from facedex.engines.models.dat_stream import DatFormatError, DatStream

if TYPE_CHECKING:
    from collections.abc import Iterator

_CON = (Kind.CON, Kind.AFFINE)
_CON_RELU = (*_CON, Kind.RELU)
_BLOCK = (Kind.TAG, *_CON_RELU, *_CON)
_PLAIN = (*_BLOCK, Kind.ADD, Kind.RELU)
_DOWN = (*_BLOCK, Kind.TAG, Kind.SKIP, Kind.POOL, Kind.ADD, Kind.RELU)

# residual blocks from the input on, True = halves the resolution: 32, 64, 128, 256, 256 channels
# from the input on: plain blocks of 32, 64, 128 and 256 channels, a halving one after each group
_N_PLAIN = (3, 3, 2, 2)
IS_DOWN = tuple(chain.from_iterable((*repeat(False, n), True) for n in _N_PLAIN))

ENCODER_KINDS = (
    *_CON_RELU,
    Kind.POOL,
    *chain.from_iterable(_DOWN if is_down else _PLAIN for is_down in IS_DOWN),
    Kind.POOL,
    Kind.FC,
)
DETECTOR_KINDS = (*_CON_RELU * 6, Kind.CON)


@dataclass(frozen=True, slots=True, eq=False)
class ResidualBlock:
    """``relu(second(relu(first(x))) + shortcut(x))``.

    Attributes
    ----------
    is_down : the shortcut is a 2x2 average with stride 2 (else the identity), and both summands
        are padded with zeros at the end of every axis to the larger size.
    """

    first: Conv
    second: Conv
    is_down: bool


@dataclass(frozen=True, slots=True, eq=False)
class EncoderNetwork:
    """The ResNet: stem, 3x3 maximum with stride 2, blocks, global mean, projection to 128."""

    stem: Conv
    blocks: tuple[ResidualBlock, ...]
    projection: Dense
    n_parameters: int


@dataclass(frozen=True, slots=True, eq=False)
class DetectorNetwork:
    """The mmod detector: convolutions with a ReLU after each but the last.

    Attributes
    ----------
    window_px : the side of the sliding window at the level where a face is found.
    nms_iou, nms_covered : two boxes are one face when their overlap is above either.
    """

    convs: tuple[Conv, ...]
    window_px: int
    nms_iou: float
    nms_covered: float
    n_parameters: int


def read_encoder(data: bytes) -> EncoderNetwork:
    """Return the network of ``dlib_face_recognition_resnet_model_v1.dat``.

    Raises
    ------
    DatFormatError
        If ``data`` is not that network, or bytes are left over.
    """
    stream = DatStream(data)
    stream.version(1)
    if stream.name("loss_metric_", "loss_metric_2") == "loss_metric_2":
        stream.reals(2)
    walk = read_chain(stream, ENCODER_KINDS, "input_rgb_image_sized")
    _expect_end(stream)
    *rest, projection = walk.layers
    if not isinstance(projection, Dense):
        raise DatFormatError("the encoder does not end in a projection")
    convs = tuple(_folded(iter(rest)))
    blocks = tuple(
        ResidualBlock(convs[i], convs[i + 1], is_down)
        for i, is_down in zip(range(1, len(convs), 2), IS_DOWN, strict=True)
    )
    return EncoderNetwork(convs[0], blocks, projection, walk.n_parameters)


def read_detector(data: bytes) -> DetectorNetwork:
    """Return the network of ``mmod_human_face_detector.dat``.

    Raises
    ------
    DatFormatError
        If ``data`` is not that network, or bytes are left over.
    """
    stream = DatStream(data)
    stream.version(1)
    stream.name("loss_mmod_")
    stream.version(1)
    width, height = stream.integers(2)
    stream.reals(3)  # loss per false alarm, loss per miss, IoU with the truth
    nms_iou, nms_covered = stream.reals(2)
    stream.reals(2)  # overlaps to ignore in training
    if width != height:
        raise DatFormatError(f"a detection window of {width}x{height}, expected a square")
    walk = read_chain(stream, DETECTOR_KINDS, "input_rgb_image_pyramid")
    _expect_end(stream)
    convs = tuple(_folded(iter(walk.layers)))
    return DetectorNetwork(convs, width, nms_iou, nms_covered, walk.n_parameters)


def _folded(layers: Iterator[Layer]) -> Iterator[Conv]:
    """Yield each convolution with the affine that follows it, if any, folded in."""
    held: Conv | None = None
    for layer in layers:
        if isinstance(layer, Affine) and held is not None:
            yield fold(held, layer)
            held = None
        elif isinstance(layer, Conv):
            if held is not None:
                yield held
            held = layer
        else:
            raise DatFormatError("an affine layer without a convolution before it")
    if held is not None:
        yield held


def _expect_end(stream: DatStream) -> None:
    if stream.n_left:
        raise DatFormatError(f"{stream.n_left} bytes left after the network")
