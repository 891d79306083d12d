"""Which boxes are around one face, from both sides of each limit, and pairing best first."""

import pytest

from facedex.naming import same_face
from facedex.types import Box


def moved(share):
    """Return two unit-wide boxes whose overlap (intersection over union) is ``share``."""
    shift = (1 - share) / (1 + share)
    return Box(0.0, 0.0, 1.0, 1.0), Box(shift, 0.0, 1.0 + shift, 1.0)


@pytest.mark.parametrize(
    ("rule", "limit"),
    [
        (same_face.is_found_again, 0.4),
        (same_face.is_same_region, 0.5),
        (same_face.is_unmoved, 0.5),
        (same_face.is_rewritten, 0.9),
    ],
)
def test_boxes_are_one_faces_from_this_overlap_on(rule, limit):
    assert rule(*moved(limit + 0.001))
    assert not rule(*moved(limit - 0.001))


def inside(area, x=0.5, y=0.5):
    """Return a box of the whole picture and a square of ``area`` of it around a point."""
    half = area**0.5 / 2
    return Box(0, 0, 1, 1), Box(x - half, y - half, x + half, y + half)


def test_a_face_is_a_quarter_of_the_box_drawn_around_it_or_more():
    drawn = Box(0, 0, 1, 1)
    assert same_face.is_around(drawn, Box(0, 0, 0.26, 1))
    assert not same_face.is_around(drawn, Box(0, 0, 0.24, 1))


def test_a_small_face_in_the_middle_of_the_drawn_box_is_meant():
    assert same_face.is_around(*inside(0.04))
    assert not same_face.is_around(*inside(0.04, 0.2, 0.2))


def test_a_face_whose_middle_is_outside_the_drawn_box_is_another():
    drawn, found = moved(0.3)  # its middle is off by 0.54 of the width
    assert not same_face.is_around(drawn, found)
    assert not same_face.is_on_face(drawn, found)


def test_who_drew_the_loose_box_matters_only_where_it_is_known():
    drawn, found = Box(0, 0, 1, 1), Box(0, 0, 0.3, 1)
    assert same_face.is_on_face(drawn, found)
    assert not same_face.is_on_face(found, drawn)
    assert same_face.is_one_face(found, drawn)
    assert same_face.is_one_face(drawn, found)


def test_the_best_pair_comes_first_and_nobody_twice():
    ranked = [(0.3, "a", 2), (0.1, "a", 1), (0.2, "b", 1), (0.4, "b", 2)]
    assert same_face.pair_best_first(ranked) == {"a": 1, "b": 2}


def test_among_equals_the_smaller_ids_are_first_whatever_the_order():
    ranked = [(0, 2, 7), (0, 1, 8), (0, 1, 7), (0, 2, 8)]
    assert same_face.pair_best_first(ranked) == {1: 7, 2: 8}
    assert same_face.pair_best_first(reversed(ranked)) == {1: 7, 2: 8}


def test_those_who_may_share_get_the_same_and_others_the_next():
    person = {1: "Ada", 2: "Ada", 3: "Eve"}
    ranked = [(0, 1, 7), (1, 2, 7), (2, 3, 7), (3, 3, 8)]
    pairs = same_face.pair_best_first(ranked, lambda a, b: person[a] == person[b])
    assert pairs == {1: 7, 2: 7, 3: 8}
