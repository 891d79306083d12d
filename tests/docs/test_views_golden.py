"""The v1 views are a contract: they gain columns, and neither lose nor move any."""

import os
from pathlib import Path

import apsw
import pytest

from facedex.db.migrate import migrate
from facedex.paths import shipped

DATA = Path(__file__).parents[1] / "data"
HOW = (
    "{name} is not what this facedex makes. If the change is meant (a v1 view may only gain columns"
    " at its end; tables change only by a new migration), write it anew with"
    " FACEDEX_UPDATE_GOLDEN=1 pytest tests/docs/test_views_golden.py, and describe it in"
    " docs/database.md"
)

# what DESIGN.md promises of each view: these columns come first, in this order
PROMISED = {
    "v1_photos": "photo_id image_hash width height orientation taken_at camera n_files n_faces",
    "v1_files": (
        "file_id photo_id root path path_bytes path_is_lossy size_bytes mtime content_hash state"
    ),
    "v1_faces": (
        "face_id photo_id path person_id person_name state source origin detector score quality"
        " probability distance cluster_id x0 y0 x1 y1 stored_x0 stored_y0 stored_x1 stored_y1"
        " left_px top_px right_px bottom_px landmarks"
    ),
    "v1_people": ("person_id name n_faces n_confirmed n_suggested first_taken_at last_taken_at"),
    "v1_rejected_pairs": "kind person_a person_b face_a face_b cluster_a cluster_b",
    "v1_regions": (
        "region_id source source_path photo_name photo_id face_id person_id person_name contact_id"
        " rect frame status"
    ),
    "v1_encodings": "face_id model dim vector",
    "v1_suggestions": "face_id person_id person_name probability distance",
    "v1_duplicates": "group_id kind file_id path",
    "v1_problems": "file_id path stage kind message at",
    "v1_roots": "root_id path state n_files n_photos last_scan_at",
}


@pytest.fixture(scope="module")
def db():
    db = apsw.Connection(":memory:")
    migrate(db, shipped("migrations"))
    yield db
    db.close()


def columns(db):
    """Return each v1 view with its columns."""
    rows = db.execute(
        "SELECT s.name, c.name FROM sqlite_schema s JOIN pragma_table_info(s.name) c"
        " WHERE s.type = 'view' ORDER BY s.name, c.cid"
    )
    found: dict[str, list[str]] = {}
    for view, column in rows:
        found.setdefault(view, []).append(column)
    return found


def compare_with_golden(name, text):
    path = DATA / name
    if os.environ.get("FACEDEX_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, HOW.format(name=path.name)


def test_views_have_the_columns_of_the_golden_file(db):
    lines = [f"{view}: {', '.join(names)}" for view, names in columns(db).items()]
    compare_with_golden("v1_views.txt", "\n".join(lines) + "\n")


def test_schema_is_that_of_the_golden_file(db):
    rows = db.execute("SELECT sql FROM sqlite_schema WHERE sql NOTNULL ORDER BY type, name")
    compare_with_golden("schema.sql", "".join(f"{sql};\n\n" for (sql,) in rows))


@pytest.mark.parametrize("view", PROMISED)
def test_view_begins_with_the_promised_columns(db, view):
    promised = PROMISED[view].split()
    assert columns(db)[view][: len(promised)] == promised


def test_every_view_belongs_to_the_contract(db):
    assert set(columns(db)) == set(PROMISED)
