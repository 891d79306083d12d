"""Whole scans whose networks run in the device's process: the same library, whatever happens to
it."""

import contextlib
import os
import random
import signal
import threading
import time

import made_up_device
import numpy as np
import photos
import psutil
import pytest

pytestmark = [pytest.mark.model, pytest.mark.slow]

LOCAL = ("--runtime", "onnxruntime", "--device", "cpu", "--precision", "f32")
REMOTE = ("--runtime", made_up_device.NAME, "--device", "gpu")
FACES = (
    "SELECT path, x0, y0, x1, y1, origin, score, quality, landmarks, vector"
    " FROM v1_faces JOIN v1_encodings USING (face_id) ORDER BY path, x0, y0"
)
TAKES_OVER = b"the processor takes over"


def assert_same_faces(library, wanted):
    """Boxes and landmarks are equal; encodings within a millionth."""
    found, expected = photos.select(library, FACES), photos.select(wanted, FACES)
    assert len(found) == len(expected) > 0
    for ours, theirs in zip(found, expected, strict=True):
        assert ours[:6] == theirs[:6]
        assert ours[8] == theirs[8]
        np.testing.assert_allclose(ours[6:8], theirs[6:8], atol=1e-5)
        vectors = [np.frombuffer(row[9], "<f4") for row in (ours, theirs)]
        np.testing.assert_allclose(*vectors, atol=1e-6)


class Scans:
    """Scans of one folder on the made-up device."""

    def __init__(self, facedex, start, folder, tmp_path):
        self._facedex, self._start = facedex, start
        self.folder = folder
        self.faults = tmp_path / "faults"
        self.local = tmp_path / "local"
        done = facedex("--library", self.local, "scan", "--jobs", "0", *LOCAL, folder)
        assert done.returncode == 0, done.stderr

    def fault(self, name, content=""):
        (self.faults / name).write_text(content)

    def arguments(self, library, *more):
        return ("--library", library, "scan", *(more or ("--jobs", "2")), *REMOTE, self.folder)

    def run(self, library, *more):
        done = self._facedex(*self.arguments(library, *more))
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr
        assert photos.select(library, "SELECT * FROM v1_problems") == []
        return done.stderr

    def start(self, library):
        return self._start(*self.arguments(library))

    def runs(self):
        """Return (process, items) of each run in the device's process."""
        path = self.faults / "runs"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(int(pid), int(n)) for pid, n in (line.split() for line in lines)]


@pytest.fixture
def scans(album, tmp_path, monkeypatch, facedex, start):
    monkeypatch.setenv("FACEDEX_PLUGINS", str(made_up_device.install(tmp_path / "plugins")))
    monkeypatch.setenv("FACEDEX_TEST_DEVICE", str(tmp_path / "faults"))
    (tmp_path / "faults").mkdir()
    return Scans(facedex, start, album, tmp_path)


@pytest.mark.parametrize("detector", ["cascade", "cnn"])
def test_faces_are_those_of_the_processor(scans, library, tmp_path, facedex, detector):
    options = ("--detector", detector, "--jobs", "2")
    done = facedex("--library", tmp_path / "here", "scan", *options, *LOCAL, scans.folder)
    assert done.returncode == 0, done.stderr
    assert TAKES_OVER not in scans.run(library, *options)
    assert_same_faces(library, tmp_path / "here")
    assert len({pid for pid, _ in scans.runs()}) == 1


def test_without_workers_there_is_no_device_process(scans, library):
    scans.run(library, "--jobs", "0")
    assert_same_faces(library, scans.local)
    assert scans.runs() == []


def test_small_memory_makes_batches_smaller(scans, library):
    scans.fault("most", "1")
    assert b"out of memory" in scans.run(library)
    assert_same_faces(library, scans.local)


def test_a_device_that_refuses_is_replaced_by_the_processor_with_one_warning(scans, library):
    scans.fault("refuse", "an illegal memory access was encountered")
    said = scans.run(library)
    assert said.count(TAKES_OVER) == 1
    assert b"made-up gpu f32 failed (an illegal memory access was encountered)" in said
    assert_same_faces(library, scans.local)


def test_a_device_without_any_memory_is_replaced_by_the_processor(scans, library):
    scans.fault("most", "0")
    assert scans.run(library).count(TAKES_OVER) == 1
    assert_same_faces(library, scans.local)


