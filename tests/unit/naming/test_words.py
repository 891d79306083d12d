"""What becomes of a face's words: a table of every source, every state and every other source."""

from itertools import product

import pytest

from facedex.naming import words
from facedex.types import Assignment, FaceState, PersonId, Source

ADA, EVE, BOB = PersonId(1), PersonId(2), PersonId(3)
PROGRAMS = (Source.PICASA, Source.DIGIKAM, Source.XMP)


def yes(who, source=Source.USER):
    return Assignment(who, FaceState.CONFIRMED, source)


def no(who):
    return Assignment(who, FaceState.REJECTED, Source.USER)


def aside(source=Source.USER):
    return Assignment(None, FaceState.IGNORED, source)


def guess(who, distance=0.3):
    return Assignment(who, FaceState.SUGGESTED, Source.AUTO, distance, 0.9)


BY_PROGRAMS = [yes(ADA, each) for each in PROGRAMS] + [aside(each) for each in PROGRAMS]
BY_USER = [yes(ADA), no(ADA), aside()]
ALL = [*BY_USER, *BY_PROGRAMS, guess(ADA)]


def shown(value):
    return f"{value.source}-{value.state}" if isinstance(value, Assignment) else str(value)


# ---- what the user decides


@pytest.mark.parametrize("before", ALL, ids=shown)
def test_the_user_names_a_face_whatever_was_said(before):
    # naming otherwise is also to say that it is not whom it was confirmed to be
    is_not_ada = before == no(ADA) or before.state is FaceState.CONFIRMED
    assert words.confirm((before,), ADA) == (yes(ADA),)
    assert words.confirm((before,), EVE) == ((no(ADA), yes(EVE)) if is_not_ada else (yes(EVE),))


@pytest.mark.parametrize("before", ALL, ids=shown)
def test_the_user_rejects_who_a_face_is_confirmed_or_suggested_to_be(before):
    is_named = before.state in {FaceState.CONFIRMED, FaceState.SUGGESTED}
    assert words.reject((before,)) == ((no(ADA),) if is_named else (before,))


@pytest.mark.parametrize("before", ALL, ids=shown)
def test_the_user_denies_one_person_and_the_rest_stays(before):
    assert words.deny((before,), EVE) == (before, no(EVE))
    of_ada = before.person_id == ADA
    assert words.deny((before,), ADA) == ((no(ADA),) if of_ada else (before, no(ADA)))


@pytest.mark.parametrize("before", ALL, ids=shown)
def test_the_user_puts_a_face_aside_and_who_it_is_not_stays_known(before):
    assert words.ignore((before,)) == ((no(ADA), aside()) if before == no(ADA) else (aside(),))


def test_a_second_rejection_does_not_forget_the_first():
    said = words.reject((no(ADA), guess(EVE)))
    assert said == (no(ADA), no(EVE))
    assert words.reject((*said, guess(BOB))) == (no(ADA), no(EVE), no(BOB))
    assert words.deny(said, BOB) == (no(ADA), no(EVE), no(BOB))
    assert words.confirm(said, BOB) == (no(ADA), no(EVE), yes(BOB))


def test_naming_a_face_takes_back_that_it_is_not_this_one_and_no_other():
    assert words.confirm((no(ADA), no(EVE)), ADA) == (no(EVE), yes(ADA))


def test_saying_the_same_again_changes_nothing_not_even_the_order():
    said = (no(ADA), no(EVE), yes(BOB))
    assert words.deny(said, ADA) is said
    assert words.confirm(said, BOB) is said
    assert words.ignore((aside(), no(ADA))) == (aside(), no(ADA))


# ---- two people become one


@pytest.mark.parametrize("loser", [no(EVE), *(yes(EVE, each) for each in PROGRAMS), guess(EVE)],
                         ids=shown)  # fmt: skip
def test_merged_the_users_yes_beats_everything(loser):
    assert words.merge((yes(ADA), loser), EVE, ADA) == (yes(ADA),)
    assert words.merge((yes(ADA), loser), ADA, EVE) == (yes(EVE),)
    assert words.merge((loser, yes(ADA)), EVE, ADA) == (yes(ADA),)


