"""Whole scans with plugins: in worker processes, beside failing ones, with other encoders."""

import contextlib
import json
import re
import textwrap
from dataclasses import replace

import photos
import pytest
from plugin_makers import DETECTOR, ENCODER, install_plugin, manifest, write_plugin

from facedex.db.library import open_library
from facedex.services.decisions import decide_faces
from facedex.types import DeviceName, EngineConfig, Precision, RuntimeName

pytestmark = pytest.mark.slow

CNN = EngineConfig(
    "cnn", RuntimeName.ONNXRUNTIME, 640, device=DeviceName.CPU, precision=Precision.F32
)
SETTLED = ("--runtime", "onnxruntime", "--device", "cpu", "--precision", "f32")
TOYS = (*SETTLED, "--detector", "toy", "--encoder", "colour")
FACES = "SELECT path, detector, score, dim, model FROM v1_faces JOIN v1_encodings USING (face_id)"


@pytest.fixture
def plugins(tmp_path, monkeypatch):
    folder = tmp_path / "plugins"
    monkeypatch.setenv("FACEDEX_PLUGINS", str(folder))
    return folder


@pytest.fixture
def toys(plugins):
    return write_plugin(plugins, "toys", DETECTOR + ENCODER)


def assert_one_line(done, code):
    assert done.returncode == code, done.stderr
    progress, line = done.stderr.decode().splitlines()
    assert progress == "Preparing the face models"
    assert line.startswith("facedex: ")
    return line


@pytest.mark.parametrize("jobs", ["0", "2"])
def test_worker_processes_use_the_detector_and_encoder_of_a_folder(
    album, library, toys, facedex, jobs
):
    done = facedex("--library", library, "scan", "--jobs", jobs, *TOYS, album)
    assert (done.returncode, done.stderr.count(b"WARNING")) == (0, 0), done.stderr
    found = photos.select(library, FACES)
    assert len(found) == len({path for path, *_ in found}) == 4  # one a photo
    assert {row[1:] for row in found} == {("toy", 0.75, 6, "colour-v1")}
    again = facedex("--library", library, "scan", "--jobs", jobs, *TOYS, "--log-json", album)
    counts = json.loads(again.stderr.splitlines()[-1])["counts"]
    assert (counts["unchanged"], counts["photos_searched"]) == (4, 0)


def test_worker_processes_use_the_detector_of_an_installed_package(
    album, library, tmp_path, plugins, facedex, monkeypatch
):
    site = install_plugin(tmp_path / "site", "toys", DETECTOR + ENCODER)
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=":")
    done = facedex("--library", library, "scan", "--jobs", "2", *TOYS, album)
    assert done.returncode == 0, done.stderr
    assert {row[1] for row in photos.select(library, FACES)} == {"toy"}


def test_plugins_that_fail_are_said_and_the_scan_goes_on(album, library, toys, facedex):
    write_plugin(toys, "a-crash", "1 / 0")
    write_plugin(toys, "b-old", "", manifest("b-old", api_version=0))
    done = facedex("--library", library, "scan", "--jobs", "2", *TOYS, album)
    assert done.returncode == 0, done.stderr
    warnings = [line for line in done.stderr.decode().splitlines() if "WARNING" in line]
    assert len(warnings) == 2
    assert re.search("a-crash.*not used.*ZeroDivisionError", warnings[0])
    assert re.search("b-old.*version 0", warnings[1])
    assert len(photos.select(library, FACES)) == 4


@pytest.mark.parametrize("kind", ["detector", "encoder", "runtime"])
def test_what_there_is_not_is_said_in_one_line_and_nothing_is_made(
    kind, album, library, toys, facedex
):
    done = facedex("--library", library, "scan", *TOYS, f"--{kind}", "nosuch", album)
    line = assert_one_line(done, 2)
    assert f"there is no {kind} nosuch; there are: " in line
    own = {"detector": "cascade, cnn", "encoder": "dlib-resnet, colour", "runtime": "torch, dlib"}
    assert own[kind] in line
    assert not library.exists()


