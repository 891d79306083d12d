"""The way of one photo with an engine that finds what it is told to find."""

import io
import os

import numpy as np
import pytest
from PIL import Image

from facedex.engines.encoding.quality import face_quality
from facedex.errors import EngineError
from facedex.imaging.hashes import content_hash, image_hash
from facedex.pipeline.analyse_photo import PhotoAnalyser
from facedex.pipeline.messages import EncodeJob, PreviewJob, ScanJob
from facedex.pipeline.supervisor import InlinePool, Task
from facedex.types import Box, Detection, EncodedFace, EngineConfig, FacePlace

BOX = Box(0.1, 0.2, 0.3, 0.6)


class FakeEngine:
    engine_id = model_id = "fake"

    def __init__(self):
        self.found = [Detection(BOX, 1.5, "cnn")]
        self.fault = None
        self.n_searched = 0
        self.quality = 0.6
        self.region_lies = 1
        self.sees_face_in_region = True

    def detect(self, image):
        self.n_searched += 1
        if self.fault is not None:
            raise self.fault
        return self.found

    decode_size = 160

    def encode(self, image, places):
        return [
            EncodedFace(
                np.full((5, 2), 0.25, np.float32), np.full(128, i, np.float32), self.quality
            )
            for i, _place in enumerate(places)
        ]

    def fit_box_from_region(self, image, region):
        place = FacePlace(region, self.region_lies, self.sees_face_in_region)
        return place if region.area > 0.01 else None


@pytest.fixture
def engine():
    return FakeEngine()


@pytest.fixture
def analyser(tmp_path, engine, monkeypatch):
    monkeypatch.setattr("facedex.engines.engine.create_engine", lambda *_args: engine)
    return PhotoAnalyser(EngineConfig(working_size=160), tmp_path)


@pytest.fixture
def write(tmp_path):
    def write_one(name="photo.jpg", image_format="JPEG", size=(400, 300), **options):
        out = io.BytesIO()
        Image.new("RGB", size, "teal").save(out, image_format, **options)
        (tmp_path / name).write_bytes(out.getvalue())
        return os.fsencode(tmp_path / name)

    return write_one


def do(analyser, job, ask=lambda _image: True):
    return analyser.run(job, ask, lambda: None)


def read(path):
    with open(path, "rb") as file:  # noqa: PTH123
        return file.read()


def test_a_new_photo_is_hashed_searched_and_encoded(analyser, write):
    path = write()
    result = do(analyser, ScanJob(path))
    assert result.content_hash == content_hash(read(path))
    assert result.image_hash == image_hash(read(path), "JPEG")
    assert (result.facts.width_px, result.facts.height_px) == (400, 300)
    [face] = result.faces
    assert (face.box, face.origin, face.score) == (BOX, "cnn", 1.5)
    assert face.encoding.shape == (128,)
    assert face.thumbnail.startswith(b"\xff\xd8")
    assert result.problem is None


@pytest.mark.parametrize(
    ("detector", "of_picture", "expected"),
    [
        ("cnn", 0.6, 0.6),
        ("cascade", 0.6, face_quality(0.6, 0.97)),
        ("cascade", None, None),
    ],
)
def test_quality_goes_by_the_cascades_score_and_no_others(
    analyser, write, engine, detector, of_picture, expected
):
    engine.found = [Detection(BOX, 0.97, detector)]
    engine.quality = of_picture
    [face] = do(analyser, ScanJob(write())).faces
    assert face.quality == expected


@pytest.mark.parametrize("of_picture", [0.6, None])
def test_a_face_in_a_drawn_rectangle_has_the_quality_of_the_picture(
    analyser, write, engine, of_picture
):
    engine.quality = of_picture
    [face] = do(analyser, EncodeJob(write(), (BOX,))).faces
    assert face.quality == of_picture


@pytest.mark.parametrize("of_picture", [0.6, None])
def test_a_drawn_rectangle_in_which_nothing_is_seen_has_no_quality(
    analyser, write, engine, of_picture
):
    engine.quality, engine.sees_face_in_region = of_picture, False
    [face] = do(analyser, EncodeJob(write(), (BOX,))).faces
    assert face.quality == 0


def test_a_known_image_is_not_searched(analyser, write, engine):
    asked = []
    path = write()
    result = do(analyser, ScanJob(path), lambda image: bool(asked.append(image)))
    assert asked == [image_hash(read(path), "JPEG")]
    assert result.faces is None
    assert result.facts is not None
    assert engine.n_searched == 0


def test_boxes_are_given_in_the_frame_of_the_stored_pixels(analyser, write):
    exif = Image.Exif()
    exif[0x0112] = 6
    [face] = do(analyser, ScanJob(write(exif=exif))).faces
    assert (face.box.x0, face.box.y0) == pytest.approx((BOX.y0, 1 - BOX.x1))
    assert (face.box.x1, face.box.y1) == pytest.approx((BOX.y1, 1 - BOX.x0))
    np.testing.assert_allclose(face.landmarks, [[0.25, 0.75]] * 5)


def test_boxes_over_the_edge_are_clipped_and_those_outside_left_out(analyser, write, engine):
    engine.found = [
        Detection(Box(-0.1, 0.5, 0.2, 1.2), 2, "cnn"),
        Detection(Box(1.1, 0.1, 1.4, 0.4), 1, "hog"),
    ]
    [face] = do(analyser, ScanJob(write())).faces
    assert face.box == Box(0, 0.5, 0.2, 1)


