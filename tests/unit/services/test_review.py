import numpy as np
import pytest
from small_library import MODEL

from facedex.db import faces, people
from facedex.db.connection import transaction
from facedex.matching.likeness import DLIB_RESNET
from facedex.services.decisions.decide_groups import reject_pair_of_groups
from facedex.services.library import Library
from facedex.services.recognising.match_faces import match_faces
from facedex.services.reviewing.questions import Question

ADA, BOB = "Ada", "Bob"


@pytest.fixture
def library(small):
    library = Library(small.directory)
    yield library
    library.close()


@pytest.fixture
def near(small, monkeypatch):
    """Make two people lie so near that groups of six and four may be one: ``near("a", "b",
    chance)``."""

    def place(one, other, chance):
        small.encoding(one)
        a = small.middles[one]
        across = np.zeros(128)
        across[:2] = a[1], -a[0]
        across /= np.linalg.norm(across)
        distances = np.linspace(0, 1, 10_001)
        at = np.abs(DLIB_RESNET.chances(distances**2, 6, 4, 2) - chance).argmin()
        # the faces' own scatter adds to the distance between the two means
        squared = distances[at] ** 2 - (1 / 6 + 1 / 4) * 128 * 0.012**2
        angle = np.arccos(1 - squared / 2)
        small.middles[other] = np.cos(angle) * a + np.sin(angle) * across

    return place


def grouped(small, face_ids):
    with transaction(small.db):
        cluster_id = people.add_cluster(small.db)
    join(small, cluster_id, face_ids)
    return cluster_id


def join(small, group, face_ids):
    with transaction(small.db):
        for face_id in face_ids:
            faces.set_cluster(small.db, face_id, group)


def only_after_restart(small):
    library = Library(small.directory)
    [question] = library.review.questions()
    library.close()
    return question


def only(library):
    [question] = library.review.questions()
    return question


# ---- the order


def test_biggest_group_is_asked_first_and_lone_faces_last(small, library):
    [loner] = small.album("loner", 1)
    few, many = small.album("few", 2), small.album("many", 5)
    groups = [grouped(small, few), grouped(small, many)]
    asked = library.review.questions(10)
    assert [question.face_ids for question in asked] == [tuple(many), tuple(few), (loner,)]
    assert [question.cluster_id for question in asked] == [groups[1], groups[0], None]
    assert {question.kind for question in asked} == {"who"}
    assert [question.worth for question in asked] == sorted(
        (question.worth for question in asked), reverse=True
    )


def test_page_of_suggestions_goes_before_a_group_of_as_many(small, library):
    library.decide.name_faces(small.album("ada", 3), ADA)
    suggested = small.album("ada", 4)
    grouped(small, small.album("bob", 4))
    match_faces(small.db, MODEL)
    first, second = library.review.questions(2)
    assert (first.kind, first.person_name, set(first.face_ids)) == (
        "suggested",
        ADA,
        set(suggested),
    )
    assert set(first.beside) <= set(faces.confirmed_faces(small.db, first.person_id))
    assert (second.kind, len(second.face_ids)) == ("who", 4)


def test_group_like_a_person_is_asked_to_be_that_person_where_that_is_likely(small, library, near):
    near("ada", "ada later", 0.9)
    ada, later = small.album("ada", 6), small.album("ada later", 4)
    library.decide.name_faces(ada, ADA)
    group = grouped(small, later)
    question = only(library)
    assert (question.kind, question.cluster_id, question.person_name) == ("same", group, ADA)
    assert question.face_ids == tuple(later)
    assert set(question.beside) <= set(ada)
    assert question.probability == pytest.approx(0.9, abs=0.09)
    assert question.worth == pytest.approx(4 * question.probability)


def test_who_was_set_aside_is_not_asked_about_any_more(small, library, near):
    near("ada", "ada later", 0.9)
    ada, later = small.album("ada", 6), small.album("ada later", 4)
    library.decide.name_faces(ada, ADA)
    grouped(small, later)
    assert only(library).kind == "same"
    library.decide.ignore(ada)
    assert (only(library).kind, only(library).face_ids) == ("who", tuple(later))


def test_unlikely_pair_is_not_asked_before_the_name(small, library, near):
    near("ada", "other", 0.1)
    library.decide.name_faces(small.album("ada", 6), ADA)
    grouped(small, small.album("other", 4))
    assert only(library).kind == "who"


def test_people_who_stand_on_one_photo_are_not_asked_to_be_one(small, library, near):
    near("ada", "twin", 0.9)
    pairs = [small.photo("ada", "twin") for _ in range(4)]
    library.decide.name_faces([ada for ada, _twin in pairs], ADA)
    grouped(small, [twin for _ada, twin in pairs])
    assert only(library).kind == "who"