def test_a_detector_that_fails_on_a_photo_costs_that_photo(album, library, plugins, facedex):
    code = DETECTOR.replace("return [Detection", "check(image); return [Detection")
    check = """
    def check(image):
        if image.shape[0] > image.shape[1]:
            raise ValueError('tall')
    """
    write_plugin(plugins, "picky", code + ENCODER + textwrap.dedent(check))
    done = facedex("--library", library, "scan", "--jobs", "0", *TOYS, album)
    problems = photos.select(library, "SELECT path, stage, kind, message FROM v1_problems")
    searched = photos.select(library, FACES)
    assert done.returncode == 3
    assert len(problems) + len(searched) == 4
    assert 0 < len(problems) < 3
    for _path, stage, kind, message in problems:
        assert (stage, kind) == ("analyse", "plugin")
        assert "detector toy of the plugin picky fails on it (ValueError: tall)" in message


@pytest.mark.parametrize("jobs", ["0", "1"])
def test_a_detector_that_fails_from_the_start_ends_the_scan(album, library, plugins, facedex, jobs):
    write_plugin(
        plugins, "broken", DETECTOR.replace("return [Detection", "1 / 0; [Detection") + ENCODER
    )
    done = facedex("--library", library, "scan", "--jobs", jobs, *TOYS, album)
    assert done.returncode == 1
    last = done.stderr.decode().splitlines()[-1]
    assert "detector toy of the plugin broken fails on every photo (ZeroDivisionError" in last
    assert b"Traceback" not in done.stderr


def test_a_detector_that_cannot_be_made_is_said_and_nothing_is_made(
    album, library, plugins, facedex
):
    write_plugin(plugins, "broken", DETECTOR.replace("self.tools = tools", "1 / 0") + ENCODER)
    line = assert_one_line(facedex("--library", library, "scan", *TOYS, album), 1)
    assert "detector toy of the plugin broken cannot be used" in line
    assert not library.exists()


@pytest.mark.model
def test_encodings_of_another_dimension_stand_beside_dlibs(album, library, toys, run_scan):
    run_scan(album, library, engine=CNN)
    faces = photos.select(library, "SELECT face_id, x0, y0 FROM v1_faces ORDER BY face_id")
    colour = replace(CNN, encoder="colour", plugins_dir=toys)
    report = run_scan(None, library, engine=colour)
    assert report.counts.photos_searched == 4
    assert photos.select(library, "SELECT face_id, x0, y0 FROM v1_faces ORDER BY face_id") == faces
    models = "SELECT model, dim, count(*), sum(length(vector)) FROM v1_encodings GROUP BY model"
    assert photos.select(library, models) == [
        ("colour-v1", 6, 5, 5 * 24),
        ("dlib-resnet-v1-55533b28-mirror", 128, 5, 5 * 512),
    ]
    assert run_scan(None, library, engine=colour).counts.photos_searched == 0


@pytest.mark.model
def test_another_number_of_crops_encodes_again(album, library, run_scan):
    run_scan(album, library, engine=CNN)
    report = run_scan(None, library, engine=replace(CNN, encode_crops=1))
    assert report.counts.photos_searched == 4
    assert photos.select(library, "SELECT count(*) FROM v1_encodings") == [(10,)]


@pytest.mark.model
def test_a_plugins_faces_go_when_another_detector_does_not_find_them(
    album, library, toys, run_scan
):
    toy = replace(CNN, detector="toy", encoder="colour", plugins_dir=toys)
    run_scan(album, library, engine=toy)
    # a face that somebody named stays, whoever found it
    (named,) = photos.select(library, "SELECT face_id FROM v1_faces WHERE path LIKE '%hopper.png'")
    with contextlib.closing(open_library(library)) as db:
        decide_faces.name_faces(db, list(named), "Grace")
    run_scan(None, library)
    origins = photos.select(
        library, "SELECT DISTINCT detector FROM v1_faces WHERE state = 'unknown'"
    )
    assert origins == [("cnn",)]
    assert photos.select(library, "SELECT person_name FROM v1_faces WHERE person_id NOTNULL") == [
        ("Grace",)
    ]
