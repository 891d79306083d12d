"""Looking through a folder no more."""

import pytest
from small_library import MODEL

from facedex.db import catalog, files, pairs, photos
from facedex.db.connection import rows, transaction
from facedex.errors import UsageError
from facedex.services.decisions import decide_faces
from facedex.services.decisions.decide_groups import reject_pair_of_groups, reject_pair_of_people
from facedex.services.decisions.decide_sure import count_sure
from facedex.services.decisions.follow_decisions import Follower
from facedex.services.decisions.regroup import plan_regroup
from facedex.services.recognising.match_faces import match_faces
from facedex.services.reviewing.question_queue import QuestionQueue
from facedex.services.scanning.forget_folder import Forgotten, forget_folder


def roots(small):
    return [root.path for root in files.list_roots(small.db)]


def test_names_stay_and_are_there_again_with_the_photo(small):
    faces = small.album("ada", 3)
    decide_faces.name_faces(small.db, faces[:2], "Ada")
    folder = small.directory / "photos"
    would = forget_folder(small.directory, folder, is_dry_run=True)
    assert would == Forgotten(str(folder), 3, 3, 2)
    assert len(roots(small)) == 1
    assert forget_folder(small.directory, folder, is_dry_run=False) == would
    assert (roots(small), rows(small.db, "SELECT count(*) FROM file")) == ([], [(0,)])
    with transaction(small.db):
        photos.drop_unheld(small.db)  # as the next scan does
    assert [small.confirmed(face) for face in faces[:2]] == ["Ada", "Ada"]


def what_asks(small):
    """Everything that lists, counts or asks about faces."""
    db = small.db
    counts, everybody = catalog.count_library(db, None), catalog.list_people(db)
    return {
        "counts": (counts.n_faces, counts.n_confirmed, counts.n_suggested, counts.n_ignored),
        "groups": (counts.n_groups, catalog.list_groups(db)),
        "people": [(p.n_faces, p.n_confirmed, p.n_suggested) for p in everybody],
        "lists": [catalog.person_faces(db, p.person_id) for p in everybody]
        + [catalog.ungrouped_faces(db), catalog.ignored_faces(db)],
        "list counts": (catalog.count_ungrouped(db), catalog.count_ignored(db)),
        "found": [face.face_id for face in catalog.find_faces(db, None, None, 100)],
        "questions": QuestionQueue().questions(db, 100),
        "sure": count_sure(db, 0.5).n_faces,
        "regroup": plan_regroup(db, MODEL).n_faces,
        "suggestions": rows(db, "SELECT * FROM v1_suggestions"),
    }


NOTHING = {
    "counts": (0, 0, 0, 0),
    "groups": (0, []),
    "lists": [[], [], []],
    "list counts": (0, 0),
    "people": [(0, 0, 0)],
    "found": [],
    "questions": [],
    "sure": 0,
    "regroup": 0,
    "suggestions": [],
}


@pytest.fixture
def full(small):
    """Named, suggested, ignored, grouped and lone faces; return those with a name."""
    ada = small.album("ada", 6)
    small.album("bob", 3)
    small.album("cy", 1)
    small.album("dee", 3)
    decide_faces.name_faces(small.db, ada[:3], "Ada")
    decide_faces.ignore(small.db, small.album("nobody", 1))
    match_faces(small.db, MODEL)
    return ada[:3]


def test_nothing_asks_about_faces_of_a_forgotten_folder_until_a_photo_is_back(small, full):
    before = what_asks(small)
    assert before["counts"] == (14, 3, 3, 1)
    assert before["groups"][0] == 2
    assert {q.kind for q in before["questions"]} >= {"suggested", "who"}
    small.db.execute("CREATE TEMP TABLE file_before AS SELECT * FROM file")
    forget_folder(small.directory, small.directory / "photos", is_dry_run=False)
    assert what_asks(small) == NOTHING
    match_faces(small.db, MODEL)
    assert what_asks(small) == NOTHING
    assert [small.confirmed(face) for face in full] == ["Ada"] * 3
    with transaction(small.db):
        files.ensure_root(small.db, b"/back")
        small.db.execute("INSERT INTO file SELECT * FROM file_before")
    match_faces(small.db, MODEL)
    assert what_asks(small) == before


def test_a_file_that_was_deleted_is_no_other_case_and_one_that_is_offline_is_there(small, full):
    before = what_asks(small)
    with transaction(small.db):
        small.db.execute("UPDATE root SET state = 'offline'")
    assert what_asks(small) == before
    with transaction(small.db):
        small.db.execute("UPDATE file SET state = 'missing'")
    assert what_asks(small) == NOTHING
    with transaction(small.db):
        small.db.execute("UPDATE file SET state = 'present'")
    assert what_asks(small) == before


def test_the_window_that_is_open_asks_no_more_either(small, full):
    review, follower = QuestionQueue(), Follower()
    follower.catch_up(small.db)
    assert review.questions(small.db, 100)
    forget_folder(small.directory, small.directory / "photos", is_dry_run=False)
    follower.catch_up(small.db)
    assert review.questions(small.db, 100) == []
    decide_faces.undo(small.db)
    follower.catch_up(small.db)
    assert what_asks(small) == NOTHING


def test_who_is_not_who_is_known_when_the_photos_return(small, full):
    one, other = (group.cluster_id for group in catalog.list_groups(small.db))
    reject_pair_of_groups(small.db, one, other)
    decide_faces.name_faces(small.db, small.album("eve", 2), "Eve")
    reject_pair_of_people(small.db, *(p.person_id for p in catalog.list_people(small.db)))
    known = pairs.list_rejected(small.db)
    assert [pair.kind for pair in known] == ["faces", "people"]
    forget_folder(small.directory, small.directory / "photos", is_dry_run=False)
    with transaction(small.db):
        photos.drop_unheld(small.db)
    match_faces(small.db, MODEL)
    assert pairs.list_rejected(small.db) == known


def test_names_on_photos_that_are_gone_still_say_how_people_look(small, full):
    forget_folder(small.directory, small.directory / "photos", is_dry_run=False)
    with transaction(small.db):
        small.root = files.ensure_root(small.db, b"/new")
    [face] = small.photo("ada")
    match_faces(small.db, MODEL)
    assert small.suggested(face) == "Ada"


def test_photos_that_lie_elsewhere_too_are_not_only_there(small):
    small.album("ada", 2)
    with transaction(small.db):
        other = files.ensure_root(small.db, b"/elsewhere")
        small.db.execute("UPDATE file SET root_id = ? WHERE id = 1", (other,))
        small.db.execute("UPDATE file SET photo_id = 1")
    found = forget_folder(small.directory, small.directory / "photos", is_dry_run=False)
    assert (found.n_files, found.n_photos) == (1, 0)
    assert roots(small) == [b"/elsewhere"]


def test_an_unknown_folder_is_told_with_those_that_are_known(small):
    with pytest.raises(
        UsageError, match=r"not a folder that is looked through; those are: .*photos"
    ):
        forget_folder(small.directory, small.directory / "photos" / "inner", is_dry_run=False)
