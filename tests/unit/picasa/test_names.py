import os
import unicodedata

import pytest

from facedex.picasa.names import (
    ContactBook,
    FilenameIndex,
    NameOrigin,
    ResolvedName,
    group_web_contacts,
    is_ini_copy,
    is_picasa_ini,
    is_skipped_dir,
    match_filename,
    placeholder_name,
    resolve_name,
)

ID = "015f401bca26710c"
OTHER_ID = "ca5c88ca60f42c0b"
NFC = unicodedata.normalize("NFC", "Ágnes.jpg")
NFD = unicodedata.normalize("NFD", "Ágnes.jpg")


@pytest.mark.parametrize("name", [".picasa.ini", "Picasa.ini", ".PICASA.INI", "picasa.ini"])
def test_picasa_names_in_any_case(name):
    assert is_picasa_ini(name)
    assert is_picasa_ini(name.encode())
    assert not is_ini_copy(name)


@pytest.mark.parametrize(
    "name",
    [
        ".picasa (2).ini",
        "Picasa (1).ini",
        ".picasa(1).ini",
        ".picasa (Ann's conflicted copy 2019-01-01).ini",
        ".picasa.sync-conflict-20200101-120000-ABCDEFG.ini",
        "Picasa - Copy.ini",
        ".picasa-Ann-PC.ini",
        "Picasa~1.INI",
    ],
)
def test_copies_are_told_apart(name):
    assert is_ini_copy(name)
    assert is_ini_copy(name.encode())
    assert not is_picasa_ini(name)


@pytest.mark.parametrize(
    "name", ["desktop.ini", "picasa2.ini", "picasaweb.ini", ".picasa.txt", "", ".ini", b"\xff.ini"]
)
def test_other_files_are_not_picasas(name):
    assert not is_picasa_ini(name)
    assert not is_ini_copy(name)


@pytest.mark.parametrize(
    "name", [".picasaoriginals", "Originals", "_vti_cnf", ".AppleDouble", b"ORIGINALS"]
)
def test_backup_folders_are_skipped(name):
    assert is_skipped_dir(name)


@pytest.mark.parametrize("name", ["originals 2020", "photos", b"\xff", ""])
def test_other_folders_are_not_skipped(name):
    assert not is_skipped_dir(name)


def test_exact_name_wins():
    assert match_filename("A.jpg", [b"a.jpg", b"A.jpg", b"A.JPG"]) == b"A.jpg"
    assert match_filename(NFD, [NFC.encode(), NFD.encode()]) == NFD.encode()


@pytest.mark.parametrize(
    ("section", "name"),
    [
        ("IMG_1.JPG", b"img_1.jpg"),
        ("straße.jpg", b"STRASSE.JPG"),
        (NFC, NFD.encode()),
        (NFD, NFC.encode()),
        (NFC.upper(), NFD.encode()),
        (NFD.upper(), NFC.lower().encode()),
        ("é.jpg", b"\xe9.jpg"),
        ("É.jpg", b"\xe9.jpg"),
        (os.fsdecode(b"\xe9.jpg"), b"\xe9.jpg"),
    ],
)
def test_case_and_normalisation_do_not_matter(section, name):
    assert match_filename(section, [b"other.jpg", name]) == name


def test_missing_file_is_none():
    assert match_filename("a.jpg", []) is None
    assert match_filename("a.jpg", [b"b.jpg", b"a.jpeg"]) is None


def test_several_candidates_are_not_guessed():
    assert match_filename("a.jpg", [b"A.jpg", b"A.JPG"]) is None
    assert match_filename("ÁGNES.JPG", [NFC.encode(), NFD.encode()]) == NFC.encode()
    assert match_filename("ÁGNES.JPG", [NFC.encode(), NFC.title().encode() + b"x"]) == NFC.encode()


def test_index_serves_many_sections():
    index = FilenameIndex([f"img_{i}.jpg".encode() for i in range(5000)])
    assert [index.find(f"IMG_{i}.JPG") for i in (0, 4999, 5000)] == [
        b"img_0.jpg",
        b"img_4999.jpg",
        None,
    ]


def book(inis, xml=None):
    return ContactBook.build([(folder, {ID: name}) for folder, name in inis], xml)


def test_contacts_xml_comes_first():
    resolved = resolve_name(b"a", ID, book([(b"a", "Ann")], {ID: "Anna"}))
    assert resolved == ResolvedName("Anna", NameOrigin.CONTACTS_XML)


def test_own_ini_comes_before_parents():
    resolved = resolve_name(b"a/b", ID, book([(b"a/b", "Ann"), (b"a", "Eve"), (b"", "Zoe")]))
    assert resolved == ResolvedName("Ann", NameOrigin.OWN_INI)


def test_nearest_parent_comes_before_the_library():
    inis = [(b"", "Zoe"), (b"a", "Eve"), (b"x", "Ann"), (b"y", "Ann"), (b"a/bc", "Ann")]
    resolved = resolve_name(b"a/b/c", ID, book(inis))
    assert resolved == ResolvedName("Eve", NameOrigin.PARENT_INI)


