"""How much memory a whole scan takes, its workers with it."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import photos
import psutil
import pytest
from PIL import Image

pytestmark = [
    pytest.mark.model,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells shared memory apart"),
]

SIZES = [(4032, 3024), (3024, 4032), (3500, 3500), (4620, 2600), (4240, 2832), (2832, 4240)]
LIMITS = {"cascade": 0.9e9, "cnn": 1.3e9}


def shared_out(process):
    """Return the bytes of a process and its children; what they share counts once."""
    total = 0
    for each in (process, *process.children(recursive=True)):
        try:
            total += each.memory_full_info().pss
        except psutil.Error:  # it has just ended
            continue
    return total


@pytest.fixture(scope="module")
def twelve_megapixels(tmp_path_factory):
    """A folder of photos of many shapes, and one of fifty megapixels."""
    folder = tmp_path_factory.mktemp("large")
    sizes = [*SIZES, *SIZES, (8000, 6000)]
    for number, size in enumerate(sizes):
        picture = photos.both().rotate(number).resize(size, Image.Resampling.BILINEAR)
        photos.write(folder / f"{number:02}.jpg", photos.encoded(picture))
    return folder


@pytest.mark.parametrize("detector", list(LIMITS))
def test_a_scan_of_large_photos_keeps_to_its_memory(twelve_megapixels, library, start, detector):
    running = start(
        "--library", library, "scan", "--jobs", "2", "--detector", detector, twelve_megapixels
    )
    watched = psutil.Process(running.pid)
    ended = threading.Event()

    def watch():
        peak = 0
        while not ended.wait(0.05):
            try:
                peak = max(peak, shared_out(watched))
            except psutil.NoSuchProcess:
                break
        return peak

    with ThreadPoolExecutor(1) as watcher:
        watching = watcher.submit(watch)
        _out, errors = running.communicate(timeout=300)
        ended.set()
    assert running.returncode == 0, errors
    assert photos.select(library, "SELECT count(*) FROM v1_photos") == [(len(SIZES) * 2 + 1,)]
    assert 0.2e9 < watching.result() < LIMITS[detector]
