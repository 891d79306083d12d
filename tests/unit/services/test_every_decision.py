"""Every kind of decision: its entry in the journal, what it says it changed, and that it can be
undone."""

import pytest
from small_library import MODEL, grouped
from views import v1_views

from facedex.db import faces, pairs, people
from facedex.db.connection import rows, transaction
from facedex.services.decisions import decide_faces, decide_groups
from facedex.services.decisions.decide_people import merge_people, rename_person, set_dates
from facedex.services.decisions.decide_sure import confirm_sure
from facedex.services.decisions.regroup import regroup

ADA, EVE, MIA = "Ada", "Eve", "Mia"


class Scene:
    """Ada and Eve, two faces each; two unknown groups of two; two faces suggested to be Ada."""

    def __init__(self, small):
        self.small, self.db = small, small.db
        self.ada, self.eve = small.album("ada", 2), small.album("eve", 2)
        decide_faces.name_faces(small.db, self.ada, ADA)
        decide_faces.name_faces(small.db, self.eve, EVE)
        self.one, self.other = small.album("mia", 2), small.album("tom", 2)
        self.group, self.next_group = grouped(small, self.one, self.other)
        self.guessed = small.album("ada", 2)
        with transaction(small.db):
            for face_id in self.guessed:
                faces.add_suggestion(small.db, face_id, self.who(ADA), 0.2, 0.999)

    def who(self, name):
        return people.find_by_name(self.db, name)


def split_of_group(scene):
    return decide_groups.split(scene.db, [[scene.one[0]]])


# what is decided -> (kind, summary, whose faces change, names of the people, are groups changed)
DECISIONS = {
    "name faces": (
        lambda s: decide_faces.name_faces(s.db, s.one, MIA),
        "name", "Named 2 faces Mia", "one", {MIA},
    ),
    "name otherwise": (
        lambda s: decide_faces.name_faces(s.db, s.eve, ADA),
        "name", "Named 2 faces Ada", "eve", {ADA, EVE},
    ),
    "name a group": (
        lambda s: decide_faces.name_group(s.db, s.group, MIA),
        "name", "Named 2 faces Mia", "one", {MIA},
    ),
    "confirm a group": (
        lambda s: decide_faces.confirm_group(s.db, s.group, s.who(ADA)),
        "name", "Named 2 faces Ada", "one", {ADA},
    ),
    "confirm": (
        lambda s: decide_faces.confirm(s.db, s.guessed),
        "confirm", "Confirmed 2 faces", "guessed", {ADA},
    ),
    "confirm as": (
        lambda s: decide_faces.confirm_as(s.db, s.guessed, s.who(EVE)),
        "name", "Named 2 faces Eve", "guessed", {ADA, EVE},
    ),
    "confirm a page": (
        lambda s: decide_faces.confirm_page(s.db, s.who(ADA), s.guessed, []),
        "confirm", None, "guessed", {ADA},
    ),
    "reject": (
        lambda s: decide_faces.reject(s.db, s.guessed),
        "reject", "Rejected the name of 2 faces", "guessed", {ADA},
    ),
    "reject as": (
        lambda s: decide_groups.reject_as(s.db, s.guessed, s.who(EVE)),
        "reject", "Rejected Eve for 2 faces", "guessed", {ADA, EVE},
    ),
    "ignore": (
        lambda s: decide_faces.ignore(s.db, s.guessed),
        "ignore", "Ignored 2 faces", "guessed", {ADA},
    ),
    "confirm the sure": (
        lambda s: confirm_sure(s.db, 0.9),
        "confirm", None, "guessed", {ADA},
    ),
    "merge groups": (
        lambda s: decide_groups.merge_groups(s.db, s.group, s.next_group),
        "merge", "Merged two groups: 2 faces moved", "one", set(),
    ),
    "not one group": (
        lambda s: decide_groups.reject_pair_of_groups(s.db, s.group, s.next_group),
        "not_same", "Said that two groups are not the same person", None, set(),
    ),
    "not one person": (
        lambda s: decide_groups.reject_pair_of_people(s.db, s.who(ADA), s.who(EVE)),
        "not_same", "Said that Ada is not Eve", None, {ADA, EVE},
    ),
    "split": (split_of_group, "split", None, None, set()),
    "merge people": (
        lambda s: merge_people(s.db, s.who(EVE), s.who(ADA)),
        "merge", "Merged Eve, 2 faces, into Ada", "eve", {ADA, EVE},
    ),
    "rename": (
        lambda s: rename_person(s.db, s.who(EVE), MIA),
        "rename", "Renamed Eve to Mia", None, {EVE},
    ),
    "dates": (
        lambda s: set_dates(s.db, s.who(EVE), born="1815"),
        "dates", "Changed the dates of Eve", None, {EVE},
    ),
}  # fmt: skip
every_decision = pytest.mark.parametrize("name", DECISIONS)


