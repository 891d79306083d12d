"""Scans that were run, with what came of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from facedex.db.connection import now_us, rows

if TYPE_CHECKING:
    import apsw


def start_run(db: apsw.Connection, engine: str) -> int:
    """Record that a scan begins and return its id."""
    db.execute("INSERT INTO scan_run (started_us, engine) VALUES (?, ?)", (now_us(), engine))
    return int(db.last_insert_rowid())


def finish_run(db: apsw.Connection, run_id: int, outcome: str, summary: dict[str, Any]) -> None:
    """Record how a scan ended: ``done``, ``stopped`` or ``failed``."""
    db.execute(
        "UPDATE scan_run SET finished_us = ?, outcome = ?, summary = ? WHERE id = ?",
        (now_us(), outcome, json.dumps(summary), run_id),
    )


def last_id(db: apsw.Connection) -> int:
    """Return the id of the last scan that ended, 0 before the first."""
    sql = "SELECT coalesce(max(id), 0) FROM scan_run WHERE finished_us IS NOT NULL"
    return int(rows(db, sql)[0][0])


def last_run(db: apsw.Connection) -> dict[str, Any] | None:
    """Return the latest scan (started_us, finished_us, outcome, engine, summary), or None."""
    sql = "SELECT started_us, finished_us, outcome, engine, summary FROM scan_run ORDER BY id DESC"
    found = rows(db, sql + " LIMIT 1")
    if not found:
        return None
    started, finished, outcome, engine, summary = found[0]
    return {
        "started_us": started,
        "finished_us": finished,
        "outcome": outcome,
        "engine": engine,
        "summary": json.loads(summary) if summary else None,
    }
