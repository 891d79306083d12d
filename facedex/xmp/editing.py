"""Changing a packet's properties so that every other byte of it stays."""

from __future__ import annotations

from facedex.xmp import schemas
from facedex.xmp.rdf import descriptions, find_rdf, indent, properties
from facedex.xmp.tree import Element, parse, serialise


class UnmergeableError(ValueError):
    """A packet that faces cannot be added to without loss; the message says why."""


class PacketEdit:
    """A packet's properties while they change; bytes are cut and put in only at the end.

    Raises
    ------
    UnmergeableError
        If the packet is damaged or holds no RDF.
    """

    def __init__(self, packet: bytes) -> None:
        document = parse(packet)
        if document.damage is not None:
            raise UnmergeableError(f"its XMP cannot be read whole: {document.damage}")
        rdf = None if document.root is None else find_rdf(document.root)
        if document.root is None or rdf is None:
            raise UnmergeableError("its XMP holds no RDF")
        self._data, self._prefixes = document.data, document.prefixes
        self._root, self._rdf = document.root, rdf
        self._changed: dict[int, Element] = {}
        self._added: list[Element] = []

    def find(self, *names: str) -> Element | None:
        """Return the first property of these names, changed or added ones too."""
        for description in descriptions(self._root):
            if any(name in description.attributes for name in names):
                raise UnmergeableError("its XMP holds a list as an attribute")
        found = next(properties(self._root, *names), None)
        return found or next((new for new in self._added if new.name in names), None)

    def change(self, element: Element) -> None:
        """Note that a property differs from what the packet says."""
        if element not in self._added:
            self._changed[element.start] = element

    def add(self, element: Element) -> Element:
        """Take a property that the packet has not."""
        self._added.append(element)
        return element

    def result(self) -> bytes:
        """Return the packet with the changes."""
        data, prefixes = self._data, self._prefixes
        edits = [
            (element.start, element.end, serialise(element, prefixes))
            for element in self._changed.values()
        ]
        if self._added:
            description = Element(schemas.DESCRIPTION, {schemas.ABOUT: self._about()})
            description.children = self._added
            block = serialise(indent(description, "  "), prefixes)
            edits.append(self._insertion(block))
        for start, end, new in sorted(edits, reverse=True):
            data = data[:start] + new + data[end:]
        return data

    def _about(self) -> str:
        """Return what the packet's descriptions are about: the same in all of them."""
        known = descriptions(self._root)
        attributes = known[0].attributes if known else {}
        return attributes.get(schemas.ABOUT, attributes.get("about", ""))

    def _insertion(self, block: bytes) -> tuple[int, int, bytes]:
        """Return the edit that puts a block last into ``rdf:RDF``."""
        rdf, data = self._rdf, self._data
        if rdf.end_tag < rdf.end:
            at = rdf.end_tag
            while data[at - 1 : at] in {b" ", b"\t"}:
                at -= 1
            lead = b"" if data[at - 1 : at] == b"\n" else b"\n"
            return at, at, lead + b"  " + block + b"\n"
        name = data[rdf.start + 1 : rdf.end].split(None, 1)[0].removesuffix(b"/>")
        whole = (
            data[rdf.start : rdf.end].removesuffix(b"/>") + b">\n  " + block + b"\n</" + name + b">"
        )
        return rdf.start, rdf.end, whole
