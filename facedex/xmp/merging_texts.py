"""The names of a packet as texts: persons in the image, keywords, and paths under ``People``.

digiKam takes its tags from the first list of paths that it finds, in the order of
``schemas.TAG_LISTS``; Lightroom reads ``lr:hierarchicalSubject`` and ``dc:subject``, Windows
``LastKeywordXMP``. Neither digiKam nor Lightroom allows a tag with the separator in its name, so
such a name gets no path in that list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from facedex.xmp import schemas
from facedex.xmp.rdf import append, array_of, remove, text_of
from facedex.xmp.regions import clean_text
from facedex.xmp.traces import TextTrace
from facedex.xmp.tree import Element

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from facedex.xmp.editing import PacketEdit


class _List(NamedTuple):
    """A list of texts; ``separator`` is None where a text is a name and no path."""

    names: tuple[str, ...]
    container: str
    separator: str | None

    def texts(self, names: Iterable[str]) -> list[str]:
        """Return people's names as they stand in this list."""
        if self.separator is None:
            return [name for name in names if name]
        return [
            f"{schemas.PEOPLE_ROOT}{self.separator}{name}"
            for name in names
            if name and self.separator not in name
        ]

    def short(self, text: str, drawn: Container[str]) -> str:
        """Return a text as facedex would write it: a person's path without the groups.

        A path is a person's under ``People``, or under any root (digiKam translates its own) if it
        ends in a name of ``drawn``.
        """
        if self.separator is None or self.separator not in text:
            return text
        root, *_groups, name = (part.strip() for part in text.split(self.separator))
        is_person = root.casefold() == schemas.PEOPLE_ROOT.casefold() or name in drawn
        return "".join(self.texts([name])) if is_person else text


_LISTS = (
    _List((schemas.PERSON_IN_IMAGE,), schemas.BAG, None),
    _List((schemas.SUBJECT,), schemas.BAG, None),
    *(_List(tags.names, tags.container, tags.separator) for tags in schemas.TAG_LISTS),
)


def merge_texts(
    edit: PacketEdit,
    names: Iterable[str],
    renamed: Iterable[str],
    bearers: Iterable[str],
    drawn: Container[str],
    traces: Sequence[TextTrace],
) -> tuple[TextTrace, ...]:
    """Bring every list up to date; return what of it facedex wrote or took out.

    Parameters
    ----------
    names : who is on the photo.
    renamed : names that others' regions no longer bear; others' texts go with them.
    bearers : names on any region of the packet; their texts stay.
    drawn : names that were on its regions before facedex came.
    """
    found: list[TextTrace] = []
    for each in _LISTS:
        known = [trace for trace in traces if trace.listed == each.names[0]]
        change = _Change(
            each.texts(names), set(each.texts(renamed)), set(each.texts(bearers)), drawn
        )
        found += _merge(edit, each, change, known)
    return tuple(found)


class _Change(NamedTuple):
    """What is to become of a list, as texts of it; ``drawn`` has names."""

    wanted: list[str]
    gone: set[str]
    borne: set[str]
    drawn: Container[str]


def _merge(
    edit: PacketEdit, each: _List, change: _Change, traces: list[TextTrace]
) -> list[TextTrace]:
    added = {trace.text for trace in traces if not trace.is_removed}
    removed = {trace.text for trace in traces if trace.is_removed}
    wanted = list(dict.fromkeys([*change.wanted, *sorted(removed & change.borne)]))
    listed = edit.find(*each.names)
    if listed is None:
        if not wanted:
            return [trace for trace in traces if trace.is_removed]
        listed = edit.add(Element(each.names[0]))
    array = array_of(listed, each.container)
    items = _items(array)
    for item, text in items:
        if text in (added | change.gone) - change.borne:
            remove(array, item)
            edit.change(listed)
            removed |= {text} - added
    there = {text for _item, text in _items(array)}
    named = {each.short(text, change.drawn) for text in there}
    added &= there
    for text in wanted:
        if text in named:
            continue
        append(array, Element(schemas.LI, text=text))
        edit.change(listed)
        if text in removed:
            removed.discard(text)
        else:
            added.add(text)
    if items and not array.children:
        edit.remove(listed)
    return [TextTrace(each.names[0], text) for text in sorted(added)] + [
        TextTrace(each.names[0], text, is_removed=True) for text in sorted(removed)
    ]


def _items(array: Element) -> list[tuple[Element, str]]:
    return [(i, clean_text(text_of(i))) for i in array.children if i.name == schemas.LI]
