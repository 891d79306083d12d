import numpy as np
import photos
import pytest
from PIL import Image

from facedex.engines.dlib_cnn.rects import PixelRect, ScoredRect, suppress_overlaps
from facedex.engines.engine import create_engine
from facedex.engines.finding.cascade import (
    BOX_SHARE,
    QUICK,
    SAME_BUT_TURNED,
    SAME_FACE,
    SURELY_FACE,
    SURELY_NONE,
    THOROUGH,
    Cascade,
    Signs,
    face_boxes,
    find_pairs,
    settle,
)
from facedex.engines.finding.confirmer import FACE_PX, MIDDLE_CELL_PX, Answers, Confirmer
from facedex.engines.finding.cutting import shrink
from facedex.engines.finding.proposer import CLOSE_FACE_PX, ProposedPlaces, Proposer, merge_sizes
from facedex.engines.finding.yunet import Proposals
from facedex.engines.models import model_files
from facedex.engines.models.model_files import ModelName, get_model
from facedex.engines.runtimes import OnnxNetworks
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
    """Sees one place at each size, and again, a little higher, in the close crop."""

    def __init__(self, sizes, close, box=(100, 100, 200, 200)):
        self.sizes, self.close = sizes, close
        self.box = np.array([box], np.float32)

    def propose(self, pictures, photo_size, threshold):
        self.seen_sizes = [max(picture.size) for picture in pictures]
        return ProposedPlaces(self.box, np.array([self.sizes], np.float32), [1])

    def propose_turned(self, picture, photo_size, threshold, upright):
        return ProposedPlaces(np.empty((0, 4), np.float32), upright.scores[:0], [])

    def look_closely(self, pictures, places, orientations):
        return Proposals(places - [[0, 8, 0, 8]], np.array([self.close], np.float32))


def found_with(yunet, close, detector, size=400, preset=QUICK):
    asked = FakeDetector(detector)
    proposer = FakeProposer([yunet] * len(preset.shares), close)
    cascade = Cascade(proposer, Confirmer(lambda: asked), preset)
    found = cascade.find_faces(np.zeros((size, size, 3), np.uint8), 640)
    return found, bool(asked.batches)


@pytest.mark.parametrize("preset", [QUICK, THOROUGH])
@pytest.mark.parametrize(
    ("yunet", "close", "detector", "is_face"),
    [
        (0.7, 0.7, 0.5, True),
        (0.7, 0.7, -2.0, False),
        (0.4, 0.4, 0.8, True),
        (0.4, 0.4, -1.2, False),
        (0.5, 0.85, -0.9, True),
        (0.5, 0.15, -0.9, False),
    ],
)
def test_all_that_is_said_decides(yunet, close, detector, is_face, preset):
    found, was_asked = found_with(yunet, close, detector, 4000, preset)
    assert was_asked
    assert bool(found) == is_face
    assert all(0.5 < each.score < 1 for each in found)


@pytest.mark.parametrize(("yunet", "is_face"), [(0.97, True), (0.2, False)])
def test_what_is_sure_without_the_detector_is_not_asked_about(yunet, is_face):
    found, was_asked = found_with(yunet, yunet if is_face else 0.0, -2.0 if is_face else 2.0)
    assert not was_asked
    assert bool(found) == is_face


def test_the_better_each_sign_the_likelier_a_face():
    for preset in (QUICK, THOROUGH):
        for weights in (preset.upright.first, preset.upright.second):
            assert min(*weights.sizes, weights.close, weights.large) > 0
        for judgement in (preset.upright, preset.turned):
            assert judgement.second.detector > 0 == judgement.first.detector
            assert min(judgement.first.sizes[0], judgement.second.sizes[0]) > 0
        for weights in (preset.turned.first, preset.turned.second):
            assert not any(weights.sizes[1:])  # turned faces are looked for at the smallest size
        assert list(preset.shares) == sorted(preset.shares)
    assert SURELY_NONE < 0 < SURELY_FACE


def test_large_face_needs_less():
    assert found_with(0.6, 0.6, -1.4, size=1000)[0]
    assert not found_with(0.6, 0.6, -1.4, size=4000)[0]


