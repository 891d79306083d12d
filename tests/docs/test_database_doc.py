"""docs/database.md must document every column of every v1 view, and no other."""

import re
from pathlib import Path

from facedex.db.connection import rows
from facedex.db.library import open_library

DOC = Path(__file__).parents[2] / "docs" / "database.md"


def documented() -> dict[str, list[str]]:
    """Return view -> columns as the tables of the page list them."""
    views: dict[str, list[str]] = {}
    for section in re.split(r"^## ", DOC.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        if title.startswith("v1_"):
            cells = re.findall(r"^\| (`.*?) \|", body, flags=re.MULTILINE)
            views[title] = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    return views


def test_every_column_of_every_view_is_documented_in_order(tmp_path):
    db = open_library(tmp_path)
    names = rows(db, "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name")
    views = {name: [row[1] for row in rows(db, f"PRAGMA table_info({name})")] for (name,) in names}
    db.close()
    assert documented() == views
