"""What Picasa's inis say: reading those that changed into the library."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from facedex.db import regions, sources
from facedex.db.connection import transaction
from facedex.db.regions import NewRegion
from facedex.db.sources import NewNote, SourceFacts
from facedex.errors import UsageError
from facedex.paths import join
from facedex.picasa.contacts import parse_contacts_xml
from facedex.picasa.ini import MAX_INI_BYTES, is_unnamed_contact, parse_ini
from facedex.picasa.names import ContactBook, is_originals_dir, is_picasa_ini, is_skipped_dir
from facedex.services.names_in.changed_files import read_changed, read_small
from facedex.types import Box, Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from facedex.db.connection import Connection
    from facedex.db.regions import Region
    from facedex.db.sources import Document, SourceKind
    from facedex.progress import ProgressSink
    from facedex.types import PicasaIni, RootId


def library_inis(db: Connection) -> list[Document]:
    """Return the Picasa inis that are the owner's, not those of Picasa's own copies."""
    return [ini for ini in sources.documents(db, "picasa.ini") if _is_library_ini(ini)]


def _is_library_ini(ini: Document) -> bool:
    *folders, name = ini.relpath.split(b"/")
    return is_picasa_ini(name) and not any(map(is_skipped_dir, folders))


def _is_of_originals(ini: Document) -> bool:
    *folders, name = ini.relpath.split(b"/")
    return is_picasa_ini(name) and bool(folders) and is_originals_dir(folders[-1])


def read_inis(db: Connection, sink: ProgressSink) -> None:
    """Parse the inis whose bytes are not those in the database."""

    def take(ini: Document, data: bytes) -> Sequence[str]:
        parsed = parse_ini(data)
        if _is_of_originals(ini):
            _save_recipes(db, ini, parsed)
        else:
            _save_ini(db, ini, parsed)
        return parsed.problems

    inis = sources.documents(db, "picasa.ini")
    read_changed(
        db,
        [ini for ini in inis if _is_library_ini(ini) or _is_of_originals(ini)],
        sink,
        phase="Reading Picasa's files",
        stage="picasa",
        limit=MAX_INI_BYTES,
        take=take,
    )


def _save_ini(db: Connection, ini: Document, parsed: PicasaIni) -> None:
    details = {
        "is_export": parsed.is_export,
        "web_ids": dict(parsed.web_ids),
        "lines": asdict(parsed.lines),
    }
    facts = SourceFacts(parsed.contacts, parsed.problems, details)
    source_id = sources.save_source(
        db, "ini", facts, file_id=ini.file_id, content_hash=ini.content_hash
    )
    regions.save_regions(db, source_id, _regions(parsed))
    sources.save_notes(db, source_id, _notes(parsed))


def _save_recipes(db: Connection, ini: Document, parsed: PicasaIni) -> None:
    """Keep how Picasa made the photos beside a folder of originals, and nothing else of its ini."""
    recipes = {
        section.filename: asdict(section.recipe) for section in parsed.sections if section.recipe
    }
    facts = SourceFacts(problems=parsed.problems, details={"recipes": recipes})
    sources.save_source(db, "ini", facts, file_id=ini.file_id, content_hash=ini.content_hash)


def _regions(parsed: PicasaIni) -> Iterator[NewRegion]:
    for section in parsed.sections:
        for face in section.faces:
            yield NewRegion(
                section.filename,
                face.rect_hex,
                face.box,
                face.contact_id,
                said="unnamed" if is_unnamed_contact(face.contact_id) else "named",
                rotate=section.rotate,
            )


def _notes(parsed: PicasaIni) -> Iterator[NewNote]:
    for section in parsed.sections:
        yield NewNote(
            section.filename,
            is_starred=section.is_starred,
            is_hidden=section.is_hidden,
            caption=section.caption,
            keywords=section.keywords,
            albums=[parsed.albums.get(token, token) for token in section.albums],
        )


class Recipes:
    """How Picasa made the photos that it saved, by their folder and name."""

    def __init__(self, db: Connection) -> None:
        details = {ini.file_id: ini.details for ini in sources.list_sources(db, "ini")}
        self._of: dict[tuple[RootId, bytes, str], Recipe] = {}
        for ini in sources.documents(db, "picasa.ini"):
            for name, said in details.get(ini.file_id, {}).get("recipes", {}).items():
                crop = said["crop"]
                recipe = Recipe(
                    said["width_px"],
                    said["height_px"],
                    None if crop is None else Box(**crop),
                    said["rotate"],
                )
                folder = folder_of(folder_of(ini.relpath)[:-1])
                self._of[ini.root_id, folder, name.casefold()] = recipe

    def of(self, region: Region) -> Recipe | None:
        """Return how the photo of an ini's region was made, if Picasa saved it."""
        if region.root_id is None:
            return None
        return self._of.get((region.root_id, region.folder, region.photo_name.casefold()))


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
    # ".picasa.ini" sorts before "Picasa.ini", as the book wants it
    named = [
        (join(ini.root, folder_of(ini.relpath)), contacts_of.get(ini.file_id, {}))
        for ini in library_inis(db)
    ]
    return ContactBook.build(named, _contacts(db, "contacts"), _contacts(db, "db3"))


def _contacts(db: Connection, kind: SourceKind) -> dict[str, str]:
    """Return the contacts of all sources of a kind; the one that was read first counts most."""
    found: dict[str, str] = {}
    for source in sources.list_sources(db, kind):
        found = dict(source.contacts) | found
    return found


def folder_of(relpath: bytes) -> bytes:
    """Return the folder of a path with its closing slash; nothing for the root."""
    return relpath[: relpath.rfind(b"/") + 1]
