import struct
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_makers import exif_of, makernote_bomb, quarters, saved, with_segment

from facedex.imaging.decode import open_photo
from facedex.imaging.exif import read_taken_and_camera

MAKE, MODEL, DATE_TIME = 0x010F, 0x0110, 0x0132
TAKEN, DIGITIZED = 0x9003, 0x9004
OFFSET, OFFSET_TAKEN, OFFSET_DIGITIZED = 0x9010, 0x9011, 0x9012


def us(*when):
    return int(datetime(*when, tzinfo=UTC).timestamp()) * 1_000_000


def photo(tags, in_exif_ifd=(), image_format="JPEG"):
    return saved(quarters(), image_format, exif=exif_of(tags, in_exif_ifd))


def taken(tags, in_exif_ifd=(), image_format="JPEG"):
    return read_taken_and_camera(photo(tags, in_exif_ifd, image_format))[0]


def camera(tags):
    return read_taken_and_camera(photo(tags))[1]


@pytest.mark.parametrize("image_format", ["JPEG", "TIFF", "PNG", "WEBP", "HEIF", "AVIF"])
def test_date_and_camera_of_each_format(image_format):
    when = "2009:07:14 12:30:01"
    # Pillow writes no EXIF directory into a TIFF
    in_exif_ifd = () if image_format == "TIFF" else {TAKEN: when}
    tags = {MAKE: "Canon", MODEL: "EOS 5D", DATE_TIME: "2011:01:01 00:00:00"}
    if image_format == "TIFF":
        tags[DATE_TIME] = when
    with open_photo(photo(tags, in_exif_ifd, image_format), b"x") as opened:
        facts = opened.facts
    assert facts.taken_us == us(2009, 7, 14, 12, 30, 1)
    assert facts.camera == "Canon EOS 5D"


@pytest.mark.parametrize("image_format", ["BMP", "GIF", "JPEG"])
def test_a_photo_without_metadata_has_neither(image_format):
    assert read_taken_and_camera(saved(quarters(), image_format)) == (None, None)


@pytest.mark.parametrize(
    ("offset", "hour", "minute"),
    [("+02:00", 10, 30), ("-05:00", 17, 30), ("+05:30", 7, 0), ("+0100", 11, 30), ("Z", 12, 30)],
)
def test_the_offset_counts_where_there_is_one(offset, hour, minute):
    when = taken({}, {TAKEN: "2020:06:01 12:30:00", OFFSET_TAKEN: offset})
    assert when == us(2020, 6, 1, hour, minute, 0)


def test_each_date_has_its_own_offset():
    assert taken({}, {DIGITIZED: "2020:06:01 12:00:00", OFFSET_DIGITIZED: "+01:00"}) == us(
        2020, 6, 1, 11
    )
    assert taken({DATE_TIME: "2020:06:01 12:00:00"}, {OFFSET: "+03:00"}) == us(2020, 6, 1, 9)


@pytest.mark.parametrize("offset", ["+99:99", "+2", "later", "   :  ", ""])
def test_a_meaningless_offset_leaves_the_date(offset):
    assert taken({}, {TAKEN: "2020:06:01 12:00:00", OFFSET_TAKEN: offset}) == us(2020, 6, 1, 12)


def test_the_date_of_taking_goes_before_the_others():
    dates = {TAKEN: "2001:01:01 00:00:00", DIGITIZED: "2002:02:02 00:00:00"}
    assert taken({DATE_TIME: "2003:03:03 00:00:00"}, dates) == us(2001, 1, 1)
    del dates[TAKEN]
    assert taken({DATE_TIME: "2003:03:03 00:00:00"}, dates) == us(2002, 2, 2)
    assert taken({DATE_TIME: "2003:03:03 00:00:00"}) == us(2003, 3, 3)


@pytest.mark.parametrize(
    "text",
    [
        "0000:00:00 00:00:00",
        "2999:99:99 99:99:99",
        "    :  :     :  :  ",
        "14/07/2009 12:00:00",
        "2009",
        "\x00\x00",
        "9999999999999999999999",
        "2009:02:30 12:00:00",
    ],
)
def test_a_date_that_is_none_is_not_known_and_the_next_one_counts(text):
    assert taken({}, {TAKEN: text}) is None
    assert taken({DATE_TIME: "2003:03:03 00:00:00"}, {TAKEN: text}) == us(2003, 3, 3)


