import struct

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st
from image_makers import (
    exif_of,
    jpeg_segment,
    noise,
    png_chunks,
    png_of,
    quarters,
    saved,
    with_segment,
)
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from facedex.imaging.formats import DECODABLE
from facedex.imaging.hashes import content_hash, image_hash

ORIENTATION = 0x0112


def test_content_hash_is_blake3_of_all_bytes():
    assert content_hash(b"photo") == blake3(b"photo").digest()
    assert len(content_hash(b"")) == 32


# ---- JPEG


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("marker", [m for m in range(0xE0, 0xF0) if m != 0xEE] + [0xFE])
def test_jpeg_application_segments_and_comments_do_not_count(marker, progressive):
    jpeg = saved(noise(), progressive=progressive)
    tagged = with_segment(jpeg, marker, b"a tag \xff\xd9 that looks like an end")
    assert content_hash(tagged) != content_hash(jpeg)
    assert image_hash(tagged, "JPEG") == image_hash(jpeg, "JPEG")


def test_jpeg_exif_orientation_and_xmp_do_not_count():
    plain = saved(noise())
    turned = saved(noise(), exif=exif_of({ORIENTATION: 6}))
    described = saved(noise(), xmp=b"<x:xmpmeta/>", comment=b"at the lake")
    assert len({plain, turned, described}) == 3
    assert image_hash(turned, "JPEG") == image_hash(plain, "JPEG")
    assert image_hash(described, "JPEG") == image_hash(plain, "JPEG")


def test_jpeg_adobe_transform_counts_because_it_changes_the_colours():
    jpeg = saved(noise())
    adobe = b"Adobe\0\x64\0\0\0\0"
    hashes = {
        image_hash(jpeg, "JPEG"),
        image_hash(with_segment(jpeg, 0xEE, adobe + b"\0"), "JPEG"),
        image_hash(with_segment(jpeg, 0xEE, adobe + b"\1"), "JPEG"),
    }
    assert len(hashes) == 3


@pytest.mark.parametrize("progressive", [False, True])
def test_what_follows_the_end_of_a_jpeg_does_not_count(progressive):
    jpeg = saved(noise(), progressive=progressive)
    for appended in (b"\0" * 5000, b"garbage", saved(noise(seed=9)), b"\xff\xd9"):
        assert image_hash(jpeg + appended, "JPEG") == image_hash(jpeg, "JPEG")


def test_jpeg_fill_bytes_between_segments_do_not_count():
    jpeg = saved(noise())
    assert image_hash(jpeg[:2] + b"\xff\xff" + jpeg[2:], "JPEG") == image_hash(jpeg, "JPEG")


def test_jpeg_with_restart_markers_is_hashed_to_its_end():
    jpeg = saved(noise(), restart_marker_blocks=1)
    assert b"\xff\xd0" in jpeg
    at = jpeg.rfind(b"\xff\xd7") + 2  # after the last but one run of blocks
    changed = jpeg[:at] + bytes((jpeg[at] ^ 1,)) + jpeg[at + 1 :]
    assert image_hash(changed, "JPEG") != image_hash(jpeg, "JPEG")


def test_jpeg_pixels_and_quality_count():
    hashes = {
        image_hash(saved(noise(seed=seed), quality=q), "JPEG") for seed in (0, 1) for q in (70, 90)
    }
    assert len(hashes) == 4


@pytest.mark.parametrize("progressive", [False, True])
def test_every_part_of_a_progressive_jpeg_counts(progressive):
    jpeg = saved(noise(), progressive=progressive, quality=90)
    whole = image_hash(jpeg, "JPEG")
    for at in range(jpeg.find(b"\xff\xda") + 20, len(jpeg) - 2, 97):
        if jpeg[at] not in (0, 0xFF) and jpeg[at - 1] != 0xFF and jpeg[at] ^ 1 not in (0, 0xFF):
            changed = jpeg[:at] + bytes((jpeg[at] ^ 1,)) + jpeg[at + 1 :]
            assert image_hash(changed, "JPEG") != whole


def test_jpeg_without_its_end_marker_is_the_same_picture():
    jpeg = saved(noise())
    assert image_hash(jpeg[:-2], "JPEG") == image_hash(jpeg, "JPEG")


# ---- PNG


def test_png_text_exif_time_and_colour_notes_do_not_count():
    text = PngInfo()
    text.add_text("Author", "Ada")
    text.add_itxt("Description", "am See", lang="de")
    plain = saved(noise(), "PNG")
    for more in ({"pnginfo": text}, {"exif": exif_of({ORIENTATION: 3})}, {"dpi": (300, 300)}):
        tagged = saved(noise(), "PNG", **more)
        assert tagged != plain
        assert image_hash(tagged, "PNG") == image_hash(plain, "PNG")


@pytest.mark.parametrize("size", [1, 100, 1000])
def test_png_data_may_be_cut_into_other_chunks(size):
    plain = saved(noise(), "PNG")
    chunks = list(png_chunks(plain))
    data = b"".join(payload for kind, payload in chunks if kind == b"IDAT")
    cut = [(b"IDAT", data[i : i + size]) for i in range(0, len(data), size)]
    again = png_of([chunks[0], *cut, chunks[-1]])
    assert image_hash(again, "PNG") == image_hash(plain, "PNG")


