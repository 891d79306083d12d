import itertools

import numpy as np
import pytest

from facedex.matching.thresholds import DLIB_RESNET, GroupRule, Thresholds, threshold_for


def test_cut_falls_as_labels_grow():
    cuts = [threshold_for(n) for n in range(1, 30)]
    assert all(a >= b for a, b in itertools.pairwise(cuts))
    assert 0.4 < cuts[-1] < cuts[0] < 0.6


def test_known_counts_get_their_cut_and_others_lie_between():
    cuts = Thresholds((1, 2, 4), (0.5, 0.4, 0.3), GroupRule.average_linkage(0.5))
    assert cuts.for_counts([1, 2, 4]).tolist() == [0.5, 0.4, 0.3]
    assert cuts.for_counts(3) == pytest.approx(0.4 - 0.1 * (1 / 2 - 1 / 3) / (1 / 4))
    assert cuts.for_counts([0, 100]).tolist() == [0.5, 0.3]


def test_one_cut_for_many_counts_at_once():
    counts = np.array([1, 3, 8, 50])
    assert DLIB_RESNET.for_counts(counts).tolist() == [threshold_for(int(n)) for n in counts]
