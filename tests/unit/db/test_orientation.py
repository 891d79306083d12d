"""The views turn boxes exactly as geometry does."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facedex.db import faces, photos
from facedex.db.connection import rows, transaction
from facedex.db.library import open_library
from facedex.geometry import (
    ORIENTATION_MAPS,
    box_to_upright,
    points_to_upright,
    upright_size,
)
from facedex.types import Box, PhotoFacts

WIDTH, HEIGHT = 4000, 3000


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    db = open_library(tmp_path_factory.mktemp("library"))
    yield db
    db.close()


def test_map_in_the_database_is_that_of_geometry(db):
    found = {number: tuple(row) for number, *row in rows(db, "SELECT * FROM orientation_map")}
    assert found == ORIENTATION_MAPS


@pytest.fixture(scope="module")
def shown(db):
    """Return what v1_faces shows of a stored box and landmarks."""

    def show(box, landmarks, orientation):
        with transaction(db):
            key = orientation.to_bytes(32, "big")
            known = photos.find_photo(db, key)
            photo_id = (
                known.photo_id
                if known
                else photos.add_photo(db, key, PhotoFacts("JPEG", WIDTH, HEIGHT, orientation))
            )
            face_id = faces.add_face(
                db, photo_id, faces.NewFace(box, "cnn", 1.0, landmarks), "engine", "model"
            )
        sql = (
            "SELECT x0, y0, x1, y1, left_px, top_px, right_px, bottom_px, landmarks,"
            " stored_x0, stored_y0, stored_x1, stored_y1 FROM v1_faces WHERE face_id = ?"
        )
        return rows(db, sql, (face_id,))[0]

    return show


edges = st.floats(0, 1).flatmap(
    lambda a: st.floats(0, 1).filter(lambda b: abs(a - b) > 1e-6).map(lambda b: sorted((a, b)))
)


@settings(max_examples=100, deadline=None)
@given(xs=edges, ys=edges, orientation=st.integers(1, 8), seed=st.integers(0, 1000))
def test_boxes_pixels_and_landmarks_are_upright(shown, xs, ys, orientation, seed):
    box = Box(xs[0], ys[0], xs[1], ys[1])
    landmarks = np.random.default_rng(seed).random((5, 2), dtype=np.float32)
    row = shown(box, landmarks, orientation)
    upright = box_to_upright(box, orientation)
    wanted = (upright.x0, upright.y0, upright.x1, upright.y1)
    assert row[:4] == pytest.approx(wanted, abs=1e-12)
    width, height = upright_size(WIDTH, HEIGHT, orientation)
    in_pixels = [upright.x0 * width, upright.y0 * height, upright.x1 * width, upright.y1 * height]
    assert all(
        abs(got - exact) <= 0.5 + 1e-6 for got, exact in zip(row[4:8], in_pixels, strict=True)
    )
    points = np.array(json.loads(row[8]))
    np.testing.assert_allclose(points, points_to_upright(landmarks, orientation), atol=2e-6)
    assert row[9:] == (box.x0, box.y0, box.x1, box.y1)
    assert all(math.isfinite(value) for value in row[:8])


def test_face_without_landmarks_shows_none(shown):
    assert shown(Box(0.1, 0.1, 0.2, 0.2), None, 6)[8] is None
