"""What another program, a scan or another window does between a question, its answer and the
undo."""

import uuid

import pytest
from small_library import MODEL, grouped

from facedex.db import faces, people, regions, sources
from facedex.db.connection import transaction
from facedex.db.library import open_library
from facedex.db.regions import NewRegion
from facedex.db.sources import SourceFacts
from facedex.errors import UsageError
from facedex.services.decisions import decide_faces, decide_groups, decide_people
from facedex.services.decisions.decide_sure import confirm_sure
from facedex.services.names_in import take_over_names
from facedex.services.names_in.link_companions import link_companions
from facedex.services.names_in.take_over_names import settle_regions
from facedex.services.recognising import match_faces as matching
from facedex.services.recognising.match_faces import match_faces
from facedex.services.reviewing import answers
from facedex.services.reviewing.questions import page_of
from facedex.types import Box, PersonId

ANNA, BEN = "Anna", "Ben"


def tag(small, face, name):
    """Let the XMP of a face's file name it; the next scan takes that over."""
    sql = "SELECT photo_id, x0, y0, x1, y1 FROM face WHERE id = ?"
    photo, *box = small.db.execute(sql, (face,)).fetchone()
    file_id = small.db.execute("SELECT id FROM file WHERE photo_id = ?", (photo,)).get
    details = {"applied_to": None, "orientation": None, "n_other_regions": 0}
    with transaction(small.db):
        source = sources.save_source(
            small.db,
            "xmp",
            SourceFacts(details=details),
            file_id=file_id,
            content_hash=uuid.uuid4().bytes * 2,
        )
        regions.save_regions(small.db, source, [NewRegion("", str(box), Box(*box), name=name)])


def scan(small):
    with transaction(small.db):
        settle_regions(small.db)


def suggest(small, name, *found, probability=0.999):
    with transaction(small.db):
        who = people.find_by_name(small.db, name) or people.add_person(small.db, name)
        for face in found:
            small.db.execute(
                "DELETE FROM assignment WHERE face_id = ? AND state = 'suggested'", (face,)
            )
            faces.add_suggestion(small.db, face, who, 0.3, probability)
    return who


# ---- names that files give stand through undo and redo


def test_undo_leaves_a_name_that_came_from_a_file_since(small):
    [face] = small.photo("ben")
    suggest(small, ANNA, face)
    decide_faces.reject(small.db, [face])
    tag(small, face, BEN)
    scan(small)
    decide_faces.undo(small.db)
    assert small.confirmed(face) == BEN
    scan(small)
    assert small.confirmed(face) == BEN


def test_so_does_redo(small):
    [face] = small.photo("ben")
    suggest(small, ANNA, face)
    decide_faces.reject(small.db, [face])
    decide_faces.undo(small.db)
    tag(small, face, BEN)
    scan(small)
    decide_faces.redo(small.db)
    assert small.said(face) == [(ANNA, "rejected", "user"), (BEN, "confirmed", "xmp")]


def test_a_name_that_the_user_overruled_comes_with_the_next_scan_after_the_undo(small):
    [face] = small.photo("ben")
    decide_faces.name_faces(small.db, [face], ANNA)
    tag(small, face, BEN)
    scan(small)
    assert small.confirmed(face) == ANNA
    decide_faces.undo(small.db)
    scan(small)
    assert small.confirmed(face) == BEN


def test_what_the_user_denied_does_not_come_back(small):
    [face] = small.photo("ben")
    tag(small, face, BEN)
    scan(small)
    decide_faces.reject(small.db, [face])
    decide_faces.undo(small.db)
    assert small.confirmed(face) == BEN
    decide_faces.redo(small.db)
    scan(small)
    assert small.settled(face) == [(BEN, "rejected", "user")]


def test_the_raw_and_its_jpeg_keep_it_too(small):
    [jpeg] = small.photo("ben", name=b"A/IMG_1.JPG", taken_s=1)
    suggest(small, ANNA, jpeg)
    decide_faces.reject(small.db, [jpeg])
    [raw] = small.photo("ben", name=b"A/IMG_1.NEF", taken_s=1)
    tag(small, raw, BEN)
    scan(small)
    link_companions(small.db, MODEL, lambda: False)
    decide_faces.undo(small.db)
    link_companions(small.db, MODEL, lambda: False)
    assert (small.confirmed(jpeg), small.confirmed(raw)) == (BEN, BEN)


def test_the_ledger_follows_what_the_user_decides_and_takes_back(small):
    def status():
        return small.db.execute("SELECT status FROM region").get

    [face] = small.photo("ben")
    tag(small, face, BEN)
    scan(small)
    before = status()
    decide_faces.name_faces(small.db, [face], ANNA)
    scan(small)
    assert (before, status()) == ("encoded", "conflict")
    n_writes = small.db.total_changes()
    scan(small)
    assert small.db.total_changes() == n_writes
    decide_faces.undo(small.db)
    scan(small)
    assert (status(), small.confirmed(face)) == ("encoded", BEN)