def test_a_device_whose_process_never_lives_long_is_replaced(scans, library):
    scans.fault("die-open")
    said = scans.run(library)
    assert said.count(TAKES_OVER) == 1
    assert b"its process ended several times" in said
    assert_same_faces(library, scans.local)


def test_a_device_that_hangs_is_started_again(scans, library):
    scans.fault("deadline", "5")
    scans.fault("hang")
    assert TAKES_OVER not in scans.run(library)
    assert_same_faces(library, scans.local)
    assert len({pid for pid, _ in scans.runs()}) == 2


def test_a_photo_that_kills_the_device_is_searched_by_the_processor(scans, library, facedex):
    corner = photos.hopper().copy()
    corner.paste((201, 0, 0), (0, 0, 60, 60))
    photos.write(scans.folder / "corner.png", photos.encoded(corner, "PNG"))
    done = facedex("--library", scans.local, "scan", "--jobs", "0", *LOCAL)
    assert done.returncode == 0
    scans.fault("poison", "201")
    said = scans.run(library)
    assert said.count(TAKES_OVER) == 1
    assert b"ended twice with the same picture in hand" in said
    assert_same_faces(library, scans.local)


def test_a_bug_on_the_device_is_one_photos_problem_with_its_traceback(scans, library, facedex):
    scans.fault("bug")
    done = facedex(*scans.arguments(library))
    assert done.returncode == 3
    assert b"ZeroDivisionError: a bug" in done.stderr
    assert done.stderr.count(b"Traceback") == 2  # the worker's and the device's
    problems = photos.select(library, "SELECT stage, kind FROM v1_problems")
    assert problems == [("analyse", "internal")]


# --- killed ------------------------------------------------------------------------------------


def children(running):
    """Return a scan's child processes."""
    try:
        found = psutil.Process(running.pid).children()
        return [each for each in found if "spawn_main" in " ".join(each.cmdline())]
    except psutil.NoSuchProcess:
        return []


@pytest.mark.data
def test_killed_twenty_times_the_library_is_the_same(scans, data_dir, tmp_path, facedex):
    for path in sorted((data_dir / "album" / "groups").glob("*.jpg")):
        photos.write(scans.folder / path.name, path.read_bytes())
    assert facedex("--library", scans.local, "scan", "--jobs", "0", *LOCAL).returncode == 0
    seeded = random.Random(3)
    killed = {"device": 0, "worker": 0}
    for number in range(40):  # on a quick machine a scan may end before it is killed five times
        if killed["device"] >= 16 and killed["worker"] >= 4:
            break
        library = tmp_path / f"library {number}"
        running = scans.start(library)
        talk = threading.Thread(target=running.communicate)
        talk.start()
        n_here = 0
        while running.poll() is None and n_here < 5:
            time.sleep(seeded.uniform(0.05, 0.4))
            devices = {pid for pid, _ in scans.runs()}
            kind = "worker" if n_here == 2 else "device"  # a photo's second worker must not die
            wanted = [
                each for each in children(running) if (each.pid in devices) == (kind == "device")
            ]
            if wanted and devices:
                with contextlib.suppress(psutil.NoSuchProcess):
                    seeded.choice(wanted).kill()
                    killed[kind] += 1
                    n_here += 1
        talk.join(timeout=120)
        assert running.returncode == 0
        assert photos.is_sound(library)
        assert photos.select(library, "SELECT * FROM v1_problems") == []
        assert_same_faces(library, scans.local)
    assert killed["device"] >= 16
    assert killed["worker"] >= 4


@pytest.mark.parametrize("moment", ["early", "late"])
def test_a_killed_scan_leaves_no_process_and_no_memory(scans, library, moment):
    running = scans.start(library)
    wait_for(lambda: len(children(running)) == 3 and (moment == "early" or scans.runs()))
    left = children(running)
    running.kill()
    running.communicate()
    wait_for(lambda: not any(is_alive(each) for each in left))
    assert photos.shared_names() == []
    scans.run(library)
    assert_same_faces(library, scans.local)


def test_a_killed_scan_ends_a_device_that_hangs(scans, library):
    scans.fault("hang")
    running = scans.start(library)
    wait_for(lambda: scans.runs() and not (scans.faults / "hang").exists())
    left = children(running)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    wait_for(lambda: not any(is_alive(each) for each in left))


def is_alive(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def wait_for(condition, timeout_s=60):
    until = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)
