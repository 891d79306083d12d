import numpy as np
import pytest

from facedex.engines.dlib_cnn.rects import PixelRect, ScoredRect
from facedex.engines.finding.strategies import STRATEGIES, Detectors
from facedex.types import DetectorName

IMAGE = np.zeros((200, 200, 3), np.uint8)
LEFT = ScoredRect(PixelRect(0, 0, 49, 49), 0.8)
LEFT_HOG = ScoredRect(PixelRect(10, 10, 59, 59), 2.0)
RIGHT_HOG = ScoredRect(PixelRect(100, 0, 149, 49), 1.0)


def boxes(name, cnn, hog, cascade=()):
    detectors = Detectors(lambda _: list(cascade), lambda _: cnn, lambda _: hog)
    found = STRATEGIES[name](detectors, IMAGE)
    return [(each.rect, each.detector) for each in found]


def test_every_name_has_a_strategy():
    assert set(STRATEGIES) == set(DetectorName)


@pytest.mark.parametrize(
    ("hog", "expected"),
    [([RIGHT_HOG], [(RIGHT_HOG.rect, "hog")]), ([], [(LEFT.rect, "cnn")])],
)
def test_hog_then_cnn_asks_the_cnn_only_where_hog_finds_nothing(hog, expected):
    assert boxes(DetectorName.HOG_THEN_CNN, [LEFT], hog) == expected


def test_both_adds_only_what_hog_alone_found():
    found = boxes(DetectorName.BOTH, [LEFT], [LEFT_HOG, RIGHT_HOG])
    assert found == [(LEFT.rect, "cnn"), (RIGHT_HOG.rect, "hog")]


def test_single_detectors():
    found = boxes(DetectorName.CASCADE, [LEFT], [RIGHT_HOG], [RIGHT_HOG])
    assert found == [(RIGHT_HOG.rect, "cascade")]
    assert boxes(DetectorName.CNN, [LEFT], [RIGHT_HOG]) == [(LEFT.rect, "cnn")]
    assert boxes(DetectorName.HOG, [LEFT], [RIGHT_HOG]) == [(RIGHT_HOG.rect, "hog")]
