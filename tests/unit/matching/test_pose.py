"""How a face is held, by its five landmarks."""

import numpy as np
import pytest

from facedex.matching.pose import FRONTAL, TILTED, TURNED, UNCLEAR, pose_of

SIZE = (400, 300)
# the person's left eye (at the right), the right eye, the nose below the middle; in pixels
FACE_PX = np.array([[250, 100], [230, 100], [150, 100], [170, 100], [200, 140]], np.float32)


def pose(points_px):
    return pose_of((points_px / np.array(SIZE)).astype(np.float32), SIZE)


def turned(points_px, degrees):
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (points_px - 200) @ turn.T + 200


def with_nose(share):
    """Move the nose from between the eyes by a share of the distance of the eyes' middles."""
    points = FACE_PX.copy()
    points[4, 0] = 200 + share * 80
    return points


@pytest.mark.parametrize("degrees", [-90, -26, -24, 0, 24, 26, 90, 180])
def test_a_tilted_face_is_told_by_the_line_of_its_eyes(degrees):
    assert pose(turned(FACE_PX, degrees)) == (FRONTAL if abs(degrees) < 25 else TILTED)


@pytest.mark.parametrize("share", [-0.4, -0.23, -0.21, 0.0, 0.21, 0.23, 0.4])
@pytest.mark.parametrize("degrees", [-20, 0, 20])
def test_a_face_turned_to_the_side_is_told_by_its_nose_however_it_is_tilted(share, degrees):
    expected = FRONTAL if abs(share) < 0.22 else TURNED
    points = with_nose(share)
    points[4, 1] = 100  # between the eyes: tilting does not move it sideways
    assert pose(turned(points, degrees)) == expected


def test_eyes_in_one_point_say_nothing():
    assert pose(np.full((5, 2), 100, np.float32)) == UNCLEAR
