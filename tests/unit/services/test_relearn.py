"""Names come back in a fresh library of the same photos. Real scans:
tests/integration/test_relearn.py."""

import hashlib
import uuid

import pytest
from small_library import PLUGIN, TWENTY_TIMES, SmallLibrary
from views import v1_views

from facedex.db import faces, pairs, people
from facedex.db.connection import rows, transaction
from facedex.db.portable_decisions import read_decided
from facedex.errors import LibraryDamaged, SchemaTooNew, UsageError
from facedex.progress import NullSink
from facedex.services.decisions import decide_faces
from facedex.services.decisions.decide_groups import reject_pair_of_people, split
from facedex.services.decisions.decide_people import merge_people, rename_person, set_dates
from facedex.services.decisions.journal import Recording
from facedex.services.decisions.relearn import relearn
from facedex.services.names_in.named_faces import name_face
from facedex.spelling import name_key
from facedex.types import EngineConfig, ScanOptions, Source

ADA, BOB, EVE = "Ada", "Bob", "Eve"
MODEL = "small-model"


@pytest.fixture
def make_fresh(small, tmp_path):
    """Return a maker of a library that a fresh scan of the same photos gives: other ids, no
    names."""
    made = []

    def make(*, moved=0.0):
        folder = tmp_path / f"fresh{len(made)}"
        folder.mkdir()
        small.db.execute("VACUUM INTO ?", (str(folder / "library.db"),))
        fresh = SmallLibrary(folder)
        made.append(fresh)
        with transaction(fresh.db):
            for table in (
                "decision", "rejected_pair", "assignment", "alias", "contact", "person", "cluster",
            ):  # fmt: skip
                fresh.db.execute(f"DELETE FROM {table}")  # noqa: S608 -- these names
            for (face_id,) in rows(fresh.db, "SELECT id FROM face"):
                fresh.db.execute(
                    "UPDATE face SET uuid = ?, x0 = x0 + ?, x1 = x1 + ? WHERE id = ?",
                    (str(uuid.uuid4()), moved, moved, face_id),
                )
        return fresh

    yield make
    for fresh in made:
        fresh.close()


def run(library, other=None, **options):
    path = None if other is None else other.directory
    return relearn(
        library.directory, ScanOptions(EngineConfig()), NullSink(), lambda: False, other=path,
        **options,
    )  # fmt: skip


def words(library):
    """What is said of each face, by picture and place, with names."""
    sql = (
        "SELECT lower(hex(p.image_hash)), round(f.x0, 1), n.name, a.state FROM assignment a"
        " JOIN face f ON f.id = a.face_id JOIN photo p ON p.id = f.photo_id"
        " LEFT JOIN person n ON n.id = a.person_id WHERE a.source != 'auto' ORDER BY 1, 2, 3"
    )
    return rows(library.db, sql)


@pytest.fixture
def decided(small):
    """Every kind of decision: names, an ignored face, a rejection, a merge, a split, dates, a
    pair."""
    ada, bob = small.album("ada", 4), small.album("bob", 3)
    a, b = small.photo("ada", "bob")
    decide_faces.name_faces(small.db, [*ada, a], "Countess")
    decide_faces.name_faces(small.db, [*bob, b], BOB)
    decide_faces.name_faces(small.db, small.album("ada2", 2), ADA)
    decide_faces.name_faces(small.db, small.album("eve", 2), EVE)
    decide_faces.ignore(small.db, small.album("stranger", 1))
    decide_faces.reject(small.db, bob[:1])
    names = {person.name: person.person_id for person in people.list_people(small.db)}
    merge_people(small.db, names["Countess"], names[ADA])
    rename_person(small.db, names[BOB], "Robert")
    set_dates(small.db, names[ADA], born="1815-12-10")
    reject_pair_of_people(small.db, names[EVE], names[ADA])
    split(small.db, [ada[:2]])
    decide_faces.ignore(small.db, [b])
    decide_faces.undo(small.db)
    with transaction(small.db):
        people.set_contact(small.db, "c" * 16, names[EVE], EVE)
    return small


