"""What could not be done to a file, one row a file and stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db.connection import now_us

if TYPE_CHECKING:
    import apsw

    from facedex.types import FileId


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


def count_issues(db: apsw.Connection) -> int:
    """Return how many files that are there have a problem."""
    sql = "SELECT count(DISTINCT file_id) FROM v1_problems"
    return int(db.execute(sql).fetchall()[0][0])