def test_pictures_rise_to_the_working_size():
    proposer = FakeProposer([0.9] * 3, 0.9)
    cascade = Cascade(proposer, Confirmer(FakeDetector), QUICK)
    cascade.find_faces(np.zeros((600, 1000, 3), np.uint8), 480)
    assert proposer.seen_sizes == [200, 300, 480]


def test_no_proposals_are_no_faces():
    nothing = ProposedPlaces(np.empty((0, 4), np.float32), np.empty((0, 3), np.float32), [])
    proposer = Proposer(lambda: pytest.fail("there is nothing to look at"))
    proposer.propose = proposer.propose_turned = lambda *_: nothing
    cascade = Cascade(proposer, Confirmer(FakeDetector), QUICK)
    assert cascade.find_faces(np.zeros((64, 64, 3), np.uint8), 640) == []


def test_middle_cell_of_the_second_crop_gives_the_square_it_looks_at():
    photo = Image.new("RGB", (400, 400))
    answers = Confirmer(FakeDetector).ask([photo], PLACE)
    px = 100 / FACE_PX[1]
    middle = 150 + MIDDLE_CELL_PX * px
    assert answers.scores == pytest.approx([1.0])
    assert answers.boxes[0] == pytest.approx(
        [middle - 40 * px, middle - 40 * px, middle + 40 * px, middle + 40 * px], abs=1e-3
    )


def test_cell_and_crop_move_and_size_the_square():
    confirmer = Confirmer(lambda: FakeDetector(cell=(6, 8), crop=0))
    (box,) = confirmer.ask([Image.new("RGB", (400, 400))], PLACE).boxes
    px = 100 / FACE_PX[0]
    assert (box[0] + box[2]) / 2 == pytest.approx(150 + (16 + MIDDLE_CELL_PX) * px)
    assert box[2] - box[0] == pytest.approx(80 * px)


def test_cells_far_from_the_middle_do_not_count():
    confirmer = Confirmer(lambda: FakeDetector(cell=(0, 6)))
    answers = confirmer.ask([Image.new("RGB", (400, 400))], PLACE)
    assert answers.scores == pytest.approx([-2.0])


def signs_of(*boxes):
    places = np.array(boxes, np.float32)
    nothing = np.zeros(len(boxes))
    return Signs(places, places, nothing[:, np.newaxis], nothing, nothing > 0, [1] * len(boxes))


def test_box_is_a_square_in_the_middle_of_what_yunet_sees():
    answers = Answers(np.array([0.9], np.float32), np.array([[0, 0, 9, 9]], np.float32))
    (box,) = face_boxes(signs_of((100, 50, 180, 175)), answers, 4000)
    half = BOX_SHARE * 50
    assert box == pytest.approx([140 - half, 112.5 - half, 140 + half, 112.5 + half])


def test_box_of_a_very_large_face_is_the_detectors_where_it_sees_one():
    seen = np.tile(np.array([0, 0, 9, 9], np.float32), (3, 1))
    answers = Answers(np.array([-1.0, np.nan, 0.5], np.float32), seen)
    signs = signs_of((100, 100, 200, 200), (300, 100, 400, 200), (500, 100, 600, 200))
    boxes = face_boxes(signs, answers, 400)
    half = BOX_SHARE * 50
    assert boxes[2].tolist() == [0, 0, 9, 9]
    for box, middle in zip(boxes[:2], (150, 350), strict=True):
        assert box == pytest.approx([middle - half, 150 - half, middle + half, 150 + half])


def test_scores_of_one_face_at_several_sizes_stand_side_by_side():
    near = PLACE + np.array([[3, 0, 3, 0]], np.float32)
    far = PLACE + 300
    small = Proposals(near, np.array([0.4], np.float32))
    large = Proposals(np.concatenate([PLACE, far]), np.array([0.9, 0.3], np.float32))
    merged = merge_sizes([small, large])
    np.testing.assert_array_equal(merged.boxes, np.concatenate([PLACE, far]))
    np.testing.assert_allclose(merged.scores, [[0.4, 0.9], [0, 0.3]])


