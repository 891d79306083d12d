"""``facedex bench``: what it prints, and that it ends cleanly."""

import json
import os
import re

import pytest

from facedex.db import files
from facedex.services.bench import run_bench
from facedex.services.bench.child import Cost
from facedex.services.bench.engines import StepTimes
from facedex.services.bench.photos import Sample
from facedex.services.bench.run_bench import BenchReport
from facedex.services.bench.scan import ScanCost
from facedex.types import EngineConfig

FAST = ("--detector", "hog", "--runtime", "dlib", "--jobs", "1", "--working-size", "640")
SHARES = {"read": 0.05, "decode": 0.25, "detect": 0.5, "encode": 0.2}
REPORT = BenchReport(
    Sample(None, (None,) * 24, False, 1203, 12.0, 4_200_000),
    EngineConfig(),
    768,
    "openvino cpu bf16",
    2,
    ScanCost(Cost(24, 4.0, 6.0), 48, 12.0, 512_000_000, False),
    Cost(24, 1.0, 2.0),
    StepTimes(0.02, 0.071, 0.0068, 2.0, SHARES),
    Cost(4, 2.0, 2.0),
    Cost(2, 30.0, 29.0),
)
BARE = BenchReport(
    Sample(None, (None,) * 2, True, 2, 12.0, 2_000_000),
    EngineConfig(is_thorough=True),
    1600,
    "dlib cpu f32",
    0,
    ScanCost(Cost(1, 40.0, None), 0, None, None, True),
    Cost(2, 1.0, None),
    None,
    None,
    None,
)
KEYS = {
    "ratios": {"share_of_decoding", "times_as_fast_as_hog", "times_as_fast_as_dlib_cnn"},
    "photos": {"n_photos", "n_candidates", "is_drawn", "megapixels", "size_bytes"},
    "engine": {
        "detector",
        "is_thorough",
        "working_size",
        "encode_crops",
        "networks_on",
        "n_workers",
    },
    "scan": {
        "n_photos",
        "wall_s",
        "photos_per_s",
        "processor_s_per_photo",
        "running_photos_per_s",
        "start_up_s",
        "n_faces",
        "faces_per_s",
        "peak_memory_bytes",
        "is_stopped",
    },
    "decoding": {"n_photos", "wall_s", "photos_per_s", "processor_s_per_photo"},
    "hog": {"n_photos", "wall_s", "photos_per_s", "processor_s_per_photo"},
    "dlib_cnn": {"n_photos", "wall_s", "photos_per_s", "processor_s_per_photo"},
    "steps": {"decode_s", "detect_s", "encode_s", "faces_per_photo", "shares", "limited_by"},
}


@pytest.fixture
def asked(monkeypatch):
    """Let the benchmark report this at once; return what it was asked."""
    calls = []

    def run(settings, options, _sink):
        calls.append((settings, options))
        return run.report

    run.report = REPORT
    calls.append(run)
    monkeypatch.setattr(run_bench, "run_bench", run)
    return calls


def test_the_table_has_ratios_first(facedex, asked):
    outcome = facedex("bench")
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert "24 of 1,203 photos, 12.0 megapixels and 4.2 MB" in lines[0]
    assert "cascade at 768 px on openvino cpu bf16, 2 crops a face, 2 worker" in lines[1]
    table = [line.split("\t") for line in lines if "\t" in line]
    assert table[0] == ["", "facedex scan is", "photos a second", "processor seconds a photo"]
    assert [line[1:] for line in table[1:]] == [
        ["", "6", "0.25"],
        ["", "12", ""],
        ["25% of it", "24", "0.0833"],
        ["3 times as fast", "2", "0.5"],
        ["90 times as fast", "0.0667", "14.5"],
    ]
    assert "finding faces 50%, encoding faces 20%; finding faces limits it" in outcome.out
    assert "71 ms a photo, encoding 6.8 ms a face; 2.0 faces a photo" in outcome.out
    assert (
        "12.0 faces a second. Start-up: 2.0 s. Peak memory of all processes: 512 MB" in outcome.out
    )
    assert "drawn" not in outcome.out


def test_what_could_not_be_measured_is_said(facedex, asked):
    asked[0].report = BARE
    out = facedex("bench").out
    assert "2 drawn photos" in out
    assert "facedex bench FOLDER" in out
    assert "thorough cascade at 1600 px" in out
    assert "Peak memory of all processes: not measured here" in out
    assert "Start-up: not measured here" in out
    assert re.search(r"dlib's CNN.*\tnot measured here\t\t", out)
    assert "The scan was stopped when its time was over" in out
    assert "dlib's CNN was not done with a photo in time" in out


def test_json_has_its_keys(facedex, asked):
    said = json.loads(facedex("bench", "--json").out)
    for part, keys in KEYS.items():
        assert set(said[part]) == keys
    assert set(said) == {"facedex", *KEYS}
    assert said["ratios"] == {
        "share_of_decoding": 0.25,
        "times_as_fast_as_hog": 3.0,
        "times_as_fast_as_dlib_cnn": pytest.approx(90),
    }
    assert said["steps"]["limited_by"] == "detect"


def test_json_says_null_for_what_was_not_measured(facedex, asked):
    asked[0].report = BARE
    said = json.loads(facedex("bench", "--json").out)
    assert said["hog"] is said["dlib_cnn"] is said["steps"] is None
    assert said["ratios"]["times_as_fast_as_hog"] is None
    assert said["scan"]["peak_memory_bytes"] is None


def test_options_reach_the_benchmark(facedex, asked, tmp_path):
    facedex(
        "bench", tmp_path, "--photos", "7", "--seconds", "9", "--detector", "cnn", "--jobs", "3"
    )
    settings, options = asked[1]
    assert options == run_bench.BenchOptions((tmp_path,), 7, 9.0)
    assert (settings.detector, settings.jobs) == ("cnn", 3)


def test_without_a_folder_or_a_library_photos_are_drawn(facedex, asked, tmp_path):
    facedex("bench")
    assert asked[1][1].folders == ()
    assert not (tmp_path / "library").exists()


def test_without_a_folder_those_of_the_library_are_used(facedex, asked, small, tmp_path):
    here = tmp_path / "here"
    here.mkdir()
    for path in (here, tmp_path / "unplugged"):
        files.ensure_root(small.db, os.fsencode(path))
    facedex("bench")
    assert asked[1][1].folders == (here,)


@pytest.mark.parametrize(
    "arguments", [["--photos", "0"], ["--seconds", "0.5"], ["--detector", "yolo"], ["a", "b"]]
)
def test_a_wrong_call_names_the_mistake(facedex, arguments):
    outcome = facedex("bench", *arguments)
    assert outcome.code == 2
    assert "Traceback" not in outcome.err


def test_help_says_what_is_counted(facedex):
    text = " ".join(facedex("bench", "--help").out.split())
    assert "divided by the time from the start of the command to its end" in text
    assert "Neither your library nor your photos are touched" in text


def test_a_folder_that_is_not_there_is_one_line(facedex, tmp_path):
    outcome = facedex("bench", tmp_path / "gone", *FAST)
    assert outcome.code == 2
    assert "does not exist" in outcome.err.splitlines()[-1]
    assert "Traceback" not in outcome.err