def test_nobody_is_left_of_a_name_that_was_taken_back(small):
    found = small.album("anna", 4)
    decide_faces.name_faces(small.db, found[:3], ANNA)
    match_faces(small.db, MODEL)
    assert small.suggested(found[3]) == ANNA
    decide_faces.undo(small.db)
    assert (small.names(), small.suggested(found[3])) == ([], None)
    decide_faces.redo(small.db)
    assert small.confirmed(found[0]) == ANNA


# ---- people who are one, by whatever name a file knows them


def named(small, name):
    person_id = people.find_by_name(small.db, name)
    assert person_id is not None
    return person_id


def test_a_scan_does_not_take_a_merge_back_after_a_rename(small):
    [tagged], [other] = small.photo("bob"), small.photo("rob")
    tag(small, tagged, "Bobby")
    scan(small)
    decide_people.rename_person(small.db, named(small, "Bobby"), "Bob")
    decide_faces.name_faces(small.db, [other], "Robert")
    decide_people.merge_people(small.db, named(small, "Bob"), named(small, "Robert"))
    scan(small)
    assert (small.confirmed(tagged), small.names()) == ("Robert", ["Robert"])
    decide_faces.undo(small.db)
    scan(small)
    assert (small.confirmed(tagged), small.names()) == ("Bob", ["Bob", "Robert"])


def test_undoing_a_merge_gives_back_who_was_read_meanwhile(small):
    [before], [other] = small.photo("bob"), small.photo("rob")
    tag(small, before, "Bob")
    scan(small)
    decide_faces.name_faces(small.db, [other], "Robert")
    decide_people.merge_people(small.db, named(small, "Bob"), named(small, "Robert"))
    [since] = small.photo("bob")
    tag(small, since, "Bob")
    scan(small)
    assert small.confirmed(since) == "Robert"
    decide_faces.undo(small.db)
    scan(small)
    assert [small.confirmed(face) for face in (before, since)] == ["Bob", "Bob"]


def test_undoing_a_merge_gives_back_names_that_files_have_from_before_a_rename(small):
    [tagged], [other] = small.photo("anna"), small.photo("ben")
    tag(small, tagged, ANNA)
    scan(small)
    decide_people.rename_person(small.db, named(small, ANNA), "Anne")
    decide_faces.name_faces(small.db, [tagged], "Cid")
    decide_faces.name_faces(small.db, [other], BEN)
    scan(small)
    decide_people.merge_people(small.db, named(small, "Anne"), named(small, BEN))
    decide_faces.undo(small.db)
    [since] = small.photo("anna")
    tag(small, since, ANNA)
    scan(small)
    assert small.confirmed(since) == "Anne"


def test_undo_does_not_make_a_newer_name_mean_the_older_person(small):
    [face] = small.photo("ben")
    tag(small, face, BEN)
    scan(small)
    decide_faces.name_faces(small.db, [face], ANNA)
    decide_faces.reject(small.db, [face])
    tag(small, face, "Cid")
    scan(small)
    assert small.confirmed(face) == "Cid"
    for _ in range(2):
        decide_faces.undo(small.db)
    for _ in range(2):
        scan(small)
    assert small.confirmed(face) == "Cid"


# ---- an answer is about whom was asked


def test_yes_is_about_whom_was_asked_whatever_is_suggested_now(small):
    first, second = small.album("anna", 2)
    anna = suggest(small, ANNA, first, second)
    question = page_of(small.db, anna)
    suggest(small, BEN, first)
    answers.answer_yes(small.db, question)
    assert [small.confirmed(face) for face in (first, second)] == [ANNA, ANNA]


@pytest.mark.parametrize("is_left_out", [False, True])
def test_no_denies_nobody_else(small, is_left_out):
    first, second = small.album("anna", 2)
    anna = suggest(small, ANNA, first, second)
    question = page_of(small.db, anna)
    tag(small, first, BEN)
    scan(small)
    if is_left_out:
        answers.answer_yes(small.db, question, [first])
    else:
        answers.answer_no(small.db, question)
    assert set(small.settled(first)) == {(BEN, "confirmed", "xmp"), (ANNA, "rejected", "user")}
    assert small.confirmed(second) == (ANNA if is_left_out else None)


def test_yes_leaves_a_face_that_got_a_name_meanwhile(small):
    first, second = small.album("anna", 2)
    question = page_of(small.db, suggest(small, ANNA, first, second))
    tag(small, first, BEN)
    scan(small)
    answers.answer_yes(small.db, question)
    assert [small.confirmed(face) for face in (first, second)] == [BEN, ANNA]


def test_yes_leaves_a_face_that_was_denied_meanwhile(small):
    first, second = small.album("anna", 2)
    question = page_of(small.db, suggest(small, ANNA, first, second))
    decide_faces.reject(small.db, [first])
    answers.answer_yes(small.db, question)
    assert small.settled(first) == [(ANNA, "rejected", "user")]
    assert small.confirmed(second) == ANNA


