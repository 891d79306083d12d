"""Picasa's lists of contacts, and the book of names made of them and of its inis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.db import sources
from facedex.db.connection import transaction
from facedex.db.sources import SourceFacts
from facedex.errors import UsageError
from facedex.paths import folder_of, join
from facedex.picasa.contacts import parse_contacts_xml
from facedex.picasa.names import ContactBook, is_library_ini
from facedex.services.names_in.changed_files import read_small

if TYPE_CHECKING:
    from pathlib import Path

    from facedex.db.connection import Connection
    from facedex.db.sources import Document


def library_inis(db: Connection) -> list[Document]:
    """Return the Picasa inis that are the owner's, not those of Picasa's own copies."""
    return [ini for ini in sources.documents(db, "picasa.ini") if is_library_ini(ini.relpath)]


def read_contacts(db: Connection, path: Path) -> None:
    """Keep the names of a ``contacts.xml``, or of its copy ``backup.xml``.

    Raises
    ------
    UsageError
        If it cannot be read, or holds no contact.
    """
    problems: list[str] = []
    try:
        contacts = parse_contacts_xml(read_small(path, 11 << 20), problems)
    except OSError as exc:
        raise UsageError(f"{path} cannot be read: {exc.strerror or exc}") from exc
    if not contacts and problems:
        raise UsageError(f"{path} holds no contacts: {problems[0]}")
    with transaction(db):
        sources.save_source(
            db, "contacts", SourceFacts(contacts, problems), path=str(path.absolute())
        )


def contact_book(db: Connection) -> ContactBook:
    """Return one book for all roots: a folder is named by its root's path and its own."""
    contacts_of = {ini.file_id: ini.contacts for ini in sources.list_sources(db, "ini")}
    inis = library_inis(db)
    newest: dict[bytes, int] = {}
    for ini in inis:
        folder = join(ini.root, folder_of(ini.relpath))
        newest[folder] = max(ini.mtime_ns, newest.get(folder, 0))
    # ".picasa.ini" sorts before "Picasa.ini", as the book wants it; folders written last come first
    named = sorted(
        (
            (join(ini.root, folder_of(ini.relpath)), contacts_of.get(ini.file_id, {}))
            for ini in inis
        ),
        key=lambda entry: -newest[entry[0]],
    )
    return ContactBook.build(named, _contacts(db, "contacts"), _contacts(db, "db3"))


def _contacts(db: Connection, kind: str) -> dict[str, str]:
    """Return the contacts of all sources of a kind; the one that was read first counts most."""
    found: dict[str, str] = {}
    for source in sources.list_sources(db, kind):
        found = dict(source.contacts) | found
    return found
