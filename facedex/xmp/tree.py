"""XML to a tree of elements that know their place in the bytes, and elements back to XML.

The standard library's expat reads it, with what hostile files use switched off: a document type is
refused, and with it every entity that a file could define; size, depth and number of elements have
a cap; nothing is fetched. No XMP library: those for Python hand the bytes to native code (Exempi,
Exiv2) and write a packet anew as a whole, which here would lose what they do not model.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from facedex.xmp.schemas import PREFIXES, XML, clark

MAX_BYTES = 16_000_000
MAX_DEPTH = 100
MAX_ELEMENTS = 100_000
COMMENT = "<!--"  # the name of a comment's node; no element can have it

_TAG = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*+>""")
_DECLARATION = re.compile(r"""\s*<\?xml\s[^>]*?\?>""")
_DECLARED = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_EIGHT_BIT = {"iso8859-1", "cp1252"}
_BOMS = (  # the longer first: UTF-32's begins like UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)


@dataclass(slots=True, eq=False)
class Element:
    """An element, or a comment (``name`` is ``COMMENT``), of a packet or made for one.

    Attributes
    ----------
    name, attributes : in Clark's notation.
    text : before the first child; ``tail`` is what follows the element.
    start, end : byte offsets of ``<`` and of what follows the end tag.
    end_tag : offset of ``</``; equal to ``end`` for ``<empty/>``.
    is_closed : False where the document breaks off inside.
    """

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    text: str = ""
    tail: str = ""
    start: int = 0
    end_tag: int = 0
    end: int = 0
    is_closed: bool = True


@dataclass(slots=True)
class ParsedPacket:
    """A parsed packet.

    Attributes
    ----------
    data : UTF-8; what the elements' offsets count in.
    root : None where nothing could be read.
    prefixes : namespace to the prefix that the packet uses for it.
    damage : why a part or all of it could not be read; None if all was.
    """

    data: bytes
    root: Element | None = None
    prefixes: dict[str, str] = field(default_factory=dict)
    damage: str | None = None


class _RefusedError(Exception):
    """The document is of a kind that is not read at all."""


def parse(data: bytes) -> ParsedPacket:
    """Return the tree of a packet; never fails, in time linear in its size.

    Of a damaged document the part before the damage is returned. One with a document type, or above
    a cap, has no root. What follows the root element is ignored.
    """
    if len(data) > MAX_BYTES:
        return ParsedPacket(b"", damage=f"{len(data)} bytes, over {MAX_BYTES}")
    text, damage = _to_utf8(data)
    builder = _Builder(text)
    try:
        builder.run()
    except _RefusedError as error:
        return ParsedPacket(text, damage=str(error))
    except expat.ExpatError as error:
        if builder.root is None or not builder.root.is_closed:
            reason = expat.ErrorString(error.code)
            damage = f"damaged at byte {builder.parser.ErrorByteIndex}: {reason}"
    return ParsedPacket(text, builder.root, builder.prefixes, damage)


def _to_utf8(data: bytes) -> tuple[bytes, str | None]:
    """Return a packet's bytes in UTF-8, and what was wrong with them."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            whole = data[: len(data) // 4 * 4] if "32" in encoding else data
            return _recoded(whole, encoding), None
    data = data.lstrip(b"\0 \t\r\n").rstrip(b"\0")
    declared = _DECLARED.match(data.removeprefix(codecs.BOM_UTF8))
    if declared and _codec_name(declared[1].decode()) in _EIGHT_BIT:
        return _recoded(data, "cp1252"), None
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _recoded(data, "cp1252"), f"not UTF-8 at byte {error.start}; read as Windows-1252"
    return data, None


def _codec_name(declared: str) -> str:
    try:
        return codecs.lookup(declared).name
    except LookupError:
        return ""


def _recoded(data: bytes, encoding: str) -> bytes:
    # an XML declaration would name the encoding that it no longer is
    text = data.decode(encoding, errors="replace").removeprefix("\ufeff")
    without = text[found.end() :] if (found := _DECLARATION.match(text)) else text
    return without.rstrip("\0").encode()


class _Builder:
    """Expat's handlers; they hang each element where it belongs."""

    def __init__(self, data: bytes) -> None:
        self.root: Element | None = None
        self.prefixes: dict[str, str] = {}
        self._data = data
        self._open: list[Element] = []
        self._n_elements = 0
        self.parser = parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.CommentHandler = self._comment
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse

    def run(self) -> None:
        self.parser.Parse(self._data, True)

    def _refuse(self, *_declaration: object) -> None:
        raise _RefusedError("it declares a document type or entities")

    def _name(self, triplet: str) -> str:
        """Return expat's ``"namespace name prefix"`` in Clark's notation; note the prefix."""
        namespace, _, rest = triplet.partition(" ")
        if not rest:
            return triplet
        name, _, prefix = rest.partition(" ")
        if prefix:
            self.prefixes.setdefault(namespace, prefix)
        return clark(namespace, name)

    def _hang(self, element: Element) -> None:
        self._n_elements += 1
        if self._n_elements > MAX_ELEMENTS:
            raise _RefusedError(f"more than {MAX_ELEMENTS} elements")
        if self._open:
            self._open[-1].children.append(element)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise _RefusedError(f"more than {MAX_DEPTH} elements in one another")
        named = {self._name(key): value for key, value in attributes.items()}
        at = self.parser.CurrentByteIndex
        element = Element(self._name(name), named, start=at, is_closed=False)
        self._hang(element)
        if self.root is None:
            self.root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        tag = _TAG.match(self._data, element.start)
        if tag is not None and tag[0].endswith(b"/>"):
            element.end_tag = element.end = tag.end()
        else:
            element.end_tag = self.parser.CurrentByteIndex
            element.end = self._data.index(b">", element.end_tag) + 1
        element.is_closed = True

    def _text(self, text: str) -> None:
        if not self._open:
            return
        parent = self._open[-1]
        if parent.children:
            parent.children[-1].tail += text
        else:
            parent.text += text

    def _comment(self, text: str) -> None:
        if self._open:
            self._hang(Element(COMMENT, text=text))


def serialise(element: Element, prefixes: dict[str, str]) -> bytes:
    """Return an element as UTF-8 XML without its tail; it declares every namespace that it uses.

    ``prefixes``: namespace to the prefix that is preferred for it.
    """
    chosen = _choose_prefixes(_namespaces(element), prefixes)
    declared = {f"xmlns:{prefix}": uri for uri, prefix in chosen.items() if uri != XML}
    return _write(element, chosen, declared).encode()


def _namespaces(element: Element) -> dict[str, None]:
    """Return the namespaces in the order of their first use."""
    found: dict[str, None] = {}
    for name in (element.name, *element.attributes):
        if name.startswith("{"):
            found[name[1:].partition("}")[0]] = None
    for child in element.children:
        found |= _namespaces(child)
    return found


def _choose_prefixes(namespaces: dict[str, None], preferred: dict[str, str]) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for namespace in namespaces:
        wanted = PREFIXES.get(namespace, "") if namespace == XML else preferred.get(namespace, "")
        prefix = wanted = wanted or PREFIXES.get(namespace, "ns")
        number = 1
        while prefix in chosen.values():
            number += 1
            prefix = f"{wanted}{number}"
        chosen[namespace] = prefix
    return chosen


def _write(element: Element, prefixes: dict[str, str], declared: dict[str, str]) -> str:
    if element.name == COMMENT:
        return f"<!--{element.text}-->"
    name = _prefixed(element.name, prefixes)
    attributes = declared | {_prefixed(k, prefixes): v for k, v in element.attributes.items()}
    tag = "".join([name, *(f" {key}={quoteattr(value)}" for key, value in attributes.items())])
    if not element.children and not element.text:
        return f"<{tag}/>"
    inside = "".join(_write(c, prefixes, {}) + _escaped(c.tail) for c in element.children)
    return f"<{tag}>{_escaped(element.text)}{inside}</{name}>"


def _prefixed(name: str, prefixes: dict[str, str]) -> str:
    if not name.startswith("{"):
        return name
    namespace, _, local = name[1:].partition("}")
    return f"{prefixes[namespace]}:{local}"


def _escaped(text: str) -> str:
    return escape(text, {"\r": "&#13;"})
