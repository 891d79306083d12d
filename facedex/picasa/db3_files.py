"""Read the folder ``db3`` of Picasa's database. The only module here that opens files.

Picasa writes its tables late and may be running: what does not fit together is reported.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from facedex.picasa.db3 import IMAGE_COLUMNS, PicasaDb, build_db
from facedex.picasa.db3_people import ALBUM_COLUMNS
from facedex.picasa.pmp import MAX_DB3_BYTES, Column, ColumnKind, parse_pmp
from facedex.picasa.problems import Problems
from facedex.picasa.thumbindex import parse_thumbindex

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

INDEX_NAME = "thumbindex.db"
T = TypeVar("T", covariant=True)


class _Parse(Protocol[T]):
    def __call__(self, data: bytes, /, *, problems: Problems) -> T: ...


def read_db3(folder: Path) -> PicasaDb:
    """Return what the database in ``folder`` says; what cannot be read is among its problems.

    Files are found in any case; links and whatever is no regular file are not followed. Columns
    that are not there are empty, as Picasa writes only those that it needs.
    """
    problems = Problems()
    files = _find_files(folder, problems)
    if INDEX_NAME not in files:
        problems.add(f"{INDEX_NAME}: not there")
    entries = _read(files, INDEX_NAME, parse_thumbindex, problems) or []
    images = _read_table(files, "imagedata", IMAGE_COLUMNS, problems)
    albums = _read_table(files, "albumdata", ALBUM_COLUMNS, problems)
    return build_db(entries, images, albums, problems)


def _find_files(folder: Path, problems: Problems) -> dict[str, os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return {e.name.casefold(): e for e in entries if e.is_file(follow_symlinks=False)}
    except OSError as error:
        problems.add(f"the folder cannot be read: {error.strerror}")
        return {}


def _read_table(
    files: Mapping[str, os.DirEntry[str]],
    table: str,
    columns: Mapping[str, ColumnKind],
    problems: Problems,
) -> dict[str, Column]:
    found: dict[str, Column] = {}
    for name, kind in columns.items():
        parse = partial(parse_pmp, kind=kind)
        column = _read(files, f"{table}_{name}.pmp", parse, problems)
        if column is not None:
            found[name] = column
    return found


def _read(
    files: Mapping[str, os.DirEntry[str]], name: str, parse: _Parse[T], problems: Problems
) -> T | None:
    """Return what a file holds; None where there is none, or it cannot be read."""
    if name not in files:
        return None
    of_file = Problems()
    try:
        parsed = parse(_read_bytes(files[name].path), problems=of_file)
    except OSError as error:
        problems.add(f"{name}: not read: {error.strerror}")
        return None
    problems.include(name, of_file)
    return parsed


def _read_bytes(path: str) -> bytes:
    """Return a file's bytes; of one over the limit, one byte more than that."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        return file.read(MAX_DB3_BYTES + 1)
