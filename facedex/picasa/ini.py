"""Read a ``.picasa.ini`` or ``Picasa.ini``: the faces of each photo and the folder's contacts.

Picasa's format: ``[section]`` lines and ``key=value`` lines, split at the first ``=``; no comments,
no quoting, no escapes, so ``;``, ``#``, ``%`` and ``:`` are data. A section is the text between the
first ``[`` and the last ``]``, because file names hold brackets. Files are UTF-8 (a byte order mark
is tolerated), older ones in the Windows code page; both line ends occur. Sections and keys may be
repeated, and lines may be damaged: what cannot be used is reported, the rest is kept.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from facedex.picasa.problems import Problems
from facedex.picasa.rects import pad_hex64, parse_face
from facedex.types import PicasaFace, PicasaIni, PicasaSection

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_INI_BYTES = 8_000_000
_OTHER_SECTIONS = frozenset({"encoding", "contacts", "photoid", "lifescape", "(null)"})
_ROTATE_VALUES = {f"rotate({turns})": turns for turns in range(4)}
_ENTITY = re.compile(r"&#([0-9]{1,7});")
_ENTITY_MAX_CHARS = len("&#1234567;")
_UNNAMED_ID = "f" * 16


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
    A contact that ``[Contacts]`` lists has no name there and is left out without a problem.
    Beyond a thousand problems only their number is told.
    """
    if len(data) > MAX_INI_BYTES:
        return PicasaIni(problems=(f"not read: {len(data)} bytes, over {MAX_INI_BYTES}",))
    parser = _Parser()
    for number, raw in enumerate(data.removeprefix(codecs.BOM_UTF8).splitlines(), start=1):
        parser.feed(number, decode_text(raw).strip(" \t"))
    return parser.result()


@dataclass(slots=True)
class _Draft:
    """A photo's section while it is collected; repeated sections end up in one."""

    faces: dict[tuple[str, str], PicasaFace] = field(default_factory=dict)
    rotate: int | None = None


class _Parser:
    """Takes lines; ``_take`` is what the open section does with a key and a value."""

    def __init__(self) -> None:
        self._drafts: dict[str, _Draft] = {}
        self._draft = _Draft()
        self._contacts: dict[str, str] = {}
        self._is_export = False
        self._problems = Problems()
        self._take: Callable[[int, str, str], None] = self._take_outside

    def feed(self, number: int, line: str) -> None:
        """Take one line without its end and surrounding blanks; ``number`` is for problems."""
        if not line:
            return
        if line.startswith("["):
            self._open(number, line)
            return
        key, equals, value = line.partition("=")
        key = key.strip()
        if equals and key:
            self._take(number, key, value.strip())
        else:
            self._report(number, "not a key=value line", line)

    def result(self) -> PicasaIni:
        sections = (
            PicasaSection(name, tuple(draft.faces.values()), draft.rotate)
            for name, draft in self._drafts.items()
        )
        return PicasaIni(tuple(sections), self._contacts, self._problems.lines(), self._is_export)

    def _report(self, number: int, what: str, text: str) -> None:
        self._problems.add(f"line {number}: {what}", text)

    def _open(self, number: int, line: str) -> None:
        end = line.rfind("]")
        name = line[1:end] if end > 0 else ""
        kind = name.strip().casefold()
        if not kind:
            self._take = self._take_outside
            self._report(number, "not a section", line)
        elif kind == "picasa":
            self._take = self._take_folder
        elif kind == "contacts2":
            self._take = self._take_contact
        elif kind in _OTHER_SECTIONS or kind.startswith(".album:"):
            self._take = self._take_other
        else:
            self._draft = self._drafts.setdefault(name, _Draft())
            self._take = self._take_photo

    def _take_outside(self, number: int, key: str, value: str) -> None:
        self._report(number, "outside any section", f"{key}={value}")

    def _take_other(self, number: int, key: str, value: str) -> None:
        if key.casefold() == "faces":
            self._report(number, "faces of no photo", value)

    def _take_folder(self, number: int, key: str, value: str) -> None:
        if key.casefold() == "p2category" and value.casefold() == "exported pictures":
            self._is_export = True
        self._take_other(number, key, value)

    def _take_contact(self, number: int, key: str, value: str) -> None:
        contact_id = pad_hex64(key)
        name = _contact_name(value)
        if contact_id is None:
            self._report(number, "not a contact id", f"{key}={value}")
        elif is_unnamed_contact(contact_id):
            self._report(number, "this id is nobody's", f"{key}={value}")
        elif not name:
            self._report(number, "contact without a name", f"{key}={value}")
        elif self._contacts.setdefault(contact_id, name) != name:
            self._report(number, "contact already has another name", f"{key}={value}")

    def _take_photo(self, number: int, key: str, value: str) -> None:
        match key.casefold():
            case "faces":
                self._take_faces(number, value)
            case "rotate":
                self._take_rotate(number, value)

    def _take_faces(self, number: int, value: str) -> None:
        for item in value.split(";"):
            if not item.strip():
                continue
            try:
                face = parse_face(item)
            except ValueError as error:
                self._report(number, str(error), item)
            else:
                self._draft.faces.setdefault((face.rect_hex, face.contact_id), face)

    def _take_rotate(self, number: int, value: str) -> None:
        turns = _ROTATE_VALUES.get(value.lower())
        if turns is None:
            self._report(number, "not rotate(0) to rotate(3)", value)
        elif self._draft.rotate not in (None, turns):
            self._report(number, "photo already has another rotation", value)
        else:
            self._draft.rotate = turns


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
    return char if char.isprintable() else match[0]
