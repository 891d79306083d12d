import pytest

from facedex.engines.models.dat_reader import read_detector, read_encoder
from facedex.engines.models.dat_stream import DatFormatError
from facedex.engines.models.model_files import ModelName, get_model
from facedex.engines.runtimes import NMS_RULE, WINDOW_PX

pytestmark = pytest.mark.model


def data_of(name):
    return get_model(name).path.read_bytes()


def test_encoder_is_read_to_the_last_byte():
    network = read_encoder(data_of(ModelName.ENCODER))
    assert network.n_parameters == 5_614_592
    assert len(network.blocks) == 14
    assert [block.is_down for block in network.blocks].count(True) == 4
    assert network.stem.weight.shape == (32, 3, 7, 7)
    assert network.projection.weight.shape == (256, 128)


def test_detector_is_read_to_the_last_byte():
    network = read_detector(data_of(ModelName.DETECTOR))
    assert network.n_parameters == 181_141
    assert [conv.stride for conv in network.convs] == [2, 2, 2, 1, 1, 1, 1]
    assert [conv.pad for conv in network.convs] == [0, 0, 0, 2, 2, 2, 4]
    assert network.convs[-1].weight.shape == (1, 45, 9, 9)


def test_constants_of_the_runtime_are_those_of_the_file():
    network = read_detector(data_of(ModelName.DETECTOR))
    assert network.window_px == WINDOW_PX
    assert network.nms_iou == NMS_RULE.iou
    assert network.nms_covered == NMS_RULE.covered


@pytest.mark.parametrize("change", [lambda d: d + b"\0", lambda d: d[:-1], lambda d: d[1:]])
def test_other_bytes_are_refused(change):
    with pytest.raises(DatFormatError):
        read_detector(change(data_of(ModelName.DETECTOR)))


def test_one_network_is_not_taken_for_the_other():
    with pytest.raises(DatFormatError):
        read_encoder(data_of(ModelName.DETECTOR))
