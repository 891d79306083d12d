"""The words about one face, and what becomes of them when somebody adds another.

A word is an assignment: a source names a face, denies a name or puts the face aside. A face has at
most one word a person, and at most one that settles who it is; they are in the order they came.
Each function takes words and returns words; where nothing is to be changed, the ones that it was
given. Two rules hold throughout: only the user takes back a word of the user, and a program's guess
overwrites nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from facedex.naming.trust import strength
from facedex.types import Assignment, FaceState, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from facedex.types import PersonId

Words = tuple[Assignment, ...]

_SETTLED = {FaceState.CONFIRMED, FaceState.IGNORED}
_NAMED = {FaceState.CONFIRMED, FaceState.SUGGESTED}


# ---- what words tell


def settled(words: Words) -> Assignment | None:
    """Return the word that says who a face is, or that it is to be ignored; None if none does."""
    return next((word for word in words if word.state in _SETTLED), None)


def confirmed(words: Words) -> PersonId | None:
    """Return the person whom a face is confirmed to be, or None."""
    return next((word.person_id for word in words if word.state is FaceState.CONFIRMED), None)


def is_ignored(words: Words) -> bool:
    """Tell whether a face is one that nobody wants to name."""
    return any(word.state is FaceState.IGNORED for word in words)


def suggested(words: Words) -> PersonId | None:
    """Return the person who is suggested for a face, the nearest of several; None if nobody is."""
    guesses = [word for word in words if word.state is FaceState.SUGGESTED]
    nearest = min(guesses, key=lambda w: (w.distance or 0.0, w.person_id or 0), default=None)
    return None if nearest is None else nearest.person_id


def is_open(words: Words, person_id: PersonId) -> bool:
    """Tell whether a face may still be asked about: not settled, nor denied to be this one."""
    return settled(words) is None and not _is_denied(words, person_id)


def is_decided(words: Words) -> bool:
    """Tell whether any word about a face is the user's."""
    return any(word.source is Source.USER for word in words)


def lasting(words: Words) -> Words:
    """Return the words that are not a program's guess, without distances: what companions share."""
    return tuple(
        replace(word, distance=None, probability=None)
        for word in words
        if word.source is not Source.AUTO
    )


# ---- what the user decides


def confirm(words: Words, person_id: PersonId) -> Words:
    """Let the user name a face; so it is not whom it was confirmed to be before."""
    mine = _by_user(person_id, FaceState.CONFIRMED)
    if any(_is_like(word, mine) for word in words):
        return words
    others = [word for word in words if word.person_id != person_id]
    was = (_deny(word) for word in others if word.state is FaceState.CONFIRMED)
    return *_rejections(others), *was, mine


def reject(words: Words) -> Words:
    """Let the user deny whom a face is confirmed or suggested to be."""
    named = [word for word in words if word.state in _NAMED]
    if not named:
        return words
    others = (word for word in words if word.state not in _NAMED)
    return *others, *map(_deny, named)


def deny(words: Words, person_id: PersonId) -> Words:
    """Let the user deny that a face is somebody; the words about others stay."""
    if _is_denied(words, person_id):
        return words
    others = (word for word in words if word.person_id != person_id)
    return *others, _by_user(person_id, FaceState.REJECTED)


def ignore(words: Words) -> Words:
    """Let the user put a face aside; who it is not stays known."""
    mine = _by_user(None, FaceState.IGNORED)
    if any(_is_like(word, mine) for word in words):
        return words
    return *_rejections(words), mine


def merge(words: Words, old: PersonId, new: PersonId) -> Words:
    """Make one person of two, ``new``; of two words that then clash the one that counts more stays.

    So the user's yes beats everything, and the user's no beats another program's yes.
    """
    moved = [replace(word, person_id=new) if word.person_id == old else word for word in words]
    return _one_each(moved)


# ---- what other programs add


def name_from(words: Words, person_id: PersonId, source: Source) -> Words:
    """Let another program name a face, in place of the words of all programs before it.

    Nothing changes if the user named or ignored the face, or denied that it is this person. Which
    of several programs is to speak is decided among the regions of a photo (``trust``).
    """
    of_user = [word for word in words if word.source is Source.USER]
    if any(word.state in _SETTLED or word.person_id == person_id for word in of_user):
        return words
    if confirmed(words) == person_id:
        return words
    return *of_user, Assignment(person_id, FaceState.CONFIRMED, source)


