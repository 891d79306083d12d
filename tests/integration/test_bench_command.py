"""``facedex bench`` as a process: it measures, and ends cleanly whenever it is interrupted."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import photos
import psutil
import pytest

pytestmark = [pytest.mark.model, pytest.mark.slow]

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
FAST = (
    "--detector", "hog", "--runtime", "dlib", "--jobs", "1", "--working-size", "640",
    "--seconds", "200",
)  # fmt: skip


@pytest.fixture
def temporary(tmp_path):
    """Return the folder of temporary files, and the environment that says so."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder, os.environ | {"TMPDIR": str(folder)}


def test_figures_of_the_photos_in_a_folder(album, library, temporary, facedex):
    folder, environment = temporary
    (album / "broken.jpg").write_bytes(photos.encoded(photos.hopper())[:300])
    before = {path: path.stat() for path in album.rglob("*")}
    done = facedex(
        "--library", library, "bench", album, "--json", "--photos", "3", *FAST, env=environment
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["photos"]["n_photos"] == said["scan"]["n_photos"] == 3
    assert said["photos"]["n_candidates"] == 5
    assert said["scan"]["n_faces"] > 0
    rates = said["scan"]["photos_per_s"], said["decoding"]["photos_per_s"]
    assert said["ratios"]["share_of_decoding"] == pytest.approx(rates[0] / rates[1])
    assert sum(said["steps"]["shares"].values()) == pytest.approx(1)
    if sys.platform == "linux":
        assert said["scan"]["peak_memory_bytes"] > 50_000_000
    assert {path: path.stat().st_ctime_ns for path in before} == {
        path: stat.st_ctime_ns for path, stat in before.items()
    }
    assert list(folder.glob("facedex*")) == []
    assert not library.exists()


@pytest.mark.parametrize(
    ("phase", "number", "code"),
    [("Drawing photos", signal.SIGINT, 130), ("Scanning", signal.SIGINT, 130),
     ("Scanning", signal.SIGTERM, 143), ("dlib's CNN", signal.SIGINT, 130)],
)  # fmt: skip
def test_interrupted_it_ends_its_children_and_leaves_nothing(
    library, temporary, start, phase, number, code
):
    folder, environment = temporary
    running = start(
        "--library", library, "bench", "--photos", "4", *FAST, env=environment,
        start_new_session=True,
    )  # fmt: skip
    said = []
    for line in running.stderr:
        said.append(line.decode())
        if said[-1].startswith(phase):
            break
    threading.Event().wait(1.0)  # so that the phase has begun its work
    children = psutil.Process(running.pid).children(recursive=True)
    os.killpg(running.pid, number)  # as a terminal does
    _, rest = running.communicate(timeout=60)
    assert running.returncode == code, said
    assert b"Traceback" not in rest
    psutil.wait_procs(children, timeout=30)
    assert not any(each.is_running() for each in children)
    assert list(folder.glob("facedex*")) == []


@pytest.mark.parametrize("name", ["whole_scan.py", "rescan.py"])
def test_benchmarks_explain_themselves(name):
    done = subprocess.run(
        [sys.executable, BENCHMARKS / name, "--help"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("usage: ")
    assert "--keep" in done.stdout or "--chart" in done.stdout


def test_rescan_of_a_few_files_is_measured(tmp_path):
    command = [sys.executable, BENCHMARKS / "rescan.py", "--files", "12", "--folders", "3"]
    done = subprocess.run(
        [*command, "--runs", "1", "--keep", tmp_path], capture_output=True, text=True, check=True
    )
    assert "12 unchanged files, medians of 1 runs in turn" in done.stdout
    assert len(list((tmp_path / "photos").rglob("*.JPG"))) == 12
