"""Where people are named outside facedex: inis, XMP, other programs' databases; and photo notes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from facedex.db.connection import rows
from facedex.types import FileId, RootId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import apsw


# the kind of a file that was looked at and is no document: it is not looked at again as it is
NO_DOCUMENT = "none"


@dataclass(frozen=True, slots=True)
class Document:
    """A file that is there and names people; ``is_read`` if what it says now is in the database."""

    file_id: FileId
    root_id: RootId
    root: bytes
    relpath: bytes
    content_hash: bytes
    is_read: bool
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source as it was last read.

    ``path`` is that of a contacts.xml or a database, ``file_id`` a document's or photo's, with its
    ``root_id`` and ``relpath``, which of a database are None and empty.
    """

    source_id: int
    kind: str
    file_id: FileId | None
    root_id: RootId | None
    relpath: bytes
    path: str | None
    contacts: dict[str, str]
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What a source says of itself.

    Attributes
    ----------
    contacts : contact id to name.
    problems : one line of text for each thing that could not be used.
    details : what its boxes need to be placed, and counts; goes through JSON.
    """

    contacts: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[str] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewNote:
    """What a source notes of a photo besides faces; ``photo_name`` as in a region."""

    photo_name: str
    is_starred: bool = False
    is_hidden: bool = False
    caption: str = ""
    keywords: Sequence[str] = ()
    albums: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to keep."""
        return not (
            self.is_starred or self.is_hidden or self.caption or self.keywords or self.albums
        )


def documents(db: apsw.Connection, ending: str) -> list[Document]:
    """Return the files that are there and have been read whose names end so, in path order.

    ``ending`` is in lower case and holds no ``%`` or ``_``.
    """
    sql = (
        "SELECT f.id, f.root_id, r.path, f.relpath, f.content_hash,"
        " coalesce(s.content_hash = f.content_hash, 0), f.mtime_ns"
        " FROM file f JOIN root r ON r.id = f.root_id LEFT JOIN source s ON s.file_id = f.id"
        " WHERE f.state = 'present' AND r.state = 'online' AND f.content_hash IS NOT NULL"
        " AND lower(f.relpath_text) LIKE '%' || ? ORDER BY f.root_id, f.relpath"
    )
    return [
        Document(FileId(i), RootId(r), path, rel, content, bool(is_read), mtime_ns)
        for i, r, path, rel, content, is_read, mtime_ns in rows(db, sql, (ending,))
    ]


_SELECT = (
    "SELECT s.id, s.kind, s.file_id, f.root_id, f.relpath, s.path, s.contacts, s.details"
    " FROM source s LEFT JOIN file f ON f.id = s.file_id"
)


def find_source(
    db: apsw.Connection, *, file_id: FileId | None = None, path: str | None = None
) -> SourceRow | None:
    """Return the source of a file, or the database at a path; None if it was never read."""
    sql = _SELECT + " WHERE s.file_id IS ?1 AND s.path IS ?2"
    found = rows(db, sql, (file_id, path))
    return _source(found[0]) if found else None


def list_sources(db: apsw.Connection, *kinds: str) -> list[SourceRow]:
    """Return the sources of these kinds, by id."""
    sql = _SELECT + " WHERE s.kind IN (SELECT value FROM json_each(?)) ORDER BY s.id"
    return [_source(row) for row in rows(db, sql, (json.dumps(kinds),))]


def _source(row: tuple[Any, ...]) -> SourceRow:
    source_id, kind, file_id, root_id, relpath, path, contacts, details = row
    return SourceRow(
        source_id, kind, file_id, root_id, relpath or b"", path,
        json.loads(contacts), json.loads(details),
    )  # fmt: skip


def save_source(
    db: apsw.Connection,
    kind: str,
    facts: SourceFacts,
    *,
    file_id: FileId | None = None,
    path: str | None = None,
    content_hash: bytes | None = None,
) -> int:
    """Keep what a source says of itself and return its id; of its file or its path one is given."""
    said = (
        content_hash, json.dumps(dict(facts.contacts)), json.dumps(list(facts.problems)),
        json.dumps(dict(facts.details)),
    )  # fmt: skip
    known = find_source(db, file_id=file_id, path=path)
    if known is None:
        db.execute(
            "INSERT INTO source (kind, file_id, path, content_hash, contacts, problems, details)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (kind, file_id, path, *said),
        )
        return int(db.last_insert_rowid())
    db.execute(
        "UPDATE source SET kind = ?, content_hash = ?, contacts = ?, problems = ?, details = ?"
        " WHERE id = ?",
        (kind, *said, known.source_id),
    )
    return known.source_id


def save_notes(db: apsw.Connection, source_id: int, notes: Iterable[NewNote]) -> None:
    """Replace what a source notes of photos."""
    db.execute("DELETE FROM note WHERE source_id = ?", (source_id,))
    for note in notes:
        if not note.is_empty:
            db.execute(
                "INSERT OR REPLACE INTO note VALUES (?, ?, NULL, ?, ?, ?, ?, ?)",
                (
                    source_id, note.photo_name, int(note.is_starred), int(note.is_hidden),
                    note.caption, json.dumps(list(note.keywords)), json.dumps(list(note.albums)),
                ),
            )  # fmt: skip
