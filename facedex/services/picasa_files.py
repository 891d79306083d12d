"""What Picasa's files say: inis that changed, contacts, and whom a contact id stands for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from facedex.db import people, regions
from facedex.db.connection import transaction
from facedex.errors import UsageError
from facedex.paths import display_path, join
from facedex.picasa.contacts import parse_contacts_xml
from facedex.picasa.ini import MAX_INI_BYTES, parse_ini
from facedex.picasa.names import ContactBook, is_picasa_ini, is_skipped_dir, resolve_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from facedex.db.connection import Connection
    from facedex.db.regions import IniFile
    from facedex.progress import ProgressSink
    from facedex.types import PersonId


def library_inis(db: Connection) -> list[IniFile]:
    """Return the Picasa inis that are the owner's, not those of Picasa's own copies."""
    return [ini for ini in regions.list_inis(db) if _is_library_ini(ini)]


def _is_library_ini(ini: IniFile) -> bool:
    *folders, name = ini.relpath.split(b"/")
    return is_picasa_ini(name) and not any(map(is_skipped_dir, folders))


def read_inis(db: Connection, inis: Sequence[IniFile], sink: ProgressSink) -> None:
    """Parse the inis whose bytes are not those in the database."""
    changed = [ini for ini in inis if not ini.is_read]
    if not changed:
        return
    sink.started("Reading Picasa's files", len(changed))
    for ini in changed:
        path = join(ini.root, ini.relpath)
        try:
            data = _read_small(path, MAX_INI_BYTES + 1)
        except OSError as exc:
            sink.problem(path, "picasa", "io", exc.strerror or str(exc))
            continue
        parsed = parse_ini(data)
        for problem in parsed.problems:
            sink.problem(path, "picasa", "ini", problem)
        with transaction(db):
            regions.save_ini(db, ini.file_id, ini.content_hash, parsed)
        sink.advanced(1, display_path(path))
    sink.finished()


def _read_small(path: bytes | Path, limit: int) -> bytes:
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        return file.read(limit)


def _read_contacts_xml(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    problems: list[str] = []
    try:
        contacts = parse_contacts_xml(_read_small(path, 11 << 20), problems)
    except OSError as exc:
        raise UsageError(f"{path} cannot be read: {exc.strerror or exc}") from exc
    if not contacts and problems:
        raise UsageError(f"{path} holds no contacts: {problems[0]}")
    return contacts


def contact_book(db: Connection, inis: Sequence[IniFile], contacts_xml: Path | None) -> ContactBook:
    """Return one book for all roots: a folder is named by its root's path and its own.

    Raises
    ------
    UsageError
        If ``contacts_xml`` cannot be read.
    """
    # ".picasa.ini" sorts before "Picasa.ini", as the book wants it
    named = [(join(i.root, _folder(i.relpath)), regions.contacts_of(db, i.file_id)) for i in inis]
    return ContactBook.build(named, _read_contacts_xml(contacts_xml))


def _folder(relpath: bytes) -> bytes:
    return relpath[: relpath.rfind(b"/") + 1]


class ContactPeople:
    """Whom contact ids stand for; people are added as they come up."""

    def __init__(self, db: Connection, book: ContactBook) -> None:
        self._db = db
        self._book = book
        self._known: dict[tuple[bytes, str], PersonId] = {}
        self._by_name = people.by_name(db)

    def of(self, folder: bytes, contact_id: str) -> PersonId:
        """Return the person of a contact as an ini in ``folder`` means it."""
        if (folder, contact_id) not in self._known:
            self._known[folder, contact_id] = self._find(folder, contact_id)
        return self._known[folder, contact_id]

    def _find(self, folder: bytes, contact_id: str) -> PersonId:
        resolved = resolve_name(folder, contact_id, self._book)
        assert resolved is not None  # only named contacts are asked for
        known = people.find_contact(self._db, contact_id)
        if known is not None:
            # a person the user renamed, or whose name is known by now, keeps that name
            if resolved.is_placeholder or not people.get_person(self._db, known).is_placeholder:
                return known
            if people.name_key(resolved.name) not in self._by_name:
                people.rename_person(self._db, known, resolved.name)
                self._by_name[people.name_key(resolved.name)] = known
                people.set_contact(self._db, contact_id, known, resolved.name)
                return known
        person_id = self._by_name.get(people.name_key(resolved.name))
        if person_id is None:
            person_id = people.add_person(
                self._db, resolved.name, is_placeholder=resolved.is_placeholder
            )
            self._by_name[people.name_key(resolved.name)] = person_id
        people.set_contact(self._db, contact_id, person_id, resolved.name)
        return person_id
