"""Whatever the user decides, in whatever order: undo leads back to the start, redo to the end."""

import shutil
import sys
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "services"))  # for small_library
from small_library import MODEL, SmallLibrary
from views import v1_views

from facedex.db import catalog, decisions, people
from facedex.db.connection import rows, transaction
from facedex.errors import UsageError
from facedex.services.decisions import decide_faces
from facedex.services.decisions.decide_groups import (
    merge_groups,
    reject_as,
    reject_pair_of_groups,
    reject_pair_of_people,
    split,
)
from facedex.services.decisions.decide_people import merge_people, rename_person, set_dates
from facedex.services.names_in.named_faces import name_face
from facedex.services.recognising.match_faces import match_faces
from facedex.types import Source

NAMES = st.sampled_from(["Ada", "Bob", "Cy", "Dee"])
some = st.lists(st.integers(0, 19), min_size=1, max_size=5, unique=True)
number = st.integers(0, 50)

SETTLED = (
    "SELECT f.uuid, p.uuid, a.state, a.source FROM assignment a JOIN face f ON f.id = a.face_id"
    " LEFT JOIN person p ON p.id = a.person_id WHERE a.source != 'auto' ORDER BY 1, 2"
)
PEOPLE = "SELECT id, uuid, name, born, died FROM person ORDER BY id"


class Deciding(RuleBasedStateMachine):
    """Twenty faces of three people, of which Picasa and the program know some."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.small = SmallLibrary(self.folder / "library")
        self.db = self.small.db
        self.faces = []
        for _ in range(6):
            self.faces += self.small.photo("ada", "bob", "cy")
        self.faces += self.small.photo("ada", "bob")
        with transaction(self.db):
            picasa = people.add_person(self.db, "Ada")
            people.set_contact(self.db, "a" * 16, picasa, "Ada")
            for face_id in self.faces[:6:3]:
                name_face(self.db, face_id, picasa, Source.PICASA)
        match_faces(self.db, MODEL)
        self.start, self.settled = v1_views(self.db), rows(self.db, SETTLED)
        self.was_matched = False

    def teardown(self):
        try:
            self.undo_all_and_redo_all()
        finally:
            self.small.close()
            shutil.rmtree(self.folder)

    def undo_all_and_redo_all(self):
        end, settled = v1_views(self.db), rows(self.db, SETTLED)
        n_undone = len(decisions.undo_stacks(self.db)[1])
        n_done = 0
        while decide_faces.undo(self.db):
            n_done += 1
        assert rows(self.db, SETTLED) == self.settled
        if not self.was_matched:
            assert v1_views(self.db) == self.start
        # what had been undone before must not come back with the rest
        for _ in range(n_done):
            assert decide_faces.redo(self.db)
        assert len(decisions.undo_stacks(self.db)[1]) == n_undone
        assert rows(self.db, SETTLED) == settled
        if not self.was_matched:
            assert v1_views(self.db) == end

    def pick(self, which):
        return [self.faces[i] for i in which]

    def someone(self, n):
        everybody = people.list_people(self.db)
        return everybody[n % len(everybody)].person_id if everybody else None

    def group(self, n):
        groups = catalog.list_groups(self.db)
        return groups[n % len(groups)].cluster_id if groups else None

    @rule(which=some, name=NAMES)
    def name(self, which, name):
        decide_faces.name_faces(self.db, self.pick(which), name)

    @rule(n=number, name=NAMES)
    def name_group(self, n, name):
        if (group := self.group(n)) is not None:
            decide_faces.name_group(self.db, group, name)

    @rule(
        which=some,
        how=st.sampled_from([decide_faces.confirm, decide_faces.reject, decide_faces.ignore]),
    )
    def decide_faces(self, which, how):
        how(self.db, self.pick(which))

    @rule(a=number, b=number)
    def merge(self, a, b):
        one, other = self.someone(a), self.someone(b)
        if one != other:
            merge_people(self.db, one, other)
            assert one not in {each.person_id for each in people.list_people(self.db)}

    @rule(a=number, b=number)
    def merge_groups(self, a, b):
        one, other = self.group(a), self.group(b)
        if one != other:
            merge_groups(self.db, one, other)

    @rule(which=some)
    def split_off(self, which):
        half = len(which) // 2
        parts = [part for part in (self.pick(which[:half]), self.pick(which[half:])) if part]
        split(self.db, parts)

    @rule(n=number, name=NAMES)
    def rename(self, n, name):
        if (person := self.someone(n)) is not None:
            try:
                rename_person(self.db, person, name)
            except UsageError:
                assert people.find_by_name(self.db, name) != person

    @rule(n=number, year=st.integers(1800, 1900))
    def date(self, n, year):
        if (person := self.someone(n)) is not None:
            set_dates(self.db, person, born=str(year), died=str(year + 50))

    @rule(a=number, b=number, kind=st.sampled_from(["people", "groups", "person and group"]))
    def not_the_same(self, a, b, kind):
        if kind == "people" and self.someone(a) != self.someone(b):
            reject_pair_of_people(self.db, self.someone(a), self.someone(b))
        elif kind == "groups" and self.group(a) != self.group(b):
            reject_pair_of_groups(self.db, self.group(a), self.group(b))
        elif kind == "person and group" and None not in (self.someone(a), self.group(b)):
            reject_as(self.db, catalog.group_faces(self.db, self.group(b)), self.someone(a))

    @rule()
    def undo(self):
        decide_faces.undo(self.db)

    @rule()
    def redo(self):
        decide_faces.redo(self.db)

    @precondition(lambda self: not self.was_matched)
    @rule()
    def match_again(self):
        before = rows(self.db, SETTLED), rows(self.db, PEOPLE)
        match_faces(self.db, MODEL)
        assert (rows(self.db, SETTLED), rows(self.db, PEOPLE)) == before
        self.was_matched = True

    @invariant()
    def one_settled_word_a_face(self):
        sql = (
            "SELECT face_id FROM assignment WHERE state IN ('confirmed', 'ignored')"
            " GROUP BY face_id HAVING count(*) > 1"
        )
        assert rows(self.db, sql) == []

    @invariant()
    def confirmed_face_is_in_a_cluster_of_its_person(self):
        sql = (
            "SELECT a.face_id FROM assignment a JOIN face f ON f.id = a.face_id"
            " LEFT JOIN cluster c ON c.id = f.cluster_id"
            " WHERE a.state = 'confirmed' AND c.person_id IS NOT a.person_id"
        )
        assert rows(self.db, sql) == []


TestDeciding = Deciding.TestCase
TestDeciding.settings = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