def ignore_from(words: Words, source: Source) -> Words:
    """Let another program put a face aside about which there is no word but guesses."""
    if lasting(words):
        return words
    return (Assignment(None, FaceState.IGNORED, source),)


def suggest(
    words: Words, person_id: PersonId, distance: float, probability: float | None = None
) -> Words:
    """Let the program guess who a face is that is not settled; a person it is not stays denied.

    ``db.faces.add_suggestion`` does the same for many faces at a time; a test compares them.
    """
    if settled(words) is not None or any(word.person_id == person_id for word in words):
        return words
    guess = Assignment(person_id, FaceState.SUGGESTED, Source.AUTO, distance, probability)
    return *words, guess


# ---- two sets of words brought together


def union(one: Words, other: Words) -> Words | None:
    """Return the words about one face that two photos show; None where theirs contradict.

    Where both have the same word, the source that counts more is its source. Guesses are left out.
    """
    strongest: dict[PersonId | None, Assignment] = {}
    for word in sorted((*lasting(one), *lasting(other)), key=_by_strength):
        if strongest.setdefault(word.person_id, word).state is not word.state:
            return None
    both = tuple(strongest.values())
    return both if sum(word.state in _SETTLED for word in both) <= 1 else None


def came_since(now: Words, wanted: Words, known: Iterable[Assignment]) -> Words:
    """Return the words of other programs that came since a decision and still count.

    Parameters
    ----------
    wanted : the words from the decision that are to be restored.
    known : all words before and after that decision.
    """
    by_user = [word for word in wanted if word.source is Source.USER]
    if any(word.state in _SETTLED for word in by_user):
        return ()
    meant = {_meaning(word) for word in (*wanted, *known)}
    denied = {word.person_id for word in by_user}
    return tuple(
        word
        for word in now
        if word.source not in {Source.USER, Source.AUTO}
        and _meaning(word) not in meant
        and word.person_id not in denied
    )


def restored(wanted: Words, since: Words) -> Words:
    """Return the words that an undo or redo leads back to, with what came since in its place."""
    if not since:
        return wanted
    return *(word for word in wanted if word.source is Source.USER), *since


def relearned(here: Words, there: Words) -> Words:
    """Return the words about a face with those of another library, ``there``.

    What the user decided here stands. The words of files here stand too, unless the face was
    settled there, or denied there to be the person whom they name. Two people there may be one
    here: of their words the one that counts more is taken.
    """
    if is_decided(here):
        return here
    brought = _one_each(there)
    if settled(brought) is not None:
        return brought
    spoken_of = {word.person_id for word in brought}
    return *brought, *(word for word in lasting(here) if word.person_id not in spoken_of)


def _one_each(words: Sequence[Assignment]) -> Words:
    """Return of each person only the word that counts most, in its place."""
    by_strength = sorted(words, key=strength)
    best = {word.person_id: word for word in reversed(by_strength)}
    return tuple(word for word in words if word is best[word.person_id])


def _by_user(person_id: PersonId | None, state: FaceState) -> Assignment:
    return Assignment(person_id, state, Source.USER)


def _deny(word: Assignment) -> Assignment:
    return _by_user(word.person_id, FaceState.REJECTED)


def _rejections(words: Iterable[Assignment]) -> list[Assignment]:
    return [word for word in words if word.state is FaceState.REJECTED]


def _is_denied(words: Words, person_id: PersonId) -> bool:
    denial = _by_user(person_id, FaceState.REJECTED)
    return any(_is_like(word, denial) for word in words)


def _is_like(word: Assignment, other: Assignment) -> bool:
    return _meaning(word) == _meaning(other)


def _by_strength(word: Assignment) -> tuple[tuple[int, int, float], int]:
    return strength(word), word.person_id or 0


def _meaning(word: Assignment) -> tuple[PersonId | None, FaceState, Source]:
    return word.person_id, word.state, word.source
