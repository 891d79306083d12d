"""Limits belong to one side or the other, and what is not known counts as the nearest."""

import pytest

from facedex.geometry import iou
from facedex.naming import same_face, trust, words
from facedex.types import Assignment, Box, FaceState, Source

WHOLE = Box(0, 0, 10, 1)


def lower(share):
    """Return a box that shares so much with the whole."""
    box = Box(0, 0, 10 * share, 1)
    assert iou(WHOLE, box) == share
    return box


@pytest.mark.parametrize(
    ("rule", "limit", "holds_at_it"),
    [
        (same_face.is_found_again, same_face.FOUND_AGAIN_IOU, True),
        (same_face.is_around, same_face.AROUND_IOU, True),
        (same_face.is_same_region, same_face.SAME_REGION_IOU, False),
        (same_face.is_unmoved, same_face.UNMOVED_IOU, True),
        (same_face.is_rewritten, same_face.REWRITTEN_IOU, True),
    ],
)
def test_a_limit_of_overlap(rule, limit, holds_at_it):
    assert rule(WHOLE, lower(limit)) is holds_at_it
    assert rule(WHOLE, Box(0, 0, 10 * limit + 1e-6, 1))
    assert not rule(WHOLE, Box(0, 0, 10 * limit - 1e-6, 1))


def word(person_id, state, source, distance=None, probability=None):
    return Assignment(person_id, FaceState(state), Source(source), distance, probability)


def test_what_lasts_has_no_distance_and_no_probability():
    for distance, probability in ((0.2, 0.9), (0.2, None), (None, 0.9)):
        said = (word(1, "confirmed", "user", distance, probability),)
        assert words.lasting(said) == (word(1, "confirmed", "user"),)


@pytest.mark.parametrize("turned_round", [False, True])
def test_of_guesses_one_without_a_distance_is_the_nearest(turned_round):
    said = (word(2, "suggested", "auto", 0.5), word(1, "suggested", "auto"))
    assert words.suggested(said[::-1] if turned_round else said) == 1
    near = word(1, "suggested", "auto"), word(1, "suggested", "auto", 0.5)
    assert trust.strength(near[0]) < trust.strength(near[1])