def test_root_is_every_folders_parent():
    assert resolve_name(b"a/b", ID, book([(b"", "Zoe")])) == ResolvedName(
        "Zoe", NameOrigin.PARENT_INI
    )
    assert resolve_name(b"", ID, book([(b"", "Zoe")])) == ResolvedName("Zoe", NameOrigin.OWN_INI)


def test_most_frequent_name_of_the_library_is_taken():
    contacts = book([(b"x", "Eve"), (b"y", "Ann"), (b"z", "Eve")])
    assert resolve_name(b"a", ID, contacts) == ResolvedName("Eve", NameOrigin.ANY_INI)
    assert contacts.spellings[ID] == ("Eve", "Ann")


def test_database_names_those_that_no_file_names():
    contacts = ContactBook.build([(b"x", {ID: "Ann"})], {}, {ID: "Anna", OTHER_ID: "Eve"})
    assert resolve_name(b"a", ID, contacts) == ResolvedName("Ann", NameOrigin.ANY_INI)
    assert resolve_name(b"a", OTHER_ID, contacts) == ResolvedName("Eve", NameOrigin.DB3)
    assert resolve_name(b"a", "1", contacts).is_placeholder


def test_ids_of_one_web_contact_are_grouped():
    inis = [
        {"a": "ann_lh,13", "b": "eve_lh,13"},
        {"c": "Ann_lh,13", "d": "ann_lh,14"},
        {"a": "ann_lh,13"},
        {"b": "ann_lh,14"},
    ]
    assert group_web_contacts(inis) == [("a", "c"), ("b", "d")]
    assert group_web_contacts([]) == []


def test_of_equally_frequent_names_the_one_listed_first_comes_first():
    inis = [(b"x", "eve"), (b"y", "Ann"), (b"z", "Eve")]
    assert book(inis).spellings[ID] == ("eve", "Ann", "Eve")
    assert book([*inis[::-1], (b"w", "Ann")]).spellings[ID] == ("Ann", "Eve", "eve")


def test_folders_first_ini_wins():
    contacts = book([(b"a", "Ann"), (b"a/", "Old")])
    assert resolve_name(b"a", ID, contacts) == ResolvedName("Ann", NameOrigin.OWN_INI)
    assert contacts.spellings[ID] == ("Ann",)


def test_unknown_id_is_one_placeholder_everywhere():
    names = {resolve_name(folder, ID, book([])) for folder in (b"", b"a", b"a/b")}
    assert names == {
        ResolvedName(placeholder_name(ID), NameOrigin.PLACEHOLDER, is_placeholder=True)
    }
    assert placeholder_name(ID) == f"Unknown (Picasa {ID})"


def test_ids_need_not_be_padded():
    assert resolve_name(b"", ID.lstrip("0").upper(), book([(b"", "Ann")])).name == "Ann"
    assert resolve_name(b"", "not an id", book([])).is_placeholder


@pytest.mark.parametrize("contact_id", ["", "0", "0" * 16, "f" * 16])
def test_special_ids_are_nobody(contact_id):
    assert resolve_name(b"", contact_id, ContactBook.build([], {"f" * 16: "X"})) is None


def test_book_does_not_change_with_its_sources():
    xml, own = {}, {}
    contacts = ContactBook.build([(b"", own)], xml)
    xml[ID] = own[ID] = "Late"
    assert resolve_name(b"", ID, contacts).is_placeholder


@pytest.mark.parametrize("nobody", ["Unknown", "_UNKNOWN_", "unconfirmed", "?", " ", "Unbekannt"])
def test_a_contact_that_is_called_nobody_is_nobody_wherever_it_stands(nobody):
    for contacts in (
        ContactBook.build([(b"x", {ID: nobody})]),
        ContactBook.build([], {ID: nobody}),
        ContactBook.build([], None, {ID: nobody}),
        ContactBook.build([(b"x", {ID: nobody})], {ID: nobody}, {ID: nobody}),
    ):
        assert contacts.names_of(ID) == ()
        assert resolve_name(b"x", ID, contacts) is None
        assert resolve_name(b"y", OTHER_ID, contacts).is_placeholder  # of it nothing is said


def test_a_name_anywhere_counts_before_nobodys():
    contacts = ContactBook.build(
        [(b"x", {ID: "Unknown"}), (b"x", {ID: "Ann"}), (b"y", {OTHER_ID: "?"})],
        {ID: "_UNKNOWN_"},
        {OTHER_ID: "Eve"},
    )
    assert contacts.names_of(ID) == ("Ann",)
    assert resolve_name(b"x", ID, contacts) == ResolvedName("Ann", NameOrigin.OWN_INI)
    assert resolve_name(b"y", OTHER_ID, contacts) == ResolvedName("Eve", NameOrigin.DB3)
