"""RAW files with everything that cameras vary: orientation, previews, crops, damage."""

import builtins
import os
import struct

import numpy as np
import photos
import pytest
import raw_files
from image_makers import saved

from facedex.errors import DecodeError
from facedex.geometry import box_to_upright
from facedex.imaging import pictures, raw
from facedex.imaging.decode import open_photo
from facedex.types import Box

pytest.importorskip("rawpy", reason="rawpy has no wheel for this machine: RAW files are not read")

ORIENTATIONS = range(1, 9)
SCENE = photos.astronaut().crop((0, 0, 512, 340))
LARGE = SCENE.resize((2048, 1360))


def preview_of(jpeg):
    with pictures.open_picture(jpeg) as opened:
        return raw_files.Preview(jpeg, opened.facts.width_px, opened.facts.height_px)


def opened(data, long_side=1600):
    with open_photo(data, b"IMG_1.dng") as photo:
        pixels = photo.pixels(long_side)
        return photo, pixels


def difference(pixels, image):
    height, width = pixels.shape[:2]
    expected = np.asarray(image.resize((width, height))).astype(int)
    return float(np.abs(expected - pixels).mean())


def refused(data, name=b"IMG_1.dng"):
    with pytest.raises(DecodeError) as caught, open_photo(data, name) as photo:
        photo.pixels(1600)
    return caught.value


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_sensor_data_come_out_upright_where_there_is_no_preview(orientation):
    stored = photos.stored(SCENE, orientation)
    photo, pixels = opened(raw_files.dng(stored, orientation, margin_px=6))
    assert (photo.facts.width_px, photo.facts.height_px) == stored.size
    assert photo.facts.orientation == orientation
    assert photo.facts.format == "RAW"
    assert pixels.shape == (340, 512, 3)
    assert difference(pixels, SCENE) < 15


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_preview_stored_as_the_sensor_saw_it_comes_out_upright(orientation):
    preview = preview_of(saved(photos.stored(LARGE, orientation)))
    data = raw_files.dng(photos.stored(SCENE, orientation), orientation, previews=[preview])
    _photo, pixels = opened(data)
    assert pixels.shape == (1360, 2048, 3)
    assert difference(pixels, LARGE) < 5


@pytest.mark.parametrize("orientation", [1, 5, 6, 7, 8])
def test_a_preview_stored_upright_comes_out_upright(orientation):
    stored = photos.stored(SCENE, orientation)
    _photo, pixels = opened(raw_files.dng(stored, orientation, previews=[preview_of(saved(LARGE))]))
    assert difference(pixels, LARGE) < 5


@pytest.mark.parametrize("own", ORIENTATIONS)
@pytest.mark.parametrize("orientation", [1, 3, 8])
def test_a_preview_with_its_own_orientation_comes_out_upright(orientation, own):
    stored = photos.stored(SCENE, orientation)
    preview = preview_of(photos.turned(LARGE, own))
    _photo, pixels = opened(raw_files.dng(stored, orientation, previews=[preview]))
    assert difference(pixels, LARGE) < 5


def test_the_largest_preview_is_taken():
    previews = [preview_of(saved(SCENE.resize((160, 106)))), preview_of(saved(LARGE))]
    for order in (previews, previews[::-1]):
        _photo, pixels = opened(raw_files.dng(SCENE, previews=order))
        assert pixels.shape == (1360, 2048, 3)


def test_a_small_preview_is_not_enough():
    red = SCENE.resize((300, 200)).point(lambda _v: 255)
    _photo, pixels = opened(raw_files.dng(SCENE, previews=[preview_of(saved(red))]))
    assert difference(pixels, SCENE) < 15


def test_the_sensor_data_are_not_touched_where_a_preview_is_enough(monkeypatch):
    monkeypatch.setattr(raw.OpenedRaw, "_developed", None)
    _photo, pixels = opened(raw_files.dng(SCENE, previews=[preview_of(saved(LARGE))]), 1000)
    assert pixels.shape == (680, 1024, 3)


def test_a_preview_without_the_sensors_rim_is_put_in_its_place():
    # the camera leaves out a rim: 32 px left, 8 right, 20 above, 12 below
    crop = (32, 20, 472, 308)
    seen = LARGE.crop((128, 80, 2016, 1312))
    data = raw_files.dng(SCENE, margin_px=10, crop=crop, previews=[preview_of(saved(seen))])
    _photo, pixels = opened(data)
    assert pixels.shape == (1360, 2048, 3)
    inside = (slice(80, 1312), slice(128, 2016))
    assert difference(pixels[inside], seen) < 5
    assert (pixels[:80] == 128).all()


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_the_rim_lies_right_in_every_orientation(orientation):
    stored, large = photos.stored(SCENE, orientation), photos.stored(LARGE, orientation)
    width, height = stored.size
    left, top, right, bottom = 32, 20, width - 8, height - 12
    seen = large.crop((left * 4, top * 4, right * 4, bottom * 4))
    crop = (left, top, right - left, bottom - top)
    data = raw_files.dng(stored, orientation, crop=crop, previews=[preview_of(saved(seen))])
    _photo, pixels = opened(data)
    shown = box_to_upright(
        Box(left / width, top / height, right / width, bottom / height), orientation
    )
    rows = slice(round(shown.y0 * 1360), round(shown.y1 * 1360))
    columns = slice(round(shown.x0 * 2048), round(shown.x1 * 2048))
    expected = LARGE.crop((columns.start, rows.start, columns.stop, rows.stop))
    assert difference(pixels[rows, columns], expected) < 5


