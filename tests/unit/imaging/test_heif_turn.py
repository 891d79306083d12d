"""A HEIC is turned once: by its boxes, or by EXIF where no box says anything."""

import random
import struct

import numpy as np
import photos
import pytest
from image_makers import quarters
from PIL import Image

from facedex.geometry import combined_orientation, pixels_to_upright, upright_size
from facedex.imaging.decode import open_photo
from facedex.imaging.heif_turn import heif_turn

ORIENTATIONS = range(1, 9)
UPRIGHT = Image.fromarray(quarters())


def opened(data):
    with open_photo(data, b"a.heic") as photo:
        return photo.facts, photo.pixels(1600).astype(int)


def assert_is_upright(pixels):
    assert pixels.shape == (48, 64, 3)
    assert np.abs(pixels - quarters()).mean() < 3


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_what_boxes_turn_is_not_turned_again_by_exif(orientation):
    facts, pixels = opened(photos.heic(UPRIGHT, orientation))
    assert (facts.orientation, facts.decoder_turn) == (1, orientation)
    assert (facts.width_px, facts.height_px) == (64, 48)
    assert_is_upright(pixels)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_without_boxes_that_turn_exif_tells(orientation):
    facts, pixels = opened(photos.heic_turned_by_exif(UPRIGHT, orientation))
    assert (facts.orientation, facts.decoder_turn) == (orientation, 1)
    assert (facts.width_px, facts.height_px) == upright_size(64, 48, orientation)
    assert_is_upright(pixels)


def test_a_box_that_turns_by_nothing_still_speaks_for_the_picture():
    data = photos.heic(UPRIGHT.transpose(Image.Transpose.ROTATE_90), 8)  # coded as it is
    assert data.count(b"irot\x01") == 1
    facts, pixels = opened(data.replace(b"irot\x01", b"irot\x00"))
    assert (facts.orientation, facts.decoder_turn) == (1, 1)
    assert_is_upright(pixels)


def test_only_the_primary_pictures_properties_count():
    data = photos.heic(UPRIGHT, 6)
    at = data.index(b"pitm") + 8
    (primary,) = struct.unpack_from(">H", data, at)
    assert heif_turn(data) == 6
    assert heif_turn(data[:at] + struct.pack(">H", primary + 1) + data[at + 2 :]) is None


def test_damaged_boxes_say_nothing():
    data = photos.heic(UPRIGHT, 6)
    assert heif_turn(b"") is None
    assert heif_turn(data[: data.index(b"pitm")]) is None
    rng = random.Random(0)  # of bytes to break
    for _ in range(300):
        broken = bytearray(data[:600])
        for _ in range(rng.randint(1, 8)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        assert heif_turn(bytes(broken)) in {None, *ORIENTATIONS}


@pytest.mark.parametrize("first", ORIENTATIONS)
@pytest.mark.parametrize("then", ORIENTATIONS)
def test_two_turns_are_one(first, then):
    one_by_one = pixels_to_upright(pixels_to_upright(quarters(), first), then)
    at_once = pixels_to_upright(quarters(), combined_orientation(first, then))
    np.testing.assert_array_equal(one_by_one, at_once)