class FakeYunet:
    """Sees one face in the middle of every crop, at a cell of stride 8."""

    side_multiple = 1

    def __init__(self, side_px, score=0.8):
        self.side_px, self.score = side_px, score

    def run(self, pixels):
        n, height, width, _ = pixels.shape
        cells = np.zeros(
            (n, sum((height // s) * (width // s) for s in (8, 16, 32)), 16), np.float32
        )
        middle = height // 16 * (width // 8) + width // 16
        cells[:, middle, :2] = self.score
        cells[:, middle, 4:6] = np.log(self.side_px / 8)
        return cells


def test_close_look_gives_the_face_in_pixels_of_the_photo():
    proposer = Proposer(lambda: FakeYunet(CLOSE_FACE_PX / 2**0.5))
    places = np.array([[100, 100, 200, 200], [10, 20, 60, 70]], np.float32)
    seen = proposer.look_closely([Image.new("RGB", (400, 300))], places, [1, 1])
    assert seen.scores == pytest.approx([0.8, 0.8])
    for box, place in zip(seen.boxes, places, strict=True):
        half = (place[2] - place[0]) / 2**1.5
        x, y = (place[:2] + place[2:]) / 2
        assert box == pytest.approx([x - half, y - half, x + half, y + half], abs=0.01)


def test_close_look_at_something_of_another_size_sees_nothing():
    proposer = Proposer(lambda: FakeYunet(CLOSE_FACE_PX / 2))
    seen = proposer.look_closely([Image.new("RGB", (400, 300))], PLACE, [1])
    assert seen.scores.tolist() == [0]
    np.testing.assert_array_equal(seen.boxes, PLACE)


class CornerYunet(FakeYunet):
    """Sees a face in the cell at the top left of what is bright there, and a weak one beside it."""

    def run(self, pixels):
        cells = super().run(pixels)
        cells[:, :, :2] = 0
        for number, each in enumerate(pixels):
            if each[:8, :8].min() == 255:
                cells[number, 0, :2] = self.score
                cells[number, 0, 4:6] = np.log(self.side_px / 8)
        return cells


@pytest.mark.parametrize(
    ("orientation", "corner"), [(6, "lower left"), (3, "lower right"), (8, "upper right")]
)
def test_face_seen_in_the_turned_picture_is_where_it_lies_in_the_photo(orientation, corner):
    pixels = np.zeros((64, 96, 3), np.uint8)
    rows = slice(-16, None) if "lower" in corner else slice(16)
    columns = slice(16) if "left" in corner else slice(-16, None)
    pixels[rows, columns] = 255
    upright = ProposedPlaces(np.empty((0, 4), np.float32), np.empty((0, 3), np.float32), [])
    proposer = Proposer(lambda: CornerYunet(16))
    found = proposer.propose_turned(Image.fromarray(pixels), (960, 640), 0.5, upright)
    assert found.orientations == [orientation]
    np.testing.assert_allclose(found.scores, [[0.8, 0, 0]])
    middle = (found.boxes[0, :2] + found.boxes[0, 2:]) / 2
    expected = (0 if "left" in corner else 960), (640 if "lower" in corner else 0)
    assert middle == pytest.approx(expected, abs=0.5)
    assert found.boxes[0, 2:] - found.boxes[0, :2] == pytest.approx((160, 160), abs=0.5)


@pytest.mark.parametrize(("upright_score", "is_kept"), [(0.9, False), (0.7, True)])
def test_what_is_seen_better_upright_is_not_turned(upright_score, is_kept):
    pixels = np.zeros((64, 96, 3), np.uint8)
    pixels[-16:, -16:] = 255
    place = np.array([[88, 56, 104, 72]], np.float32)
    upright = ProposedPlaces(place, np.array([[upright_score, 0.99]], np.float32), [1])
    proposer = Proposer(lambda: CornerYunet(16))
    found = proposer.propose_turned(Image.fromarray(pixels), (96, 64), 0.5, upright)
    assert len(found) == is_kept


def test_close_look_at_a_face_that_lies_is_turned_back():
    photo = Image.new("RGB", (400, 300))
    places = np.array([[100, 100, 200, 200]] * 2, np.float32)
    seen = Proposer(lambda: FakeYunet(CLOSE_FACE_PX)).look_closely([photo], places, [6, 8])
    # the cell in the middle of a crop lies a little to the left and above its middle
    off = seen.boxes[:, :2] + seen.boxes[:, 2:] - 300
    assert off[0] == pytest.approx(-off[1], abs=0.01)


def test_answer_about_a_face_that_lies_is_turned_back():
    moved = {}
    for orientation in (1, 6, 3, 8):
        confirmer = Confirmer(lambda: FakeDetector(cell=(6, 8), crop=0))
        (box,) = confirmer.ask([Image.new("RGB", (400, 400))], PLACE, [orientation]).boxes
        moved[orientation] = ((box[:2] + box[2:]) / 2 - 150) / (100 / FACE_PX[0])
    along, across = (
        16 + MIDDLE_CELL_PX,
        MIDDLE_CELL_PX,
    )  # to the right, and down, in the turned crop
    assert moved[1] == pytest.approx((along, across), abs=1e-3)
    assert moved[3] == pytest.approx((-along, -across), abs=1e-3)
    assert moved[6] == pytest.approx((across, -along), abs=1e-3)
    assert moved[8] == pytest.approx((-across, along), abs=1e-3)


def both_ways(turned_close, turned_size, detector, off=0.0):
    """Return an upright face and the same turned, as ``settle`` takes them; it is sure of the
    first."""
    places = PLACE + np.array([[0], [off]], np.float32)
    sizes, close = np.array([[1.0, 2.0], [turned_size, -3.9]]), np.array([1.0, turned_close])
    signs = Signs(places, places, sizes, close, close > 9, [1, 6])
    odds = np.array([3.0, -1.0])
    pairs = find_pairs(signs, odds)
    return pairs, settle(signs, odds, np.array(detector, np.float32), pairs)


@pytest.mark.parametrize(
    ("turned_close", "turned_size", "detector", "is_lying"),
    [
        (2.5, 2.0, (0.9, 1.0), True),
        (1.2, 1.1, (-1.5, 1.0), True),  # YuNet sees who stands on his head nearly as well
        (2.5, 2.0, (1.0, -1.0), False),
        (1.2, 1.1, (0.9, 1.0), False),
        (0.5, 0.5, (0.9, -1.4), False),
    ],
)
def test_face_is_the_way_up_that_it_is_seen_best(turned_close, turned_size, detector, is_lying):
    pairs, settled = both_ways(turned_close, turned_size, detector)
    assert pairs == [(1, 0)]
    assert settled.tolist() == ([-np.inf, 3.0] if is_lying else [3.0, -np.inf])


def test_faces_apart_are_no_pair():
    pairs, settled = both_ways(2.5, 2.0, (0.9, 1.0), off=70.0)
    assert pairs == []
    assert settled.tolist() == [3.0, -1.0]


def test_face_is_found_once_as_it_is_seen_best():
    def rect(left, score, orientation, side=100):
        return ScoredRect(PixelRect(left, 0, left + side - 1, side - 1), score, orientation)

    upright, lying = rect(0, 0.9, 1), rect(300, 0.8, 8)
    near = [rect(20, 0.7, 6), rect(10, 0.6, 3, 50), rect(310, 0.7, 6), rect(320, 0.75, 1)]
    beside = rect(80, 0.6, 1)  # overlaps a face that is held as it is, as in a crowd
    found = suppress_overlaps([*near, upright, beside, lying], SAME_FACE, SAME_BUT_TURNED)
    assert found == [upright, lying, beside]


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
    pictures = [photo, *shrink(photo, (640, 320))]
    places = proposer.propose(pictures[:0:-1], photo.size, 0.02).boxes[:12]
    assert len(places) > 8  # more crops than one batch holds
    together = confirmer.ask(pictures, places)
    close = proposer.look_closely(pictures, places, [1] * len(places))
    for number, place in enumerate(places):
        alone = confirmer.ask(pictures, place[np.newaxis])
        assert alone.scores[0] == pytest.approx(together.scores[number], abs=1e-4)
        np.testing.assert_allclose(alone.boxes[0], together.boxes[number], atol=0.01)
        one = proposer.look_closely(pictures, place[np.newaxis], [1])
        assert one.scores[0] == pytest.approx(close.scores[number], abs=1e-6)


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
