"""Real ini files: every faces item and every contact is counted by other means and accounted
for."""

import os
import re
from pathlib import Path

import pytest

from facedex.picasa.ini import is_unnamed_contact, parse_ini

pytestmark = pytest.mark.data

N_FILES = 154
ALBUM = "f07f69266e7760526d5b1553c7f451fa"
PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def inis():
    given = os.environ.get("FACEDEX_TEST_DATA")
    folder = (Path(given) if given else PROJECT.parent / "shared/data/dev") / "picasa-ini"
    if not folder.is_dir():
        pytest.skip(f"the real ini files are not at {folder}")
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.ini"))}


def naive_items(data):
    """Items of all faces lines, by splitting the text only."""
    lines = [line.strip() for line in data.decode("latin-1").split("\n")]
    values = [line.split("=", 1)[1] for line in lines if line.lower().startswith("faces=")]
    return [item for value in values for item in value.split(";") if item.strip()]


def naive_contacts(data):
    ids = []
    section = ""
    for line in data.decode("latin-1").split("\n"):
        if line.startswith("["):
            section = line.strip().lower()
        elif section == "[contacts2]" and "=" in line:
            ids.append(line.split("=", 1)[0].strip())
    return ids


def naive_sections(data):
    names = re.findall(rb"(?m)^\[(.*)\][ \t]*\r?$", data)
    own = {b"picasa", b"encoding", b"contacts", b"contacts2", b"photoid", b"lifescape"}
    return {n for n in names if n.lower() not in own and not n.startswith(b".album:")}


def test_all_files_are_there(inis):
    assert len(inis) == N_FILES


def test_every_faces_item_is_a_face_or_a_problem(inis):
    n_items = n_faces = 0
    for name, data in inis.items():
        parsed = parse_ini(data)
        items = naive_items(data)
        faces = [face for section in parsed.sections for face in section.faces]
        of_faces = [problem for problem in parsed.problems if "photo already has" not in problem]
        assert len(faces) + len(of_faces) == len(items), (name, parsed.problems)
        assert parsed.lines.face_items == len(items)
        assert parsed.lines.faces == len(faces)
        assert parsed.lines.malformed_items + parsed.lines.repeated_items == len(of_faces)
        n_items += len(items)
        n_faces += len(faces)
    assert n_items == n_faces > 70


def test_every_line_is_counted(inis):
    for name, data in inis.items():
        lines = parse_ini(data).lines
        end = 0 if data.endswith(b"\n") else 1
        assert lines.total == data.count(b"\n") + end, name
        text = data.replace(b"\r", b"").split(b"\n")
        assert lines.sections == sum(line.startswith(b"[") for line in text)
        assert lines.faces_lines == sum(line.startswith(b"faces=") for line in text)
        assert lines.blank == sum(not line.strip() for line in text[: lines.total])
        assert lines.junk == 0


def test_every_section_is_kept(inis):
    for name, data in inis.items():
        found = {section.filename.encode() for section in parse_ini(data).sections}
        assert found == naive_sections(data), name


def test_every_contact_is_kept(inis):
    n_contacts = 0
    for name, data in inis.items():
        ids = naive_contacts(data)
        contacts = parse_ini(data).contacts
        assert set(contacts) == {contact_id.lower().zfill(16) for contact_id in ids}, name
        assert all(contacts.values())
        n_contacts += len(ids)
    assert n_contacts > 10


def test_what_the_files_are_known_to_hold(inis):
    parsed = [parse_ini(data) for data in inis.values()]
    faces = [face for ini in parsed for section in ini.sections for face in section.faces]
    rotations = [section.rotate for ini in parsed for section in ini.sections]
    assert sum(face.is_suspect for face in faces) == 1
    assert sum(is_unnamed_contact(face.contact_id) for face in faces) == 2
    # of 35 lines three are in repeated sections, one of them with another rotation
    assert [rotations.count(turns) for turns in range(4)] == [9, 10, 6, 7]
    # repeated sections: in four of them the size, the crop or the rotation differs
    assert sum(len(ini.problems) for ini in parsed) == 7
    assert all("photo already has another" in text for ini in parsed for text in ini.problems)
    assert sum(section.recipe is not None for ini in parsed for section in ini.sections) == 136
    assert [name for ini in parsed for s in ini.sections for name in s.albums] == 2 * [ALBUM]
    assert [token for ini in parsed for token in ini.albums] == [ALBUM]
    assert sum(bool(section.caption) for ini in parsed for section in ini.sections) == 1
    assert sum(len(ini.web_ids) for ini in parsed) == 9
    assert sum(ini.is_export for ini in parsed) == 6
    assert all(0 <= f.box.x0 < f.box.x1 <= 1 and 0 <= f.box.y0 < f.box.y1 <= 1 for f in faces)
