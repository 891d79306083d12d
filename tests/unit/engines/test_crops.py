import numpy as np
import pytest

from facedex.engines.crops import SHIFT_PX, cut_crops, encode_faces, margin_px

SIDE = 150


def chips(n_crops, n_faces=2):
    side = SIDE + 2 * margin_px(n_crops)
    return np.random.default_rng(0).integers(0, 256, (n_faces, side, side, 3), np.uint8)


def test_one_crop_is_the_chip():
    given = chips(1)
    assert cut_crops(given, 1) is given


def test_second_crop_is_the_mirror_image():
    given = chips(2)
    crops = cut_crops(given, 2)
    np.testing.assert_array_equal(crops[::2], given)
    np.testing.assert_array_equal(crops[1::2], given[:, :, ::-1])


def test_five_crops_are_shifted_both_ways():
    given = chips(5)
    crops = cut_crops(given, 5).reshape(2, 5, SIDE, SIDE, 3)
    middle = given[:, SHIFT_PX:-SHIFT_PX, SHIFT_PX:-SHIFT_PX]
    np.testing.assert_array_equal(crops[:, 0], middle)
    np.testing.assert_array_equal(crops[:, 1], middle[:, :, ::-1])
    np.testing.assert_array_equal(crops[:, 2], given[:, :SIDE, :SIDE])
    np.testing.assert_array_equal(crops[:, 3], given[:, 2 * SHIFT_PX :, 2 * SHIFT_PX :])
    np.testing.assert_array_equal(crops[:, 4], given[:, :SIDE, 2 * SHIFT_PX :][:, :, ::-1])


@pytest.mark.parametrize("n_crops", [1, 2, 5])
@pytest.mark.parametrize("n_faces", [0, 1, 3])
def test_encoding_is_the_mean_over_a_faces_crops(n_crops, n_faces):
    def encode(crops):
        return crops[:, 0].reshape(len(crops), SIDE * 3)[:, :128].astype(np.float32)

    given = chips(n_crops, n_faces)
    means = encode_faces(encode, given, n_crops)
    assert means.shape == (n_faces, 128)
    assert means.dtype == np.float32
    for number in range(n_faces):
        expected = encode(cut_crops(given[number : number + 1], n_crops)).mean(axis=0)
        np.testing.assert_allclose(means[number], expected, rtol=1e-6)


def test_another_number_of_crops_is_not_known():
    with pytest.raises(KeyError):
        margin_px(3)
