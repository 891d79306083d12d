import struct

import photos
import pytest
import raw_files
from hypothesis import given, settings
from hypothesis import strategies as st
from image_makers import noise, saved
from PIL import Image

from facedex.imaging.formats import RAW
from facedex.imaging.hashes import content_hash, image_hash


def preview_of(image):
    return raw_files.Preview(saved(image), *image.size)


NOISE = Image.fromarray(noise())


@pytest.mark.parametrize("order", "<>")
def test_a_rating_written_into_a_dng_does_not_count(order):
    plain = raw_files.dng(photos.hopper(), previews=[preview_of(NOISE)], order=order)
    rated = raw_files.with_rating(plain)
    assert content_hash(rated) != content_hash(plain)
    assert image_hash(rated, RAW) == image_hash(plain, RAW)


def test_orientation_previews_and_dates_do_not_count():
    base = image_hash(raw_files.dng(photos.hopper()), RAW)
    large = photos.hopper().resize((1024, 1200))
    for other in (
        raw_files.dng(photos.hopper(), 6),
        raw_files.dng(photos.hopper(), previews=[preview_of(NOISE)]),
        raw_files.dng(photos.hopper(), previews=[preview_of(large), preview_of(NOISE)]),
        raw_files.dng(photos.hopper(), taken="1999:01:01 00:00:00"),
    ):
        assert image_hash(other, RAW) == base


def test_every_byte_of_the_sensor_data_counts():
    plain = raw_files.dng(photos.hopper())
    at = plain.index(raw_files.mosaic(photos.hopper()).tobytes())
    size = photos.hopper().size
    for offset in (0, 1, size[0] * size[1], 2 * size[0] * size[1] - 1):
        changed = bytearray(plain)
        changed[at + offset] ^= 1
        assert image_hash(bytes(changed), RAW) != image_hash(plain, RAW)


def test_equal_data_of_another_shape_is_another_picture():
    black = photos.hopper().point(lambda _v: 0)
    tall, wide = black.resize((128, 256)), black.resize((256, 128))
    assert image_hash(raw_files.dng(tall), RAW) != image_hash(raw_files.dng(wide), RAW)


def test_a_raw_is_never_the_same_image_as_a_picture():
    data = raw_files.dng(photos.hopper())
    assert image_hash(data, RAW) != image_hash(data, "TIFF")


def test_olympus_magic_is_followed():
    plain = raw_files.dng(photos.hopper())
    rated = raw_files.with_rating(plain)
    orf, rated_orf = b"IIRO" + plain[4:], b"IIRO" + rated[4:]
    assert image_hash(orf, RAW) == image_hash(rated_orf, RAW)


def test_metadata_of_cr3_and_raf_do_not_count():
    sensor, other = bytes(range(256)) * 40, bytes(range(255, -1, -1)) * 40
    for make in (raw_files.cr3, lambda picture, text: raw_files.raf(picture, text)):
        base = image_hash(make(sensor, b"rating 1"), RAW)
        assert image_hash(make(sensor, b"rating 5, two tags"), RAW) == base
        assert image_hash(make(other, b"rating 1"), RAW) != base


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"II",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0\xff\xff",
        b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 330, 4, 1, 8) + bytes(4),  # its own SubIFD
        b"FUJIFILMCCD-RAW",
        b"FUJIFILMCCD-RAW".ljust(200, b"\xff"),
        b"\0\0\0\x18ftypcrx " + bytes(40),
        b"\0\0\0\x10ftypcrx \0\0\0\1" + b"\xff" * 40,
        b"FOVb" + bytes(100),
    ],
)
def test_what_cannot_be_followed_is_hashed_whole(data):
    assert image_hash(data, RAW) == image_hash(data, "")


def test_a_file_whose_pictures_are_a_small_part_is_hashed_whole():
    data = raw_files.dng(photos.hopper().resize((16, 16))) + bytes(100_000)
    assert image_hash(data, RAW) == image_hash(data, "")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_anywhere_is_hashed_and_never_raises(data):
    whole = bytearray(raw_files.dng(photos.hopper().resize((32, 24)), previews=[preview_of(NOISE)]))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    assert len(image_hash(cut, RAW)) == 32
