from dataclasses import replace

import numpy as np
import pytest

from facedex.matching.crowding import crowding
from facedex.matching.neighbours import Edges
from facedex.naming.encoder import GroupRule

RULE = replace(
    GroupRule.average_linkage(0.3), crowd_size=2, crowd_near=0.5, crowd_far=1.0, crowd_weight=0.4
)


def crowd(pairs, n, sizes=None):
    a, b, value = (np.array(each) for each in zip(*pairs, strict=True))
    edges = Edges(a.astype(np.int64), b.astype(np.int64), value.astype(np.float32))
    return crowding(edges, np.ones(n) if sizes is None else np.array(sizes, float), RULE).tolist()


def test_the_nearest_that_count_do_and_those_that_are_missing_are_far():
    found = crowd([(0, 1, 0.5), (0, 2, 0.75), (0, 3, 0.9)], 4)
    assert found == pytest.approx([0.4 * (0.5 + 0.25) / 2, 0.1, 0.05, 0.02])


def test_what_may_be_the_same_person_and_what_is_far_does_not_count():
    assert crowd([(0, 1, 0.24), (0, 2, 1.0), (1, 2, 1.5)], 3) == [0, 0, 0]


def test_what_lies_around_a_large_group_is_no_crowd_to_it_nor_among_itself():
    around = [(0, 1, 0.08), (0, 2, 0.08), (1, 2, 0.5), (1, 3, 0.5)]
    assert crowd(around, 4, [99, 1, 1, 1]) == pytest.approx([0, 0.2, 0.1, 0.1])
    assert crowd(around, 4, [100, 1, 1, 1]) == pytest.approx([0, 0.1, 0, 0.1])


def test_pieces_of_a_large_group_lead_to_the_largest():
    """1 lies near the piece 3, which lies near the whole 0, as 2 does."""
    pairs = [(0, 3, 0.08), (1, 3, 0.08), (0, 2, 0.08), (1, 2, 0.5)]
    assert crowd(pairs, 4, [900, 1, 1, 100]) == [0, 0, 0, 0]
