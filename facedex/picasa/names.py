"""Which files and folders are Picasa's, which photo a section means, and who a contact id is.

Names of files are bytes as the system gives them; Picasa wrote its sections on Windows or a Mac, so
they may differ from the file in case or in Unicode normalisation.
"""

from __future__ import annotations

import os
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from facedex.picasa.ini import decode_text, is_unnamed_contact
from facedex.picasa.rects import pad_hex64
from facedex.spelling import is_nobody

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

INI_NAMES = (".picasa.ini", "picasa.ini")  # casefolded; where both exist the first is newer
SKIPPED_DIRS = frozenset({".picasaoriginals", "originals", "_vti_cnf", ".appledouble"})


def is_picasa_ini(name: bytes | str) -> bool:
    """Tell whether a file of this name is Picasa's: ``.picasa.ini`` or ``Picasa.ini``, any case."""
    return os.fsdecode(name).casefold() in INI_NAMES


def is_ini_copy(name: bytes | str) -> bool:
    """Tell whether ``name`` is a sync program's copy, as ``.picasa (2).ini``: only reported."""
    text = os.fsdecode(name).casefold()
    if text in INI_NAMES or not text.endswith(".ini"):
        return False
    middle = text.removesuffix(".ini").removeprefix(".")
    return middle.startswith("picasa") and middle[6:7] in (" ", "(", "-", "~", ".")


def is_skipped_dir(name: bytes | str) -> bool:
    """Tell whether a folder holds Picasa's backups or another program's copies of its files."""
    return os.fsdecode(name).casefold() in SKIPPED_DIRS


def is_originals_dir(name: bytes | str) -> bool:
    """Tell whether a folder holds the originals of photos that Picasa saved."""
    return os.fsdecode(name).casefold() in {".picasaoriginals", "originals"}


def is_library_ini(relpath: bytes) -> bool:
    """Tell whether a path is that of an ini of the owner's photos, not of Picasa's own copies."""
    *folders, name = relpath.split(b"/")
    return is_picasa_ini(name) and not any(map(is_skipped_dir, folders))


def is_originals_ini(relpath: bytes) -> bool:
    """Tell whether a path is that of an ini beside originals, which says how photos were saved."""
    *folders, name = relpath.split(b"/")
    return is_picasa_ini(name) and bool(folders) and is_originals_dir(folders[-1])


class FilenameIndex:
    """The files of one folder, found by the section names of its ini.

    A section matches its exact name, else the only name equal but for case, else the only one equal
    but for case and Unicode normalisation. Where several would do, none is guessed.
    """

    def __init__(self, names: Iterable[bytes]) -> None:
        self._exact: dict[str, bytes] = {}
        self._folded: dict[str, set[bytes]] = defaultdict(set)
        self._normal: dict[str, set[bytes]] = defaultdict(set)
        for name in names:
            self._exact[os.fsdecode(name)] = name
            text = decode_text(name)
            self._folded[text.casefold()].add(name)
            self._normal[_normalise(text)].add(name)

    def find(self, section_name: str) -> bytes | None:
        """Return the file that ``section_name`` means, or None."""
        exact = self._exact.get(section_name)
        if exact is not None:
            return exact
        for candidates in (
            self._folded.get(section_name.casefold()),
            self._normal.get(_normalise(section_name)),
        ):
            if candidates:
                return next(iter(candidates)) if len(candidates) == 1 else None
        return None


