import numpy as np
import onnx
import photos
import pytest

from facedex.engines.finding.yunet import Proposals, decode_cells, ious, padded, suppress
from facedex.engines.models.model_files import ModelName, get_model
from facedex.engines.models.onnx_writer import bytes_field, integer_field
from facedex.engines.models.yunet_graph import OnnxFormatError, proposer_graph, read_fields
from facedex.engines.runtimes import OnnxSession


def cells_with(height, width, **seen):
    """Return cells that see nothing but what is given: ``index=(score, dx, dy, log w, log h)``."""
    n = sum((height // s) * (width // s) for s in (8, 16, 32))
    cells = np.zeros((n, 16), np.float32)
    for index, (score, *box) in seen.items():
        cells[int(index[1:]), :2] = score
        cells[int(index[1:]), 2:6] = box
    return cells


def test_cell_of_the_smallest_stride_is_decoded_by_hand():
    # 64 x 96: 8 x 12 cells of stride 8; cell 14 is row 1, column 2
    found = decode_cells(cells_with(64, 96, c14=(0.81, 0.5, 0.25, np.log(2), 0)), 64, 96, 0.6)
    assert found.scores == pytest.approx([0.81])
    middle_x, middle_y, half_width, half_height = 2.5 * 8, 1.25 * 8, 8, 4
    assert found.boxes[0] == pytest.approx(
        [
            middle_x - half_width,
            middle_y - half_height,
            middle_x + half_width,
            middle_y + half_height,
        ]
    )


def test_larger_strides_follow_the_smaller_ones():
    first_of_16, first_of_32 = 96, 96 + 24
    cells = cells_with(64, 96, **{f"c{first_of_16 + 7}": (0.7, 0, 0, 0, 0)})
    cells[first_of_32 + 5, :6] = 0.9, 0.9, 0, 0, 0, 0
    found = decode_cells(cells, 64, 96, 0.6)
    assert found.boxes.tolist() == [[64 - 16, 32 - 16, 64 + 16, 32 + 16], [16 - 8, 8, 16 + 8, 24]]


def test_score_is_the_mean_of_both_heads_and_must_be_above_the_threshold():
    cells = cells_with(32, 32)
    cells[0, :2] = 0.9, 0.4
    assert len(decode_cells(cells, 32, 32, 0.61)) == 0
    assert decode_cells(cells, 32, 32, 0.59).scores == pytest.approx([0.6])


def test_best_of_overlapping_boxes_is_kept_and_the_number_is_bounded():
    boxes = np.array(
        [[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60], [80, 0, 90, 10]], np.float32
    )
    proposals = Proposals(boxes, np.array([0.9, 0.8, 0.7, 0.6], np.float32))
    assert suppress(proposals, 0.5, 10).scores == pytest.approx([0.9, 0.7, 0.6])
    assert suppress(proposals, 0.5, 2).scores == pytest.approx([0.9, 0.7])
    assert ious(boxes[:1], boxes)[0, :3] == pytest.approx([1, 90 / 110, 0])


def test_padding_is_black_and_below_and_beside():
    image = np.full((33, 64, 3), 7, np.uint8)
    pixels = padded(image[np.newaxis])
    assert pixels.shape == (1, 64, 64, 3)
    np.testing.assert_array_equal(pixels[0, :33], image)
    assert not pixels[0, 33:].any()


@pytest.mark.parametrize("cut", [1, 3, 9])
def test_broken_protobuf_is_told(cut):
    message = integer_field(1, 300) + bytes_field(2, b"twelve bytes")
    assert list(read_fields(message)) == [(1, 300), (2, b"twelve bytes")]
    with pytest.raises(OnnxFormatError):
        list(read_fields(message[:-cut]))


def test_file_without_a_graph_is_told():
    with pytest.raises(OnnxFormatError, match="0 graphs"):
        proposer_graph(integer_field(1, 8), "")


@pytest.fixture(scope="module")
def session():
    model = proposer_graph(get_model(ModelName.PROPOSER).path.read_bytes(), "0" * 64)
    onnx.checker.check_model(onnx.load_from_string(model))
    session = OnnxSession(model, 1)
    yield session
    session.close()


@pytest.mark.model
@pytest.mark.parametrize("size", [(32, 32), (64, 320), (480, 640), (640, 480)])
def test_network_takes_any_multiple_of_32(session, size):
    cells = session.run(np.zeros((1, *size, 3), np.uint8))
    assert cells.shape == (1, sum((size[0] // s) * (size[1] // s) for s in (8, 16, 32)), 16)
    assert len(decode_cells(cells[0], *size, 0.5)) == 0


@pytest.mark.model
def test_each_of_a_batch_gets_what_it_gets_alone(session):
    rng = np.random.default_rng(3)
    crops = rng.integers(0, 256, (5, 128, 128, 3), np.uint8)
    alone = [session.run(crop[np.newaxis])[0] for crop in crops]
    np.testing.assert_array_equal(session.run(crops), alone)


@pytest.mark.model
@pytest.mark.parametrize(
    ("picture", "expected"),
    [(photos.astronaut, photos.ASTRONAUT_FACE), (photos.hopper, photos.HOPPER_FACE)],
)
def test_known_faces_are_proposed(session, picture, expected):
    image = np.asarray(picture())
    pixels = padded(image[np.newaxis])
    found = decode_cells(session.run(pixels)[0], *pixels.shape[1:3], 0.8)
    (box,) = suppress(found, 0.3, 10).boxes
    height, width = image.shape[:2]
    edges = np.array([expected.x0, expected.y0, expected.x1, expected.y1], np.float32)
    edges *= np.array([width, height, width, height])
    assert ious(edges[np.newaxis], box[np.newaxis]) > 0.6
