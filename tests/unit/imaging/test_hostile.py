"""Files made to break decoders: each is decoded or refused with a reason, soon."""

import csv
import os
import time
from pathlib import Path

import pytest

from facedex.errors import DecodeError
from facedex.imaging.decode import open_photo
from facedex.imaging.formats import SNIFF_BYTES, sniff
from facedex.imaging.hashes import image_hash

pytestmark = pytest.mark.data

PROJECT = Path(__file__).resolve().parents[3]
LIMIT_S = 2.0
KINDS = {"too_large", "truncated", "unsupported", "damaged"}


def hostile_folder():
    given = os.environ.get("FACEDEX_TEST_DATA")
    return (Path(given) if given else PROJECT.parent / "shared/data/dev") / "hostile"


def listed():
    table = hostile_folder() / "hostile.csv"
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as lines:
        return [(row["file"], row["kind"]) for row in csv.DictReader(lines)]


@pytest.fixture(scope="module")
def files():
    found = {
        name: (hostile_folder() / name).read_bytes()
        for name, _kind in listed()
        if (hostile_folder() / name).is_file()
    }
    if not found:
        pytest.skip(f"no hostile files in {hostile_folder()}: set FACEDEX_TEST_DATA")
    return found


def outcome(data, name):
    """The photo's size, or the kind of fault; and the seconds it took."""
    began = time.perf_counter()
    try:
        with open_photo(data, os.fsencode(name)) as photo:
            height, width = photo.pixels(1600).shape[:2]
            result = (width, height)
    except DecodeError as fault:
        result = fault.kind
    return result, time.perf_counter() - began


def test_every_file_is_decoded_or_refused_with_a_reason_in_time(files):
    results = {name: outcome(data, name) for name, data in files.items()}
    slow = {name: seconds for name, (_result, seconds) in results.items() if seconds >= LIMIT_S}
    assert not slow
    refused = {name: result for name, (result, _s) in results.items() if isinstance(result, str)}
    assert set(refused.values()) <= KINDS
    assert 0 < len(refused) < len(results)


def test_every_file_has_an_image_hash(files):
    for data in files.values():
        assert len(image_hash(data, sniff(data[:SNIFF_BYTES]) or "")) == 32


def is_whole(name, kind):
    stem = Path(name).stem
    return (
        name.startswith("names/")
        or "image itself is valid" in kind
        or kind.startswith("valid jpeg")
        or stem.startswith(("exif_orientation", "exif_ifd", "exif_subifd", "exif_huge"))
        or stem in {"trailing_garbage", "no_eoi"}
    )


WHOLE = [name for name, kind in listed() if is_whole(name, kind)]


@pytest.mark.parametrize("name", WHOLE or ["names"])
def test_whole_pictures_with_awkward_names_or_metadata_decode(name, files):
    if not WHOLE:
        pytest.skip("no hostile files")
    if name not in files:
        pytest.skip(f"{name} is not in the folder")
    result, _seconds = outcome(files[name], name)
    assert not isinstance(result, str)


@pytest.mark.parametrize(
    "name", ["truncated_50pct.jpg", "truncated_95pct.jpg", "truncated_10pct.jpg"]
)
def test_of_a_jpeg_that_breaks_off_the_rest_is_shown(name, files):
    with open_photo(files[f"generated/{name}"], b"x") as photo:
        pixels = photo.pixels(1600)
    assert pixels.size
    assert photo.damage


def test_bombs_are_refused_as_too_large(files):
    bombs = [
        name
        for name in files
        if name.startswith("generated/bomb_") or "65500" in name or "65535.gif" in name
    ]
    assert len(bombs) == 4
    for name in bombs:
        result, seconds = outcome(files[name], name)
        assert result == "too_large", name
        assert seconds < 0.5


def test_the_same_picture_under_other_names_has_one_hash(files):
    names = [name for name in files if name.startswith("names/")]
    assert len({image_hash(files[name], "JPEG") for name in names}) == 1
    same = image_hash(files[names[0]], "JPEG")
    for name in ("trailing_garbage.jpg", "jpeg_named.png", "exif_date_0.jpg", "no_eoi.jpg"):
        assert image_hash(files[f"generated/{name}"], "JPEG") == same
