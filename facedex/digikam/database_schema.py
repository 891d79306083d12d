"""Whether a file is a database of digiKam that is understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from facedex.db.foreign import ForeignRows

OLDEST_SCHEMA, NEWEST_SCHEMA = 6, 17
TABLES = {
    "Settings": ("keyword", "value"),
    "AlbumRoots": ("id", "label", "identifier", "specificPath"),
    "Albums": ("id", "albumRoot", "relativePath"),
    "Images": ("id", "album", "name", "status", "category"),
    "ImageInformation": ("imageid", "orientation", "width", "height"),
    "ImageTags": ("imageid", "tagid"),
    "ImageTagProperties": ("imageid", "tagid", "property", "value"),
    "Tags": ("id", "pid", "name"),
    "TagProperties": ("tagid", "property"),
}
"""The tables that are read, each with its columns.

All of them are in every schema that is known.
"""


def check_tables(rows: ForeignRows, file: Path) -> None:
    """Raise ``UsageError`` unless every table and column that is read is there."""
    found = {name: _columns(rows, name) for name in TABLES}
    missing = [name for name, columns in found.items() if not columns]
    if missing:
        raise UsageError(
            f"{file} is not digiKam's main database: it has no table {', '.join(missing)}; the"
            " names are in digikam4.db"
        )
    for name, columns in TABLES.items():
        lacking = [column for column in columns if column.casefold() not in found[name]]
        if lacking:
            raise UsageError(
                f"{file} is of a digiKam that facedex does not know: its table {name} has no column"
                f" {', '.join(lacking)}"
            )


def _columns(rows: ForeignRows, table: str) -> set[str]:
    # a view of this name is not digiKam's, and could be anything
    sql = (
        "SELECT CAST(c.name AS BLOB) FROM sqlite_schema s, pragma_table_info(s.name) c"
        " WHERE s.type = 'table' AND s.name = ? COLLATE NOCASE"
    )
    return {rows.text(name).casefold() for (name,) in rows.read(sql, table)}


def check_schema(rows: ForeignRows, file: Path) -> int:
    """Return the schema's number, or raise ``UsageError``.

    digiKam's own rule: a newer schema is fit for older programs if ``DBVersionRequired`` says so.
    """
    schema, required = _setting(rows, "DBVersion"), _setting(rows, "DBVersionRequired")
    if schema is None:
        raise UsageError(f"{file} does not say which digiKam wrote it (setting DBVersion)")
    if schema < OLDEST_SCHEMA:
        raise UsageError(
            f"{file} is of a digiKam without faces (schema {schema}); open it once with a newer"
            " digiKam"
        )
    if schema > NEWEST_SCHEMA and not (required is not None and required <= NEWEST_SCHEMA):
        raise UsageError(
            f"{file} is of a newer digiKam than facedex knows (schema {schema}, known are "
            f"{OLDEST_SCHEMA} to {NEWEST_SCHEMA}); look for a newer facedex, or let digiKam write"
            " the names into the photos"
        )
    return schema


def _setting(rows: ForeignRows, keyword: str) -> int | None:
    sql = "SELECT CAST(value AS BLOB) FROM Settings WHERE keyword = ?"
    texts = [rows.text(value) for (value,) in rows.read(sql, keyword)]
    return int(texts[0]) if texts and texts[0].isdecimal() else None
