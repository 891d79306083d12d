"""What could not be done to a file, one row a file and stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facedex.db.connection import now_us, rows
from facedex.paths import display_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    import apsw

    from facedex.types import FileId, RootId


def set_issue(db: apsw.Connection, file_id: FileId, stage: str, kind: str, message: str) -> None:
    """Record what went wrong; a later success clears it."""
    db.execute(
        "INSERT OR REPLACE INTO issue VALUES (?, ?, ?, ?, ?)",
        (file_id, stage, kind, message, now_us()),
    )


def clear_issues(db: apsw.Connection, file_id: FileId, stage: str | None = None) -> None:
    """Forget the problems of a file, or those of one stage."""
    db.execute(
        "DELETE FROM issue WHERE file_id = ? AND (? IS NULL OR stage = ?)", (file_id, stage, stage)
    )


def set_walk_issues(
    db: apsw.Connection, root_id: RootId, unreadable: Iterable[tuple[bytes, str]]
) -> None:
    """Replace what the last walk of a root could not examine: (relative path, reason) pairs."""
    db.execute("DELETE FROM walk_issue WHERE root_id = ?", (root_id,))
    db.executemany(
        "INSERT OR REPLACE INTO walk_issue VALUES (?, ?, ?, ?, ?)",
        [(root_id, rel, display_path(rel), reason, now_us()) for rel, reason in unreadable],
    )


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """One row of v1_problems; ``file_id`` is None for a folder."""

    file_id: FileId | None
    path: str
    stage: str
    kind: str
    message: str
    at: str


def list_problems(db: apsw.Connection) -> list[ProblemRow]:
    """Return all problems, by path."""
    sql = "SELECT file_id, path, stage, kind, message, at FROM v1_problems ORDER BY path, stage"
    return [ProblemRow(*row) for row in rows(db, sql)]


def count_problems(db: apsw.Connection) -> int:
    """Return how many files and folders have a problem."""
    return int(rows(db, "SELECT count(DISTINCT path) FROM v1_problems")[0][0])