def test_a_photo_without_faces_was_searched(analyser, write, engine):
    engine.found = []
    assert do(analyser, ScanJob(write())).faces == ()


@pytest.mark.parametrize(("name", "words"), [("x.nef", "RAW"), ("x.psd", ".psd pictures")])
def test_pictures_of_other_formats_are_hashed_and_named(analyser, tmp_path, name, words):
    (tmp_path / name).write_bytes(b"II*\0" + bytes(100) if name == "x.nef" else b"8BPS")
    result = do(analyser, ScanJob(os.fsencode(tmp_path / name)))
    assert result.content_hash is not None
    assert result.problem.kind == "unsupported"
    assert words in result.problem.message


def test_a_photo_too_large_to_hold_says_so(analyser, write, monkeypatch):
    monkeypatch.setattr("facedex.pipeline.reading.MAX_PHOTO_BYTES", 100)
    monkeypatch.setattr("facedex.pipeline.analyse_photo.MAX_PHOTO_BYTES", 100)
    assert "larger than" in do(analyser, ScanJob(write())).problem.message


def test_other_files_are_only_hashed(analyser, tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    result = do(analyser, ScanJob(os.fsencode(tmp_path / "notes.txt")))
    assert result.content_hash == content_hash(b"hello")
    assert (result.image_hash, result.faces, result.problem) == (None, None, None)


def test_a_damaged_photo_is_hashed_with_a_problem(analyser, tmp_path):
    (tmp_path / "x.jpg").write_bytes(b"<html>")
    result = do(analyser, ScanJob(os.fsencode(tmp_path / "x.jpg")))
    assert result.content_hash == content_hash(b"<html>")
    assert result.facts is None
    assert (result.problem.stage, result.problem.kind) == ("decode", "unsupported")


def test_what_is_left_of_a_photo_is_searched(analyser, write, tmp_path):
    path = write()
    (tmp_path / "photo.jpg").write_bytes(read(path)[:-400])
    result = do(analyser, ScanJob(path))
    assert len(result.faces) == 1
    assert result.problem.kind == "truncated"
    assert "the rest was searched" in result.problem.message


def test_a_file_that_is_gone_has_only_a_problem(analyser, tmp_path):
    result = do(analyser, ScanJob(os.fsencode(tmp_path / "gone.jpg")))
    assert (result.content_hash, result.stat) == (None, None)
    assert result.problem.kind == "gone"


def test_a_fault_of_the_engine_is_not_taken_for_a_damaged_photo(analyser, write, engine):
    engine.fault = RuntimeError("the runtime failed")
    with pytest.raises(RuntimeError, match="the runtime failed"):
        do(analyser, ScanJob(write()))


def test_an_engine_that_cannot_do_this_photo_says_so(analyser, write, engine):
    engine.fault = EngineError(b"x", "detect", "too many faces", "engine")
    result = do(analyser, ScanJob(write()))
    assert (result.problem.stage, result.problem.kind) == ("detect", "engine")
    assert result.content_hash is not None


def test_rectangles_are_encoded_inside_themselves(analyser, write):
    tiny = Box(0.5, 0.5, 0.51, 0.51)
    result = do(analyser, EncodeJob(write(), (BOX, tiny)))
    first, second = result.faces
    assert (first.box, first.origin, first.score) == (BOX, "picasa", None)
    assert second is None
    assert len(result.thumbnails) == 2


def test_rectangles_on_a_photo_that_cannot_be_read(analyser, tmp_path):
    result = do(analyser, EncodeJob(os.fsencode(tmp_path / "gone.jpg"), (BOX, BOX)))
    assert result.faces == (None, None)
    assert result.thumbnails == ()
    assert result.problem.kind == "gone"


def test_preview(analyser, write, engine):
    with Image.open(io.BytesIO(do(analyser, PreviewJob(write(), 200)).jpeg)) as image:
        assert image.size == (200, 150)
    assert engine.n_searched == 0


def test_preview_of_a_damaged_photo(analyser, tmp_path):
    (tmp_path / "x.jpg").write_bytes(b"")
    result = do(analyser, PreviewJob(os.fsencode(tmp_path / "x.jpg"), 200))
    assert (result.jpeg, result.problem.kind) == (b"", "damaged")


def test_the_engine_is_loaded_when_it_is_first_needed(tmp_path, write, engine, monkeypatch):
    made = []
    monkeypatch.setattr(
        "facedex.engines.engine.create_engine", lambda *_args: made.append(1) or engine
    )
    analyser = PhotoAnalyser(EngineConfig(), tmp_path)
    do(analyser, ScanJob(write()), lambda _image: False)
    assert made == []
    do(analyser, ScanJob(write()))
    do(analyser, ScanJob(write()))
    assert made == [1]


def test_the_pool_without_processes_does_all_in_order(tmp_path, write, engine, monkeypatch):
    monkeypatch.setattr("facedex.engines.engine.create_engine", lambda *_args: engine)
    pool = InlinePool(EngineConfig(), tmp_path)
    paths = [write(f"{i}.jpg") for i in range(5)]
    done = []
    tasks = [Task(i, ScanJob(path)) for i, path in enumerate(paths)]
    for task, result in pool.run(tasks, lambda _i: True, done.append, lambda: len(done) == 3):
        assert result.problem is None
        done.append(task.item)
    pool.close()
    assert done == [0, 1, 2]  # stopped after three