@pytest.fixture
def scene(small):
    return Scene(small)


@every_decision
def test_it_is_in_the_journal_and_says_what_it_changed(scene, name):
    decide, kind, summary, whose, named = DECISIONS[name]
    before = {each: scene.who(each) for each in named if scene.who(each)}
    n_before = rows(scene.db, "SELECT count(*) FROM decision")[0][0]
    decided = decide(scene)
    [(written_kind, written)] = rows(
        scene.db, "SELECT kind, summary FROM decision ORDER BY id LIMIT -1 OFFSET ?", (n_before,)
    )
    assert written_kind == kind
    assert decided.summary == written
    assert decided
    if summary is not None:
        assert written == summary
    if name != "split":
        assert sorted(decided.faces) == (sorted(getattr(scene, whose)) if whose else [])
    ids = {before.get(each) or scene.who(each) for each in named}
    assert set(decided.people) == ids


def whole(db):
    """Return all that others see, all that is said of faces, and who is not the same."""
    words = rows(db, "SELECT face_id, person_id, state, source FROM assignment ORDER BY 1, 2")
    return v1_views(db), words, pairs.list_rejected(db)


@every_decision
def test_undone_it_leaves_no_trace_and_done_again_it_is_the_same(scene, name):
    before = whole(scene.db)
    decided = DECISIONS[name][0](scene)
    after = whole(scene.db)
    assert after != before
    undone = decide_faces.undo(scene.db)
    assert undone.summary == f"Undone: {decided.summary}"
    assert set(undone.faces) == set(decided.faces)
    assert whole(scene.db) == before
    done = decide_faces.redo(scene.db)
    assert done.summary.endswith(decided.summary)
    assert set(done.faces) == set(decided.faces)
    assert whole(scene.db) == after


def test_grouping_anew_is_in_the_journal_and_can_be_undone(small):
    mixed = [*small.album("ada", 4), *small.album("eve", 4)]
    grouped(small, mixed)
    before = v1_views(small.db)
    regroup(small.db, MODEL)
    assert len({small.cluster(face_id) for face_id in mixed}) == 2
    assert rows(small.db, "SELECT kind, summary FROM decision") == [
        ("regroup", "Grouped 4 faces anew")
    ]
    decide_faces.undo(small.db)
    assert v1_views(small.db) == before


@pytest.mark.parametrize("turned_round", [False, True])
@pytest.mark.parametrize("other_first", [False, True])
def test_merging_groups_takes_back_only_that_these_two_are_not_one(
    scene, turned_round, other_first
):
    third = scene.small.album("zoe", 1)[0]
    pair = scene.one[0], scene.other[1]
    others = [(scene.one[0], third), (third, scene.other[1])]
    with transaction(scene.db):
        pairs.set_rejected(
            scene.db, "faces", *(pair[::-1] if turned_round else pair), is_rejected=True
        )
        for a, b in others:
            a, b = (b, a) if other_first else (a, b)
            pairs.set_rejected(scene.db, "faces", a, b, is_rejected=True)
    decide_groups.merge_groups(scene.db, scene.group, scene.next_group)
    assert not pairs.is_rejected(scene.db, "faces", *pair)
    assert all(pairs.is_rejected(scene.db, "faces", *each) for each in others)
    decide_faces.undo(scene.db)
    assert pairs.is_rejected(scene.db, "faces", *pair)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("guessed", "one", "2 faces"),
        ("", "one", "2 faces"),
        ("guessed", "", "2 faces"),
    ],
)
def test_a_page_says_how_many_were_right_and_wrong(scene, right, wrong, said):
    chosen = [list(getattr(scene, each)) if each else [] for each in (right, wrong)]
    decided = decide_faces.confirm_page(scene.db, scene.who(ADA), *chosen)
    assert set(decided.faces) == {*chosen[0], *chosen[1]}
    n_right, n_wrong = map(len, chosen)
    expected = decide_faces.right_and_wrong(n_right, n_wrong)
    assert decided.summary == f"{expected} for {ADA}"
    assert all(scene.small.confirmed(face_id) == ADA for face_id in chosen[0])
    assert all((ADA, "rejected", "user") in scene.small.said(face_id) for face_id in chosen[1])
