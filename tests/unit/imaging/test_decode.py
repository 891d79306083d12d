import io
import subprocess
import time

import numpy as np
import pytest
from image_makers import (
    TOLERANCE,
    bomb_png,
    exif_of,
    noise,
    png_chunk,
    quadrant_colours,
    quarters,
    saved,
    with_segment,
)
from PIL import Image, ImageFile

from facedex.errors import DecodeError
from facedex.geometry import pixels_to_upright, upright_size
from facedex.imaging import pictures
from facedex.imaging.decode import open_photo
from facedex.imaging.formats import DECODABLE

ORIENTATION = 0x0112
# of the formats that have one; a HEIC's is in its boxes
ORIENTED = ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"]


def decoded(data, min_long_side=1600):
    with open_photo(data, b"photo") as photo:
        return photo.pixels(min_long_side), photo


def refused(data):
    with pytest.raises(DecodeError) as caught:
        decoded(data)
    return caught.value


def assert_shows(pixels, picture, tolerance):
    assert pixels.shape == picture.shape
    np.testing.assert_allclose(
        quadrant_colours(pixels), quadrant_colours(picture), rtol=0, atol=tolerance
    )


# ---- what is decoded


@pytest.mark.parametrize("image_format", DECODABLE)
def test_every_format_decodes_to_upright_rgb(image_format):
    pixels, photo = decoded(saved(quarters(), image_format))
    assert (pixels.dtype, pixels.flags.c_contiguous) == (np.uint8, True)
    assert_shows(pixels, quarters(), TOLERANCE[image_format])
    assert (photo.facts.format, photo.facts.width_px, photo.facts.height_px) == (
        image_format, 64, 48,
    )  # fmt: skip
    assert photo.damage is None


@pytest.mark.parametrize("image_format", ["EPS", "TGA", "PPM", "ICO", "PCX", "SGI", "PDF", "DDS"])
def test_other_formats_are_refused_whatever_they_are_called(image_format):
    fault = refused(saved(quarters(32, 32), image_format))
    assert fault.kind == "unsupported"
    assert "JPEG" in str(fault)


def test_a_photoshop_file_is_refused():
    header = b"8BPS\0\1" + bytes(6) + b"\0\3" + b"\0\0\0\x10\0\0\0\x10" + b"\0\x08\0\3"
    assert refused(header + bytes(2000)).kind == "unsupported"


def test_postscript_starts_no_program(monkeypatch):
    def started(*_args, **_kwargs):
        raise AssertionError("a program was started")

    for name in ("Popen", "run", "check_call", "check_output"):
        monkeypatch.setattr(subprocess, name, started)
    monkeypatch.setattr("os.system", started)
    assert refused(saved(quarters(), "EPS")).kind == "unsupported"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "damaged"),
        (b"\xff", "unsupported"),
        (b"\xff\xd8", "unsupported"),
        (b"\xff\xd8\xff\xd9", "damaged"),
        (b"<html>not found</html>", "unsupported"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"II*\0\x08\0\0\0", "damaged"),
        (b"\0\0\0\x1cftypheic\0\0\0\0mif1heicmiaf", "damaged"),
    ],
)
def test_bytes_that_are_no_picture_are_refused_with_a_reason(data, kind):
    fault = refused(data)
    assert fault.kind == kind
    assert fault.cause
    assert fault.operation == "decode"


# ---- colours


def test_16_bit_grey_is_scaled_and_not_clipped():
    values = np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)
    for image_format in ("PNG", "TIFF"):
        pixels, _ = decoded(saved(Image.fromarray(values), image_format))
        assert np.abs(pixels[..., 0].astype(int) - values / 257).max() <= 1
        assert (pixels[..., 0] == pixels[..., 2]).all()


@pytest.mark.parametrize("top", [1.0, 255.0, 1000.0])
def test_tiff_of_floating_point_numbers_decodes(top):
    values = np.linspace(0, top, 64 * 48, dtype=np.float32).reshape(48, 64)
    pixels, _ = decoded(saved(Image.fromarray(values), "TIFF"))
    assert pixels.max() == min(255, int(top))