def test_every_word_is_there_again_in_a_fresh_library(decided, make_fresh):
    fresh = make_fresh(moved=0.01)
    report = run(fresh, decided)
    assert words(fresh) == words(decided)
    assert len(words(decided)) > 10
    n_faces = len(read_decided(decided.db).faces)
    assert (report.n_named, report.n_boxes, report.n_absent) == (n_faces, 0, 0)
    ada = people.find_by_name(fresh.db, "countess")
    assert people.get_person(fresh.db, ada).born == "1815-12-10"
    assert people.find_contact(fresh.db, "c" * 16) == people.find_by_name(fresh.db, EVE)
    [pair] = pairs.list_rejected(fresh.db)
    assert {pair.a, pair.b} == {ada, people.find_by_name(fresh.db, EVE)}


def test_every_word_comes_to_another_encoders_faces_whatever_its_measure(decided, make_fresh):
    fresh = make_fresh(moved=0.01)
    fresh.encode_by(PLUGIN, TWENTY_TIMES, 20)
    assert run(fresh, decided).n_suggested == run(make_fresh(moved=0.01), decided).n_suggested
    assert words(fresh) == words(decided)


def test_looks_that_were_apart_stay_apart(decided, make_fresh):
    fresh = make_fresh()
    run(fresh, decided)
    for library in (decided, fresh):
        ada = people.find_by_name(library.db, ADA)
        used = {
            faces.cluster_of(library.db, face) for face in faces.confirmed_faces(library.db, ada)
        }
        assert len(used) == 2


def test_relearning_again_changes_nothing(decided, make_fresh):
    fresh = make_fresh()
    run(fresh, decided)
    before = v1_views(fresh.db)
    n = rows(fresh.db, "SELECT count(*) FROM decision")
    report = run(fresh, decided)
    assert (report.n_same, report.n_named, report.n_people) == (
        len(read_decided(decided.db).faces),
        0,
        0,
    )
    assert v1_views(fresh.db) == before
    assert rows(fresh.db, "SELECT count(*) FROM decision") == n
    assert run(fresh).n_same == report.n_same  # from its own journal


def test_it_is_one_step_that_can_be_taken_back(decided, make_fresh, monkeypatch):
    monkeypatch.setattr("facedex.services.decisions.relearn.encode_named", lambda *_args: (0, 0))
    fresh = make_fresh()
    with transaction(fresh.db):
        robert = people.find_by_name(decided.db, "Robert")
        [named, *_] = faces.confirmed_faces(decided.db, robert)
        fresh.db.execute("DELETE FROM face WHERE id = ?", (named,))  # a box will stand for it
    before = v1_views(fresh.db)
    run(fresh, decided)
    after = words(fresh)
    assert decide_faces.undo(fresh.db).summary.startswith("Undone: Relearned ")
    with transaction(fresh.db):
        fresh.db.execute("DELETE FROM assignment WHERE state = 'suggested'")
        fresh.db.execute("UPDATE face SET cluster_id = NULL")
        people.drop_empty_clusters(fresh.db)
    assert v1_views(fresh.db) == before
    decide_faces.redo(fresh.db)
    assert words(fresh) == after == words(decided)


def test_dry_run_tells_the_same_and_writes_nothing(decided, make_fresh):
    fresh = make_fresh()
    before = v1_views(fresh.db)
    told = run(fresh, decided, is_dry_run=True)
    assert v1_views(fresh.db) == before
    assert rows(fresh.db, "SELECT count(*) FROM decision") == [(0,)]
    done = run(fresh, decided)
    assert (told.n_same, told.n_named, told.n_boxes, told.n_kept, told.n_absent) == (
        done.n_same, done.n_named, done.n_boxes, done.n_kept, done.n_absent,
    )  # fmt: skip


def test_other_library_is_only_read(decided, make_fresh):
    fresh = make_fresh()
    decided.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file = decided.directory / "library.db"
    before = hashlib.sha256(file.read_bytes()).digest()
    run(fresh, decided)
    assert hashlib.sha256(file.read_bytes()).digest() == before


