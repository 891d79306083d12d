"""docs/architecture.md names every room of the house, and nothing that is not there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOC = (ROOT / "docs" / "architecture.md").read_text("utf-8")
CODE = ROOT / "facedex"
PATHS = sorted(set(re.findall(r"`([\w./-]+(?:/|\.(?:py|sql|toml|md)))`", DOC)))


@pytest.mark.parametrize("path", PATHS)
def test_what_is_named_is_there(path):
    assert (CODE / path).exists() or (ROOT / path).exists() or (ROOT / "docs" / path).exists()


@pytest.mark.parametrize(
    "room", sorted(each.parent.name for each in CODE.glob("*/__init__.py")), ids=str
)
def test_every_room_has_its_line(room):
    assert re.search(rf"^\|.*`{room}/`", DOC, re.MULTILINE)