def test_what_follows_the_end_of_a_png_does_not_count():
    plain = saved(noise(), "PNG")
    assert image_hash(plain + b"appended", "PNG") == image_hash(plain, "PNG")


def test_png_pixels_size_palette_and_transparency_count():
    image = Image.fromarray(quarters()).quantize(4)
    clear = image.copy()
    clear.info["transparency"] = 1
    other = image.copy()
    other.putpalette([9, 9, 9] * 256)
    pictures = [
        saved(noise(), "PNG"),
        saved(noise(seed=1), "PNG"),
        saved(noise(48, 64), "PNG"),
        saved(image, "PNG"),
        saved(clear, "PNG"),
        saved(other, "PNG"),
    ]
    assert len({image_hash(p, "PNG") for p in pictures}) == len(pictures)


def test_png_animation_frames_count():
    def animated(second):
        more = [Image.fromarray(noise(seed=second))]
        return saved(noise(), "PNG", save_all=True, append_images=more)

    assert image_hash(animated(1), "PNG") != image_hash(animated(2), "PNG")


# ---- WebP


@pytest.mark.parametrize("lossless", [False, True])
def test_webp_exif_xmp_and_the_extended_header_do_not_count(lossless):
    plain = saved(noise(), "WEBP", lossless=lossless)
    tagged = saved(
        noise(), "WEBP", lossless=lossless, exif=exif_of({ORIENTATION: 8}), xmp=b"<x:xmpmeta/>"
    )
    assert b"VP8X" not in plain
    assert b"VP8X" in tagged
    assert image_hash(tagged, "WEBP") == image_hash(plain, "WEBP")


def test_webp_pixels_and_alpha_count():
    clear = Image.fromarray(quarters()).convert("RGBA")
    clear.putalpha(77)
    pictures = [
        saved(noise(), "WEBP"),
        saved(noise(seed=1), "WEBP"),
        saved(quarters(), "WEBP"),
        saved(clear, "WEBP"),
    ]
    assert len({image_hash(p, "WEBP") for p in pictures}) == len(pictures)


# ---- all


@pytest.mark.parametrize("image_format", ["TIFF", "GIF", "BMP", "HEIF", "AVIF", ""])
def test_of_other_formats_all_bytes_count(image_format):
    data = saved(quarters(), image_format or "BMP")
    assert image_hash(data, image_format) == image_hash(data, image_format)
    assert image_hash(data + b"\0", image_format) != image_hash(data, image_format)


def test_a_whole_file_never_has_the_hash_of_a_picture():
    jpeg = saved(noise())
    assert image_hash(jpeg, "JPEG") != image_hash(jpeg, "")
    assert image_hash(jpeg, "") != content_hash(jpeg)


@pytest.mark.parametrize(
    ("image_format", "data"),
    [
        ("JPEG", b""),
        ("JPEG", b"\xff\xd8"),
        ("JPEG", b"\xff\xd8\xff\xd9"),
        ("JPEG", b"\xff\xd8" + jpeg_segment(0xE0, b"x")),
        ("JPEG", b"\xff\xd8\xff\xe0\0\0"),
        ("JPEG", b"\xff\xd8\xff\xe0\0\1\xff\xda"),
        ("JPEG", b"\xff\xd8" + b"\xff" * 1000),
        ("JPEG", b"\xff\xd8nothing like a segment"),
        ("PNG", b"\x89PNG\r\n\x1a\n"),
        ("PNG", b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 0xFFFF_FFFF) + b"IHDR" + bytes(40)),
        ("WEBP", b"RIFF\0\0\0\0WEBP"),
        ("WEBP", b"RIFF\0\0\0\0WEBPEXIF\xff\xff\xff\xff"),
    ],
)
def test_a_broken_structure_is_hashed_as_a_whole_file(image_format, data):
    assert image_hash(data, image_format) == image_hash(data, "")
    assert image_hash(data + b"!", image_format) != image_hash(data, image_format)


def test_a_png_that_breaks_off_is_hashed_as_a_whole_file():
    png = saved(noise(), "PNG")[:-30]
    assert image_hash(png, "PNG") == image_hash(png, "")


STARTS = {
    "JPEG": b"\xff\xd8\xff",
    "PNG": b"\x89PNG\r\n\x1a\n",
    "WEBP": b"RIFF\0\0\0\0WEBP",
}


@given(st.sampled_from([*DECODABLE, ""]), st.binary(max_size=400), st.booleans())
def test_random_bytes_never_raise(image_format, data, has_start):
    start = STARTS.get(image_format, b"") if has_start else b""
    assert len(image_hash(start + data, image_format)) == 32


@given(
    st.sampled_from(["JPEG", "PNG", "WEBP"]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8),
    st.floats(0, 1),
)
def test_damaged_pictures_never_raise(image_format, changes, cut):
    data = bytearray(PICTURES[image_format])
    for where, value in changes:
        data[int(where * (len(data) - 1))] = value
    assert len(image_hash(bytes(data[: int(cut * len(data))]), image_format)) == 32


PICTURES = {name: saved(noise(), name) for name in STARTS}