def test_dates_with_other_separators():
    assert taken({}, {TAKEN: "2009-07-14T12:00:00"}) == us(2009, 7, 14, 12)


def test_dates_before_1970():
    assert taken({}, {TAKEN: "1936:05:04 10:00:00"}) == us(1936, 5, 4, 10)


@pytest.mark.parametrize(
    ("make", "model", "name"),
    [
        ("Canon", "Canon EOS 5D", "Canon EOS 5D"),
        ("NIKON CORPORATION", "NIKON D70", "NIKON CORPORATION NIKON D70"),
        ("FUJIFILM\0\0", "X100  ", "FUJIFILM X100"),
        ("", "Pixel 8", "Pixel 8"),
        ("Leica", "", "Leica"),
    ],
)
def test_camera_name(make, model, name):
    assert camera({MAKE: make, MODEL: model}) == name


def test_control_characters_and_endless_names_of_cameras_are_cut():
    assert camera({MAKE: "\x1b[31mRed", MODEL: "\x07One"}) == "[31mRed One"
    assert len(camera({MODEL: "x" * 5000})) == 200
    assert camera({MAKE: " ", MODEL: "\x1b"}) is None


def test_a_makernote_that_claims_a_thousand_million_values_is_passed_by():
    began = time.perf_counter()
    with open_photo(makernote_bomb(), b"bomb") as opened:
        pixels = opened.pixels(1600)
    assert pixels.shape == (48, 64, 3)
    assert time.perf_counter() - began < 1.0


def tiff_directory(*entries, following=0):
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    head = struct.pack("<2sHI", b"II", 42, 8)
    return head + struct.pack("<H", len(entries)) + body + struct.pack("<I", following)


@pytest.mark.parametrize(
    "tiff",
    [
        tiff_directory((0x9286, 1, 0xFFFF_FFF0, 60)),  # a comment of 4 GB
        tiff_directory((0x8827, 5, 1_000_000_000, 60)),
        tiff_directory((0x0112, 3, 1, 6), following=8),  # the next directory is this one
        tiff_directory((0x8769, 4, 1, 8)),  # the EXIF directory is this one
        tiff_directory((0x010F, 2, 0xFFFF_FFFF, 8), (0x0110, 2, 0x7FFF_FFFF, 8)),
        tiff_directory(*[(0x9000 + i, 7, 0xFFFFFF, 60) for i in range(3000)]),
        tiff_directory((0x0112, 2, 4, 0x41414141)),  # an orientation of letters
        tiff_directory((0x0112, 5, 1, 60)),  # an orientation that is a fraction
        tiff_directory((0x0112, 3, 2, 0xFFFF_FFF0)),
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff",
        b"II",
    ],
)
def test_hostile_directories_are_read_soon_or_passed_by(tiff):
    data = with_segment(saved(quarters()), 0xE1, b"Exif\0\0" + tiff + bytes(64))
    began = time.perf_counter()
    with open_photo(data, b"x") as opened:
        orientation = opened.facts.orientation
        pixels = opened.pixels(1600)
    assert orientation in range(1, 9)
    assert pixels.size == 64 * 48 * 3
    assert time.perf_counter() - began < 1.0


@settings(deadline=None, max_examples=30)  # 65,535 claimed entries take exifread a quarter second
@given(st.binary(max_size=300))
def test_random_metadata_never_raises(payload):
    head = b"Exif\0\0II*\0\x08\0\0\0"
    read_taken_and_camera(
        b"\xff\xd8\xff\xe1" + struct.pack(">H", len(payload) + 16) + head + payload
    )
    read_taken_and_camera(payload)


@settings(deadline=None)
@given(st.binary(max_size=30), st.binary(max_size=10))
def test_random_dates_never_raise(date, offset):
    data = exif_of({}, {TAKEN: date, OFFSET_TAKEN: offset}).tobytes().removeprefix(b"Exif\0\0")
    when, _camera = read_taken_and_camera(data)
    assert when is None or isinstance(when, int)
