"""What is said of one face, and what becomes of it when somebody says something else.

A face's words are all assignments of it, in the order they came: at most one a person, and at most
one that settles who it is. Each function takes words and returns words; where nothing is to be
changed, the ones that it was given. Two rules hold throughout: only the user takes back what the
user said, and a program's guess overwrites nothing.
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


# ---- what words mean


def settled(said: Words) -> Assignment | None:
    """Return the word that says who a face is, or that it is to be ignored; None if none does."""
    return next((word for word in said if word.state in _SETTLED), None)


def confirmed(said: Words) -> PersonId | None:
    """Return the person whom a face is confirmed to be, or None."""
    return next((word.person_id for word in said if word.state is FaceState.CONFIRMED), None)


def is_ignored(said: Words) -> bool:
    """Tell whether a face is one that nobody wants to name."""
    return any(word.state is FaceState.IGNORED for word in said)


def suggested(said: Words) -> PersonId | None:
    """Return the person who is suggested for a face, the nearest of several; None if nobody is."""
    guesses = [word for word in said if word.state is FaceState.SUGGESTED]
    nearest = min(guesses, key=lambda w: (w.distance or 0.0, w.person_id or 0), default=None)
    return None if nearest is None else nearest.person_id


def is_open(said: Words, person_id: PersonId) -> bool:
    """Tell whether a face may still be asked about: it is not settled, and not denied to be this one."""
    return settled(said) is None and not _is_denied(said, person_id)


def is_decided(said: Words) -> bool:
    """Tell whether the user has said anything of a face."""
    return any(word.source is Source.USER for word in said)


def lasting(said: Words) -> Words:
    """Return the words that are not a program's guess, without distances: what companions share."""
    return tuple(
        replace(word, distance=None, probability=None)
        for word in said
        if word.source is not Source.AUTO
    )


# ---- what the user decides


def confirm(said: Words, person_id: PersonId) -> Words:
    """Let the user say who a face is; so it is nobody whom it was confirmed to be before."""
    mine = _by_user(person_id, FaceState.CONFIRMED)
    if any(_is_like(word, mine) for word in said):
        return said
    others = [word for word in said if word.person_id != person_id]
    was = (_deny(word) for word in others if word.state is FaceState.CONFIRMED)
    return *_rejections(others), *was, mine


def reject(said: Words) -> Words:
    """Let the user say that a face is nobody whom it is confirmed or suggested to be."""
    named = [word for word in said if word.state in _NAMED]
    if not named:
        return said
    others = (word for word in said if word.state not in _NAMED)
    return *others, *map(_deny, named)


def deny(said: Words, person_id: PersonId) -> Words:
    """Let the user say that a face is not somebody; what is said of others stays."""
    if _is_denied(said, person_id):
        return said
    others = (word for word in said if word.person_id != person_id)
    return *others, _by_user(person_id, FaceState.REJECTED)


def ignore(said: Words) -> Words:
    """Let the user put a face aside; who it is not stays known."""
    mine = _by_user(None, FaceState.IGNORED)
    if any(_is_like(word, mine) for word in said):
        return said
    return *_rejections(said), mine


def merge(said: Words, old: PersonId, new: PersonId) -> Words:
    """Make one person of two, ``new``; of two words that then clash the one that counts more stays.

    So the user's yes beats everything, and the user's no beats another program's yes.
    """
    moved = [replace(word, person_id=new) if word.person_id == old else word for word in said]
    return _one_each(moved)


# ---- what others say


def name_from(said: Words, person_id: PersonId, source: Source) -> Words:
    """Let another program say who a face is, in place of what programs said before.

    Nothing changes if the user named or ignored the face, or denied that it is this person. Which
    of several programs is to speak is decided among the regions of a photo (``trust``).
    """
    of_user = [word for word in said if word.source is Source.USER]
    if any(word.state in _SETTLED or word.person_id == person_id for word in of_user):
        return said
    if confirmed(said) == person_id:
        return said
    return *of_user, Assignment(person_id, FaceState.CONFIRMED, source)


def ignore_from(said: Words, source: Source) -> Words:
    """Let another program put a face aside of which nobody has said anything."""
    if lasting(said):
        return said
    return (Assignment(None, FaceState.IGNORED, source),)


def suggest(
    said: Words, person_id: PersonId, distance: float, probability: float | None = None
) -> Words:
    """Let the program guess who a face is that is not settled; a person it is not stays denied.

    ``db.faces.add_suggestion`` does the same for many faces at a time; a test compares them.
    """
    if settled(said) is not None or any(word.person_id == person_id for word in said):
        return said
    guess = Assignment(person_id, FaceState.SUGGESTED, Source.AUTO, distance, probability)
    return *said, guess


# ---- two sets of words brought together


def union(one: Words, other: Words) -> Words | None:
    """Return what is said of one face that two photos show; None where the two contradict.

    Of two who say the same the one that counts more is its source. Suggestions are left out.
    """
    strongest: dict[PersonId | None, Assignment] = {}
    for word in sorted((*lasting(one), *lasting(other)), key=_by_strength):
        if strongest.setdefault(word.person_id, word).state is not word.state:
            return None
    both = tuple(strongest.values())
    return both if sum(word.state in _SETTLED for word in both) <= 1 else None


def came_since(now: Words, wanted: Words, known: Iterable[Assignment]) -> Words:
    """Return what other programs said of a face since a decision, where that still counts.

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
    """Return what is said of a face with another library's words of it, ``there``.

    What the user decided here stands. What files say here stands too, unless the face was settled
    there, or denied there to be the person whom they name. Two people there may be one here: of their
    words the one that counts more is taken.
    """
    if is_decided(here):
        return here
    brought = _one_each(there)
    if settled(brought) is not None:
        return brought
    spoken_of = {word.person_id for word in brought}
    return *brought, *(word for word in lasting(here) if word.person_id not in spoken_of)


def _one_each(said: Sequence[Assignment]) -> Words:
    """Return of each person only the word that counts most, in its place."""
    by_strength = sorted(said, key=strength)
    best = {word.person_id: word for word in reversed(by_strength)}
    return tuple(word for word in said if word is best[word.person_id])


def _by_user(person_id: PersonId | None, state: FaceState) -> Assignment:
    return Assignment(person_id, state, Source.USER)


def _deny(word: Assignment) -> Assignment:
    return _by_user(word.person_id, FaceState.REJECTED)


def _rejections(said: Iterable[Assignment]) -> list[Assignment]:
    return [word for word in said if word.state is FaceState.REJECTED]


def _is_denied(said: Words, person_id: PersonId) -> bool:
    denial = _by_user(person_id, FaceState.REJECTED)
    return any(_is_like(word, denial) for word in said)


def _is_like(word: Assignment, other: Assignment) -> bool:
    return _meaning(word) == _meaning(other)


def _by_strength(word: Assignment) -> tuple[tuple[int, int, float], int]:
    return strength(word), word.person_id or 0


def _meaning(word: Assignment) -> tuple[PersonId | None, FaceState, Source]:
    return word.person_id, word.state, word.source
