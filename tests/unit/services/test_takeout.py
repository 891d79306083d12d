"""Names in Google Takeout's JSON, from the files beside photos to the ledger."""

import json
import os
from pathlib import Path

import pytest
from blake3 import blake3

from facedex.db import files, people, regions, sources
from facedex.db.connection import rows, transaction
from facedex.progress import NullSink
from facedex.services.names_in.read_documents import read_documents
from facedex.services.names_in.take_over_names import settle_regions
from facedex.services.telling.ledger import make_ledger
from facedex.types import FileStat


class Problems(NullSink):
    """A sink that remembers what could not be read."""

    def __init__(self):
        self.said = []

    def problem(self, path, stage, kind, message):
        self.said.append((Path(os.fsdecode(path)).name, stage, message))


def write(library, relpath, content):
    """Put a file beside the photos, as a walk and a scan note it."""
    path = library.directory / "photos" / os.fsdecode(relpath)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    with transaction(library.db):
        known = library.db.execute("SELECT id FROM file WHERE relpath = ?", (relpath,)).get
        stat = FileStat(relpath, len(content), 1, 1, 999, 1)
        file_id = known or files.add_file(library.db, library.root, stat)
        files.set_read(library.db, file_id, 1, blake3(content).digest(), None, None)


def write_json(library, relpath, *names, title="a.jpg"):
    said = {"title": title, "photoTakenTime": {}, "people": [{"name": name} for name in names]}
    write(library, relpath, json.dumps(said).encode())


def take_over(library):
    sink = Problems()
    read_documents(library.db, sink)
    with transaction(library.db):
        settle_regions(library.db)
    return sink.said


def who_is_where(library):
    sql = (
        "SELECT f.relpath_text, p.name FROM region g JOIN file f ON f.id = g.file_id"
        " JOIN person p ON p.id = g.person_id WHERE g.status = 'unplaced' ORDER BY 1, 2"
    )
    return rows(library.db, sql)


def test_people_are_names_of_the_whole_photo(small):
    (face,) = small.photo("a", name=b"1/a.jpg")
    small.photo("b", name=b"1/b.jpg")
    small.photo("c", name=b"2/a.jpg")
    write_json(small, b"1/a.jpg.supplemental-metadata.json", "Ann", "Bob", "Unknown")
    assert take_over(small) == []
    assert who_is_where(small) == [("1/a.jpg", "Ann"), ("1/a.jpg", "Bob")]
    assert small.said(face) == []
    (line,) = make_ledger(small.db).sources
    assert (line.kind, line.n_photos, line.outcomes.found, line.outcomes.unplaced) == (
        "takeout", 1, 2, 2,
    )  # fmt: skip
    assert make_ledger(small.db).titles == {"takeout": "Google Takeout"}


def test_an_edited_copy_gets_the_names_too_and_again_nothing_changes(small):
    for name in (b"a.jpg", b"a-edited.jpg", b"a-bearbeitet.jpg"):
        small.photo("a", name=name)
    write_json(small, b"a.jpg.json", "Ann")
    take_over(small)
    expected = [(name, "Ann") for name in ("a-bearbeitet.jpg", "a-edited.jpg", "a.jpg")]
    assert who_is_where(small) == expected
    before = rows(small.db, "SELECT * FROM region ORDER BY id")
    take_over(small)
    assert rows(small.db, "SELECT * FROM region ORDER BY id") == before


def test_a_copy_that_comes_later_gets_them_and_a_name_that_goes_goes_from_both(small):
    small.photo("a", name=b"a.jpg")
    write_json(small, b"a.jpg.json", "Ann", "Bob")
    take_over(small)
    small.photo("b", name=b"a-edited.jpg")
    take_over(small)
    assert len(who_is_where(small)) == 4
    write_json(small, b"a.jpg.json", "Bob")
    take_over(small)
    assert who_is_where(small) == [("a-edited.jpg", "Bob"), ("a.jpg", "Bob")]


def test_a_person_renamed_here_is_meant_by_the_name_there(small):
    small.photo("a", name=b"a.jpg")
    write_json(small, b"a.jpg.json", "Ann")
    take_over(small)
    (ann,) = people.list_people(small.db)
    with transaction(small.db):
        people.rename_person(small.db, ann.person_id, "Grandma")
    write_json(small, b"b.json", "Ann", title="b.jpg")
    small.photo("a", name=b"b.jpg")
    take_over(small)
    assert who_is_where(small) == [("a.jpg", "Grandma"), ("b.jpg", "Grandma")]


def test_a_photo_that_is_not_there_is_told_of_and_a_movie_is_not(small):
    small.photo("a", name=b"a.jpg")
    write_json(small, b"b.jpg.json", "Ann", title="b.jpg")
    write_json(small, b"a.mp4.json", "Bob", title="a.mp4")
    take_over(small)
    assert who_is_where(small) == []
    missing = make_ledger(small.db).missing
    assert [(Path(path).name, n) for path, _photo, n in missing] == [("b.jpg.json", 1)]


@pytest.mark.parametrize(
    "content", [b'{"name": "a package"}', b"[1]", b"{", b" " * (2 << 20), b"[" * 10**5]
)
def test_another_programs_json_is_nothing_and_is_read_once(small, content):
    write(small, b"package.json", content)
    assert take_over(small) == []
    found = make_ledger(small.db)
    assert (found.sources, found.problems, found.titles) == ((), (), {})
    assert all(one.is_read for one in sources.documents(small.db, ".json"))


def test_a_photos_json_that_is_damaged_is_reported(small):
    small.photo("a", name=b"a.jpg")
    write(small, b"a.jpg.json", b"{")
    write(small, b"b.jpg.json", b'{"title": "b.jpg", "people": [1]}')
    assert [one[:2] for one in take_over(small)] == [
        ("a.jpg.json", "takeout"),
        ("b.jpg.json", "takeout"),
    ]
    assert [lines for _path, lines in make_ledger(small.db).problems] == [
        ("not read: it is no JSON",),
        ("people without a name that could be read: 1",),
    ]
    assert who_is_where(small) == []
    assert regions.list_regions(small.db) == []
