"""Read Picasa's ``contacts.xml`` and its copy ``backup.xml``: the names of contact ids.

Picasa's format: ``<contacts><contact id="hex" name="..." display="..."/>...</contacts>``, with
``<subject>`` children for signed-in accounts. The file is often incomplete and sometimes damaged,
so reading resumes at the next ``<contact`` after an error. A document type is refused, and with it
every entity that a file could define.
"""

from __future__ import annotations

import re
from xml.parsers import expat

from facedex.picasa.ini import decode_text, is_unnamed_contact
from facedex.picasa.problems import Problems
from facedex.picasa.rects import pad_hex64

MAX_CONTACTS_BYTES = 10_000_000
MAX_CONTACTS = 50_000
MAX_RESUMES = 500
_CONTACT_TAG = re.compile(rb"<contact[\s/>]")
_WRAPPER = b"<contacts>"


class _RefusedError(ValueError):
    """The file is too large, or declares a document type or entities."""


def parse_contacts_xml(data: bytes, problems: list[str] | None = None) -> dict[str, str]:
    """Return contact id (16 hex digits) to name; what could be read of a damaged file.

    ``name`` is preferred to ``display``. A file above ``MAX_CONTACTS_BYTES``, or one with a
    document type, gives nothing; of more than ``MAX_CONTACTS`` contacts the rest is left out.

    Parameters
    ----------
    problems : gets one line of text for each entry or place that could not be read.
    """
    found = _Found()
    try:
        _read(data, found)
    except _RefusedError as error:
        found.problems.add(f"not read: {error}")
        found.names.clear()
    if problems is not None:
        problems.extend(found.problems.lines())
    return found.names


class _Found:
    """Collects the entries; ``take`` is expat's handler of opening tags."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.problems = Problems()

    def take(self, tag: str, attributes: dict[str, str]) -> None:
        if tag != "contact":
            return
        contact_id = pad_hex64(attributes.get("id", "").strip())
        name = attributes.get("name", "").strip() or attributes.get("display", "").strip()
        if contact_id is None or is_unnamed_contact(contact_id):
            self.problems.add("not a person's id", attributes.get("id", ""))
        elif not name:
            self.problems.add(f"contact {contact_id} has no name")
        elif len(self.names) >= MAX_CONTACTS and contact_id not in self.names:
            self.problems.add(f"contact {contact_id} is one too many", name)
        elif self.names.setdefault(contact_id, name) != name:
            self.problems.add(f"contact {contact_id} has a second name", name)


def _refuse(*_declaration: object) -> None:
    raise _RefusedError("it declares a document type or entities")


def _new_parser(found: _Found) -> expat.XMLParserType:
    parser = expat.ParserCreate("utf-8")  # whatever the file declares
    parser.StartElementHandler = found.take
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    return parser


def _read(data: bytes, found: _Found) -> None:
    if len(data) > MAX_CONTACTS_BYTES:
        raise _RefusedError(f"{len(data)} bytes, over {MAX_CONTACTS_BYTES}")
    # line by line, so that one byte of another encoding spoils one name
    data = b"\n".join(decode_text(line).encode() for line in data.split(b"\n"))
    view = memoryview(data)
    offset = 0  # of the data's first byte that the present parser sees
    wrapper = b""
    for _ in range(1 + MAX_RESUMES):
        parser = _new_parser(found)
        try:
            parser.Parse(wrapper, False)
            parser.Parse(view[offset:], True)
        except expat.ExpatError as error:
            place = offset + max(1, parser.ErrorByteIndex - len(wrapper))
            found.problems.add(f"damaged at byte {place}: {expat.ErrorString(error.code)}")
        else:
            return
        tag = _CONTACT_TAG.search(data, place)
        if tag is None:
            return
        offset, wrapper = tag.start(), _WRAPPER
    found.problems.add(f"given up at byte {offset}: too many damaged places")
