"""Rules of names over any words: what the user said stays, rules settle, companions agree."""

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from facedex.naming import words
from facedex.types import Assignment, FaceState, PersonId, Source

PEOPLE = [PersonId(each) for each in (1, 2, 3, 4)]
PROGRAMS = [Source.PICASA, Source.DIGIKAM, Source.XMP]
SETTLED = {FaceState.CONFIRMED, FaceState.IGNORED}
people = st.sampled_from(PEOPLE)
programs = st.sampled_from(PROGRAMS)


@st.composite
def said_of_a_face(draw):
    """Draw words as the database holds them: one a person, at most one that settles, guesses
    last."""
    order = draw(st.permutations(PEOPLE))
    n_denied = draw(st.integers(0, len(order)))
    found = [Assignment(each, FaceState.REJECTED, Source.USER) for each in order[:n_denied]]
    rest = order[n_denied:]
    kind = draw(st.sampled_from(["confirmed", "ignored", "open"]))
    source = draw(st.sampled_from([Source.USER, *PROGRAMS]))
    if kind == "confirmed" and rest:
        found.append(Assignment(rest[0], FaceState.CONFIRMED, source))
    elif kind == "ignored":
        found.append(Assignment(None, FaceState.IGNORED, source))
    else:
        for each in rest[: draw(st.integers(0, len(rest)))]:
            distance = draw(st.sampled_from([0.1, 0.2, 0.3]))
            found.append(Assignment(each, FaceState.SUGGESTED, Source.AUTO, distance, 0.5))
    return tuple(draw(st.permutations(found)))


@st.composite
def from_outside(draw):
    """Draw a rule by which somebody other than the user says something."""
    who, source = draw(people), draw(programs)
    return draw(
        st.sampled_from(
            [
                partial(words.name_from, person_id=who, source=source),
                partial(words.ignore_from, source=source),
                partial(words.suggest, person_id=who, distance=0.25),
            ]
        )
    )


@st.composite
def by_the_user(draw):
    """Draw a rule by which the user decides something."""
    who, other = draw(st.permutations(PEOPLE))[:2]
    return draw(
        st.sampled_from(
            [
                partial(words.confirm, person_id=who),
                partial(words.deny, person_id=who),
                partial(words.merge, old=who, new=other),
                words.reject,
                words.ignore,
            ]
        )
    )


anything = st.one_of(from_outside(), by_the_user())


def of_user(said):
    return {word for word in said if word.source is Source.USER}


def are_sound(said):
    who = [word.person_id for word in said]
    return (
        len(set(who)) == len(who)
        and sum(word.state in SETTLED for word in said) <= 1
        and all((word.person_id is None) == (word.state is FaceState.IGNORED) for word in said)
        and all(
            (word.state is FaceState.SUGGESTED) == (word.source is Source.AUTO) for word in said
        )
    )


@given(said_of_a_face(), st.lists(from_outside(), max_size=4))
def test_a_users_word_never_goes_whatever_others_say(said, rules):
    after = said
    for rule in rules:
        after = rule(after)
    assert of_user(after) == of_user(said)


@given(said_of_a_face(), said_of_a_face())
def test_a_users_word_here_outlives_another_library(here, there):
    assert not of_user(here) or words.relearned(here, there) == here


@given(said_of_a_face(), said_of_a_face())
def test_nothing_the_user_said_of_either_companion_goes(one, other):
    both = words.union(one, other)
    assert both is None or of_user(both) == of_user(one) | of_user(other)


@given(said_of_a_face(), people, by_the_user())
def test_who_a_face_is_not_is_forgotten_only_by_naming_it_so(said, who, rule):
    denied = words.deny(said, who)
    after = rule(denied)
    is_merged = getattr(rule, "func", None) is words.merge
    if not is_merged and words.confirmed(after) != who:
        assert Assignment(who, FaceState.REJECTED, Source.USER) in after


@given(said_of_a_face(), anything)
def test_a_rule_applied_twice_is_applied_once(said, rule):
    after = rule(said)
    assert rule(after) == after


@given(said_of_a_face(), st.lists(anything, max_size=6))
def test_words_stay_sound(said, rules):
    for rule in rules:
        said = rule(said)
        assert are_sound(said)


@given(said_of_a_face(), said_of_a_face())
def test_words_brought_together_are_sound(one, other):
    both = words.union(one, other)
    assert both is None or are_sound(both)
    assert are_sound(words.relearned(one, other))


@given(said_of_a_face(), from_outside())
def test_a_program_settles_only_what_was_open_or_another_programs(said, rule):
    before, after = words.settled(said), words.settled(rule(said))
    if before is not None and before.source is Source.USER:
        assert after == before


@given(said_of_a_face(), people)
def test_a_guess_overwrites_nothing(said, who):
    assert words.suggest(said, who, 0.1)[: len(said)] == said


@given(said_of_a_face(), said_of_a_face())
def test_companions_agree(one, other):
    both = words.union(one, other)
    assert words.union(other, one) == both
    if both is not None:
        assert words.union(both, both) == both
        assert words.union(both, one) == both
        assert {word.person_id for word in both} == {
            word.person_id for word in (*words.lasting(one), *words.lasting(other))
        }


@given(said_of_a_face())
def test_a_face_agrees_with_itself(said):
    assert set(words.union(said, said)) == set(words.lasting(said))


@given(said_of_a_face(), by_the_user())
def test_undo_after_do_is_nothing_and_redo_after_undo_is_done(said, rule):
    done = rule(said)
    known = (*said, *done)
    undone = words.restored(said, words.came_since(done, said, known))
    assert undone == said
    assert words.restored(done, words.came_since(undone, done, known)) == done


@given(said_of_a_face(), by_the_user(), people, programs)
def test_what_came_since_a_decision_outlives_undo_and_redo(said, rule, who, source):
    done = rule(said)
    now = words.name_from(done, who, source)
    undone = words.restored(said, words.came_since(now, said, (*said, *done)))
    assert are_sound(undone)
    assert of_user(undone) == of_user(said)
    word = Assignment(who, FaceState.CONFIRMED, source)
    is_free = not any(w.state in SETTLED or w.person_id == who for w in of_user(said))
    if word in now and is_free and word not in done:
        assert word in undone


@given(said_of_a_face(), people, people)
def test_two_people_merged_either_way_leave_the_same_words(said, one, other):
    into_other, into_one = words.merge(said, one, other), words.merge(said, other, one)
    if one != other:
        renamed = tuple(
            Assignment(one, w.state, w.source, w.distance, w.probability)
            if w.person_id == other
            else w
            for w in into_other
        )
        assert set(renamed) == set(into_one)
