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
        self._packet = packet
        self._data, self._prefixes = document.data, document.prefixes
        self._root, self._rdf = document.root, rdf
        self._changed: dict[int, Element] = {}
        self._added: list[Element] = []
        self._removed: list[Element] = []

    def find(self, *names: str) -> Element | None:
        """Return the first property of these names, changed or added ones too."""
        for description in descriptions(self._root):
            if any(name in description.attributes for name in names):
                raise UnmergeableError("its XMP holds a list as an attribute")
        known = (old for old in properties(self._root, *names) if old not in self._removed)
        return next(known, None) or next((new for new in self._added if new.name in names), None)

    def change(self, element: Element) -> None:
        """Note that a property differs from what the packet says."""
        if element not in self._added:
            self._changed[element.start] = element

    def add(self, element: Element) -> Element:
        """Take a property that the packet has not."""
        self._added.append(element)
        return element

    def remove(self, element: Element) -> None:
        """Take a property out."""
        if element in self._added:
            self._added.remove(element)
        else:
            self._changed.pop(element.start, None)
            self._removed.append(element)

    def result(self) -> bytes:
        """Return the packet with the changes; without any, its very bytes."""
        if not (self._changed or self._added or self._removed):
            return self._packet
        data, prefixes = self._data, self._prefixes
        edits = [
            (element.start, element.end, serialise(element, prefixes))
            for element in self._changed.values()
        ]
        edits += self._cuts()
        if self._added:
            description = Element(schemas.DESCRIPTION, {schemas.ABOUT: self._about()})
            description.children = self._added
            block = serialise(indent(description, "  "), prefixes)
            edits.append(self._insertion(block))
        for start, end, new in sorted(edits, reverse=True):
            data = data[:start] + new + data[end:]
        return data

    def _cuts(self) -> list[tuple[int, int, bytes]]:
        """Return the edits that take removed properties out, and what they leave empty."""
        cuts = []
        for description in descriptions(self._root):
            gone = [child for child in description.children if child in self._removed]
            is_empty = len(gone) == len(description.children) and not description.text.strip()
            if gone and is_empty and set(description.attributes) <= {schemas.ABOUT, "about"}:
                gone = [description]
            cuts += [(*self._whole_line(each.start, each.end), b"") for each in gone]
        return cuts

    def _whole_line(self, start: int, end: int) -> tuple[int, int]:
        """Return a part of the packet, with its indent and line break if it has its own line."""
        data, begin = self._data, start
        while data[begin - 1 : begin] in {b" ", b"\t"}:
            begin -= 1
        has_own_line = data[begin - 1 : begin] == b"\n" and data[end : end + 1] == b"\n"
        return (begin, end + 1) if has_own_line else (start, end)

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
