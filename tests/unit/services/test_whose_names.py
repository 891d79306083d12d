"""Whose a sidecar is, who a renamed contact is, and who stands where two sources disagree."""

import os

import pytest
from blake3 import blake3

from facedex.db import files, people, regions, sources
from facedex.db.connection import transaction
from facedex.db.regions import NewRegion
from facedex.db.sources import SourceFacts
from facedex.services.decisions.decide_people import rename_person
from facedex.services.names_in.picasa_files import read_contacts
from facedex.services.names_in.take_over_names import settle_regions
from facedex.services.telling.ledger import make_ledger
from facedex.types import Box, FileStat

ID = "aaaa000000000001"


def add_document(library, relpath, kind, facts, *said):
    with transaction(library.db):
        file_id = files.add_file(library.db, library.root, FileStat(relpath, 9, 1, 1, 999, 1))
        content = blake3(relpath).digest()
        files.set_read(library.db, file_id, 1, content, None, None)
        source = sources.save_source(library.db, kind, facts, file_id=file_id, content_hash=content)
        regions.save_regions(library.db, source, said)


def box_of(library, face_id):
    row = library.db.execute("SELECT x0, y0, x1, y1 FROM face WHERE id = ?", (face_id,)).fetchone()
    return Box(*row)


def sidecar(library, relpath, *named, extension=""):
    details = {"applied_to": None, "orientation": None, "sidecar_for": extension}
    said = [NewRegion("", f"{box}", box, name=name) for name, box in named]
    add_document(library, relpath, "xmp", SourceFacts(details=details), *said)


def settle(library):
    with transaction(library.db):
        settle_regions(library.db)


def names_by_photo(library):
    sql = (
        "SELECT f.relpath, p.name FROM assignment a JOIN person p ON p.id = a.person_id"
        " JOIN face c ON c.id = a.face_id JOIN file f ON f.photo_id = c.photo_id"
        " WHERE a.state = 'confirmed' ORDER BY 1, 2"
    )
    return [(os.fsdecode(path), name) for path, name in library.db.execute(sql)]


@pytest.fixture
def two_photos(small):
    """A JPEG and a PNG of one name, with a face in another place each."""
    (jpeg,) = small.photo("ann", name=b"a.jpg")
    small.photo("cy", "eve", "fay", name=b"b.jpg")
    *_others, png = small.photo("dee", "eve", "bob", name=b"a.png")
    return small, box_of(small, jpeg), box_of(small, png)


@pytest.mark.parametrize("extension", ["JPG", "JPEG", "jpe", ".jpg"])
def test_a_format_with_several_extensions_is_one(two_photos, extension):
    library, _jpeg, png = two_photos
    # it lies on the PNG's face, and yet it is not the PNG's
    sidecar(library, b"a.xmp", ("Bob", png), extension=extension)
    settle(library)
    [(path,)] = library.db.execute(
        "SELECT f.relpath FROM region g JOIN file f ON f.id = g.file_id"
    ).fetchall()
    assert os.fsdecode(path) == "a.jpg"


@pytest.mark.parametrize("extension", ["PNG", "png", ".png"])
def test_a_sidecar_is_of_the_file_with_the_extension_that_it_says(two_photos, extension):
    library, jpeg, _png = two_photos
    # it lies on the JPEG's face, and yet it is not the JPEG's
    sidecar(library, b"a.xmp", ("Ann", jpeg), extension=extension)
    settle(library)
    assert library.db.execute(
        "SELECT f.relpath FROM region g JOIN file f ON f.id = g.file_id"
    ).fetchall() == [(b"a.png",)]


def test_a_movies_sidecar_names_nobody_on_a_photo(two_photos):
    library, jpeg, _png = two_photos
    sidecar(library, b"a.xmp", ("Ann", jpeg), extension="MOV")
    settle(library)
    assert names_by_photo(library) == []
    assert [one[1:] for one in make_ledger(library.db).missing] == [("", 1)]


def test_of_several_photos_the_faces_say_whose_a_sidecar_is(two_photos):
    library, _jpeg, png = two_photos
    sidecar(library, b"a.xmp", ("Bob", png))
    settle(library)
    assert names_by_photo(library) == [("a.png", "Bob")]


def test_where_no_face_says_it_a_sidecar_is_nobodys_and_told(two_photos):
    library, *_boxes = two_photos
    sidecar(library, b"a.xmp", ("Bob", Box(0.96, 0.96, 0.99, 0.99)))
    settle(library)
    assert names_by_photo(library) == []
    assert [one[1:] for one in make_ledger(library.db).missing] == [("", 1)]


