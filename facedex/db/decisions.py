"""The append-only journal of what the user decided.

An entry is a list of steps, each with the state of one thing before and after. A step names its
face by uuid, and by image hash and box as well, and its people by uuid and name: so the journal can
be replayed on a fresh scan or another model. ``db/snapshots.py`` reads the states,
``services/decisions/steps.py`` restores them.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facedex.db.connection import now_us, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import apsw

Step = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """One entry of the journal; ``undoes`` names the entry that an undo or redo is about."""

    decision_id: int
    kind: str
    summary: str
    steps: list[Step]
    undoes: int | None


def append(
    db: apsw.Connection, kind: str, summary: str, steps: Iterable[Step], undoes: int | None = None
) -> None:
    """Write an entry at the journal's end."""
    db.execute(
        "INSERT INTO decision (uuid, at_us, kind, summary, steps, undoes)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (str(uuid.uuid4()), now_us(), kind, summary, json.dumps(list(steps)), undoes),
    )


def get_decision(db: apsw.Connection, decision_id: int) -> Decision:
    """Return an entry; raises ``KeyError`` if there is none of this id."""
    sql = "SELECT id, kind, summary, steps, undoes FROM decision WHERE id = ?"
    for i, kind, summary, steps, undoes in rows(db, sql, (decision_id,)):
        return Decision(i, kind, summary, json.loads(steps), undoes)
    raise KeyError(decision_id)


def iter_changes(db: apsw.Connection) -> Iterator[tuple[Step, Any]]:
    """Yield each step of the journal from its beginning with the state that it led to.

    An undo yields the steps of what it took back, the last first, with the states before them.
    """
    sql = "SELECT id, kind, undoes FROM decision ORDER BY id"
    for decision_id, kind, undoes in rows(db, sql):
        decision = get_decision(db, undoes or decision_id)
        if kind == "undo":
            for step in reversed(decision.steps):
                yield step, step["before"]
        else:
            for step in decision.steps:
                yield step, step["after"]


def last_id(db: apsw.Connection) -> int:
    """Return the id of the newest entry, 0 where there is none."""
    return int(rows(db, "SELECT coalesce(max(id), 0) FROM decision")[0][0])


def steps_since(db: apsw.Connection, decision_id: int) -> Iterator[Step]:
    """Yield each step that entries after one changed, back or forth."""
    sql = "SELECT coalesce(undoes, id) FROM decision WHERE id > ? ORDER BY id"
    for (changed,) in rows(db, sql, (decision_id,)):
        yield from get_decision(db, changed).steps


def undo_stacks(db: apsw.Connection) -> tuple[list[int], list[int]]:
    """Return the decisions that can be undone and those that can be redone, the next one last."""
    done: list[int] = []
    undone: list[int] = []
    for decision_id, kind, undoes in rows(db, "SELECT id, kind, undoes FROM decision ORDER BY id"):
        if kind == "undo":
            done.remove(undoes)
            undone.append(undoes)
        elif kind == "redo":
            undone.remove(undoes)
            done.append(undoes)
        else:
            done.append(decision_id)
            undone.clear()
    return done, undone