@pytest.mark.parametrize("loser", [*(yes(EVE, each) for each in PROGRAMS), guess(EVE)], ids=shown)
def test_merged_the_users_no_beats_another_programs_yes(loser):
    assert words.merge((no(ADA), loser), EVE, ADA) == (no(ADA),)
    assert words.merge((no(ADA), loser), ADA, EVE) == (no(EVE),)
    assert words.merge((loser, no(ADA)), EVE, ADA) == (no(ADA),)


@pytest.mark.parametrize("source", PROGRAMS)
def test_merged_another_programs_yes_beats_a_guess(source):
    assert words.merge((yes(ADA, source), guess(EVE)), EVE, ADA) == (yes(ADA, source),)
    assert words.merge((guess(EVE), yes(ADA, source)), ADA, EVE) == (yes(EVE, source),)


def test_merged_the_nearer_of_two_guesses_stays():
    assert words.merge((guess(ADA, 0.4), guess(EVE, 0.2)), EVE, ADA) == (guess(ADA, 0.2),)
    assert words.merge((guess(ADA, 0.2), guess(EVE, 0.4)), EVE, ADA) == (guess(ADA, 0.2),)


def test_merged_what_is_said_of_others_stays_in_its_order():
    said = (no(BOB), yes(EVE), no(ADA))
    assert words.merge(said, EVE, ADA) == (no(BOB), yes(ADA))


# ---- what other programs say


@pytest.mark.parametrize(("before", "source"), list(product(ALL, PROGRAMS)), ids=shown)
def test_another_program_names_a_face_unless_the_user_said_otherwise(before, source):
    same, other = (words.name_from((before,), who, source) for who in (ADA, EVE))
    if before in {yes(ADA), aside()}:
        assert same == other == (before,)
    elif before == no(ADA):
        assert same == (before,)
        assert other == (before, yes(EVE, source))
    elif before.state is FaceState.CONFIRMED:
        assert same == (before,)  # whoever said so first is still who says so
        assert other == (yes(EVE, source),)
    else:
        assert same == (yes(ADA, source),)
        assert other == (yes(EVE, source),)


@pytest.mark.parametrize(("before", "source"), list(product(ALL, PROGRAMS)), ids=shown)
def test_another_program_puts_aside_only_faces_of_which_nobody_spoke(before, source):
    is_guess = before.source is Source.AUTO
    assert words.ignore_from((before,), source) == ((aside(source),) if is_guess else (before,))
    assert words.ignore_from((), source) == (aside(source),)


@pytest.mark.parametrize("before", ALL, ids=shown)
def test_a_guess_never_overwrites(before):
    is_open = before.state in {FaceState.REJECTED, FaceState.SUGGESTED}
    assert words.suggest((before,), ADA, 0.1) == (before,)
    after = words.suggest((before,), EVE, 0.1, 0.8)
    new = Assignment(EVE, FaceState.SUGGESTED, Source.AUTO, 0.1, 0.8)
    assert after == ((before, new) if is_open else (before,))


# ---- two faces that are one


@pytest.mark.parametrize(("one", "other"), list(product(ALL, ALL)), ids=shown)
def test_companions_come_to_have_the_same_words_or_stay_apart(one, other):
    both = words.union((one,), (other,))
    lasting = [each for each in (one, other) if each.source is not Source.AUTO]
    if {one.state, other.state} == {FaceState.REJECTED, FaceState.IGNORED}:
        assert set(both) == {one, other}
    elif len({(each.person_id, each.state) for each in lasting}) > 1:
        assert both is None
    elif not lasting:
        assert both == ()
    else:  # the same is said of both: by whom counts most of the two
        order = [Source.USER, *PROGRAMS]
        assert both == (min(lasting, key=lambda each: order.index(each.source)),)


def test_a_companions_user_word_beats_picasas_on_the_other():
    for one, other in ((yes(ADA), yes(ADA, Source.PICASA)), (yes(ADA, Source.PICASA), yes(ADA))):
        assert words.union((one,), (other,)) == (yes(ADA),)


def test_companions_share_all_rejections():
    both = (yes(BOB), no(ADA), no(EVE))
    assert words.union((no(ADA), guess(BOB)), (no(EVE), yes(BOB))) == both
    assert words.union((no(EVE), yes(BOB)), (no(ADA), guess(BOB))) == both