def test_named_face_that_is_not_found_is_kept_as_a_box(decided, make_fresh, monkeypatch):
    monkeypatch.setattr("facedex.services.decisions.relearn.encode_named", lambda *_args: (0, 0))
    fresh = make_fresh()
    with transaction(fresh.db):
        fresh.db.execute("DELETE FROM face")
    report = run(fresh, decided)
    settled = [word for word in words(decided) if word[3] in ("confirmed", "ignored")]
    assert report.n_boxes == len(settled)
    assert [word for word in words(fresh) if word[3] in ("confirmed", "ignored")] == settled
    assert rows(fresh.db, "SELECT DISTINCT origin FROM v1_faces") == [("manual",)]
    assert run(fresh, decided).n_same == report.n_boxes


def test_photos_that_are_not_here_are_counted_and_named_when_they_come(decided, make_fresh):
    fresh, later = make_fresh(), make_fresh()
    with transaction(fresh.db):
        fresh.db.execute("UPDATE file SET photo_id = NULL")
        fresh.db.execute("DELETE FROM photo")
    report = run(fresh, decided)
    assert report.n_absent == len(read_decided(decided.db).faces)
    assert words(fresh) == []
    assert fresh.names() == decided.names()  # people are known all the same
    assert run(later, decided).n_named == report.n_absent


def test_what_was_decided_here_stands(decided, make_fresh):
    fresh = make_fresh()
    decide_faces.name_faces(fresh.db, [1], "Mallory")
    report = run(fresh, decided)
    assert report.n_kept == 1
    assert fresh.confirmed(1) == "Mallory"


def test_picasas_word_here_gives_way_to_what_the_owner_decided_there(decided, make_fresh):
    fresh = make_fresh()
    robert = people.find_by_name(decided.db, "Robert")
    face = faces.confirmed_faces(decided.db, robert)[0]
    with transaction(fresh.db):
        person = people.add_person(fresh.db, "Bobby")
        people.set_contact(fresh.db, "d" * 16, person, "Bobby")
        name_face(fresh.db, face, person, Source.PICASA)
    run(fresh, decided)
    assert fresh.confirmed(face) == "Robert"


def test_people_are_known_by_contact_or_name_and_namesakes_stay_two(decided, make_fresh):
    [face] = decided.photo("twin")
    with transaction(decided.db):
        twin = people.add_person(decided.db, ADA)
        name_face(decided.db, face, twin, Source.PICASA)
    fresh = make_fresh()
    with transaction(fresh.db):
        called = people.add_person(fresh.db, "Evelyn")
        people.set_contact(fresh.db, "c" * 16, called, "Evelyn")
        ada = people.add_person(fresh.db, "ada")
    run(fresh, decided)
    assert people.aliases(fresh.db, called) == [EVE]
    adas = [person for person in people.list_people(fresh.db) if name_key(person.name) == "ada"]
    assert len(adas) == 2
    assert ada in {person.person_id for person in adas}
    assert fresh.confirmed(face) == ADA


def test_names_of_faces_whose_rows_are_gone_come_back_from_the_journal(decided, monkeypatch):
    monkeypatch.setattr("facedex.services.decisions.relearn.encode_named", lambda *_args: (0, 0))
    before = [word for word in words(decided) if word[3] in ("confirmed", "ignored")]
    lost = rows(decided.db, "SELECT count(*) FROM face WHERE id <= 3")[0][0]
    with transaction(decided.db):
        decided.db.execute("DELETE FROM face WHERE id <= 3")
    report = run(decided)
    assert 0 < report.n_boxes <= lost
    assert [word for word in words(decided) if word[3] in ("confirmed", "ignored")] == before
    assert decided.names().count(ADA) == 1


