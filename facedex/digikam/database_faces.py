"""The faces in digiKam's database, by the id of their photo.

What the properties mean is in digiKam's ``core/libs/database/coredb/coredbconstants.cpp`` and
``core/libs/database/tags/facetagsiface.cpp`` (invent.kde.org/graphics/digikam):

- ``TagProperties``: a tag with ``person`` is somebody. The three tags that stand for nobody in
  particular have another mark too; their names are translated, so the marks tell them apart.
- ``Tags``: a tag under "People" has no mark before a face is given to it. Where no other tag stands
  under it, it is somebody too; with others under it, it is a group.
- ``ImageTagProperties``: one row a face. ``tagRegion`` is one that the user named, ``ignoredFace``
  one that the user set aside, ``autodetectedFace`` one that digiKam found and at most guesses a
  name for. ``autodetectedPerson`` repeats a guess; ``faceToTrain`` repeats a name and is not read.
- ``ImageTags``: the photo has the tag, wherever the face may be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facedex.db.foreign import ForeignRows

DigikamSays = Literal["named", "ignored", "suggested", "unnamed"]


@dataclass(frozen=True, slots=True)
class DigikamRect:
    """A rectangle as digiKam writes it: its left top corner and its sides, in whole pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class DigikamFace:
    """A face on a photo, or only a name.

    Attributes
    ----------
    rect : in pixels of the photo as digiKam shows it; None for a name without a place.
    name : the tag's, as digiKam shows it; ``""`` where nobody is named or guessed.
    tag_path : the tag with those above it, as ``People/Ann``.
    """

    rect: DigikamRect | None
    name: str
    tag_path: str
    said: DigikamSays


_RECT = re.compile(r"\s*<rect\s([^<>]*)>")
_NUMBER = re.compile(r"""\b(x|y|width|height)\s*=\s*["'](-?[0-9]{1,9})["']""")


def parse_rect(value: str) -> DigikamRect | None:
    """Return the rectangle that ``value`` begins with, or None.

    It is written ``<rect x="1" y="2" width="3" height="4"/>``. Something may follow: newer versions
    of digiKam note there who was rejected for the face.
    """
    found = _RECT.match(value)
    numbers = {name: int(digits) for name, digits in _NUMBER.findall(found[1] if found else "")}
    if len(numbers) < 4 or numbers["width"] <= 0 or numbers["height"] <= 0:
        return None
    return DigikamRect(numbers["x"], numbers["y"], numbers["width"], numbers["height"])


# what a row says where its tag is somebody's
_SAYS: Mapping[str, DigikamSays] = {
    "tagRegion": "named",
    "ignoredFace": "ignored",
    "autodetectedFace": "suggested",
}
_GUESS = (
    "autodetectedPerson"  # its value: the tag's id, the property that it repeats, the rectangle
)
_STRENGTH: tuple[DigikamSays, ...] = ("named", "ignored", "suggested", "unnamed")
_ROOT_TAG = "_Digikam_root_tag_"  # above all others in a database that was on a server
_PEOPLE = "people"
_PERSON, _IGNORED = "person", "ignoredPerson"
_MARKS = frozenset({_PERSON, _IGNORED, "unknownPerson", "unconfirmedPerson"})


@dataclass(frozen=True, slots=True)
class _Tag:
    """A tag; of nobody's tags and of ordinary ones ``is_somebody`` is false."""

    name: str
    path: str
    marks: frozenset[str]
    is_somebody: bool


@dataclass(frozen=True, slots=True)
class FacesRead:
    """The faces of every photo; ``n_repeated`` counts rows that say again what another one says."""

    by_photo: dict[int, tuple[DigikamFace, ...]]
    n_repeated: int


def read_faces(rows: ForeignRows) -> FacesRead:
    """Return the faces and the names without a place, by the ids of their photos."""
    tags = _read_tags(rows)
    roles, n_repeated = _read_regions(rows, tags)
    _add_names(rows, tags, roles)
    by_photo = {
        photo_id: tuple(
            _face(tags[tag_id], rect, says) for (tag_id, rect), says in on_photo.items()
        )
        for photo_id, on_photo in roles.items()
    }
    return FacesRead(by_photo, n_repeated)


def _face(tag: _Tag, rect: DigikamRect | None, says: DigikamSays) -> DigikamFace:
    name = tag.name if says in {"named", "suggested"} else ""
    return DigikamFace(rect, name, tag.path, says)


