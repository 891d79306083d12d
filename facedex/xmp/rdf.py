"""The forms in which RDF writes one property, read and set alike.

A simple value is an attribute or an element; a structure's fields stand in the element itself
(``parseType="Resource"``, or as its attributes) or in an ``rdf:Description`` inside it; an array is
any of ``rdf:Bag``, ``rdf:Seq`` and ``rdf:Alt``. Source: XMP specification part 1, section 7 and
annex C.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.xmp.schemas import ALT, BAG, DESCRIPTION, LANG, LI, PARSE_TYPE, RDF, SEQ, VALUE
from facedex.xmp.tree import Element

if TYPE_CHECKING:
    from collections.abc import Iterator

ARRAYS = (BAG, SEQ, ALT)


def find_rdf(root: Element) -> Element | None:
    """Return ``rdf:RDF``: the root, or directly inside it."""
    return root if root.name == RDF else find_child(root, RDF)


def descriptions(root: Element) -> list[Element]:
    """Return the elements that hold a packet's properties."""
    rdf = find_rdf(root)
    return [] if rdf is None else [child for child in rdf.children if child.name == DESCRIPTION]


def find_child(element: Element, *names: str) -> Element | None:
    """Return the first child with one of these names."""
    return next((child for child in element.children if child.name in names), None)


def properties(root: Element, *names: str) -> Iterator[Element]:
    """Yield the packet's property elements of these names."""
    for description in descriptions(root):
        yield from (child for child in description.children if child.name in names)


def holder(element: Element) -> Element:
    """Return where a structure's fields stand: in the element or in the Description inside it."""
    return find_child(element, DESCRIPTION) or element


def value(element: Element, name: str) -> str:
    """Return a simple field of a structure without surrounding blanks.

    ``""`` where it is absent.
    """
    for place in (element, holder(element)):
        if name in place.attributes:
            return place.attributes[name].strip()
    child = find_child(holder(element), name)
    return "" if child is None else text_of(child)


def text_of(element: Element) -> str:
    """Return a property element's own value: its text, its ``rdf:value`` or an item.

    Of several languages it is ``x-default``'s (XMP specification, part 1, 8.2.2.4), else the first.
    """
    array = find_child(element, *ARRAYS)
    if array is not None:
        texts = [child for child in array.children if child.name == LI]
        default = (each for each in texts if each.attributes.get(LANG) == "x-default")
        chosen = next(default, texts[0] if texts else None)
        return "" if chosen is None else chosen.text.strip()
    return element.text.strip() or value_of_qualified(element)


def value_of_qualified(element: Element) -> str:
    """Return the ``rdf:value`` of a value with qualifiers."""
    place = holder(element)
    child = find_child(place, VALUE)
    return place.attributes.get(VALUE, "").strip() if child is None else child.text.strip()


def struct(element: Element, name: str) -> Element | None:
    """Return a structure's field that is a structure or array itself."""
    return find_child(holder(element), name)


def items(element: Element) -> list[Element]:
    """Return the items of a property element that is an array."""
    array = find_child(element, *ARRAYS)
    return [] if array is None else [child for child in array.children if child.name == LI]


def texts(element: Element) -> list[str]:
    """Return the simple items of an array that are not empty; of a simple property its value."""
    if find_child(element, *ARRAYS) is None:
        found = [text_of(element)]
    else:
        found = [text_of(item) for item in items(element)]
    return [text for text in found if text]


def put(element: Element, name: str, text: str) -> None:
    """Set a simple field of a structure, in the form that it has there."""
    place = holder(element)
    for attributes in (element.attributes, place.attributes):
        if name in attributes:
            attributes[name] = text
            return
    child = find_child(place, name)
    if child is not None:
        child.text, child.children = text, []
    elif place.children or place.name == DESCRIPTION or PARSE_TYPE in place.attributes:
        append(place, Element(name, text=text))
    else:
        place.attributes[name] = text


def array_of(listed: Element, container: str) -> Element:
    """Return a property's array; one that holds a plain text, or nothing, gets one."""
    found = find_child(listed, *ARRAYS)
    if found is None:
        found = Element(container)
        if listed.text.strip():
            found.children.append(Element(LI, text=listed.text.strip()))
        listed.text = ""
        listed.children.append(found)
    return found


def append(parent: Element, child: Element) -> None:
    """Add a last child, indented as the others are."""
    if parent.children:
        last = parent.children[-1]
        child.tail, last.tail = last.tail, parent.text if not parent.text.strip() else ""
    parent.children.append(child)


def remove(parent: Element, child: Element) -> None:
    """Take a child out, with the line break that :func:`append` gave it."""
    index = parent.children.index(child)
    if index == len(parent.children) - 1 and index > 0:
        parent.children[index - 1].tail = child.tail
    elif index == len(parent.children) - 1 and not parent.text.strip():
        parent.text = ""
    del parent.children[index]


def drop(element: Element, name: str) -> None:
    """Take a simple field out of a structure, in whatever form it stands there."""
    place = holder(element)
    for each in (element, place):
        each.attributes.pop(name, None)
    child = find_child(place, name)
    if child is not None:
        remove(place, child)


def indent(element: Element, pad: str) -> Element:
    """Lay out an element made here, a child a line; ``pad`` is what its own line begins with."""
    if element.children:
        element.text = f"\n{pad} "
        for child in element.children:
            indent(child, f"{pad} ").tail = f"\n{pad} "
        element.children[-1].tail = f"\n{pad}"
    return element