def test_a_face_that_is_gone_and_knew_two_people_who_are_one_now_gets_the_name(small, make_fresh):
    [gone, *others] = small.album("ada", 3)
    decide_faces.name_faces(small.db, others, "Countess")
    decide_faces.name_faces(small.db, [gone], "Countess")
    decide_faces.name_faces(small.db, [gone], ADA)  # so it is not the Countess
    fresh = make_fresh()
    with transaction(small.db):
        small.db.execute("DELETE FROM face WHERE id = ?", (gone,))
    names = {person.name: person.person_id for person in people.list_people(small.db)}
    merge_people(small.db, names["Countess"], names[ADA])
    run(fresh, small)
    assert [(name, state) for _image, _x, name, state in words(fresh)] == [(ADA, "confirmed")] * 3


def test_what_cannot_be_relearned_from_is_refused(small, make_fresh, tmp_path):
    with pytest.raises(UsageError, match="this library"):
        run(small, small)
    with pytest.raises(UsageError, match="no library"):
        relearn(
            small.directory, ScanOptions(EngineConfig()), NullSink(), lambda: False, other=tmp_path
        )
    fresh = make_fresh()
    fresh.db.execute("PRAGMA user_version = 9999")
    with pytest.raises(SchemaTooNew):
        run(small, fresh)
    fresh.db.execute("PRAGMA application_id = 7")
    with pytest.raises(LibraryDamaged):
        run(small, fresh)


@pytest.mark.parametrize("turned_round", [False, True])
def test_two_faces_that_are_not_one_person_are_not_one_there_either(
    small, make_fresh, turned_round
):
    one, other = small.album("ada", 1)[0], small.album("bob", 1)[0]
    pair = (other, one) if turned_round else (one, other)
    fresh = make_fresh()
    with transaction(small.db):
        record = Recording(small.db)
        record.note_pair(pairs.RejectedPair("faces", *pair))
        pairs.set_rejected(small.db, "faces", *pair, is_rejected=True)
        record.write("not_same", lambda _n: "not one")
    run(fresh, small)
    assert pairs.is_rejected(fresh.db, "faces", *pair)


def test_other_names_known_here_and_there_are_all_known(small, make_fresh):
    [a] = small.album("ada", 1)
    fresh = make_fresh()
    for library, alias in ((small, "Countess"), (fresh, "Miss Byron")):
        decide_faces.name_faces(library.db, [a], ADA)
        with transaction(library.db):
            person = people.find_by_name(library.db, ADA)
            people.set_aliases(library.db, person, [alias])
    rename_person(small.db, people.find_by_name(small.db, ADA), "Ada King")
    rename_person(small.db, people.find_by_name(small.db, "Ada King"), ADA)
    run(fresh, small)
    person = people.find_by_name(fresh.db, ADA)
    assert set(people.aliases(fresh.db, person)) >= {"Miss Byron", "Countess"}


def test_somebody_without_a_name_here_gets_the_name_from_there(small, make_fresh):
    [a] = small.album("ada", 1)
    fresh = make_fresh()
    decide_faces.name_faces(small.db, [a], ADA)
    with transaction(small.db):
        people.set_contact(small.db, "a" * 16, people.find_by_name(small.db, ADA), ADA)
    rename_person(small.db, people.find_by_name(small.db, ADA), "Ada King")
    with transaction(fresh.db):
        unnamed = people.add_person(fresh.db, "Unknown 1", is_placeholder=True)
        people.set_contact(fresh.db, "a" * 16, unnamed, "?")
    run(fresh, small)
    found = people.get_person(fresh.db, unnamed)
    assert (found.name, found.is_placeholder) == ("Ada King", False)
    assert fresh.confirmed(a) == "Ada King"


def test_the_first_look_of_a_person_joins_the_one_that_is_here(small, make_fresh):
    there, here = small.album("ada", 2), small.album("ada", 2)
    fresh = make_fresh()
    decide_faces.name_faces(fresh.db, here, ADA)
    decide_faces.name_faces(small.db, there, ADA)
    run(fresh, small)
    assert {fresh.cluster(face) for face in there} == {fresh.cluster(here[0])}