def test_a_sidecar_with_the_whole_name_is_that_photos_whatever_it_says(two_photos):
    library, jpeg, _png = two_photos
    sidecar(library, b"a.jpg.xmp", ("Ann", jpeg), extension="JPG")
    settle(library)
    assert names_by_photo(library) == [("a.jpg", "Ann")]


def beside_a_movie(library, movie):
    with transaction(library.db):
        file_id = files.add_file(library.db, library.root, FileStat(movie, 9, 1, 1, 998, 1))
        files.set_read(library.db, file_id, 1, blake3(movie).digest(), None, None)


@pytest.mark.parametrize("movie", [b"a.MOV", b"a.mp4", b"A.m4v"])
def test_a_sidecar_that_may_be_a_movies_is_the_photos_by_its_faces_only(small, movie):
    (face,) = small.photo("ann", name=b"a.jpg")
    beside_a_movie(small, movie)
    sidecar(small, b"a.xmp", ("Ann", Box(0.96, 0.96, 0.99, 0.99)))
    settle(small)
    assert names_by_photo(small) == []
    assert [one[1:] for one in make_ledger(small.db).missing] == [("", 1)]
    sidecar(small, b"a.XMP", ("Ann", box_of(small, face)))
    settle(small)
    assert names_by_photo(small) == [("a.jpg", "Ann")]


def test_names_without_a_place_that_may_be_a_movies_are_nobodys(small):
    small.photo("ann", name=b"a.jpg")
    beside_a_movie(small, b"a.mov")
    details = {"applied_to": None, "orientation": None}
    facts = SourceFacts(details=details)
    add_document(small, b"a.xmp", "xmp", facts, NewRegion("", "", None, name="Ann"))
    settle(small)
    assert [one[1:] for one in make_ledger(small.db).missing] == [("", 1)]


@pytest.mark.parametrize("name", [b"a.mov.xmp", b"a.MP4.xmp"])
def test_a_sidecar_with_a_movies_whole_name_names_nobody_on_the_photo(small, name):
    (face,) = small.photo("ann", name=b"a.jpg")
    beside_a_movie(small, name[:-4])
    sidecar(small, name, ("Ann", box_of(small, face)))
    settle(small)
    assert names_by_photo(small) == []
    assert [one[1:] for one in make_ledger(small.db).missing] == [("", 1)]


def test_beside_a_movie_a_sidecar_that_says_so_is_the_photos(small):
    (face,) = small.photo("ann", name=b"a.jpg")
    beside_a_movie(small, b"a.mov")
    sidecar(small, b"a.xmp", ("Ann", box_of(small, face)), extension="jpg")
    settle(small)
    sidecar(small, b"a.jpg.xmp", ("Ann", Box(0.96, 0.96, 0.99, 0.99)))
    settle(small)
    assert make_ledger(small.db).missing == ()
    assert names_by_photo(small) == [("a.jpg", "Ann")]


def test_the_name_that_stands_is_the_ledgers_winner(small):
    (face,) = small.photo("ann", name=b"a.jpg")
    sidecar(small, b"a.xmp", ("Old", box_of(small, face)))
    sidecar(small, b"a.jpg.xmp", ("New", box_of(small, face)))
    settle(small)
    (conflict,) = make_ledger(small.db).conflicts
    assert (conflict.says, conflict.stands, conflict.by) == ("Old", "New", "xmp")


def ini(library, folder, name, face):
    corners = box_of(library, face)
    facts = SourceFacts({ID: name}, details={"is_export": False, "web_ids": {}, "lines": {}})
    said = NewRegion("a.jpg", "0" * 16, corners, ID)
    add_document(library, folder + b".picasa.ini", "ini", facts, said)


@pytest.fixture
def renamed_contact(small):
    for folder, name in ((b"1/", "Ann Maiden"), (b"2/", "Ann Married"), (b"3/", "Ann Married")):
        (face,) = small.photo("ann", name=folder + b"a.jpg")
        ini(small, folder, name, face)
    settle(small)
    return small


def test_a_renamed_contact_is_one_person_by_every_name(renamed_contact):
    db = renamed_contact.db
    (ann,) = people.list_people(db)
    assert (ann.name, people.aliases(db, ann.person_id)) == ("Ann Married", ["Ann Maiden"])
    assert people.find_by_name(db, "ann maiden") == ann.person_id
    assert make_ledger(db).renamed_contacts == ((ID, "Ann Married", ("Ann Maiden", "Ann Married")),)


