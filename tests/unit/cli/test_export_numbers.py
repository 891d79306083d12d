"""Numbers in what is exported: nought is a number, and nothing is nothing."""

import csv
import io
import json

import pytest

from facedex.db.connection import transaction
from facedex.services.decisions import decide_faces

EDGES = ("x0", "y0", "stored_x0", "stored_y0", "left_px", "top_px")


@pytest.fixture
def corner(small):
    """Ada in the upper left corner of a photo."""
    faces = small.photo("ada", name=b"one.jpg")
    decide_faces.name_faces(small.db, faces, "Ada")
    with transaction(small.db):
        small.db.execute("UPDATE face SET x0 = 0, y0 = 0")
        small.db.execute("UPDATE photo SET taken_us = NULL")
    return faces


def test_csv_writes_nought_as_nought_and_nothing_as_nothing(facedex, corner):
    outcome = facedex("export", "csv")
    [row] = csv.DictReader(io.StringIO(outcome.out))
    assert {edge: float(row[edge]) for edge in EDGES} == dict.fromkeys(EDGES, 0.0)
    assert (row["taken_at"], row["companion_of"]) == ("", "")


def test_json_writes_nought_as_nought_and_nothing_as_null(facedex, corner):
    [row] = json.loads(facedex("export", "json").out)
    assert {edge: row[edge] for edge in EDGES} == dict.fromkeys(EDGES, 0)
    assert (row["taken_at"], row["companion_of"]) == (None, None)