def test_a_wrong_one_among_the_sure_denies_no_name_that_it_got_meanwhile(small):
    first, second = small.album("anna", 2)
    suggest(small, ANNA, first, second)
    tag(small, first, BEN)
    scan(small)
    confirm_sure(small.db, 0.995, wrong=[first])
    assert [small.confirmed(face) for face in (first, second)] == [BEN, ANNA]


# ---- what is gone


def test_faces_that_are_gone_are_left_out(small):
    gone, *others = small.album("anna", 3)
    grouped(small, [gone, *others])
    anna = suggest(small, ANNA, *others)
    with transaction(small.db):
        faces.delete_face(small.db, gone)
    assert list(decide_groups.reject_as(small.db, [gone, others[0]], anna).faces) == [others[0]]
    assert not decide_groups.split(small.db, [[gone]])
    assert list(decide_groups.split(small.db, [[gone, others[1]]]).faces) == [others[1]]


def test_people_who_are_gone_are_a_line_to_the_user(small):
    [face], gone = small.photo("anna"), PersonId(999)
    [group] = grouped(small, [face])
    anna = suggest(small, ANNA)
    for decide in (
        lambda: decide_faces.confirm_as(small.db, [face], gone),
        lambda: decide_faces.confirm_group(small.db, group, gone),
        lambda: decide_faces.confirm_page(small.db, gone, [face], []),
        lambda: decide_groups.reject_as(small.db, [face], gone),
        lambda: decide_groups.reject_pair_of_people(small.db, anna, gone),
        lambda: decide_people.rename_person(small.db, gone, "Else"),
        lambda: decide_people.set_dates(small.db, gone, born="1950"),
    ):
        with pytest.raises(UsageError, match="not there any more"):
            decide()


def test_a_denied_raw_denies_the_jpeg_that_came_since(small):
    [raw] = small.photo("anna", name=b"A/IMG_1.NEF", taken_s=1)
    anna = suggest(small, ANNA)
    [jpeg] = small.photo("anna", name=b"A/IMG_1.JPG", taken_s=1)
    link_companions(small.db, MODEL, lambda: False)
    decide_groups.reject_as(small.db, [raw], anna)
    assert small.settled(jpeg) == [(ANNA, "rejected", "user")]


def test_splitting_a_group_denies_no_mere_suggestion(small):
    found = small.album("anna", 3)
    grouped(small, found)
    suggest(small, ANNA, found[0])
    decide_groups.split(small.db, [found[:1]])
    assert small.suggested(found[0]) == ANNA


# ---- matching while somebody decides


@pytest.mark.parametrize("decision", ["merge", "name"])
def test_a_group_that_goes_while_faces_are_compared_takes_none(small, monkeypatch, decision):
    first, second = small.album("anna", 3), small.album("ben", 3)
    one, other = grouped(small, first, second)
    new = small.album("anna", 2)
    compare = matching.grown_groups

    def and_meanwhile(*arguments, **options):
        found = compare(*arguments, **options)
        if decision == "merge":
            decide_groups.merge_groups(small.db, one, other)
        else:
            decide_faces.name_group(small.db, one, ANNA)
        return found

    monkeypatch.setattr(matching, "grown_groups", and_meanwhile)
    match_faces(small.db, MODEL)
    assert [small.cluster(face) for face in new] == [None, None]
    monkeypatch.setattr(matching, "grown_groups", compare)
    match_faces(small.db, MODEL)
    assert all(small.cluster(face) or small.suggested(face) == ANNA for face in new)


# ---- taking over many names while somebody decides


def test_the_window_decides_while_many_names_are_taken_over(small, monkeypatch):
    tagged = small.album("ben", 5)
    for face in tagged:
        tag(small, face, BEN)
    [other] = small.photo("anna")
    monkeypatch.setattr(take_over_names, "_BATCH_PHOTOS", 2)
    window = open_library(small.directory)

    def between_batches():
        if small.confirmed(tagged[0]) and not small.confirmed(other):
            decide_faces.name_faces(window, [other], ANNA)
        return False

    take_over_names.settle_in_batches(small.db, between_batches)
    window.close()
    assert [small.confirmed(face) for face in [*tagged, other]] == [BEN] * 5 + [ANNA]


def test_taking_over_goes_on_where_it_was_stopped(small, monkeypatch):
    tagged = small.album("ben", 5)
    for face in tagged:
        tag(small, face, BEN)
    monkeypatch.setattr(take_over_names, "_BATCH_PHOTOS", 2)
    asked = []
    take_over_names.settle_in_batches(small.db, lambda: asked.append(1) or len(asked) > 1)
    assert [small.confirmed(face) for face in tagged] == [BEN, BEN, None, None, None]
    take_over_names.settle_in_batches(small.db, lambda: False)
    assert [small.confirmed(face) for face in tagged] == [BEN] * 5