def test_two_people_who_look_like_one_are_asked_about(small, library, near):
    near("ada", "ada later", 0.9)
    library.decide.name_faces(small.album("ada", 6), ADA)
    library.decide.name_faces(small.album("ada later", 4), BOB)
    question = only(library)
    assert (question.kind, question.person_name) == ("same", ADA)
    assert question.merged_id == people.find_by_name(small.db, BOB)
    library.review.answer_yes(question)
    assert small.names() == [ADA]
    assert library.review.questions() == []


def test_nothing_to_ask(small, library):
    assert library.review.questions(5) == []
    library.decide.ignore(small.album("ada", 2))
    assert library.review.questions(5) == []


# ---- answers


def test_name_for_a_group_names_all_and_the_next_is_asked(small, library):
    a, b = small.album("ada", 5), small.album("bob", 3)
    group, _ = grouped(small, a), grouped(small, b)
    assert list(library.review.answer_name(only(library), ADA).faces) == a
    assert people.cluster_person(small.db, group) == people.find_by_name(small.db, ADA)
    assert only(library).face_ids == tuple(b)


def test_faces_left_out_of_a_group_are_asked_about_again(small, library):
    mixed = small.album("ada", 4) + small.album("bob", 2)
    grouped(small, mixed)
    assert list(library.review.answer_name(only(library), ADA, mixed[4:]).faces) == mixed[:4]
    question = only(library)
    assert question.face_ids == tuple(mixed[4:])
    assert [small.confirmed(face) for face in mixed[4:]] == [None, None]


def test_page_is_one_decision_with_its_exceptions(small, library):
    library.decide.name_faces(small.album("ada", 3), ADA)
    page = small.album("ada", 5)
    match_faces(small.db, MODEL)
    question = only(library)
    assert len(library.review.answer_yes(question, page[:2]).faces) == 5
    assert [small.settled(face)[0][1] for face in page] == ["rejected"] * 2 + ["confirmed"] * 3
    library.decide.undo()
    assert [small.suggested(face) for face in page] == [ADA] * 5


def test_yes_to_a_group_gives_it_to_the_person_and_no_never_asks_again(small, library, near):
    near("ada", "ada later", 0.9)
    library.decide.name_faces(small.album("ada", 6), ADA)
    group = grouped(small, small.album("ada later", 4))
    question = only(library)
    library.review.answer_no(question)
    for _ in range(2):
        assert only(library).kind == "who"
        match_faces(small.db, MODEL)
    assert only_after_restart(small).kind == "who"
    library.decide.undo()
    assert only(library) == question
    library.review.answer_yes(question)
    assert people.cluster_person(small.db, group) == question.person_id
    assert library.review.questions() == []


def test_rejected_group_that_grew_much_is_asked_about_again(small, library, near):
    near("ada", "ada later", 0.9)
    library.decide.name_faces(small.album("ada", 6), ADA)
    group = grouped(small, small.album("ada later", 2))
    library.review.answer_no(only(library))
    assert only(library).kind == "who"
    join(small, group, small.album("ada later", 5))
    question = only_after_restart(small)
    assert (question.kind, len(question.face_ids)) == ("same", 7)


def test_no_to_suggestions_rejects_them_and_no_to_who_puts_aside(small, library):
    library.decide.name_faces(small.album("ada", 3), ADA)
    page = small.album("ada", 2)
    match_faces(small.db, MODEL)
    library.review.answer_no(only(library))
    assert [small.said(face) for face in page] == [[(ADA, "rejected", "user")]] * 2
    question = only(library)
    assert question.kind == "who"
    library.review.answer_no(question)
    assert [face for face in page if (None, "ignored", "user") in small.said(face)] == list(
        question.face_ids
    )


def test_groups_that_were_said_not_to_be_one_are_not_asked_about(small, library, near):
    near("ada", "ada later", 0.9)
    a, b = small.album("ada", 5), small.album("ada later", 4)
    one, other = grouped(small, a), grouped(small, b)
    library.review.skip(only(library))
    library.review.skip(only(library))  # who each of the two is
    question = only(library)
    assert (question.kind, question.cluster_id, question.other_cluster_id) == ("same", other, one)
    reject_pair_of_groups(small.db, one, other)
    assert library.review.questions() == []
    # named, each is still not the other
    library.decide.name_group(one, ADA)
    assert [found.kind for found in library.review.questions(5)] == []


def test_yes_to_two_groups_makes_one_of_them(small, library, near):
    near("ada", "ada later", 0.9)
    a, b = small.album("ada", 5), small.album("ada later", 4)
    one, _other = grouped(small, a), grouped(small, b)
    library.review.skip(only(library))
    library.review.skip(only(library))
    library.review.answer_yes(only(library))
    assert {small.cluster(face) for face in a + b} == {one}
    assert only(library).face_ids == tuple(a + b)  # more faces are another question