def test_numbers_that_are_none_decode():
    values = np.full((48, 64), np.nan, np.float32)
    values[0, 0] = np.inf
    pixels, _ = decoded(saved(Image.fromarray(values), "TIFF"))
    assert pixels.shape == (48, 64, 3)


def test_cmyk_jpeg_has_the_right_colours():
    pixels, _ = decoded(saved(Image.fromarray(quarters()).convert("CMYK")))
    assert_shows(pixels, quarters(), 12)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "TIFF", "BMP"])
def test_grey(image_format):
    grey = Image.fromarray(quarters()).convert("L")
    pixels, _ = decoded(saved(grey, image_format))
    assert_shows(pixels, np.asarray(grey.convert("RGB")), 3)


def test_one_bit():
    lines = Image.fromarray((quarters()[..., 0] > 128).astype(np.uint8) * 255).convert("1")
    pixels, _ = decoded(saved(lines, "PNG"))
    assert_shows(pixels, np.asarray(lines.convert("RGB")), 0)


def test_palette():
    pixels, _ = decoded(saved(Image.fromarray(quarters()).quantize(16), "PNG"))
    assert_shows(pixels, quarters(), 4)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("image_format", ["PNG", "WEBP", "TIFF"])
def test_transparent_parts_become_white(mode, image_format):
    image = Image.new(mode, (64, 48))  # transparent black
    image.paste(Image.fromarray(quarters()).convert(mode).crop((0, 0, 32, 48)))
    pixels, _ = decoded(
        saved(image, image_format, **({"lossless": True} if image_format == "WEBP" else {}))
    )
    assert (pixels[:, 32:] == 255).all()
    assert not (pixels[:, :32] == 255).all()


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "CMYK", "P", "1", "I;16"])
def test_a_large_picture_of_any_mode_is_the_small_one_of_the_whole(mode):
    """Reducing comes first where it can; what comes out is the same to rounding."""
    image = Image.fromarray(quarters()).resize((640, 480)).convert(mode.replace("I;16", "I"))
    if mode == "I;16":
        image = Image.fromarray((np.asarray(image) * 257).astype(np.uint16))
    elif mode.endswith("A"):
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    data = saved(image, "TIFF" if mode in {"CMYK", "I;16"} else "PNG")
    whole, _ = decoded(data, 640)
    small, _ = decoded(data, 160)
    assert small.shape == (120, 160, 3)
    expected = Image.fromarray(whole).reduce(4)
    assert np.abs(small.astype(int) - np.asarray(expected)).max() <= 2


def test_what_was_decoded_is_let_go_with_the_photo():
    with open_photo(saved(quarters(), "PNG"), b"photo") as photo:
        photo.pixels(160)
    with pytest.raises(ValueError, match="closed image"):
        photo.pixels(160)


def test_a_palette_with_a_transparent_colour_becomes_white_there():
    image = Image.fromarray(quarters()).quantize(4)
    image.info["transparency"] = image.getpixel((0, 0))
    pixels, _ = decoded(saved(image, "PNG", transparency=image.getpixel((0, 0))))
    assert tuple(pixels[0, 0]) == (255, 255, 255)
    assert tuple(pixels[-1, -1]) != (255, 255, 255)


# ---- several pictures in one file


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "TIFF", "PNG"])
def test_the_first_picture_of_several_is_taken(image_format):
    second = Image.fromarray(255 - quarters())
    options = {"lossless": True} if image_format == "WEBP" else {}
    data = saved(quarters(), image_format, save_all=True, append_images=[second], **options)
    assert_shows(decoded(data)[0], quarters(), 2)


