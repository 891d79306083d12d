"""Whatever is decided, in whatever order: the window suggests what a fresh process computes."""

import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "services"))  # for small_library
from small_library import MODEL, SmallLibrary

from facedex.db import catalog, people
from facedex.db.connection import rows
from facedex.errors import UsageError
from facedex.services.decisions import decide_faces
from facedex.services.decisions.decide_groups import reject_as, reject_pair_of_people, split
from facedex.services.decisions.decide_people import merge_people, rename_person, set_dates
from facedex.services.decisions.follow_decisions import Follower
from facedex.services.recognising.library_faces import load_faces, load_rules, make_recogniser
from facedex.services.recognising.match_faces import match_faces, rows_to_store

WHO = ["ada", "bob", "cy", "dee", "eve"]
NAMES = st.sampled_from(["Ada", "Bob", "Cy", "Dee", "Eve"])
some = st.lists(st.integers(0, 79), min_size=1, max_size=6, unique=True)
number = st.integers(0, 50)

SUGGESTED = "SELECT face_id, person_id, distance, probability FROM v1_suggestions ORDER BY 1"


class Following(RuleBasedStateMachine):
    """Eighty faces of five people: two are hard to tell apart, and one looks two ways."""

    def __init__(self):
        super().__init__()
        self.work = tempfile.TemporaryDirectory()
        self.small = SmallLibrary(Path(self.work.name) / "library")
        self.db = self.small.db
        self.rng = np.random.default_rng(0)
        self.middles = {who: self.small.middle(who) for who in [*WHO, "cy before"]}
        self.middles["bob"] = self.middles["ada"] + 0.25 * self.middles["bob"]
        self.faces = []
        for _ in range(16):
            self.photo(*WHO)
        match_faces(self.db, MODEL)
        self.follower = Follower()
        self.follower.catch_up(self.db)

    def teardown(self):
        self.small.close()
        self.work.cleanup()

    def photo(self, *who):
        looks = ["cy before" if w == "cy" and self.rng.uniform() < 0.5 else w for w in who]
        self.faces += self.small.photo_of(
            [self.middles[w] + self.rng.normal(size=128) * 0.028 for w in looks],
            qualities=self.rng.uniform(0.05, 1.0, size=len(looks)),
        )

    def pick(self, which):
        return [self.faces[i] for i in which]

    def someone(self, n):
        everybody = people.list_people(self.db)
        return everybody[n % len(everybody)].person_id if everybody else None

    @rule(which=some, name=NAMES)
    def name(self, which, name):
        decide_faces.name_faces(self.db, self.pick(which), name)

    @rule(n=st.integers(0, 4), first=st.integers(0, 10), count=st.integers(2, 6))
    def name_rightly(self, n, first, count):
        faces = self.faces[n :: len(WHO)][first : first + count]
        decide_faces.name_faces(self.db, faces, WHO[n].capitalize())

    @rule(
        which=some,
        how=st.sampled_from([decide_faces.confirm, decide_faces.reject, decide_faces.ignore]),
    )
    def decide(self, which, how):
        how(self.db, self.pick(which))

    @rule(n=number, least=st.sampled_from([0.5, 0.9]))
    def confirm_suggested(self, n, least):
        person = self.someone(n)
        if person is not None:
            found = catalog.sure_suggestions(self.db, least, [person])
            decide_faces.confirm(self.db, [face for face, _who, _p in found[:5]])

    @rule(a=number, b=number)
    def merge(self, a, b):
        one, other = self.someone(a), self.someone(b)
        if one != other:
            merge_people(self.db, one, other)

    @rule(which=some)
    def split_off(self, which):
        split(self.db, [self.pick(which)])

    @rule(n=number, name=NAMES)
    def rename(self, n, name):
        if (person := self.someone(n)) is not None:
            try:
                rename_person(self.db, person, name)
            except UsageError:
                assert people.find_by_name(self.db, name) != person

    @rule(n=number, year=st.integers(1900, 2030))
    def date(self, n, year):
        if (person := self.someone(n)) is not None:
            set_dates(self.db, person, born=str(year), died=None)

    @rule(which=some, n=number, m=number)
    def not_the_same(self, which, n, m):
        if (person := self.someone(n)) is not None:
            reject_as(self.db, self.pick(which), person)
            if self.someone(m) != person:
                reject_pair_of_people(self.db, person, self.someone(m))

    @rule(n_back=st.integers(0, 6), n_forth=st.integers(0, 6))
    def undo_and_redo(self, n_back, n_forth):
        for _ in range(n_back):
            decide_faces.undo(self.db)
        for _ in range(n_forth):
            decide_faces.redo(self.db)

    @rule(who=st.lists(st.sampled_from(WHO), min_size=1, max_size=3, unique=True))
    def scan(self, who):
        self.photo(*who)
        match_faces(self.db, MODEL)

    @rule()
    def restart(self):
        self.follower = Follower()

    @invariant()
    def suggestions_are_those_of_a_fresh_process(self):
        self.follower.catch_up(self.db)
        here = rows(self.db, SUGGESTED)
        known = load_faces(self.db, MODEL)
        fresh = make_recogniser(self.db, MODEL, known).learn(load_rules(self.db, known))
        there = sorted(rows_to_store(known.face, fresh))
        assert [row[:2] for row in here] == [row[:2] for row in there]
        for mine, theirs in zip(here, there, strict=True):
            assert mine[2:] == pytest.approx(theirs[2:], abs=1e-6)


TestFollowing = Following.TestCase
TestFollowing.settings = settings(
    max_examples=15,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