@pytest.mark.parametrize(("one", "other"), list(product(PROGRAMS, PROGRAMS)))
def test_companions_of_whom_programs_say_different_people_stay_two(one, other):
    assert words.union((yes(ADA, one),), (yes(EVE, other),)) is None


# ---- undo, redo and relearning


@pytest.mark.parametrize("source", PROGRAMS)
def test_what_a_program_said_since_a_decision_stays_when_that_is_undone(source):
    before, after, now = (guess(EVE),), (no(EVE),), (no(EVE), yes(ADA, source))
    since = words.came_since(now, before, (*before, *after))
    assert since == (yes(ADA, source),)
    assert words.restored(before, since) == (yes(ADA, source),)


@pytest.mark.parametrize("source", PROGRAMS)
@pytest.mark.parametrize("wanted", [(yes(ADA),), (aside(),), (no(ADA),)])
def test_what_a_program_said_since_gives_way_to_what_the_user_said_before(wanted, source):
    assert words.came_since((yes(ADA, source),), wanted, wanted) == ()
    assert words.restored(wanted, ()) == wanted


@pytest.mark.parametrize("source", PROGRAMS)
def test_what_a_program_said_before_a_decision_did_not_come_since(source):
    picasas = (yes(ADA, source),)
    assert words.came_since(picasas, (no(EVE),), (*picasas, no(EVE))) == ()
    # nor is it what is to be restored
    assert words.came_since(picasas, picasas, ()) == ()
    assert words.restored((*picasas, no(EVE)), ()) == (*picasas, no(EVE))


@pytest.mark.parametrize("source", PROGRAMS)
def test_a_denial_is_restored_beside_what_a_program_said_of_another(source):
    since = words.came_since((yes(EVE, source),), (no(ADA), guess(BOB)), ())
    assert words.restored((no(ADA), guess(BOB)), since) == (no(ADA), yes(EVE, source))


def test_neither_a_guess_nor_the_users_own_word_came_since():
    assert words.came_since((guess(ADA), no(EVE)), (), ()) == ()


@pytest.mark.parametrize("there", [(yes(EVE),), (aside(),), (no(EVE),), (yes(EVE, Source.XMP),)])
@pytest.mark.parametrize("here", BY_USER, ids=shown)
def test_what_the_user_decided_here_stands_against_another_library(here, there):
    assert words.relearned((here,), there) == (here,)


@pytest.mark.parametrize("here", BY_PROGRAMS, ids=shown)
def test_what_was_settled_in_another_library_stands_against_files(here):
    assert words.relearned((here,), (yes(EVE),)) == (yes(EVE),)


@pytest.mark.parametrize("here", BY_PROGRAMS, ids=shown)
def test_what_files_say_here_stands_beside_denials_of_another_library(here):
    assert words.relearned((here, guess(BOB)), (no(EVE),)) == (no(EVE), here)
    denied = words.relearned((here,), (no(ADA),))
    assert denied == ((no(ADA),) if here.person_id == ADA else (no(ADA), here))


def test_two_people_of_another_library_who_are_one_here_have_one_word():
    assert words.relearned((), (no(ADA), yes(ADA))) == (yes(ADA),)
    assert words.relearned((), (yes(ADA, Source.PICASA), no(ADA))) == (no(ADA),)


# ---- what words mean


@pytest.mark.parametrize("word", ALL, ids=shown)
def test_questions_about_words(word):
    is_named, is_aside = word.state is FaceState.CONFIRMED, word.state is FaceState.IGNORED
    said = (no(BOB), word)
    assert words.settled(said) == (word if is_named or is_aside else None)
    assert words.confirmed(said) == (ADA if is_named else None)
    assert words.is_ignored(said) == is_aside
    assert words.suggested(said) == (ADA if word.state is FaceState.SUGGESTED else None)
    assert words.is_decided((word,)) == (word.source is Source.USER)
    assert words.is_open((word,), EVE) == (not is_named and not is_aside)
    assert words.is_open((word,), ADA) == (word.state is FaceState.SUGGESTED)
    assert words.is_open(said, BOB) is False


def test_of_several_suggested_people_it_is_the_nearest_of_equals_the_first():
    assert words.suggested((guess(ADA, 0.4), guess(EVE, 0.2), guess(BOB, 0.3))) == EVE
    assert words.suggested((guess(EVE, 0.2), guess(ADA, 0.2))) == ADA
