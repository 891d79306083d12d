import numpy as np
import photos
import pytest
from PIL import Image

from facedex.engines import model_files
from facedex.engines.cascade import BOX_SHARE, QUICK, Cascade, face_boxes
from facedex.engines.confirmer import FACE_PX, MIDDLE_CELL_PX, Answers, Confirmer
from facedex.engines.engine import create_engine
from facedex.engines.model_files import ModelName, get_model
from facedex.engines.proposer import Candidates, Proposer, merge_sizes
from facedex.engines.runtimes import OnnxNetworks
from facedex.engines.yunet import Proposals
from facedex.errors import ModelMissing
from facedex.geometry import iou
from facedex.types import DetectorName, DeviceName, EngineConfig, Precision, RuntimeName

CPU = {
    "runtime": RuntimeName.ONNXRUNTIME,
    "device": DeviceName.CPU,
    "precision": Precision.F32,
}
PLACE = np.array([[100, 100, 200, 200]], np.float32)


class FakeDetector:
    """Answers one cell of each crop, by the crop's number."""

    side_multiple = 1

    def __init__(self, score=1.0, cell=(6, 6), crop=1):
        self.score, self.cell, self.crop = score, cell, crop
        self.batches = []

    def run(self, planes):
        self.batches.append(planes)
        answer = np.full((len(planes), 1, 13, 13), -2.0, np.float32)
        for number in range(self.crop, len(planes), len(FACE_PX)):
            answer[number, 0, *self.cell] = self.score
        return answer


class FakeProposer:
    def __init__(self, *scores, box=(100, 100, 200, 200)):
        self.answer = Candidates(np.array([box], np.float32), np.array([scores], np.float32))

    def propose(self, photo, sizes, threshold):
        return self.answer


def found_with(yunet, detector, size=400, box=(100, 100, 200, 200)):
    cascade = Cascade(
        FakeProposer(*[yunet] * 3, box=box), Confirmer(lambda: FakeDetector(detector)), QUICK
    )
    return cascade.find_faces(np.zeros((size, size, 3), np.uint8), 640)


@pytest.mark.parametrize(
    ("yunet", "detector", "is_face"),
    [
        (0.9, 0.5, True),
        (0.95, -1.0, True),
        (0.3, 0.5, True),
        (0.3, -1.2, False),
        (0.7, -2.0, False),
    ],
)
def test_both_scores_decide(yunet, detector, is_face):
    found = found_with(yunet, detector)
    assert bool(found) == is_face
    assert all(0.5 < each.score < 1 for each in found)


def test_large_face_needs_less():
    assert found_with(0.75, -1.5, size=400)
    assert not found_with(0.75, -1.5, size=4000)


def test_no_proposals_are_no_faces():
    nothing = Candidates(np.empty((0, 4), np.float32), np.empty((0, 3), np.float32))
    proposer = FakeProposer(0.9)
    proposer.answer = nothing
    cascade = Cascade(proposer, Confirmer(FakeDetector), QUICK)
    assert cascade.find_faces(np.zeros((64, 64, 3), np.uint8), 640) == []


def test_middle_cell_of_the_middle_crop_gives_the_square_it_looks_at():
    photo = Image.new("RGB", (400, 400))
    answers = Confirmer(FakeDetector).ask(photo, PLACE)
    px = 100 / FACE_PX[1]
    middle = 150 + MIDDLE_CELL_PX * px
    assert answers.scores == pytest.approx([1.0])
    assert answers.boxes[0] == pytest.approx(
        [middle - 40 * px, middle - 40 * px, middle + 40 * px, middle + 40 * px], abs=1e-3
    )


def test_cell_and_crop_move_and_size_the_square():
    confirmer = Confirmer(lambda: FakeDetector(cell=(6, 8), crop=0))
    (box,) = confirmer.ask(Image.new("RGB", (400, 400)), PLACE).boxes
    px = 100 / FACE_PX[0]
    assert (box[0] + box[2]) / 2 == pytest.approx(150 + (16 + MIDDLE_CELL_PX) * px)
    assert box[2] - box[0] == pytest.approx(80 * px)


def test_cells_far_from_the_middle_do_not_count():
    answers = Confirmer(lambda: FakeDetector(cell=(0, 6))).ask(Image.new("RGB", (400, 400)), PLACE)
    assert answers.scores == pytest.approx([-2.0])


def test_box_of_a_face_that_the_detector_hardly_sees_comes_from_the_proposal():
    candidates = Candidates(np.repeat(PLACE, 2, axis=0), np.full((2, 3), 0.9, np.float32))
    seen = np.array([[0, 0, 9, 9], [0, 0, 9, 9]], np.float32)
    boxes = face_boxes(candidates, Answers(np.array([-1.0, 0.5], np.float32), seen))
    half = BOX_SHARE * 50
    assert boxes[0] == pytest.approx([150 - half, 150 - half, 150 + half, 150 + half])
    assert boxes[1].tolist() == [0, 0, 9, 9]