def test_the_first_picture_of_a_stereo_photo_is_taken():
    second = Image.fromarray(255 - quarters())
    data = saved(quarters(), "MPO", save_all=True, append_images=[second])
    pixels, photo = decoded(data)
    assert photo.facts.format == "MPO"
    assert_shows(pixels, quarters(), 8)


# ---- orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("image_format", ORIENTED)
def test_orientation_is_applied_once(image_format, orientation):
    data = saved(quarters(), image_format, exif=exif_of({ORIENTATION: orientation}))
    pixels, photo = decoded(data)
    expected = pixels_to_upright(quarters(), orientation)
    assert_shows(pixels, expected, TOLERANCE[image_format])
    assert photo.facts.orientation == orientation


@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("image_format", ORIENTED)
def test_the_size_is_that_of_the_stored_pixels(image_format, orientation):
    data = saved(quarters(), image_format, exif=exif_of({ORIENTATION: orientation}))
    with open_photo(data, b"x") as photo:
        facts = photo.facts
        height, width = photo.pixels(1600).shape[:2]
    assert (facts.width_px, facts.height_px) == (64, 48)
    assert (width, height) == upright_size(64, 48, orientation)


@pytest.mark.parametrize("orientation", [0, 9, 255, 65535])
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "TIFF"])
def test_a_meaningless_orientation_is_upright(image_format, orientation):
    data = saved(quarters(), image_format, exif=exif_of({ORIENTATION: orientation}))
    pixels, photo = decoded(data)
    assert photo.facts.orientation == 1
    assert_shows(pixels, quarters(), TOLERANCE[image_format])


def test_a_reduced_photo_is_turned_too():
    data = saved(quarters(1200, 900), exif=exif_of({ORIENTATION: 6}))
    pixels, _ = decoded(data, 200)
    assert pixels.shape[0] > pixels.shape[1]
    np.testing.assert_allclose(
        quadrant_colours(pixels), quadrant_colours(pixels_to_upright(quarters(), 6)), atol=8
    )


# ---- size


@pytest.mark.parametrize("asked", [160, 199, 200, 201, 333, 500, 801, 1599])
@pytest.mark.parametrize("size", [(1600, 1067), (801, 1203), (1600, 37), (2399, 1600)])
@pytest.mark.parametrize("image_format", ["JPEG", "BMP"])
def test_the_long_side_is_as_asked_and_less_than_twice_that(image_format, size, asked):
    data = saved(Image.new("RGB", size, "teal"), image_format)
    pixels, photo = decoded(data, asked)
    long_side = max(pixels.shape[:2])
    assert long_side >= min(asked, max(size))
    assert long_side <= 2 * asked
    assert (photo.facts.width_px, photo.facts.height_px) == size


def test_a_small_photo_is_not_enlarged():
    assert decoded(saved(quarters()), 1600)[0].shape == (48, 64, 3)


@pytest.mark.parametrize("size", [(4000, 1), (1, 4000), (3000, 2), (1, 1)])
@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
def test_a_line_of_pixels_decodes(image_format, size):
    pixels, _ = decoded(saved(Image.new("RGB", size, "teal"), image_format), 160)
    assert min(pixels.shape[:2]) == 1


# ---- bombs


@pytest.mark.parametrize(("width", "height"), [(13000, 13000), (20000, 20000), (65000, 2000)])
def test_a_bomb_is_refused_before_it_is_decoded(width, height):
    data = bomb_png(width, 100)  # the header is what counts
    data = data[:20] + height.to_bytes(4, "big") + data[24:]
    data = data[:12] + png_chunk(b"IHDR", data[16:29])[4:] + data[33:]
    began = time.perf_counter()
    fault = refused(data)
    assert fault.kind == "too_large"
    assert "128 megapixels" in fault.cause
    assert time.perf_counter() - began < 0.5