def _read_tags(rows: ForeignRows) -> dict[int, _Tag]:
    named = {
        tag_id: (parent_id, " ".join(rows.text(name).split()))
        for tag_id, parent_id, name in rows.read("SELECT id, pid, CAST(name AS BLOB) FROM Tags")
    }
    marks: dict[int, set[str]] = {tag_id: set() for tag_id in named}
    for tag_id, stored in rows.read("SELECT tagid, CAST(property AS BLOB) FROM TagProperties"):
        if tag_id in marks:
            marks[tag_id].add(rows.text(stored))
    known = {tag_id: frozenset(found & _MARKS) for tag_id, found in marks.items()}
    unmarked = _people_without_mark(named, known)
    return {
        tag_id: _Tag(
            name,
            "/".join(named[each][1] for each in _line(named, tag_id)),
            known[tag_id],
            bool(name) and (known[tag_id] == {_PERSON} or tag_id in unmarked),
        )
        for tag_id, (_parent, name) in named.items()
    }


_Named = dict[int, tuple[int | None, str]]  # a tag's parent and name, by its id


def _line(named: _Named, tag_id: int) -> list[int]:
    """Return a tag with those above it, from the top.

    Without the one that stands above all others.
    """
    line: dict[int, None] = {}
    at: int | None = tag_id
    while at is not None and at in named and at not in line:  # a damaged tree may hold a ring
        line[at] = None
        at = named[at][0]
    return [each for each in reversed(line) if named[each][1] != _ROOT_TAG]


def _people_without_mark(named: _Named, marks: Mapping[int, frozenset[str]]) -> set[int]:
    """Return the tags under "People" that have no mark, and none under them.

    "People" is translated: it is the tag that nobody's tags stand under.
    """
    tops = {named[tag_id][0] for tag_id, found in marks.items() if found - {_PERSON}}
    tops |= {
        tag_id
        for tag_id, (_parent, name) in named.items()
        if name.casefold() == _PEOPLE and _line(named, tag_id) == [tag_id]
    }
    groups = {parent for parent, _name in named.values()}
    return {
        tag_id
        for tag_id in named.keys() - groups
        if not marks[tag_id] and tops.intersection(_line(named, tag_id)[:-1])
    }


_Roles = dict[int, dict[tuple[int, "DigikamRect | None"], DigikamSays]]


def _read_regions(rows: ForeignRows, tags: Mapping[int, _Tag]) -> tuple[_Roles, int]:
    """Return what is said of the tags and rectangles on each photo; of two things, the stronger."""
    roles: _Roles = {}
    n_repeated = 0
    sql = (
        "SELECT imageid, tagid, property, CAST(value AS BLOB) FROM ImageTagProperties"
        " WHERE property IN ('tagRegion', 'ignoredFace', 'autodetectedFace', 'autodetectedPerson')"
        " ORDER BY imageid, rowid"
    )
    for photo_id, tag_id, kind, stored in rows.read(sql):
        value = rows.text(stored)
        if kind == _GUESS:
            tag_id, kind, value = _repeated_row(value)
        tag, rect = tags.get(tag_id), parse_rect(value)
        is_people = tag is not None and (tag.is_somebody or _PERSON in tag.marks)
        if tag is None or rect is None or not is_people or kind not in _SAYS:
            why = "a tag that is no person" if rect else "no rectangle"
            rows.bad(f"photo {photo_id}, tag {tag_id}, {kind}: {why}")
            continue
        on_photo = roles.setdefault(photo_id, {})
        says = _role(tag, kind)
        if (tag_id, rect) in on_photo:
            n_repeated += 1
            says = min(says, on_photo[tag_id, rect], key=_STRENGTH.index)
        on_photo[tag_id, rect] = says
    return roles, n_repeated


def _repeated_row(value: str) -> tuple[int | None, str, str]:
    """Return tag, property and value of the row that a guess repeats."""
    tag_id, _, rest = value.partition(",")
    kind, _, value = rest.partition(",")
    return int(tag_id) if tag_id.isdecimal() and len(tag_id) < 19 else None, kind, value


def _role(tag: _Tag, kind: str) -> DigikamSays:
    if tag.is_somebody:
        return _SAYS[kind]
    return "ignored" if _IGNORED in tag.marks or kind == "ignoredFace" else "unnamed"


def _add_names(rows: ForeignRows, tags: Mapping[int, _Tag], roles: _Roles) -> None:
    """Add the people whose tag a photo has without any rectangle."""
    for photo_id, tag_id in rows.read("SELECT imageid, tagid FROM ImageTags ORDER BY 1, 2"):
        tag = tags.get(tag_id)
        if tag is None or not tag.is_somebody:
            continue
        on_photo = roles.setdefault(photo_id, {})
        if all(tag_id != placed for placed, _rect in on_photo):
            on_photo[tag_id, None] = "named"