def test_a_wide_preview_of_a_less_wide_sensor_shows_its_middle():
    seen = LARGE.crop((0, 104, 2048, 1256))  # 16:9
    _photo, pixels = opened(raw_files.dng(SCENE, previews=[preview_of(saved(seen))]))
    assert pixels.shape == (1360, 2048, 3)
    assert difference(pixels[104:1256], seen) < 5


def test_a_broken_preview_is_replaced_by_the_sensor_data():
    whole = saved(LARGE)
    for jpeg in (whole[: len(whole) // 2], b"\xff\xd8\xff" + bytes(5000)):
        photo, pixels = opened(
            raw_files.dng(SCENE, previews=[raw_files.Preview(jpeg, *LARGE.size)])
        )
        assert difference(pixels, SCENE) < 15
        assert photo.damage is None


def test_of_broken_sensor_data_a_small_preview_is_shown():
    data = bytearray(raw_files.dng(SCENE, previews=[preview_of(saved(SCENE.resize((400, 266))))]))
    # they are said to be lossy JPEG, which they are not
    compression = struct.pack("<HHII", 259, 3, 1, 1)
    at = data.rindex(compression)
    data[at : at + 12] = struct.pack("<HHII", 259, 3, 1, 34892)
    _photo, pixels = opened(bytes(data))
    assert pixels.shape[1] == 400
    assert difference(pixels, SCENE) < 8


def test_date_and_camera_are_read():
    photo, _pixels = opened(raw_files.dng(SCENE))
    assert (photo.facts.taken_us, photo.facts.camera) == (1_591_012_800_000_000, "Test Camera")


@pytest.mark.parametrize("data", [b"", b"II*\0", b"FUJIFILMCCD-RAW 0201", b"x" * 5000])
def test_what_is_no_raw_file_is_refused_with_a_reason(data):
    fault = refused(data)
    assert fault.kind in {"unsupported", "damaged", "truncated"}
    assert fault.operation == "decode"
    assert fault.cause


def test_a_raw_that_breaks_off_is_refused_or_shown():
    whole = raw_files.dng(SCENE)
    for share in (0.1, 0.5, 0.9):
        fault = refused(whole[: int(len(whole) * share)])
        assert fault.kind in {"unsupported", "damaged", "truncated"}


def test_random_damage_is_refused_or_decoded():
    whole = raw_files.dng(SCENE.resize((96, 64)), previews=[preview_of(saved(SCENE))])
    random = np.random.default_rng(5)
    n_refused = 0
    for _ in range(60):
        damaged = bytearray(whole)
        # mostly the directories, which lie at the end
        for at in len(whole) - 1 - random.integers(0, 1200, 6):
            damaged[at] = random.integers(256)
        try:
            _photo, pixels = opened(bytes(damaged), 200)
        except DecodeError:
            n_refused += 1
        else:
            assert pixels.dtype == np.uint8
            assert pixels.ndim == 3
    assert n_refused


def test_a_huge_mosaic_without_a_preview_is_refused_before_it_is_developed(monkeypatch):
    monkeypatch.setattr(raw, "MAX_PIXELS", 512 * 340 - 1)
    assert refused(raw_files.dng(SCENE)).kind == "too_large"
    _photo, pixels = opened(raw_files.dng(SCENE, previews=[preview_of(saved(LARGE))]))
    assert pixels.shape == (1360, 2048, 3)


def test_without_rawpy_the_reason_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without_rawpy(name, *arguments, **options):
        if name == "rawpy":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without_rawpy)
    fault = refused(raw_files.dng(SCENE))
    assert fault.kind == "unsupported"
    assert "pip install rawpy" in fault.cause


def test_the_version_of_the_reader_is_known():
    assert raw.reader_version()


@pytest.mark.data
def test_real_dng(data_dir):
    path = data_dir / "album" / "formats" / "canon_eos_6d.dng"
    with open_photo(path.read_bytes(), os.fsencode(path)) as photo:
        pixels = photo.pixels(1600)
    assert (photo.facts.width_px, photo.facts.height_px) == (1224, 816)
    assert photo.facts.camera == "Canon EOS 6D"
    assert pixels.shape == (816, 1224, 3)
    assert pixels.std() > 30
