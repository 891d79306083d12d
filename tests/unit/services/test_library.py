import threading

import pytest

from facedex.db import issues
from facedex.db.connection import transaction
from facedex.errors import EnvironmentFault
from facedex.services.library import Library
from facedex.services.telling.records import Shelf


@pytest.fixture
def library(small):
    opened = Library.open(small.directory)
    yield opened
    opened.close()


def named(small, library, *names):
    for name in names:
        library.decide.name_faces(small.photo(name), name)


def found(library, text, **options):
    return [person.name for person in library.look.find_people(text, **options)]


def test_a_library_is_there_or_not(small, tmp_path):
    assert Library.exists(small.directory)
    assert not Library.exists(tmp_path)


@pytest.mark.parametrize(
    "text", ["ren", "REN", "r\u00e9n", "Rene\u0301", "dup", "  Du", "ren\u00e9 d"]
)
def test_people_are_found_without_regard_to_accents_and_case(small, library, text):
    named(small, library, "Ren\u00e9 Dupont", "Andr\u00e9 Martin")
    assert found(library, text) == ["Ren\u00e9 Dupont"]


@pytest.mark.parametrize("text", ["upont", "enee", "xyz"])
def test_people_are_found_by_the_beginnings_of_words_only(small, library, text):
    named(small, library, "Ren\u00e9 Dupont")
    assert found(library, text) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Stra\u00dfer", "strasse"),
        ("\u0130lker", "ilk"),
        ("\u65e5\u672c", "\u65e5"),
        ("\uff21da", "ada"),
    ],
)
def test_people_are_found_in_other_scripts(small, library, name, text):
    named(small, library, name)
    assert found(library, text) == [name]


def test_of_several_people_the_one_with_most_faces_comes_first(small, library):
    named(small, library, "Anna", "Antje", "Andrea")
    library.decide.name_faces(small.album("Antje", 3), "Antje")
    assert found(library, "an") == ["Antje", "Andrea", "Anna"]
    assert found(library, "an", limit=2) == ["Antje", "Andrea"]
    assert len(found(library, "")) == 3


@pytest.mark.parametrize(
    "asked", ["\u00c9lise", "\u00e9lise", "\u00c9LISE", "e\u0301lise", " \u00e9lise "]
)
def test_faces_of_a_person_in_any_case(small, library, asked):
    [face] = small.photo("elise")
    library.decide.name_faces([face], "\u00c9lise")
    assert [row.face_id for row in library.look.find_faces(asked, None, 10)] == [face]
    assert library.look.find_faces("nobody", None, 10) == []


def test_faces_by_state(small, library):
    a, b, c = small.photo("a", "b", "c")
    library.decide.name_faces([a], "A")
    library.decide.ignore([b])
    for state, expected in (("confirmed", [a]), ("ignored", [b]), ("unknown", [c])):
        assert [row.face_id for row in library.look.find_faces(None, state, 10)] == expected
    assert len(library.look.find_faces(None, None, 2)) == 2


def test_shelves(small, library):
    ada, bob = small.album("ada", 4), small.album("bob", 3)
    [loner, aside] = small.photo("loner", "aside")
    library.decide.name_faces(ada[:3], "Ada")
    library.decide.ignore([aside])
    assert library.rematch() == 1
    [person] = library.look.people()
    [group] = library.look.unknown_groups()
    assert (person.n_confirmed, person.n_suggested) == (3, 1)
    assert library.look.shelf_faces(Shelf("person", person.person_id)) == [ada[3], *ada[:3]]
    assert library.look.shelf_faces(Shelf("group", cluster_id=group.cluster_id)) == bob
    assert library.look.shelf_faces(Shelf("ignored")) == [aside]
    assert library.look.shelf_faces(Shelf("ungrouped")) == [loner]
    assert (library.look.n_ignored(), library.look.n_ungrouped(), group.n_faces) == (1, 1, 3)


def test_counts(small, library):
    ada = small.album("ada", 4)
    library.decide.name_faces(ada[:3], "Ada")
    library.rematch()
    counts = library.look.counts()
    assert (counts.n_photos, counts.n_faces, counts.n_people) == (4, 4, 1)
    assert (counts.n_confirmed, counts.n_suggested, counts.n_problems) == (3, 1, 0)
    assert library.look.n_decisions() == 1


def test_rows_come_in_the_order_asked_and_without_those_that_are_gone(small, library):
    a, b = small.photo("a", "b")
    assert [row.face_id for row in library.look.faces([b, 999, a])] == [b, a]
    with pytest.raises(KeyError):
        library.look.photo(999)


def test_a_decision_of_one_connection_is_seen_by_the_other(small, library):
    [a] = small.photo("ada")
    other = Library.open(small.directory)
    before = library.look.data_version()
    other.decide.name_faces([a], "Ada")
    other.close()
    assert library.look.data_version() != before
    assert [person.name for person in library.look.people()] == ["Ada"]


def test_threads_have_their_own_connections(small, library):
    small.photo("ada")
    seen = []
    threads = [
        threading.Thread(target=lambda: seen.append(library.look.counts().n_faces))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 4


def test_a_thumbnail_of_a_face_that_is_gone_or_whose_photo_is_gone_is_none(small, library):
    [a] = small.photo("ada")
    assert library.look.thumbnail(999) is None
    assert library.look.thumbnail(a) is None  # its file was never there


def test_a_preview_of_a_photo_without_a_file_says_so(small, library):
    small.photo("ada")
    small.db.execute("UPDATE file SET state = 'missing'")
    with pytest.raises(EnvironmentFault, match="not there"):
        library.look.preview(1, 800)


def test_problems_are_listed_by_path(small, library):
    for name in (b"z.jpg", b"a.jpg"):
        small.photo("x", name=name)
    with transaction(small.db):
        for file_id in (1, 2):
            issues.set_issue(small.db, file_id, "decode", "damaged", "broken")
    rows = library.look.problems()
    assert [row.path[-5:] for row in rows] == ["a.jpg", "z.jpg"]
    assert library.look.counts().n_problems == 2


def test_a_library_that_was_never_scanned_has_nothing_to_match(tmp_path):
    library = Library.open(tmp_path / "new")
    assert library.rematch() == 0
    assert library.look.last_scan() is None
    library.close()


def test_a_persons_suggestions_come_surest_first_and_poor_faces_last(small, library):
    named(small, library, "ada", "eve")
    library.decide.name_faces(small.album("ada", 3), "ada")
    faces = small.album("ada", 5)
    library.rematch()
    for face, (probability, quality) in zip(
        faces, [(0.7, None), (0.99, 0.1), (0.9, 0.8), (0.8, 0.9), (0.95, 0.3)], strict=True
    ):
        small.db.execute("UPDATE face SET quality = ? WHERE id = ?", (quality, face))
        small.db.execute(
            "UPDATE assignment SET probability = ? WHERE face_id = ?", (probability, face)
        )
    [ada, _eve] = library.look.people()
    shown = library.look.shelf_faces(Shelf("person", person_id=ada.person_id))
    assert shown[:5] == [faces[i] for i in (4, 2, 3, 0, 1)]
    assert len(shown) == 9
