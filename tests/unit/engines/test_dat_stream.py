import math

import numpy as np
import pytest

from facedex.engines.models.dat_layers import Affine, Conv, affine_from_bn, fold
from facedex.engines.models.dat_stream import DatFormatError, DatStream


@pytest.mark.parametrize(
    ("raw", "value"),
    [(b"\x01\x02", 2), (b"\x81\x0a", -10), (b"\x02\xc0\x04", 1216), (b"\x00", 0)],
)
def test_integer_is_control_byte_and_little_endian_magnitude(raw, value):
    assert DatStream(raw).integer() == value


def test_real_is_mantissa_then_exponent():
    assert DatStream(b"\x01\x03\x81\x01").real() == 1.5
    assert DatStream(b"\x01\x01\x02\x00\x7d").real() == math.inf


def test_boolean_is_an_ascii_digit():
    stream = DatStream(b"10x")
    assert (stream.boolean(), stream.boolean()) == (True, False)
    with pytest.raises(DatFormatError):
        stream.boolean()


def test_tensor_has_shape_and_little_endian_floats():
    raw = b"\x01\x02" + b"\x01\x01\x01\x01\x01\x01\x01\x02" + np.array([1, 2], "<f4").tobytes()
    tensor = DatStream(raw).tensor()
    assert tensor.shape == (1, 1, 1, 2)
    assert tensor.ravel().tolist() == [1.0, 2.0]


def test_truncated_data_is_reported():
    with pytest.raises(DatFormatError, match="ends"):
        DatStream(b"\x04\x01").integer()


def test_other_layer_name_is_reported():
    with pytest.raises(DatFormatError, match="con_4"):
        DatStream(b"\x01\x05relu_").name("con_4")


def test_folded_convolution_does_both():
    rng = np.random.default_rng(0)
    weight = rng.random((4, 3, 1, 1), np.float32)
    bias, gamma, beta = (rng.random(4, np.float32) for _ in range(3))
    folded = fold(Conv(weight, bias, 1, 0), Affine(gamma, beta))
    x = rng.random(3, np.float32)
    plain = gamma * (weight[:, :, 0, 0] @ x + bias) + beta
    np.testing.assert_allclose(folded.weight[:, :, 0, 0] @ x + folded.bias, plain, rtol=1e-5)


def test_batch_normalisation_becomes_affine():
    gamma, beta, mean, variance = (np.array([v], np.float32) for v in (2, 3, 5, 4 - 1e-4))
    affine = affine_from_bn(gamma, beta, mean, variance, 1e-4)
    assert affine.gamma[0] == pytest.approx(1.0)
    assert affine.beta[0] == pytest.approx(-2.0)
