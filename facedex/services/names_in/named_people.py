"""Whom other programs mean by a contact id or a name; people are added as they come up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from facedex.db import people, regions
from facedex.picasa.names import resolve_name
from facedex.spelling import is_nobody, name_key

if TYPE_CHECKING:
    from facedex.db.connection import Connection
    from facedex.db.regions import Region
    from facedex.picasa.names import ContactBook, ResolvedName
    from facedex.types import PersonId


class NamedPeople:
    """The people of a library, found by what regions call them.

    A person whom the user renamed is still meant by the old name where a file goes on using it.
    """

    def __init__(self, db: Connection, book: ContactBook) -> None:
        self._db = db
        self._book = book
        self._of_contact: dict[tuple[bytes, str], PersonId | None] = {}
        self._by_name = people.by_name(db)
        self._meant = regions.people_of_names(db)

    def of(self, region: Region, folder: bytes) -> PersonId | None:
        """Return whom a region names; None where the name is nobody's.

        ``folder`` is that of its document, with the root's path.
        """
        if not region.contact_id:
            return region.person_id or self._of_name(region.name)
        key = folder, region.contact_id
        if key not in self._of_contact:
            self._of_contact[key] = self._find_contact(folder, region.contact_id)
        return self._of_contact[key]

    def _of_name(self, name: str) -> PersonId | None:
        key = name_key(name)
        if key not in self._by_name and is_nobody(name):
            return self._meant.get(name)
        if key not in self._by_name:
            known = self._meant.get(name)
            self._by_name[key] = known or people.add_person(self._db, name)
        return self._by_name[key]

    def _find_contact(self, folder: bytes, contact_id: str) -> PersonId | None:
        resolved = resolve_name(folder, contact_id, self._book)
        if resolved is None:
            return self._named_here(contact_id)
        names = self._book.names_of(contact_id)
        if len(names) > 1:  # renamed in Picasa: one person, by the name that most folders have
            resolved = replace(resolved, name=names[0])
        person_id = self._known(contact_id, resolved) or self._called(contact_id, resolved)
        self._add_aliases(person_id, contact_id)
        return person_id

    def _known(self, contact_id: str, resolved: ResolvedName) -> PersonId | None:
        """Return the person of a contact that was met before; a placeholder learns its name."""
        known = people.find_contact(self._db, contact_id)
        if known is None:
            return None
        # a person the user renamed, or whose name is known by now, keeps that name
        if resolved.is_placeholder or not people.get_person(self._db, known).is_placeholder:
            return known
        if not self._is_free(resolved.name):
            return None
        people.rename_person(self._db, known, resolved.name)
        self._by_name[name_key(resolved.name)] = known
        people.set_contact(self._db, contact_id, known, resolved.name)
        return known

    def _called(self, contact_id: str, resolved: ResolvedName) -> PersonId:
        """Return the person of a contact's name, added if nobody has it."""
        key = name_key(resolved.name)
        if key not in self._by_name:
            self._by_name[key] = people.add_person(
                self._db, resolved.name, is_placeholder=resolved.is_placeholder
            )
        people.set_contact(self._db, contact_id, self._by_name[key], resolved.name)
        return self._by_name[key]

    def _named_here(self, contact_id: str) -> PersonId | None:
        """Return whom a contact that Picasa has no name for came to mean, if they have one here."""
        known = people.find_contact(self._db, contact_id)
        if known is None:
            return None
        person = people.get_person(self._db, known)
        return None if person.is_placeholder or is_nobody(person.name) else known

    def _add_aliases(self, person_id: PersonId, contact_id: str) -> None:
        """Let a person be found by every name of a contact that is nobody else's."""
        new = [name for name in self._book.names_of(contact_id) if self._is_free(name)]
        if new:
            known = people.aliases(self._db, person_id)
            people.set_aliases(self._db, person_id, [*known, *new])
            self._by_name |= dict.fromkeys(map(name_key, new), person_id)

    def _is_free(self, name: str) -> bool:
        return name_key(name) not in self._by_name
