"""The people of Picasa's database: those albums that are a person's, and two of nobody's faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from facedex.picasa.ini import is_unnamed_contact
from facedex.picasa.pmp import Column, ColumnKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facedex.picasa.problems import Problems

FaceKind = Literal["named", "unnamed", "ignored", "suggested"]

# the columns that are read of the table of albums, by what they must hold
ALBUM_COLUMNS: dict[str, ColumnKind] = {
    "category": "integer",
    "token": "text",
    "name": "text",
    "albumcontactids": "integer",
}

_PERSON_TOKEN = "]facealbum:"
_KIND_OF_TOKEN: dict[str, FaceKind] = {"]unknownface": "unnamed", "]ignoreface": "ignored"}
_PEOPLE_CATEGORY = 8
_EMPTY = Column()


@dataclass(frozen=True, slots=True)
class FaceAlbum:
    """What an album of faces stands for; only one of kind ``"named"`` is a person."""

    kind: FaceKind
    contact_id: str = ""
    name: str = ""


NOBODY = FaceAlbum("unnamed")


def read_people(albums: Mapping[str, Column], problems: Problems) -> dict[int, FaceAlbum]:
    """Return the albums of faces by row; one of another category was taken out of use."""
    tokens, names = albums.get("token", _EMPTY), albums.get("name", _EMPTY)
    categories = albums.get("category", _EMPTY)
    contact_ids = albums.get("albumcontactids", _EMPTY)
    found: dict[int, FaceAlbum] = {}
    for row in range(len(tokens)):
        token = tokens.text(row).casefold()
        if row < len(categories) and categories.integer(row) != _PEOPLE_CATEGORY:
            continue
        if token in _KIND_OF_TOKEN:
            found[row] = FaceAlbum(_KIND_OF_TOKEN[token])
        elif token.startswith(_PERSON_TOKEN):
            contact_id = f"{contact_ids.integer(row):016x}"
            contact_id = "" if is_unnamed_contact(contact_id) else contact_id
            name = names.text(row).strip()
            if name or contact_id:
                found[row] = FaceAlbum("named", contact_id, name)
            else:
                problems.add(f"album {row} is a person's without name and id")
    return found


def contact_names(albums: Mapping[int, FaceAlbum], problems: Problems) -> dict[str, str]:
    """Return contact id to name, the first where there are several."""
    names: dict[str, str] = {}
    for row, album in albums.items():
        if not (album.contact_id and album.name):
            continue
        if names.setdefault(album.contact_id, album.name) != album.name:
            problems.add(f"album {row}: contact {album.contact_id} has a second name", album.name)
    return names