def test_a_jpeg_header_that_claims_65500_squared_is_refused():
    jpeg = bytearray(saved(quarters()))
    at = jpeg.find(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = b"\xff\xdc\xff\xdc"
    assert refused(bytes(jpeg)).kind == "too_large"


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "TIFF", "BMP", "GIF", "WEBP", "HEIF"])
def test_the_cap_on_pixels_holds_for_every_format(image_format, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_PIXELS", 64 * 48 - 1)
    assert refused(saved(quarters(), image_format)).kind == "too_large"
    monkeypatch.setattr(pictures, "MAX_PIXELS", 64 * 48)
    decoded(saved(quarters(), image_format))


# ---- damage


@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_breaks_off_gives_what_is_there_and_says_so(share, progressive):
    jpeg = saved(noise(400, 300), progressive=progressive)
    whole, _ = decoded(jpeg)
    pixels, photo = decoded(jpeg[: int(len(jpeg) * share)])
    assert pixels.shape == (300, 400, 3)
    assert photo.damage
    assert "\n" not in photo.damage
    if not progressive:
        np.testing.assert_array_equal(pixels[:100], whole[:100])


def test_a_jpeg_that_breaks_off_is_reduced_and_turned_like_a_whole_one():
    jpeg = saved(quarters(1600, 1200), quality=95, exif=exif_of({ORIENTATION: 8}))
    pixels, photo = decoded(jpeg[: int(len(jpeg) * 0.8)], 200)
    assert photo.damage
    assert pixels.shape == (200, 150, 3)


def test_pillows_switch_for_broken_files_is_off_afterwards():
    jpeg = saved(noise())
    decoded(jpeg[: len(jpeg) // 2])
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False
    refused(saved(noise(), "PNG")[:5000])
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.parametrize("image_format", ["PNG", "TIFF", "BMP", "WEBP", "HEIF"])
def test_other_formats_that_break_off_are_refused(image_format):
    data = saved(noise(), image_format)
    assert refused(data[: len(data) // 2]).kind in {"truncated", "damaged"}


def test_a_jpeg_without_its_end_marker_is_whole():
    jpeg = saved(noise())
    np.testing.assert_array_equal(decoded(jpeg[:-2])[0], decoded(jpeg)[0])


def test_a_jpeg_with_something_appended_is_whole():
    _, photo = decoded(saved(noise()) + bytes(5000))
    assert photo.damage is None


def test_broken_metadata_does_not_keep_the_picture_away():
    for payload in (b"Exif\0\0" + b"\xff" * 200, b"Exif\0\0II*\0\x08\0\0\0\xff\xff", b"Exif\0\0"):
        pixels, photo = decoded(with_segment(saved(quarters()), 0xE1, payload))
        assert photo.facts.orientation == 1
        assert_shows(pixels, quarters(), 8)


def outcome(data):
    try:
        decoded(data)
    except DecodeError as fault:
        return fault.kind
    return "decoded"


def test_random_damage_decodes_or_is_refused():
    rng = np.random.default_rng(17)
    kinds = set()
    for image_format in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"):
        whole = saved(noise(), image_format)
        for _ in range(60):
            data = bytearray(whole)
            for at in rng.integers(0, len(data), 5):
                data[at] ^= 1 << rng.integers(0, 8)
            kinds.add(outcome(bytes(data)))
    assert kinds <= {"decoded", "too_large", "truncated", "unsupported", "damaged"}
    assert "decoded" in kinds


def test_running_out_of_memory_is_the_photos_fault(monkeypatch):
    def load(*_args):
        raise MemoryError

    monkeypatch.setattr(pictures, "_load", load)
    fault = refused(saved(quarters()))
    assert fault.kind == "too_large"
    assert "memory" in fault.cause


def test_a_bug_of_ours_is_not_taken_for_a_damaged_file(monkeypatch):
    def load(*_args):
        raise ImportError

    monkeypatch.setattr(pictures, "_load", load)
    with pytest.raises(ImportError):
        decoded(saved(quarters()))


def test_pillow_itself_still_reads_what_is_saved_here():
    assert Image.open(io.BytesIO(saved(quarters(), "EPS"))).format == "EPS"
