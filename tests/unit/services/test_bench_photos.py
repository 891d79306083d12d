import os

import photos
import pytest
from PIL import Image

from facedex.errors import UsageError
from facedex.imaging.hashes import image_hash
from facedex.services.bench.photos import copy_sample, decode_half, draw_sample

SMALL = photos.encoded(Image.new("RGB", (300, 200), "red"))


@pytest.fixture
def folder(tmp_path):
    """Ten photos in two folders, one of them broken, and what is no photo."""
    folder = tmp_path / "photos"
    for number in range(10):
        photos.write(folder / str(number % 2) / f"{number}.JPG", SMALL + b"%d" % number)
    (folder / "0" / "4.JPG").write_bytes(SMALL[:40])
    photos.write(folder / "notes.txt", b"text")
    photos.write(folder / "film.mp4", b"\0" * 100)
    return folder


def facts(folder):
    return {
        path: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ctime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_sample_is_spread_over_all_photos_and_leaves_them_alone(folder, tmp_path):
    before = facts(folder)
    sample = copy_sample([folder], 3, tmp_path / "sample", limit_s=60)
    # walked: 0/0 0/2 0/4 0/6 0/8 1/1 1/3 1/5 1/7 1/9; of these the 1st, the 4th and the 7th
    assert [path.read_bytes()[-1:] for path in sample.paths] == [b"0", b"6", b"3"]
    assert sorted(sample.folder.iterdir()) == sorted(sample.paths)
    assert (sample.n_photos, sample.n_candidates, sample.is_drawn) == (3, 10, False)
    assert sample.megapixels == pytest.approx(0.06)
    assert sample.size_bytes == len(SMALL) + 1
    assert facts(folder) == before


def test_another_photo_is_taken_for_a_broken_one(folder, tmp_path):
    sample = copy_sample([folder], 5, tmp_path / "sample", limit_s=60)
    last = [path.read_bytes()[-1:] for path in sample.paths]
    assert last == [b"0", b"8", b"3", b"7", b"2"]  # 4 is broken: 2 comes for it, at the end


def test_a_small_folder_is_taken_whole(folder, tmp_path):
    assert copy_sample([folder], 100, tmp_path / "sample", limit_s=60).n_photos == 9


def test_photos_of_several_folders(folder, tmp_path):
    both = [folder / "0", folder / "1"]
    assert copy_sample(both, 100, tmp_path / "sample", limit_s=60).n_candidates == 10


def test_copying_ends_with_its_time(folder, tmp_path):
    assert copy_sample([folder], 5, tmp_path / "sample", limit_s=0).n_photos == 1


def test_folders_without_a_usable_photo_are_told(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no photo"):
        copy_sample([tmp_path / "empty"], 5, tmp_path / "sample", limit_s=60)
    with pytest.raises(UsageError, match="does not exist"):
        copy_sample([tmp_path / "gone"], 5, tmp_path / "other", limit_s=60)


def test_a_photo_that_may_not_be_read_is_left_out(folder, tmp_path):
    os.chmod(folder / "0" / "0.JPG", 0)  # noqa: PTH101
    if os.access(folder / "0" / "0.JPG", os.R_OK):
        pytest.skip("this user may read everything")
    assert copy_sample([folder], 100, tmp_path / "sample", limit_s=60).n_photos == 8


def test_drawn_photos_have_the_size_and_are_all_different(tmp_path):
    sample = draw_sample(3, tmp_path / "drawn", megapixels=0.3)
    assert (sample.n_photos, sample.is_drawn) == (3, True)
    assert sample.megapixels == pytest.approx(0.3, rel=0.02)
    pictures = set()
    for path in sample.paths:
        pictures.add(image_hash(path.read_bytes(), "JPEG"))
        with Image.open(path) as image:
            assert image.width * image.height == pytest.approx(0.3e6, rel=0.02)
    assert len(pictures) == 3


def test_decoding_at_half_size_decodes(tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(photos.encoded(photos.hopper())[:-2000])
    with pytest.raises(OSError, match="truncated"):
        decode_half(broken)