def test_scores_of_one_face_at_several_sizes_stand_side_by_side():
    near = PLACE + np.array([[3, 0, 3, 0]], np.float32)
    far = PLACE + 300
    small = Proposals(near, np.array([0.4], np.float32))
    large = Proposals(np.concatenate([PLACE, far]), np.array([0.9, 0.3], np.float32))
    merged = merge_sizes([small, large])
    np.testing.assert_array_equal(merged.boxes, np.concatenate([PLACE, far]))
    np.testing.assert_allclose(merged.scores, [[0.4, 0.9], [0, 0.3]])


@pytest.fixture(scope="module")
def networks(model_cache):
    networks = OnnxNetworks(model_cache, 1)
    yield networks
    networks.close()


@pytest.fixture(scope="module")
def confirmer(networks):
    return Confirmer(lambda: networks.session(ModelName.DETECTOR))


@pytest.mark.model
def test_crops_together_answer_as_one_by_one(networks, confirmer):
    proposer = Proposer(lambda: networks.session(ModelName.PROPOSER))
    photo = photos.both()
    places = proposer.propose(photo, (320, 640), 0.02).boxes[:12]
    assert len(places) > 8  # more crops than one batch holds
    together = confirmer.ask(photo, places)
    for number, place in enumerate(places):
        alone = confirmer.ask(photo, place[np.newaxis])
        assert alone.scores[0] == pytest.approx(together.scores[number], abs=1e-4)
        np.testing.assert_allclose(alone.boxes[0], together.boxes[number], atol=0.01)


@pytest.mark.model
def test_mirror_image_gives_the_mirrored_box(confirmer):
    photo, mirrored = photos.hopper(), photos.hopper().transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    place = np.array([[180, 140, 360, 330]], np.float32)
    flipped = np.stack(
        [photo.width - place[:, 2], place[:, 1], photo.width - place[:, 0], place[:, 3]], axis=1
    )
    a = confirmer.ask(photo, place, is_mirrored=True)
    b = confirmer.ask(mirrored, flipped)
    assert a.scores == pytest.approx(b.scores, abs=0.02)
    assert a.boxes[0, 0] == pytest.approx(photo.width - b.boxes[0, 2], abs=1)
    assert a.boxes[0, 1] == pytest.approx(b.boxes[0, 1], abs=1)


@pytest.mark.model
@pytest.mark.parametrize("is_thorough", [False, True])
@pytest.mark.parametrize("picture", [photos.astronaut, photos.hopper, photos.both])
def test_boxes_are_those_of_the_cnn(picture, is_thorough, model_cache):
    image = np.asarray(picture())
    cascade = create_engine(EngineConfig(is_thorough=is_thorough, **CPU), model_cache)
    cnn = create_engine(EngineConfig(DetectorName.CNN, working_size=1000, **CPU), model_cache)
    expected = sorted((d.box for d in cnn.detect(image)), key=lambda box: box.x0)
    found = sorted((d.box for d in cascade.detect(image)), key=lambda box: box.x0)
    assert len(found) == len(expected) == (2 if picture is photos.both else 1)
    assert all(iou(a, b) > 0.7 for a, b in zip(found, expected, strict=True))
    assert cascade.detect(image) == cascade.detect(image)
    for engine in (cascade, cnn):
        engine.close()


@pytest.mark.model
def test_face_cut_by_the_edge_is_found(model_cache):
    image = np.asarray(photos.hopper().crop((230, 0, 512, 600)))
    engine = create_engine(EngineConfig(**CPU), model_cache)
    assert len(engine.detect(image)) == 1
    engine.close()


@pytest.mark.model
def test_crowd_is_bounded(model_cache):
    face = photos.astronaut().crop((160, 40, 290, 200)).resize((32, 40))
    crowd = np.tile(np.asarray(face), (25, 25, 1))
    engine = create_engine(EngineConfig(is_thorough=True, **CPU), model_cache)
    assert 200 < len(engine.detect(crowd)) <= 300
    engine.close()


def test_missing_proposer_is_reported_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(model_files, "PROPOSER_PACKAGE", "no_such_package_of_models")
    monkeypatch.setenv("FACEDEX_MODELS", str(tmp_path))
    with pytest.raises(ModelMissing, match="face_detection_yunet_2023mar") as caught:
        get_model(ModelName.PROPOSER)
    assert "pip install" in caught.value.hint
    assert "--detector cnn" in caught.value.hint
    engine = create_engine(EngineConfig(**CPU), tmp_path)
    with pytest.raises(ModelMissing):
        engine.detect(np.zeros((64, 64, 3), np.uint8))


@pytest.mark.model
def test_users_own_file_is_found_and_a_wrong_one_hides_nothing(monkeypatch, tmp_path):
    installed = get_model(ModelName.PROPOSER)
    monkeypatch.setenv("FACEDEX_MODELS", str(tmp_path))
    own = tmp_path / ModelName.PROPOSER.filename
    own.write_bytes(b"another")
    assert get_model(ModelName.PROPOSER).path == installed.path
    own.write_bytes(installed.path.read_bytes())
    monkeypatch.setattr(model_files, "PROPOSER_PACKAGE", "no_such_package_of_models")
    assert get_model(ModelName.PROPOSER).path == own