@pytest.mark.parametrize("newest", [b"1/", b"2/", b"3/"])
def test_of_names_that_are_equally_frequent_the_newest_inis_is_the_persons(small, newest):
    for folder, name in ((b"1/", "Ann"), (b"2/", "Bea"), (b"3/", "Cleo")):
        (face,) = small.photo("ann", name=folder + b"a.jpg")
        ini(small, folder, name, face)
    path = newest + b".picasa.ini"
    small.db.execute("UPDATE file SET mtime_ns = 2 WHERE relpath = ?", (path,))
    settle(small)
    named = {b"1/": "Ann", b"2/": "Bea", b"3/": "Cleo"}[newest]
    assert [person.name for person in people.list_people(small.db)] == [named]


def test_who_was_renamed_here_keeps_that_name(renamed_contact):
    db = renamed_contact.db
    (ann,) = people.list_people(db)
    rename_person(db, ann.person_id, "Grandma")
    (face,) = renamed_contact.photo("ann", name=b"4/a.jpg")
    ini(renamed_contact, b"4/", "Ann Widow", face)
    settle(renamed_contact)
    (grandma,) = people.list_people(db)
    assert grandma.name == "Grandma"
    for name in ("Ann Maiden", "Ann Married", "Ann Widow"):
        assert people.find_by_name(db, name) == ann.person_id


def contacts_xml(library, name):
    """Read Picasa's list of contacts, in which somebody has this name now."""
    path = library.directory / "contacts.xml"
    path.write_text(f'<contacts><contact id="{ID}" name="{name}"/></contacts>')
    read_contacts(library.db, path)
    settle(library)


def test_a_later_list_of_contacts_leaves_one_person_by_both_names(small):
    (face,) = small.photo("ann", name=b"1/a.jpg")
    ini(small, b"1/", "Ann Maiden", face)
    settle(small)
    contacts_xml(small, "Ann Married")
    (ann,) = people.list_people(small.db)
    for name in ("Ann Maiden", "Ann Married"):
        assert people.find_by_name(small.db, name) == ann.person_id
    contacts_xml(small, "Ann Widow")
    (ann,) = people.list_people(small.db)
    for name in ("Ann Maiden", "Ann Married", "Ann Widow"):
        assert people.find_by_name(small.db, name) == ann.person_id
    assert names_by_photo(small) == [("1/a.jpg", ann.name)]


def test_a_later_list_of_contacts_renames_nobody_whom_the_user_renamed(small):
    (face,) = small.photo("ann", name=b"1/a.jpg")
    ini(small, b"1/", "Ann Maiden", face)
    settle(small)
    (ann,) = people.list_people(small.db)
    rename_person(small.db, ann.person_id, "Grandma")
    contacts_xml(small, "Ann Married")
    assert names_by_photo(small) == [("1/a.jpg", "Grandma")]
    assert people.find_by_name(small.db, "Ann Married") == ann.person_id


@pytest.mark.parametrize("nobody", ["Unknown", "_UNKNOWN_", "?"])
def test_a_contact_called_nobody_names_nobody_until_it_has_a_name(small, nobody):
    (face,) = small.photo("ann", name=b"1/a.jpg")
    ini(small, b"1/", nobody, face)
    settle(small)
    assert (people.list_people(small.db), small.said(face)) == ([], [])
    (line,) = make_ledger(small.db).sources
    assert (line.outcomes.found, line.outcomes.unnamed) == (1, 1)
    contacts_xml(small, "Ann")
    assert names_by_photo(small) == [("1/a.jpg", "Ann")]


def test_a_contact_called_nobody_whom_the_user_named_is_who_they_said(small):
    (face,) = small.photo("ann", name=b"1/a.jpg")
    ini(small, b"1/", "Ann", face)
    settle(small)
    small.db.execute("UPDATE source SET contacts = json_object(?, 'Unknown')", (ID,))
    (other,) = small.photo("ann", name=b"2/a.jpg")
    ini(small, b"2/", "Unknown", other)
    settle(small)
    assert names_by_photo(small) == [("1/a.jpg", "Ann"), ("2/a.jpg", "Ann")]


def test_a_nobodys_face_on_a_photo_that_cannot_be_read_is_unnamed(small):
    add_document(small, b"1/a.jpg", "none", SourceFacts())
    facts = SourceFacts({ID: "Unknown"}, details={"is_export": False, "web_ids": {}, "lines": {}})
    said = NewRegion("a.jpg", "0" * 16, Box(0.1, 0.1, 0.2, 0.2), ID)
    add_document(small, b"1/.picasa.ini", "ini", facts, said)
    settle(small)
    (line,) = make_ledger(small.db).sources
    assert (line.outcomes.found, line.outcomes.unnamed) == (1, 1)