def _normalise(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def match_filename(section_name: str, names: Sequence[bytes]) -> bytes | None:
    """Return the one of ``names`` that a section means, or None.

    For many sections of one folder make a :class:`FilenameIndex` once.
    """
    return FilenameIndex(names).find(section_name)


class NameOrigin(StrEnum):
    """Where a contact's name was found, the most trusted first."""

    CONTACTS_XML = "contacts.xml"
    OWN_INI = "own ini"
    PARENT_INI = "parent ini"
    ANY_INI = "any ini"
    DB3 = "db3"
    PLACEHOLDER = "placeholder"


@dataclass(frozen=True, slots=True)
class ResolvedName:
    """Who a contact id is; a placeholder stands for one unknown person with one id."""

    name: str
    origin: NameOrigin
    is_placeholder: bool = False


@dataclass(frozen=True, slots=True)
class ContactBook:
    """Every name of every contact id in a library; made by :meth:`build`, not changed after.

    Attributes
    ----------
    xml : contact id to name, from ``contacts.xml``.
    by_folder : folder (bytes relative to the root, ``b""`` for the root) to its ini's contacts.
    spellings : contact id to all its names in inis, the most frequent first.
    db3 : contact id to name, from Picasa's database.
    nobodies : contact ids that are called nothing but ``Unknown`` or the like, and mean nobody.
    """

    xml: Mapping[str, str]
    by_folder: Mapping[bytes, Mapping[str, str]]
    spellings: Mapping[str, tuple[str, ...]]
    db3: Mapping[str, str] = field(default_factory=dict)
    nobodies: frozenset[str] = frozenset()

    @classmethod
    def build(
        cls,
        ini_contacts: Iterable[tuple[bytes, Mapping[str, str]]],
        xml_contacts: Mapping[str, str] | None = None,
        db3_contacts: Mapping[str, str] | None = None,
    ) -> ContactBook:
        """Return the book of all inis, as (folder, contacts), of ``contacts.xml`` and of db3.

        Of a folder's two inis pass ``.picasa.ini`` first: its names win over ``Picasa.ini``'s. Of
        names that are equally frequent the one that is listed first comes first: pass the folder
        that was written last first.
        A name that is nobody's names nobody.
        """
        listed = [(folder, dict(contacts)) for folder, contacts in ini_contacts]
        xml, db3 = dict(xml_contacts or {}), dict(db3_contacts or {})
        everywhere = [contacts for _folder, contacts in listed] + [xml, db3]
        named = {each for contacts in everywhere for each in _named(contacts)}
        by_folder: dict[bytes, dict[str, str]] = {}
        for folder, contacts in listed:
            own = by_folder.setdefault(folder.strip(b"/"), {})
            for contact_id, name in _named(contacts).items():
                own.setdefault(contact_id, name)
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for own in by_folder.values():
            for contact_id, name in own.items():
                counts[contact_id][name] += 1
        spellings = {contact_id: _ranked(counter) for contact_id, counter in counts.items()}
        nobodies = {each for contacts in everywhere for each in contacts} - named
        return cls(_named(xml), by_folder, spellings, _named(db3), frozenset(nobodies))

    def names_of(self, contact_id: str) -> tuple[str, ...]:
        """Return every name of a contact id, the one to call them by first; none of one without.

        That of contacts.xml, else the one that most inis have.
        """
        key = pad_hex64(contact_id) or contact_id
        named = [self.xml[key]] if key in self.xml else []
        named += self.spellings.get(key, ())
        return tuple(dict.fromkeys([*named, *([self.db3[key]] if key in self.db3 else [])]))


def _named(contacts: Mapping[str, str]) -> dict[str, str]:
    """Return the contacts that are called by a name of somebody."""
    return {contact_id: name for contact_id, name in contacts.items() if not is_nobody(name)}


def _ranked(counter: Counter[str]) -> tuple[str, ...]:
    return tuple(sorted(counter, key=lambda name: -counter[name]))  # of equals, as they came


def _parents(folder: bytes) -> Iterator[bytes]:
    while folder:
        folder = folder.rpartition(b"/")[0]
        yield folder


def placeholder_name(contact_id: str) -> str:
    """Return the name that stands for an id nobody has named: one id, one name."""
    return f"Unknown (Picasa {contact_id})"


def resolve_name(folder: bytes, contact_id: str, book: ContactBook) -> ResolvedName | None:
    """Return who ``contact_id`` is in ``folder``'s ini; None where the id means nobody.

    Looked up in contacts.xml, the folder's own ini, the inis of its parent folders from the nearest
    up, then any ini (the most frequent name), then Picasa's database; else a placeholder. Ids are
    per installation, so one person may have several.
    """
    if is_unnamed_contact(contact_id):
        return None
    key = pad_hex64(contact_id) or contact_id
    folder = folder.strip(b"/")
    if key in book.xml:
        return ResolvedName(book.xml[key], NameOrigin.CONTACTS_XML)
    name = book.by_folder.get(folder, {}).get(key)
    if name is not None:
        return ResolvedName(name, NameOrigin.OWN_INI)
    for parent in _parents(folder):
        name = book.by_folder.get(parent, {}).get(key)
        if name is not None:
            return ResolvedName(name, NameOrigin.PARENT_INI)
    if key in book.spellings:
        return ResolvedName(book.spellings[key][0], NameOrigin.ANY_INI)
    if key in book.db3:
        return ResolvedName(book.db3[key], NameOrigin.DB3)
    if key in book.nobodies:
        return None
    return ResolvedName(placeholder_name(key), NameOrigin.PLACEHOLDER, is_placeholder=True)


def group_web_contacts(web_ids: Iterable[Mapping[str, str]]) -> list[tuple[str, ...]]:
    """Return the groups of contact ids that stand for one web contact, by the inis' ``web_ids``.

    Such ids are probably one person's: to propose, not to merge unasked. Each group and the list
    are in order; an id with two web contacts is in two groups.
    """
    ids_of: dict[str, set[str]] = defaultdict(set)
    for of_ini in web_ids:
        for contact_id, web_id in of_ini.items():
            ids_of[web_id.casefold()].add(contact_id)
    return sorted(tuple(sorted(ids)) for ids in ids_of.values() if len(ids) > 1)
