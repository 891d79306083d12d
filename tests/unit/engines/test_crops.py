import numpy as np
import pytest

from facedex.engines.encoding.crops import (
    SHIFT_PX,
    cut_crops,
    encode_faces,
    margin_px,
    mirror_distances,
)

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


def encode(crops):
    return crops[:, 0].reshape(len(crops), SIDE * 3)[:, :128].astype(np.float32)


@pytest.mark.parametrize("n_crops", [1, 2, 5])
@pytest.mark.parametrize("n_faces", [0, 1, 3])
def test_each_crop_of_a_face_is_encoded(n_crops, n_faces):
    given = chips(n_crops, n_faces)
    encodings = encode_faces(encode, given, n_crops)
    assert encodings.shape == (n_faces, n_crops, 128)
    assert encodings.dtype == np.float32
    for number in range(n_faces):
        expected = encode(cut_crops(given[number : number + 1], n_crops))
        np.testing.assert_array_equal(encodings[number], expected)


@pytest.mark.parametrize("n_crops", [2, 5])
def test_mirror_distance_is_that_of_the_face_itself(n_crops):
    given = chips(n_crops)
    middle = slice(margin_px(n_crops), margin_px(n_crops) + SIDE)
    faces = given[:, middle, middle]
    expected = np.linalg.norm(encode(faces) - encode(faces[:, :, ::-1]), axis=1)
    np.testing.assert_allclose(mirror_distances(encode_faces(encode, given, n_crops)), expected)


def test_no_mirror_image_no_distance():
    assert mirror_distances(encode_faces(encode, chips(1), 1)) is None


def test_another_number_of_crops_is_not_known():
    with pytest.raises(KeyError):
        margin_px(3)
