"""Give CenterFace's ONNX file inputs of any size, uint8 RGB pixels and a single output.

The published file is fixed to ten pictures of 32 x 32 pixels and has four outputs.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

INPUT = "input.1"
MAPS = ("537", "538", "539")  # score; log of height and width; offset down and right
LANDMARKS = "540"


def any_size(source: bytes) -> bytes:
    """Return the network for ``pixels``, uint8 (1, h, w, 3), both sides multiples of 32.

    The output ``maps`` is float32 (1, 5, h / 4, w / 4).
    """
    model = onnx.load_from_string(source)
    graph = model.graph
    before = [
        helper.make_node("Cast", ["pixels"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["numbers"], [INPUT], perm=(0, 3, 1, 2)),
    ]
    after = [helper.make_node("Concat", list(MAPS), ["maps"], axis=1)]
    own = [node for node in graph.node if LANDMARKS not in node.output]
    pixels = helper.make_tensor_value_info("pixels", TensorProto.UINT8, [1, "h", "w", 3])
    maps = helper.make_tensor_value_info("maps", TensorProto.FLOAT, [1, 5, "rows", "columns"])
    del graph.node[:], graph.input[:], graph.output[:], graph.value_info[:]
    graph.node.extend([*before, *own, *after])
    graph.input.append(pixels)
    graph.output.append(maps)
    _fold_normalisations(graph)
    _drop_unused(graph)
    return bytes(model.SerializeToString())


def _fold_normalisations(graph: onnx.GraphProto) -> None:
    """Put each batch normalisation into the transposed convolution before it.

    Not every runtime of facedex knows the operator; the numbers stay what they are.
    """
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    maker = {node.output[0]: node for node in graph.node}
    for node in [each for each in graph.node if each.op_type == "BatchNormalization"]:
        source = maker[node.input[0]]
        scale, bias, mean, variance = (constants[name] for name in node.input[1:])
        epsilon = next(each.f for each in node.attribute if each.name == "epsilon")
        factor = scale / np.sqrt(variance + epsilon)
        weight = constants[source.input[1]] * factor[:, np.newaxis, np.newaxis]
        for name, values in (("weight", weight), ("bias", bias - mean * factor)):
            tensor = numpy_helper.from_array(values.astype(np.float32), f"{node.output[0]}.{name}")
            graph.initializer.append(tensor)
        source.input[:] = [source.input[0], f"{node.output[0]}.weight", f"{node.output[0]}.bias"]
        source.output[:] = node.output
        graph.node.remove(node)


def _drop_unused(graph: onnx.GraphProto) -> None:
    used = {name for node in graph.node for name in node.input}
    kept = [each for each in graph.initializer if each.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
