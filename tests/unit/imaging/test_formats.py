import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_makers import quarters, saved

from facedex.imaging.formats import (
    DECODABLE,
    RAW,
    RAW_SUFFIXES,
    SNIFF_BYTES,
    FileKind,
    classify,
    photo_format,
    sniff,
    suffix,
)


def iso_file(major, *compatible):
    brands = major + bytes(4) + b"".join(compatible)
    return (8 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands


@pytest.mark.parametrize("image_format", DECODABLE)
def test_a_real_file_of_each_format_is_recognised_by_its_bytes(image_format):
    data = saved(quarters(), image_format)
    assert sniff(data[:SNIFF_BYTES]) == image_format


@pytest.mark.parametrize("image_format", DECODABLE)
@pytest.mark.parametrize("name", [b"x.jpg", b"x.PNG", b"x.txt", b"x", b".hidden", b"x.psd"])
def test_a_picture_is_a_photo_whatever_it_is_called(image_format, name):
    head = saved(quarters(), image_format)[:SNIFF_BYTES]
    assert classify(name, head) is FileKind.PHOTO


@pytest.mark.parametrize(
    "brand", [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"]
)
def test_heif_brands(brand):
    assert sniff(iso_file(brand)) == "HEIF"


@pytest.mark.parametrize("brand", [b"avif", b"avis"])
def test_avif_brands(brand):
    assert sniff(iso_file(brand, b"mif1")) == "AVIF"


def test_generic_iso_brand_is_what_its_compatible_brands_say():
    assert sniff(iso_file(b"mif1", b"mif1", b"avif")) == "AVIF"
    assert sniff(iso_file(b"mif1", b"mif1", b"heic")) == "HEIF"
    assert sniff(iso_file(b"mif1", b"avif", b"heic")) == "HEIF"


@pytest.mark.parametrize("brand", [b"isom", b"mp42", b"qt  ", b"M4V ", b"3gp4"])
def test_videos_in_iso_boxes_are_not_pictures(brand):
    assert sniff(iso_file(brand, b"isom", b"iso2")) is None
    assert classify(b"film.mp4", iso_file(brand, b"isom")) is FileKind.OTHER


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff\xd8",
        b"\x89PNG",
        b"RIFF\0\0\0\0WAVE",
        b"BM",
        b"BMW is a maker of cars",
        b"GIF88a",
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"8BPS\0\1",
        b"<html>",
        b"PK\3\4",
    ],
)
def test_other_bytes_are_no_picture(head):
    assert sniff(head) is None


@pytest.mark.parametrize("ending", sorted(RAW_SUFFIXES))
@pytest.mark.parametrize("head", [b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"", b"anything"])
def test_raw_files_are_told_by_their_name_where_their_bytes_say_tiff_or_nothing(ending, head):
    assert photo_format(b"IMG_1" + ending.upper(), head) == RAW
    assert classify(b"IMG_1" + ending.upper(), head) is FileKind.PHOTO


def test_a_jpeg_named_as_raw_is_a_jpeg():
    head = saved(quarters())[:SNIFF_BYTES]
    assert photo_format(b"x.nef", head) == "JPEG"
    assert classify(b"x.nef", head) is FileKind.PHOTO


@pytest.mark.parametrize(
    "head",
    [
        b"FUJIFILMCCD-RAW 0201",
        b"IIRO\x08\0\0\0",
        b"IIU\0\x18\0\0\0",
        b"FOVb\0\0\2\0",
        b"\0MRM\0\0\1\0",
        b"\0\0\0\x18ftypcrx \0\0\0\1",
        b"II*\0\x10\0\0\0CR\2\0",
    ],
)
def test_what_only_raw_files_begin_with_makes_them_raw_under_any_name(head):
    assert photo_format(b"renamed.jpg", head) == RAW
    assert classify(b"no suffix", head) is FileKind.PHOTO


def test_a_tiff_of_another_name_is_a_tiff():
    assert photo_format(b"scan.tif", b"II*\0\x08\0\0\0") == "TIFF"


@pytest.mark.parametrize("name", [b"x.jpg", b"a/b.JPEG", b"x.heic", b"x.webp", b"x.tif"])
def test_other_bytes_named_as_a_photo_are_tried_so_that_the_reason_is_told(name):
    assert classify(name, b"<html>not found</html>") is FileKind.PHOTO
    assert classify(name, b"") is FileKind.PHOTO


@pytest.mark.parametrize("name", [b"x.psd", b"x.jp2", b"x.jxl", b"x.TGA"])
def test_pictures_of_other_formats_are_named_as_such(name):
    assert classify(name, b"\0\0\0\0") is FileKind.UNSUPPORTED


@pytest.mark.parametrize("name", [b".picasa.ini", b"notes.txt", b"x.mov", b"jpg", b"x."])
def test_all_else_is_only_hashed(name):
    assert classify(name, b"something") is FileKind.OTHER


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"a/b.c/photo.JPG", b".jpg"),
        (b"a.jpg/photo", b""),
        (b".jpg", b""),
        (b"dots...jpg", b".jpg"),
        (b"caf\xe9.Png", b".png"),
        (b"", b""),
    ],
)
def test_suffix(name, expected):
    assert suffix(name) == expected


@given(st.binary(max_size=300), st.binary(max_size=SNIFF_BYTES))
def test_no_name_and_no_bytes_raise(name, head):
    assert classify(name, head) in FileKind