# ---- skipping and keeping up


def test_skipped_question_comes_again_only_with_more_faces(small, library):
    group = grouped(small, small.album("ada", 3))
    library.review.skip(only(library))
    assert library.review.questions() == []
    library.decide.name_faces(small.album("eve", 2), "Eve")
    assert library.review.questions() == []
    later = small.album("ada", 1)
    library.decide.split([later])
    library.decide.merge_groups(small.cluster(later[0]), group)
    assert len(only(library).face_ids) == 4


def test_skipped_page_of_suggestions(small, library):
    library.decide.name_faces(small.album("ada", 3), ADA)
    small.album("ada", 2)
    match_faces(small.db, MODEL)
    library.review.skip(only(library))
    assert library.review.questions() == []
    small.album("ada", 1)
    match_faces(small.db, MODEL)
    assert len(only(library).face_ids) == 3


def test_decisions_made_elsewhere_are_seen(small, library):
    a, b = small.album("ada", 5), small.album("bob", 3)
    one, _other = grouped(small, a), grouped(small, b)
    assert only(library).face_ids == tuple(a)
    library.decide.name_group(one, ADA)
    assert only(library).face_ids == tuple(b)
    library.decide.undo()
    assert only(library).face_ids == tuple(a)
    library.decide.redo()
    library.decide.split([a[:2]])
    made = small.cluster(a[0])
    assert [question.cluster_id for question in library.review.questions(2)][1] == made


def test_new_groups_and_another_model_are_seen(small, library):
    a = small.album("ada", 3)
    assert len(library.review.questions(9)) == 3
    group = grouped(small, a)
    assert [question.cluster_id for question in library.review.questions(9)] == [group]
    with transaction(small.db):
        small.db.execute("UPDATE meta SET value = 'another' WHERE key = 'model'")
    assert library.review.questions() == []


def test_group_that_a_scan_made_bigger_is_asked_about_as_it_is(small, library):
    group = grouped(small, small.album("ada", 3))
    assert len(only(library).face_ids) == 3
    join(small, group, small.album("ada", 2))
    assert len(only(library).face_ids) == 5


def test_faces_let_go_by_a_new_comparison_are_found_at_the_end(small, library):
    library.decide.name_faces(small.album("ada", 3), ADA)
    [face] = small.album("ada", 1)
    match_faces(small.db, MODEL)
    assert only(library).kind == "suggested"
    library.decide.undo()
    asked = library.review.questions(9)
    while asked:
        library.review.answer_name(asked[0], BOB)
        asked = library.review.questions(9)
        match_faces(small.db, MODEL)
    assert small.confirmed(face) == BOB


def test_face_without_encoding_does_not_hold_the_queue_up(small, library):
    a = small.album("ada", 3)
    grouped(small, a)
    small.db.execute("DELETE FROM encoding WHERE face_id = ?", (a[0],))
    for _ in range(2):
        assert only(library).face_ids == tuple(a)
    library.review.answer_name(only(library), ADA)
    assert library.review.questions() == []


# ---- what is left out stays out


def test_yes_to_all_but_one_face_of_a_person_leaves_that_person_the_one(small, library):
    ada, bob = small.album("ada", 3), small.album("bob", 4)
    library.decide.name_faces(ada, ADA)
    library.decide.name_faces(bob, BOB)
    one, other = (library.look.get_person_id(name) for name in (BOB, ADA))
    question = Question("same", tuple(bob), 1.0, person_id=other, person_name=ADA, merged_id=one)
    decided = library.review.answer_yes(question, bob[:1])
    assert [small.confirmed(face) for face in bob] == [BOB, ADA, ADA, ADA]
    assert sorted(decided.faces) == bob[1:]
    assert library.review.answer_yes(question).summary.startswith(f"Merged {BOB}")
    assert {small.confirmed(face) for face in ada + bob} == {ADA}


def test_yes_to_all_but_one_face_of_a_group_leaves_that_group_the_one(small, library):
    one, other = small.album("ada", 3), small.album("bob", 4)
    groups = grouped(small, one), grouped(small, other)
    question = Question("same", tuple(one), 1.0, cluster_id=groups[0], other_cluster_id=groups[1])
    library.review.answer_yes(question, one[:1])
    assert [small.cluster(face) for face in one] == [groups[0], groups[1], groups[1]]


def test_who_is_nobody_but_for_one_face(small, library):
    faces_asked = small.album("ada", 3)
    grouped(small, faces_asked)
    library.review.answer_no(only(library), faces_asked[2:])
    assert [small.settled(face) for face in faces_asked] == [
        [(None, "ignored", "user")], [(None, "ignored", "user")], []
    ]  # fmt: skip
