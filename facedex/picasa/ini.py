"""Read a ``.picasa.ini`` or ``Picasa.ini``: what it says of each photo, and the folder's contacts.

Picasa's format: ``[section]`` lines and ``key=value`` lines, split at the first ``=``; no comments,
no quoting, no escapes, so ``;``, ``#``, ``%`` and ``:`` are data. A section is the text between the
first ``[`` and the last ``]``, because file names hold brackets. Files are UTF-8 (a byte order mark
is tolerated), older ones in the Windows code page; both line ends occur. Sections and keys may be
repeated, and lines may be damaged: what cannot be used is reported, the rest is kept, and every
line is counted.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Literal

from facedex.picasa.problems import Problems
from facedex.picasa.rects import pad_hex64
from facedex.picasa.section import SectionDraft, is_account_key, split_items
from facedex.types import LineCounts, PicasaIni

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_INI_BYTES = 8_000_000
_ALBUM = ".album:"
_FOLDER_KEYS = frozenset({"name", "date", "category", "p2category", "description", "location"})
_ALBUM_KEYS = frozenset({"name", "token", "date", "description", "location"})
_ENTITY = re.compile(r"&#([0-9]{1,7});")
_ENTITY_MAX_CHARS = len("&#1234567;")
_UNNAMED_ID = "f" * 16

# the fields of LineCounts that count lines
_Kind = Literal[
    "blank", "sections", "faces_lines", "known_keys", "unknown_keys", "contacts", "junk"
]


def is_unnamed_contact(contact_id: str) -> bool:
    """Tell whether a face's contact id never means a person: missing, 0 or ``ffffffffffffffff``."""
    return not contact_id.strip("0") or contact_id.lower() == _UNNAMED_ID


