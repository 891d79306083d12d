"""Collect one photo's section of a ``.picasa.ini`` key by key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from facedex.picasa.rects import parse_face, parse_rect
from facedex.types import PicasaFace, PicasaSection, Recipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from facedex.types import Box

T = TypeVar("T")

# keys that Picasa writes into a photo's section and that say nothing about names, faces or the
# photo
_UNUSED_KEYS = frozenset(
    {
        "backuphash", "edit_height", "edit_width", "facedata", "filters", "flipped", "geotag",
        "moddate", "originhash", "redo", "text", "textactive",
    }
)  # fmt: skip
_ROTATIONS = {f"rotate({turns})": turns for turns in range(4)}
_FLAGS = {"yes": True, "no": False}
_MAX_SIDE_DIGITS = 6


def is_account_key(key: str) -> bool:
    """Tell whether a casefolded key is one of those that Picasa makes from an account's name."""
    return key.startswith("iidlist_") or key.endswith(("_lh", "-backuphash"))


def split_items(faces: str) -> list[str]:
    """Return the items of a ``faces=`` value that are not empty."""
    return [item for item in faces.split(";") if item.strip()]


@dataclass(slots=True)
class SectionDraft:
    """A photo's section while it is collected; repeated sections end up in one.

    Faces of repeated lines are united; of another key that says two things the first is kept.
    """

    filename: str
    faces: dict[tuple[str, str], PicasaFace] = field(default_factory=dict)
    n_items: int = 0
    n_malformed: int = 0
    n_repeated: int = 0
    _rotate: int | None = None
    _is_starred: bool | None = None
    _is_hidden: bool | None = None
    _caption: str | None = None
    _keywords: tuple[str, ...] | None = None
    _albums: tuple[str, ...] | None = None
    _width_px: int | None = None
    _height_px: int | None = None
    _crop: Box | None = None

    def take(self, key: str, value: str, report: Callable[[str, str], None]) -> bool:
        """Take a casefolded key other than ``faces``, and its value; return whether it is known.

        ``report`` gets what is wrong with a value, and the text.
        """
        try:
            return self._take(key, value)
        except ValueError as error:
            report(str(error), value)
            return True

    def take_faces(self, value: str, report: Callable[[str, str], None]) -> None:
        """Take the value of a ``faces=`` line; ``report`` as for :meth:`take`."""
        for item in split_items(value):
            self.n_items += 1
            try:
                face = parse_face(item)
            except ValueError as error:
                self.n_malformed += 1
                report(str(error), item)
                continue
            if self.faces.setdefault((face.rect_hex, face.contact_id), face) is not face:
                self.n_repeated += 1

    def result(self) -> PicasaSection:
        """Return the section as it is by now."""
        recipe = None
        if self._width_px is not None and self._height_px is not None:
            recipe = Recipe(self._width_px, self._height_px, self._crop, self._rotate)
        return PicasaSection(
            self.filename,
            tuple(self.faces.values()),
            self._rotate,
            bool(self._is_starred),
            bool(self._is_hidden),
            self._caption or "",
            self._keywords or (),
            self._albums or (),
            recipe,
        )

    def _take(self, key: str, value: str) -> bool:
        match key:
            case "rotate":
                self._rotate = _first(key, self._rotate, _parse_rotation(value))
            case "star":
                self._is_starred = _first(key, self._is_starred, _parse_flag(value))
            case "hidden":
                self._is_hidden = _first(key, self._is_hidden, _parse_flag(value))
            case "caption":
                self._caption = _first(key, self._caption, value or None)
            case "keywords":
                self._keywords = _first(key, self._keywords, _parse_list(value) or None)
            case "albums":
                self._albums = _first(key, self._albums, _parse_list(value.lower()) or None)
            case "width":
                self._width_px = _first(key, self._width_px, _parse_side(value))
            case "height":
                self._height_px = _first(key, self._height_px, _parse_side(value))
            case "crop":
                self._crop = _first(key, self._crop, parse_rect(value).box)
            case _:
                return key in _UNUSED_KEYS or is_account_key(key)
        return True


def _first(key: str, known: T | None, new: T | None) -> T | None:
    if None not in (known, new) and known != new:
        raise ValueError(f"photo already has another {key}")
    return known if new is None else new


def _parse_rotation(value: str) -> int:
    turns = _ROTATIONS.get(value.lower())
    if turns is None:
        raise ValueError("not rotate(0) to rotate(3)")
    return turns


def _parse_flag(value: str) -> bool:
    is_set = _FLAGS.get(value.lower())
    if is_set is None:
        raise ValueError("neither yes nor no")
    return is_set


def _parse_side(value: str) -> int:
    is_number = value.isascii() and value.isdigit() and len(value) <= _MAX_SIDE_DIGITS
    if not is_number or int(value) == 0:
        raise ValueError("not a side in pixels")
    return int(value)


def _parse_list(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.strip() for item in value.split(",") if item.strip()))
