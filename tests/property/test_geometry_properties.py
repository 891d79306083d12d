import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facedex import geometry
from facedex.types import Box

shares = st.floats(0, 1, allow_nan=False)
orientations = st.integers(1, 8)
words = st.integers(0, 0xFFFF)
sides = st.integers(1, 40)


@st.composite
def boxes(draw):
    x0, x1 = sorted((draw(shares), draw(shares)))
    y0, y1 = sorted((draw(shares), draw(shares)))
    return Box(x0, y0, x1, y1)


@st.composite
def pixel_boxes(draw):
    """An image's (width, height) and a rectangle (left, top, right, bottom) of its pixels."""
    width, height = draw(sides), draw(sides)
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    right, bottom = draw(st.integers(left + 1, width)), draw(st.integers(top + 1, height))
    return (width, height), (left, top, right, bottom)


def edges(box):
    return (box.x0, box.y0, box.x1, box.y1)


def near(box, other):
    return edges(box) == pytest.approx(edges(other), abs=1e-9)


@settings(deadline=None)
@given(words, words, words, words)
def test_rect64_survives_the_round_trip(left, top, right, bottom):
    text = f"{left << 48 | top << 32 | right << 16 | bottom:x}"
    box = geometry.box_from_rect64(text)
    assert geometry.box_to_rect64(box) == text
    assert geometry.box_from_rect64(text.zfill(16).upper()) == box


@settings(deadline=None)
@given(boxes())
def test_rect64_keeps_a_box_within_half_a_step(box):
    again = geometry.box_from_rect64(geometry.box_to_rect64(box))
    assert edges(again) == pytest.approx(edges(box), abs=0.5 / 65535 + 1e-9)


@settings(deadline=None)
@given(boxes(), orientations)
def test_box_comes_back_from_upright(box, orientation):
    upright = geometry.box_to_upright(box, orientation)
    assert near(geometry.box_to_stored(upright, orientation), box)
    assert near(geometry.box_to_upright(geometry.box_to_stored(box, orientation), orientation), box)
    assert upright.area == pytest.approx(box.area, abs=1e-9)


@settings(deadline=None)
@given(st.lists(st.tuples(shares, shares), min_size=0, max_size=7), orientations)
def test_points_come_back_from_upright(points, orientation):
    stored = np.array(points, np.float32).reshape(-1, 2)
    upright = geometry.points_to_upright(stored, orientation)
    assert upright.shape == stored.shape
    assert np.allclose(geometry.points_to_stored(upright, orientation), stored, atol=1e-6)


@settings(deadline=None)
@given(st.lists(boxes(), max_size=5), orientations)
def test_edges_come_back_as_boxes_do(some, orientation):
    array = np.array([edges(box) for box in some], np.float32).reshape(-1, 4)
    stored = geometry.edges_to_stored(array, orientation)
    expected = [edges(geometry.box_to_stored(box, orientation)) for box in some]
    assert stored.shape == array.shape
    np.testing.assert_allclose(stored, np.array(expected).reshape(-1, 4), atol=1e-6)


@settings(deadline=None)
@given(st.floats(-40, 40), st.sampled_from([1, 3, 6, 8]))
def test_landmarks_tell_how_a_face_lies(tilt, orientation):
    face = np.array([[65, 40], [55, 40], [35, 40], [45, 40], [50, 60]], np.float32) - 50
    turn = np.radians(tilt)
    held = face @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    shares = (held + 50).astype(np.float32) / 100
    stored = geometry.points_to_stored(shares, orientation) * 100
    assert geometry.face_orientation(stored) == orientation


@settings(deadline=None)
@given(pixel_boxes(), orientations)
def test_pixels_turn_as_boxes_do(case, orientation):
    (width, height), (left, top, right, bottom) = case
    stored = np.zeros((height, width, 3), np.uint8)
    stored[top:bottom, left:right] = 255
    upright = geometry.pixels_to_upright(stored, orientation)
    rows, columns = np.nonzero(upright[:, :, 0])
    found = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    box = Box(left / width, top / height, right / width, bottom / height)
    turned = geometry.box_to_upright(box, orientation)
    size = geometry.upright_size(width, height, orientation)
    assert found == tuple(round(e * n) for e, n in zip(edges(turned), size * 2, strict=True))


@settings(deadline=None)
@given(pixel_boxes())
def test_css_survives_the_round_trip(case):
    (width, height), (left, top, right, bottom) = case
    box = geometry.box_from_css(top, right, bottom, left, width, height)
    assert geometry.box_to_css(box, width, height) == (top, right, bottom, left)


@settings(deadline=None)
@given(boxes())
def test_mwg_survives_the_round_trip(box):
    assert near(geometry.box_from_mwg(*geometry.box_to_mwg(box)), box)


@settings(deadline=None)
@given(boxes(), boxes())
def test_iou_is_a_symmetric_share(a, b):
    value = geometry.iou(a, b)
    assert 0 <= value <= 1 + 1e-9
    assert value == pytest.approx(geometry.iou(b, a))


@settings(deadline=None)
@given(st.floats(-2, 3), st.floats(-2, 3), st.floats(-2, 3), st.floats(-2, 3))
def test_clipping_stays_inside_and_is_idempotent(x0, y0, x1, y1):
    clipped = geometry.clip_box(Box(x0, y0, x1, y1))
    assert 0 <= clipped.x0 <= clipped.x1 <= 1
    assert 0 <= clipped.y0 <= clipped.y1 <= 1
    assert geometry.clip_box(clipped) == clipped


@settings(deadline=None)
@given(pixel_boxes())
def test_pixels_with_a_size_are_the_pixels_with_edges(drawn):
    (width, height), (left, top, right, bottom) = drawn
    box = geometry.box_from_xywh_px(left, top, right - left, bottom - top, width, height)
    assert box == geometry.box_from_css(top, right, bottom, left, width, height)