def decode_text(raw: bytes) -> str:
    """Return ``raw`` decoded as UTF-8, else as Windows-1252, else as Latin-1; never fails."""
    for encoding in ("utf-8", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def parse_ini(data: bytes) -> PicasaIni:
    """Return what a ``.picasa.ini`` says; never fails, in time linear in the file's size.

    Nothing of a file above ``MAX_INI_BYTES`` is read: the result is empty but for one problem.
    Beyond a thousand problems only their number is told.
    """
    if len(data) > MAX_INI_BYTES:
        return PicasaIni(problems=(f"not read: {len(data)} bytes, over {MAX_INI_BYTES}",))
    parser = _Parser()
    for raw in data.removeprefix(codecs.BOM_UTF8).splitlines():
        parser.feed(decode_text(raw).strip(" \t"))
    return parser.result()


class _Parser:
    """Takes lines; ``_take`` is what the open section does with a casefolded key and a value."""

    def __init__(self) -> None:
        self._drafts: dict[str, SectionDraft] = {}
        self._draft = SectionDraft("")
        self._contacts: dict[str, str] = {}
        self._web_ids: dict[str, str] = {}
        self._albums: dict[str, str] = {}
        self._album = ""
        self._is_export = False
        self._kinds: Counter[str] = Counter()
        self._n_misplaced = 0
        self._number = 0
        self._problems = Problems()
        self._take: Callable[[str, str], _Kind] = self._take_outside

    def feed(self, line: str) -> None:
        """Take the next line, without its end and surrounding blanks."""
        self._number += 1
        self._kinds[self._read(line)] += 1

    def result(self) -> PicasaIni:
        return PicasaIni(
            tuple(draft.result() for draft in self._drafts.values()),
            self._contacts,
            self._problems.lines(),
            self._is_export,
            self._albums,
            self._web_ids,
            self._count(),
        )

    def _count(self) -> LineCounts:
        drafts = self._drafts.values()
        return LineCounts(
            **self._kinds,
            face_items=self._n_misplaced + sum(draft.n_items for draft in drafts),
            faces=sum(len(draft.faces) for draft in drafts),
            malformed_items=self._n_misplaced + sum(draft.n_malformed for draft in drafts),
            repeated_items=sum(draft.n_repeated for draft in drafts),
        )

    def _report(self, what: str, text: str) -> None:
        self._problems.add(f"line {self._number}: {what}", text)

    def _read(self, line: str) -> _Kind:
        if not line:
            return "blank"
        if line.startswith("["):
            return self._open(line)
        key, equals, value = line.partition("=")
        key = key.strip()
        if equals and key:
            return self._take(key.casefold(), value.strip())
        self._report("not a key=value line", line)
        return "junk"

    def _open(self, line: str) -> _Kind:
        end = line.rfind("]")
        name = line[1:end] if end > 0 else ""
        kind = name.strip().casefold()
        if not kind:
            self._take = self._take_outside
            self._report("not a section", line)
            return "junk"
        if kind.startswith(_ALBUM):
            self._album = kind.removeprefix(_ALBUM).strip()
        self._take = self._taker(name, kind)
        return "sections"

    def _taker(self, name: str, kind: str) -> Callable[[str, str], _Kind]:
        match kind:
            case "picasa":
                return self._take_folder
            case "contacts2":
                return self._take_contact
            case "contacts":
                return self._take_web_contact
            case "encoding" | "photoid" | "lifescape" | "(null)":
                return self._take_other
            case _ if kind.startswith(_ALBUM):
                return self._take_album
        self._draft = self._drafts.setdefault(name, SectionDraft(name))
        return self._take_photo

    def _take_photo(self, key: str, value: str) -> _Kind:
        if key == "faces":
            self._draft.take_faces(value, self._report)
            return "faces_lines"
        return _key_kind(self._draft.take(key, value, self._report))

    def _take_outside(self, key: str, value: str) -> _Kind:
        self._report("outside any section", f"{key}={value}")
        return self._count_misplaced(value) if key == "faces" else "junk"

    def _take_other(self, key: str, value: str) -> _Kind:
        if key == "faces":
            self._report("faces of no photo", value)
            return self._count_misplaced(value)
        return _key_kind(key == "utf8")

    def _count_misplaced(self, faces: str) -> _Kind:
        self._n_misplaced += len(split_items(faces))
        return "faces_lines"

    def _take_folder(self, key: str, value: str) -> _Kind:
        if key == "p2category" and value.casefold() == "exported pictures":
            self._is_export = True
        if key in _FOLDER_KEYS or is_account_key(key):
            return "known_keys"
        return self._take_other(key, value)

    def _take_album(self, key: str, value: str) -> _Kind:
        if key == "name" and value and self._albums.setdefault(self._album, value) != value:
            self._report("album already has another name", value)
        return "known_keys" if key in _ALBUM_KEYS else self._take_other(key, value)

    def _take_contact(self, key: str, value: str) -> _Kind:
        self._keep_contact(self._contacts, key, _contact_name(value), "name")
        return "contacts"

    def _take_web_contact(self, key: str, value: str) -> _Kind:
        self._keep_contact(self._web_ids, key, value, "web id")
        return "contacts"

    def _keep_contact(self, contacts: dict[str, str], key: str, value: str, what: str) -> None:
        contact_id = pad_hex64(key)
        line = f"{key}={value}"
        if contact_id is None:
            self._report("not a contact id", line)
        elif is_unnamed_contact(contact_id):
            self._report("this id is nobody's", line)
        elif not value:
            self._report(f"contact without a {what}", line)
        elif contacts.setdefault(contact_id, value) != value:
            self._report(f"contact already has another {what}", line)


def _key_kind(is_known: bool) -> _Kind:
    return "known_keys" if is_known else "unknown_keys"


def _contact_name(value: str) -> str:
    """Return the first ``;`` field of a ``[Contacts2]`` value, its character references decoded."""
    end = value.find(";")
    while end >= 0 and _ends_entity(value, end):
        end = value.find(";", end + 1)
    field_text = value if end < 0 else value[:end]
    return _ENTITY.sub(_decode_entity, field_text).strip()


def _ends_entity(value: str, end: int) -> bool:
    start = value.rfind("&", max(0, end + 1 - _ENTITY_MAX_CHARS), end)
    return start >= 0 and _ENTITY.fullmatch(value, start, end + 1) is not None


def _decode_entity(match: re.Match[str]) -> str:
    code = int(match[1])
    if code > 0x10FFFF:
        return match[0]
    char = chr(code)
    if char.isspace():
        return " "
    # joiners, which names of some scripts need, are not printable
    return match[0] if unicodedata.category(char) in {"Cc", "Cs", "Cn", "Co"} else char
